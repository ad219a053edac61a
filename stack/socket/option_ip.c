/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7), RFC 3493, RFC 3542, RFC 5014. */
#include "socket_internal.h"

/* ---- IPPROTO_IP ---- */

static int set_ip4_options(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct endpoint *e = sock->endpoint;
	struct ip4_options *options = NULL;
	size_t padded = (len + 3u) & ~3u;
	uint8_t bytes[40] = {0};

	if (len > sizeof(bytes))
		return -EINVAL;
	if (len) {
		options = px_zalloc(e->stack->mem, sizeof(*options));
		if (!options)
			return -ENOBUFS;
		memcpy(bytes, value, len);
		/* Source routes would want the first hop as destination: not supported. */
		if (ip4_options_parse(bytes, padded, options) || options->source_route) {
			px_free(e->stack->mem, options, sizeof(*options));
			return -EINVAL;
		}
	}
	px_free(e->stack->mem, e->options, sizeof(*e->options));
	e->options = options;
	return 0;
}

static int get_ip4_options(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const struct ip4_options *options = sock->endpoint->options;

	return option_give(
	    value, len, options ? options->bytes : (const uint8_t *)"", options ? options->len : 0);
}

/* The low two bits are ECN's: a datagram socket may set them all the same, as Linux. */
static int set_ttl(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct endpoint *e = sock->endpoint;
	int ttl, err = option_int(value, len, &ttl);

	if (err)
		return err;
	switch (name) {
	case IP_TTL:
		if (ttl != -1 && (ttl < 1 || ttl > 255))
			return -EINVAL;
		e->ttl = (int16_t)ttl;
		return 0;
	default: /* IP_MULTICAST_TTL */
		if (ttl == -1)
			ttl = 1;
		if (ttl < 0 || ttl > 255)
			return -EINVAL;
		e->multicast_ttl = (int16_t)ttl;
		return 0;
	}
}

static int get_ttl(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const struct endpoint *e = sock->endpoint;
	int ttl = name == IP_MULTICAST_TTL ? e->multicast_ttl
	          : e->ttl >= 0            ? e->ttl
	                                   : sock->stack->options.default_ttl;

	return option_give(value, len, &ttl, sizeof(ttl));
}

static int get_mtu(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	struct endpoint *e = sock->endpoint;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct ip_send unused;
	struct ip_dst dst;
	int mtu, err;

	if (!e->connected)
		return -ENOTCONN;
	err = endpoint_route(e, &send, &dst, &unused);
	if (err)
		return -ENOTCONN;
	mtu = (int)dst.mtu;
	return option_give(value, len, &mtu, sizeof(mtu));
}

static int set_hdrincl(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	if (sock->type != SOCK_RAW)
		return -ENOPROTOOPT;
	if (on)
		sock->endpoint->flags |= ENDPOINT_HDRINCL;
	else
		sock->endpoint->flags &= ~(uint32_t)ENDPOINT_HDRINCL;
	return 0;
}

static int get_hdrincl(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int on = (sock->endpoint->flags & ENDPOINT_HDRINCL) != 0;

	return option_give(value, len, &on, sizeof(on));
}

/* IP_UNICAST_IF and IPV6_UNICAST_IF: an index in network order. */
static int set_unicast_if(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	uint32_t index;

	if (len != sizeof(index))
		return -EINVAL;
	memcpy(&index, value, sizeof(index));
	index = ntohl(index);
	if (index && !px_iface_by_index(sock->stack, index))
		return -EADDRNOTAVAIL;
	if (name == IP_UNICAST_IF && sock->domain == AF_INET)
		sock->endpoint->unicast_if4 = index;
	else
		sock->endpoint->unicast_if6 = index;
	sock->endpoint->dst.iface = NULL;
	return 0;
}

static int get_unicast_if(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	uint32_t index =
	    htonl(sock->domain == AF_INET ? sock->endpoint->unicast_if4 : sock->endpoint->unicast_if6);

	return option_give(value, len, &index, sizeof(index));
}

#define ENDPOINT_AT(field) .offset = offsetof(struct endpoint, field)
#define IP4_FLAG(name, bit)                                                                        \
	{                                                                                              \
		IPPROTO_IP, (name), OPTION_FLAG, .mask = (bit)                                             \
	}
#define IP4_CALL(name, setter, getter)                                                             \
	{                                                                                              \
		IPPROTO_IP, (name), OPTION_CALL, .set = (setter), .get = (getter)                          \
	}

const struct sock_option ip4_options_table[] = {
    IP4_FLAG(IP_PKTINFO, ENDPOINT_RECV_PKTINFO4),
    IP4_FLAG(IP_RECVTTL, ENDPOINT_RECV_TTL),
    IP4_FLAG(IP_RECVTOS, ENDPOINT_RECV_TOS),
    IP4_FLAG(IP_RECVORIGDSTADDR, ENDPOINT_RECV_ORIGDSTADDR),
    IP4_FLAG(IP_RECVERR, ENDPOINT_RECVERR4),
    IP4_FLAG(IP_FREEBIND, ENDPOINT_FREEBIND),
    IP4_FLAG(IP_TRANSPARENT, ENDPOINT_TRANSPARENT),
    IP4_FLAG(IP_MULTICAST_ALL, ENDPOINT_MULTICAST_ALL4),
    IP4_FLAG(IP_MULTICAST_LOOP, ENDPOINT_MULTICAST_LOOP4),
    IP4_FLAG(IP_RECVOPTS, ENDPOINT_RECV_OPTIONS),
    {IPPROTO_IP, IP_RETOPTS, OPTION_BOOL, ENDPOINT_AT(recv_retopts)},
    {IPPROTO_IP, IP_MINTTL, OPTION_U8, ENDPOINT_AT(min_ttl), .max = 255},
    {IPPROTO_IP, IP_TOS, OPTION_U8, ENDPOINT_AT(tos), .max = 255},
    {IPPROTO_IP, IP_MTU_DISCOVER, OPTION_U8, ENDPOINT_AT(pmtu4), .max = IP_PMTUDISC_OMIT},
    IP4_CALL(IP_TTL, set_ttl, get_ttl),
    IP4_CALL(IP_MULTICAST_TTL, set_ttl, get_ttl),
    IP4_CALL(IP_OPTIONS, set_ip4_options, get_ip4_options),
    IP4_CALL(IP_MTU, option_refused, get_mtu),
    IP4_CALL(IP_HDRINCL, set_hdrincl, get_hdrincl),
    IP4_CALL(IP_UNICAST_IF, set_unicast_if, get_unicast_if),
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, OPTION_IGNORED},
    {IPPROTO_IP, IP_ROUTER_ALERT, OPTION_IGNORED},
    {IPPROTO_IP, IP_NODEFRAG, OPTION_IGNORED},
    {IPPROTO_IP, IP_RECVFRAGSIZE, OPTION_IGNORED},
    {0},
};

/* ---- IPPROTO_IPV6 ---- */

/* IPV6_PREFER_SRC_* of <linux/in6.h>, which excludes <netinet/in.h>. */
enum {
	PREFER_TMP = 0x0001,
	PREFER_PUBLIC = 0x0002,
	PREFER_COA = 0x0004,
	PREFER_CGA = 0x0008,
	PREFER_PUBTMP_DEFAULT = 0x0100,
	PREFER_HOME = 0x0400,
	PREFER_NONCGA = 0x0800,
};

static int set_v6only(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	if (sock->endpoint->lport || sock->endpoint->local_given)
		return -EINVAL; /* bound already */
	sock->endpoint->v6only = on;
	return 0;
}

static int get_v6only(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int on = sock->endpoint->v6only;

	return option_give(value, len, &on, sizeof(on));
}

static int set_hops(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int hops, err;

	if (len < sizeof(hops))
		return -EINVAL;
	err = option_int(value, len, &hops);
	if (err)
		return err;
	if (hops < -1 || hops > 255)
		return -EINVAL;
	if (name == IPV6_UNICAST_HOPS)
		sock->endpoint->hop_limit = (int16_t)hops;
	else
		sock->endpoint->multicast_hops = (int16_t)(hops < 0 ? 1 : hops);
	return 0;
}

static int get_hops(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const struct endpoint *e = sock->endpoint;
	int hops = name == IPV6_MULTICAST_HOPS ? e->multicast_hops
	           : e->hop_limit >= 0         ? e->hop_limit
	                                       : sock->stack->options.hop_limit;

	return option_give(value, len, &hops, sizeof(hops));
}

static int set_tclass(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int tclass, err = option_int(value, len, &tclass);

	if (err || tclass < -1 || tclass > 255)
		return -EINVAL;
	sock->endpoint->tclass = (uint8_t)(tclass < 0 ? 0 : tclass);
	return 0;
}

static int get_tclass(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int tclass = sock->endpoint->tclass;

	return option_give(value, len, &tclass, sizeof(tclass));
}

/* RFC 5014. Of each group one at most; a group that is not mentioned stays as it is. */
static int set_preferences(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	static const uint32_t groups[] = {
	    PREFER_TMP | PREFER_PUBLIC | PREFER_PUBTMP_DEFAULT,
	    PREFER_HOME | PREFER_COA,
	    PREFER_CGA | PREFER_NONCGA,
	};
	struct endpoint *e = sock->endpoint;
	uint32_t preferences, result = e->preferences;

	if (len < sizeof(preferences))
		return -EINVAL;
	memcpy(&preferences, value, sizeof(preferences));
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		uint32_t given = preferences & groups[i];
		if (given & (given - 1))
			return -EINVAL;
		if (given)
			result = (result & ~groups[i]) | given;
	}
	e->preferences = result;
	e->dst.iface = NULL;
	return 0;
}

/* As Linux shows them: defaults by name; nothing is cryptographically generated here. */
static int get_preferences(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	uint32_t preferences = sock->endpoint->preferences;
	uint32_t shown = preferences & (PREFER_TMP | PREFER_PUBLIC);

	if (!shown)
		shown = PREFER_PUBTMP_DEFAULT;
	shown |= preferences & PREFER_COA ? PREFER_COA : PREFER_HOME;
	return option_give(value, len, &shown, sizeof(shown));
}

static int get_path_mtu(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct ip6_mtuinfo info = {0};
	struct ip_send unused;
	struct sockaddr_storage addr;
	struct ip_dst dst;

	if (*len < sizeof(info))
		return -EINVAL;
	if (!sock->endpoint->connected || endpoint_route(sock->endpoint, &send, &dst, &unused) < 0)
		return -ENOTCONN;
	sock_name_write(AF_INET6, &dst.dst, 0, dst.zone, &addr);
	memcpy(&info.ip6m_addr, &addr, sizeof(info.ip6m_addr));
	info.ip6m_mtu = dst.mtu;
	return option_give(value, len, &info, sizeof(info));
}

static enum ip6_extension_slot extension_slot(int name)
{
	return name == IPV6_HOPOPTS   ? IP6_EXT_HOP_BY_HOP
	       : name == IPV6_DSTOPTS ? IP6_EXT_DESTINATION
	                              : IP6_EXT_BEFORE_ROUTING;
}

static int set_extension(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int err = ip6_extensions_set(
	    sock->stack, &sock->endpoint->extensions, extension_slot(name), value, len);

	return err == -ENOMEM ? -ENOBUFS : err;
}

/* None is accepted (ip/extensions.h says why); to take none away is no mistake. */
static int set_routing_header(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	return len ? -EINVAL : 0;
}

static int get_extension(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const struct ip6_extensions *extensions = sock->endpoint->extensions;
	enum ip6_extension_slot slot = extension_slot(name);

	if (!extensions || name == IPV6_RTHDR)
		return option_give(value, len, "", 0);
	return option_give(value, len, extensions->slot[slot].bytes, extensions->slot[slot].len);
}

#define IP6_FLAG(name, bit)                                                                        \
	{                                                                                              \
		IPPROTO_IPV6, (name), OPTION_FLAG, .mask = (bit)                                           \
	}
#define IP6_CALL(name, setter, getter)                                                             \
	{                                                                                              \
		IPPROTO_IPV6, (name), OPTION_CALL, .set = (setter), .get = (getter)                        \
	}

const struct sock_option ip6_options_table[] = {
    IP6_FLAG(IPV6_RECVPKTINFO, ENDPOINT_RECV_PKTINFO6),
    IP6_FLAG(IPV6_RECVHOPLIMIT, ENDPOINT_RECV_HOPLIMIT),
    IP6_FLAG(IPV6_RECVTCLASS, ENDPOINT_RECV_TCLASS),
    IP6_FLAG(IPV6_RECVERR, ENDPOINT_RECVERR6),
    IP6_FLAG(IPV6_RECVPATHMTU, ENDPOINT_RECV_PATHMTU),
    IP6_FLAG(IPV6_FREEBIND, ENDPOINT_FREEBIND),
    IP6_FLAG(IPV6_TRANSPARENT, ENDPOINT_TRANSPARENT),
    IP6_FLAG(IPV6_MULTICAST_ALL, ENDPOINT_MULTICAST_ALL6),
    IP6_FLAG(IPV6_MULTICAST_LOOP, ENDPOINT_MULTICAST_LOOP6),
    IP6_FLAG(IPV6_DONTFRAG, ENDPOINT_DONTFRAG),
    IP6_FLAG(33 /* IPV6_FLOWINFO_SEND */, ENDPOINT_FLOWINFO_SEND),
    IP6_FLAG(11 /* IPV6_FLOWINFO */, ENDPOINT_RECV_FLOWINFO),
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, OPTION_U8, ENDPOINT_AT(pmtu6), .max = IPV6_PMTUDISC_OMIT},
    IP6_CALL(IPV6_V6ONLY, set_v6only, get_v6only),
    IP6_CALL(IPV6_UNICAST_HOPS, set_hops, get_hops),
    IP6_CALL(IPV6_MULTICAST_HOPS, set_hops, get_hops),
    IP6_CALL(IPV6_TCLASS, set_tclass, get_tclass),
    IP6_CALL(IPV6_MTU, option_refused, get_mtu),
    IP6_CALL(IPV6_UNICAST_IF, set_unicast_if, get_unicast_if),
    IP6_CALL(IPV6_ADDR_PREFERENCES, set_preferences, get_preferences),
    IP6_CALL(IPV6_PATHMTU, option_refused, get_path_mtu),
    IP6_CALL(IPV6_HOPOPTS, set_extension, get_extension),
    IP6_CALL(IPV6_RTHDRDSTOPTS, set_extension, get_extension),
    IP6_CALL(IPV6_DSTOPTS, set_extension, get_extension),
    IP6_CALL(IPV6_RTHDR, set_routing_header, get_extension),
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, OPTION_U8, ENDPOINT_AT(min_hop_count), .max = 255},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, OPTION_BOOL, ENDPOINT_AT(recv_routing)},
    {IPPROTO_IPV6, IPV6_RECVHOPOPTS, OPTION_BOOL, ENDPOINT_AT(recv_hop_options)},
    {IPPROTO_IPV6, IPV6_RECVDSTOPTS, OPTION_BOOL, ENDPOINT_AT(recv_dst_options)},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, OPTION_IGNORED},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE, OPTION_IGNORED},
    {0},
};
