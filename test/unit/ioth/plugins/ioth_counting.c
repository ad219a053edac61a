/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: re-entrant, calls that return at once and count themselves in their stack's data.
 *
 * The options may be "fail": newstack says no with ENODEV; "silent": with no errno at all;
 * "keep": delstack says no once. read returns the number of reads so far.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>

struct counting {
	atomic_long sockets, reads, writes;
	int refuse_delete;
};

/* The same for all stacks, but many threads may make one. */
static _Atomic(getstackdata_prototype *) given_getstackdata;

static void *getstackdata(void)
{
	return atomic_load(&given_getstackdata)();
}

newstack_prototype ioth_counting_newstack;
delstack_prototype ioth_counting_delstack;
int ioth_counting_socket(int domain, int type, int protocol);
ssize_t ioth_counting_read(int fd, void *buf, size_t len);
ssize_t ioth_counting_write(int fd, const void *buf, size_t len);
int ioth_counting_listen(int fd, int backlog);
int ioth_counting_ioctl(int fd, unsigned long cmd, ...);

/* Why newstack last failed in this thread. */
static _Thread_local const char *reason = "";

const char *ioth_counting_error(void);

const char *ioth_counting_error(void)
{
	errno = EPROTO; /* must not be seen outside */
	return reason;
}

void *ioth_counting_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	struct counting *data;

	reason = "";
	if (options && strcmp(options, "fail") == 0) {
		reason = "it was told to fail";
		errno = ENODEV;
		return NULL;
	}
	if (options && strcmp(options, "silent") == 0)
		return NULL;
	data = calloc(1, sizeof(*data));
	if (!data)
		return NULL;
	data->refuse_delete = options && strcmp(options, "keep") == 0;
	given_getstackdata = functions->getstackdata;
	/* There is no stack yet: nothing to return. */
	if (getstackdata()) {
		free(data);
		errno = EPROTO;
		return NULL;
	}
	return data;
}

int ioth_counting_delstack(void *stackdata)
{
	struct counting *data = stackdata;

	if (getstackdata() != stackdata) {
		errno = EPROTO;
		return -1;
	}
	if (data->refuse_delete) {
		data->refuse_delete = 0;
		errno = EAGAIN;
		return -1;
	}
	free(data);
	return 0;
}

int ioth_counting_socket(int domain, int type, int protocol)
{
	struct counting *data = getstackdata();

	data->sockets++;
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

ssize_t ioth_counting_read(int fd, void *buf, size_t len)
{
	struct counting *data = getstackdata();

	return ++data->reads;
}

ssize_t ioth_counting_write(int fd, const void *buf, size_t len)
{
	struct counting *data = getstackdata();

	data->writes++;
	return (ssize_t)len;
}

int ioth_counting_listen(int fd, int backlog)
{
	return backlog;
}

/* Gives the stack's data away, for tests that look whose it is. */
int ioth_counting_ioctl(int fd, unsigned long cmd, ...)
{
	va_list list;
	void **data;

	va_start(list, cmd);
	data = va_arg(list, void **);
	va_end(list);
	*data = getstackdata();
	return (int)cmd;
}
