/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts of a router, too many of them, for tests and for the figures.
 *
 *     radv_flood VNL RATE SECONDS    RATE solicitations a second, each of another source; then that
 * of an honest host, which waits for its answer; then a line: sent N multicast N unicast N answered
 *     radv_flood VNL RATE SECONDS alone
 *                                    without the honest host
 *     radv_flood VNL sink            what a program costs that receives frames and does nothing
 *     radv_flood IFNAME raw          the same with a raw ICMPv6 socket, as a router has it
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "frame_place.h"
#include "nd.h"
#include "nd_packet.h"

#define FRAME_SIZE 128
#define SECOND     FRAME_PLACE_SECOND
#define PATIENCE   (60 * SECOND)
#define RS_LEN     16

static struct frame_place place;
static unsigned long sent, multicast, unicast;
static bool answered;
static const uint8_t honest_mac[6] = {2, 0xaa, 0, 0, 0, 1};

static size_t put_frame(uint8_t frame[FRAME_SIZE], const uint8_t to_mac[6], const uint8_t mac[6],
    const uint8_t destination[16], const struct wire_writer *message)
{
	uint8_t source[16];

	nd_link_local(source, mac);
	memcpy(frame, to_mac, 6);
	memcpy(frame + 6, mac, 6);
	frame[12] = 0x86;
	frame[13] = 0xdd;
	return 14 + nd_packet_put(
	                frame + 14, FRAME_SIZE - 14, source, destination, message->data, message->at);
}

static size_t solicitation(uint8_t frame[FRAME_SIZE], const uint8_t mac[6])
{
	static const uint8_t all_routers[16] = {0xff, 2, [15] = 2};
	uint8_t bytes[RS_LEN], group_mac[6];
	struct wire_writer message = wire_writer(bytes, sizeof(bytes));

	nd_put_router_solicit(&message, mac);
	nd_group_mac(group_mac, all_routers);
	return put_frame(frame, group_mac, mac, all_routers, &message);
}

/* A stack that answers the honest host looks for it first. */
static void answer_for_honest(const uint8_t *asked, const uint8_t *icmp, size_t len)
{
	uint8_t address[16], frame[FRAME_SIZE], bytes[32];
	struct wire_writer message = wire_writer(bytes, sizeof(bytes));
	struct nd_neighbour wanted;

	nd_link_local(address, honest_mac);
	if (nd_parse_neighbour(&wanted, icmp, len) < 0 || memcmp(wanted.target, address, 16) != 0)
		return;
	nd_put_neighbour_advert(
	    &message, address, honest_mac, ND_ADVERT_SOLICITED | ND_ADVERT_OVERRIDE);
	frame_place_send(&place, frame,
	    put_frame(frame, asked + 6, honest_mac, nd_packet_source(asked + 14), &message));
}

static void look_at(const uint8_t *frame, size_t len)
{
	size_t icmp_len;
	const uint8_t *icmp;

	if (len < 14 + ND_IPV6_HEADER)
		return;
	icmp = nd_packet_get(frame + 14, len - 14, false, &icmp_len);
	if (icmp && icmp[0] == ND_NEIGHBOUR_SOLICIT)
		answer_for_honest(frame, icmp, icmp_len);
	if (!icmp || icmp[0] != ND_ROUTER_ADVERT)
		return;
	if (frame[0] & 1)
		multicast++;
	else
		unicast++;
	/* An advertisement to all is an answer, too. */
	answered = answered || (frame[0] & 1) || memcmp(frame, honest_mac, 6) == 0;
}

static void send_from(const uint8_t mac[6])
{
	uint8_t frame[FRAME_SIZE];

	frame_place_send(&place, frame, solicitation(frame, mac));
	sent++;
}

/* ... and take what has come. */
static void wait_until(uint64_t time)
{
	frame_place_wait(&place, time);
	frame_place_receive(&place, look_at);
}

static void flood(unsigned long rate, unsigned long seconds, bool alone)
{
	uint64_t begin = frame_place_now(), end = begin + seconds * SECOND, at;

	while ((at = frame_place_now()) < end) {
		while (sent * SECOND < rate * (at - begin)) {
			uint8_t mac[6] = {2, 0xbb};

			for (unsigned int i = 0; i < 4; i++)
				mac[2 + i] = (uint8_t)(sent >> 8 * i);
			send_from(mac);
		}
		wait_until(at + SECOND / 1000);
	}
	answered = false;
	for (uint64_t patience = frame_place_now() + PATIENCE, asked = 0;
	     !alone && !answered && frame_place_now() < patience;) {
		if (frame_place_now() - asked > 4 * SECOND) { /* RTR_SOLICITATION_INTERVAL: RFC 4861, 10 */
			send_from(honest_mac);
			asked = frame_place_now();
		}
		wait_until(frame_place_now() + SECOND / 10);
	}
	printf("sent %lu multicast %lu unicast %lu %s\n", sent, multicast, unicast,
	    alone      ? ""
	    : answered ? "answered"
	               : "forgotten");
}

static _Noreturn void sink(void)
{
	puts("ready");
	for (;;)
		wait_until(UINT64_MAX);
}

static _Noreturn void raw_sink(const char *name)
{
	struct ipv6_mreq group = {
	    .ipv6mr_multiaddr = {{{0xff, 2, [15] = 2}}}, .ipv6mr_interface = if_nametoindex(name)};
	int fd = socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	uint8_t message[2048];

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)) < 0)
		err(1, "%s", name);
	puts("ready");
	for (;;)
		(void)recv(fd, message, sizeof(message), 0);
}

int main(int argc, char *argv[])
{
	if (argc < 3)
		errx(1, "arguments");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (strcmp(argv[2], "raw") == 0)
		raw_sink(argv[1]);
	frame_place_open(&place, argv[1], "radv_flood", ETHERTYPE_IPV6);
	if (strcmp(argv[2], "sink") == 0)
		sink();
	if (argc < 4)
		errx(1, "arguments");
	flood(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argc > 4);
	frame_place_close(&place);
	return 0;
}
