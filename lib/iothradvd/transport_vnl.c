/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advertising on a VDE network without a stack: Ethernet frames, a link-local address of our own.
 *
 * What matters of a network is little: router solicitations and advertisements for the groups that
 * a router is in, neighbour solicitations for its address. A network that was lost and is back is
 * another link, as far as we know: the address is looked for duplicates again, and the hosts are
 * told anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <net/ethernet.h>

#include "instance.h"
#include "nd.h"
#include "nd_packet.h"
#include "neighbour.h"
#include "vdelink.h"

#define ETHERNET_HEADER 14
#define FRAME_SIZE      2048 /* larger ones are none of ours */
#define BURST           32
#define BURSTS          8 /* at a time: then it is looked whether anything else is due */
#define ETHERNET_MTU    1500
#define MAC_RETRIES     3 /* random addresses that somebody else has: that is no accident */
#define MILLISECOND     1000000u

struct vnl {
	struct transport transport; /* first */
	struct vdelink *link;
	bool up;
	bool random_mac;
	unsigned int retries;
	engine_time now; /* of the work that is being done */
	uint8_t mac[6];
	struct neighbour neighbour;
	uint8_t frames[BURST][FRAME_SIZE];
};

static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
static const uint8_t all_routers[16] = {0xff, 0x02, [15] = 2};

/* ---- sending --------------------------------------------------------------------------------- */

static int send_frame(struct vnl *vnl, const uint8_t source[16], const uint8_t destination[16],
    const uint8_t mac[6], const void *icmp, size_t len)
{
	uint8_t frame[FRAME_SIZE];
	struct iovec piece = {.iov_base = frame};
	const struct vdelink_frame sent = {.piece = &piece, .pieces = 1};
	size_t packet_len = nd_packet_put(
	    frame + ETHERNET_HEADER, sizeof(frame) - ETHERNET_HEADER, source, destination, icmp, len);

	if (packet_len == 0)
		return -EMSGSIZE;
	memcpy(frame, mac, 6);
	memcpy(frame + 6, vnl->mac, 6);
	frame[12] = ETHERTYPE_IPV6 >> 8;
	frame[13] = ETHERTYPE_IPV6 & 0xff;
	piece.iov_len = ETHERNET_HEADER + packet_len;
	if (vdelink_state(vnl->link) != VDELINK_UP)
		return -ENETDOWN;
	return vdelink_send(vnl->link, &sent, 1) == 1 ? 0 : -EAGAIN;
}

static int vnl_send(struct transport *transport, const uint8_t *destination, const uint8_t *mac,
    const void *icmp, size_t len)
{
	struct vnl *vnl = (struct vnl *)transport;
	uint8_t group_mac[6];

	nd_group_mac(group_mac, all_nodes);
	return send_frame(vnl, vnl->neighbour.address, destination ? destination : all_nodes,
	    destination ? mac : group_mac, icmp, len);
}

/* ---- the address ----------------------------------------------------------------------------- */

/* Locally administered, of no group. */
static void make_mac(uint8_t mac[6])
{
	for (size_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)instance_random(NULL);
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 2);
}

static void neighbour_send(void *context, const uint8_t source[16], const uint8_t destination[16],
    const uint8_t mac[6], const void *icmp, size_t len)
{
	(void)send_frame(context, source, destination, mac, icmp, len);
}

static void neighbour_changed(void *context)
{
	struct vnl *vnl = context;
	struct iothradvd *instance = vnl->transport.instance;
	size_t frame = vdelink_frame_max(vnl->link);

	switch (vnl->neighbour.state) {
	case NEIGHBOUR_USABLE:
		vnl->retries = 0;
		router_ready(&instance->router, vnl->now, vnl->neighbour.address, vnl->mac,
		    frame > ETHERNET_HEADER && frame < ETHERNET_HEADER + ETHERNET_MTU
		        ? (unsigned int)frame - ETHERNET_HEADER
		        : ETHERNET_MTU);
		break;
	case NEIGHBOUR_DUPLICATE:
		router_unready(&instance->router);
		teller_say(&instance->teller, LOG_ERR,
		    "another node has the link-local address of %02x:%02x:%02x:%02x:%02x:%02x", vnl->mac[0],
		    vnl->mac[1], vnl->mac[2], vnl->mac[3], vnl->mac[4], vnl->mac[5]);
		if (!vnl->random_mac || vnl->retries++ >= MAC_RETRIES)
			break;
		make_mac(vnl->mac);
		neighbour_start(&vnl->neighbour, vnl->now, vnl->mac);
		break;
	case NEIGHBOUR_TENTATIVE: /* solicitations may be taken down already */
		break;
	default:
		router_unready(&instance->router);
	}
}

static const struct neighbour_ops neighbour_ops = {
    instance_random, neighbour_send, neighbour_changed};

/* ---- receiving ------------------------------------------------------------------------------- */

/* Is a destination one of ours? What arrives on a hub may be for anybody. */
static bool is_for_us(const struct vnl *vnl, const uint8_t *frame, const uint8_t destination[16])
{
	uint8_t group[16], mac[6];

	if (destination[0] != 0xff)
		return memcmp(destination, vnl->neighbour.address, 16) == 0 &&
		       memcmp(frame, vnl->mac, 6) == 0;
	nd_solicited_node(group, vnl->neighbour.address);
	nd_group_mac(mac, destination);
	return memcmp(frame, mac, 6) == 0 &&
	       (memcmp(destination, all_routers, 16) == 0 || memcmp(destination, all_nodes, 16) == 0 ||
	           memcmp(destination, group, 16) == 0);
}

static void take_frame(struct vnl *vnl, const uint8_t *frame, size_t len)
{
	struct router *router = &vnl->transport.instance->router;
	const uint8_t *packet = frame + ETHERNET_HEADER, *source, *mac = frame + 6;
	const uint8_t *icmp;
	size_t icmp_len;

	if (len < ETHERNET_HEADER + ND_IPV6_HEADER || frame[12] != ETHERTYPE_IPV6 >> 8 ||
	    frame[13] != (ETHERTYPE_IPV6 & 0xff) || (mac[0] & 1) ||
	    !is_for_us(vnl, frame, nd_packet_destination(packet)))
		return;
	icmp = nd_packet_get(packet, len - ETHERNET_HEADER, false, &icmp_len);
	if (!icmp)
		return;
	/* With our MAC address it is our own, come back, or that of a twin, which has been given the
	 * same address: the neighbour's engine tells them apart. */
	if (memcmp(mac, vnl->mac, 6) == 0 && icmp[0] != ND_NEIGHBOUR_SOLICIT &&
	    icmp[0] != ND_NEIGHBOUR_ADVERT)
		return;
	source = nd_packet_source(packet);
	switch (icmp[0]) {
	case ND_ROUTER_SOLICIT:
		router_solicited(router, vnl->now, source, mac, icmp, icmp_len);
		break;
	case ND_ROUTER_ADVERT:
		router_heard(router, vnl->now, source, icmp, icmp_len);
		break;
	case ND_NEIGHBOUR_SOLICIT:
	case ND_NEIGHBOUR_ADVERT:
		neighbour_input(
		    &vnl->neighbour, vnl->now, source, nd_packet_destination(packet), mac, icmp, icmp_len);
		break;
	default:
		break;
	}
}

static void receive(struct vnl *vnl)
{
	struct iovec frames[BURST];
	unsigned int got;

	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (size_t i = 0; i < BURST; i++)
			frames[i] = (struct iovec){.iov_base = vnl->frames[i], .iov_len = FRAME_SIZE};
		got = vdelink_recv(vnl->link, frames, BURST);
		for (unsigned int i = 0; i < got; i++)
			take_frame(vnl, frames[i].iov_base, frames[i].iov_len); /* the link reorders them */
		if (got == 0)
			break;
	}
}

/* ---- the network ----------------------------------------------------------------------------- */

static void watch_link(struct vnl *vnl)
{
	bool up = vdelink_state(vnl->link) == VDELINK_UP;

	if (up == vnl->up)
		return;
	vnl->up = up;
	if (up) {
		teller_say(&vnl->transport.instance->teller, LOG_NOTICE, "the network is there");
		neighbour_start(&vnl->neighbour, vnl->now, vnl->mac);
	} else {
		teller_say(&vnl->transport.instance->teller, LOG_WARNING, "the network is lost");
		neighbour_stop(&vnl->neighbour);
	}
}

static void vnl_work(struct transport *transport, const struct pollfd *fds, engine_time now)
{
	struct vnl *vnl = (struct vnl *)transport;

	vnl->now = now;
	vdelink_poll(vnl->link, now * MILLISECOND);
	watch_link(vnl);
	receive(vnl);
	watch_link(vnl); /* receiving is how a loss is noticed */
	neighbour_timer(&vnl->neighbour, now);
}

static unsigned int vnl_polls(struct transport *transport, struct pollfd *fds)
{
	struct vnl *vnl = (struct vnl *)transport;

	fds[0] = (struct pollfd){.fd = vdelink_fd(vnl->link), .events = POLLIN};
	return 1;
}

static engine_time vnl_deadline(struct transport *transport)
{
	struct vnl *vnl = (struct vnl *)transport;
	uint64_t link = vdelink_deadline(vnl->link);

	/* Rounded up: it is due then. */
	return engine_min(vnl->neighbour.deadline,
	    link == UINT64_MAX ? ENGINE_NEVER : (link + MILLISECOND - 1) / MILLISECOND);
}

static void vnl_close(struct transport *transport)
{
	struct vnl *vnl = (struct vnl *)transport;

	vdelink_close(vnl->link);
	free(vnl);
}

static const struct transport_ops vnl_ops = {
    vnl_polls, vnl_work, vnl_deadline, vnl_send, vnl_close};

int transport_vnl_open(struct iothradvd *instance, const char *name, const uint8_t *mac,
    struct transport **opened, char why[SETTINGS_WHY_SIZE])
{
	struct vnl *vnl;
	int err;

	if (mac && (mac[0] & 1)) {
		strcpy(why, "the MAC address is that of a group");
		return -EINVAL;
	}
	vnl = calloc(1, sizeof(*vnl));
	if (!vnl)
		return -ENOMEM;
	vnl->transport = (struct transport){.ops = &vnl_ops, .instance = instance};
	vnl->random_mac = !mac;
	if (mac)
		memcpy(vnl->mac, mac, 6);
	else
		make_mac(vnl->mac);
	neighbour_init(&vnl->neighbour, &neighbour_ops, vnl);
	vnl->neighbour.is_router = true;
	err = vdelink_open(name, "radvd", &vnl->link);
	if (err) {
		vdelink_reason(name, err, why, SETTINGS_WHY_SIZE);
		free(vnl);
		return err;
	}
	*opened = &vnl->transport;
	return 0;
}
