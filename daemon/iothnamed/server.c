/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Start, reload and end of the server: see server.h. */
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "descriptors.h"
#include "hash.h"
#include "hrev.h"
#include "log.h"

/* ---- what is shared -------------------------------------------------------------------------- */

static struct named_cache_config cache_config(const struct named_options *options)
{
	return (struct named_cache_config){.bytes = (size_t)options->cachesize << 20,
	    .ttl_min = (uint32_t)options->cachemin,
	    .ttl_max = (uint32_t)options->cachemax,
	    .negative_max = (uint32_t)options->cachenegative,
	    .stale = (uint32_t)options->cachestale,
	    .failure = (uint32_t)options->cachefailure,
	    .prefetch = options->cacheprefetch != 0,
	    .cut = options->cachecut != 0};
}

static void close_shared(struct named_shared *shared)
{
	if (shared->otip)
		named_otip_keys_free(shared->otip);
	if (shared->hrev)
		named_hrev_free(shared->hrev);
	if (shared->cache)
		named_cache_free(shared->cache);
}

static int open_shared(struct named_shared *shared, const struct named_options *options)
{
	const struct named_cache_config config = cache_config(options);
	int err = named_cache_new(&shared->cache, &config);

	if (!err)
		err = named_hrev_new(&shared->hrev, (size_t)options->hrevmax);
	if (!err)
		err = named_otip_keys_new(&shared->otip);
	if (!err)
		err = siphash_key_random(&shared->cookie.secret[0]);
	shared->cookie.count = 1;
	if (err) {
		log_error("tables: %s", strerror(-err));
		close_shared(shared);
	}
	return err;
}

/* Where a configuration needs one. */
static int begin_keymaker(struct named_server *server, const struct named_conf *conf)
{
	int err = 0;

	if (conf->options.otipdigest != NAMED_OTIP_MD5 && !server->keymaker)
		err = named_keymaker_new(&server->keymaker, server->shared.otip);
	if (err)
		log_error("keys of one-time addresses: %s", strerror(-err));
	return err;
}

/* ---- workers --------------------------------------------------------------------------------- */

static void close_workers(struct named_server *server)
{
	while (server->worker_count > 0)
		named_worker_free(server->workers[--server->worker_count]);
}

static int open_workers(struct named_server *server, unsigned int count)
{
	struct named_worker_place place = {.loop = &server->daemon->loop,
	    .request = server->stacks.request,
	    .forward = server->stacks.forward,
	    .sharing = count > 1 ? NAMED_FIRST : NAMED_ALONE,
	    .leads = loop_stack_leads(&server->stacks.request_lead)};
	int err = 0;

	for (; !err && server->worker_count < count; place.number++) {
		err = named_worker_new(
		    &server->workers[server->worker_count], &place, server->conf, &server->shared);
		if (!err)
			server->worker_count++;
		place.loop = NULL;
		place.sharing = NAMED_OTHER;
	}
	for (unsigned int i = 0; !err && i < count; i++)
		err = named_worker_start(server->workers[i]);
	if (err)
		close_workers(server);
	return err;
}

/* One loop a stack, unless the stack is the kernel's. */
static unsigned int workers_wanted(const struct named_server *server)
{
	int64_t workers = server->conf->options.workers;

	if (workers > 1 && !server->stacks.request_is_kernel) {
		log_notice("option workers: there is one, since the stack is not the kernel's");
		return 1;
	}
	return (unsigned int)workers;
}

/* Connections of clients; a socket for each query that is forwarded and each server that it was
 * sent to; what the program has for itself. */
static void allow_descriptors(const struct named_options *options)
{
	uint64_t worker = (uint64_t)options->tcpclients + (uint64_t)options->fwdpending * NAMED_DNS_MAX;

	descriptors_allow((uint64_t)options->workers * worker + 256);
}

/* ---- the daemon's functions ------------------------------------------------------------------ */

int named_server_start(struct daemon *daemon, void *configuration)
{
	struct named_conf *conf = configuration;
	size_t workers = (size_t)conf->options.workers;
	struct named_server *server =
	    calloc(1, sizeof(*server) + workers * sizeof(struct named_worker *));
	int err;

	if (!server) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	server->daemon = daemon;
	server->conf = conf;
	allow_descriptors(&conf->options);
	err = named_stacks_open(&server->stacks, conf);
	if (err)
		goto free_server;
	err = open_shared(&server->shared, &conf->options);
	if (err)
		goto close_stacks;
	err = begin_keymaker(server, conf);
	if (err)
		goto close_tables;
	err = named_resolver_new(&server->resolver, &daemon->loop, server->stacks.forward, conf);
	if (err) {
		log_error("resolver: %s", strerror(-err));
		goto end_keymaker;
	}
	named_stacks_lead(&server->stacks, &daemon->loop, conf);
	err = open_workers(server, workers_wanted(server));
	if (err)
		goto end_resolver;
	daemon->state = server;
	return 0;

end_resolver:
	named_resolver_free(server->resolver);
end_keymaker:
	named_keymaker_free(server->keymaker);
close_tables:
	close_shared(&server->shared);
close_stacks:
	named_stacks_close(&server->stacks);
free_server:
	free(server);
	return err;
}

/* Tables and threads that are as large as they were made. */
static void tell_kept(const struct named_options *old, const struct named_options *new)
{
	const struct {
		const char *name;
		int64_t old, new;
	} kept[] = {
	    {"workers", old->workers, new->workers},
	    {"cachesize", old->cachesize, new->cachesize},
	    {"tcpclients", old->tcpclients, new->tcpclients},
	    {"fwdpending", old->fwdpending, new->fwdpending},
	};

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (kept[i].new != kept[i].old)
			log_notice("option %s: %" PRId64 " takes a restart", kept[i].name, kept[i].new);
	}
}

/* What is under way goes on; the cache is kept, and its bounds count for what comes. */
int named_server_reload(struct daemon *daemon, void *configuration)
{
	struct named_server *server = daemon->state;
	struct named_conf *conf = configuration;
	const struct named_cache_config cache = cache_config(&conf->options);
	struct named_resolver *resolver;
	int err;

	if (!named_stacks_same(server->conf, conf)) {
		log_error("the lines of stacks have changed: that takes a restart");
		return -EINVAL;
	}
	tell_kept(&server->conf->options, &conf->options);
	err = begin_keymaker(server, conf);
	if (err)
		return err;
	err = named_resolver_new(&resolver, &daemon->loop, server->stacks.forward, conf);
	if (err) {
		log_error("resolver: %s", strerror(-err));
		return err;
	}
	named_resolver_free(server->resolver);
	server->resolver = resolver;
	named_cache_configure(server->shared.cache, &cache);
	named_hrev_set_max(server->shared.hrev, (size_t)conf->options.hrevmax);
	for (unsigned int i = 0; i < server->worker_count; i++)
		named_worker_set_conf(server->workers[i], conf);
	named_conf_unref(server->conf);
	server->conf = conf;
	return 0;
}

void named_server_stop(struct daemon *daemon)
{
	struct named_server *server = daemon->state;

	close_workers(server);
	named_resolver_free(server->resolver);
	named_keymaker_free(server->keymaker);
	close_shared(&server->shared);
	named_stacks_close(&server->stacks);
	named_conf_unref(server->conf);
	free(server);
}
