/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of the DHCPv4 client: what each says, and what a lease says.
 *
 * The order of the options, and which ones there are, is that of the ecosystem's client: servers
 * have seen it for years. More is asked for, or sent, only when the configuration says so.
 */
#include <errno.h>
#include <string.h>

#include "dhcp4_client.h"

#define MAX_SIZE 576 /* the least that everybody takes: RFC 2132, 9.10 */

static const uint8_t nobody[4] = {0, 0, 0, 0};
static const uint8_t everybody[4] = {255, 255, 255, 255};

static void put_client_id(struct wire_writer *writer, const struct dhcp4_config *config)
{
	uint8_t id[1 + 4 + DHCP_DUID_MAX];
	struct wire_writer inner = wire_writer(id, sizeof(id));

	if (config->duid.len > 0) { /* RFC 4361, 6.1 */
		wire_put_u8(&inner, 255);
		wire_put_u32(&inner, config->iaid);
		wire_put_bytes(&inner, config->duid.bytes, config->duid.len);
	} else {
		wire_put_u8(&inner, 1); /* Ethernet */
		wire_put_bytes(&inner, config->mac, sizeof(config->mac));
	}
	dhcp4_put(writer, DHCP4_CLIENT_ID, id, inner.at);
}

static void put_parameters(struct wire_writer *writer, const struct dhcp4_config *config)
{
	/* RFC 3442: classless routes are asked for before the routers. */
	static const uint8_t all[] = {DHCP4_CLASSLESS_ROUTES, DHCP4_MASK, DHCP4_ROUTER, DHCP4_DNS,
	    DHCP4_DOMAIN, DHCP4_MTU, DHCP4_NTP, DHCP4_T1, DHCP4_T2, DHCP4_IPV6_ONLY, DHCP4_SEARCH};
	static const uint8_t usual[] = {DHCP4_MASK, DHCP4_ROUTER, DHCP4_DNS, DHCP4_DOMAIN};

	if (config->all_options)
		dhcp4_put(writer, DHCP4_PARAMETER_LIST, all, sizeof(all));
	else
		dhcp4_put(writer, DHCP4_PARAMETER_LIST, usual, sizeof(usual));
	if (config->fqdn[0])
		dhcp4_put_fqdn(
		    writer, (uint8_t)(DHCP_FQDN_S | (config->fqdn_wire ? DHCP_FQDN_E : 0)), config->fqdn);
}

/* Which of the variable parts a message has depends on the state: table 5 of RFC 2131, 4.4.1. */
void dhcp4_client_send(struct dhcp4_client *client, enum dhcp4_type type)
{
	const struct dhcp4_config *config = &client->config;
	struct dhcp4_header header = {
	    .op = DHCP4_BOOTREQUEST, .htype = 1, .hlen = 6, .xid = client->xid};
	bool selecting = type == DHCP4_REQUEST && client->state == DHCP4_REQUESTING;
	bool rebooting = type == DHCP4_REQUEST && client->state == DHCP4_REBOOTING;
	bool renewing = type == DHCP4_REQUEST && !selecting && !rebooting;
	bool unicast = (type == DHCP4_RELEASE || client->state == DHCP4_RENEWING) &&
	               memcmp(client->lease.server, nobody, 4) != 0;
	const uint8_t *source = nobody;
	uint8_t payload[MAX_SIZE];
	struct wire_writer writer = wire_writer(payload, sizeof(payload));

	memcpy(header.chaddr, config->mac, sizeof(config->mac));
	if (config->broadcast && (type == DHCP4_DISCOVER || selecting || rebooting))
		header.flags = DHCP4_FLAG_BROADCAST;
	if (renewing || type == DHCP4_RELEASE) {
		memcpy(header.ciaddr, client->lease.address, 4);
		source = client->lease.address;
	}
	dhcp4_put_header(&writer, &header);
	dhcp4_put_u8(&writer, DHCP4_MESSAGE_TYPE, (uint8_t)type);
	if (type == DHCP4_DISCOVER || type == DHCP4_REQUEST)
		dhcp4_put_u16(&writer, DHCP4_MAX_SIZE, MAX_SIZE);
	put_client_id(&writer, config);
	if (selecting)
		dhcp4_put(&writer, DHCP4_REQUESTED_ADDRESS, client->offered, 4);
	if (rebooting)
		dhcp4_put(&writer, DHCP4_REQUESTED_ADDRESS, client->lease.address, 4);
	if (type == DHCP4_DECLINE)
		dhcp4_put(&writer, DHCP4_REQUESTED_ADDRESS, client->pending.address, 4);
	if (selecting)
		dhcp4_put(&writer, DHCP4_SERVER_ID, client->server, 4);
	if (type == DHCP4_RELEASE)
		dhcp4_put(&writer, DHCP4_SERVER_ID, client->lease.server, 4);
	if (type == DHCP4_DECLINE)
		dhcp4_put(&writer, DHCP4_SERVER_ID, client->pending.server, 4);
	if (type == DHCP4_DISCOVER || type == DHCP4_REQUEST)
		put_parameters(&writer, config);
	if (type == DHCP4_DISCOVER && config->rapid)
		dhcp4_put(&writer, DHCP4_RAPID_COMMIT, NULL, 0);
	dhcp4_put_end(&writer);
	/* It always fits: a name has 255 bytes at most, a DUID 130. */
	if (!writer.error)
		client->ops->send(client->context, source, unicast ? client->lease.server : everybody,
		    payload, writer.at);
}

/* ---- leases ---- */

/* An address that a host may have: not of "this network", loopback, a group, or beyond. */
static bool is_host_address(const uint8_t address[4])
{
	return address[0] != 0 && address[0] != 127 && address[0] < 224;
}

/* The length that the class of an address gives: RFC 791, 3.2. */
static unsigned int class_len(const uint8_t address[4])
{
	return address[0] < 128 ? 8 : address[0] < 192 ? 16 : 24;
}

/* The domain name's option is one name; many servers write several, with spaces between. */
static size_t read_domain(struct dhcp4_lease *lease, const struct dhcp4_message *message)
{
	struct wire_reader reader = dhcp4_option(message, DHCP4_DOMAIN);
	size_t count = 0;

	while (wire_left(&reader) > 0 && count < DHCP4_LIST_MAX) {
		const uint8_t *word = reader.data + reader.at;
		const uint8_t *end = memchr(word, ' ', wire_left(&reader));
		size_t len = end ? (size_t)(end - word) : wire_left(&reader);

		if (dhcp_name_copy(lease->domain[count], word, len) == 0)
			count++;
		wire_skip(&reader, len + (end != NULL));
	}
	return count;
}

static size_t at_least_none(int count)
{
	return count > 0 ? (size_t)count : 0;
}

int dhcp4_lease_read(struct dhcp4_lease *lease, const struct dhcp4_message *message)
{
	memset(lease, 0, sizeof(*lease));
	memcpy(lease->address, message->header.yiaddr, 4);
	/* Without a time, as BOOTP's, it has no end. A lease of 0 s is none. */
	lease->seconds = DHCP4_FOREVER;
	if (!is_host_address(lease->address) ||
	    dhcp4_get_u32(message, DHCP4_LEASE_TIME, &lease->seconds) == -EBADMSG ||
	    lease->seconds == 0)
		return -EBADMSG;
	if (dhcp4_get_mask(message, &lease->prefix_len) < 0)
		lease->prefix_len = class_len(lease->address);
	(void)dhcp4_get_address(message, DHCP4_SERVER_ID, lease->server);
	lease->routers =
	    at_least_none(dhcp4_get_addresses(message, DHCP4_ROUTER, lease->router, DHCP4_LIST_MAX));
	lease->dns =
	    at_least_none(dhcp4_get_addresses(message, DHCP4_DNS, lease->dns_server, DHCP4_LIST_MAX));
	lease->routes = at_least_none(dhcp4_get_routes(message, lease->route, DHCP4_LIST_MAX));
	lease->domains = at_least_none(dhcp4_get_search(message, lease->domain, DHCP4_LIST_MAX));
	if (lease->domains == 0)
		lease->domains = read_domain(lease, message);
	if (dhcp4_get_u16(message, DHCP4_MTU, &lease->mtu) < 0 || lease->mtu < 68)
		lease->mtu = 0; /* RFC 2132, 5.1: 68 at least */
	return 0;
}
