/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* picox_echo: TCP with libpicoxnet alone, without libioth: a process that is a host of its own.
 *
 *     picox_echo VNL ADDRESS NETMASK                 a server: echoes on port 5000, to all at once
 *     picox_echo VNL ADDRESS NETMASK SERVER-ADDRESS  a client: lines of its stdin go there and back
 *
 *     picox_echo vde:///tmp/sw 10.0.0.1 255.255.255.0
 *     picox_echo vde:///tmp/sw 10.0.0.2 255.255.255.0 10.0.0.1
 *
 * The calls are those of the system, prefixed. The descriptors are real ones: poll(2) takes them
 * beside any other. Both sides notice a peer that has vanished: the server, which has nothing to
 * say, by keepalive; the client, whose line is not acknowledged, by TCP_USER_TIMEOUT.
 *
 * Compile: gcc picox_echo.c -lpicoxnet
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <picoxnet.h>

#define PORT 5000
#define MANY 64

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static struct sockaddr_in name_of(const char *address, in_port_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1) {
		fprintf(stderr, "%s is no address\n", address);
		exit(EXIT_FAILURE);
	}
	return name;
}

/* An address for the interface, by the requests of netdevice(7). */
static void configure(struct picox *stack, const char *address, const char *netmask)
{
	struct ifreq request = {.ifr_name = "vde0"};
	struct sockaddr_in name = name_of(address, 0), mask = name_of(netmask, 0);
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);

	memcpy(&request.ifr_addr, &name, sizeof(name));
	if (fd < 0 || picox_ioctl(fd, SIOCSIFADDR, &request) < 0)
		fail(address);
	memcpy(&request.ifr_netmask, &mask, sizeof(mask));
	if (picox_ioctl(fd, SIOCSIFNETMASK, &request) < 0)
		fail(netmask);
	request.ifr_flags = IFF_UP;
	if (picox_ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail("vde0");
	picox_close(fd);
}

static void set(int fd, int level, int option, int value)
{
	if (picox_setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		fail("setsockopt");
}

/* After a second without a word five questions, a second each. */
static void keepalive(int fd)
{
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 5);
}

/* False: the connection is over. */
static int echo(int fd, const char *who)
{
	char text[4096];
	ssize_t len = picox_recv(fd, text, sizeof(text), 0);

	if (len <= 0) {
		printf("%s: %s\n", who, len == 0 ? "closed" : strerror(errno));
		return 0;
	}
	return picox_send(fd, text, (size_t)len, MSG_NOSIGNAL) == len;
}

static void serve(struct picox *stack)
{
	struct pollfd fds[MANY + 1] = {{.events = POLLIN}};
	struct sockaddr_in peer[MANY + 1], any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	nfds_t count = 1;

	fds[0].fd = picox_msocket(stack, AF_INET, SOCK_STREAM, 0);
	if (fds[0].fd < 0 || picox_bind(fds[0].fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    picox_listen(fds[0].fd, MANY) < 0)
		fail("listen");
	printf("listening\n");
	for (;;) {
		if (poll(fds, count, -1) < 0)
			fail("poll");
		for (nfds_t i = count - 1; i > 0; i--) {
			char who[INET_ADDRSTRLEN] = "";

			inet_ntop(AF_INET, &peer[i].sin_addr, who, sizeof(who));
			if (!fds[i].revents || echo(fds[i].fd, who))
				continue;
			picox_close(fds[i].fd);
			fds[i] = fds[--count];
			peer[i] = peer[count];
		}
		if (fds[0].revents && count <= MANY) {
			socklen_t len = sizeof(peer[0]);
			int fd = picox_accept(fds[0].fd, (struct sockaddr *)&peer[count], &len);

			if (fd < 0)
				fail("accept");
			keepalive(fd);
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
			printf("%u connected\n", (unsigned int)count - 1);
		}
	}
}

static int ask(struct picox *stack, const char *server)
{
	struct sockaddr_in name = name_of(server, PORT);
	int fd = picox_msocket(stack, AF_INET, SOCK_STREAM, 0);
	char line[4096];

	if (fd < 0 || picox_connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		fail(server);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	printf("connected\n");
	while (fgets(line, sizeof(line), stdin)) {
		size_t len = strlen(line);
		ssize_t got;

		if (picox_send(fd, line, len, MSG_NOSIGNAL) < 0)
			fail(server);
		got = picox_recv(fd, line, len, MSG_WAITALL);
		if (got != (ssize_t)len) {
			printf("%s\n", got < 0 ? strerror(errno) : "the server has closed");
			return EXIT_FAILURE;
		}
		fwrite(line, 1, len, stdout);
	}
	picox_close(fd);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	struct picox *stack;
	int status = EXIT_SUCCESS;

	if (argc < 4) {
		fprintf(stderr, "usage: picox_echo VNL ADDRESS NETMASK [SERVER-ADDRESS]\n");
		return EXIT_FAILURE;
	}
	setlinebuf(stdout);
	stack = picox_newstack(argv[1]);
	if (!stack) {
		fprintf(stderr, "%s\n", picox_error());
		return EXIT_FAILURE;
	}
	configure(stack, argv[2], argv[3]);
	if (argc > 4)
		status = ask(stack, argv[4]);
	else
		serve(stack);
	picox_delstack(stack);
	return status;
}
