/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Libraries are loaded by name, so that whatever implementation is measured is called in the same
 * way: what the programs use of libioth, as a table. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include "bench.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct library {
	void *(*newstack)(const char *name, const char *vnl);
	int (*delstack)(void *stack);
	const char *(*error)(void);
	int (*linksetupdown)(void *stack, unsigned int ifindex, int updown);
	int (*linksetmtu)(void *stack, unsigned int ifindex, unsigned int mtu);
	int (*ipaddr_add)(
	    void *stack, int family, const void *address, int prefixlen, unsigned int ifindex);
	int (*msocket)(void *stack, int domain, int type, int protocol);
	int (*setsockopt)(int fd, int level, int option, const void *value, socklen_t len);
	int (*bind)(int fd, const struct sockaddr *address, socklen_t len);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *address, socklen_t *len);
	int (*connect)(int fd, const struct sockaddr *address, socklen_t len);
	ssize_t (*send)(int fd, const void *data, size_t len, int flags);
	ssize_t (*recv)(int fd, void *data, size_t len, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned int count, int flags);
	int (*recvmmsg)(
	    int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
	int (*shutdown)(int fd, int how);
	int (*close)(int fd);
};

static inline void *library_open(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW);

	if (!handle)
		bench_die(1, "%s", dlerror());
	return handle;
}

static inline void *library_symbol(void *handle, const char *name)
{
	void *symbol = dlsym(handle, name);

	if (!symbol)
		bench_die(1, "%s: %s", name, dlerror());
	return symbol;
}

#define LIBRARY_TAKE(library, handle, name)                                                        \
	((library).name = (__typeof__((library).name))library_symbol(handle, "ioth_" #name))

static inline struct library library_load(const char *path)
{
	void *handle = library_open(path);
	struct library library;

	LIBRARY_TAKE(library, handle, newstack);
	LIBRARY_TAKE(library, handle, delstack);
	LIBRARY_TAKE(library, handle, error);
	LIBRARY_TAKE(library, handle, linksetupdown);
	LIBRARY_TAKE(library, handle, linksetmtu);
	LIBRARY_TAKE(library, handle, ipaddr_add);
	LIBRARY_TAKE(library, handle, msocket);
	LIBRARY_TAKE(library, handle, setsockopt);
	LIBRARY_TAKE(library, handle, bind);
	LIBRARY_TAKE(library, handle, listen);
	LIBRARY_TAKE(library, handle, accept);
	LIBRARY_TAKE(library, handle, connect);
	LIBRARY_TAKE(library, handle, send);
	LIBRARY_TAKE(library, handle, recv);
	LIBRARY_TAKE(library, handle, sendmmsg);
	LIBRARY_TAKE(library, handle, recvmmsg);
	LIBRARY_TAKE(library, handle, shutdown);
	LIBRARY_TAKE(library, handle, close);
	return library;
}

/* A new stack with an address, of a network of 24 bits, on its interface. `mtu` 0: as it is. */
static inline void *library_host(const struct library *library, const char *name, const char *vnl,
    struct in_addr address, unsigned int mtu)
{
	void *stack = library->newstack(name, vnl);

	if (!stack)
		bench_die(BENCH_SKIP, "%s: %s", name, library->error());
	if ((mtu && library->linksetmtu(stack, 2, mtu) < 0) ||
	    library->ipaddr_add(stack, AF_INET, &address, 24, 2) < 0 ||
	    library->linksetupdown(stack, 2, 1) < 0)
		bench_die(1, "%s: address", name);
	return stack;
}

#endif
