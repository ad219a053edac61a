/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothtest_client: a TCP terminal with an IP address of its own.
 *
 *     iothtest_client STACK [VNL]
 *
 *     iothtest_client vdestack vde:///tmp/sw
 *     vdens vde:///tmp/sw iothtest_client kernel
 *
 * It makes a stack, brings the interface vde0 up with the address 192.168.250.51/24, and connects
 * to iothtest_server (192.168.250.50 port 5000). Lines typed go there, what comes back is shown. An
 * ioth socket is a file descriptor: poll(2) waits for it and for the standard input at once. A
 * server that is just being started is waited for.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <ioth.h>

#define SERVER "192.168.250.50"
#define PORT   5000
#define TRIES  50 /* five times a second, if nobody is there yet */

static const uint8_t address[] = {192, 168, 250, 51};

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

/* A socket whose connect(2) has failed is used no more: each time another one. */
static int open_connection(struct ioth *stack)
{
	struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int tries = 0;

	inet_pton(AF_INET, SERVER, &server.sin_addr);
	for (;;) {
		int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0), error;

		if (fd < 0) {
			perror("socket");
			return -1;
		}
		if (ioth_connect(fd, (struct sockaddr *)&server, sizeof(server)) == 0)
			return fd;
		error = errno;
		ioth_close(fd);
		if ((error != ECONNREFUSED && error != EHOSTUNREACH) || ++tries == TRIES) {
			fprintf(stderr, "connect to " SERVER ": %s\n", strerror(error));
			return -1;
		}
		poll(NULL, 0, 200);
	}
}

/* write(2) or ioth_write: both may take less than they are given. */
static int write_all(ssize_t (*write_some)(int fd, const void *data, size_t len), int fd,
    const char *data, size_t len)
{
	while (len > 0) {
		ssize_t written = write_some(fd, data, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		data += written;
		len -= (size_t)written;
	}
	return 0;
}

static ssize_t send_quietly(int fd, const void *data, size_t len)
{
	return ioth_send(fd, data, len, MSG_NOSIGNAL);
}

/* The standard input has something. 1: go on; 0: it has ended; -1: the connection is broken. */
static int typed(int fd)
{
	char buffer[4096];
	ssize_t len = read(STDIN_FILENO, buffer, sizeof(buffer));

	if (len <= 0) {
		/* The server still has to send back the rest. */
		return ioth_shutdown(fd, SHUT_WR);
	}
	return write_all(send_quietly, fd, buffer, (size_t)len) < 0 ? -1 : 1;
}

/* The socket has something. 1: go on; 0: the server has closed; -1: the connection is broken. */
static int received(int fd)
{
	char buffer[4096];
	ssize_t len = ioth_recv(fd, buffer, sizeof(buffer), 0);

	if (len <= 0)
		return (int)len;
	return write_all(write, STDOUT_FILENO, buffer, (size_t)len) < 0 ? -1 : 1;
}

/* Returns 0 when the server has closed, -1 and errno when the connection broke. */
static int talk(int fd)
{
	struct pollfd wait[] = {
	    {.fd = fd, .events = POLLIN},
	    {.fd = STDIN_FILENO, .events = POLLIN},
	};
	int result;

	for (;;) {
		if (poll(wait, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (wait[1].revents) {
			result = typed(fd);
			if (result < 0)
				return -1;
			if (result == 0)
				wait[1].fd = -1; /* poll passes it over */
		}
		if (wait[0].revents) {
			result = received(fd);
			if (result <= 0)
				return result;
		}
	}
}

int main(int argc, char *argv[])
{
	int status = EXIT_FAILURE;
	struct ioth *stack;
	int fd;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: %s STACK [VNL]\n", argv[0]);
		return EXIT_FAILURE;
	}
	stack = ioth_newstack(argv[1], argc > 2 ? argv[2] : NULL);
	if (!stack) {
		fprintf(stderr, "%s: %s: %s\n", argv[1], strerror(errno), ioth_error());
		return EXIT_FAILURE;
	}
	if (configure(stack, "vde0") < 0)
		goto delete_stack;
	fd = open_connection(stack);
	if (fd < 0)
		goto delete_stack;
	if (talk(fd) < 0)
		perror("connection");
	else
		status = EXIT_SUCCESS;
	ioth_close(fd);

delete_stack:
	if (ioth_delstack(stack) < 0)
		perror("delstack");
	return status;
}
