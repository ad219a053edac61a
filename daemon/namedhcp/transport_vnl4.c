/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 on a VDE network without a stack: frames, and ARP for the server's address (address4.h),
 * so that clients can renew by unicast. If another node has the address, it is left to that node:
 * messages are broadcast then, or come to both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>

#include "address4.h"
#include "dhcp4.h"
#include "dns.h"
#include "log.h"
#include "packet4.h"
#include "transport.h"
#include "vnl.h"

struct vnl4 {
	struct transport transport; /* first */
	struct vnl vnl;
	struct address4 address;
	struct loop_timer timer;
};

static struct vnl4 *of_vnl(struct vnl *vnl)
{
	return (struct vnl4 *)(void *)((char *)vnl - offsetof(struct vnl4, vnl));
}

/* ---- the address ----------------------------------------------------------------------------- */

static void arm(struct vnl4 *vnl4)
{
	engine_time deadline = vnl4->address.deadline;

	loop_timer_at(&vnl4->timer, deadline == ENGINE_NEVER ? TIMERQ_NEVER : deadline * LOOP_MSEC);
}

static void send_arp(void *context, const uint8_t mac[6], const uint8_t packet[ARP_PACKET_LEN])
{
	struct vnl4 *vnl4 = context;
	uint8_t frame[VNL_HEADER + ARP_PACKET_LEN];

	memcpy(frame + VNL_HEADER, packet, ARP_PACKET_LEN);
	(void)vnl_send(&vnl4->vnl, frame, mac, ETHERTYPE_ARP, ARP_PACKET_LEN);
}

static void due(struct loop_timer *timer)
{
	struct vnl4 *vnl4 = (struct vnl4 *)(void *)((char *)timer - offsetof(struct vnl4, timer));

	address4_timer(&vnl4->address, dns_now(vnl4->transport.loop));
	arm(vnl4);
}

static void take_arp(struct vnl4 *vnl4, const uint8_t *frame, size_t len)
{
	address4_input(
	    &vnl4->address, dns_now(vnl4->transport.loop), frame + VNL_HEADER, len - VNL_HEADER);
	arm(vnl4);
}

/* ---- messages -------------------------------------------------------------------------------- */

static bool is_for_us(const struct vnl4 *vnl4, const uint8_t destination[4])
{
	static const uint8_t all[4] = {0xff, 0xff, 0xff, 0xff};

	return memcmp(destination, all, 4) == 0 || memcmp(destination, vnl4->address.address, 4) == 0;
}

static void take_frame(struct vnl *vnl, const uint8_t *frame, size_t len)
{
	struct vnl4 *vnl4 = of_vnl(vnl);
	struct udp_packet udp;
	struct peer peer;

	if (vnl_is_own(vnl, frame))
		return;
	if (vnl_ethertype(frame) == ETHERTYPE_ARP)
		take_arp(vnl4, frame, len);
	if (vnl_ethertype(frame) != ETHERTYPE_IP ||
	    !udp_packet_get4(&udp, frame + VNL_HEADER, len - VNL_HEADER, false) ||
	    udp.destination_port != DHCP4_SERVER_PORT || !is_for_us(vnl4, udp.destination))
		return;
	peer = packet4_peer(&udp, frame + 6);
	transport_received(&vnl4->transport, &peer, udp.payload, udp.len);
}

static void reply(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	struct vnl4 *vnl4 = (struct vnl4 *)transport;
	uint8_t frame[VNL_FRAME_MAX];

	if (vnl_send(&vnl4->vnl, frame, peer->mac, ETHERTYPE_IP,
	        packet4_put(
	            frame + VNL_HEADER, VNL_PACKET_MAX, vnl4->address.address, peer, payload, len)) < 0)
		transport->send_errors++;
}

static void changed_link(struct vnl *vnl, bool is_up)
{
	struct vnl4 *vnl4 = of_vnl(vnl);

	if (is_up)
		address4_start(&vnl4->address, dns_now(vnl->loop), vnl->mac);
	else
		address4_stop(&vnl4->address);
	arm(vnl4);
}

static const struct vnl_ops vnl4_vnl_ops = {take_frame, changed_link};

static void close_vnl4(struct transport *transport)
{
	struct vnl4 *vnl4 = (struct vnl4 *)transport;

	loop_timer_cancel(&vnl4->timer);
	vnl_close(&vnl4->vnl);
	free(vnl4);
}

static const struct transport_ops vnl4_ops = {reply, close_vnl4};

int transport_vnl4_open(struct transport **transport, struct loop *loop, const char *vnl,
    const uint8_t *mac, uint8_t used[6], const uint8_t server[4], transport_input *input,
    void *context)
{
	struct vnl4 *vnl4 = calloc(1, sizeof(*vnl4));
	int err;

	if (!vnl4) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	vnl4->transport =
	    (struct transport){.ops = &vnl4_ops, .loop = loop, .input = input, .context = context};
	loop_timer_init(loop, &vnl4->timer, due);
	address4_init(&vnl4->address, server, send_arp, vnl4);
	err = vnl_open(&vnl4->vnl, loop, vnl, "DHCP", mac, &vnl4_vnl_ops);
	if (err) {
		free(vnl4);
		return err;
	}
	memcpy(used, vnl4->vnl.mac, 6);
	*transport = &vnl4->transport;
	return 0;
}
