/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients of a DHCPv4 server, very many of them, for tests and for the figures: all that they know
 * is their names, h0.test.local, h1.test.local, ...
 *
 *     dhcp4_load PLACE exchange CLIENTS WINDOW SECONDS
 *             DISCOVER, OFFER, REQUEST, ACK, by WINDOW clients at a time; who has its address makes
 *             room for the next one, round and round. Prints exchanges, and how many a_second;
 *             p50_us and p99_us, the time from the first message to the last; lost (no answer
 *             within a second), refused
 *     dhcp4_load PLACE flood RATE SECONDS
 *             RATE messages a second, each of another client with another name, fN.test.local; the
 *             answers are not read. Prints how many it has sent
 *
 * What it prints is JSON. PLACE is an interface of this network namespace, or a VDE network (with
 * "://").
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>

#include "dhcp4.h"
#include "frame_place.h"
#include "udp_packet.h"

#define SECOND     FRAME_PLACE_SECOND
#define PATIENCE   SECOND /* then a message is lost */
#define ETHERNET   14
#define FRAME_SIZE 1514
#define WINDOW_MAX 1024
#define MAX_TIMES  (4u << 20)
#define SLOT_BITS  10 /* of a transaction's number: whose it is */

struct slot {
	unsigned long client;
	uint32_t xid;
	bool requests; /* has its offer */
	uint64_t begun, sent;
};

static struct frame_place place;
static struct slot slot[WINDOW_MAX];
static unsigned long clients, window, next_client, exchanges, lost, refused;
static uint32_t *times_us;

/* ---- messages -------------------------------------------------------------------------------- */

static void mac_of(uint8_t mac[6], unsigned long client)
{
	mac[0] = 2;
	mac[1] = 0xdc;
	for (unsigned int i = 0; i < 4; i++)
		mac[2 + i] = (uint8_t)(client >> 8 * i);
}

/* A message of a client; of a REQUEST `offer` says what for. */
static void send_message(unsigned long client, char letter, uint32_t xid, enum dhcp4_type type,
    const struct dhcp4_message *offer)
{
	static const uint8_t parameters[] = {DHCP4_MASK, DHCP4_ROUTER, DHCP4_DNS, DHCP4_DOMAIN};
	struct dhcp4_header header = {.op = DHCP4_BOOTREQUEST, .htype = 1, .hlen = 6, .xid = xid};
	uint8_t payload[576], frame[FRAME_SIZE], server[4] = {0}, id[7] = {1};
	struct wire_writer writer = wire_writer(payload, sizeof(payload));
	struct udp_packet udp = {.destination = {255, 255, 255, 255},
	    .source_port = DHCP4_CLIENT_PORT,
	    .destination_port = DHCP4_SERVER_PORT,
	    .ttl = 64,
	    .payload = payload};
	char name[64];

	mac_of(header.chaddr, client);
	memcpy(id + 1, header.chaddr, 6);
	snprintf(name, sizeof(name), "%c%lu.test.local", letter, client);
	dhcp4_put_header(&writer, &header);
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, (uint8_t)type);
	dhcp4_put(&writer, DHCP4_CLIENT_ID, id, sizeof(id));
	if (offer) {
		(void)dhcp4_get_address(offer, DHCP4_SERVER_ID, server);
		dhcp4_put(&writer, DHCP4_REQUESTED_ADDRESS, offer->header.yiaddr, 4);
		dhcp4_put(&writer, DHCP4_SERVER_ID, server, 4);
	}
	dhcp4_put(&writer, DHCP4_PARAMETER_LIST, parameters, sizeof(parameters));
	dhcp4_put_fqdn(&writer, DHCP_FQDN_S, name);
	dhcp4_put_end(&writer);
	udp.len = writer.at;
	memset(frame, 0xff, 6);
	memcpy(frame + 6, header.chaddr, 6);
	frame[12] = 0x08;
	frame[13] = 0x00;
	frame_place_send(&place, frame,
	    ETHERNET + udp_packet_put4(frame + ETHERNET, sizeof(frame) - ETHERNET, &udp));
}

/* ---- exchanges ------------------------------------------------------------------------------- */

static void begin(struct slot *of)
{
	of->client = next_client++ % clients;
	of->xid += 1u << SLOT_BITS;
	of->requests = false;
	of->begun = of->sent = frame_place_now();
	send_message(of->client, 'h', of->xid, DHCP4_DISCOVER, NULL);
}

static void look_at(const uint8_t *frame, size_t len)
{
	static struct dhcp4_message message;
	struct udp_packet udp;
	struct slot *of;

	if (!clients || len < ETHERNET || frame[12] != 0x08 || frame[13] != 0x00 ||
	    !udp_packet_get4(&udp, frame + ETHERNET, len - ETHERNET, true) ||
	    udp.destination_port != DHCP4_CLIENT_PORT ||
	    dhcp4_parse(&message, udp.payload, udp.len) < 0)
		return;
	of = &slot[message.header.xid & ((1u << SLOT_BITS) - 1)];
	if (of->xid != message.header.xid || of->begun == 0)
		return; /* too late, or another server's */
	if (message.type == DHCP4_OFFER && !of->requests) {
		of->requests = true;
		of->sent = frame_place_now();
		send_message(of->client, 'h', of->xid, DHCP4_REQUEST, &message);
		return;
	}
	if (!of->requests || (message.type != DHCP4_ACK && message.type != DHCP4_NAK))
		return;
	if (message.type == DHCP4_NAK)
		refused++;
	else if (exchanges < MAX_TIMES)
		times_us[exchanges++] = (uint32_t)((frame_place_now() - of->begun) / 1000);
	begin(of);
}

static void begin_again(void)
{
	uint64_t at = frame_place_now();

	for (unsigned long i = 0; i < window; i++) {
		if (at - slot[i].sent < PATIENCE)
			continue;
		lost++;
		begin(&slot[i]);
	}
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void exchange(double seconds)
{
	uint64_t begun = frame_place_now(), end = begun + (uint64_t)(seconds * (double)SECOND),
	         check = begun;

	times_us = malloc(MAX_TIMES * sizeof(*times_us));
	if (!times_us || window == 0 || window > WINDOW_MAX || clients == 0)
		errx(1, "too many, or none");
	for (unsigned long i = 0; i < window; i++) {
		slot[i].xid = (uint32_t)i;
		begin(&slot[i]);
	}
	while (frame_place_now() < end) {
		frame_place_wait(&place, check + SECOND / 10);
		frame_place_receive(&place, look_at);
		if (frame_place_now() < check + SECOND / 10)
			continue;
		begin_again();
		check = frame_place_now();
	}
	qsort(times_us, exchanges, sizeof(*times_us), compare);
	printf(
	    "{\"exchanges\": %lu, \"a_second\": %.0f, \"p50_us\": %u, \"p99_us\": %u, \"lost\": %lu, "
	    "\"refused\": %lu}\n",
	    exchanges, (double)exchanges * (double)SECOND / (double)(frame_place_now() - begun),
	    exchanges ? times_us[exchanges / 2] : 0, exchanges ? times_us[exchanges * 99 / 100] : 0,
	    lost, refused);
	free(times_us);
}

static void flood(unsigned long rate, unsigned long seconds)
{
	uint64_t begun = frame_place_now(), end = begun + seconds * SECOND, at;
	unsigned long sent = 0;

	while ((at = frame_place_now()) < end) {
		for (; sent * SECOND < rate * (at - begun); sent++)
			send_message(sent, 'f', (uint32_t)sent, DHCP4_DISCOVER, NULL);
		frame_place_wait(&place, at + SECOND / 1000);
		frame_place_receive(&place, look_at);
	}
	printf("{\"sent\": %lu}\n", sent);
}

static unsigned long number(const char *text)
{
	return strtoul(text, NULL, 10);
}

int main(int argc, char *argv[])
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 6 && strcmp(argv[2], "exchange") == 0) {
		frame_place_open(&place, argv[1], "dhcp4_load", ETHERTYPE_IP);
		clients = number(argv[3]);
		window = number(argv[4]);
		exchange(strtod(argv[5], NULL));
	} else if (argc == 5 && strcmp(argv[2], "flood") == 0) {
		frame_place_open(&place, argv[1], "dhcp4_load", ETHERTYPE_IP);
		flood(number(argv[3]), number(argv[4]));
	} else {
		errx(2, "PLACE exchange CLIENTS WINDOW SECONDS, or PLACE flood RATE SECONDS");
	}
	frame_place_close(&place);
	return 0;
}
