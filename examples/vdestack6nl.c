/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TCP echo server with IP addresses of its own, 10.0.0.60 and fc00::1:60, port 5000.
 *
 * The same as vdestack6, but the stack is configured over netlink: NLINLINE_LIBMULTICOMP(vde_)
 * makes inline functions vde_linksetupdown, vde_ipaddr_add ... of vde_msocket and the system calls.
 *
 *     gcc -o vdestack6nl vdestack6nl.c -lvdestack
 *     ./vdestack6nl [VNL]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vdestack.h>
#include <nlinline+.h>
NLINLINE_LIBMULTICOMP(vde_)

#define PORT 5000

static void echo(int connection)
{
	char buf[4096];
	ssize_t len, sent, n;

	while ((len = read(connection, buf, sizeof(buf))) > 0) {
		for (sent = 0; sent < len; sent += n) {
			n = write(connection, buf + sent, (size_t)(len - sent));
			if (n < 0)
				return;
		}
	}
}

/* An IPv6 socket accepts IPv4 connections too (ipv6(7), IPV6_V6ONLY). Each connection has a
 * process: sockets of a vdestack are inherited like any others. */
static void server(struct vdestack *mystack)
{
	struct sockaddr_in6 address = {
	    .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_ANY_INIT,
	    .sin6_port = htons(PORT),
	};
	int on = 1, fd, connection;

	fd = vde_msocket(mystack, AF_INET6, SOCK_STREAM, 0);
	if (fd < 0) {
		perror("vde_msocket");
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 5) < 0) {
		perror("listen");
		close(fd);
		return;
	}
	while ((connection = accept(fd, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			close(fd);
			echo(connection);
			_exit(0);
		}
		close(connection);
	}
	perror("accept");
	close(fd);
}

static struct vdestack *net_setup(char *vnl)
{
	uint8_t ipv4addr[] = {10, 0, 0, 60};
	uint8_t ipv4gw[] = {10, 0, 0, 1};
	uint8_t ipv6addr[16] = {0xfc, 0x00, [13] = 0x1, [15] = 0x60};
	uint8_t ipv6gw[16] = {0xfc, 0x00, [13] = 0x1, [15] = 0x1};
	struct vdestack *mystack = vde_addstack(vnl, NULL);
	int ifindex;

	if (mystack == NULL) {
		perror(vnl);
		exit(1);
	}
	ifindex = vde_if_nametoindex(mystack, "vde0");
	if (ifindex < 0) {
		perror("nametoindex");
		exit(1);
	}
	if (vde_linksetupdown(mystack, (unsigned int)ifindex, 1) < 0)
		perror("link up");
	if (vde_ipaddr_add(mystack, AF_INET, ipv4addr, 24, ifindex) < 0)
		perror("addr ipv4");
	if (vde_iproute_add(mystack, AF_INET, NULL, 0, ipv4gw, 0) < 0)
		perror("route ipv4");
	if (vde_ipaddr_add(mystack, AF_INET6, ipv6addr, 64, ifindex) < 0)
		perror("addr ipv6");
	if (vde_iproute_add(mystack, AF_INET6, NULL, 0, ipv6gw, 0) < 0)
		perror("route ipv6");
	return mystack;
}

int main(int argc, char *argv[])
{
	char standard_vnl[] = "vxvde://234.0.0.1";
	struct vdestack *mystack = net_setup(argc > 1 ? argv[1] : standard_vnl);

	signal(SIGCHLD, SIG_IGN); /* nobody waits for the processes of the connections */
	server(mystack);
	vde_delstack(mystack);
	return 1;
}
