/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The world of a DHCPv6 client: its clock, what it sent, and answers of the server that the test
 * plays. */
#ifndef DHCP6_WORLD_H
#define DHCP6_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../dhcp/hex.h"
#include "dhcp6_client.h"

#define DAY  (86400 * ENGINE_SECOND)
#define IAID 0xdeadbeef

static const uint8_t mac[6] = {0x0a, 0xc0, 0xde, 0xad, 0xbe, 0xef};

static struct world {
	struct dhcp6_client client;
	engine_time now;
	uint32_t random, random_step;
	unsigned int sent, bound, lost, failed;
	uint8_t payload[1300];
	size_t len;
	struct dhcp6_message message;
} world;

static inline uint32_t world_random(void *context)
{
	return world.random += world.random_step;
}

static inline void world_send(void *context, const void *payload, size_t len)
{
	assert_true(len <= sizeof(world.payload));
	memcpy(world.payload, payload, len);
	world.len = len;
	world.sent++;
	assert_int_equal(dhcp6_parse(&world.message, world.payload, len), 0);
}

static inline void world_event(void *context, enum dhcp6_event event)
{
	world.bound += event == DHCP6_EVENT_BOUND;
	world.lost += event == DHCP6_EVENT_LOST;
	world.failed += event == DHCP6_EVENT_FAILED;
}

static const struct dhcp6_ops ops = {world_random, world_send, world_event};

static inline struct dhcp6_config config(void)
{
	return (struct dhcp6_config){.duid = dhcp_duid_ll(mac), .iaid = IAID, .persistent = true};
}

static inline void begin(struct dhcp6_config made)
{
	memset(&world, 0, sizeof(world));
	world.now = 1000 * ENGINE_SECOND;
	world.random_step = 0x1234567;
	dhcp6_client_init(&world.client, &made, &ops, NULL);
	dhcp6_client_start(&world.client, world.now);
}

static inline engine_time wait(void)
{
	engine_time before = world.now;

	assert_true(world.client.deadline != ENGINE_NEVER);
	if (world.client.deadline > world.now)
		world.now = world.client.deadline;
	dhcp6_client_timer(&world.client, world.now);
	return world.now - before;
}

/* An answer to the last message. */
struct answer {
	uint8_t type, server, host; /* host 0: no address */
	uint32_t preferred, valid, t1, t2;
	int status, ia_status;
	const char *options;
};

static inline void give(struct answer answer)
{
	static uint8_t packet[1300];
	struct wire_writer writer = wire_writer(packet, sizeof(packet));
	struct dhcp_duid server = dhcp_duid_ll((const uint8_t[6]){2, [5] = answer.server});
	size_t begun;

	dhcp6_put_header(&writer, answer.type, world.message.xid);
	dhcp6_put_duid(&writer, DHCP6_CLIENT_ID, &world.client.config.duid);
	dhcp6_put_duid(&writer, DHCP6_SERVER_ID, &server);
	if (answer.status)
		dhcp6_put_u16(&writer, DHCP6_STATUS_CODE, (uint16_t)answer.status);
	begun = dhcp6_begin(&writer, DHCP6_IA_NA);
	wire_put_u32(&writer, IAID);
	wire_put_u32(&writer, answer.t1);
	wire_put_u32(&writer, answer.t2);
	if (answer.host)
		dhcp6_put_address(
		    &writer, (const uint8_t[16]){0xfc, [15] = answer.host}, answer.preferred, answer.valid);
	if (answer.ia_status)
		dhcp6_put_u16(&writer, DHCP6_STATUS_CODE, (uint16_t)answer.ia_status);
	wire_end_u16(&writer, begun);
	if (answer.options)
		writer.at += from_hex(answer.options, packet + writer.at, sizeof(packet) - writer.at);
	dhcp6_client_input(&world.client, world.now, packet, writer.at);
}

#define RESOLVER "00170010fc0000000000000000000000000000240018000c0468617368056c6f63616c00"

static inline void advertise(uint8_t server, const char *options)
{
	give((struct answer){.type = DHCP6_ADVERTISE,
	    .server = server,
	    .host = server,
	    .preferred = 1800,
	    .valid = 3600,
	    .options = options});
}

static inline void reply(uint8_t server, uint32_t valid)
{
	give((struct answer){.type = DHCP6_REPLY,
	    .server = server,
	    .host = server,
	    .preferred = valid == DHCP6_FOREVER ? valid : valid / 2,
	    .valid = valid,
	    .options = RESOLVER});
}

static inline void bind_for(uint32_t valid)
{
	advertise(7, NULL);
	assert_int_equal(world.client.state, DHCP6C_SOLICIT);
	assert_true(wait() <= 50);
	assert_int_equal(world.client.state, DHCP6C_REQUEST);
	reply(7, valid);
	assert_int_equal(world.client.state, DHCP6C_BOUND);
}

#endif
