/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ARP for the server's address: see address4.h. */
#include "address4.h"

#include <string.h>

#include "log.h"

/* RFC 5227, 1.1 */
#define ANNOUNCE_WAIT   (2 * ENGINE_SECOND)
#define DEFEND_INTERVAL (10 * ENGINE_SECOND)

#define RETRY (60 * ENGINE_SECOND) /* who had the address may be gone */

static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

void address4_init(struct address4 *own, const uint8_t address[4],
    void (*send)(void *context, const uint8_t mac[6], const uint8_t packet[ARP_PACKET_LEN]),
    void *context)
{
	*own = (struct address4){.send = send, .context = context, .deadline = ENGINE_NEVER};
	memcpy(own->address, address, 4);
}

static void set_state(struct address4 *own, enum address4_state state, engine_time deadline)
{
	own->state = state;
	own->deadline = deadline;
}

static void probe(const struct address4 *own)
{
	uint8_t packet[ARP_PACKET_LEN];

	arp_packet_put_probe(packet, own->mac, own->address);
	own->send(own->context, all, packet);
}

void address4_start(struct address4 *own, engine_time now, const uint8_t mac[6])
{
	memcpy(own->mac, mac, 6);
	set_state(own, ADDRESS4_OURS, ENGINE_NEVER);
	own->doubtful_until = now + ANNOUNCE_WAIT;
	probe(own);
}

void address4_stop(struct address4 *own)
{
	set_state(own, ADDRESS4_OFF, ENGINE_NEVER);
}

/* Says that the address is ours; `target_mac` all zero: to everybody. */
static void claim(const struct address4 *own, enum arp_operation operation, const uint8_t to[6],
    const uint8_t target_mac[6], const uint8_t target[4])
{
	struct arp_packet arp = {.operation = operation};
	uint8_t packet[ARP_PACKET_LEN];

	memcpy(arp.sender_mac, own->mac, 6);
	memcpy(arp.sender, own->address, 4);
	memcpy(arp.target_mac, target_mac, 6);
	memcpy(arp.target, target, 4);
	arp_packet_put(packet, &arp);
	own->send(own->context, to, packet);
}

/* RFC 5227, 2.4. A line in the log at most twice a minute, whoever says what. */
static void conflict(struct address4 *own, engine_time now, const uint8_t mac[6])
{
	static const uint8_t nobody[6];

	if (own->state == ADDRESS4_LEFT)
		return;
	if (own->state == ADDRESS4_OURS && now >= own->doubtful_until) {
		own->doubtful_until = now + DEFEND_INTERVAL;
		claim(own, ARP_REQUEST, all, nobody, own->address);
		log_warning("%02x:%02x:%02x:%02x:%02x:%02x says that it has the server's address: it is "
		            "defended",
		    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		return;
	}
	if (own->state == ADDRESS4_OURS)
		log_warning("another node, %02x:%02x:%02x:%02x:%02x:%02x, has the server's address: it is "
		            "left to it",
		    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	set_state(own, ADDRESS4_LEFT, now + RETRY);
}

void address4_input(struct address4 *own, engine_time now, const void *packet, size_t len)
{
	struct arp_packet arp;

	if (own->state == ADDRESS4_OFF || !arp_packet_get(packet, len, &arp) ||
	    memcmp(arp.sender_mac, own->mac, 6) == 0)
		return;
	if (memcmp(arp.sender, own->address, 4) == 0)
		conflict(own, now, arp.sender_mac);
	else if (own->state == ADDRESS4_OURS && arp.operation == ARP_REQUEST &&
	         memcmp(arp.target, own->address, 4) == 0)
		claim(own, ARP_REPLY, arp.sender_mac, arp.sender_mac, arp.sender);
}

void address4_timer(struct address4 *own, engine_time now)
{
	if (own->deadline > now)
		return;
	if (own->state == ADDRESS4_LEFT) {
		set_state(own, ADDRESS4_PROBING, now + ANNOUNCE_WAIT);
		probe(own);
	} else {
		set_state(own, ADDRESS4_OURS, ENGINE_NEVER);
		own->doubtful_until = now;
		log_notice("no other node has the server's address any more");
	}
}
