/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a stack of each name given, opens a socket on it, deletes it; tells what happened. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ioth.h>

static int try(const char *name)
{
	struct ioth *stack = ioth_newstack(name);
	int fd;

	if (!stack) {
		printf("%s: no: %s: %s\n", name, strerror(errno), ioth_error());
		return -1;
	}
	fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	if (fd < 0 || ioth_close(fd) < 0) {
		printf("%s: socket: %s\n", name, strerror(errno));
		return -1;
	}
	if (ioth_delstack(stack) < 0) {
		printf("%s: delstack: %s\n", name, strerror(errno));
		return -1;
	}
	printf("%s: yes\n", name);
	return 0;
}

int main(int argc, char *argv[])
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		if (try(argv[i]) < 0)
			status = 1;
	}
	return status;
}
