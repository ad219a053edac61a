/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libioth: the library finds its plugins by its own place, and a stack that has
 * sockets cannot be deleted. C and C++. */
#include <stdio.h>
#include <ioth.h>

static int use(const char *name)
{
	struct ioth *stack = ioth_newstack(name);
	int fd;

	if (stack == NULL) {
		fprintf(stderr, "%s: %s\n", name, ioth_error());
		return 1;
	}
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioth_delstack(stack) == 0 || ioth_close(fd) != 0)
		return 2;
	return ioth_delstack(stack) == 0 ? 0 : 3;
}

int main(void)
{
	int status = use("kernel");

	return status ? status : use("picox");
}
