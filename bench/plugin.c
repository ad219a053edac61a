/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_bench-r.so: a stack whose calls return at once. Its sockets are real descriptors, as those
 * of every stack, and nothing else. */
#include <ioth.h>

#include <errno.h>
#include <unistd.h>

const char *ioth_bench_license = "LGPL-2.1-or-later";

newstack_prototype ioth_bench_newstack;
delstack_prototype ioth_bench_delstack;
int ioth_bench_socket(int domain, int type, int protocol);
int ioth_bench_close(int fd);
ssize_t ioth_bench_recv(int fd, void *buffer, size_t len, int flags);

void *ioth_bench_newstack(const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	static char data;

	(void)options;
	(void)functions;
	if (vnlv && vnlv[0]) {
		errno = EINVAL;
		return NULL;
	}
	return &data;
}

int ioth_bench_delstack(void *stackdata)
{
	(void)stackdata;
	return 0;
}

int ioth_bench_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

int ioth_bench_close(int fd)
{
	return close(fd);
}

ssize_t ioth_bench_recv(int fd, void *buffer, size_t len, int flags)
{
	(void)fd;
	(void)buffer;
	(void)flags;
	return (ssize_t)len;
}
