/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 on a VDE network without a stack: frames, and ARP for the server's address, so that
 * clients can renew by unicast. If another node has the address, it is left to that node: messages
 * are broadcast then, or come to both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>

#include "arp_packet.h"
#include "dhcp4.h"
#include "log.h"
#include "packet4.h"
#include "transport.h"
#include "vnl.h"

struct vnl4 {
	struct transport transport; /* first */
	struct vnl vnl;
	uint8_t server[4];
	bool is_taken; /* by another node */
};

static struct vnl4 *of_vnl(struct vnl *vnl)
{
	return (struct vnl4 *)(void *)((char *)vnl - offsetof(struct vnl4, vnl));
}

static void take_arp(struct vnl4 *vnl4, const uint8_t *frame, size_t len)
{
	uint8_t sent[VNL_HEADER + ARP_PACKET_LEN];
	struct arp_packet arp, reply = {.operation = ARP_REPLY};

	if (!arp_packet_get(frame + VNL_HEADER, len - VNL_HEADER, &arp))
		return;
	/* RFC 5227, 2.4. */
	if (memcmp(arp.sender, vnl4->server, 4) == 0 && !vnl4->is_taken) {
		vnl4->is_taken = true;
		log_warning("another node has the server's address: it is left to it");
	}
	if (vnl4->is_taken || arp.operation != ARP_REQUEST || memcmp(arp.target, vnl4->server, 4) != 0)
		return;
	memcpy(reply.sender_mac, vnl4->vnl.mac, 6);
	memcpy(reply.sender, vnl4->server, 4);
	memcpy(reply.target_mac, arp.sender_mac, 6);
	memcpy(reply.target, arp.sender, 4);
	arp_packet_put(sent + VNL_HEADER, &reply);
	(void)vnl_send(&vnl4->vnl, sent, arp.sender_mac, ETHERTYPE_ARP, ARP_PACKET_LEN);
}

static bool is_for_us(const struct vnl4 *vnl4, const uint8_t destination[4])
{
	static const uint8_t all[4] = {0xff, 0xff, 0xff, 0xff};

	return memcmp(destination, all, 4) == 0 || memcmp(destination, vnl4->server, 4) == 0;
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
	        packet4_put(frame + VNL_HEADER, VNL_PACKET_MAX, vnl4->server, peer, payload, len)) < 0)
		transport->send_errors++;
}

/* Who has the address is asked once for each time that the network is there (RFC 5227, 2.1.1, in
 * one probe: nothing depends on the answer but who answers for it from then on). */
static void changed_link(struct vnl *vnl, bool is_up)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct vnl4 *vnl4 = of_vnl(vnl);
	uint8_t sent[VNL_HEADER + ARP_PACKET_LEN];

	if (!is_up)
		return;
	vnl4->is_taken = false;
	arp_packet_put_probe(sent + VNL_HEADER, vnl->mac, vnl4->server);
	(void)vnl_send(vnl, sent, all, ETHERTYPE_ARP, ARP_PACKET_LEN);
}

static const struct vnl_ops vnl4_vnl_ops = {take_frame, changed_link};

static void close_vnl4(struct transport *transport)
{
	struct vnl4 *vnl4 = (struct vnl4 *)transport;

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
	memcpy(vnl4->server, server, 4);
	err = vnl_open(&vnl4->vnl, loop, vnl, "DHCP", mac, &vnl4_vnl_ops);
	if (err) {
		free(vnl4);
		return err;
	}
	memcpy(used, vnl4->vnl.mac, 6);
	*transport = &vnl4->transport;
	return 0;
}
