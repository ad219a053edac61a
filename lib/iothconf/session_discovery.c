/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router discovery and duplicate address detection of a session: the engines, their packets, and
 * what advertisements mean for the stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>
#include <ioth.h>

#include "frame.h"
#include "nd_packet.h"
#include "session.h"
#include "socket.h"

#define IDGEN_RETRIES 3 /* RFC 7217, 7 */

static const uint8_t unspecified[16];

static void send_icmp6(struct session *session, enum session_fd which, const uint8_t source[16],
    const uint8_t group[16], const struct wire_writer *icmp)
{
	uint8_t packet[FRAME_MAX], mac[6];
	size_t len = nd_packet_put(packet, sizeof(packet), source, group, icmp->data, icmp->at);

	nd_group_mac(mac, group);
	if (len > 0)
		socket_send_packet(session->fd[which], session->ifindex, ETHERTYPE_IPV6, mac, packet, len);
}

/* ---- routers ---- */

/* From the link-local address if it can be used already, or else from ::, without our MAC address
 * (RFC 4861, 4.1): there is no reason to wait for it. */
static void discovery_solicit(void *context)
{
	static const uint8_t all_routers[16] = {0xff, 0x02, [15] = 2};
	struct session *session = context;
	uint8_t source[16], message[16];
	struct wire_writer writer = wire_writer(message, sizeof(message));
	bool known = session_link_local(session, source) == 0;

	if (!session_open_packet(session, SESSION_ADVERTS))
		return;
	nd_put_router_solicit(&writer, known ? session->mac : NULL);
	send_icmp6(session, SESSION_ADVERTS, known ? source : unspecified, all_routers, &writer);
}

static void discovery_event(void *context, enum discovery_event event)
{
	struct session *session = context;

	session->events |= event == DISCOVERY_EVENT_CHANGED ? EVENT_RD_CHANGED : EVENT_RD_FAILED;
}

static const struct discovery_ops discovery_ops = {
    session_random, discovery_solicit, discovery_event};

int session_discovery_start(struct session *session, const struct request *request, engine_time now)
{
	session->slaac.kind = request->slaac;
	if (!session->discovery) {
		session->discovery = malloc(sizeof(*session->discovery));
		if (!session->discovery)
			return -ENOMEM;
		discovery_init(session->discovery, request->rfcdelay, &discovery_ops, session);
	}
	session->discovery->answered = false;
	if (!session_open_packet(session, SESSION_ADVERTS)) {
		session->events |= EVENT_RD_FAILED;
		return 0;
	}
	discovery_start(session->discovery, now);
	return 0;
}

void session_discovery_input(struct session *session, engine_time now)
{
	uint8_t packet[FRAME_MAX];

	if (!session->discovery)
		return;
	for (int i = 0; i < SESSION_BURST && session->fd[SESSION_ADVERTS] >= 0; i++) {
		bool checked;
		ssize_t got = socket_receive_packet(
		    session->fd[SESSION_ADVERTS], packet, sizeof(packet), &checked, NULL);
		const void *icmp;
		struct ra ra;
		size_t len;

		if (got < 0)
			break;
		icmp = nd_packet_get(packet, (size_t)got, checked, &len);
		if (icmp && ra_parse(&ra, icmp, len) == 0)
			discovery_input(session->discovery, now, nd_packet_source(packet), &ra);
	}
	discovery_timer(session->discovery, now);
}

/* ---- what advertisements mean ---- */

static void add_default_router(struct session *session, engine_time now)
{
	const struct discovery_router *router = discovery_best_router(session->discovery, now);
	struct record record = {
	    .source = SOURCE_RD, .kind = RECORD_ROUTE, .family = AF_INET6, .has_gateway = true};

	if (!router)
		return;
	memcpy(record.gateway, router->address, 16);
	records_add(&session->records, &record);
}

/* More specific routes (RFC 4191): of those to one prefix the one with the highest preference. */
static void add_routes(struct session *session)
{
	const struct discovery *discovery = session->discovery;

	for (size_t i = 0; i < discovery->routes; i++) {
		const struct discovery_route *route = &discovery->route[i];
		struct record record = {.source = SOURCE_RD,
		    .kind = RECORD_ROUTE,
		    .family = AF_INET6,
		    .len = route->len,
		    .has_gateway = true};
		bool best = true;

		for (size_t j = 0; j < discovery->routes; j++) {
			const struct discovery_route *other = &discovery->route[j];

			if (j != i && other->len == route->len &&
			    memcmp(other->prefix, route->prefix, 16) == 0 &&
			    (other->preference > route->preference ||
			        (other->preference == route->preference && j < i)))
				best = false;
		}
		/* A route to everything is the router's own lifetime and preference, said otherwise. */
		if (!best || route->len == 0)
			continue;
		memcpy(record.address, route->prefix, 16);
		memcpy(record.gateway, route->router, 16);
		records_add(&session->records, &record);
	}
}

/* A prefix makes an address (with tag slaac): one that is autonomous, or, when the host has a name,
 * any of 64 bits; or else a route on the link. */
static void add_prefix(
    struct session *session, engine_time now, const struct discovery_prefix *prefix)
{
	bool named = session->folded[0] != '\0';
	struct record record = {.source = SOURCE_RD,
	    .kind = RECORD_ADDRESS,
	    .family = AF_INET6,
	    .len = prefix->on_link ? 64 : 128};

	if (prefix->len == 64 && (prefix->autonomous || named) &&
	    slaac_address(&session->slaac, prefix->prefix, session->slaac_counter, record.address) ==
	        0) {
		session_time_record(session, &record, now, prefix->preferred, prefix->valid);
		records_add(&session->records, &record);
		return;
	}
	if (!prefix->on_link)
		return;
	record.kind = RECORD_ROUTE;
	record.len = prefix->len;
	memcpy(record.address, prefix->prefix, 16);
	records_add(&session->records, &record);
}

void session_discovery_apply(struct session *session, engine_time now)
{
	const struct discovery *discovery = session->discovery;
	struct record record;

	records_begin(&session->records, SOURCE_RD);
	for (size_t i = 0; i < discovery->prefixes; i++)
		add_prefix(session, now, &discovery->prefix[i]);
	add_default_router(session, now);
	add_routes(session);
	record = (struct record){.source = SOURCE_RD, .kind = RECORD_DNS, .family = AF_INET6};
	for (size_t i = 0; i < discovery->servers; i++) {
		memcpy(record.address, discovery->server[i].address, 16);
		records_add(&session->records, &record);
	}
	record = (struct record){.source = SOURCE_RD, .kind = RECORD_DOMAIN};
	for (size_t i = 0; i < discovery->domains; i++) {
		record.domain = (char *)(uintptr_t)discovery->domain[i].name;
		records_add(&session->records, &record);
	}
	if (discovery->mtu) {
		record = (struct record){.source = SOURCE_RD, .kind = RECORD_MTU, .mtu = discovery->mtu};
		records_add(&session->records, &record);
	}
	records_commit(&session->records, SOURCE_RD);
}

/* ---- duplicate addresses ---- */

static void dad_solicit(void *context, const uint8_t target[16], const uint8_t nonce[6])
{
	struct session *session = context;
	uint8_t group[16], mac[6], message[32];
	struct wire_writer writer = wire_writer(message, sizeof(message));

	if (!session_open_packet(session, SESSION_DAD))
		return;
	nd_solicited_node(group, target);
	nd_group_mac(mac, group);
	socket_join(session->fd[SESSION_DAD], session->ifindex, mac);
	nd_put_dad_solicit(&writer, target, nonce);
	send_icmp6(session, SESSION_DAD, unspecified, group, &writer);
}

static void dad_done(void *context, const uint8_t target[16], bool duplicate)
{
	struct session *session = context;
	unsigned int sources = records_dad_done(&session->records, target, duplicate);

	if (!duplicate)
		return;
	if (target[0] == 0xfe)
		session_duplicate_link_local(session, target);
	if (sources & SOURCE_DHCP6)
		session_dhcp6_duplicate(session, session_now(), target);
	/* No more often: who claims all of them does so on purpose. */
	if ((sources & SOURCE_RD) && session->slaac.kind == SLAAC_OPAQUE &&
	    session->slaac_counter < IDGEN_RETRIES) {
		session->slaac_counter++; /* RFC 7217, 6: with the next counter */
		session->events |= EVENT_RD_CHANGED;
	}
}

static const struct dad_ops dad_ops = {session_random, dad_solicit, dad_done};

void session_dad_init(struct session *session)
{
	dad_init(&session->dad, &dad_ops, session);
}

void session_dad_input(struct session *session)
{
	uint8_t packet[FRAME_MAX];

	for (int i = 0; i < SESSION_BURST && session->fd[SESSION_DAD] >= 0; i++) {
		bool checked;
		ssize_t got =
		    socket_receive_packet(session->fd[SESSION_DAD], packet, sizeof(packet), &checked, NULL);
		struct nd_neighbour message;
		const void *icmp;
		size_t len;

		if (got < 0)
			break;
		icmp = nd_packet_get(packet, (size_t)got, checked, &len);
		if (icmp && nd_parse_neighbour(&message, icmp, len) == 0)
			dad_input(
			    &session->dad, &message, memcmp(nd_packet_source(packet), unspecified, 16) == 0);
	}
	dad_timer(&session->dad, session_now());
	if (session->dad.count == 0)
		session_close(session, SESSION_DAD);
}
