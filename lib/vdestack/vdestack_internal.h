/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks as the library's calls and the plugin of libioth make them: several interfaces, options.
 */
#ifndef VDESTACK_INTERNAL_H
#define VDESTACK_INTERNAL_H

#include <stddef.h>

struct vdestack;

/* vnl: a network, maybe with the interface's name before it (vnl.h). NULL or "": no interface.
 * name: goes before that one; NULL: "vdeN" if `vnl` has none, N counting the interfaces. */
struct vdestack_interface {
	const char *vnl;
	const char *name;
};

struct vdestack_config {
	const struct vdestack_interface *interface; /* in the order of their indexes, from 2 */
	unsigned int count;
	unsigned int mtu; /* of all interfaces; 0: 1500 */
};

/* Returns 0 or -errno. On failure nothing is left behind; *failed (may be NULL) is then the
 * interface that could not be made, or config->count. */
int vdestack_new(
    const struct vdestack_config *config, struct vdestack **stack, unsigned int *failed);

/* NULL is allowed. */
void vdestack_free(struct vdestack *stack);

/* A descriptor, or -errno. Async-signal-safe. */
int vdestack_socket(struct vdestack *stack, int domain, int type, int protocol);

/* accept_ra_set in the stack's namespace (accept_ra.h). */
int vdestack_accept_ra(struct vdestack *stack, unsigned int ifindex, int accept);

/* ioth_ipaddr_retire(3). 0 or -errno. */
int vdestack_ipaddr_retire(
    struct vdestack *stack, int family, const void *address, int prefixlen, unsigned int ifindex);

/* An address is about to be added, with arguments as for ioth_ipaddr_add(3). 0: it was a retired
 * one that was still there, and is an ordinary one again, with its flows. -EADDRNOTAVAIL, or
 * another -errno: it is still to be added. */
int vdestack_ipaddr_reopen(
    struct vdestack *stack, int family, const void *address, int prefixlen, unsigned int ifindex);

/* The exit status of the commands, or -errno. */
int vdestack_command(struct vdestack *stack, const char *commands);

#endif
