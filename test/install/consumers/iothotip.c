/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libiothotip: a server at one-time addresses. C and C++. */
#include <stdio.h>
#include <ioth.h>
#include <iothotip.h>

int main(void)
{
	const char *vnl[] = {"mem://consumer", NULL};
	struct ioth *stack = ioth_newstackv("picox", vnl);
	struct iothotip *otip = NULL;
	struct in6_addr addresses[4];
	size_t open_addresses;
	int fd;

	if (stack == NULL) {
		fprintf(stderr, "%s\n", ioth_error());
		return 1;
	}
	fd = iothotip_server(
	    stack, "base=fd00::,name=consumer.otip,passwd=secret", SOCK_STREAM, 4242, 5, &otip);
	if (fd < 0) {
		fprintf(stderr, "%s\n", iothotip_error());
		return 2;
	}
	open_addresses = iothotip_addresses(otip, addresses, 4);
	if (open_addresses == 0 || iothotip_close(otip, fd) != 0)
		return 3;
	iothotip_stop(otip);
	return ioth_delstack(stack) == 0 ? 0 : 4;
}
