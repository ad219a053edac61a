/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups: see query.h for the states. */
#include "query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "answer.h"
#include "packet.h"

static void ask(struct query *query, uint64_t now);

/* ---- ends ----------------------------------------------------------------------------------- */

static void set_state(struct query *query, enum query_state state)
{
	query->state = state;
	query->turn++;
}

static void fail(struct query *query, int error)
{
	query->error = error;
	set_state(query, QUERY_FAILED);
}

/* ---- packets -------------------------------------------------------------------------------- */

static int random_bytes(void *bytes, size_t len)
{
	ssize_t n;

	do
		n = getrandom(bytes, len, 0); /* up to 256 bytes come whole */
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -EIO;
}

/* Flips the case of letters by chance (draft-vixie-dnsext-dns0x20): so many bits more that who is
 * not on the path would have to guess. */
static void spell(struct dns_name *name, const uint8_t random[32])
{
	for (unsigned int i = 0; i < name->len; i++) {
		uint8_t lower = name_lower(name->wire[i]);

		if (lower >= 'a' && lower <= 'z' && (random[i / 8] >> i % 8 & 1))
			name->wire[i] ^= 0x20;
	}
}

/* A new packet, with an id of its own, for the server that is due. */
static void send_packet(struct query *query, bool tcp, uint64_t now)
{
	struct wire_writer w = wire_writer(query->packet, sizeof(query->packet));
	bool edns = query->config->edns && !query->plain;
	struct {
		uint16_t id;
		uint8_t bits[32];
	} random;

	if (now >= query->end) {
		fail(query, ETIMEDOUT);
		return;
	}
	if (random_bytes(&random, query->config->x20 ? sizeof(random) : sizeof(random.id)) < 0) {
		fail(query, EIO); /* no id that could be guessed is used instead */
		return;
	}
	query->id = random.id;
	query->sent = query->name;
	if (query->config->x20)
		spell(&query->sent, random.bits);
	wire_put_u16(&w, query->id);
	wire_put_u16(&w, IOTHDNS_RD);
	wire_put_u16(&w, 1);
	wire_put_u32(&w, 0);
	wire_put_u16(&w, edns);
	wire_put_bytes(&w, query->sent.wire, query->sent.len);
	wire_put_u16(&w, query->type);
	wire_put_u16(&w, IOTHDNS_CLASS_IN);
	if (edns) { /* RFC 6891, 6.1.2 */
		wire_put_u8(&w, 0);
		wire_put_u16(&w, IOTHDNS_TYPE_OPT);
		wire_put_u16(&w, OPT_SIZE_OURS);
		wire_put_u32(&w, 0);
		wire_put_u16(&w, 0);
	}
	query->packet_len = w.at;
	query->deadline = now + query->config->timeout_ms;
	if (query->deadline > query->end)
		query->deadline = query->end;
	set_state(query, tcp ? QUERY_TCP : QUERY_UDP);
}

static bool starts_with_tcp(const struct query *query)
{
	return query->config->use_tcp || (query->flags & IOTHDNS_QUERY_TCP);
}

/* ---- which server --------------------------------------------------------------------------- */

static void ask_server(struct query *query, unsigned int server, bool plain, uint64_t now)
{
	query->server = server;
	query->plain =
	    plain || atomic_load_explicit(&query->config->servers[server].plain, memory_order_relaxed);
	send_packet(query, starts_with_tcp(query), now);
}

static void next_candidate(struct query *query, int error, uint64_t now);

/* The server that is due has not answered, or not well. */
static void next_server(struct query *query, int error, uint64_t now)
{
	const struct config *config = query->config;

	if (query->round < config->attempts) {
		if (++query->tried == config->n_servers) {
			query->tried = 0;
			query->round++;
		}
	} else {
		query->tried++;
	}
	if (query->round < config->attempts) {
		ask_server(query, (query->first + query->tried) % config->n_servers, false, now);
		return;
	}
	for (; query->tried < config->n_servers; query->tried++) {
		unsigned int server = (query->first + query->tried) % config->n_servers;

		if (query->mute >> server & 1) {
			ask_server(query, server, true, now);
			return;
		}
	}
	next_candidate(query, error, now);
}

/* ---- which name ----------------------------------------------------------------------------- */

static bool join(struct dns_name *name, const struct dns_name *host, const struct dns_name *domain)
{
	size_t len = host->len - 1U;

	if (len + domain->len > NAME_MAX_WIRE)
		return false;
	memcpy(name->wire, host->wire, len);
	memcpy(name->wire + len, domain->wire, domain->len);
	name->len = (uint8_t)(len + domain->len);
	return true;
}

/* Goes on with the candidate that is due, or ends with `error`. */
static void ask_candidate(struct query *query, int error, uint64_t now)
{
	const struct config *config = query->config;

	for (; query->candidate < query->candidates; query->candidate++) {
		query->hops = 0;
		if (query->candidate + 1 == query->candidates)
			query->name = query->asked;
		else if (!join(&query->name, &query->asked, &config->search[query->candidate]))
			continue;
		ask(query, now);
		return;
	}
	fail(query, error);
}

/* What was asked for does not exist there, or cannot be known. A server that is out of reach leaves
 * open whether the name exists: who asks for it in the next domain may get another one of the same
 * name. A domain whose servers refuse or fail is left behind, as by the C library; but the name as
 * it is, which was meant otherwise, is only tried when no domain of the list has it. */
static void next_candidate(struct query *query, int error, uint64_t now)
{
	if (error != ENOENT && error != EREMOTEIO && error != EACCES) {
		fail(query, error);
		return;
	}
	if (error != ENOENT)
		query->worst = error;
	query->candidate++;
	if (query->worst && query->candidate + 1 >= query->candidates)
		query->candidate = query->candidates;
	ask_candidate(query, query->worst ? query->worst : ENOENT, now);
}

/* ---- answers -------------------------------------------------------------------------------- */

/* An answer that is kept as the result. */
static void done(struct query *query, uint8_t *reply, size_t len, int error)
{
	free(query->reply);
	query->reply = reply;
	query->reply_len = len;
	query->error = error;
	set_state(query, QUERY_DONE);
}

/* Takes an answer, of a server or of the cache, which is a sound message; it owns the bytes. */
static void take_answer(struct query *query, uint8_t *bytes, size_t len, uint64_t now)
{
	struct answer answer = {bytes, len};
	struct dns_name last;
	bool found;
	int steps;

	if ((bytes[HEADER_FLAGS + 1] & IOTHDNS_RCODE_MASK) == IOTHDNS_RCODE_ENOENT) {
		if (query->candidate + 1 >= query->candidates && !query->worst) {
			done(query, bytes, len, ENOENT);
		} else {
			free(bytes);
			next_candidate(query, ENOENT, now);
		}
		return;
	}
	if (!(query->flags & IOTHDNS_QUERY_FOLLOW)) {
		done(query, bytes, len, 0);
		return;
	}
	steps = answer_follow(&answer, &query->name, query->type, &last, &found);
	if (steps < 0) {
		free(bytes);
		fail(query, -steps);
	} else if (found || steps == 0 || answer_is_final(&answer)) {
		done(query, bytes, len, 0);
	} else if (++query->hops > QUERY_HOPS_MAX) {
		free(bytes);
		fail(query, ELOOP);
	} else {
		/* The server knows the alias and not what it stands for. */
		free(bytes);
		query->name = last;
		ask(query, now);
	}
}

/* Begins with a question: with what the cache has, or with the first server. */
static void ask(struct query *query, uint64_t now)
{
	size_t len = 0;
	uint8_t *cached = NULL;

	query->mute = 0;
	query->round = 0;
	query->tried = 0;
	if (query->cache && !(query->flags & IOTHDNS_QUERY_TCP))
		cached = cache_get(query->cache, &query->name, query->type, now, &len);
	if (cached)
		take_answer(query, cached, len, now);
	else if (query->config->n_servers == 0)
		fail(query, EDESTADDRREQ);
	else
		ask_server(query, query->first % query->config->n_servers, false, now);
}

struct result {
	uint16_t flags;
	unsigned int rcode; /* with the bits of EDNS0 */
	bool has_opt;
};

/* Is this the answer to the packet that was sent (RFC 5452, 9.1)? The question has to be there, but
 * for a server that could not read it, or failed before it had. */
static bool is_ours(
    const struct query *query, const uint8_t *bytes, size_t len, struct result *result)
{
	struct wire_reader r = wire_reader(bytes, len);
	uint16_t id = wire_u16(&r), questions, type, class;
	struct dns_name name;

	result->flags = wire_u16(&r);
	result->rcode = IOTHDNS_GET_RCODE(result->flags);
	result->has_opt = false;
	questions = wire_u16(&r);
	wire_skip(&r, 6);
	if (r.error || id != query->id || !IOTHDNS_IS_RESPONSE(result->flags) ||
	    (result->flags & IOTHDNS_OP_MASK))
		return false;
	if (questions == 0)
		return result->rcode != IOTHDNS_RCODE_OK && result->rcode != IOTHDNS_RCODE_ENOENT;
	if (questions != 1 || name_read(&r, &name) < 0)
		return false;
	type = wire_u16(&r);
	class = wire_u16(&r);
	if (r.error || type != query->type || class != IOTHDNS_CLASS_IN)
		return false;
	if (query->config->x20)
		return name.len == query->sent.len && memcmp(name.wire, query->sent.wire, name.len) == 0;
	return name_equal(&name, &query->sent);
}

/* Looks for an OPT record. False if the message is not sound. */
static bool read_edns(const uint8_t *bytes, size_t len, struct result *result)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt pkt;

	if (read_open(&pkt, &h, bytes, len, NULL) < 0)
		return false;
	while (read_rr(&pkt, &rr, NULL)) {
		if (rr.type == IOTHDNS_TYPE_OPT && !result->has_opt) {
			result->has_opt = true;
			result->rcode |= OPT_EXTENDED_RCODE(rr.ttl) << 4;
		}
	}
	return !pkt.error;
}

static int rcode_error(unsigned int rcode)
{
	switch (rcode) {
	case IOTHDNS_RCODE_EFAIL:
		return EREMOTEIO;
	case IOTHDNS_RCODE_EPERM:
		return EACCES;
	case IOTHDNS_RCODE_ENOSUP:
		return ENOTSUP;
	default:
		return EPROTO;
	}
}

#define RCODE_BADVERS 16

/* The server did not like EDNS0 (RFC 6891, 7), and is remembered for it if it knows none at all. */
static bool is_edns_failure(const struct query *query, const struct result *result)
{
	if (!query->config->edns || query->plain)
		return false;
	return result->rcode == IOTHDNS_RCODE_EFMT || result->rcode == IOTHDNS_RCODE_ENOSUP ||
	       result->rcode == RCODE_BADVERS;
}

static void keep_answer(struct query *query, const uint8_t *bytes, size_t len, uint64_t now)
{
	uint8_t *copy = malloc(len);

	if (!copy) {
		fail(query, ENOMEM);
		return;
	}
	memcpy(copy, bytes, len);
	if (query->cache)
		cache_put(query->cache, &query->name, query->type, bytes, len, now);
	take_answer(query, copy, len, now);
}

void query_received(struct query *query, const uint8_t *bytes, size_t len, uint64_t now)
{
	bool tcp = query->state == QUERY_TCP;
	struct result result;
	bool sound;

	/* Over UDP it may be somebody else's guess: the right one is waited for. */
	if (!is_ours(query, bytes, len, &result)) {
		if (tcp)
			next_server(query, EPROTO, now);
		return;
	}
	query->mute &= ~(1U << query->server);
	if (!tcp && (result.flags & IOTHDNS_TRUNC)) {
		send_packet(query, true, now);
		return;
	}
	sound = read_edns(bytes, len, &result);
	if (is_edns_failure(query, &result)) {
		if (!result.has_opt)
			atomic_store_explicit(&query_server(query)->plain, true, memory_order_relaxed);
		query->plain = true;
		send_packet(query, tcp, now);
		return;
	}
	if (!sound)
		next_server(query, EPROTO, now);
	else if (result.rcode == IOTHDNS_RCODE_OK || result.rcode == IOTHDNS_RCODE_ENOENT)
		keep_answer(query, bytes, len, now);
	else
		next_server(query, rcode_error(result.rcode), now);
}

void query_received_part(struct query *query, const uint8_t *bytes, size_t len, uint64_t now)
{
	struct result result;

	if (query->state == QUERY_UDP && is_ours(query, bytes, len, &result))
		send_packet(query, true, now);
}

void query_socket_failed(struct query *query, int error, uint64_t now)
{
	next_server(query, error, now);
}

void query_timed_out(struct query *query, uint64_t now)
{
	if (query->state == QUERY_UDP && query->config->edns && !query->plain)
		query->mute |= 1U << query->server;
	next_server(query, ETIMEDOUT, now);
}

/* ---- begin and end -------------------------------------------------------------------------- */

/* Dots between labels; a name with a final dot is meant as it is (resolv.conf(5), ndots). */
static unsigned int count_candidates(const struct query *query, const char *text)
{
	size_t len = strlen(text);
	unsigned int labels = 0;

	for (unsigned int at = 0; query->asked.wire[at]; at += query->asked.wire[at] + 1U)
		labels++;
	if ((query->flags & IOTHDNS_QUERY_EXACT) || labels == 0 || labels - 1 >= query->config->ndots)
		return 1;
	if (text[len - 1] == '.' && (len < 2 || text[len - 2] != '\\'))
		return 1;
	return query->config->n_search + 1;
}

int query_init(struct query *query, struct config *config, struct cache *cache, unsigned int first,
    const char *name, uint16_t type, unsigned int flags, uint64_t now)
{
	int error = name_from_text(&query->asked, name);

	if (error < 0)
		return error;
	query->config = config_ref(config);
	query->cache = cache_ref(cache);
	query->flags = flags;
	query->type = type;
	query->turn = 0;
	query->end = now + config_total_ms(config);
	query->error = 0;
	query->worst = 0;
	query->candidate = 0;
	query->candidates = count_candidates(query, name);
	query->hops = 0;
	query->first = first;
	query->reply = NULL;
	query->reply_len = 0;
	ask_candidate(query, ENOENT, now);
	return 0;
}

void query_fini(struct query *query)
{
	config_unref(query->config);
	cache_unref(query->cache);
	free(query->reply);
}
