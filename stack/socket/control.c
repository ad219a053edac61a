/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control messages, both ways: ip(7), ipv6(7), RFC 3542, packet(7). */
#include "socket_internal.h"

#include "ip6.h"

#include <linux/errqueue.h>
#include <linux/udp.h>

#define FLOW_LABEL 0xfffff

/* ---- of a sending ---- */

static int read_int(const struct cmsghdr *cmsg, int min, int max, int *value)
{
	uint8_t byte;

	if (cmsg->cmsg_len == CMSG_LEN(1)) {
		memcpy(&byte, CMSG_DATA(cmsg), 1);
		*value = byte;
	} else if (cmsg->cmsg_len == CMSG_LEN(sizeof(*value))) {
		memcpy(value, CMSG_DATA(cmsg), sizeof(*value));
	} else {
		return -EINVAL;
	}
	return *value < min || *value > max ? -EINVAL : 0;
}

static int read_ip4_options(const struct cmsghdr *cmsg, struct endpoint_send *send)
{
	size_t len = cmsg->cmsg_len - CMSG_LEN(0);
	uint8_t bytes[40] = {0};

	if (len > sizeof(bytes))
		return -EINVAL;
	memcpy(bytes, CMSG_DATA(cmsg), len);
	send->has_options = true;
	return ip4_options_parse(bytes, (len + 3) & ~(size_t)3, &send->options) ||
	               send->options.source_route
	           ? -EINVAL
	           : 0;
}

static int read_ip4(const struct cmsghdr *cmsg, struct endpoint_send *send)
{
	struct in_pktinfo info;

	switch (cmsg->cmsg_type) {
	case IP_PKTINFO:
		if (cmsg->cmsg_len != CMSG_LEN(sizeof(info)))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		if (info.ipi_ifindex)
			send->oif = (uint32_t)info.ipi_ifindex;
		if (info.ipi_spec_dst.s_addr)
			send->src = px_ip4(info.ipi_spec_dst.s_addr);
		return 0;
	case IP_TTL:
		return read_int(cmsg, 1, 255, &send->ttl);
	case IP_TOS:
		return read_int(cmsg, 0, 255, &send->tos);
	case IP_RETOPTS:
		return read_ip4_options(cmsg, send);
	default:
		return -EINVAL;
	}
}

/* One of a kind (RFC 3542 section 6.3). */
static int read_extension(struct px_stack *stack, const struct cmsghdr *cmsg,
    enum ip6_extension_slot slot, struct endpoint_send *send)
{
	int err;

	if (cmsg->cmsg_len < CMSG_LEN(8) || (send->extensions && send->extensions->slot[slot].bytes))
		return -EINVAL;
	err = ip6_extensions_set(
	    stack, &send->extensions, slot, CMSG_DATA(cmsg), cmsg->cmsg_len - CMSG_LEN(0));
	return err == -ENOMEM ? -ENOBUFS : err;
}

static int read_ip6(struct px_stack *stack, const struct cmsghdr *cmsg, struct endpoint_send *send)
{
	struct in6_pktinfo info;

	switch (cmsg->cmsg_type) {
	case IPV6_PKTINFO:
		if (cmsg->cmsg_len < CMSG_LEN(sizeof(info)))
			return -EINVAL;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		if (info.ipi6_ifindex)
			send->oif = info.ipi6_ifindex;
		send->src = px_ip6_load(&info.ipi6_addr);
		return 0;
	case IPV6_HOPLIMIT:
		return read_int(cmsg, -1, 255, &send->ttl);
	case IPV6_TCLASS:
		return read_int(cmsg, -1, 255, &send->tos);
	case IPV6_DONTFRAG:
		return read_int(cmsg, 0, 1, &send->dontfrag);
	case IPV6_HOPOPTS:
		return read_extension(stack, cmsg, IP6_EXT_HOP_BY_HOP, send);
	case IPV6_RTHDRDSTOPTS:
		return read_extension(stack, cmsg, IP6_EXT_BEFORE_ROUTING, send);
	case IPV6_DSTOPTS:
		return read_extension(stack, cmsg, IP6_EXT_DESTINATION, send);
	default:
		return -EINVAL;
	}
}

static int read_udp(const struct cmsghdr *cmsg, struct endpoint_send *send)
{
	if (cmsg->cmsg_type != UDP_SEGMENT || cmsg->cmsg_len != CMSG_LEN(sizeof(send->segment)))
		return -EINVAL;
	memcpy(&send->segment, CMSG_DATA(cmsg), sizeof(send->segment));
	return 0;
}

int control_read(const struct px_sock *sock, const struct msghdr *msg, struct endpoint_send *send)
{
	/* CMSG_NXTHDR wants a msghdr that may be written; nothing is. */
	struct msghdr copy = {.msg_control = msg->msg_control, .msg_controllen = msg->msg_controllen};
	struct cmsghdr *cmsg;
	int err;

	if (!msg->msg_control)
		return 0;
	for (cmsg = CMSG_FIRSTHDR(&copy); cmsg; cmsg = CMSG_NXTHDR(&copy, cmsg)) {
		size_t left = msg->msg_controllen - (size_t)((char *)cmsg - (char *)msg->msg_control);
		if (cmsg->cmsg_len < sizeof(*cmsg) || cmsg->cmsg_len > left)
			return -EINVAL;
		switch (cmsg->cmsg_level) {
		case IPPROTO_IP:
			err = read_ip4(cmsg, send);
			break;
		case IPPROTO_IPV6:
			err = sock->domain == AF_INET6 ? read_ip6(sock->stack, cmsg, send) : 0;
			break;
		case IPPROTO_UDP:
			err = sock->ops == &udp_sock_ops ? read_udp(cmsg, send) : 0;
			break;
		default: /* others', as Linux */
			err = 0;
			break;
		}
		if (err)
			return err;
	}
	/* A source that is not ours to use. */
	if (!px_ip_is_any(&send->src))
		return endpoint_check_local(sock->endpoint, &send->src, send->oif ? send->oif : send->zone);
	return 0;
}

/* ---- of a receiving ---- */

struct control_writer control_writer(struct msghdr *msg)
{
	return (struct control_writer){.msg = msg, .room = msg->msg_control ? msg->msg_controllen : 0};
}

void control_put(struct control_writer *writer, int level, int type, const void *data, size_t len)
{
	struct cmsghdr header = {.cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};
	size_t left = writer->room > writer->used ? writer->room - writer->used : 0;
	uint8_t *at;

	if (left < sizeof(header)) {
		writer->msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	if (left < CMSG_LEN(len)) { /* a part of it, as put_cmsg */
		writer->msg->msg_flags |= MSG_CTRUNC;
		header.cmsg_len = left;
		len = left - CMSG_LEN(0);
	}
	at = (uint8_t *)writer->msg->msg_control + writer->used;
	memcpy(at, &header, sizeof(header));
	memcpy(at + CMSG_LEN(0), data, len);
	writer->used += left < CMSG_SPACE(len) ? left : CMSG_SPACE(len);
}

void control_end(struct control_writer *writer)
{
	writer->msg->msg_controllen = writer->used;
}

void control_write_timestamp(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer)
{
	int64_t time = (int64_t)pkt->time + sock->stack->realtime_offset;
	uint32_t flags = sock->endpoint ? sock->endpoint->flags : 0;

	if (flags & ENDPOINT_TIMESTAMPNS) {
		struct timespec ts = {
		    .tv_sec = (time_t)(time / (int64_t)PX_SEC), .tv_nsec = (long)(time % (int64_t)PX_SEC)};
		control_put(writer, SOL_SOCKET, SCM_TIMESTAMPNS, &ts, sizeof(ts));
	} else if ((flags & ENDPOINT_TIMESTAMP) ||
	           (sock->domain == AF_PACKET && sock->packet->timestamp)) {
		struct timeval tv = {.tv_sec = (time_t)(time / (int64_t)PX_SEC),
		    .tv_usec = (suseconds_t)(time % (int64_t)PX_SEC / 1000)};
		control_put(writer, SOL_SOCKET, SCM_TIMESTAMP, &tv, sizeof(tv));
	}
}

/* The options of the IPv4 header, which still stands before the data (IP_RECVOPTS); and as they
 * would be sent back (IP_RETOPTS): a source route is not followed. */
static void write_ip4_options(
    const struct endpoint *e, const struct px_pkt *pkt, struct control_writer *writer)
{
	const uint8_t *header = px_pkt_at(pkt, pkt->l3);
	struct ip4_options options;
	size_t len = (size_t)(header[0] & 0x0f) * 4;

	if (len <= IP4_HEADER)
		return;
	len -= IP4_HEADER;
	if (e->flags & ENDPOINT_RECV_OPTIONS)
		control_put(writer, IPPROTO_IP, IP_RECVOPTS, header + IP4_HEADER, len);
	if (!e->recv_retopts || ip4_options_parse(header + IP4_HEADER, len, &options))
		return;
	if (options.source_route)
		memset(options.bytes + options.source_route - 1, IP4_OPT_NOP,
		    options.bytes[options.source_route]);
	control_put(writer, IPPROTO_IP, IP_RETOPTS, options.bytes, options.len);
}

static void write_ip4(
    const struct endpoint *e, const struct px_pkt *pkt, struct control_writer *writer)
{
	int value;

	if (e->flags & ENDPOINT_RECV_PKTINFO4) {
		struct in_pktinfo info = {.ipi_ifindex = (int)pkt->ifindex,
		    .ipi_addr.s_addr = px_ip4_word(&pkt->dst),
		    .ipi_spec_dst.s_addr = px_ip4_word(&pkt->dst)};
		if (pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)) {
			/* What an answer would be sent from. */
			struct px_ip source;
			info.ipi_spec_dst.s_addr = 0;
			if (ip_source_select(
			        e->stack, &pkt->src, px_iface_by_index(e->stack, pkt->ifindex), 0, &source))
				info.ipi_spec_dst.s_addr = px_ip4_word(&source);
		}
		control_put(writer, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	}
	if (e->flags & ENDPOINT_RECV_TTL) {
		value = pkt->ttl;
		control_put(writer, IPPROTO_IP, IP_TTL, &value, sizeof(value));
	}
	if (e->flags & ENDPOINT_RECV_TOS)
		control_put(writer, IPPROTO_IP, IP_TOS, &pkt->tos, 1);
	if ((e->flags & ENDPOINT_RECV_OPTIONS) || e->recv_retopts)
		write_ip4_options(e, pkt, writer);
	if (e->flags & ENDPOINT_RECV_ORIGDSTADDR) {
		struct sockaddr_storage name;
		socklen_t len = sock_name_write(AF_INET, &pkt->dst, pkt->dport, 0, &name);
		control_put(writer, IPPROTO_IP, IP_ORIGDSTADDR, &name, len);
	}
}

/* The extension headers between the IPv6 header and the transport's, as they came. The chain was
 * checked when the packet came in. */
static void write_extensions(
    const struct endpoint *e, const struct px_pkt *pkt, struct control_writer *writer)
{
	uint32_t at = pkt->l3 + IP6_HEADER;
	uint8_t next = px_pkt_at(pkt, pkt->l3)[IP6_NEXT_OFFSET];

	while (at + 8 <= pkt->l4 && ip6_is_extension(next)) {
		const uint8_t *header = px_pkt_at(pkt, at);
		size_t len = next == IPPROTO_FRAGMENT ? IP6_FRAGMENT : ((size_t)header[1] + 1) * 8;

		if (len > pkt->l4 - at)
			return;
		if (next == IPPROTO_HOPOPTS && e->recv_hop_options)
			control_put(writer, IPPROTO_IPV6, IPV6_HOPOPTS, header, len);
		else if (next == IPPROTO_DSTOPTS && e->recv_dst_options)
			control_put(writer, IPPROTO_IPV6, IPV6_DSTOPTS, header, len);
		else if (next == IPPROTO_ROUTING && e->recv_routing)
			control_put(writer, IPPROTO_IPV6, IPV6_RTHDR, header, len);
		next = header[0];
		at += (uint32_t)len;
	}
}

static void write_ip6(
    const struct endpoint *e, const struct px_pkt *pkt, struct control_writer *writer)
{
	int value;
	uint32_t flow;

	if (e->flags & ENDPOINT_RECV_PKTINFO6) {
		struct in6_pktinfo info = {.ipi6_ifindex = pkt->ifindex};
		memcpy(&info.ipi6_addr, pkt->dst.b, 16); /* mapped where it is IPv4 */
		control_put(writer, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (px_ip_is4(&pkt->src))
		return;
	if (e->flags & ENDPOINT_RECV_HOPLIMIT) {
		value = pkt->ttl;
		control_put(writer, IPPROTO_IPV6, IPV6_HOPLIMIT, &value, sizeof(value));
	}
	if (e->flags & ENDPOINT_RECV_TCLASS) {
		value = pkt->tos;
		control_put(writer, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
	}
	flow = htonl((uint32_t)pkt->tos << 20 | (pkt->flow_label & FLOW_LABEL));
	if ((e->flags & ENDPOINT_RECV_FLOWINFO) && flow)
		control_put(writer, IPPROTO_IPV6, 11 /* IPV6_FLOWINFO */, &flow, sizeof(flow));
	if (e->recv_hop_options || e->recv_dst_options || e->recv_routing)
		write_extensions(e, pkt, writer);
}

socklen_t control_write_path_mtu(
    const struct px_sock *sock, struct control_writer *writer, struct sockaddr_storage *name)
{
	const struct endpoint_path_mtu *told = sock->endpoint->path_mtu;
	struct ip6_mtuinfo info = {.ip6m_mtu = told->mtu};
	socklen_t len = sock_name_write(AF_INET6, &told->dst, told->port, told->zone, name);

	memcpy(&info.ip6m_addr, name, sizeof(info.ip6m_addr));
	control_put(writer, IPPROTO_IPV6, IPV6_PATHMTU, &info, sizeof(info));
	return len;
}

void control_write_packet(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer)
{
	const struct endpoint *e = sock->endpoint;

	control_write_timestamp(sock, pkt, writer);
	if ((e->flags & ENDPOINT_RXQ_OVFL) && e->drops)
		control_put(writer, SOL_SOCKET, SO_RXQ_OVFL, &e->drops, sizeof(e->drops));
	if (sock->ops == &udp_sock_ops && udp_joined_size(pkt)) {
		int size = udp_joined_size(pkt);
		control_put(writer, IPPROTO_UDP, UDP_GRO, &size, sizeof(size));
	}
	if (sock->domain == AF_INET6)
		write_ip6(e, pkt, writer);
	if (px_ip_is4(&pkt->src))
		write_ip4(e, pkt, writer);
}

void control_write_error(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer)
{
	struct {
		struct sock_extended_err error;
		struct sockaddr_storage offender;
	} record = {0};
	struct endpoint_error error;
	bool is4 = px_ip_is4(&pkt->dst);
	socklen_t len;

	memcpy(&error, &pkt->cb, sizeof(error));
	record.error.ee_errno = error.error;
	record.error.ee_origin = error.origin;
	record.error.ee_type = error.type;
	record.error.ee_code = error.code;
	record.error.ee_info = error.info;
	record.error.ee_data = error.data;
	if (error.origin == SO_EE_ORIGIN_LOCAL)
		len = sock->domain == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	else
		len = sock_name_write(sock->domain, &pkt->src, 0, pkt->ifindex, &record.offender);
	control_write_timestamp(sock, pkt, writer);
	if (is4 && sock->domain == AF_INET)
		control_put(writer, IPPROTO_IP, IP_RECVERR, &record, sizeof(record.error) + len);
	else
		control_put(writer, IPPROTO_IPV6, IPV6_RECVERR, &record, sizeof(record.error) + len);
}
