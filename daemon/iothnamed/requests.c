/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What iothnamedctl can ask for, and the counters of all workers. */
#include "server.h"

#include <errno.h>
#include <inttypes.h>

#include "cache.h"
#include "hrev.h"

/* ---- requests -------------------------------------------------------------------------------- */

/* "NAME": that name; ".NAME": what is below it, as in auth records; ".": everything. */
static int run_flush(void *context, const char *argument, FILE *answer)
{
	struct named_server *server = ((struct daemon *)context)->state;
	bool below = argument[0] == '.';
	bool all = below && !argument[1];
	struct named_name name;
	size_t count;

	/* ".." is not all. */
	if (!all &&
	    (named_name_from_text(&name, argument + below) < 0 || (below && name.labels == 0))) {
		fprintf(answer, "'%s' is not a name\n", argument);
		return -EINVAL;
	}
	count = named_cache_flush(server->shared.cache, all ? NULL : &name, below);
	if (all)
		count += named_hrev_flush(server->shared.hrev);
	fprintf(answer, "%zu forgotten\n", count);
	return 0;
}

const struct control_verb named_verbs[] = {
    {"flush", "NAME",
        "forget what is cached of NAME; of what is below, if it begins with a dot; \".\": all",
        run_flush},
};
const size_t named_verb_count = sizeof(named_verbs) / sizeof(named_verbs[0]);

/* ---- counters -------------------------------------------------------------------------------- */

#define CORE(name_, labels_, help_, field_)                                                        \
	{                                                                                              \
		"iothnamed_" name_, labels_, help_, METRIC_COUNTER,                                        \
		    offsetof(struct named_core_stats, field_)                                              \
	}

static const struct metric_spec core_specs[] = {
    CORE("queries_total", "transport=\"udp\"", "Queries that came.", queries_udp),
    CORE("queries_total", "transport=\"tcp\"", "Queries that came.", queries_tcp),
    CORE("answers_total", "by=\"error\"", "Queries by the record that they met.", by_error),
    CORE("answers_total", "by=\"static\"", "Queries by the record that they met.", by_static),
    CORE("answers_total", "by=\"hash\"", "Queries by the record that they met.", by_hash),
    CORE("answers_total", "by=\"otip\"", "Queries by the record that they met.", by_otip),
    CORE("answers_total", "by=\"hrev\"", "Queries by the record that they met.", by_hrev),
    CORE("answers_total", "by=\"cache\"", "Queries by the record that they met.", by_cache),
    CORE("answers_total", "by=\"fwd\"", "Queries by the record that they met.", by_forward),
    CORE("dropped_total", NULL, "Messages that are no queries.", dropped),
    CORE("replies_total", "rcode=\"FORMERR\"", "Replies of our own, by their code.", formerr),
    CORE("replies_total", "rcode=\"NOTIMP\"", "Replies of our own, by their code.", notimp),
    CORE("replies_total", "rcode=\"BADVERS\"", "Replies of our own, by their code.", badvers),
    CORE("replies_total", "rcode=\"REFUSED\"", "Replies of our own, by their code.", refused),
    CORE("replies_total", "rcode=\"NXDOMAIN\"", "Replies of our own, by their code.", nxdomain),
    CORE("truncated_total", NULL, "Replies that did not fit into a datagram.", truncated),
    CORE("cookies_total", "cookie=\"none\"", "Queries by their cookie.", cookie_none),
    CORE("cookies_total", "cookie=\"new\"", "Queries by their cookie.", cookie_new),
    CORE("cookies_total", "cookie=\"good\"", "Queries by their cookie.", cookie_good),
    CORE("cookies_total", "cookie=\"bad\"", "Queries by their cookie.", cookie_bad),
};

#define IO(name_, labels_, help_, type_, field_)                                                   \
	{                                                                                              \
		"iothnamed_" name_, labels_, help_, METRIC_##type_,                                        \
		    offsetof(struct named_io_stats, field_)                                                \
	}

static const struct metric_spec io_specs[] = {
    IO("udp_oversized_total", NULL, "Datagrams that were too long.", COUNTER, udp_oversized),
    IO("udp_unsent_total", NULL, "Replies that could not be sent.", COUNTER, udp_unsent),
    IO("tcp_accepted_total", NULL, "Connections of clients.", COUNTER, tcp_accepted),
    IO("tcp_closed_total", "why=\"not accepted\"", "Connections closed by us.", COUNTER,
        tcp_refused),
    IO("tcp_closed_total", "why=\"full\"", "Connections closed by us.", COUNTER, tcp_full),
    IO("tcp_closed_total", "why=\"idle\"", "Connections closed by us.", COUNTER, tcp_idle),
    IO("tcp_closed_total", "why=\"malformed\"", "Connections closed by us.", COUNTER,
        tcp_malformed),
    IO("tcp_connections", NULL, "Connections of clients, now.", GAUGE, tcp_open),
    IO("upstream_sockets", NULL, "Sockets of forwarded queries, now.", GAUGE, upstream_sockets),
    IO("upstream_connections", NULL, "Connections to other servers, now.", GAUGE,
        upstream_connections),
};

#define FORWARD(name_, labels_, help_, type_, field_)                                              \
	{                                                                                              \
		"iothnamed_forward_" name_, labels_, help_, METRIC_##type_,                                \
		    offsetof(struct named_forward_stats, field_)                                           \
	}

static const struct metric_spec forward_specs[] = {
    FORWARD("queries_total", NULL, "Queries to be forwarded.", COUNTER, queries),
    FORWARD("merged_total", NULL, "Queries that had a like under way.", COUNTER, merged),
    FORWARD(
        "held_total", NULL, "Queries held until one with their question had ended.", COUNTER, held),
    FORWARD("prefetches_total", NULL, "Queries for the cache's sake.", COUNTER, prefetches),
    FORWARD("refused_total", NULL, "Queries for which there was no place.", COUNTER, refused),
    FORWARD("sent_total", "transport=\"udp\"", "Queries sent to servers.", COUNTER, udp_sent),
    FORWARD("sent_total", "transport=\"tcp\"", "Queries sent to servers.", COUNTER, tcp_sent),
    FORWARD("resent_total", NULL, "Queries sent once more.", COUNTER, resent),
    FORWARD(
        "probes_total", NULL, "Questions whether a suspected server is there.", COUNTER, probes),
    FORWARD("replies_total", NULL, "Replies of servers, given to clients.", COUNTER, replies),
    FORWARD("failures_total", NULL, "Failures of ours, given to clients.", COUNTER, failures),
    FORWARD("stale_total", NULL, "Replies out of expired entries.", COUNTER, stale),
    FORWARD("timeouts_total", NULL, "Servers that said nothing in time.", COUNTER, timeouts),
    FORWARD("errors_total", NULL, "Errors of sockets.", COUNTER, errors),
    FORWARD("server_failures_total", NULL, "Replies of failure.", COUNTER, server_failures),
    FORWARD("truncated_total", NULL, "Truncated replies, asked for again over TCP.", COUNTER,
        truncated),
    FORWARD(
        "near_misses_total", NULL, "Replies with a wrong id or question.", COUNTER, near_misses),
    FORWARD("malformed_total", NULL, "Replies that could not be read.", COUNTER, malformed),
    FORWARD("unknown_total", NULL, "Replies for nobody, or too late.", COUNTER, unknown),
    FORWARD("waiting", NULL, "Clients that wait, now.", GAUGE, waiting),
    FORWARD("suspected", NULL, "Servers that do not answer, now, counted by each worker.", GAUGE,
        suspected),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct cache_line {
	const char *name, *help;
	enum metric_type type;
	size_t offset;
} cache_lines[] = {
    {"hits_total", "Answers.", METRIC_COUNTER, offsetof(struct named_cache_stats, hits)},
    {"negative_hits_total", "Answers that there is nothing.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, negative_hits)},
    {"stale_hits_total", "Answers that had expired.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, stale_hits)},
    {"failure_hits_total", "Answers that nobody could tell, a moment ago.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, failure_hits)},
    {"misses_total", "Questions without an answer.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, misses)},
    {"inserted_total", "Entries made.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, inserted)},
    {"evicted_total", "Entries that made room.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, evicted)},
    {"expired_total", "Entries whose time was over.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, expired)},
    {"flushed_total", "Entries forgotten by request.", METRIC_COUNTER,
        offsetof(struct named_cache_stats, flushed)},
    {"entries", "Entries, now.", METRIC_GAUGE, offsetof(struct named_cache_stats, entries)},
    {"bytes", "Bytes of entries, now.", METRIC_GAUGE, offsetof(struct named_cache_stats, bytes)},
};

/* The cache counts under its locks, all workers together. */
static void print_cache(const struct named_server *server, FILE *out)
{
	struct named_cache_stats stats;

	named_cache_get_stats(server->shared.cache, &stats);
	for (size_t i = 0; i < COUNT(cache_lines); i++) {
		const struct cache_line *line = &cache_lines[i];
		char name[64];

		snprintf(name, sizeof(name), "iothnamed_cache_%s", line->name);
		metric_print_one(out, name, line->help, line->type,
		    (double)*(const uint64_t *)(const void *)((const char *)&stats + line->offset));
	}
}

void named_print_stats(struct daemon *daemon, FILE *out)
{
	struct named_server *server = daemon->state;
	size_t count = server->worker_count;
	const void *structs[NAMED_WORKERS_MAX] = {NULL};

	for (size_t i = 0; i < count; i++)
		structs[i] = &server->workers[i]->core.stats;
	metrics_print(out, core_specs, COUNT(core_specs), structs, count);
	for (size_t i = 0; i < count; i++)
		structs[i] = &server->workers[i]->stats;
	metrics_print(out, io_specs, COUNT(io_specs), structs, count);
	for (size_t i = 0; i < count; i++)
		structs[i] = named_forward_get_stats(server->workers[i]->forward);
	metrics_print(out, forward_specs, COUNT(forward_specs), structs, count);
	print_cache(server, out);
	stack_watches_print_stats((const struct stack_watch *const[]){&server->stacks.request_watch,
	                              &server->stacks.forward_watch},
	    2, "iothnamed", out);
	metric_print_one(out, "iothnamed_hrev_entries", "Names of hash addresses, now.", METRIC_GAUGE,
	    (double)named_hrev_count(server->shared.hrev));
}

void named_print_status(struct daemon *daemon, FILE *out)
{
	struct named_server *server = daemon->state;
	struct named_cache_stats stats;

	named_cache_get_stats(server->shared.cache, &stats);
	fprintf(out, "workers: %u\n", server->worker_count);
	fprintf(out, "forwarders: %u\n", server->conf->dns_count);
	fprintf(out, "cached: %" PRIu64 " entries, %" PRIu64 " bytes\n", stats.entries, stats.bytes);
	fprintf(out, "reverse names: %zu\n", named_hrev_count(server->shared.hrev));
	stack_watch_print(&server->stacks.request_watch, out);
	stack_watch_print(&server->stacks.forward_watch, out);
}
