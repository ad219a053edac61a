/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 of a session: the engine, its packets, and what a lease means for the stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>
#include <ioth.h>

#include "arp_packet.h"
#include "frame.h"
#include "session.h"
#include "socket.h"

/* Where both are asked for, DHCPv6 is asked first: it answers in a moment, or not for long. A
 * server may take seconds for its DHCPv4 offer (dnsmasq pings the address first) and serve nobody
 * meanwhile; then the address of DHCPv6 is looked for during that time, and not after it. */
#define HEAD_START (ENGINE_SECOND / 5)

static const uint8_t nobody[4];
static const uint8_t everybody[4] = {255, 255, 255, 255};

/* To somebody: by UDP from the address that we have, since only the stack knows his MAC address. */
static bool send_unicast(struct session *session, const uint8_t source[4],
    const uint8_t destination[4], const void *payload, size_t len)
{
	if (session->fd[SESSION_UDP4] < 0)
		session->fd[SESSION_UDP4] = socket_udp4(session->stack, source);
	if (session->fd[SESSION_UDP4] < 0)
		return false;
	socket_send_udp4(session->fd[SESSION_UDP4], destination, payload, len);
	return true;
}

static void dhcp4_send(void *context, const uint8_t source[4], const uint8_t destination[4],
    const void *payload, size_t len)
{
	struct session *session = context;
	const uint8_t *mac = NULL;
	uint8_t packet[FRAME_MAX];

	/* Answers are read here, whatever way the question took. */
	if (!session_open_packet(session, SESSION_DHCP4))
		return;
	if (memcmp(destination, everybody, 4) != 0) {
		if (session->releasing) /* soon there is no address, nor maybe a stack, to send it from */
			mac = session->server_mac;
		else if (send_unicast(session, source, destination, payload, len))
			return;
		else
			destination = everybody;
	} else if (memcmp(source, nobody, 4) != 0 && session->fd[SESSION_UDP4] < 0) {
		/* Holds the port, so that the stack does not refuse the answer. */
		session->fd[SESSION_UDP4] = socket_udp4(session->stack, source);
	}
	len = frame_put_udp4(packet, sizeof(packet), source, destination, payload, len);
	if (len > 0)
		socket_send_packet(
		    session->fd[SESSION_DHCP4], session->ifindex, ETHERTYPE_IP, mac, packet, len);
}

static void dhcp4_probe(void *context, const uint8_t address[4])
{
	struct session *session = context;
	uint8_t packet[ARP_PACKET_LEN];

	if (!session_open_packet(session, SESSION_ARP))
		return;
	arp_packet_put_probe(packet, session->mac, address);
	socket_send_packet(
	    session->fd[SESSION_ARP], session->ifindex, ETHERTYPE_ARP, NULL, packet, sizeof(packet));
}

static void dhcp4_event(void *context, enum dhcp4_event event)
{
	static const unsigned int bits[] = {[DHCP4_EVENT_BOUND] = EVENT_DHCP4_BOUND,
	    [DHCP4_EVENT_LOST] = EVENT_DHCP4_LOST,
	    [DHCP4_EVENT_FAILED] = EVENT_DHCP4_FAILED};
	struct session *session = context;

	/* What came last counts: a lease that was lost in the same moment is no lease. */
	if (event == DHCP4_EVENT_LOST)
		session->events &= ~(unsigned int)EVENT_DHCP4_BOUND;
	session->events |= bits[event];
}

static const struct dhcp4_ops dhcp4_ops = {session_random, dhcp4_send, dhcp4_probe, dhcp4_event};

/* An interface's identifier: the last four bytes of its MAC address, as upstream's. */
static uint32_t iaid_of(const uint8_t mac[6])
{
	return (uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5];
}

int session_dhcp4_start(struct session *session, const struct request *request, engine_time now)
{
	struct dhcp4_config config = {.fqdn_wire = request->fqdnwire,
	    .rapid = request->rapid,
	    .all_options = request->alloptions,
	    .probe = request->probe,
	    .delay = request->rfcdelay,
	    .persistent = request->thread};

	memcpy(config.mac, session->mac, sizeof(config.mac));
	memcpy(config.fqdn, request->fqdn, sizeof(config.fqdn));
	if (request->duid_client_id) {
		config.duid = session->duid;
		config.iaid = iaid_of(session->mac);
	}
	if (session->dhcp4) { /* in the background: the same client, and the lease that it has */
		session->dhcp4->config = config;
	} else {
		session->dhcp4 = malloc(sizeof(*session->dhcp4));
		if (!session->dhcp4)
			return -ENOMEM;
		dhcp4_client_init(session->dhcp4, &config, &dhcp4_ops, session);
	}
	session->dhcp4_waits = true;
	session->dhcp4_until = now;
	if (session->wanted & ~session->done & SOURCE_DHCP6 && !session->dhcp4->has_lease) {
		dhcp4_client_stop(session->dhcp4);
		session->dhcp4_until += HEAD_START;
	}
	session_dhcp4_try(session, now);
	return 0;
}

void session_dhcp4_try(struct session *session, engine_time now)
{
	if (!session->dhcp4_waits || (now < session->dhcp4_until && !(session->done & SOURCE_DHCP6)))
		return;
	session->dhcp4_waits = false;
	dhcp4_client_start(session->dhcp4, now);
}

/* Notes the way to the server, too: the MAC address of who has brought its last word, itself or a
 * router.
 */
static void read_answers(struct session *session, engine_time now)
{
	uint8_t packet[FRAME_MAX], sender[6];

	for (int i = 0; i < SESSION_BURST && session->fd[SESSION_DHCP4] >= 0; i++) {
		bool checked;
		ssize_t got = socket_receive_packet(
		    session->fd[SESSION_DHCP4], packet, sizeof(packet), &checked, sender);
		const void *payload;
		size_t len;

		if (got < 0)
			break;
		payload = frame_get_udp4(packet, (size_t)got, checked, &len);
		if (!payload)
			continue;
		dhcp4_client_input(session->dhcp4, now, payload, len);
		if (session->dhcp4->state == DHCP4_BOUND || session->dhcp4->state == DHCP4_PROBING)
			memcpy(session->server_mac, sender, sizeof(sender));
	}
}

static void read_arp(struct session *session, engine_time now)
{
	uint8_t packet[FRAME_MAX];

	for (int i = 0; i < SESSION_BURST && session->fd[SESSION_ARP] >= 0; i++) {
		bool checked;
		ssize_t got =
		    socket_receive_packet(session->fd[SESSION_ARP], packet, sizeof(packet), &checked, NULL);
		struct arp_packet arp;

		if (got < 0)
			break;
		if (arp_packet_get(packet, (size_t)got, &arp))
			dhcp4_client_arp(session->dhcp4, now, arp.sender_mac, arp.sender, arp.target);
	}
}

void session_dhcp4_input(struct session *session, engine_time now)
{
	enum dhcp4_state state;

	if (!session->dhcp4)
		return;
	session_dhcp4_try(session, now);
	read_answers(session, now);
	read_arp(session, now);
	dhcp4_client_timer(session->dhcp4, now);
	state = session->dhcp4->state;
	if (state != DHCP4_PROBING)
		session_close(session, SESSION_ARP);
	if (state != DHCP4_RENEWING && state != DHCP4_REBINDING)
		session_close(session, SESSION_UDP4);
	if (state == DHCP4_BOUND || state == DHCP4_STOPPED || state == DHCP4_DELAY ||
	    state == DHCP4_PROBING)
		session_close(session, SESSION_DHCP4);
}

/* RFC 3442: classless routes replace the routers. */
static void add_routes(struct session *session, const struct dhcp4_lease *lease)
{
	struct record record = {.source = SOURCE_DHCP4, .kind = RECORD_ROUTE, .family = AF_INET};

	for (size_t i = 0; i < lease->routes; i++) {
		memcpy(record.address, lease->route[i].destination, 4);
		memcpy(record.gateway, lease->route[i].router, 4);
		record.len = lease->route[i].len;
		record.has_gateway = memcmp(record.gateway, nobody, 4) != 0;
		records_add(&session->records, &record);
	}
	if (lease->routes > 0 || lease->routers == 0)
		return;
	/* "Routers SHOULD be listed in order of preference" (RFC 2132, 3.5): the first one. */
	memcpy(record.gateway, lease->router[0], 4);
	record.has_gateway = true;
	records_add(&session->records, &record);
}

void session_dhcp4_apply(struct session *session)
{
	const struct dhcp4_lease *lease = &session->dhcp4->lease;
	struct record record = {.source = SOURCE_DHCP4, .kind = RECORD_ADDRESS, .family = AF_INET};

	records_begin(&session->records, SOURCE_DHCP4);
	memcpy(record.address, lease->address, 4);
	record.len = (uint8_t)lease->prefix_len;
	records_add(&session->records, &record);
	add_routes(session, lease);
	record = (struct record){.source = SOURCE_DHCP4, .kind = RECORD_DNS, .family = AF_INET};
	for (size_t i = 0; i < lease->dns; i++) {
		memcpy(record.address, lease->dns_server[i], 4);
		records_add(&session->records, &record);
	}
	record = (struct record){.source = SOURCE_DHCP4, .kind = RECORD_DOMAIN};
	for (size_t i = 0; i < lease->domains; i++) {
		record.domain = (char *)(uintptr_t)lease->domain[i];
		records_add(&session->records, &record);
	}
	if (lease->mtu && session->dhcp4->config.all_options) {
		record = (struct record){.source = SOURCE_DHCP4, .kind = RECORD_MTU, .mtu = lease->mtu};
		records_add(&session->records, &record);
	}
	records_commit(&session->records, SOURCE_DHCP4);
}
