/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the DHCPv4 client share: a server that the test plays, dice, and a clock. */
#ifndef DHCP4_WORLD_H
#define DHCP4_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../dhcp/hex.h"
#include "dhcp4_client.h"

#define HOUR (3600 * ENGINE_SECOND)
#define DAY  (24 * HOUR)

static const uint8_t mac[6] = {0x0a, 0xc0, 0xde, 0xad, 0xbe, 0xef};
static const uint8_t server_id[4] = {10, 0, 0, 254};

/* The world: what was sent, what was said, and a clock. */
static struct world {
	struct dhcp4_client client;
	engine_time now;
	uint32_t random, random_step;
	unsigned int sent, probes, bound, lost, failed;
	uint8_t source[4], destination[4];
	uint8_t payload[600];
	size_t len;
	struct dhcp4_message message; /* the last one sent */
} world;

static inline uint32_t world_random(void *context)
{
	return world.random += world.random_step;
}

static inline void world_send(void *context, const uint8_t source[4], const uint8_t destination[4],
    const void *payload, size_t len)
{
	assert_true(len <= sizeof(world.payload));
	memcpy(world.payload, payload, len);
	world.len = len;
	memcpy(world.source, source, 4);
	memcpy(world.destination, destination, 4);
	world.sent++;
	assert_int_equal(dhcp4_parse(&world.message, payload, len), 0);
}

static inline void world_probe(void *context, const uint8_t address[4])
{
	assert_memory_equal(address, world.client.pending.address, 4);
	world.probes++;
}

static inline void world_event(void *context, enum dhcp4_event event)
{
	world.bound += event == DHCP4_EVENT_BOUND;
	world.lost += event == DHCP4_EVENT_LOST;
	world.failed += event == DHCP4_EVENT_FAILED;
}

static const struct dhcp4_ops ops = {world_random, world_send, world_probe, world_event};

static inline struct dhcp4_config config(void)
{
	struct dhcp4_config made = {.persistent = true};

	memcpy(made.mac, mac, sizeof(mac));
	return made;
}

static inline void begin(struct dhcp4_config made)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000 * ENGINE_SECOND;
	world.random_step = 0x1234567;
	dhcp4_client_init(&world.client, &made, &ops, NULL);
	dhcp4_client_start(&world.client, world.now);
}

/* Lets time go to the next deadline; how long that took. */
static inline engine_time wait(void)
{
	engine_time before = world.now;

	assert_true(world.client.deadline != ENGINE_NEVER);
	if (world.client.deadline > world.now)
		world.now = world.client.deadline;
	dhcp4_client_timer(&world.client, world.now);
	return world.now - before;
}

/* An answer to the last message: type, the last byte of the address, lease, and more options. */
static inline size_t answer_to(
    uint8_t *packet, size_t size, uint8_t type, uint8_t host, uint32_t lease, const char *options)
{
	struct wire_writer writer = wire_writer(packet, size);
	struct dhcp4_header header = world.message.header;

	header.op = DHCP4_BOOTREPLY;
	if (type != DHCP4_NAK)
		memcpy(header.yiaddr, (uint8_t[]){10, 0, 0, host}, 4);
	dhcp4_put_header(&writer, &header);
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, type);
	dhcp4_put(&writer, DHCP4_SERVER_ID, server_id, 4);
	if (type != DHCP4_NAK)
		dhcp4_put_u32(&writer, DHCP4_LEASE_TIME, lease);
	writer.at += from_hex(options, packet + writer.at, size - writer.at);
	dhcp4_put_end(&writer);
	assert_false(writer.error);
	return writer.at;
}

static inline void answer(uint8_t type, uint8_t host, uint32_t lease, const char *options)
{
	uint8_t packet[1000];
	size_t len = answer_to(packet, sizeof(packet), type, host, lease, options);

	dhcp4_client_input(&world.client, world.now, packet, len);
}

#define FULL                                                                                       \
	"0104ffffff000304"                                                                             \
	"0a0000fe0608"                                                                                 \
	"0a0000fd0a0000fc0f0a746573742e6c6f63616c"

static inline void bind_for(uint32_t lease)
{
	answer(DHCP4_OFFER, 7, lease, FULL);
	assert_int_equal(world.client.state, DHCP4_REQUESTING);
	answer(DHCP4_ACK, 7, lease, FULL);
	assert_int_equal(world.client.state, DHCP4_BOUND);
}

static inline bool is(const uint8_t *address, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return memcmp(address, (uint8_t[]){a, b, c, d}, 4) == 0;
}

#endif
