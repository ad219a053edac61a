/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers of DHCPv6.
 *
 * The server keeps no list of leases: an address belongs to a name for as long as the DNS says so.
 * What RFC 8415 says of bindings becomes this:
 *
 *     an IA_NA            has the n-th address of the name, if it is the n-th of the message (or
 * all of them, by option); one for which there is none gets NoAddrsAvail, in RENEW and REBIND
 * NoBinding (18.3.4) an address that the client has, and the name has not (any more) is given back
 * with lifetimes of 0 in RENEW and REBIND CONFIRM             is answered with the address if all
 * that the client has are the name's; NotOnLink otherwise RELEASE, DECLINE    succeed; an IA with
 * addresses, none of them the name's, gets NoBinding
 *
 * SOLICIT is answered if there is an address, and not otherwise; the others learn then that theirs
 * is not right (NotOnLink: the client begins anew). A DNS that failed is no reason to take
 * anybody's address: such a message gets no answer.
 */
#include "reply6.h"

#include <errno.h>
#include <string.h>

#define T1_TENTHS 5 /* RFC 8415, 21.4: recommended, of the shortest preferred lifetime */
#define T2_TENTHS 8

#define FQDN_NO_UPDATE 4 /* RFC 4704, 4.1: N */

struct reply {
	struct wire_writer *writer;
	const struct config6 *config;
	const struct request6 *request;
	const struct names_answer *answer;
	size_t used; /* addresses that an IA has got */
};

bool reply6_needs_name(const struct request6 *request)
{
	return request->message.type != DHCP6_INFORMATION_REQUEST && request->name[0] != '\0';
}

static bool has_address(const struct names_answer *answer)
{
	return answer && answer->error == 0 && answer->count > 0;
}

static bool is_of_name(const struct names_answer *answer, const uint8_t address[16])
{
	for (size_t i = 0; i < answer->count; i++) {
		if (memcmp(answer->address[i], address, 16) == 0)
			return true;
	}
	return false;
}

static uint32_t tenths(uint32_t seconds, unsigned int n)
{
	return (uint32_t)((uint64_t)seconds * n / 10);
}

/* IAID and times; of an endless lease they are the client's affair (RFC 8415, 14.2). */
static size_t begin_ia(const struct reply *reply, uint32_t iaid, bool has_lease)
{
	size_t begun = dhcp6_begin(reply->writer, DHCP6_IA_NA);
	uint32_t seconds =
	    has_lease ? config_lease(&reply->config->common, reply->answer->ttl) : DHCP6_FOREVER;

	wire_put_u32(reply->writer, iaid);
	wire_put_u32(reply->writer, seconds == DHCP6_FOREVER ? 0 : tenths(seconds, T1_TENTHS));
	wire_put_u32(reply->writer, seconds == DHCP6_FOREVER ? 0 : tenths(seconds, T2_TENTHS));
	return begun;
}

/* The next address of the name, or all of them. */
static bool put_addresses(struct reply *reply)
{
	const struct names_answer *answer = reply->answer;
	size_t end = reply->config->all_addresses ? answer->count : reply->used + 1;
	uint32_t seconds = config_lease(&reply->config->common, reply->answer->ttl);

	if (reply->used >= answer->count)
		return false;
	for (; reply->used < end; reply->used++)
		dhcp6_put_address(reply->writer, answer->address[reply->used], seconds, seconds);
	return true;
}

/* "the server ... returns the addresses ... with lifetimes of 0": RFC 8415, 18.3.4. */
static void put_lost_addresses(const struct reply *reply, const struct dhcp6_ia *ia)
{
	for (size_t i = 0; i < ia->count; i++) {
		if (!is_of_name(reply->answer, ia->addresses[i].address))
			dhcp6_put_address(reply->writer, ia->addresses[i].address, 0, 0);
	}
}

static bool is_renewal(const struct reply *reply)
{
	return reply->request->message.type == DHCP6_RENEW ||
	       reply->request->message.type == DHCP6_REBIND;
}

static void put_ia_na(struct reply *reply, const struct dhcp6_ia *ia)
{
	bool has_lease = reply->used < reply->answer->count;
	size_t begun = begin_ia(reply, ia->iaid, has_lease);

	if (!put_addresses(reply))
		dhcp6_put_status(
		    reply->writer, is_renewal(reply) ? DHCP6_NO_BINDING : DHCP6_NO_ADDRS_AVAIL, "");
	if (is_renewal(reply))
		put_lost_addresses(reply, ia);
	wire_end_u16(reply->writer, begun);
}

/* A client that names no identity gets one whose number follows from the address. */
static void put_own_ia(struct reply *reply)
{
	struct wire_reader words = wire_reader(reply->answer->address[0] + 8, 8);
	uint32_t iaid = wire_u32(&words);
	struct dhcp6_ia ia = {.iaid = iaid ^ wire_u32(&words)};

	put_ia_na(reply, &ia);
}

static void put_refused(const struct reply *reply, uint16_t code, struct wire_reader value)
{
	size_t begun = dhcp6_begin(reply->writer, code);

	wire_put_u32(reply->writer, wire_u32(&value));
	if (code == DHCP6_IA_PD) {
		wire_put_zeros(reply->writer, 8);
		dhcp6_put_status(reply->writer, DHCP6_NO_PREFIX_AVAIL, "");
	} else {
		dhcp6_put_status(reply->writer, DHCP6_NO_ADDRS_AVAIL, "");
	}
	wire_end_u16(reply->writer, begun);
}

static void put_identities(struct reply *reply)
{
	struct wire_reader options = reply->request->message.options, value;
	struct dhcp6_ia ia;
	uint16_t code;

	if (reply->request->identities == 0)
		put_own_ia(reply);
	while (dhcp6_next(&options, &code, &value)) {
		if (code == DHCP6_IA_NA && dhcp6_read_ia(value, &ia) == 0)
			put_ia_na(reply, &ia);
		else if ((code == DHCP6_IA_TA && value.len >= 4) ||
		         (code == DHCP6_IA_PD && value.len >= 12))
			put_refused(reply, code, value);
	}
}

static void put_fqdn(const struct reply *reply)
{
	const struct request6 *request = reply->request;

	if (!request->has_fqdn)
		return;
	if (reply->config->common.answer_fqdn && request->name[0] != '\0')
		dhcp6_put_fqdn(reply->writer, FQDN_NO_UPDATE, request->name);
	else
		dhcp6_put(reply->writer, DHCP6_FQDN, request->fqdn.data, request->fqdn.len);
}

/* What the client asks for, in its order, each once. */
static void put_asked(const struct reply *reply)
{
	const struct config *config = &reply->config->common;
	struct wire_reader oro = reply->request->oro;
	bool given[CONFIG_OPTIONS_MAX] = {false};

	while (reply->request->has_oro && wire_left(&oro) >= 2) {
		uint16_t code = wire_u16(&oro);

		for (size_t i = 0; i < config->options; i++) {
			if (config->option[i].code != code || given[i])
				continue;
			given[i] = true;
			dhcp6_put(reply->writer, code, config->option[i].bytes, config->option[i].len);
		}
	}
}

static void put_header(const struct reply *reply, uint8_t type)
{
	const struct request6 *request = reply->request;

	dhcp6_put_header(reply->writer, type, request->message.xid);
	if (request->has_client)
		dhcp6_put(reply->writer, DHCP6_CLIENT_ID, request->client.data, request->client.len);
	/* INFORMATION-REQUEST may come without a client identifier: RFC 8415, 18.3.7. */
	if (request->has_client || request->message.type == DHCP6_INFORMATION_REQUEST)
		dhcp6_put_duid(reply->writer, DHCP6_SERVER_ID, &reply->config->duid);
}

static void put_lease(struct reply *reply)
{
	const struct request6 *request = reply->request;
	bool solicited = request->message.type == DHCP6_SOLICIT;
	bool commits = solicited && request->rapid && !reply->config->common.refuse_rapid;

	put_header(reply, solicited && !commits ? DHCP6_ADVERTISE : DHCP6_REPLY);
	if (commits)
		dhcp6_put(reply->writer, DHCP6_RAPID_COMMIT, NULL, 0);
	put_identities(reply);
	if (solicited && reply->config->preference >= 0) {
		uint8_t preference = (uint8_t)reply->config->preference;

		dhcp6_put(reply->writer, DHCP6_PREFERENCE, &preference, 1);
	}
	put_fqdn(reply);
	put_asked(reply);
}

static bool confirms(const struct reply *reply)
{
	struct wire_reader options = reply->request->message.options, value;
	struct dhcp6_ia ia;
	uint16_t code;

	while (dhcp6_next(&options, &code, &value)) {
		if (code != DHCP6_IA_NA || dhcp6_read_ia(value, &ia) < 0)
			continue;
		for (size_t i = 0; i < ia.count; i++) {
			if (!is_of_name(reply->answer, ia.addresses[i].address))
				return false;
		}
	}
	return true;
}

static void put_not_on_link(struct reply *reply)
{
	put_header(reply, DHCP6_REPLY);
	dhcp6_put_status(reply->writer, DHCP6_NOT_ON_LINK, "invalid addr");
	put_fqdn(reply);
}

/* Does the client give back what it never had? */
static bool is_unknown(const struct reply *reply, const struct dhcp6_ia *ia)
{
	for (size_t i = 0; i < ia->count; i++) {
		if (is_of_name(reply->answer, ia->addresses[i].address))
			return false;
	}
	return ia->count > 0;
}

static void put_end(struct reply *reply)
{
	struct wire_reader options = reply->request->message.options, value;
	struct dhcp6_ia ia;
	uint16_t code;

	put_header(reply, DHCP6_REPLY);
	dhcp6_put_status(reply->writer, DHCP6_SUCCESS, "success");
	while (reply->answer && dhcp6_next(&options, &code, &value)) {
		size_t begun;

		if (code != DHCP6_IA_NA || dhcp6_read_ia(value, &ia) < 0 || !is_unknown(reply, &ia))
			continue;
		begun = begin_ia(reply, ia.iaid, false);
		dhcp6_put_status(reply->writer, DHCP6_NO_BINDING, "");
		wire_end_u16(reply->writer, begun);
	}
}

static bool put_message(struct reply *reply)
{
	switch (reply->request->message.type) {
	case DHCP6_INFORMATION_REQUEST:
		put_header(reply, DHCP6_REPLY);
		put_fqdn(reply);
		put_asked(reply);
		return true;
	case DHCP6_RELEASE:
	case DHCP6_DECLINE:
		put_end(reply);
		return true;
	case DHCP6_SOLICIT:
		if (!has_address(reply->answer))
			return false;
		put_lease(reply);
		return true;
	case DHCP6_CONFIRM:
		/* "there were no addresses in any of the IAs": RFC 8415, 18.3.3. */
		if (!reply->request->has_address)
			return false;
		break;
	default:
		break;
	}
	if (!reply->answer)
		return false;
	if (!has_address(reply->answer) ||
	    (reply->request->message.type == DHCP6_CONFIRM && !confirms(reply)))
		put_not_on_link(reply);
	else
		put_lease(reply);
	return true;
}

/* The way back through the relays: RFC 8415, 19.3. Inside out, the message being innermost. */
static bool put_relayed(struct reply *reply)
{
	const struct request6 *request = reply->request;
	size_t begun[DHCP6_RELAYS_MAX];

	for (size_t i = 0; i < request->relays; i++) {
		const struct request6_relay *relay = &request->relay[i];
		struct dhcp6_relay header = relay->header;

		header.type = DHCP6_RELAY_REPLY;
		dhcp6_relay_put_header(reply->writer, &header);
		if (relay->has_interface)
			dhcp6_put(
			    reply->writer, DHCP6_INTERFACE_ID, relay->interface.data, relay->interface.len);
		if (relay->has_port)
			dhcp6_put(reply->writer, DHCP6_RELAY_PORT, relay->port.data, relay->port.len);
		begun[i] = dhcp6_begin(reply->writer, DHCP6_RELAY_MESSAGE);
	}
	if (!put_message(reply))
		return false;
	for (size_t i = request->relays; i-- > 0;)
		wire_end_u16(reply->writer, begun[i]);
	return true;
}

size_t reply6_write(uint8_t *buffer, size_t size, const struct config6 *config,
    const struct request6 *request, const struct names_answer *answer)
{
	struct wire_writer writer = wire_writer(buffer, size);
	struct reply reply = {.writer = &writer, .config = config, .request = request};

	/* What the DNS could not tell is not "no": see the top. */
	if (answer && (answer->error == 0 || answer->error == ENOENT))
		reply.answer = answer;
	return put_relayed(&reply) && !writer.error ? writer.at : 0;
}
