/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stack is inside the library: its calls and its plugin's data. */
#ifndef IOTH_STACK_H
#define IOTH_STACK_H

#include <stdbool.h>
#include <ioth.h>
#include "list.h"
#include "plugin.h"

/* The calls of a stack: the plugins' table, whose layout is fixed, and the calls that came later.
 * Entries that a stack does not provide are NULL. Constant once newstack has returned. */
struct stack_calls {
	struct ioth_functions table;
	int (*accept4)(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
	int (*recvmmsg)(
	    int fd, struct mmsghdr *msgvec, unsigned int vlen, int flags, struct timespec *timeout);
	int (*linksetacceptra)(unsigned int ifindex, int accept);
	int (*ipaddr_retire)(int family, void *addr, int prefixlen, unsigned int ifindex);
	int (*ipaddr_reopen)(int family, void *addr, int prefixlen, unsigned int ifindex);
	int (*lead)(int epoll_fd, const struct epoll_event *event);
	int (*drive)(int *fds, int max);
};

struct ioth {
	struct stack_calls calls;
	void *data;           /* what newstack returned; the plugin's */
	struct plugin plugin; /* plugin.handle NULL: the native stack */

	/* Under table_lock. */
	bool deleted;
	unsigned int slots; /* of the descriptor table that name this stack */
	struct list link;
};

/* The default stack; table_lock is held. */
struct ioth *stack_default(void);

/* The stack whose plugin says that the descriptor is a socket of it, or NULL; table_lock is held.
 */
struct ioth *stack_owner(int fd);

#endif
