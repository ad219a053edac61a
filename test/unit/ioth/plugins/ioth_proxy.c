/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: a stack on top of another one of libioth's, named by its options. Its calls are
 * ioth_ calls, so that calls are nested; getstackdata is looked at after them, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <ioth.h>

static getstackdata_prototype *getstackdata;

newstack_prototype ioth_proxy_newstack;
delstack_prototype ioth_proxy_delstack;
int ioth_proxy_socket(int domain, int type, int protocol);
int ioth_proxy_listen(int fd, int backlog);

void *ioth_proxy_newstack(const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	getstackdata = functions->getstackdata;
	return ioth_newstack(options, vnlv[0]);
}

int ioth_proxy_delstack(void *stackdata)
{
	return ioth_delstack(stackdata);
}

/* Returns a socket of the kernel's, after one of the stack below was made and closed. */
int ioth_proxy_socket(int domain, int type, int protocol)
{
	struct ioth *below = getstackdata();
	int fd = ioth_msocket(below, domain, type, protocol);

	if (fd < 0)
		return -1;
	if (getstackdata() != below || ioth_close(fd) < 0 || getstackdata() != below) {
		errno = EPROTO;
		return -1;
	}
	return socket(domain, type, protocol);
}

/* As deep as `backlog` says, then the depth at which it did not go on, negative. */
int ioth_proxy_listen(int fd, int backlog)
{
	int deeper;

	if (backlog == 0)
		return 0;
	deeper = ioth_listen(fd, backlog - 1);
	return deeper < 0 ? deeper : deeper + 1;
}
