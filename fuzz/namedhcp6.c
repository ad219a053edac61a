/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv6 server: see namedhcp.h. */
#include "namedhcp.h"
#include "server6.h"

static struct server6 server;

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct dhcp6_message message;
	struct dhcp6_relay relay;

	require(len > 0 && len <= SERVER6_MESSAGE_MAX);
	require(
	    dhcp6_parse(&message, payload, len) == 0 || dhcp6_relay_parse(&relay, payload, len) == 0);
}

static void input(engine_time now, const struct peer *peer, const void *payload, size_t len)
{
	server6_input(&server, now, peer, payload, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config6 config;
	static struct domains domains;
	static struct names names;

	memset(&dns, 0, sizeof(dns));
	config = (struct config6){.duid = dhcp_duid_ll((const uint8_t[6]){2, 1, 1, 1, 1, 1}),
	    .preference = size % 7 ? -1 : 255,
	    .all_addresses = size & 1};
	vary(&config.common, size, DHCP6_DNS, 16);
	require(
	    names_init(&names, &dns_ops, NULL) == 0 && server6_init(&server, &names, reply, NULL) == 0);
	server6_configure(&server, &config, &domains);
	play(&server.common, input, data, size);
	return 0;
}
