/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The messages of the DHCPv6 client: what each says, and what a lease says. The order of the
 * options is that of the ecosystem's client. */
#include <string.h>

#include "dhcp6_client.h"

#define MESSAGE_MAX 1200 /* below the least MTU of IPv6 */

/* Hundredths of a second since the first message of the exchange: RFC 8415, 21.9. */
static uint16_t elapsed(const struct dhcp6_client *client, engine_time now)
{
	engine_time hundredths = (now - client->begun) / 10;

	return hundredths > UINT16_MAX ? UINT16_MAX : (uint16_t)hundredths;
}

static void put_option_request(
    struct wire_writer *writer, const struct dhcp6_client *client, enum dhcp6_type type)
{
	size_t begun = dhcp6_begin(writer, DHCP6_ORO);

	wire_put_u16(writer, DHCP6_DNS);
	wire_put_u16(writer, DHCP6_DOMAIN);
	if (type == DHCP6_INFORMATION_REQUEST) { /* RFC 8415, 18.2.6 */
		wire_put_u16(writer, DHCP6_REFRESH_TIME);
		wire_put_u16(writer, DHCP6_INF_MAX_RT);
	} else if (client->config.all_options) {
		wire_put_u16(writer, DHCP6_SOL_MAX_RT);
	}
	wire_end_u16(writer, begun);
}

/* The identity association; lifetimes are 0, the server chooses (RFC 8415, 18.2.2). */
static void put_ia(
    struct wire_writer *writer, const struct dhcp6_client *client, enum dhcp6_type type)
{
	size_t begun = dhcp6_begin(writer, DHCP6_IA_NA);

	wire_put_u32(writer, client->config.iaid);
	wire_put_u32(writer, 0); /* T1 */
	wire_put_u32(writer, 0); /* T2 */
	if (type == DHCP6_DECLINE) {
		dhcp6_put_address(writer, client->declined, 0, 0);
	} else if (client->state == DHCP6C_REQUEST && client->lease.count == 0) {
		for (size_t i = 0; i < client->offered.count; i++)
			dhcp6_put_address(writer, client->offered.addresses[i].address, 0, 0);
	} else if (type != DHCP6_SOLICIT) {
		for (size_t i = 0; i < client->lease.count; i++)
			dhcp6_put_address(writer, client->lease.addresses[i].address, 0, 0);
	}
	wire_end_u16(writer, begun);
}

void dhcp6_client_send(struct dhcp6_client *client, engine_time now, enum dhcp6_type type)
{
	bool to_server = type == DHCP6_REQUEST || type == DHCP6_RENEW || type == DHCP6_RELEASE ||
	                 type == DHCP6_DECLINE;
	bool asks = type != DHCP6_CONFIRM && type != DHCP6_RELEASE && type != DHCP6_DECLINE;
	uint8_t payload[MESSAGE_MAX];
	struct wire_writer writer = wire_writer(payload, sizeof(payload));

	dhcp6_put_header(&writer, (uint8_t)type, client->xid);
	dhcp6_put_duid(&writer, DHCP6_CLIENT_ID, &client->config.duid);
	if (to_server)
		dhcp6_put_duid(&writer, DHCP6_SERVER_ID,
		    type == DHCP6_REQUEST ? &client->server : &client->lease.server);
	if (asks)
		put_option_request(&writer, client, type);
	dhcp6_put_u16(&writer, DHCP6_ELAPSED_TIME, elapsed(client, now));
	if (asks && client->config.fqdn[0] && type != DHCP6_INFORMATION_REQUEST)
		dhcp6_put_fqdn(&writer, 0, client->config.fqdn);
	if (type != DHCP6_INFORMATION_REQUEST)
		put_ia(&writer, client, type);
	if (type == DHCP6_SOLICIT && client->config.rapid)
		dhcp6_put(&writer, DHCP6_RAPID_COMMIT, NULL, 0);
	if (!writer.error) /* two DUIDs, a name and eight addresses fit */
		client->ops->send(client->context, payload, writer.at);
}

/* ---- leases ---- */

static size_t at_least_none(int count)
{
	return count > 0 ? (size_t)count : 0;
}

void dhcp6_lease_read_resolver(struct dhcp6_lease *lease, const struct dhcp6_message *message)
{
	lease->dns = at_least_none(
	    dhcp6_get_addresses(message->options, DHCP6_DNS, lease->dns_server, DHCP6_LIST_MAX));
	lease->domains = at_least_none(
	    dhcp6_get_names(message->options, DHCP6_DOMAIN, lease->domain, DHCP6_LIST_MAX));
}

static void remove_address(struct dhcp6_lease *lease, size_t i)
{
	lease->count--;
	memmove(&lease->addresses[i], &lease->addresses[i + 1],
	    (lease->count - i) * sizeof(lease->addresses[0]));
}

/* The place of an address in the lease, or its end. */
static size_t find_address(const struct dhcp6_lease *lease, const uint8_t address[16])
{
	size_t i = 0;

	while (i < lease->count && memcmp(lease->addresses[i].address, address, 16) != 0)
		i++;
	return i;
}

/* A host's: not unspecified, loopback, link-local, a group. */
static bool is_usable(const uint8_t address[16])
{
	static const uint8_t zeros[15];

	return address[0] != 0xff && !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80) &&
	       (memcmp(address, zeros, 15) != 0 || address[15] > 1);
}

bool dhcp6_lease_update(struct dhcp6_client *client, engine_time now,
    const struct dhcp6_message *message, const struct dhcp6_ia *ia)
{
	struct dhcp6_lease *lease = &client->lease;
	bool confirmed = false;

	for (size_t i = 0; i < ia->count; i++) {
		const struct dhcp6_address *address = &ia->addresses[i];
		size_t at = find_address(lease, address->address);

		if (address->status != DHCP6_SUCCESS || !is_usable(address->address))
			continue;
		if (address->valid == 0) {
			if (at < lease->count)
				remove_address(lease, at);
			continue;
		}
		if (at == DHCP6_ADDRESSES_MAX)
			continue;
		if (at == lease->count)
			lease->count++;
		memcpy(lease->addresses[at].address, address->address, 16);
		lease->addresses[at].preferred = engine_after(now, address->preferred);
		lease->addresses[at].valid = engine_after(now, address->valid);
		confirmed = true;
	}
	dhcp6_lease_read_resolver(lease, message);
	return confirmed;
}

bool dhcp6_lease_expire(struct dhcp6_lease *lease, engine_time now)
{
	bool dropped = false;

	for (size_t i = lease->count; i-- > 0;) {
		if (lease->addresses[i].valid <= now) {
			remove_address(lease, i);
			dropped = true;
		}
	}
	return dropped;
}
