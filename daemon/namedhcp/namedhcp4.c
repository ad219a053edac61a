/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namedhcp4: a DHCPv4 server whose addresses come from the DNS: namedhcp4(8). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <ioth.h>

#include "log.h"
#include "metrics.h"
#include "server4.h"
#include "service.h"

struct namedhcp4 {
	struct service service;
	struct server4 server;
	struct config4 *config; /* owned */
	uint8_t server_id[4];
};

/* ---- configuration --------------------------------------------------------------------------- */

static struct config4 *make_config(struct namedhcp4 *namedhcp, const struct settings *settings)
{
	struct config4 *config = calloc(1, sizeof(*config));
	const struct service *service = &namedhcp->service;

	if (!config) {
		log_error("%s", strerror(ENOMEM));
		return NULL;
	}
	memcpy(config->server_id, namedhcp->server_id, 4);
	config->options = service_add_addresses(
	    service, config->option, config->options, DHCP4_DNS, AF_INET, settings->dns);
	if (settings->dnssearch)
		config->options = config_option_add(config->option, config->options, DHCP4_DOMAIN,
		    settings->dnssearch, strlen(settings->dnssearch));
	config->options = service_add_addresses(
	    service, config->option, config->options, DHCP4_NTP, AF_INET, settings->ntp);
	config->lease = settings->lease;
	config->lease_seconds = settings->lease_seconds;
	config->is_authoritative = settings->is_authoritative;
	config->echo_client_id = settings->echo_client_id;
	config->answer_fqdn = settings->answer_fqdn;
	config->refuse_rapid = settings->refuse_rapid;
	return config;
}

/* The first IPv4 address of the interface. */
static bool find_own_address(struct service *service, uint8_t address[4])
{
	struct ifaddrs *list;
	bool found = false;

	if (ioth_getifaddrs(service->place.stack, &list) < 0)
		return false;
	for (const struct ifaddrs *item = list; item && !found; item = item->ifa_next) {
		struct sockaddr_in name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET ||
		    strcmp(item->ifa_name, service->settings->iface) != 0)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		memcpy(address, &name.sin_addr, 4);
		found = true;
	}
	ioth_freeifaddrs(list);
	return found;
}

/* --serverid, or the address that the stack has. Clients refuse a server that has none. */
static int find_server_id(struct namedhcp4 *namedhcp)
{
	struct service *service = &namedhcp->service;
	const char *text = service->settings->serverid;

	if (text ? place_resolve(service->dns.resolver, AF_INET, text, namedhcp->server_id, 1) == 1
	         : find_own_address(service, namedhcp->server_id))
		return 0;
	if (text)
		log_error("serverid %s: no address", text);
	else
		log_error("%s has no IPv4 address: --serverid is needed", service->settings->iface);
	return -EADDRNOTAVAIL;
}

static void use_config(struct namedhcp4 *namedhcp, struct config4 *config)
{
	free(namedhcp->config);
	namedhcp->config = config;
	server4_configure(&namedhcp->server, config, &namedhcp->service.settings->domains);
	namedhcp->service.transport->hex = log_is_verbose();
}

/* ---- life ------------------------------------------------------------------------------------ */

static void received(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp4 *namedhcp = context;

	server4_input(&namedhcp->server, dns_now(&namedhcp->service.daemon->loop), peer, payload, len);
}

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp4 *namedhcp = context;

	transport_reply(namedhcp->service.transport, peer, payload, len);
}

static const struct server4_ops server_ops = {reply};

static int open_transport(struct namedhcp4 *namedhcp, const struct settings *settings)
{
	struct service *service = &namedhcp->service;
	struct loop *loop = &service->daemon->loop;

	if (settings->is_vnl)
		return transport_vnl4_open(&service->transport, loop, settings->stack,
		    settings->has_mac ? settings->mac : NULL, service->mac, namedhcp->server_id, received,
		    namedhcp);
	return transport_packet4_open(&service->transport, loop, service->place.stack, settings->iface,
	    namedhcp->server_id, received, namedhcp);
}

static int start(struct daemon *daemon, void *configuration)
{
	struct namedhcp4 *namedhcp = calloc(1, sizeof(*namedhcp));
	struct settings *settings = configuration;
	struct config4 *config = NULL;
	int err = -ENOMEM;

	if (!namedhcp) {
		log_error("%s", strerror(ENOMEM));
		return err;
	}
	err = service_open(&namedhcp->service, daemon, settings);
	if (err)
		goto free_namedhcp;
	err = server4_init(&namedhcp->server, &namedhcp->service.names, &server_ops, namedhcp);
	if (err)
		goto close_service;
	err = find_server_id(namedhcp);
	if (!err)
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
	server4_fini(&namedhcp->server);
close_service:
	namedhcp->service.settings = NULL; /* not taken */
	service_close(&namedhcp->service);
free_namedhcp:
	free(namedhcp);
	return err;
}

static int reload(struct daemon *daemon, void *configuration)
{
	struct namedhcp4 *namedhcp = daemon->state;
	/* Once the settings are taken nothing may fail. */
	struct config4 *config = make_config(namedhcp, configuration);
	int err;

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
	struct namedhcp4 *namedhcp = daemon->state;

	server4_fini(&namedhcp->server);
	service_close(&namedhcp->service);
	free(namedhcp->config);
	free(namedhcp);
}

/* ---- what it says ---------------------------------------------------------------------------- */

static void print_status(struct daemon *daemon, FILE *out)
{
	const struct namedhcp4 *namedhcp = daemon->state;
	const uint8_t *id = namedhcp->server_id;

	fprintf(out, "server id: %u.%u.%u.%u\nwaiting for the DNS: %zu\n", id[0], id[1], id[2], id[3],
	    namedhcp->server.pending.count);
}

static void print_stats(struct daemon *daemon, FILE *out)
{
	const struct namedhcp4 *namedhcp = daemon->state;
	const struct metric_spec specs[] = {
#define RECEIVED(type_, name_)                                                                     \
	{"namedhcp4_received_total", "type=\"" name_ "\"", "Messages from clients.", METRIC_COUNTER,   \
	    offsetof(struct server4_stats, received[type_])}
#define COUNTER(field_, help_)                                                                     \
	{                                                                                              \
		"namedhcp4_" #field_ "_total", NULL, help_, METRIC_COUNTER,                                \
		    offsetof(struct server4_stats, field_)                                                 \
	}
	    RECEIVED(0, "other"),
	    RECEIVED(DHCP4_DISCOVER, "discover"),
	    RECEIVED(DHCP4_REQUEST, "request"),
	    RECEIVED(DHCP4_DECLINE, "decline"),
	    RECEIVED(DHCP4_RELEASE, "release"),
	    RECEIVED(DHCP4_INFORM, "inform"),
	    COUNTER(relayed, "Messages that came by a relay."),
	    COUNTER(malformed, "Messages that could not be read."),
	    COUNTER(invalid, "Messages that need no answer from this server."),
	    COUNTER(nameless, "Messages without a name."),
	    COUNTER(foreign, "Messages with a name of another domain."),
	    COUNTER(unknown, "Messages that got no answer because of their name."),
	    COUNTER(replies, "Offers and acknowledgements."),
	    COUNTER(refusals, "Refusals."),
	};
	const void *one = &namedhcp->server.stats;

	metrics_print(out, specs, sizeof(specs) / sizeof(specs[0]), &one, 1);
	metric_print_one(out, "namedhcp4_evicted_total", "Messages given up for newer ones.",
	    METRIC_COUNTER, (double)namedhcp->server.pending.evicted_total);
	service_print_stats(&namedhcp->service, "namedhcp4", out);
}

static void *configure(
    const struct daemon *daemon, const struct options *options, const void *values)
{
	return settings_new(SETTINGS_V4, values);
}

static bool may_be_filtered(const struct daemon *daemon)
{
	const struct namedhcp4 *namedhcp = daemon->state;

	return service_is_kernel(&namedhcp->service);
}

int main(int argc, char *argv[])
{
	static const cap_value_t capabilities[] = {CAP_NET_BIND_SERVICE, CAP_NET_RAW};
	struct daemon_program program = {
	    .name = "namedhcp4",
	    .purpose = "DHCPv4 server: a node's name is its lease.",
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

	program.options = settings_specs(SETTINGS_V4, &program.option_count);
	return daemon_main(&program, argc, argv);
}
