/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is a suspected server there again? It is asked for the name servers of the root, which every
 * server has an answer to, if only REFUSED, and any answer will do. A client's query would not: it
 * ends with another server's answer, and the socket with it.
 *
 * Probes go out when queries do, so that who is not asked asks nobody. Each has an id and a socket
 * of its own, in the slots behind those of the queries; it waits for as long as it takes until the
 * next.
 */
#include <string.h>

#include "forward_internal.h"

#define PROBE_LEN 17

static uint32_t slot_of(const struct named_forward *forward, unsigned int number)
{
	return forward->config.table * NAMED_FORWARD_SERVERS + number;
}

static void compose(uint8_t bytes[PROBE_LEN], uint16_t id)
{
	struct wire_writer out = wire_writer(bytes, PROBE_LEN);

	wire_put_u16(&out, id);
	wire_put_u16(&out, NAMED_FLAG_RD);
	wire_put_u16(&out, 1);
	wire_put_zeros(&out, 6);
	wire_put_u8(&out, 0);
	wire_put_u16(&out, NAMED_TYPE_NS);
	wire_put_u16(&out, NAMED_CLASS_IN);
}

void forward_close_probe(struct named_forward *forward, unsigned int number)
{
	struct forward_server *server = &forward->servers[number];

	if (server->probing)
		forward->io->udp_close(forward->context, slot_of(forward, number));
	server->probing = false;
}

static void probe(struct named_forward *forward, unsigned int number)
{
	struct forward_server *server = &forward->servers[number];
	uint8_t bytes[PROBE_LEN];

	forward_close_probe(forward, number);
	if (forward_random_id(forward, &server->probe_id) < 0)
		return;
	compose(bytes, server->probe_id);
	server->probing = forward->io->udp_send(forward->context, slot_of(forward, number),
	                      &server->endpoint, bytes, PROBE_LEN) == 0;
	metric_add(&forward->stats.probes, server->probing);
}

void forward_probe_due(struct named_forward *forward, uint64_t now)
{
	for (unsigned int i = 0; i < forward->config.server_count; i++) {
		struct forward_server *server = &forward->servers[i];

		if (!server->suspected || now < server->probe_at)
			continue;
		server->probe_interval *= 2;
		if (server->probe_interval > FORWARD_PROBE_MAX)
			server->probe_interval = FORWARD_PROBE_MAX;
		server->probe_at = now + server->probe_interval;
		probe(forward, i);
	}
}

/* The server whose probe has this slot, or NO_TRY. */
static int probed_by(const struct named_forward *forward, uint32_t slot)
{
	uint32_t first = slot_of(forward, 0);

	if (slot < first || slot - first >= forward->config.server_count ||
	    !forward->servers[slot - first].probing)
		return NO_TRY;
	return (int)(slot - first);
}

void forward_probe_received(struct named_forward *forward, uint32_t slot,
    const struct named_endpoint *from, const uint8_t *bytes, size_t len, uint64_t now)
{
	int number = probed_by(forward, slot);
	uint8_t sent[PROBE_LEN];

	if (number != NO_TRY)
		compose(sent, forward->servers[number].probe_id);
	if (number == NO_TRY || len < PROBE_LEN ||
	    !forward_is_endpoint(from, &forward->servers[number].endpoint) ||
	    !(bytes[2] & (NAMED_FLAG_QR >> 8)) || memcmp(bytes, sent, 2) != 0 ||
	    memcmp(bytes + 4, sent + 4, 2) != 0 ||
	    memcmp(bytes + NAMED_HEADER_LEN, sent + NAMED_HEADER_LEN, PROBE_LEN - NAMED_HEADER_LEN) !=
	        0) {
		metric_add(&forward->stats.unknown, 1);
		return;
	}
	forward_close_probe(forward, (unsigned int)number);
	forward_server_heard(forward, (unsigned int)number, 0, now);
}

void forward_probe_failed(struct named_forward *forward, uint32_t slot)
{
	int number = probed_by(forward, slot);

	if (number != NO_TRY)
		forward_close_probe(forward, (unsigned int)number);
}
