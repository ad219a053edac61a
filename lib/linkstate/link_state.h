/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack of libioth says about an interface: its link-local address, its link, and changes of
 * both. For libraries that are built on the public calls of libioth. */
#ifndef LINK_STATE_H
#define LINK_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct ioth;

/* A non-blocking socket that gets netlink messages about changes of links and IPv6 addresses; a
 * descriptor or -errno. */
int link_changes(struct ioth *stack);

/* GONE: it was deleted. One that has the name, and even the number, since then is another one. */
enum link_change { LINK_NOTHING, LINK_SOMETHING, LINK_UP, LINK_DOWN, LINK_GONE };
/* Reads one message: what it says about the interface. LINK_NOTHING: no message is there. */
enum link_change link_read_change(int fd, unsigned int ifindex);

/* The link-local address of an interface, usable or not. 0, or -ENOENT. */
int link_local_address(struct ioth *stack, const char *interface, uint8_t address[16]);
/* Has the link one of these flags: IFF_UP; IFF_RUNNING: it is connected, too. */
bool link_is(struct ioth *stack, const char *interface, unsigned int flags);

/* Both, in one question: 0 if the link has these flags, and the address is what it has;
 * -ENOENT if it has not; any other -errno: the stack could not tell, now. */
int link_ready(struct ioth *stack, const char *interface, unsigned int flags, uint8_t address[16]);

#endif
