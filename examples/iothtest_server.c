/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothtest_server: a TCP echo server with an IP address of its own.
 *
 *     iothtest_server STACK [VNL]
 *
 *     iothtest_server vdestack vde:///tmp/sw
 *     vdens vde:///tmp/sw iothtest_server kernel
 *
 * It makes a stack, brings the interface vde0 up with the address 192.168.250.50/24, and echoes
 * whatever comes to port 5000, with a thread for each connection. The same program runs on any
 * stack: nothing in it depends on which one it is.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ioth.h>

#define PORT 5000

static const uint8_t address[] = {192, 168, 250, 50};

/* Returns 0, or -1 after telling why. */
static int configure(struct ioth *stack, const char *interface)
{
	int ifindex = ioth_if_nametoindex(stack, interface);

	if (ifindex < 0) {
		perror(interface);
		return -1;
	}
	if (ioth_linksetupdown(stack, (unsigned int)ifindex, 1) < 0) {
		perror("link up");
		return -1;
	}
	/* The kernel's stack is not ours alone: the address may be there from the last time. */
	if (ioth_ipaddr_add(stack, AF_INET, (void *)address, 24, (unsigned int)ifindex) < 0 &&
	    errno != EEXIST) {
		perror("address");
		return -1;
	}
	return 0;
}

/* TCP may take less than it is given. */
static int send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = ioth_send(fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* One connection. The thread owns the descriptor that it is given. */
static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char buffer[4096];
	ssize_t len;

	while ((len = ioth_recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		printf("%d: %zd bytes: %.*s%s", fd, len, (int)len, buffer,
		    buffer[len - 1] == '\n' ? "" : "\n");
		if (send_all(fd, buffer, (size_t)len) < 0)
			break;
	}
	if (len != 0)
		printf("%d: %s\n", fd, strerror(errno));
	printf("%d: closed\n", fd);
	ioth_close(fd);
	return NULL;
}

static int open_listener(struct ioth *stack)
{
	struct sockaddr_in local = {
	    .sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int fd, on = 1;

	fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	if (fd < 0) {
		perror("socket");
		return -1;
	}
	/* A connection of the last run may linger: it does not keep the port. */
	if (ioth_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		perror("SO_REUSEADDR");
	if (ioth_bind(fd, (struct sockaddr *)&local, sizeof(local)) < 0) {
		perror("bind");
		goto fail;
	}
	if (ioth_listen(fd, 5) < 0) {
		perror("listen");
		goto fail;
	}
	return fd;

fail:
	ioth_close(fd);
	return -1;
}

/* Accepts for ever; returns when accept fails for good. */
static void accept_loop(int listener, const pthread_attr_t *detached)
{
	for (;;) {
		struct sockaddr_in peer;
		socklen_t len = sizeof(peer);
		char text[INET_ADDRSTRLEN] = "?";
		pthread_t thread;
		int fd, error;

		fd = ioth_accept(listener, (struct sockaddr *)&peer, &len);
		if (fd < 0) {
			perror("accept");
			if (errno == EINTR || errno == ECONNABORTED)
				continue;
			return;
		}
		inet_ntop(AF_INET, &peer.sin_addr, text, sizeof(text));
		printf("%d: connection from %s port %d\n", fd, text, ntohs(peer.sin_port));
		error = pthread_create(&thread, detached, serve, (void *)(intptr_t)fd);
		if (error) {
			fprintf(stderr, "thread: %s\n", strerror(error));
			ioth_close(fd);
		}
	}
}

int main(int argc, char *argv[])
{
	pthread_attr_t detached;
	struct ioth *stack;
	int listener;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s STACK [VNL]\n", argv[0]);
		return EXIT_FAILURE;
	}
	/* One line at a time, also into a file or a pipe. */
	setvbuf(stdout, NULL, _IOLBF, 0);

	stack = ioth_newstack(argv[1], argc > 2 ? argv[2] : NULL);
	if (!stack) {
		fprintf(stderr, "%s: %s: %s\n", argv[1], strerror(errno), ioth_error());
		return EXIT_FAILURE;
	}
	if (configure(stack, "vde0") < 0)
		goto delete_stack;
	listener = open_listener(stack);
	if (listener < 0)
		goto delete_stack;
	printf("listening on port %d\n", PORT);

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	accept_loop(listener, &detached);
	pthread_attr_destroy(&detached);
	ioth_close(listener);

delete_stack:
	/* Connections that are still open (EBUSY) end with the program. */
	if (ioth_delstack(stack) < 0 && errno != EBUSY)
		perror("delstack");
	return EXIT_FAILURE;
}
