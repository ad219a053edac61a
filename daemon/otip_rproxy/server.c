/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otip_rproxy at work: see server.h. */
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>

#include "addrtext.h"
#include "budget.h"
#include "conf.h"
#include "epoch.h"
#include "flows.h"
#include "log.h"
#include "lookup.h"
#include "loop_stack.h"
#include "outside.h"
#include "stack_state.h"
#include "stack_watch.h"
#include "status.h"
#include "window.h"

const cap_value_t server_capabilities[SERVER_CAPABILITIES] = {CAP_NET_ADMIN, CAP_NET_BIND_SERVICE};

struct server {
	struct daemon *daemon;
	struct rproxy_conf *conf;
	struct lookup *lookup;      /* of a reload that waits for it; NULL: none does */
	struct ioth *outer, *inner; /* inner NULL: the kernel's */
	struct loop_stack outer_lead, inner_lead;
	struct stack_watch outer_watch, inner_watch;
	struct outside outside;
	struct flows flows;
	struct list epochs; /* the one in use first; others are drained */
	bool drains;        /* it ends when its connections have */
	bool told;          /* that addresses which are over are not silent */
};

/* ---- what the keeper does -------------------------------------------------------------------- */

static void log_address(const char *what, const struct in6_addr *address)
{
	char text[ADDRTEXT_IP_SIZE];

	if (!log_is_verbose())
		return;
	(void)addrtext_print_ip(text, sizeof(text), AF_INET6, address);
	log_debug("%s %s", text, what);
}

static int add(void *context, const struct in6_addr *address)
{
	struct server *server = context;
	const struct rproxy_conf *conf = server->conf;
	int err = otip_place_add(&server->outside.place, address);

	if (err)
		return err;
	err = window_open(&server->flows, address, conf->services, conf->service_count);
	if (err)
		otip_place_remove(&server->outside.place, address);
	else
		log_address("is open", address);
	return err;
}

static int retire(void *context, const struct in6_addr *address)
{
	struct server *server = context;
	int result;

	window_separate(&server->flows, address);
	result = otip_place_retire(&server->outside.place, address);
	window_shut(&server->flows, address);
	log_address("is over", address);
	if (result == 0 && !server->told) {
		log_notice("extstack: this stack lets an address that is over answer everybody, while it "
		           "has flows");
		server->told = true;
	}
	return result;
}

static void take_away(void *context, const struct in6_addr *address)
{
	struct server *server = context;

	log_address("is gone", address);
	otip_place_remove(&server->outside.place, address);
}

static bool in_use(void *context, const struct in6_addr *address)
{
	const struct server *server = context;

	return flows_have(&server->flows, address);
}

static const struct otip_keeper_ops keeper_ops = {add, retire, take_away, in_use};

/* Those whose addresses have all gone. */
static void end_old_epochs(struct server *server)
{
	struct epoch *epoch;

	list_for_each_safe (epoch, &server->epochs, link) {
		if (epoch_is_over(epoch))
			epoch_end(epoch);
	}
}

/* The last flow of an address has ended, whichever epoch's it was. */
static void window_gone(struct flows *flows, const struct in6_addr *address)
{
	struct server *server =
	    (struct server *)(void *)((char *)flows - offsetof(struct server, flows));
	struct epoch *epoch;

	list_for_each (epoch, &server->epochs, link)
		epoch_look(epoch);
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static int open_stack(struct ioth **stack, const char *text, const char *role)
{
	int err;

	*stack = ioth_newstackc(text);
	if (*stack) {
		if (*ioth_config_error()) /* a static item, or a protocol that may succeed later */
			log_warning("%s \"%s\": %s", role, text, ioth_config_error());
		return 0;
	}
	err = errno ? -errno : -EINVAL;
	log_error(
	    "%s \"%s\": %s", role, text, *ioth_config_error() ? ioth_config_error() : strerror(-err));
	return err;
}

static void close_stack(struct ioth *stack, const char *role)
{
	if (stack && ioth_delstack(stack) < 0)
		log_error("%s: %s", role, ioth_error());
}

static int open_stacks(struct server *server, const struct rproxy_conf *conf)
{
	int err = open_stack(&server->outer, conf->outer, "extstack");

	if (!err && conf->inner)
		err = open_stack(&server->inner, conf->inner, "intstack");
	if (err)
		return err;
	if (server->inner && !conf->inner_is_kernel)
		stack_state_tell(server->inner, "intstack", NULL, true);
	return outside_open(&server->outside, server->outer, conf->interface);
}

/* Those that are not the kernel's, whose networks are the system's care. */
static void watch_stacks(struct server *server, const struct rproxy_conf *conf)
{
	struct loop *loop = &server->daemon->loop;

	if (!conf->outer_is_kernel)
		stack_watch_open(&server->outer_watch, loop, server->outer, "extstack",
		    (const char *const[]){conf->outer}, 1);
	if (server->inner && !conf->inner_is_kernel)
		stack_watch_open(&server->inner_watch, loop, server->inner, "intstack",
		    (const char *const[]){conf->inner}, 1);
}

/* ---- who we are ------------------------------------------------------------------------------ */

static int make_identity(struct otip_identity *identity, const struct rproxy_conf *conf)
{
	const struct otip_identity_config config = {.base = conf->network,
	    .name = conf->name,
	    .password = conf->password,
	    .digest = conf->digest,
	    .rounds = conf->rounds,
	    .case_exact = conf->case_exact};
	int err = otip_identity_init(identity, &config);

	if (err)
		log_error("name: %s", strerror(-err));
	return err;
}

/* The identity is the epoch's, if it begins. */
static int begin_epoch(
    struct server *server, const struct rproxy_conf *conf, struct otip_identity *identity)
{
	struct epoch *epoch;
	int err =
	    epoch_begin(&epoch, &server->daemon->loop, identity, &conf->schedule, &keeper_ops, server);

	if (!err)
		list_prepend(&server->epochs, &epoch->link);
	return err;
}

/* A route that cannot be is told, as those of other stacks are. */
static void add_gateway(const struct server *server)
{
	const char *text = server->conf->gateway;
	int result;

	if (!text)
		return;
	result = ioth_config(server->outer, text);
	if (result < 0 || *ioth_config_error())
		log_warning("extstack \"%s\": %s", text,
		    *ioth_config_error() ? ioth_config_error() : strerror(errno));
}

/* Names in other letters, say, may be the same one: what counts are the addresses. */
static bool is_same_identity(const struct otip_identity *a, const struct otip_identity *b)
{
	const struct in6_addr one[2] = {otip_identity_address(a, 0), otip_identity_address(a, 1)},
	                      other[2] = {otip_identity_address(b, 0), otip_identity_address(b, 1)};

	return memcmp(one, other, sizeof(one)) == 0;
}

/* ---- begin, end ------------------------------------------------------------------------------ */

static void free_server(struct server *server)
{
	stack_watch_close(&server->inner_watch);
	stack_watch_close(&server->outer_watch);
	loop_stack_remove(&server->inner_lead);
	loop_stack_remove(&server->outer_lead);
	close_stack(server->inner, "intstack");
	close_stack(server->outer, "extstack");
	rproxy_conf_free(server->conf);
	free(server);
}

static void stop_waiting(void *context)
{
	*(bool *)context = true;
}

/* At the start nobody is served meanwhile. It is too early for the daemon's loop: a reload may be
 * waiting there. */
static int look_up_all(struct server *server, struct rproxy_conf *conf)
{
	struct signals *signals = &server->daemon->signals;
	struct lookup *lookup;
	struct loop loop;
	bool ended = false;
	int err = loop_init(&loop);

	if (err) {
		log_error("event loop: %s", strerror(-err));
		return err;
	}
	err = lookup_begin(&lookup, &loop, server->inner, conf, NULL, stop_waiting, &ended);
	if (err || !lookup)
		goto fini_loop;
	err = signals_hear(signals, &loop);
	if (err) {
		log_error("signals: %s", strerror(-err));
		goto free_lookup;
	}
	while (!ended && !signals->left_on)
		(void)loop_turn(&loop, TIMERQ_NEVER);
	signals_unhear(signals);
	if (ended) {
		err = lookup_end(lookup);
		goto fini_loop;
	}
	err = -EINTR;
free_lookup:
	lookup_free(lookup);
fini_loop:
	loop_fini(&loop);
	return err;
}

static int begin(struct server *server, struct rproxy_conf *conf)
{
	struct flow_limits limits;
	struct otip_identity identity;
	int err = budget_limits(conf, &limits);

	if (!err)
		err = open_stacks(server, conf);
	if (!err)
		err = look_up_all(server, conf);
	if (err)
		return err;
	err = flows_init(&server->flows, &server->daemon->loop, server->outer, server->inner, &limits);
	if (err) {
		log_error("%s", strerror(-err));
		return err;
	}
	server->flows.gone = window_gone;
	server->conf = conf;
	/* What comes wakes us, and not a thread of the stack's that has to wake us. */
	loop_stack_add(&server->daemon->loop, &server->outer_lead, server->outer);
	loop_stack_add(&server->daemon->loop, &server->inner_lead, server->inner);
	watch_stacks(server, conf);
	err = outside_watch(&server->outside, &server->daemon->loop, &server->flows);
	if (err)
		goto fini_flows;
	err = make_identity(&identity, conf);
	if (err)
		goto unwatch_outside;
	err = begin_epoch(server, conf, &identity);
	if (!err) {
		add_gateway(server);
		return 0;
	}
	otip_identity_fini(&identity);
unwatch_outside:
	outside_unwatch(&server->outside);
fini_flows:
	flows_fini(&server->flows);
	server->conf = NULL;
	return err;
}

int server_start(struct daemon *daemon, void *configuration)
{
	struct server *server = calloc(1, sizeof(*server));
	int err;

	if (!server) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	/* All three plugins are ours, and LGPL; others may be loaded, too. */
	ioth_set_license("GPL-2.0-or-later");
	server->daemon = daemon;
	list_init(&server->epochs);
	err = begin(server, configuration);
	if (err)
		free_server(server);
	else
		daemon->state = server;
	return err;
}

/* Connections that there are may end by themselves, for a while; a second signal ends that. */
static void drain(struct server *server)
{
	struct loop *loop = &server->daemon->loop;
	loop_time now = loop_clock(), end = now + server->conf->drain;
	struct epoch *epoch;

	server->drains = true;
	list_for_each (epoch, &server->epochs, link)
		epoch_drain(epoch);
	if (server->flows.connections > 0 && now < end)
		log_notice("waiting for %" PRIu64 " connections", server->flows.connections);
	while (server->flows.connections > 0 && now < end && !atomic_load(&loop->stopping)) {
		if (loop_turn(loop, end - now) < 0)
			break;
		now = loop_clock();
	}
}

void server_stop(struct daemon *daemon)
{
	struct server *server = daemon->state;
	struct epoch *epoch;

	lookup_free(server->lookup);
	server->lookup = NULL;
	drain(server);
	outside_unwatch(&server->outside);
	flows_fini(&server->flows);
	list_for_each_safe (epoch, &server->epochs, link)
		epoch_end(epoch);
	free_server(server);
	daemon->state = NULL;
}

static struct epoch *current(const struct server *server)
{
	return list_first(&server->epochs, struct epoch, link);
}

static void looked_up(void *context)
{
	daemon_reload_go_on(((struct server *)context)->daemon);
}

/* 0; -EINPROGRESS: there will be another call; or another -errno. */
static int look_up_new(struct server *server, struct rproxy_conf *conf)
{
	struct lookup *lookup = server->lookup;
	int err;

	if (lookup) {
		server->lookup = NULL;
		return lookup_end(lookup);
	}
	err = lookup_begin(&server->lookup, &server->daemon->loop, server->inner, conf, server->conf,
	    looked_up, server);
	return !err && server->lookup ? -EINPROGRESS : err;
}

static void use_services(struct server *server, struct rproxy_conf *conf)
{
	struct epoch *epoch = current(server);
	struct window *window;

	list_for_each (window, &server->flows.windows, link)
		window_set_services(window, conf->services, conf->service_count);
	rproxy_conf_free(server->conf);
	server->conf = conf;
	epoch->keeper.schedule = conf->schedule;
	epoch_look(epoch);
}

/* 0 or -errno; then the identity is still the caller's. */
static int use_identity(
    struct server *server, struct rproxy_conf *conf, struct otip_identity *identity)
{
	struct rproxy_conf *before = server->conf;
	struct epoch *old = current(server);
	int err;

	server->conf = conf;
	err = begin_epoch(server, conf, identity);
	if (err) {
		server->conf = before;
		return err;
	}
	epoch_drain(old); /* its windows have the services of before */
	rproxy_conf_free(before);
	return 0;
}

int server_reload(struct daemon *daemon, void *configuration)
{
	struct server *server = daemon->state;
	struct rproxy_conf *conf = configuration;
	struct otip_identity identity;
	struct flow_limits limits;
	int err;

	end_old_epochs(server);
	if (server->drains || !rproxy_conf_same_place(server->conf, conf)) {
		log_error(server->drains ? "it is about to end"
		                         : "extstack and intstack cannot be changed by a reload");
		return -EINVAL;
	}
	err = look_up_new(server, conf);
	if (err)
		return err;
	err = budget_limits(conf, &limits);
	if (err)
		return err;
	err = make_identity(&identity, conf);
	if (err)
		return err;
	if (server->conf->schedule.period == conf->schedule.period &&
	    is_same_identity(&current(server)->identity, &identity)) {
		use_services(server, conf);
		otip_identity_fini(&identity);
	} else {
		err = use_identity(server, conf, &identity);
		if (err)
			otip_identity_fini(&identity);
	}
	if (!err)
		flows_set_limits(&server->flows, &limits);
	return err;
}

bool server_may_be_filtered(const struct daemon *daemon)
{
	const struct server *server = daemon->state;

	return server->conf->all_kernel;
}

/* ---- what has happened ----------------------------------------------------------------------- */

void server_print_status(struct daemon *daemon, FILE *out)
{
	const struct server *server = daemon->state;

	status_print_windows(&server->epochs, &server->flows, out);
	fprintf(out, "connections: %" PRIu64 " of %" PRIu64 "\n", server->flows.connections,
	    server->flows.limits.connections);
	fprintf(out, "mappings: %" PRIu64 " of %" PRIu64 "\n", server->flows.mapping_count,
	    server->flows.limits.mappings);
	stack_watch_print(&server->outer_watch, out);
	stack_watch_print(&server->inner_watch, out);
}

void server_print_stats(struct daemon *daemon, FILE *out)
{
	const struct server *server = daemon->state;
	const void *const structs[] = {&server->flows.stats};

	metrics_print(out, rproxy_metrics, rproxy_metric_count, structs, 1);
	stack_watches_print_stats(
	    (const struct stack_watch *const[]){&server->outer_watch, &server->inner_watch}, 2,
	    "otip_rproxy", out);
}
