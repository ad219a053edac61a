/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients of one-time addresses whose clocks are wrong: they connect all the time.
 *
 *     otip_clients VNL BASE NAME PASSWORD PORT PERIOD POSTACTIVE SKEW...
 *
 * On a stack of its own (picox, BASE1/64, so that no kernel learns of all the addresses), until its
 * input ends: for each SKEW in seconds a connection and a datagram to the address that such a clock
 * says, with an echo each, ten times a second. The first connection and the first datagram's socket
 * stay, and are used each time. At the end it says
 *
 *     visits N late N failed N
 *
 * Late is what got no answer while the window closed meanwhile: that happens where a machine stands
 * still for a second.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ioth.h>
#include <iothaddr.h>

#define SKEWS_MAX 8
#define PATIENCE  10000 /* milliseconds: only to end, never to decide */
#define AGAIN     500
#define PAUSE     100

static struct ioth *stack;
static struct in6_addr base;
static const char *name, *password;
static uint16_t port;
static int64_t period, postactive;
static unsigned long visits, late, failed;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec;
}

static struct in6_addr address_of(int64_t window)
{
	struct in6_addr address = base;

	iothaddr_hash(&address, name, password, (uint32_t)window);
	return address;
}

static bool becomes_within(int fd, short events, int milliseconds)
{
	struct pollfd item = {.fd = fd, .events = events};

	return poll(&item, 1, milliseconds) == 1;
}

static bool becomes(int fd, short events)
{
	return becomes_within(fd, events, PATIENCE);
}

/* A connection or a connected socket; -1: it failed. */
static int open_to(const struct in6_addr *address, int type)
{
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(port)};
	int fd = ioth_msocket(stack, AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err = 0;
	socklen_t len = sizeof(err);

	if (fd < 0)
		return -1;
	if ((ioth_connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno == EINPROGRESS) &&
	    becomes(fd, POLLOUT) && ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && !err)
		return fd;
	ioth_close(fd);
	return -1;
}

static bool echoes(int fd)
{
	char byte = 0;

	return ioth_send(fd, "a", 1, MSG_NOSIGNAL) == 1 && becomes(fd, POLLIN) &&
	       ioth_recv(fd, &byte, 1, 0) == 1 && byte == 'a';
}

/* Nobody sends a datagram again but who has sent it: one may be lost where a queue is full. */
static bool datagram_echoes(int fd)
{
	char byte = 0;

	for (int i = 0; i < PATIENCE / AGAIN; i++) {
		if (ioth_send(fd, "a", 1, MSG_NOSIGNAL) == 1 && becomes_within(fd, POLLIN, AGAIN))
			return ioth_recv(fd, &byte, 1, 0) == 1 && byte == 'a';
	}
	return false;
}

/* A connection that ends in order, or, one of two, is reset: that leaves nothing here. */
static bool visit(const struct in6_addr *address)
{
	const struct linger reset = {.l_onoff = 1};
	int fd = open_to(address, SOCK_STREAM);
	bool done;
	char byte;

	if (fd < 0)
		return false;
	done = echoes(fd);
	if (done && visits % 2)
		done = ioth_shutdown(fd, SHUT_WR) == 0 && becomes(fd, POLLIN) &&
		       ioth_recv(fd, &byte, 1, 0) == 0;
	else
		(void)ioth_setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	ioth_close(fd);
	return done;
}

static bool ask(const struct in6_addr *address)
{
	int fd = open_to(address, SOCK_DGRAM);
	bool done = fd >= 0 && datagram_echoes(fd);

	if (fd >= 0)
		ioth_close(fd);
	return done;
}

static void call(int64_t skew, int number)
{
	int64_t window = (now() + skew) / period;
	struct in6_addr address = address_of(window);

	visits++;
	/* A datagram in ten: its mapping lives for some seconds. */
	if (visit(&address) && ((visits / (unsigned int)number) % 10 || ask(&address)))
		return;
	if (now() >= (window + 1) * period + postactive) {
		late++;
		return;
	}
	printf("no answer: %ld seconds off, at %ld\n", (long)skew, (long)now());
	failed++;
}

static bool begin(const char *vnl)
{
	struct in6_addr own = base;
	unsigned int index;

	stack = ioth_newstack("picox", vnl);
	if (!stack) {
		fprintf(stderr, "%s\n", ioth_error());
		return false;
	}
	own.s6_addr[15] = 1;
	index = (unsigned int)ioth_if_nametoindex(stack, "vde0");
	return ioth_linksetupdown(stack, index, 1) == 0 &&
	       ioth_ipaddr_add(stack, AF_INET6, &own, nl_addrdata2prefix(64, 2, 0), index) == 0;
}

int main(int argc, char *argv[])
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct in6_addr first;
	int stays, asks;

	if (argc < 9 || argc > 8 + SKEWS_MAX || inet_pton(AF_INET6, argv[2], &base) != 1)
		return 2;
	name = argv[3];
	password = argv[4];
	port = (uint16_t)atoi(argv[5]);
	period = atoi(argv[6]);
	postactive = atoi(argv[7]);
	if (!begin(argv[1]))
		return 1;
	first = address_of(now() / period);
	stays = open_to(&first, SOCK_STREAM);
	asks = open_to(&first, SOCK_DGRAM);
	if (stays < 0 || asks < 0 || !echoes(stays) || !datagram_echoes(asks)) {
		printf("no answer at the beginning\n");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (poll(&input, 1, PAUSE) == 0) {
		for (int i = 8; i < argc; i++)
			call(atoi(argv[i]), argc - 8);
		if (!echoes(stays) || !datagram_echoes(asks)) {
			printf("what was begun in the first window does not go on\n");
			return 1;
		}
	}
	printf("visits %lu late %lu failed %lu\n", visits, late, failed);
	ioth_close(stays);
	ioth_close(asks);
	return ioth_delstack(stack) < 0 || failed > 0;
}
