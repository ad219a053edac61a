/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TCP echo server with IP addresses of its own, 10.0.0.50 and fc00::1:50, port 5000.
 *
 * The stack is a network namespace of the process, configured by commands that run in it.
 *
 *     gcc -o vdestack6 vdestack6.c -lvdestack
 *     ./vdestack6 [VNL]
 */
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vdestack.h>

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
	struct vdestack *mystack = vde_addstack(vnl, NULL);

	if (mystack == NULL) {
		perror(vnl);
		exit(1);
	}
	if (vde_stackcmd(mystack, "/bin/busybox ip addr add 10.0.0.50/24 dev vde0;"
	                          "/bin/busybox ip addr add fc00::1:50/64 dev vde0;"
	                          "/bin/busybox ip link set vde0 up") != 0) {
		fprintf(stderr, "vde0 cannot be configured\n");
		vde_delstack(mystack);
		exit(1);
	}
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
