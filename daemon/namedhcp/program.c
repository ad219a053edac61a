/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of both programs: see program.h. */
#include "program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "metrics.h"

struct whole {
	struct daemon_program daemon; /* first */
	const struct program *program;
};

static const struct program *program_of(const struct daemon *daemon)
{
	return ((const struct whole *)daemon->program)->program;
}

void program_reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct service *service = context;

	transport_reply(service->transport, peer, payload, len);
}

/* ---- start and reload ------------------------------------------------------------------------ */

static void *configure(
    const struct daemon *daemon, const struct options *options, const void *values)
{
	return settings_new(program_of(daemon)->family, values);
}

static void use(struct service *service, struct change *change)
{
	change_apply(change);
	program_of(service->daemon)->configure(service, change);
	service->transport->hex = log_is_verbose();
	change_free(change);
}

/* Until all hosts are known, or a signal ends the start. 0 or -errno. */
static int wait_for_hosts(struct loop *loop, struct signals *signals, const struct change *change)
{
	int err = signals_hear(signals, loop);

	if (err) {
		log_error("signals: %s", strerror(-err));
		return err;
	}
	if (!change_is_ready(change))
		log_info("hosts are being asked for");
	while (!change_is_ready(change) && !signals->left_on)
		(void)loop_turn(loop, TIMERQ_NEVER);
	signals_unhear(signals);
	return signals->left_on ? -EINTR : 0;
}

/* At the start nobody is served meanwhile. It is too early for the daemon's loop: a reload may be
 * waiting there. If this returns -errno, the settings are the caller's. */
static int ask_and_wait(struct change **begun, struct service *service, struct settings *settings)
{
	struct change *change;
	struct loop loop;
	int err = loop_init(&loop);

	if (err) {
		log_error("event loop: %s", strerror(-err));
		return err;
	}
	err = change_begin(&change, &loop, service, settings, NULL);
	if (err)
		goto fini_loop;
	err = wait_for_hosts(&loop, &service->daemon->signals, change);
	if (err) {
		change->settings = NULL;
		change_free(change);
	} else {
		*begun = change;
	}
fini_loop:
	loop_fini(&loop);
	return err;
}

static int start(struct daemon *daemon, void *settings)
{
	const struct program *program = program_of(daemon);
	struct service *service = calloc(1, program->size);
	struct change *change;
	int err = -ENOMEM;

	if (!service) {
		log_error("%s", strerror(-err));
		return err;
	}
	err = service_open(service, daemon, settings);
	if (err)
		goto free_service;
	err = ask_and_wait(&change, service, settings);
	if (err)
		goto close_service;
	err = program->open(service, change);
	if (err)
		goto free_change;
	use(service, change);
	place_lead(&service->place, &daemon->loop);
	daemon->state = service;
	return 0;

free_change:
	if (service->server)
		server_fini(service->server);
	change->settings = NULL; /* not taken */
	change_free(change);
close_service:
	service_close(service);
free_service:
	free(service);
	return err;
}

static void ready(struct service *service)
{
	struct change *change = service->change;

	service->change = NULL;
	use(service, change);
	log_info("the hosts are known: the new configuration is in use");
}

static int reload(struct daemon *daemon, void *settings)
{
	struct service *service = daemon->state;
	struct change *change;
	int err;

	if (!settings_same_place(service->settings, settings)) {
		log_error("stack, interface, MAC address and server identifier change by a restart only");
		return -EINVAL;
	}
	err = change_begin(&change, &daemon->loop, service, settings, ready);
	if (err)
		return err;
	change_free(service->change); /* it is overtaken */
	service->change = NULL;
	if (change_is_ready(change)) {
		use(service, change);
	} else {
		service->change = change;
		log_info("hosts are being asked for; until they are known the old configuration is in use");
	}
	return 0;
}

static void stop(struct daemon *daemon)
{
	struct service *service = daemon->state;

	server_fini(service->server);
	service_close(service);
	free(service);
}

static bool may_be_filtered(const struct daemon *daemon)
{
	return service_is_kernel(daemon->state);
}

/* ---- what they say --------------------------------------------------------------------------- */

static void print_status(struct daemon *daemon, FILE *out)
{
	const struct service *service = daemon->state;

	fprintf(out, "server id: ");
	program_of(daemon)->print_id(service, out);
	fprintf(out, "\nwaiting for the DNS: %zu\n", service->server->pending.all.count);
}

static void print_received(const struct program *program, const struct server *server, FILE *out)
{
	const void *stats = &server->stats;
	char name[64], labels[SERVER_TYPES][64];
	struct metric_spec specs[SERVER_TYPES];
	size_t count = 0;

	snprintf(name, sizeof(name), "%s_received_total", program->name);
	for (size_t type = 0; type < SERVER_TYPES; type++) {
		const char *text = type == 0 ? "other" : program->message_types[type];

		if (!text)
			continue;
		snprintf(labels[count], sizeof(labels[count]), "type=\"%s\"", text);
		specs[count] = (struct metric_spec){name, labels[count], "Messages from clients.",
		    METRIC_COUNTER, offsetof(struct server_stats, received[type])};
		count++;
	}
	metrics_print(out, specs, count, &stats, 1);
}

static void print_stats(struct daemon *daemon, FILE *out)
{
	const struct program *program = program_of(daemon);
	const struct service *service = daemon->state;
	const struct server_stats *stats = &service->server->stats;
	const struct {
		const char *name, *help;
		uint64_t value;
		enum metric_type type;
	} metrics[] = {
	    {"refusals_total", "Refusals.", metric_get(&stats->refusals)},
	    {"relayed_total", "Messages that came by a relay.", metric_get(&stats->relayed)},
	    {"malformed_total", "Messages that could not be read.", metric_get(&stats->malformed)},
	    {"invalid_total", "Messages that need no answer from this server.",
	        metric_get(&stats->invalid)},
	    {"nameless_total", "Messages without a name.", metric_get(&stats->nameless)},
	    {"foreign_total", "Messages with a name of another domain.", metric_get(&stats->foreign)},
	    {"unknown_total", "Messages that got no answer because of their name.",
	        metric_get(&stats->unknown)},
	    {"replies_total", "Answers, but for refusals.", metric_get(&stats->replies)},
	    {"evicted_total", "Messages given up for newer ones.",
	        service->server->pending.evicted_total},
	    {"dns_queries_total", "Questions to the DNS.", service->names.asked_total},
	    {"dns_failures_total", "Questions that the DNS did not answer.",
	        service->names.failed_total},
	    {"dns_dropped_total", "Questions given up for newer ones.", service->names.dropped_total},
	    {"names", "Questions under way, and answers that are known.", service->names.count,
	        METRIC_GAUGE},
	    {"sent_total", "Messages to clients.", service->transport->sent},
	    {"send_errors_total", "Messages that could not be sent.", service->transport->send_errors},
	};

	print_received(program, service->server, out);
	/* The first are refusals, which DHCPv6 has none of. */
	for (size_t i = program->family == SETTINGS_V6; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_%s", program->name, metrics[i].name);
		metric_print_one(out, name, metrics[i].help, metrics[i].type, (double)metrics[i].value);
	}
}

int program_main(const struct program *program, int argc, char *argv[])
{
	static const cap_value_t capabilities[] = {CAP_NET_BIND_SERVICE, CAP_NET_RAW};
	struct whole whole = {.program = program,
	    .daemon = {
	        .name = program->name,
	        .purpose = program->purpose,
	        .version = VERSION,
	        .needs_argument = true,
	        .rcfile = true,
	        .values_size = sizeof(struct settings_values),
	        .set_defaults = settings_defaults,
	        .capabilities = capabilities,
	        .capability_count = sizeof(capabilities) / sizeof(capabilities[0]),
	        .configure = configure,
	        .configuration_free = settings_free,
	        .start = start,
	        .reload = reload,
	        .stop = stop,
	        .may_be_filtered = may_be_filtered,
	        .print_status = print_status,
	        .print_stats = print_stats,
	    }};

	whole.daemon.options = settings_specs(program->family, &whole.daemon.option_count);
	return daemon_main(&whole.daemon, argc, argv);
}
