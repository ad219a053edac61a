/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: a stack implementation that has only one stack, in global variables. Loaded
 * privately, each stack has its own copy of them. listen adds its argument to the sum and returns
 * it; connect fails with the number that bind was given as a length.
 */
#include <errno.h>
#include <sys/socket.h>
#include <ioth.h>

static int stacks; /* made with this copy of the plugin */
static int sum;
static int error;

newstack_prototype ioth_global_newstack;
delstack_prototype ioth_global_delstack;
int ioth_global_socket(int domain, int type, int protocol);
int ioth_global_listen(int fd, int backlog);
int ioth_global_bind(int fd, const struct sockaddr *addr, socklen_t addrlen);
int ioth_global_connect(int fd, const struct sockaddr *addr, socklen_t addrlen);

void *ioth_global_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	if (vnlv[0]) {
		errno = EADDRNOTAVAIL;
		return NULL;
	}
	if (++stacks > 1) {
		errno = EEXIST;
		return NULL;
	}
	return &stacks;
}

int ioth_global_delstack(void *stackdata)
{
	if (sum == 13) {
		sum = 0;
		errno = EOWNERDEAD;
		return -1;
	}
	stacks--;
	return 0;
}

int ioth_global_socket(int domain, int type, int protocol)
{
	return socket(domain, type, protocol);
}

int ioth_global_listen(int fd, int backlog)
{
	return sum += backlog;
}

int ioth_global_bind(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	error = (int)addrlen;
	return 0;
}

int ioth_global_connect(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	errno = error;
	return -1;
}
