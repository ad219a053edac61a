/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A netlink socket of a stack, for dialogs (nlq_dialog.h). For libioth's configuration calls and
 * for libnlq's; each links a copy, hidden.
 *
 * It is opened for one dialog, as nlinline does: a stack has no descriptors of its own, and nothing
 * is left open that a fork or a delstack would have to think of. The calls are those that a program
 * would use, so any stack that speaks netlink serves.
 */
#ifndef NLQ_SOCKET_H
#define NLQ_SOCKET_H

#include "nlq_dialog.h"

struct ioth;

struct nlq_socket {
	int fd;
	struct nlq_io io; /* borrows fd: do not copy the struct */
};

/* Of NETLINK_ROUTE. 0 or -errno. NULL is the default stack. */
int nlq_socket_open(struct nlq_socket *sock, struct ioth *stack);
void nlq_socket_close(struct nlq_socket *sock);

/* The parts of it: a bound descriptor, or -errno; and an io that borrows one. */
int nlq_socket_fd(struct ioth *stack, int protocol);
struct nlq_io nlq_socket_io(int *fd);

#endif
