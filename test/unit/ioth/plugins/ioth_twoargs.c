/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: the older form, with a newstack of two arguments, because it includes libioth.h.
 * Its second argument is the table if libioth knew, and the options if it did not. The descriptor
 * is a socket of the kernel's; listen tells how many VNLs there were.
 */
#include <stdlib.h>
#include <libioth.h>

struct twoargs {
	int vnls;
};

static getstackdata_prototype *getstackdata;

void *ioth_twoargs_newstack(const char *vnlv[], struct ioth_functions *functions);
int ioth_twoargs_delstack(void *stackdata);
int ioth_twoargs_listen(int fd, int backlog);

static int open_socket(int domain, int type, int protocol)
{
	return socket(AF_UNIX, type, 0);
}

void *ioth_twoargs_newstack(const char *vnlv[], struct ioth_functions *functions)
{
	struct twoargs *data = calloc(1, sizeof(*data));

	if (!data)
		return NULL;
	getstackdata = functions->getstackdata;
	functions->socket = open_socket;
	while (vnlv[data->vnls])
		data->vnls++;
	return data;
}

int ioth_twoargs_delstack(void *stackdata)
{
	free(stackdata);
	return 0;
}

int ioth_twoargs_listen(int fd, int backlog)
{
	const struct twoargs *data = getstackdata();

	return data->vnls;
}
