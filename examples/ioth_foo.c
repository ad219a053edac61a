/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_foo: a plugin, as small as a useful one can be. Compiled by
 *
 *     gcc -o ioth_foo.so -fPIC -shared ioth_foo.c
 *
 * and put into ~/.ioth, it makes ioth_newstack("foo", ...) work. It needs no library of libioth's.
 *
 * The stack is the kernel's, seen through a counter: each stack knows how many sockets were opened
 * on it and tells it (to the standard error) when it is deleted. The counter is the stack's data:
 * what newstack returns, getstackdata() gives to every other function.
 *
 * The file includes libioth.h, the older name of ioth.h: so newstack has two arguments. (With
 * ioth.h it has a third one between them, the text that follows the comma in "foo,options".)
 */
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <libioth.h>

struct foo {
	int sockets;
};

static typeof(getstackdata_prototype) *getstackdata;

static ssize_t foo_write_out(int fd, const void *buf, size_t len)
{
	return write(fd, buf, len);
}

void *ioth_foo_newstack(const char *vnlv[], struct ioth_functions *ioth_f)
{
	struct foo *stackdata = calloc(1, sizeof(*stackdata));

	(void)vnlv; /* the kernel has its interfaces already */
	if (!stackdata)
		return NULL;

	/* Saved for the other functions. This plugin is loaded once for each stack, in a namespace of
	 * its own: its static variables are its stack's. */
	getstackdata = ioth_f->getstackdata;

	/* A function of the system's may serve as it is. */
	ioth_f->close = close;
	ioth_f->bind = bind;
	ioth_f->connect = connect;
	ioth_f->listen = listen;
	ioth_f->accept = accept;
	ioth_f->getsockname = getsockname;
	ioth_f->getpeername = getpeername;
	ioth_f->setsockopt = setsockopt;
	ioth_f->getsockopt = getsockopt;
	ioth_f->shutdown = shutdown;
	ioth_f->ioctl = ioctl;
	ioth_f->fcntl = fcntl;
	ioth_f->recvmsg = recvmsg;
	ioth_f->sendmsg = sendmsg;

	/* A function under any name has to be set. */
	ioth_f->write = foo_write_out;

	/* A function named ioth_foo_... needs no line here: ioth_foo_socket is found by its name. And
	 * what is neither set nor named is made from what is: read, readv, recv and recvfrom from
	 * recvmsg; writev, send and sendto from sendmsg. */
	return stackdata;
}

int ioth_foo_delstack(void *stackdata)
{
	struct foo *foo = stackdata;

	fprintf(stderr, "foo: %d sockets\n", foo->sockets);
	free(foo);
	return 0;
}

int ioth_foo_socket(int domain, int type, int protocol)
{
	struct foo *foo = getstackdata();

	foo->sockets++;
	return socket(domain, type, protocol);
}
