/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A picox host for the tests of this directory: `picox_host VNL IPv4/LEN [IPv6/LEN]` answers pings,
 * and echoes datagrams to its UDP port 7, by poll(2) and recvfrom, until it is killed. It says
 * "ready". The stack is configured by the core's own calls. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

#include <picoxnet.h>

static int add(struct picox *stack, char *text)
{
	struct px_address_config config = {.scope = -1, .flags = IFA_F_NODAD};
	char *slash = strchr(text, '/');
	struct px_iface *iface;
	int err = -EINVAL;

	if (!slash)
		return err;
	*slash = '\0';
	config.ip = px_ip_parse(text);
	config.prefix = (unsigned int)atoi(slash + 1) + (px_ip_is4(&config.ip) ? PX_IP4_OFFSET : 0);
	runtime_lock(stack);
	iface = px_iface_by_index(stack->px, 2);
	if (iface)
		err = px_address_add(iface, &config, NULL);
	if (!err)
		err = px_iface_up(iface);
	runtime_leave(stack);
	return err;
}

static void echo(int fd)
{
	static char data[65536];
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	ssize_t got = picox_recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);

	if (got >= 0)
		picox_sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&from, len);
}

int main(int argc, char *argv[])
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(7)};
	struct pollfd poll_fd = {.events = POLLIN};
	const char *vnlv[] = {argc > 1 ? argv[1] : "", NULL};
	struct picox *stack = picox_newstackv(vnlv, getenv("PICOX_OPTIONS"));

	if (!stack) {
		fprintf(stderr, "%s\n", picox_error());
		return 1;
	}
	for (int i = 2; i < argc; i++) {
		if (add(stack, argv[i]) < 0) {
			fprintf(stderr, "%s: not an address\n", argv[i]);
			return 1;
		}
	}
	poll_fd.fd = picox_msocket(stack, AF_INET6, SOCK_DGRAM, 0);
	if (poll_fd.fd < 0 || picox_bind(poll_fd.fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror("socket");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (poll(&poll_fd, 1, -1) == 1)
		echo(poll_fd.fd);
	return 1;
}
