/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of UDP, raw and packet sockets: udp(7), raw(7), RFC 3542, packet(7). */
#include "socket_internal.h"

#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

static int set_udp(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct udp_end *udp = sock->udp;
	int number;

	if (len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	switch (name) {
	case UDP_CORK:
		sock->corked = number;
		if (!number)
			(void)cork_push(sock); /* what comes of it is not told, as on Linux */
		return 0;
	case UDP_SEGMENT:
		if (number < 0 || number > UINT16_MAX)
			return -EINVAL;
		udp->segment = (uint16_t)number;
		return 0;
	case UDP_GRO:
		udp->gro = number;
		return 0;
	case UDP_NO_CHECK6_TX:
		udp->no_check6_tx = number;
		return 0;
	default: /* UDP_NO_CHECK6_RX */
		udp->no_check6_rx = number;
		return 0;
	}
}

static int get_udp(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const struct udp_end *udp = sock->udp;
	int number = name == UDP_CORK           ? sock->corked
	             : name == UDP_SEGMENT      ? udp->segment
	             : name == UDP_GRO          ? udp->gro
	             : name == UDP_NO_CHECK6_TX ? udp->no_check6_tx
	                                        : udp->no_check6_rx;

	return option_give(value, len, &number, sizeof(number));
}

#define UDP_OPTION(name)                                                                           \
	{                                                                                              \
		IPPROTO_UDP, (name), OPTION_CALL, .set = set_udp, .get = get_udp                           \
	}

const struct sock_option udp_options[] = {
    UDP_OPTION(UDP_CORK),
    UDP_OPTION(UDP_SEGMENT),
    UDP_OPTION(UDP_GRO),
    UDP_OPTION(UDP_NO_CHECK6_TX),
    UDP_OPTION(UDP_NO_CHECK6_RX),
    {0},
};

static int set_icmp_filter(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	if (sock->domain != AF_INET || sock->protocol != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	if (len > sizeof(sock->raw->icmp4_filter))
		len = sizeof(sock->raw->icmp4_filter);
	memcpy(&sock->raw->icmp4_filter, value, len);
	return 0;
}

static int get_icmp_filter(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	if (sock->domain != AF_INET || sock->protocol != IPPROTO_ICMP)
		return -EOPNOTSUPP;
	return option_give(value, len, &sock->raw->icmp4_filter, sizeof(sock->raw->icmp4_filter));
}

static int set_icmp6_filter(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	if (sock->domain != AF_INET6 || sock->protocol != IPPROTO_ICMPV6)
		return -EOPNOTSUPP;
	if (len > sizeof(sock->raw->icmp6_filter))
		len = sizeof(sock->raw->icmp6_filter);
	memcpy(sock->raw->icmp6_filter, value, len);
	return 0;
}

static int get_icmp6_filter(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	if (sock->domain != AF_INET6 || sock->protocol != IPPROTO_ICMPV6)
		return -EOPNOTSUPP;
	return option_give(value, len, sock->raw->icmp6_filter, sizeof(sock->raw->icmp6_filter));
}

static int set_checksum(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int at, err = option_int(value, len, &at);

	if (err || len < sizeof(at))
		return -EINVAL;
	/* RFC 3542 section 3.1: ICMPv6's is always made. */
	if (sock->domain != AF_INET6 || sock->protocol == IPPROTO_ICMPV6)
		return -EINVAL;
	if (at > 0 && (at & 1))
		return -EINVAL;
	sock->raw->checksum_at = at < 0 ? -1 : at;
	return 0;
}

static int get_checksum(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->raw->checksum_at, sizeof(int));
}

const struct sock_option raw_options[] = {
    {SOL_RAW, ICMP_FILTER, OPTION_CALL, .set = set_icmp_filter, .get = get_icmp_filter},
    {IPPROTO_ICMPV6, 1 /* ICMP6_FILTER */, OPTION_CALL, .set = set_icmp6_filter,
        .get = get_icmp6_filter},
    {IPPROTO_IPV6, IPV6_CHECKSUM, OPTION_CALL, .set = set_checksum, .get = get_checksum},
    {SOL_RAW, IPV6_CHECKSUM, OPTION_CALL, .set = set_checksum, .get = get_checksum},
    {0},
};

static int set_packet_membership(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct packet_mreq request;

	if (len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	return packet_membership(sock->packet, &request, name == PACKET_ADD_MEMBERSHIP);
}

static int set_packet_bool(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	if (name == PACKET_AUXDATA)
		sock->packet->auxdata = on;
	else
		sock->packet->ignore_outgoing = on;
	return 0;
}

static int get_packet(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	struct tpacket_stats stats = {
	    .tp_packets = sock->packet->packets, .tp_drops = sock->packet->drops};
	int on = name == PACKET_AUXDATA ? sock->packet->auxdata : sock->packet->ignore_outgoing;

	if (name != PACKET_STATISTICS)
		return option_give(value, len, &on, sizeof(on));
	sock->packet->packets = sock->packet->drops = 0; /* reading resets: packet(7) */
	return option_give(value, len, &stats, sizeof(stats));
}

const struct sock_option packet_options[] = {
    {SOL_PACKET, PACKET_ADD_MEMBERSHIP, OPTION_CALL, .set = set_packet_membership},
    {SOL_PACKET, PACKET_DROP_MEMBERSHIP, OPTION_CALL, .set = set_packet_membership},
    {SOL_PACKET, PACKET_AUXDATA, OPTION_CALL, .set = set_packet_bool, .get = get_packet},
    {SOL_PACKET, PACKET_IGNORE_OUTGOING, OPTION_CALL, .set = set_packet_bool, .get = get_packet},
    {SOL_PACKET, PACKET_STATISTICS, OPTION_CALL, .set = option_refused, .get = get_packet},
    {0},
};
