/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothtest_udp: UDP echo, server and client, each with IP addresses of its own.
 *
 *     iothtest_udp STACK VNL CONFIG           the server: port 5000, IPv4 and IPv6
 *     iothtest_udp STACK VNL CONFIG SERVER    the client: lines typed go to the server's address,
 *                                             what comes back is shown
 *
 *     iothtest_udp picox vde:///tmp/sw ip=10.0.0.1/24,ip=fd00::1/64
 *     iothtest_udp vdestack vde:///tmp/sw ip=10.0.0.2/24 10.0.0.1
 *     vdens vde:///tmp/sw iothtest_udp kernel - ip=fd00::3/64 fd00::1
 *
 * CONFIG: own_address.h.
 */
#include <unistd.h>
#include <netinet/in.h>
#include <sys/time.h>
#include "own_address.h"

#define PORT  5000
#define TRIES 30 /* a second each: a datagram may be lost */

/* Answers for ever. Returns -1 after telling why. */
static int serve(struct ioth *stack)
{
	/* An IPv6 socket gets IPv4 datagrams, too (ipv6(7), IPV6_V6ONLY). */
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	int fd = ioth_msocket(stack, AF_INET6, SOCK_DGRAM, 0);
	static char data[65536];
	struct sockaddr_in6 from;
	ssize_t len;

	if (fd < 0 || ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		perror("port 5000");
		return -1;
	}
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		socklen_t fromlen = sizeof(from);
		char text[INET6_ADDRSTRLEN];

		len = ioth_recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &fromlen);
		if (len >= 0)
			len = ioth_sendto(fd, data, (size_t)len, 0, (struct sockaddr *)&from, fromlen);
		if (len < 0) {
			perror("echo");
			continue;
		}
		inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof(text));
		printf("%zd bytes from %s and back\n", len, text);
		fflush(stdout);
	}
}

/* Sends a line until its echo is there. Returns 0, or -1 after telling why. */
static int ask(int fd, const char *line, size_t len)
{
	static char data[65536];

	for (int tries = 0; tries < TRIES; tries++) {
		ssize_t got = ioth_send(fd, line, len, 0);

		/* Neither an error nor a late echo of the line before is the last word. */
		while (got >= 0) {
			got = ioth_recv(fd, data, sizeof(data), 0);
			if (got == (ssize_t)len && memcmp(data, line, len) == 0)
				return fwrite(data, len, 1, stdout) == 1 && fflush(stdout) == 0 ? 0 : -1;
		}
		if (errno == ECONNREFUSED)
			sleep(1); /* nobody is at that port yet */
		else if (errno != EAGAIN)
			break;
	}
	perror("no echo");
	return -1;
}

static int talk(struct ioth *stack, const char *server)
{
	struct timeval second = {.tv_sec = 1};
	struct sockaddr_storage peer;
	socklen_t peerlen = own_peer(server, PORT, &peer);
	int fd = peerlen ? ioth_msocket(stack, peer.ss_family, SOCK_DGRAM, 0) : -1;
	char *line = NULL;
	size_t size = 0;
	int result = -1;
	ssize_t len;

	if (fd < 0 || ioth_connect(fd, (struct sockaddr *)&peer, peerlen) < 0 ||
	    ioth_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second)) < 0) {
		perror(server);
	} else {
		result = 0;
		while (result == 0 && (len = getline(&line, &size, stdin)) > 0)
			result = ask(fd, line, (size_t)len);
	}
	free(line);
	if (fd >= 0)
		ioth_close(fd);
	return result;
}

int main(int argc, char *argv[])
{
	struct ioth *stack;
	int result;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: %s STACK VNL CONFIG [SERVER]\n", argv[0]);
		return EXIT_FAILURE;
	}
	stack = own_stack(argv[1], argv[2], argv[3]);
	if (!stack)
		return EXIT_FAILURE;
	result = argc > 4 ? talk(stack, argv[4]) : serve(stack);
	ioth_delstack(stack);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
