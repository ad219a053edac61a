/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder's world: see forward_world.h. */
#include "forward_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

static int world_random(void *context, void *bytes, size_t len)
{
	struct world *world = context;
	uint8_t *p = bytes;

	if (world->random_error)
		return -world->random_error;
	assert_true(len <= 256);
	for (size_t i = 0; i < len; i++) { /* xorshift64 */
		world->random ^= world->random << 13;
		world->random ^= world->random >> 7;
		world->random ^= world->random << 17;
		p[i] = (uint8_t)(world->random >> 32);
	}
	return 0;
}

static unsigned int number_of(const struct named_endpoint *server)
{
	return server->address.s6_addr[15] - 1U;
}

static void record(struct world *world, bool tcp, uint32_t slot, unsigned int number,
    const uint8_t *bytes, size_t len)
{
	struct world_packet *packet;

	if (world->sent_count == WORLD_SENT)
		world->sent_count = 0;
	packet = &world->sent[world->sent_count++];
	packet->tcp = tcp;
	packet->slot = slot;
	packet->number = number;
	packet->len = len;
	memcpy(packet->bytes, bytes, len < sizeof(packet->bytes) ? len : sizeof(packet->bytes));
}

/* Probes' sockets are not counted: they wait for as long as it takes. */
static void set_open(struct world *world, uint32_t slot, bool open)
{
	unsigned int table = world->config.table ? world->config.table : NAMED_FORWARD_TABLE;

	assert_true(slot < NAMED_FORWARD_SLOTS(table));
	if (slot / NAMED_FORWARD_SERVERS < table)
		world->open_count += (unsigned int)open - world->open[slot];
	world->open[slot] = open;
}

static int world_udp_send(void *context, uint32_t slot, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct world *world = context;
	unsigned int number = number_of(server);

	assert_int_equal(server->port, 53);
	if (world->udp_error[number]) {
		set_open(world, slot, false);
		return -world->udp_error[number];
	}
	set_open(world, slot, true);
	record(world, false, slot, number, bytes, len);
	return 0;
}

static void world_udp_close(void *context, uint32_t slot)
{
	struct world *world = context;

	set_open(world, slot, false);
}

static int world_tcp_send(void *context, unsigned int number, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct world *world = context;

	assert_int_equal(server->port, 53);
	if (world->tcp_error[number])
		return -world->tcp_error[number];
	world->connected[number] = true;
	record(world, true, number, number, bytes, len);
	return 0;
}

static void world_tcp_close(void *context, unsigned int number)
{
	struct world *world = context;

	assert_true(world->connected[number]);
	world->connected[number] = false;
	world->tcp_closed++;
}

static void world_reply(
    void *context, const struct named_forward_client *client, const uint8_t *bytes, size_t len)
{
	struct world *world = context;

	memcpy(&world->reply.client, client->token, sizeof(world->reply.client));
	assert_true(len <= (client->udp_limit ? client->udp_limit : NAMED_MESSAGE_MAX));
	assert_true(len >= NAMED_HEADER_LEN);
	world->reply.len = len;
	memcpy(world->reply.bytes, bytes, len);
	world->reply_count++;
}

static const struct named_forward_io world_io = {
    world_udp_send, world_udp_close, world_tcp_send, world_tcp_close, world_reply, world_random};

struct named_endpoint world_server(unsigned int number)
{
	struct named_endpoint server = {
	    .address.s6_addr = {[10] = 0xff, 0xff, 192, 0, 2, (uint8_t)(number + 1)}, .port = 53};

	return server;
}

struct world *world_try_new(unsigned int servers, const struct named_forward_config *config)
{
	struct world *world = calloc(1, sizeof(*world));

	if (!world)
		return NULL;
	if (config)
		world->config = *config;
	world->config.server_count = servers;
	for (unsigned int i = 0; i < servers; i++)
		world->config.servers[i] = world_server(i);
	world->now = 1000 * WORLD_MSEC;
	world->random = 88172645463325252ULL;
	if (named_forward_new(&world->forward, &world->config, &world_io, world) == 0)
		return world;
	free(world);
	return NULL;
}

struct world *world_new(unsigned int servers, const struct named_forward_config *config)
{
	struct world *world = world_try_new(servers, config);

	assert_non_null(world);
	return world;
}

void world_free(struct world *world)
{
	named_forward_free(world->forward);
	for (unsigned int i = 0; i < WORLD_SLOTS; i++)
		assert_false(world->open[i]);
	for (unsigned int i = 0; i < NAMED_FORWARD_SERVERS; i++)
		assert_false(world->connected[i]);
	free(world);
}

void world_ask_message(
    struct world *world, unsigned int client, uint16_t udp_limit, const struct test_message *m)
{
	struct named_query query;
	struct named_forward_client who = {.udp_limit = udp_limit, .cached = true};

	who.address.s6_addr[0] = 0xfd;
	memcpy(who.address.s6_addr + 12, &client, sizeof(client));
	memcpy(who.token, &client, sizeof(client));
	assert_int_equal(named_query_parse(&query, m->bytes, m->len), NAMED_QUERY_OK);
	named_forward_query(world->forward, &query, &who, world->now);
}

void world_ask(struct world *world, unsigned int client, uint16_t udp_limit, const char *name,
    uint16_t type, uint16_t id)
{
	static struct test_message m;

	test_begin(&m, id, NAMED_FLAG_RD, name, type);
	world_ask_message(world, client, udp_limit, &m);
}

void world_answer_begin(
    struct world *world, unsigned int index, uint16_t flags, struct test_message *m)
{
	const struct world_packet *packet = &world->sent[index];
	const uint8_t *name = packet->bytes + NAMED_HEADER_LEN;

	while (*name)
		name += *name + 1U;
	m->len = 0;
	test_put(m, packet->bytes, (size_t)(name - packet->bytes) + 5);
	m->bytes[2] = (uint8_t)(flags >> 8);
	m->bytes[3] = (uint8_t)flags;
	memset(m->bytes + 6, 0, 6);
}

void world_deliver(struct world *world, unsigned int index, const struct test_message *m)
{
	const struct world_packet *packet = &world->sent[index];
	struct named_endpoint from = world_server(packet->number);

	if (packet->tcp)
		named_forward_tcp_received(world->forward, packet->number, m->bytes, m->len, world->now);
	else
		named_forward_udp_received(
		    world->forward, packet->slot, &from, m->bytes, m->len, world->now);
}

static void question_name(const struct world_packet *packet, char text[1024])
{
	struct dns_name name;
	struct wire_reader reader = wire_reader(packet->bytes, packet->len);

	reader.at = NAMED_HEADER_LEN;
	assert_int_equal(name_read(&reader, &name), 0);
	assert_true(name_to_text(&name, text, 1024) >= 0);
}

void world_answer(struct world *world, unsigned int index, uint32_t ttl, uint32_t address)
{
	static struct test_message m;
	char name[1024];

	world_answer_begin(world, index, TEST_REPLY, &m);
	question_name(&world->sent[index], name);
	test_a(&m, name, ttl, address);
	world_deliver(world, index, &m);
}

void world_answer_rcode(struct world *world, unsigned int index, enum named_rcode rcode)
{
	static struct test_message m;

	world_answer_begin(world, index, (uint16_t)(TEST_REPLY | rcode), &m);
	world_deliver(world, index, &m);
}

void world_until(struct world *world, uint64_t time)
{
	uint64_t deadline;

	while ((deadline = named_forward_deadline(world->forward)) <= time) {
		if (deadline > world->now)
			world->now = deadline;
		named_forward_expire(world->forward, world->now);
	}
	world->now = time;
}
