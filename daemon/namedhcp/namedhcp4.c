/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* namedhcp4: a DHCPv4 server whose addresses come from the DNS: namedhcp4(8). */
#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <netinet/in.h>
#include <ioth.h>

#include "log.h"
#include "program.h"
#include "server4.h"

struct namedhcp4 {
	struct service service; /* first */
	struct server4 server;
	struct config4 config;
};

static void received(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct namedhcp4 *namedhcp = context;

	server4_input(&namedhcp->server, dns_now(&namedhcp->service.daemon->loop), peer, payload, len);
}

/* The first IPv4 address of the interface. */
static bool find_own_address(struct ioth *stack, const char *interface, uint8_t address[4])
{
	struct ifaddrs *list;
	bool found = false;

	if (ioth_getifaddrs(stack, &list) < 0)
		return false;
	for (const struct ifaddrs *item = list; item && !found; item = item->ifa_next) {
		struct sockaddr_in name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET ||
		    strcmp(item->ifa_name, interface) != 0)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		memcpy(address, &name.sin_addr, 4);
		found = true;
	}
	ioth_freeifaddrs(list);
	return found;
}

/* --serverid, or the address that the stack has. Clients refuse a server that has none. */
static int find_server_id(struct namedhcp4 *namedhcp, const struct change *first)
{
	const struct settings *settings = first->settings;
	uint8_t addresses[HOSTS_MAX * 16];

	if (!settings->serverid) {
		if (find_own_address(
		        namedhcp->service.place.stack, settings->iface, namedhcp->config.server_id))
			return 0;
		log_error("%s has no IPv4 address: --serverid is needed", settings->iface);
	} else {
		if (hosts_addresses(&first->server_id, addresses) > 0) {
			memcpy(namedhcp->config.server_id, addresses, 4);
			return 0;
		}
		log_error("serverid %s: no address", settings->serverid);
	}
	return -EADDRNOTAVAIL;
}

static int open_transport(struct namedhcp4 *namedhcp, const struct settings *settings)
{
	struct service *service = &namedhcp->service;
	struct loop *loop = &service->daemon->loop;
	const uint8_t *server = namedhcp->config.server_id;

	if (settings->is_vnl)
		return transport_vnl4_open(&service->transport, loop, settings->stack,
		    settings->has_mac ? settings->mac : NULL, service->mac, server, received, service);
	return transport_packet4_open(&service->transport, loop, service->place.stack, settings->iface,
	    server, received, service);
}

static int open_server(struct service *service, const struct change *first)
{
	struct namedhcp4 *namedhcp = (struct namedhcp4 *)service;
	int err = server4_init(&namedhcp->server, &service->names, program_reply, service);

	if (err)
		return err;
	service->server = &namedhcp->server.common;
	service_tell_stacks(service, first->settings);
	err = find_server_id(namedhcp, first);
	return err ? err : open_transport(namedhcp, first->settings);
}

static void configure(struct service *service, const struct change *change)
{
	struct namedhcp4 *namedhcp = (struct namedhcp4 *)service;
	const struct settings *settings = service->settings;
	struct config4 *config = &namedhcp->config;

	change_fill_config(change, &config->common, DHCP4_DNS, DHCP4_NTP);
	if (settings->dnssearch)
		config_add(&config->common, DHCP4_DOMAIN, settings->dnssearch, strlen(settings->dnssearch));
	config->is_authoritative = settings->is_authoritative;
	config->echo_client_id = settings->echo_client_id;
	server4_configure(&namedhcp->server, config, &settings->domains);
}

static void print_id(const struct service *service, FILE *out)
{
	const uint8_t *id = ((const struct namedhcp4 *)service)->config.server_id;

	fprintf(out, "%u.%u.%u.%u", id[0], id[1], id[2], id[3]);
}

static const struct program program = {
    .name = "namedhcp4",
    .purpose = "DHCPv4 server: a node's name is its lease.",
    .family = SETTINGS_V4,
    .message_types =
        {
            [DHCP4_DISCOVER] = "discover",
            [DHCP4_REQUEST] = "request",
            [DHCP4_DECLINE] = "decline",
            [DHCP4_RELEASE] = "release",
            [DHCP4_INFORM] = "inform",
        },
    .size = sizeof(struct namedhcp4),
    .open = open_server,
    .configure = configure,
    .print_id = print_id,
};

int main(int argc, char *argv[])
{
	return program_main(&program, argc, argv);
}
