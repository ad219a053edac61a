/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A world for the forwarder: time is a number, sockets are entries of a list, and servers answer
 * when the test says so. What the engine may not do with sockets fails the test. */
#ifndef TEST_NAMED_FORWARD_WORLD_H
#define TEST_NAMED_FORWARD_WORLD_H

#include "forward.h"
#include "messages.h"

#define WORLD_MSEC  1000000ULL
#define WORLD_SENT  8192
#define WORLD_SLOTS NAMED_FORWARD_SLOTS(NAMED_FORWARD_TABLE)

struct world_packet {
	bool tcp;
	uint32_t slot; /* TCP: the server's number */
	unsigned int number;
	size_t len;
	uint8_t bytes[1024];
};

struct world_reply {
	unsigned int client;
	size_t len;
	uint8_t bytes[NAMED_MESSAGE_MAX];
};

struct world {
	struct named_forward *forward;
	struct named_forward_config config;
	uint64_t now;
	uint64_t random;                      /* a generator's state */
	int udp_error[NAMED_FORWARD_SERVERS]; /* sending fails */
	int tcp_error[NAMED_FORWARD_SERVERS];
	int random_error;
	bool open[WORLD_SLOTS];
	bool connected[NAMED_FORWARD_SERVERS];
	unsigned int open_count, tcp_closed;
	struct world_packet sent[WORLD_SENT];
	unsigned int sent_count;
	struct world_reply reply; /* the last one */
	unsigned int reply_count;
};

/* A forwarder with `servers` servers, 192.0.2.1 and following; other fields of `config` (NULL:
 * zeros) are taken as they are. */
struct world *world_new(unsigned int servers, const struct named_forward_config *config);
/* NULL: no memory. */
struct world *world_try_new(unsigned int servers, const struct named_forward_config *config);
/* Nothing is left open. */
void world_free(struct world *world);

struct named_endpoint world_server(unsigned int number);

/* A query by client number `client`, over UDP with that limit, or TCP (0). `m` gets the query. */
void world_ask(struct world *world, unsigned int client, uint16_t udp_limit, const char *name,
    uint16_t type, uint16_t id);
void world_ask_message(
    struct world *world, unsigned int client, uint16_t udp_limit, const struct test_message *m);

/* A reply to packet `index`: its header and question; the rest is added by the caller. */
void world_answer_begin(
    struct world *world, unsigned int index, uint16_t flags, struct test_message *m);
/* The server that was asked sends it. */
void world_deliver(struct world *world, unsigned int index, const struct test_message *m);
/* Both, with one address. */
void world_answer(struct world *world, unsigned int index, uint32_t ttl, uint32_t address);
void world_answer_rcode(struct world *world, unsigned int index, enum named_rcode rcode);

/* Goes on to this time, deadline by deadline. */
void world_until(struct world *world, uint64_t time);

static inline struct world_packet *world_last(struct world *world)
{
	return &world->sent[world->sent_count - 1];
}

static inline unsigned int world_rcode(const struct world *world)
{
	return world->reply.bytes[3] & NAMED_FLAG_RCODE;
}

#endif
