/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCP server of either family with all its state: messages of several clients, answers of the
 * DNS, time.
 *
 * Input: records of a byte that chooses what happens, two bytes of length, and that many bytes.
 * After each: what waits is bounded, an answer can be read again, and at the end nothing is left.
 */
#ifndef FUZZ_NAMEDHCP_H
#define FUZZ_NAMEDHCP_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "dns_world.h"
#include "server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void namedhcp_input(
    engine_time now, const struct peer *peer, const void *payload, size_t len);

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

/* What configurations differ in, by the size of the input. */
static inline void vary(struct config *config, size_t size, uint16_t dns_code, size_t dns_size)
{
	static const uint8_t none[16];

	*config = (struct config){.lease = (enum lease)(size % 3), .answer_fqdn = size & 2};
	config_add(config, dns_code, none, dns_size);
}

static inline void answer_one(engine_time now, uint8_t what, const uint8_t *data, size_t size)
{
	struct names_answer answer = {.ttl = what};
	struct question *question;

	if (dns.count == 0)
		return;
	question = dns.asked[what % dns.count];
	dns_take(question);
	if (what & 0x80)
		answer.error = what & 0x40 ? ENOENT : ETIMEDOUT;
	else if (question->type == NAMES_TXT)
		memcpy(answer.text, data, size < sizeof(answer.text) ? size : sizeof(answer.text) - 1);
	else
		for (answer.count = 0; answer.count < NAMES_ADDRESSES && size >= 16; data += 16, size -= 16)
			memcpy(answer.address[answer.count++], data, 16);
	names_answered(question, now, &answer);
}

/* Plays the records with a server, which ends, as its names do. */
static inline void play(
    struct server *server, namedhcp_input *input, const uint8_t *data, size_t size)
{
	struct wire_reader reader = wire_reader(data, size);
	struct names *names = server->names;
	engine_time now = 0;

	while (wire_left(&reader) >= 3) {
		uint8_t what = wire_u8(&reader);
		struct peer peer = {.port = 546, .address = {0xfe, 0x80, [15] = what & 3}};
		size_t len = wire_u16(&reader);
		const uint8_t *bytes;

		if (len > wire_left(&reader))
			len = wire_left(&reader);
		bytes = wire_take(&reader, len);
		if (what & 4)
			answer_one(now, len > 0 ? bytes[0] : 0, bytes, len);
		else
			input(now, &peer, bytes, len);
		now += (engine_time)(what >> 3) * 1000;
		require(server->pending.all.count <= PENDING_MAX && names->count <= 2 * NAMES_MAX);
	}
	server_fini(server);
	names_fini(names);
	require(dns.count == 0);
}

#endif
