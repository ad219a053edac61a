/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 on a VDE network without a stack.
 *
 * A stack of its own would be picox with one address and one socket; what is needed of it is so
 * little (a checksum, solicitations for one address, duplicates of it) that frames are simpler, and
 * a message costs no descriptor: lib/dhcp has the parts, which clients and routers use as well.
 *
 * Messages are taken from the start, and answered: while the link-local address is looked for
 * duplicates (RFC 4862, 5.4) it is an optimistic one (RFC 4429), which says so to nobody, and has
 * nobody to ask, since the client's MAC address is known. A random MAC address that somebody has is
 * given up for another one; the server's identifier stays, it need not be an address (RFC 8415,
 * 11).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>
#include <sys/random.h>

#include "dhcp6.h"
#include "dns.h"
#include "log.h"
#include "nd_packet.h"
#include "neighbour.h"
#include "transport.h"
#include "udp_packet.h"
#include "vnl.h"

#define HOP_LIMIT   64
#define MAC_RETRIES 3 /* random addresses that somebody else has: that is no accident */

struct vnl6 {
	struct transport transport; /* first */
	struct vnl vnl;
	struct neighbour neighbour;
	struct loop_timer timer;
	unsigned int retries;
};

/* RFC 8415, 7.1. */
static const uint8_t servers[2][16] = {
    {0xff, 0x02, [13] = 1, [15] = 2}, {0xff, 0x05, [13] = 1, [15] = 3}};

static struct vnl6 *of_vnl(struct vnl *vnl)
{
	return (struct vnl6 *)(void *)((char *)vnl - offsetof(struct vnl6, vnl));
}

static void arm(struct vnl6 *vnl6)
{
	engine_time deadline = vnl6->neighbour.deadline;

	loop_timer_at(&vnl6->timer, deadline == ENGINE_NEVER ? TIMERQ_NEVER : deadline * LOOP_MSEC);
}

/* ---- the address ----------------------------------------------------------------------------- */

static uint32_t roll(void *context)
{
	uint32_t value = 0;

	(void)!getrandom(&value, sizeof(value), 0);
	return value;
}

static void send_icmp(void *context, const uint8_t source[16], const uint8_t destination[16],
    const uint8_t mac[6], const void *icmp, size_t len)
{
	struct vnl6 *vnl6 = context;
	uint8_t frame[VNL_FRAME_MAX];

	(void)vnl_send(&vnl6->vnl, frame, mac, ETHERTYPE_IPV6,
	    nd_packet_put(frame + VNL_HEADER, VNL_PACKET_MAX, source, destination, icmp, len));
}

static void changed_address(void *context)
{
	struct vnl6 *vnl6 = context;

	if (vnl6->neighbour.state == NEIGHBOUR_USABLE)
		vnl6->retries = 0;
	if (vnl6->neighbour.state != NEIGHBOUR_DUPLICATE)
		return;
	log_error("another node has the link-local address of %02x:%02x:%02x:%02x:%02x:%02x",
	    vnl6->vnl.mac[0], vnl6->vnl.mac[1], vnl6->vnl.mac[2], vnl6->vnl.mac[3], vnl6->vnl.mac[4],
	    vnl6->vnl.mac[5]);
	if (!vnl6->vnl.has_random_mac || vnl6->retries++ >= MAC_RETRIES)
		return;
	vnl_make_mac(&vnl6->vnl);
	neighbour_start(&vnl6->neighbour, dns_now(vnl6->transport.loop), vnl6->vnl.mac);
}

static const struct neighbour_ops neighbour_ops = {roll, send_icmp, changed_address};

static void due(struct loop_timer *timer)
{
	struct vnl6 *vnl6 = (struct vnl6 *)(void *)((char *)timer - offsetof(struct vnl6, timer));

	neighbour_timer(&vnl6->neighbour, dns_now(vnl6->transport.loop));
	arm(vnl6);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void take_icmp(struct vnl6 *vnl6, const uint8_t *frame, size_t len)
{
	const uint8_t *packet = frame + VNL_HEADER;
	size_t icmp_len;
	const void *icmp = nd_packet_get(packet, len - VNL_HEADER, false, &icmp_len);

	if (!icmp)
		return;
	neighbour_input(&vnl6->neighbour, dns_now(vnl6->transport.loop), nd_packet_source(packet),
	    nd_packet_destination(packet), frame + 6, icmp, icmp_len);
	arm(vnl6);
}

static bool is_for_us(const struct vnl6 *vnl6, const uint8_t destination[16])
{
	return memcmp(destination, vnl6->neighbour.address, 16) == 0 ||
	       memcmp(destination, servers[0], 16) == 0 || memcmp(destination, servers[1], 16) == 0;
}

static void take_frame(struct vnl *vnl, const uint8_t *frame, size_t len)
{
	struct vnl6 *vnl6 = of_vnl(vnl);
	struct udp_packet udp;
	struct peer peer;

	if (vnl_ethertype(frame) != ETHERTYPE_IPV6 || len < VNL_HEADER + ND_IPV6_HEADER)
		return;
	if (frame[VNL_HEADER + 6] == IPPROTO_ICMPV6) {
		take_icmp(vnl6, frame, len);
		return;
	}
	if (vnl_is_own(vnl, frame) ||
	    !udp_packet_get6(&udp, frame + VNL_HEADER, len - VNL_HEADER, false) ||
	    udp.destination_port != DHCP6_SERVER_PORT || !is_for_us(vnl6, udp.destination))
		return;
	peer = (struct peer){
	    .port = udp.source_port, .is_unicast = udp.destination[0] != 0xff, .flow = udp.flow};
	memcpy(peer.mac, frame + 6, 6);
	memcpy(peer.address, udp.source, 16);
	transport_received(&vnl6->transport, &peer, udp.payload, udp.len);
}

static void reply(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	struct vnl6 *vnl6 = (struct vnl6 *)transport;
	struct udp_packet udp = {.source_port = DHCP6_SERVER_PORT,
	    .destination_port = peer->port,
	    .ttl = HOP_LIMIT,
	    .flow = peer->flow,
	    .payload = payload,
	    .len = len};
	uint8_t frame[VNL_FRAME_MAX];

	if (vnl6->neighbour.state != NEIGHBOUR_USABLE && vnl6->neighbour.state != NEIGHBOUR_TENTATIVE) {
		transport->send_errors++;
		return;
	}
	memcpy(udp.source, vnl6->neighbour.address, 16);
	memcpy(udp.destination, peer->address, 16);
	if (vnl_send(&vnl6->vnl, frame, peer->mac, ETHERTYPE_IPV6,
	        udp_packet_put6(frame + VNL_HEADER, VNL_PACKET_MAX, &udp)) < 0)
		transport->send_errors++;
}

/* A network that was lost and is back is another link, as far as we know. */
static void changed_link(struct vnl *vnl, bool is_up)
{
	struct vnl6 *vnl6 = of_vnl(vnl);

	if (is_up)
		neighbour_start(&vnl6->neighbour, dns_now(vnl->loop), vnl->mac);
	else
		neighbour_stop(&vnl6->neighbour);
	arm(vnl6);
}

static const struct vnl_ops vnl6_vnl_ops = {take_frame, changed_link};

static void close_vnl6(struct transport *transport)
{
	struct vnl6 *vnl6 = (struct vnl6 *)transport;

	loop_timer_cancel(&vnl6->timer);
	vnl_close(&vnl6->vnl);
	free(vnl6);
}

static const struct transport_ops vnl6_ops = {reply, close_vnl6};

int transport_vnl6_open(struct transport **transport, struct loop *loop, const char *vnl,
    const uint8_t *mac, uint8_t used[6], transport_input *input, void *context)
{
	struct vnl6 *vnl6 = calloc(1, sizeof(*vnl6));
	int err;

	if (!vnl6) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	vnl6->transport =
	    (struct transport){.ops = &vnl6_ops, .loop = loop, .input = input, .context = context};
	loop_timer_init(loop, &vnl6->timer, due);
	neighbour_init(&vnl6->neighbour, &neighbour_ops, vnl6);
	err = vnl_open(&vnl6->vnl, loop, vnl, "DHCPv6", mac, &vnl6_vnl_ops);
	if (err) {
		free(vnl6);
		return err;
	}
	memcpy(used, vnl6->vnl.mac, 6);
	*transport = &vnl6->transport;
	return 0;
}
