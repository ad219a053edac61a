/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namedhcp: a DHCPv6 server whose addresses come from the DNS: namedhcp(8). */
#include <time.h>

#include "log.h"
#include "optlist.h"
#include "program.h"
#include "server6.h"

#define SECONDS_1970_TO_2000 946684800 /* RFC 8415, 11.2 */

struct namedhcp {
	struct service service; /* first */
	struct server6 server;
	struct config6 config;
	uint32_t started; /* seconds since 2000 */
};

static void received(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp *namedhcp = context;

	server6_input(&namedhcp->server, dns_now(&namedhcp->service.daemon->loop), peer, payload, len);
}

static int open_transport(struct service *service, const struct settings *settings)
{
	struct loop *loop = &service->daemon->loop;
	int err;

	if (settings->is_vnl)
		return transport_vnl6_open(&service->transport, loop, settings->stack,
		    settings->has_mac ? settings->mac : NULL, service->mac, received, service);
	err = service_find_mac(service, settings);
	if (err)
		return err;
	return transport_udp6_open(
	    &service->transport, loop, service->place.stack, settings->iface, received, service);
}

static int open_server(struct service *service, const struct change *first)
{
	struct namedhcp *namedhcp = (struct namedhcp *)service;
	int err;

	namedhcp->started = (uint32_t)(time(NULL) - SECONDS_1970_TO_2000);
	err = server6_init(&namedhcp->server, &service->names, program_reply, service);
	if (err)
		return err;
	service->server = &namedhcp->server.common;
	service_tell_stacks(service, first->settings);
	return open_transport(service, first->settings);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void add_domains(struct config *config, const char *text)
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
		config_add(config, DHCP6_DOMAIN, bytes, writer.at);
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

static void configure(struct service *service, const struct change *change)
{
	struct namedhcp *namedhcp = (struct namedhcp *)service;
	const struct settings *settings = service->settings;
	struct config6 *config = &namedhcp->config;

	change_fill_config(change, &config->common, DHCP6_DNS, DHCP6_NTP);
	add_domains(&config->common, settings->dnssearch);
	config->duid = make_duid(namedhcp, settings);
	config->preference = settings->preference;
	config->all_addresses = settings->all_addresses;
	server6_configure(&namedhcp->server, config, &settings->domains);
}

static void print_id(const struct service *service, FILE *out)
{
	const struct dhcp_duid *duid = &((const struct namedhcp *)service)->config.duid;

	for (size_t i = 0; i < duid->len; i++)
		fprintf(out, "%02x", duid->bytes[i]);
}

static const struct program program = {
    .name = "namedhcp",
    .purpose = "DHCPv6 server: a node's name is its lease.",
    .family = SETTINGS_V6,
    .message_types =
        {
            [DHCP6_SOLICIT] = "solicit",
            [DHCP6_REQUEST] = "request",
            [DHCP6_CONFIRM] = "confirm",
            [DHCP6_RENEW] = "renew",
            [DHCP6_REBIND] = "rebind",
            [DHCP6_RELEASE] = "release",
            [DHCP6_DECLINE] = "decline",
            [DHCP6_INFORMATION_REQUEST] = "information-request",
        },
    .size = sizeof(struct namedhcp),
    .open = open_server,
    .configure = configure,
    .print_id = print_id,
};

int main(int argc, char *argv[])
{
	return program_main(&program, argc, argv);
}
