/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed's core: see core.h. */
#include "core.h"

#include <errno.h>
#include <string.h>

#include "auth.h"
#include "cache_answer.h"
#include "hash.h"
#include "hash_memo.h"
#include "hrev.h"
#include "net.h"
#include "reply.h"
#include "reverse.h"
#include "zone.h"

#define OTIP_TTL 1

/* A query on its way. */
struct question {
	struct named_core *core;
	const struct named_conf *conf;
	const struct named_client *client;
	const struct named_query *query;
	struct named_reply reply;
	uint8_t *bytes;
	size_t size; /* of a reply to this client */
	uint64_t now;
	time_t wall;
	uint64_t hash[NAME_MAX_LABELS];
	struct named_forward_request *request;
};

/* What a record says of a query. */
enum outcome {
	GO_ON, /* to the next record */
	ANSWERED,
	FORWARDED,
	WAITING, /* for a key */
	SILENT,  /* nothing */
};

void named_core_init(struct named_core *core, struct named_conf *conf, struct named_shared *shared)
{
	memset(core, 0, sizeof(*core));
	core->conf = named_conf_ref(conf);
	core->shared = shared;
	core->memo = named_hash_memo_new();
}

void named_core_fini(struct named_core *core)
{
	named_conf_unref(core->conf);
	named_hash_memo_free(core->memo);
}

void named_core_set_conf(struct named_core *core, struct named_conf *conf)
{
	struct named_conf *old = core->conf;

	core->conf = named_conf_ref(conf);
	named_conf_unref(old);
}

bool named_core_accepts(const struct named_core *core, const struct in6_addr *client)
{
	return named_auth_accepts(core->conf->auth, named_nets_of(core->conf->nets, client));
}

static void begin(struct question *question, uint16_t flags)
{
	struct named_reply *reply = &question->reply;

	named_reply_begin(reply, question->query, question->bytes, question->size, flags);
	reply->edns_size = (uint16_t)question->conf->options.ednssize;
	if (question->request->cookie_len)
		named_reply_cookie(reply, question->request->cookie, question->request->cookie_len);
}

static void refuse(struct question *question, enum named_rcode rcode, enum named_ede ede)
{
	begin(question, 0);
	named_reply_rcode(&question->reply, rcode);
	named_reply_ede(&question->reply, ede);
}

/* ---- what records do ------------------------------------------------------------------------ */

/* A SOA where none is configured, so that others may remember that there is nothing (RFC 2308): of
 * the name that the record is about, by `option negativesoa`. */
static void put_negative_soa(struct question *question, const struct named_auth_record *record)
{
	static const uint8_t mailbox[] = "\6nobody\7invalid"; /* RFC 2606: there is none */
	const struct named_options *options = &question->conf->options;
	uint32_t minimum = (uint32_t)options->hashttl;
	const uint32_t numbers[5] = {1, 10800, 3600, 604800, minimum};
	uint8_t data[NAME_MAX_WIRE + sizeof(mailbox) + sizeof(numbers)], *p = data;

	if (!options->negativesoa || record->host)
		return;
	memcpy(p, record->name.wire, record->name.len);
	p += record->name.len;
	memcpy(p, mailbox, sizeof(mailbox));
	p += sizeof(mailbox);
	for (size_t i = 0; i < 5; i++) {
		for (int shift = 24; shift >= 0; shift -= 8)
			*p++ = (uint8_t)(numbers[i] >> shift);
	}
	(void)named_reply_rr(&question->reply, NAMED_AUTHORITY, record->name.wire, NAMED_TYPE_SOA,
	    minimum, data, (size_t)(p - data));
}

static enum outcome answer_static(struct question *question, const struct named_auth_record *record)
{
	bool minimal = question->conf->options.minimalany && !question->client->tcp;

	begin(question, NAMED_FLAG_AA | NAMED_FLAG_RA);
	if (named_zone_answer(
	        question->conf->zone, question->query, question->hash, minimal, &question->reply))
		put_negative_soa(question, record);
	metric_add(&question->core->stats.by_static, 1);
	return ANSWERED;
}

/* May the asker make us remember its name (5.7)? */
static bool may_remember(const struct question *question, const struct in6_addr *address)
{
	const struct in6_addr *client = &question->client->addr;

	switch ((enum named_hrev_mode)question->conf->options.hrevmode) {
	case NAMED_HREV_ALWAYS:
		return true;
	case NAMED_HREV_NET:
		return memcmp(client, address, 8) == 0;
	case NAMED_HREV_SAME:
		return memcmp(client, address, 16) == 0;
	case NAMED_HREV_NEVER:
		break;
	}
	return false;
}

static void remember(struct question *question, const struct in6_addr *address)
{
	const struct named_options *options = &question->conf->options;
	const struct named_query *query = question->query;

	if (!question->conf->has_hrev || !question->core->shared->hrev ||
	    !may_remember(question, address))
		return;
	named_hrev_put(question->core->shared->hrev, address,
	    options->hashcase ? named_query_spelling(query) : query->name.wire, query->name.len,
	    (uint32_t)options->hashttl, question->now);
}

/* A one-time address is nobody's business when its period is over: a second, or what is left of it,
 * for who leases it (namedhcp --lease auto). */
static uint32_t otip_ttl(const struct question *question)
{
	const struct named_options *options = &question->conf->options;

	if (options->otipttl == NAMED_OTIP_TTL_LEFT && options->otipperiod == 0)
		return (uint32_t)options->hashttl;
	if (options->otipttl == NAMED_OTIP_TTL_LEFT)
		return (uint32_t)(options->otipperiod - question->wall % options->otipperiod);
	return OTIP_TTL;
}

static enum outcome answer_hash(struct question *question, const struct named_auth_record *record)
{
	const struct named_options *options = &question->conf->options;
	const struct named_hashing with = {options, question->core->shared->otip, question->core->memo};
	const struct named_query *query = question->query;
	bool is_otip = record->type == NAMED_AUTH_OTIP;
	struct in6_addr address;
	int error;

	if (!question->client->again)
		metric_add(is_otip ? &question->core->stats.by_otip : &question->core->stats.by_hash, 1);
	if (query->type != NAMED_TYPE_AAAA && query->type != NAMED_TYPE_ANY) {
		begin(question, NAMED_FLAG_AA | NAMED_FLAG_RA);
		put_negative_soa(question, record);
		return ANSWERED;
	}
	error = named_hash_address(
	    &address, record, &with, query, question->hash[query->name.labels], question->wall);
	if (error == -EINPROGRESS && !question->client->last)
		return WAITING;
	if (error < 0) {
		refuse(question, NAMED_SERVFAIL, NAMED_EDE_NOT_READY);
		return ANSWERED;
	}
	begin(question, NAMED_FLAG_AA | NAMED_FLAG_RA);
	(void)named_reply_rr(&question->reply, NAMED_ANSWER, NULL, NAMED_TYPE_AAAA,
	    is_otip ? otip_ttl(question) : (uint32_t)options->hashttl, &address, sizeof(address));
	if (!is_otip)
		remember(question, &address);
	return ANSWERED;
}

static enum outcome answer_hrev(struct question *question, const struct named_auth_record *record)
{
	struct named_reply *reply = &question->reply;
	struct in6_addr address;
	struct dns_name name;
	uint32_t ttl;

	if (question->query->type != NAMED_TYPE_PTR)
		return GO_ON;
	metric_add(&question->core->stats.by_hrev, 1);
	begin(question, NAMED_FLAG_AA | NAMED_FLAG_RA);
	if (question->core->shared->hrev && named_reverse_address(&question->query->name, &address) &&
	    named_hrev_get(question->core->shared->hrev, &address, &name, &ttl, question->now)) {
		if (named_reply_rr(reply, NAMED_ANSWER, NULL, NAMED_TYPE_PTR, ttl, name.wire, name.len) < 0)
			named_reply_truncate(reply);
		return ANSWERED;
	}
	reply->flags &= (uint16_t)~NAMED_FLAG_RA;
	named_reply_rcode(reply, NAMED_NXDOMAIN);
	put_negative_soa(question, record);
	return ANSWERED;
}

static enum outcome answer_cache(struct question *question)
{
	struct named_cache *cache = question->core->shared->cache;
	enum named_cached cached;

	question->request->cache = true;
	if (!cache)
		return GO_ON;
	begin(question, NAMED_FLAG_RA);
	cached = named_cache_answer(cache, question->query, &question->reply, false, question->now);
	if (cached == NAMED_CACHED_NOT)
		return GO_ON;
	question->request->wanted = cached == NAMED_CACHED_FETCH;
	metric_add(&question->core->stats.by_cache, 1);
	return ANSWERED;
}

static enum outcome forward(struct question *question)
{
	metric_add(&question->core->stats.by_forward, 1);
	/* RFC 8482, 4.2; over TCP the client means it. */
	if (question->query->type == NAMED_TYPE_ANY && question->conf->options.minimalany &&
	    !question->client->tcp) {
		static const uint8_t hinfo[] = "\7RFC8482";

		begin(question, NAMED_FLAG_RA);
		(void)named_reply_rr(
		    &question->reply, NAMED_ANSWER, NULL, NAMED_TYPE_HINFO, 3600, hinfo, sizeof(hinfo));
		return ANSWERED;
	}
	question->request->wanted = true;
	return FORWARDED;
}

static enum outcome answer(struct question *question, const struct named_auth_record *record)
{
	switch (record->type) {
	case NAMED_AUTH_ERROR:
		metric_add(&question->core->stats.by_error, 1);
		refuse(question, NAMED_REFUSED, NAMED_EDE_PROHIBITED);
		return ANSWERED;
	case NAMED_AUTH_STATIC:
		return answer_static(question, record);
	case NAMED_AUTH_HASH:
	case NAMED_AUTH_OTIP:
		return answer_hash(question, record);
	case NAMED_AUTH_CACHE:
		return answer_cache(question);
	case NAMED_AUTH_HREV:
		return answer_hrev(question, record);
	case NAMED_AUTH_FWD:
		return forward(question);
	case NAMED_AUTH_ACCEPT:
		break;
	}
	return GO_ON;
}

/* ---- a query -------------------------------------------------------------------------------- */

static enum outcome select_and_answer(struct question *question)
{
	const struct named_query *query = question->query;
	const struct named_auth_record *record;
	struct named_auth_scan scan;

	if ((query->class != NAMED_CLASS_IN && query->class != NAMED_CLASS_ANY) ||
	    query->type == NAMED_TYPE_AXFR || query->type == NAMED_TYPE_IXFR) {
		refuse(question, NAMED_REFUSED, NAMED_EDE_NOT_SUPPORTED);
		return ANSWERED;
	}
	named_name_hashes(&query->name, question->hash);
	named_auth_scan(&scan, question->conf->auth, &query->name, question->hash,
	    named_nets_of(question->conf->nets, &question->client->addr));
	while ((record = named_auth_next(&scan))) {
		enum outcome outcome = answer(question, record);

		if (outcome != GO_ON)
			return outcome;
	}
	refuse(question, NAMED_REFUSED, NAMED_EDE_PROHIBITED);
	return ANSWERED;
}

/* False: the cookie is not one. */
static bool check_cookie(struct question *question)
{
	struct named_core_stats *stats = &question->core->stats;
	struct named_forward_request *request = question->request;
	const struct named_cookie_secrets *secrets = &question->conf->cookie;

	request->cookie_len = 0;
	if (!question->query->cookie || !question->conf->options.cookies)
		return true;
	if (secrets->count == 0)
		secrets = &question->core->shared->cookie;
	switch (named_cookie_check(secrets, question->query->cookie, question->query->cookie_len,
	    &question->client->addr, question->wall, request->cookie)) {
	case NAMED_COOKIE_NONE:
		return true;
	case NAMED_COOKIE_MALFORMED:
		return false;
	case NAMED_COOKIE_NEW:
		metric_add(&stats->cookie_new, 1);
		break;
	case NAMED_COOKIE_BAD:
		metric_add(&stats->cookie_bad, 1);
		break;
	case NAMED_COOKIE_GOOD:
		metric_add(&stats->cookie_good, 1);
		break;
	}
	request->cookie_len = NAMED_COOKIE_LEN;
	return true;
}

static void count(struct named_core_stats *stats, const struct named_reply *reply)
{
	if (reply->truncated)
		metric_add(&stats->truncated, 1);
	else if (reply->rcode == NAMED_NXDOMAIN)
		metric_add(&stats->nxdomain, 1);
	else if (reply->rcode == NAMED_REFUSED)
		metric_add(&stats->refused, 1);
}

static enum outcome classify(struct question *question, enum named_query_status status)
{
	struct named_core_stats *stats = &question->core->stats;

	if ((status == NAMED_QUERY_OK || status == NAMED_QUERY_COOKIE) && !check_cookie(question))
		status = NAMED_QUERY_FORMERR;
	if (status == NAMED_QUERY_COOKIE && question->request->cookie_len == 0)
		status = NAMED_QUERY_FORMERR;
	switch (status) {
	case NAMED_QUERY_OK:
		return select_and_answer(question);
	case NAMED_QUERY_COOKIE:
		begin(question, 0);
		return ANSWERED;
	case NAMED_QUERY_FORMERR:
		metric_add(&stats->formerr, 1);
		refuse(question, NAMED_FORMERR, NAMED_EDE_NONE);
		return ANSWERED;
	case NAMED_QUERY_NOTIMP:
		metric_add(&stats->notimp, 1);
		refuse(question, NAMED_NOTIMP, NAMED_EDE_NONE);
		return ANSWERED;
	case NAMED_QUERY_BADVERS:
		metric_add(&stats->badvers, 1);
		refuse(question, NAMED_BADVERS, NAMED_EDE_NONE);
		return ANSWERED;
	case NAMED_QUERY_DROP:
		break;
	}
	return SILENT;
}

enum named_verdict named_core_query(struct named_core *core, const struct named_client *client,
    const uint8_t *query, size_t len, uint64_t now, time_t wall, uint8_t *reply, size_t *reply_len,
    struct named_forward_request *request)
{
	struct question question;
	enum named_query_status status = named_query_parse(&request->query, query, len);
	enum outcome outcome;

	request->wanted = request->cache = false;
	request->cookie_len = 0;
	if (!client->again)
		metric_add(client->tcp ? &core->stats.queries_tcp : &core->stats.queries_udp, 1);
	if (status == NAMED_QUERY_DROP) {
		metric_add(&core->stats.dropped, 1);
		return NAMED_DROP;
	}
	question.core = core;
	question.conf = core->conf;
	question.client = client;
	question.query = &request->query;
	question.bytes = reply;
	question.size = *reply_len;
	if (!client->tcp) {
		size_t limit = named_query_udp_limit(&request->query, (size_t)core->conf->options.ednssize);

		if (limit < question.size)
			question.size = limit;
	}
	question.now = now;
	question.wall = wall;
	question.request = request;
	outcome = classify(&question, status);
	if (outcome == FORWARDED)
		return NAMED_FORWARD;
	if (outcome == WAITING)
		return NAMED_WAIT;
	if (outcome != ANSWERED) {
		metric_add(&core->stats.dropped, 1);
		return NAMED_DROP;
	}
	*reply_len = named_reply_end(&question.reply);
	count(&core->stats, &question.reply);
	return NAMED_REPLY;
}
