/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A core with a configuration, asked in text, whose replies are read by libiothdns. */
#ifndef TEST_CORE_FIXTURE_H
#define TEST_CORE_FIXTURE_H

#include "core.h"

struct fixture {
	struct named_conf *conf;
	struct named_shared shared;
	struct named_core core;
	uint64_t now; /* nanoseconds */
	time_t wall;
	enum named_verdict verdict; /* of the last query */
	struct named_forward_request request;
	uint8_t query[65535], reply[65535];
	size_t reply_len;
	/* How fixture_ask asks; reset after each. */
	bool tcp, edns, last;
	uint16_t class, flags, edns_size;
	char log[8192]; /* what was logged while the configuration was read */
	char text[65536];
};

/* Reads a configuration; whether it is one. */
bool fixture_load(struct fixture *fixture, const char *conf);
bool fixture_load_file(struct fixture *fixture, const char *path);
void fixture_unload(struct fixture *fixture);

/* Asks from an address; the reply is "FLAGS" in hexadecimal and ": OWNER TYPE TTL DATA" for each
 * record, those of the authority and additional sections begun with "@" and "+". "drop" and
 * "forward" are what else may happen. */
const char *fixture_ask(
    struct fixture *fixture, const char *client, const char *name, const char *type);

/* The same for bytes: what comes is in `reply`. */
enum named_verdict fixture_send(
    struct fixture *fixture, const char *client, const uint8_t *query, size_t len);
const char *fixture_text(struct fixture *fixture);

#endif
