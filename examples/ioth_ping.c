/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ioth_ping: pings from an IP address of its own, on any stack, by raw sockets.
 *
 *     ioth_ping STACK VNL CONFIG PEER [SIZE...]
 *
 *     ioth_ping picox vde:///tmp/sw ip=10.0.0.1/24 10.0.0.2
 *     ioth_ping vdestack vde:///tmp/sw ip=fd00::1/64 fd00::2 56 1400-1600 65507
 *
 * Each SIZE is a number of bytes behind the ICMP header, or a range of them, all of which are sent,
 * one after the other; 56 five times if none is given. What comes back is compared with what was
 * sent. CONFIG: own_address.h.
 */
#include <time.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sys/time.h>
#include "own_address.h"

#define TRIES    30 /* a second each: a packet may be lost */
#define HEADER   8  /* of an echo: type, code, checksum, identifier, sequence number */
#define DATA_MAX (65535 - HEADER) /* IPv6: its header does not count */

struct pinger {
	int fd;
	int family;
	struct sockaddr_storage peer;
	socklen_t peerlen;
	uint16_t sequence;
	unsigned long sent, answered;
	double seconds; /* sum of the round trips */
	uint8_t packet[HEADER + DATA_MAX];
	uint8_t answer[65536];
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* The next echo request; the sequence number makes its data its own. */
static void build(struct pinger *ping, size_t size)
{
	uint16_t sequence = htons(++ping->sequence), sum = 0;

	memset(ping->packet, 0, HEADER);
	ping->packet[0] = ping->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	memcpy(ping->packet + 6, &sequence, sizeof(sequence));
	for (size_t i = 0; i < size; i++)
		ping->packet[HEADER + i] = (uint8_t)(i * 7 + i / 256 + ping->sequence);
	/* ICMPv6 sums up addresses, too: there the stack does it (RFC 3542 section 3.1). */
	if (ping->family == AF_INET)
		sum = checksum(ping->packet, HEADER + size);
	memcpy(ping->packet + 2, &sum, sizeof(sum));
}

/* Whether this is the answer. An IPv4 socket gives the IP header, too; an IPv6 one does not. */
static int is_answer(const struct pinger *ping, const uint8_t *data, size_t len, size_t size)
{
	size_t skip = ping->family == AF_INET && len > 0 ? (size_t)(data[0] & 15) * 4 : 0;

	if (len != skip + HEADER + size)
		return 0;
	return data[skip] == (ping->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) &&
	       memcmp(data + skip + 4, ping->packet + 4, HEADER - 4 + size) == 0;
}

/* Returns 0, or -1 after telling why. */
static int ping_once(struct pinger *ping, size_t size)
{
	build(ping, size);
	for (int tries = 0; tries < TRIES; tries++) {
		double start = now();
		ssize_t got;

		/* Who answers itself (an ICMP error) says so by an error: perhaps not for long. */
		got = ioth_sendto(ping->fd, ping->packet, HEADER + size, 0, (struct sockaddr *)&ping->peer,
		    ping->peerlen);
		ping->sent += got >= 0;
		while (now() < start + 1) {
			got = ioth_recv(ping->fd, ping->answer, sizeof(ping->answer), 0);
			if (got >= 0 && is_answer(ping, ping->answer, (size_t)got, size)) {
				ping->answered++;
				ping->seconds += now() - start;
				return 0;
			}
		}
	}
	fprintf(stderr, "%zu bytes: no answer (%s)\n", size, strerror(errno));
	return -1;
}

static int ping_range(struct pinger *ping, const char *text)
{
	char *end;
	unsigned long size = strtoul(text, &end, 10);
	unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : size;

	if (*end != '\0' || last > DATA_MAX) {
		fprintf(stderr, "%s: no size\n", text);
		return -1;
	}
	for (; size <= last; size++) {
		if (ping_once(ping, size) < 0)
			return -1;
	}
	return 0;
}

static int ping_all(struct pinger *ping, struct ioth *stack, char *sizes[])
{
	struct timeval patience = {.tv_usec = 200000};
	int room = 1 << 20, result = 0;

	ping->fd = ioth_msocket(
	    stack, ping->family, SOCK_RAW, ping->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (ping->fd < 0) {
		perror("raw socket");
		return -1;
	}
	ioth_setsockopt(ping->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	ioth_setsockopt(ping->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	ioth_setsockopt(ping->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (int i = 0; i < 5 && !*sizes && result == 0; i++)
		result = ping_once(ping, 56);
	for (; *sizes && result == 0; sizes++)
		result = ping_range(ping, *sizes);
	ioth_close(ping->fd);
	return result;
}

int main(int argc, char *argv[])
{
	static struct pinger ping;
	struct ioth *stack;
	int result;

	if (argc < 5) {
		fprintf(stderr, "usage: %s STACK VNL CONFIG PEER [SIZE...]\n", argv[0]);
		return EXIT_FAILURE;
	}
	ping.peerlen = own_peer(argv[4], 0, &ping.peer);
	ping.family = ping.peer.ss_family;
	if (ping.peerlen == 0)
		return EXIT_FAILURE;
	stack = own_stack(argv[1], argv[2], argv[3]);
	if (!stack)
		return EXIT_FAILURE;
	result = ping_all(&ping, stack, argv + 5);
	printf("%s: %lu sent, %lu answered, on average in %.3f ms\n", argv[4], ping.sent, ping.answered,
	    ping.answered ? ping.seconds / (double)ping.answered * 1000 : 0.0);
	ioth_delstack(stack);
	return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
