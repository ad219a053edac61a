/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 server: see namedhcp.h. */
#include "log.h"
#include "namedhcp.h"
#include "server4.h"

static struct server4 server;

static void reply(void *context, const struct peer *peer, const void *payload, size_t len)
{
	struct dhcp4_message message;

	require(len >= 300 && len <= REPLY4_MAX);
	require(dhcp4_parse(&message, payload, len) == 0 && message.header.op == DHCP4_BOOTREPLY);
}

static void input(engine_time now, const struct peer *peer, const void *payload, size_t len)
{
	server4_input(&server, now, peer, payload, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config4 config;
	static struct domains domains;
	static struct names names;

	log_set_targets(0); /* conflicts would be told */
	memset(&dns, 0, sizeof(dns));
	config = (struct config4){
	    .server_id = {10}, .is_authoritative = size & 1, .echo_client_id = size & 4};
	vary(&config.common, size, DHCP4_DNS, 4);
	require(
	    names_init(&names, &dns_ops, NULL) == 0 && server4_init(&server, &names, reply, NULL) == 0);
	server4_configure(&server, &config, &domains);
	play(&server.common, input, data, size);
	return 0;
}
