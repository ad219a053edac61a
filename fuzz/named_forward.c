/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forwarder with clients, a clock and servers that do what the input says: replies of which
 * something is wrong, or whose records are pieces of the input, sockets that fail, connections that
 * end. State is kept from event to event. What must hold: each query gets one reply, no longer than
 * its client takes, within the life of a query; no socket stays open; the cache keeps its bound. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache_answer.h"
#include "forward.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TABLE    16
#define SERVERS  3
#define SLOTS    NAMED_FORWARD_SLOTS(TABLE)
#define SENT_MAX 64
#define MSEC     1000000U
#define MESSAGE  1500

struct packet {
	bool tcp;
	uint32_t slot;
	unsigned int number;
	size_t len;
	uint8_t bytes[128];
};

struct world {
	struct named_forward *forward;
	struct wire_reader input;
	uint64_t now;
	unsigned int fail; /* bits: sending to a server fails; behind them: over TCP */
	bool open[SLOTS], connected[NAMED_FORWARD_SERVERS];
	unsigned int queries, replies;
	uint32_t random;
	unsigned int sent_count;
	struct packet sent[SENT_MAX];
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void record(
    struct world *w, bool tcp, uint32_t slot, unsigned int number, const uint8_t *bytes, size_t len)
{
	struct packet *packet = &w->sent[w->sent_count++ % SENT_MAX];

	packet->tcp = tcp;
	packet->slot = slot;
	packet->number = number;
	packet->len = len;
	check(len <= sizeof(packet->bytes));
	memcpy(packet->bytes, bytes, len);
}

static int udp_send(void *context, uint32_t slot, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct world *w = context;
	unsigned int number = server->address.s6_addr[15];

	check(slot < SLOTS);
	if (w->fail >> number & 1) {
		w->open[slot] = false;
		return -ECONNREFUSED;
	}
	w->open[slot] = true;
	record(w, false, slot, number, bytes, len);
	return 0;
}

static void udp_close(void *context, uint32_t slot)
{
	struct world *w = context;

	check(slot < SLOTS);
	w->open[slot] = false;
}

static int tcp_send(void *context, unsigned int number, const struct named_endpoint *server,
    const uint8_t *bytes, size_t len)
{
	struct world *w = context;

	if (w->fail >> (number + SERVERS) & 1)
		return -ENETUNREACH;
	w->connected[number] = true;
	record(w, true, number, server->address.s6_addr[15], bytes, len);
	return 0;
}

static void tcp_close(void *context, unsigned int number)
{
	struct world *w = context;

	check(w->connected[number]);
	w->connected[number] = false;
}

static void reply(
    void *context, const struct named_forward_client *client, const uint8_t *bytes, size_t len)
{
	struct world *w = context;
	uint16_t id;

	check(len >= NAMED_HEADER_LEN && len <= (client->udp_limit ? client->udp_limit : 65535U));
	memcpy(&id, client->token, sizeof(id));
	check((bytes[0] << 8 | bytes[1]) == id && (bytes[2] & 0x80));
	w->replies++;
}

static int random_bytes(void *context, void *bytes, size_t len)
{
	struct world *w = context;

	for (size_t i = 0; i < len; i++) {
		w->random = w->random * 1664525 + 1013904223;
		((uint8_t *)bytes)[i] = (uint8_t)(w->random >> 24);
	}
	return 0;
}

static const struct named_forward_io io = {
    udp_send, udp_close, tcp_send, tcp_close, reply, random_bytes};

/* One of a few names, types and kinds of clients. */
static void ask(struct world *w)
{
	static const uint8_t opt[] = "\0\0\51\4\xd0\0\0\0\0\0\14\0\12\0\10client!!";
	uint8_t how = wire_u8(&w->input), which = wire_u8(&w->input), bytes[64];
	uint16_t id = (uint16_t)(w->queries + 1);
	struct named_forward_client client = {.cached = how & 1};
	struct wire_writer out = wire_writer(bytes, sizeof(bytes));
	struct named_query query;

	wire_put_u16(&out, id);
	wire_put_u16(&out, how & 2 ? NAMED_FLAG_RD : NAMED_FLAG_RD | NAMED_FLAG_CD);
	wire_put_u16(&out, 1);
	wire_put_u32(&out, 0);
	wire_put_u16(&out, (how & 0x0c) != 0);
	wire_put_u8(&out, 2);
	wire_put_u8(&out, which & 1 ? 'a' : 'A');
	wire_put_u8(&out, (uint8_t)('a' + (which >> 1 & 3)));
	wire_put_u8(&out, 0);
	wire_put_u16(&out, which >> 3 & 1 ? NAMED_TYPE_A : NAMED_TYPE_TXT);
	wire_put_u16(&out, NAMED_CLASS_IN);
	if (how & 8) {
		wire_put_bytes(&out, opt, 23);
		if (how & 0x40)
			client.cookie_len = 16;
	} else if (how & 4) {
		wire_put_bytes(&out, opt, 9);
		wire_put_u16(&out, 0);
	}
	check(!out.error);
	client.udp_limit = how & 0x10 ? 0 : how & 4 ? 4096 : 512;
	client.address.s6_addr[15] = which >> 4;
	memcpy(client.token, &id, sizeof(id));
	check(named_query_parse(&query, bytes, out.at) == NAMED_QUERY_OK);
	w->queries++;
	named_forward_query(w->forward, &query, &client, w->now);
}

/* A reply to something that was sent: its head, or not quite; then records of the input's. */
static void answer(struct world *w)
{
	static uint8_t bytes[MESSAGE];
	uint8_t which = wire_u8(&w->input), how = wire_u8(&w->input), wrong = wire_u8(&w->input);
	const struct packet *packet = &w->sent[which % SENT_MAX];
	struct named_endpoint from = {.port = 53};
	size_t question = NAMED_HEADER_LEN + 4 + 4, len;
	const uint8_t *rest;

	if (packet->len < question)
		return;
	memcpy(bytes, packet->bytes, question);
	bytes[2] = (uint8_t)(0x81 | (how & 2)); /* TC */
	bytes[3] = how >> 4;
	bytes[7] = how >> 2 & 1;
	bytes[9] = how >> 3 & 1;
	bytes[11] = how & 1;
	if (wrong < question)
		bytes[wrong] ^= 0x20;
	len = wire_u8(&w->input);
	if (len > wire_left(&w->input))
		len = wire_left(&w->input);
	rest = wire_take(&w->input, len);
	if (rest)
		memcpy(bytes + question, rest, len);
	from.address.s6_addr[15] = (uint8_t)(packet->number ^ (wrong == 255));
	if (packet->tcp)
		named_forward_tcp_received(w->forward, packet->slot, bytes, question + len, w->now);
	else
		named_forward_udp_received(w->forward, packet->slot, &from, bytes, question + len, w->now);
}

static void go_to(struct world *w, uint64_t time)
{
	while (named_forward_deadline(w->forward) <= time) {
		if (named_forward_deadline(w->forward) > w->now)
			w->now = named_forward_deadline(w->forward);
		named_forward_expire(w->forward, w->now);
	}
	w->now = time;
}

static void close_connection(struct world *w, unsigned int number, int error)
{
	if (number >= SERVERS || !w->connected[number])
		return;
	w->connected[number] = false;
	named_forward_tcp_closed(w->forward, number, error, w->now);
}

static void fail_socket(struct world *w, uint32_t slot)
{
	named_forward_udp_failed(w->forward, slot, ECONNREFUSED, w->now);
}

static void event(struct world *w, const struct named_forward_config *config)
{
	uint8_t what = wire_u8(&w->input);

	switch (what & 7) {
	case 0:
	case 1:
		ask(w);
		break;
	case 2:
	case 3:
		answer(w);
		break;
	case 4:
		go_to(w, w->now + (uint64_t)(what >> 3) * 50 * MSEC);
		break;
	case 5:
		w->fail = wire_u8(&w->input);
		break;
	case 6:
		if (what & 8)
			close_connection(w, what >> 4 & 3, what & 0x40 ? ECONNRESET : 0);
		else
			fail_socket(w, wire_u8(&w->input));
		break;
	default:
		if (what == 0xff)
			check(named_forward_reconfigure(w->forward, config, w->now) == 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	struct world *w = &world;
	struct named_cache_config cache_config = {.bytes = 8192, .shards = 1, .key = {{1, 2}}};
	struct named_forward_config config = {.server_count = SERVERS, .table = TABLE};
	struct named_cache_stats stats;
	uint8_t options;

	memset(w, 0, sizeof(*w));
	w->input = wire_reader(data, size);
	w->now = 1000000ULL * MSEC;
	options = wire_u8(&w->input);
	cache_config.stale = options & 1 ? 100 : 0;
	config.x20 = options & 2;
	config.cookies = options & 4;
	for (unsigned int i = 0; i < SERVERS; i++) {
		config.servers[i].address.s6_addr[15] = (uint8_t)i;
		config.servers[i].port = 53;
	}
	if (named_cache_new(&config.cache, &cache_config) < 0 ||
	    named_forward_new(&w->forward, &config, &io, w) < 0)
		abort();
	while (wire_left(&w->input) > 0)
		event(w, &config);
	go_to(w, w->now + 4000ULL * MSEC);
	check(w->replies == w->queries);
	check(metric_get(&named_forward_get_stats(w->forward)->waiting) == 0);
	for (unsigned int i = 0; i < TABLE * NAMED_FORWARD_SERVERS; i++)
		check(!w->open[i]);
	named_cache_get_stats(config.cache, &stats);
	check(stats.bytes <= cache_config.bytes);
	named_forward_free(w->forward);
	for (unsigned int i = 0; i < SLOTS; i++)
		check(!w->open[i]);
	for (unsigned int i = 0; i < SERVERS; i++)
		check(!w->connected[i]);
	named_cache_free(config.cache);
	return 0;
}
