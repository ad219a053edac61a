/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet sockets. */
#include "socket_internal.h"

#include <linux/if_ether.h>

static int frame_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sockaddr_ll ll;

	if (len < sizeof(ll))
		return -EINVAL;
	memcpy(&ll, name, sizeof(ll));
	if (ll.sll_family != AF_PACKET)
		return -EINVAL;
	return packet_bind(sock->packet, ntohs(ll.sll_protocol), (uint32_t)ll.sll_ifindex);
}

static int frame_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	return -EOPNOTSUPP;
}

static int frame_name(
    struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len)
{
	const struct px_iface *iface = px_iface_by_index(sock->stack, sock->packet->ifindex);
	struct sockaddr_ll ll = {.sll_family = AF_PACKET,
	    .sll_protocol = htons(sock->packet->protocol),
	    .sll_ifindex = (int)sock->packet->ifindex};

	if (peer)
		return -EOPNOTSUPP;
	if (iface) {
		ll.sll_hatype = iface->type->arphrd;
		ll.sll_halen = iface->type->address_len;
		memcpy(ll.sll_addr, iface->mac, PX_MAC_LEN);
	}
	memset(name, 0, sizeof(*name));
	memcpy(name, &ll, sizeof(ll));
	*len = sizeof(ll);
	return 0;
}

static int frame_shutdown(struct px_sock *sock, int how)
{
	return -EOPNOTSUPP;
}

static int frame_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	struct sockaddr_ll ll = {0};
	int len = (int)pkt->total, err;
	uint16_t protocol = 0;

	err = -EINVAL;
	if (flags & MSG_OOB)
		goto fail;
	err = sock_take_error(sock, &sock->packet->error);
	if (err)
		goto fail;
	err = -EINVAL;
	if (msg->msg_name && msg->msg_namelen) {
		if (msg->msg_namelen < sizeof(ll))
			goto fail;
		memcpy(&ll, msg->msg_name, sizeof(ll));
		if (ll.sll_family != AF_PACKET)
			goto fail;
		protocol = ntohs(ll.sll_protocol);
	}
	err = packet_send(sock->packet, pkt, (uint32_t)ll.sll_ifindex, protocol,
	    msg->msg_name && ll.sll_halen == PX_MAC_LEN ? ll.sll_addr : NULL);
	return err ? err : len;

fail:
	px_pkt_free(pkt);
	return err;
}

static int frame_receive(
    struct px_sock *sock, struct msghdr *msg, struct px_pkt **result, int flags)
{
	struct packet_end *end = sock->packet;
	struct control_writer writer;
	struct sockaddr_storage name;
	struct sockaddr_ll ll;
	struct px_pkt *pkt;
	int err = sock_take_error(sock, &end->error);

	if (err)
		return err;
	if (!end->rx.first)
		return -EAGAIN;
	pkt = packet_take(end, flags & MSG_PEEK);
	if (!pkt)
		return -ENOMEM;
	packet_name(pkt, &ll);
	memset(&name, 0, sizeof(name));
	memcpy(&name, &ll, sizeof(ll));
	sock_name_copy(&name, sizeof(ll), msg->msg_name, &msg->msg_namelen);
	writer = control_writer(msg);
	control_write_timestamp(sock, pkt, &writer);
	if (end->auxdata) {
		struct tpacket_auxdata aux = {.tp_status = TP_STATUS_USER,
		    .tp_len = pkt->total,
		    .tp_snaplen = pkt->total,
		    .tp_net = (uint16_t)(pkt->l3 - px_pkt_here(pkt)),
		    .tp_vlan_tci = pkt->vlan_tci};
		if (pkt->flags & PX_PKT_VLAN) {
			aux.tp_status |= TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID;
			aux.tp_vlan_tpid = ETH_P_8021Q;
		}
		if (pkt->flags & PX_PKT_CSUM_PARTIAL)
			aux.tp_status |= TP_STATUS_CSUMNOTREADY;
		control_put(&writer, SOL_PACKET, PACKET_AUXDATA, &aux, sizeof(aux));
	}
	control_end(&writer);
	sock_changed(sock, false);
	*result = pkt;
	return (int)pkt->total;
}

static unsigned int frame_poll(const struct px_sock *sock)
{
	return sock_queue_poll(sock->packet->error, &sock->packet->rx);
}

static void frame_free(struct px_sock *sock)
{
	packet_free(sock->packet);
}

static const struct sock_option *const frame_tables[] = {socket_options, packet_options, NULL};

const struct sock_ops packet_sock_ops = {
    .bind = frame_bind,
    .connect = frame_connect,
    .name = frame_name,
    .shutdown = frame_shutdown,
    .send = frame_send,
    .receive = frame_receive,
    .poll = frame_poll,
    .free = frame_free,
    .options = frame_tables,
};
