/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namedhcp: a DHCPv6 server whose addresses come from the DNS: namedhcp(8). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <netinet/in.h>

#include "log.h"
#include "metrics.h"
#include "optlist.h"
#include "server6.h"
#include "service.h"

#define SECONDS_1970_TO_2000 946684800 /* RFC 8415, 11.2 */

struct namedhcp {
	struct service service;
	struct server6 server;
	struct config6 *config; /* owned */
	uint32_t started;       /* seconds since 2000 */
};

/* ---- configuration --------------------------------------------------------------------------- */

static void add_domains(struct config6 *config, const char *text)
{
	uint8_t bytes[CONFIG_BYTES_MAX];
	struct wire_writer writer = wire_writer(bytes, sizeof(bytes));
	struct optlist list;

	if (!text || optlist_parse(&list, text) < 0)
		return;
	for (size_t i = 0; i < list.count; i++)
		(void)dhcp_name_put(&writer, list.items[i].tag);
	optlist_free(&list);
	if (writer.error)
		log_warning("dnssearch: too long, it is left out");
	else
		config->options =
		    config_option_add(config->option, config->options, DHCP6_DOMAIN, bytes, writer.at);
}

static struct dhcp_duid make_duid(const struct namedhcp *namedhcp, const struct settings *settings)
{
	switch (settings->duid_kind) {
	case DUID_GIVEN:
		return settings->duid;
	case DUID_OF_MAC:
		return dhcp_duid_ll(namedhcp->service.mac);
	default:
		return dhcp_duid_llt(namedhcp->service.mac, namedhcp->started);
	}
}

static struct config6 *make_config(struct namedhcp *namedhcp, const struct settings *settings)
{
	struct config6 *config = calloc(1, sizeof(*config));
	const struct service *service = &namedhcp->service;

	if (!config) {
		log_error("%s", strerror(ENOMEM));
		return NULL;
	}
	config->duid = make_duid(namedhcp, settings);
	config->options = service_add_addresses(
	    service, config->option, config->options, DHCP6_DNS, AF_INET6, settings->dns);
	add_domains(config, settings->dnssearch);
	config->options = service_add_addresses(
	    service, config->option, config->options, DHCP6_NTP, AF_INET6, settings->ntp);
	config->lease = settings->lease;
	config->lease_seconds = settings->lease_seconds;
	config->preference = settings->preference;
	config->all_addresses = settings->all_addresses;
	config->answer_fqdn = settings->answer_fqdn;
	config->refuse_rapid = settings->refuse_rapid;
	return config;
}

static void use_config(struct namedhcp *namedhcp, struct config6 *config)
{
	free(namedhcp->config);
	namedhcp->config = config;
	server6_configure(&namedhcp->server, config, &namedhcp->service.settings->domains);
	namedhcp->service.transport->hex = log_is_verbose();
}

/* ---- life ------------------------------------------------------------------------------------ */

static void received(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp *namedhcp = context;

	server6_input(&namedhcp->server, dns_now(&namedhcp->service.daemon->loop), peer, payload, len);
}

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp *namedhcp = context;

	transport_reply(namedhcp->service.transport, peer, payload, len);
}

static const struct server6_ops server_ops = {reply};

static int open_transport(struct namedhcp *namedhcp, const struct settings *settings)
{
	struct service *service = &namedhcp->service;
	struct loop *loop = &service->daemon->loop;
	int err;

	if (settings->is_vnl)
		return transport_vnl6_open(&service->transport, loop, settings->stack,
		    settings->has_mac ? settings->mac : NULL, service->mac, received, namedhcp);
	err = service_find_mac(service);
	if (err)
		return err;
	return transport_udp6_open(
	    &service->transport, loop, service->place.stack, settings->iface, received, namedhcp);
}

static int start(struct daemon *daemon, void *configuration)
{
	struct namedhcp *namedhcp = calloc(1, sizeof(*namedhcp));
	struct settings *settings = configuration;
	struct config6 *config = NULL;
	int err = -ENOMEM;

	if (!namedhcp) {
		log_error("%s", strerror(ENOMEM));
		return err;
	}
	namedhcp->started = (uint32_t)(time(NULL) - SECONDS_1970_TO_2000);
	err = service_open(&namedhcp->service, daemon, settings);
	if (err)
		goto free_namedhcp;
	err = server6_init(&namedhcp->server, &namedhcp->service.names, &server_ops, namedhcp);
	if (err)
		goto close_service;
	err = open_transport(namedhcp, settings);
	if (err)
		goto close_server;
	config = make_config(namedhcp, settings);
	err = -ENOMEM;
	if (!config)
		goto close_server;
	use_config(namedhcp, config);
	daemon->state = namedhcp;
	return 0;

close_server:
	server6_fini(&namedhcp->server);
close_service:
	namedhcp->service.settings = NULL; /* not taken */
	service_close(&namedhcp->service);
free_namedhcp:
	free(namedhcp);
	return err;
}

static int reload(struct daemon *daemon, void *configuration)
{
	struct namedhcp *namedhcp = daemon->state;
	struct config6 *config;
	int err;

	/* Once the settings are taken nothing may fail. */
	config = make_config(namedhcp, configuration);
	if (!config)
		return -ENOMEM;
	err = service_reload(&namedhcp->service, configuration);
	if (err)
		free(config);
	else
		use_config(namedhcp, config);
	return err;
}

static void stop(struct daemon *daemon)
{
	struct namedhcp *namedhcp = daemon->state;

	server6_fini(&namedhcp->server);
	service_close(&namedhcp->service);
	free(namedhcp->config);
	free(namedhcp);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void print_status(struct daemon *daemon, FILE *out)
{
	const struct namedhcp *namedhcp = daemon->state;

	fprintf(out, "server id: ");
	for (size_t i = 0; i < namedhcp->config->duid.len; i++)
		fprintf(out, "%02x", namedhcp->config->duid.bytes[i]);
	fprintf(out, "\nwaiting for the DNS: %zu\n", namedhcp->server.pending.count);
}

static void print_stats(struct daemon *daemon, FILE *out)
{
	const struct namedhcp *namedhcp = daemon->state;
	const struct server6_stats *stats = &namedhcp->server.stats;
	const struct metric_spec specs[] = {
#define RECEIVED(type_, name_)                                                                     \
	{"namedhcp_received_total", "type=\"" name_ "\"", "Messages from clients.", METRIC_COUNTER,    \
	    offsetof(struct server6_stats, received[type_])}
#define COUNTER(field_, help_)                                                                     \
	{                                                                                              \
		"namedhcp_" #field_ "_total", NULL, help_, METRIC_COUNTER,                                 \
		    offsetof(struct server6_stats, field_)                                                 \
	}
	    RECEIVED(0, "other"),
	    RECEIVED(DHCP6_SOLICIT, "solicit"),
	    RECEIVED(DHCP6_REQUEST, "request"),
	    RECEIVED(DHCP6_CONFIRM, "confirm"),
	    RECEIVED(DHCP6_RENEW, "renew"),
	    RECEIVED(DHCP6_REBIND, "rebind"),
	    RECEIVED(DHCP6_RELEASE, "release"),
	    RECEIVED(DHCP6_DECLINE, "decline"),
	    RECEIVED(DHCP6_INFORMATION_REQUEST, "information-request"),
	    COUNTER(relayed, "Messages that came by a relay."),
	    COUNTER(malformed, "Messages that could not be read."),
	    COUNTER(invalid, "Messages that were none for this server."),
	    COUNTER(nameless, "Messages without a name."),
	    COUNTER(foreign, "Messages with a name of another domain."),
	    COUNTER(unknown, "Messages that got no answer because of their name."),
	    COUNTER(replies, "Answers."),
	};
	const void *one = stats;

	metrics_print(out, specs, sizeof(specs) / sizeof(specs[0]), &one, 1);
	metric_print_one(out, "namedhcp_evicted_total", "Messages given up for newer ones.",
	    METRIC_COUNTER, (double)namedhcp->server.pending.evicted_total);
	service_print_stats(&namedhcp->service, "namedhcp", out);
}

static void *configure(
    const struct daemon *daemon, const struct options *options, const void *values)
{
	return settings_new(SETTINGS_V6, values);
}

static bool may_be_filtered(const struct daemon *daemon)
{
	const struct namedhcp *namedhcp = daemon->state;

	return service_is_kernel(&namedhcp->service);
}

int main(int argc, char *argv[])
{
	static const cap_value_t capabilities[] = {CAP_NET_BIND_SERVICE, CAP_NET_RAW};
	struct daemon_program program = {
	    .name = "namedhcp",
	    .purpose = "DHCPv6 server: a node's name is its lease.",
	    .version = VERSION,
	    .needs_argument = true,
	    .rcfile = true,
	    .values_size = sizeof(struct settings_values),
	    .set_defaults = settings_defaults,
	    .capabilities = capabilities,
	    .capability_count = 2,
	    .configure = configure,
	    .configuration_free = settings_free,
	    .start = start,
	    .reload = reload,
	    .stop = stop,
	    .may_be_filtered = may_be_filtered,
	    .print_status = print_status,
	    .print_stats = print_stats,
	};

	program.options = settings_specs(SETTINGS_V6, &program.option_count);
	return daemon_main(&program, argc, argv);
}
