/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of DHCPv4.
 *
 * As in reply6.c there are no leases: an address belongs to a name for as long as the DNS says so.
 *
 *     DISCOVER    OFFER if the name has an address; ACK at once if client and server like (RFC
 * 4039) REQUEST     of another server's offer: nothing. ACK with the name's address; where the
 * client wants another one, which is not the name's, NAK if it says that we have offered it, or if
 * the server is authoritative; otherwise ACK with the right one, as the original does INFORM ACK
 * without a lease (RFC 2131, 4.3.5); needs no name RELEASE, DECLINE    nothing is to be said
 *
 * A DNS that failed is no reason to take anybody's address: no answer.
 */
#include "reply4.h"

#include <errno.h>
#include <string.h>

#define T1_HALVES     2  /* RFC 2131, 4.4.5: 0.5 of the lease */
#define T2_EIGHTHS    7  /* 0.875 */
#define OPTIONS_LEAST 64 /* cookie and options: BOOTP's field of vendor information */
#define HEADER        236

static const uint8_t none[4];

struct reply {
	struct wire_writer *writer;
	const struct config4 *config;
	const struct dhcp4_message *message;
	const struct known4 *known;
};

static bool is_zero(const uint8_t address[4])
{
	return memcmp(address, none, 4) == 0;
}

bool reply4_name(
    const struct dhcp4_message *message, const struct domains *domains, char name[DHCP_NAME_SIZE])
{
	struct wire_reader host = dhcp4_option(message, DHCP4_HOST_NAME);
	struct dhcp_fqdn fqdn;
	size_t len, domain;

	if (message->present[DHCP4_FQDN]) {
		if (dhcp4_get_fqdn(message, &fqdn) < 0 || fqdn.name[0] == '\0')
			return false;
		memcpy(name, fqdn.name, DHCP_NAME_SIZE);
		return true;
	}
	if (domains->count == 0 || wire_left(&host) == 0 ||
	    dhcp_name_copy(name, host.data, host.len) < 0)
		return false;
	/* A host that says its whole name has said it. */
	if (strchr(name, '.'))
		return true;
	len = strlen(name);
	domain = strlen(domains->name[0]);
	if (len + 1 + domain >= DHCP_NAME_SIZE)
		return false;
	name[len] = '.';
	memcpy(name + len + 1, domains->name[0], domain + 1);
	return true;
}

bool reply4_is_wanted(const struct dhcp4_message *message, const struct config4 *config)
{
	uint8_t server[4];
	int found;

	if (message->header.op != DHCP4_BOOTREQUEST || message->header.htype != 1 ||
	    message->header.hlen != 6)
		return false;
	found = dhcp4_get_address(message, DHCP4_SERVER_ID, server);
	switch (message->type) {
	case DHCP4_REQUEST:
		return found == -ENOENT || (found == 0 && memcmp(server, config->server_id, 4) == 0);
	case DHCP4_DISCOVER:
		return true;
	case DHCP4_INFORM:
		return !is_zero(message->header.ciaddr);
	default:
		return false;
	}
}

bool reply4_needs_address(const struct dhcp4_message *message)
{
	return message->type != DHCP4_INFORM;
}

bool reply4_needs_texts(const struct dhcp4_message *message)
{
	return message->present[DHCP4_PARAMETER_LIST];
}

/* ---- options --------------------------------------------------------------------------------- */

static void put_address_option(const struct reply *reply, uint8_t code, const uint8_t address[4])
{
	dhcp4_put(reply->writer, code, address, 4);
}

static void put_configured(const struct reply *reply, uint8_t code)
{
	const struct config *config = &reply->config->common;
	const struct texts4_option *option =
	    reply->known->texts ? texts4_find(reply->known->texts, code) : NULL;
	uint8_t bytes[DHCP_NAME_SIZE];
	size_t len = option ? texts4_bytes(option, bytes) : 0;

	if (len > 0) {
		dhcp4_put(reply->writer, code, bytes, len);
		return;
	}
	for (size_t i = 0; i < config->options; i++) {
		if (config->option[i].code == code)
			dhcp4_put(reply->writer, code, config->option[i].bytes, config->option[i].len);
	}
}

/* What the client asks for, in its order, each once. */
static void put_asked(const struct reply *reply, uint32_t lease)
{
	struct wire_reader list = dhcp4_option(reply->message, DHCP4_PARAMETER_LIST);
	bool given[256] = {false};

	while (wire_left(&list) > 0) {
		uint8_t code = wire_u8(&list);

		if (given[code])
			continue;
		given[code] = true;
		if (code == DHCP4_T1 && lease && lease != DHCP4_FOREVER)
			dhcp4_put_u32(reply->writer, code, lease / T1_HALVES);
		else if (code == DHCP4_T2 && lease && lease != DHCP4_FOREVER)
			dhcp4_put_u32(reply->writer, code, (uint32_t)((uint64_t)lease * T2_EIGHTHS / 8));
		else
			put_configured(reply, code);
	}
}

/* "the S bit ... 0, N ... 1 ... the server has not and is not going to": RFC 4702, 3.1, 4. */
static void put_fqdn(const struct reply *reply)
{
	struct dhcp_fqdn fqdn;

	if (reply->config->common.answer_fqdn && reply->message->present[DHCP4_FQDN] &&
	    dhcp4_get_fqdn(reply->message, &fqdn) == 0 && fqdn.name[0] != '\0')
		dhcp4_put_fqdn(
		    reply->writer, (uint8_t)((fqdn.flags & DHCP_FQDN_E) | DHCP_FQDN_N), fqdn.name);
}

static void put_copy(const struct reply *reply, uint8_t code)
{
	struct wire_reader option = dhcp4_option(reply->message, code);

	if (reply->message->present[code])
		dhcp4_put(reply->writer, code, option.data, option.len);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void begin(const struct reply *reply, enum dhcp4_type type, const uint8_t yiaddr[4])
{
	struct dhcp4_header header = reply->message->header;

	header.op = DHCP4_BOOTREPLY;
	memcpy(header.yiaddr, yiaddr, 4);
	if (type == DHCP4_NAK) {
		/* RFC 2131, table 3; 4.3.2: the relay broadcasts it. */
		memset(header.ciaddr, 0, 4);
		if (!is_zero(header.giaddr))
			header.flags |= DHCP4_FLAG_BROADCAST;
	}
	dhcp4_put_header(reply->writer, &header);
	dhcp4_put_u8(reply->writer, DHCP4_MESSAGE_TYPE, (uint8_t)type);
	if (!is_zero(reply->config->server_id))
		put_address_option(reply, DHCP4_SERVER_ID, reply->config->server_id);
}

/* "the Relay Agent Information option ... as the last option": RFC 3046, 2.1. */
static void end(const struct reply *reply)
{
	if (reply->config->echo_client_id)
		put_copy(reply, DHCP4_CLIENT_ID);
	put_copy(reply, DHCP4_RELAY);
	dhcp4_put_end(reply->writer);
	if (reply->writer->at < HEADER + OPTIONS_LEAST)
		wire_put_zeros(reply->writer, HEADER + OPTIONS_LEAST - reply->writer->at);
}

static void write_lease(const struct reply *reply, enum dhcp4_type type, const uint8_t address[4])
{
	uint32_t lease = config_lease(&reply->config->common, reply->known->address->ttl);

	begin(reply, type, address);
	dhcp4_put_u32(reply->writer, DHCP4_LEASE_TIME, lease);
	if (type == DHCP4_ACK && reply->message->type == DHCP4_DISCOVER)
		dhcp4_put(reply->writer, DHCP4_RAPID_COMMIT, NULL, 0);
	put_asked(reply, lease);
	put_fqdn(reply);
	end(reply);
}

static void write_refusal(const struct reply *reply)
{
	static const char why[] = "this address is not the one of your name";

	begin(reply, DHCP4_NAK, none);
	dhcp4_put(reply->writer, DHCP4_MESSAGE, why, sizeof(why) - 1);
	end(reply);
}

static void write_information(const struct reply *reply)
{
	begin(reply, DHCP4_ACK, none);
	put_asked(reply, 0);
	put_fqdn(reply);
	end(reply);
}

/* The address that a client wants to have: option 50, or the one that it uses. */
static bool get_wanted(const struct dhcp4_message *message, uint8_t wanted[4])
{
	if (dhcp4_get_address(message, DHCP4_REQUESTED_ADDRESS, wanted) == 0)
		return true;
	memcpy(wanted, message->header.ciaddr, 4);
	return !is_zero(wanted);
}

static const uint8_t *find_address(const struct names_answer *answer, const uint8_t wanted[4])
{
	for (size_t i = 0; i < answer->count; i++) {
		if (memcmp(answer->address[i], wanted, 4) == 0)
			return answer->address[i];
	}
	return NULL;
}

static enum dhcp4_type write_request(const struct reply *reply)
{
	const struct names_answer *answer = reply->known->address;
	bool refuses = reply->config->is_authoritative || reply->message->present[DHCP4_SERVER_ID];
	const uint8_t *found = NULL;
	uint8_t wanted[4];

	if (answer->count > 0 && get_wanted(reply->message, wanted)) {
		found = find_address(answer, wanted);
		if (!found && refuses) {
			write_refusal(reply);
			return DHCP4_NAK;
		}
	}
	if (answer->count == 0) {
		if (!refuses)
			return 0;
		write_refusal(reply);
		return DHCP4_NAK;
	}
	write_lease(reply, DHCP4_ACK, found ? found : answer->address[0]);
	return DHCP4_ACK;
}

static enum dhcp4_type write_offer(const struct reply *reply)
{
	bool commits =
	    reply->message->present[DHCP4_RAPID_COMMIT] && !reply->config->common.refuse_rapid;
	enum dhcp4_type type = commits ? DHCP4_ACK : DHCP4_OFFER;

	if (reply->known->address->count == 0)
		return 0;
	write_lease(reply, type, reply->known->address->address[0]);
	return type;
}

static enum dhcp4_type write_any(const struct reply *reply)
{
	const struct names_answer *answer = reply->known->address;

	if (reply->message->type == DHCP4_INFORM) {
		write_information(reply);
		return DHCP4_ACK;
	}
	if (!answer || (answer->error != 0 && answer->error != ENOENT))
		return 0;
	return reply->message->type == DHCP4_DISCOVER ? write_offer(reply) : write_request(reply);
}

size_t reply4_write(uint8_t *buffer, size_t size, const struct config4 *config,
    const struct dhcp4_message *message, const struct known4 *known, enum dhcp4_type *type)
{
	struct wire_writer writer = wire_writer(buffer, size);
	const struct reply reply = {
	    .writer = &writer, .config = config, .message = message, .known = known};

	*type = write_any(&reply);
	return *type && !writer.error ? writer.at : 0;
}

void reply4_route(struct route4 *route, const struct dhcp4_message *message, const uint8_t *reply,
    enum dhcp4_type type)
{
	const struct dhcp4_header *header = &message->header;
	const uint8_t *yiaddr = reply + 16;

	memset(route, 0, sizeof(*route));
	memcpy(route->mac, header->chaddr, 6);
	if (!is_zero(header->giaddr)) {
		route->is_relayed = true;
		memcpy(route->address, header->giaddr, 4);
	} else if (type != DHCP4_NAK && !is_zero(header->ciaddr)) {
		memcpy(route->address, header->ciaddr, 4);
	} else if (type == DHCP4_NAK || (header->flags & DHCP4_FLAG_BROADCAST) || is_zero(yiaddr)) {
		memset(route->address, 0xff, 4);
		memset(route->mac, 0xff, 6);
	} else {
		memcpy(route->address, yiaddr, 4);
	}
}
