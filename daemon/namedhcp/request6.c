/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of DHCPv6: see request6.h. */
#include "request6.h"

#include <errno.h>
#include <string.h>

/* One layer of a relay; `inner` is what it carries. */
static int parse_relay(
    struct request6_relay *relay, const uint8_t *payload, size_t len, struct wire_reader *inner)
{
	if (dhcp6_relay_parse(&relay->header, payload, len) < 0 ||
	    relay->header.type != DHCP6_RELAY_FORWARD ||
	    !dhcp6_find(relay->header.options, DHCP6_RELAY_MESSAGE, inner))
		return -EBADMSG;
	relay->has_interface = dhcp6_find(relay->header.options, DHCP6_INTERFACE_ID, &relay->interface);
	relay->has_port = dhcp6_find(relay->header.options, DHCP6_RELAY_PORT, &relay->port);
	return 0;
}

static void look_into_identity(struct request6 *request, uint16_t code, struct wire_reader value)
{
	struct wire_reader address;

	request->identities++;
	wire_skip(&value, code == DHCP6_IA_TA ? 4 : 12);
	if (!value.error && code != DHCP6_IA_PD &&
	    dhcp6_find(wire_sub(&value, wire_left(&value)), DHCP6_IAADDR, &address))
		request->has_address = true;
}

static void sort_options(struct request6 *request)
{
	struct wire_reader options = request->message.options, value;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value)) {
		switch (code) {
		case DHCP6_CLIENT_ID:
			request->has_client = true;
			request->client = value;
			break;
		case DHCP6_SERVER_ID:
			request->has_server = true;
			request->server = value;
			break;
		case DHCP6_FQDN:
			request->has_fqdn = true;
			request->fqdn = value;
			break;
		case DHCP6_ORO:
			request->has_oro = true;
			request->oro = value;
			break;
		case DHCP6_RAPID_COMMIT:
			request->rapid = true;
			break;
		case DHCP6_IA_NA:
		case DHCP6_IA_TA:
		case DHCP6_IA_PD:
			look_into_identity(request, code, value);
			break;
		default:
			break;
		}
	}
}

/* The flags are not looked at. A name that is not one (RFC 952's letters, digits and hyphens, and
 * the underscore) is none. */
static void get_name(struct request6 *request)
{
	struct wire_reader fqdn = request->fqdn;

	wire_skip(&fqdn, 1);
	if (!request->has_fqdn || fqdn.error ||
	    dhcp_name_get(&fqdn, DHCP_NAME_PARTIAL, request->name) < 0)
		request->name[0] = '\0';
}

int request6_parse(struct request6 *request, const void *payload, size_t len)
{
	const uint8_t *at = payload;

	memset(request, 0, sizeof(*request));
	while (len > 0 && (at[0] == DHCP6_RELAY_FORWARD || at[0] == DHCP6_RELAY_REPLY)) {
		struct wire_reader inner;

		if (request->relays == DHCP6_RELAYS_MAX ||
		    parse_relay(&request->relay[request->relays++], at, len, &inner) < 0)
			return -EBADMSG;
		at = inner.data;
		len = inner.len;
	}
	if (dhcp6_parse(&request->message, at, len) < 0)
		return -EBADMSG;
	sort_options(request);
	/* "A type and something ... up to 128 bytes": RFC 8415, 11.1. */
	if (request->has_client && (request->client.len < 3 || request->client.len > DHCP_DUID_MAX))
		return -EBADMSG;
	get_name(request);
	return 0;
}

static bool is_for(const struct request6 *request, const struct dhcp_duid *server)
{
	return request->server.len == server->len &&
	       memcmp(request->server.data, server->bytes, server->len) == 0;
}

bool request6_is_valid(const struct request6 *request, const struct dhcp_duid *server)
{
	switch (request->message.type) {
	case DHCP6_SOLICIT: /* RFC 8415, 16.2, 16.5, 16.7: not with a server's identifier */
	case DHCP6_CONFIRM:
	case DHCP6_REBIND:
		return !request->has_server;
	case DHCP6_REQUEST: /* 16.4, 16.6, 16.8, 16.9: with ours */
	case DHCP6_RENEW:
	case DHCP6_RELEASE:
	case DHCP6_DECLINE:
		return request->has_server && request->has_client && is_for(request, server);
	case DHCP6_INFORMATION_REQUEST: /* 16.12 */
		return (!request->has_server || is_for(request, server)) && request->identities == 0;
	default:
		return false;
	}
}
