/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Socket options: tables that say for each what it is, and the few that need more than a value.
 *
 * What is in no table is ENOPROTOOPT, as on Linux. Options without effect in a user-space stack are
 * accepted (OPTION_IGNORED): programs set them and do not ask.
 */
#include "socket_internal.h"

#include "ip4.h"

#include <linux/icmp.h>
#include <linux/if_packet.h>

#define BUFFER_MIN 2304 /* SOCK_MIN_RCVBUF of Linux, about */

int option_int(const void *value, socklen_t len, int *result)
{
	uint8_t byte;

	if (len >= sizeof(*result)) {
		memcpy(result, value, sizeof(*result));
		return 0;
	}
	if (len < 1)
		return -EINVAL;
	memcpy(&byte, value, 1);
	*result = byte;
	return 0;
}

int option_give(void *value, socklen_t *len, const void *from, size_t size)
{
	if (*len > size)
		*len = (socklen_t)size;
	if (*len)
		memcpy(value, from, *len);
	return 0;
}

/* ---- SOL_SOCKET ---- */

static int get_fixed(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int result;

	switch (name) {
	case SO_TYPE:
		result = sock->type;
		break;
	case SO_DOMAIN:
		result = sock->domain;
		break;
	case SO_PROTOCOL:
		result = sock->protocol;
		break;
	case SO_SNDLOWAT:
		result = 1;
		break;
	case SO_ERROR:
		if (sock->endpoint) {
			result = endpoint_get_error(sock->endpoint);
		} else {
			result = sock->packet->error;
			sock->packet->error = 0;
		}
		sock_changed(sock, false);
		break;
	default: /* SO_ACCEPTCONN */
		result = 0;
		break;
	}
	return option_give(value, len, &result, sizeof(result));
}

static int set_refused(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	return -ENOPROTOOPT;
}

/* The value is doubled, as socket(7) says, and read back so. */
static int set_buffer(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	const struct px_options *options = &sock->stack->options;
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	uint32_t max = send ? options->wmem_max : options->rmem_max, size;
	int wanted;

	if (len < sizeof(wanted))
		return -EINVAL;
	memcpy(&wanted, value, sizeof(wanted));
	size = wanted < 0 ? (force ? 0 : max) : (uint32_t)wanted;
	if (size > max && !force)
		size = max;
	if (size > INT32_MAX / 2)
		size = INT32_MAX / 2;
	size = size * 2 < BUFFER_MIN ? BUFFER_MIN : size * 2;
	if (!sock->endpoint) {
		if (!send)
			sock->packet->rcvbuf = size;
	} else if (send) {
		sock->endpoint->sndbuf = size;
	} else {
		sock->endpoint->rcvbuf = size;
	}
	return 0;
}

static int get_buffer(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	int size = (int)sock->stack->options.wmem_default;

	if (sock->endpoint)
		size = (int)(send ? sock->endpoint->sndbuf : sock->endpoint->rcvbuf);
	else if (!send)
		size = (int)sock->packet->rcvbuf;
	return option_give(value, len, &size, sizeof(size));
}

static int set_linger(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	if (len < sizeof(sock->linger))
		return -EINVAL;
	memcpy(&sock->linger, value, sizeof(sock->linger));
	return 0;
}

static int get_linger(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->linger, sizeof(sock->linger));
}

static int set_timeout(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0) /* Linux: at once */
		tv = (struct timeval){.tv_usec = 1};
	*(name == SO_RCVTIMEO ? &sock->rcvtimeo : &sock->sndtimeo) = tv;
	return 0;
}

static int get_timeout(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, name == SO_RCVTIMEO ? &sock->rcvtimeo : &sock->sndtimeo,
	    sizeof(struct timeval));
}

static int bind_interface(struct px_sock *sock, uint32_t index)
{
	if (!sock->endpoint)
		return -ENOPROTOOPT;
	sock->endpoint->bound_ifindex = index;
	sock->endpoint->dst.iface = NULL;
	return 0;
}

static int set_device(struct px_sock *sock, int option, const void *value, socklen_t len)
{
	const struct px_iface *iface;
	char name[IFNAMSIZ] = "";
	int index;

	if (option == SO_BINDTOIFINDEX) {
		if (len < sizeof(index))
			return -EINVAL;
		memcpy(&index, value, sizeof(index));
		if (index < 0)
			return -EINVAL;
		if (index && !px_iface_by_index(sock->stack, (uint32_t)index))
			return -ENODEV;
		return bind_interface(sock, (uint32_t)index);
	}
	memcpy(name, value, len < IFNAMSIZ - 1 ? len : IFNAMSIZ - 1);
	if (!name[0])
		return bind_interface(sock, 0);
	iface = px_iface_by_name(sock->stack, name);
	return iface ? bind_interface(sock, iface->index) : -ENODEV;
}

static int get_device(struct px_sock *sock, int option, void *value, socklen_t *len)
{
	uint32_t index = sock->endpoint ? sock->endpoint->bound_ifindex : 0;
	const struct px_iface *iface = index ? px_iface_by_index(sock->stack, index) : NULL;

	if (option == SO_BINDTOIFINDEX)
		return option_give(value, len, &index, sizeof(index));
	if (!iface) {
		*len = 0;
		return index ? -ENODEV : 0;
	}
	if (*len < IFNAMSIZ)
		return -EINVAL;
	return option_give(value, len, iface->name, strlen(iface->name) + 1);
}

/* The program is copied by the caller: `value` is a struct sock_fprog whose filter is readable. */
static int set_filter(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct px_mem *mem = sock->stack->mem;
	struct bpf_program *program = NULL;
	struct sock_fprog fprog;
	int err;

	if (sock->filter_locked)
		return -EPERM;
	if (name == SO_ATTACH_FILTER) {
		if (len != sizeof(fprog))
			return -EINVAL;
		memcpy(&fprog, value, sizeof(fprog));
		if (!fprog.filter)
			return -EINVAL;
		err = bpf_new(mem, fprog.filter, fprog.len, &program);
		if (err)
			return err;
	} else if (!(sock->endpoint ? sock->filter : sock->packet->filter)) {
		return -ENOENT;
	}
	if (!sock->endpoint) {
		bpf_free(mem, sock->packet->filter);
		sock->packet->filter = program;
		return 0;
	}
	bpf_free(mem, sock->filter);
	sock->filter = program;
	sock->endpoint->program = program;
	sock->endpoint->filter = program ? bpf_run : NULL;
	return 0;
}

static int set_packet_timestamp(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	uint32_t bit = name == SO_TIMESTAMP ? ENDPOINT_TIMESTAMP : ENDPOINT_TIMESTAMPNS;
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	if (!sock->endpoint) {
		sock->packet->timestamp = on;
		return 0;
	}
	sock->endpoint->flags &= ~(uint32_t)(ENDPOINT_TIMESTAMP | ENDPOINT_TIMESTAMPNS);
	if (on)
		sock->endpoint->flags |= bit;
	return 0;
}

static int get_packet_timestamp(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	uint32_t bit = name == SO_TIMESTAMP ? ENDPOINT_TIMESTAMP : ENDPOINT_TIMESTAMPNS;
	int on = sock->endpoint ? (sock->endpoint->flags & bit) != 0 : sock->packet->timestamp;

	return option_give(value, len, &on, sizeof(on));
}

#define SOCKET_FLAG(name, bit)                                                                     \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_FLAG, .mask = (bit)                                             \
	}
#define SOCKET_INT(name, field, low, high)                                                         \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_SOCK_INT, .offset = offsetof(struct px_sock, field),            \
		                                     .min = (low), .max = (high)                           \
	}
#define SOCKET_BOOL(name, field)                                                                   \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_SOCK_BOOL, .offset = offsetof(struct px_sock, field)            \
	}
#define SOCKET_CALL(name, setter, getter)                                                          \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_CALL, .set = (setter), .get = (getter)                          \
	}
#define SOCKET_IGNORED(name)                                                                       \
	{                                                                                              \
		SOL_SOCKET, name, OPTION_IGNORED                                                           \
	}

const struct sock_option socket_options[] = {
    SOCKET_FLAG(SO_REUSEADDR, ENDPOINT_REUSEADDR),
    SOCKET_FLAG(SO_REUSEPORT, ENDPOINT_REUSEPORT),
    SOCKET_FLAG(SO_BROADCAST, ENDPOINT_BROADCAST),
    SOCKET_FLAG(SO_DONTROUTE, ENDPOINT_DONTROUTE),
    SOCKET_FLAG(SO_NO_CHECK, ENDPOINT_NO_CHECK),
    SOCKET_FLAG(SO_RXQ_OVFL, ENDPOINT_RXQ_OVFL),
    SOCKET_CALL(SO_TIMESTAMP, set_packet_timestamp, get_packet_timestamp),
    SOCKET_CALL(SO_TIMESTAMPNS, set_packet_timestamp, get_packet_timestamp),
    SOCKET_CALL(SO_TYPE, set_refused, get_fixed),
    SOCKET_CALL(SO_DOMAIN, set_refused, get_fixed),
    SOCKET_CALL(SO_PROTOCOL, set_refused, get_fixed),
    SOCKET_CALL(SO_ERROR, set_refused, get_fixed),
    SOCKET_CALL(SO_ACCEPTCONN, set_refused, get_fixed),
    SOCKET_CALL(SO_SNDLOWAT, set_refused, get_fixed),
    SOCKET_CALL(SO_SNDBUF, set_buffer, get_buffer),
    SOCKET_CALL(SO_RCVBUF, set_buffer, get_buffer),
    SOCKET_CALL(SO_SNDBUFFORCE, set_buffer, get_buffer),
    SOCKET_CALL(SO_RCVBUFFORCE, set_buffer, get_buffer),
    SOCKET_CALL(SO_LINGER, set_linger, get_linger),
    SOCKET_CALL(SO_RCVTIMEO, set_timeout, get_timeout),
    SOCKET_CALL(SO_SNDTIMEO, set_timeout, get_timeout),
    SOCKET_CALL(SO_BINDTODEVICE, set_device, get_device),
    SOCKET_CALL(SO_BINDTOIFINDEX, set_device, get_device),
    SOCKET_CALL(SO_ATTACH_FILTER, set_filter, NULL),
    SOCKET_CALL(SO_DETACH_FILTER, set_filter, NULL),
    SOCKET_BOOL(SO_LOCK_FILTER, filter_locked),
    SOCKET_BOOL(SO_DEBUG, debug),
    SOCKET_BOOL(SO_KEEPALIVE, keepalive),
    SOCKET_BOOL(SO_OOBINLINE, oobinline),
    SOCKET_INT(SO_PRIORITY, priority, 0, INT32_MAX),
    SOCKET_INT(SO_MARK, mark, INT32_MIN, INT32_MAX),
    SOCKET_INT(SO_RCVLOWAT, rcvlowat, 0, INT32_MAX),
    SOCKET_INT(SO_BUSY_POLL, busy_poll, 0, INT32_MAX),
    SOCKET_IGNORED(SO_INCOMING_CPU),
    SOCKET_IGNORED(SO_PREFER_BUSY_POLL),
    SOCKET_IGNORED(SO_BUSY_POLL_BUDGET),
    SOCKET_IGNORED(SO_MAX_PACING_RATE),
    SOCKET_IGNORED(SO_SELECT_ERR_QUEUE),
    {0},
};

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
    {IPPROTO_IP, IP_TOS, OPTION_U8, ENDPOINT_AT(tos), .max = 255},
    {IPPROTO_IP, IP_MTU_DISCOVER, OPTION_U8, ENDPOINT_AT(pmtu4), .max = IP_PMTUDISC_OMIT},
    IP4_CALL(IP_TTL, set_ttl, get_ttl),
    IP4_CALL(IP_MULTICAST_TTL, set_ttl, get_ttl),
    IP4_CALL(IP_OPTIONS, set_ip4_options, get_ip4_options),
    IP4_CALL(IP_MTU, set_refused, get_mtu),
    IP4_CALL(IP_HDRINCL, set_hdrincl, get_hdrincl),
    IP4_CALL(IP_UNICAST_IF, set_unicast_if, get_unicast_if),
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, OPTION_IGNORED},
    {IPPROTO_IP, IP_ROUTER_ALERT, OPTION_IGNORED},
    {IPPROTO_IP, IP_NODEFRAG, OPTION_IGNORED},
    {IPPROTO_IP, IP_RECVFRAGSIZE, OPTION_IGNORED},
    {0},
};

/* ---- IPPROTO_IPV6 ---- */

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

/* RFC 5014: pairs of bits, of which one at most; "no preference" clears. */
static int set_preferences(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int preferences, err = option_int(value, len, &preferences);

	if (err)
		return err;
	sock->endpoint->preferences = (uint32_t)preferences;
	sock->endpoint->dst.iface = NULL;
	return 0;
}

static int get_preferences(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->endpoint->preferences, sizeof(int));
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
    IP6_CALL(IPV6_MTU, set_refused, get_mtu),
    IP6_CALL(IPV6_UNICAST_IF, set_unicast_if, get_unicast_if),
    IP6_CALL(IPV6_ADDR_PREFERENCES, set_preferences, get_preferences),
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, OPTION_IGNORED},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, OPTION_IGNORED},
    {IPPROTO_IPV6, IPV6_RECVHOPOPTS, OPTION_IGNORED},
    {IPPROTO_IPV6, IPV6_RECVDSTOPTS, OPTION_IGNORED},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE, OPTION_IGNORED},
    {0},
};

/* ---- UDP, raw, packet ---- */

static int set_udp(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	switch (name) {
	case 101: /* UDP_NO_CHECK6_TX */
		sock->udp->no_check6_tx = on;
		return 0;
	case 102: /* UDP_NO_CHECK6_RX */
		sock->udp->no_check6_rx = on;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

static int get_udp(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int on = name == 101 ? sock->udp->no_check6_tx : sock->udp->no_check6_rx;

	return option_give(value, len, &on, sizeof(on));
}

const struct sock_option udp_options[] = {
    {IPPROTO_UDP, 101, OPTION_CALL, .set = set_udp, .get = get_udp},
    {IPPROTO_UDP, 102, OPTION_CALL, .set = set_udp, .get = get_udp},
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
    {SOL_PACKET, PACKET_STATISTICS, OPTION_CALL, .set = set_refused, .get = get_packet},
    {0},
};

/* ---- the calls ---- */

static const struct sock_option *find(const struct px_sock *sock, int level, int name)
{
	for (const struct sock_option *const *table = sock->ops->options; *table; table++) {
		/* Names begin at 1 but for IPPROTO_IP's nothing; an empty row ends. */
		for (const struct sock_option *option = *table; option->name; option++) {
			if (option->level == level && option->name == name)
				return option;
		}
	}
	return NULL;
}

static int set_value(
    struct px_sock *sock, const struct sock_option *option, const void *value, socklen_t len)
{
	void *field = (char *)(option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL
	                           ? (void *)sock
	                           : (void *)sock->endpoint) +
	              option->offset;
	int number, err = option_int(value, len, &number);

	if (err)
		return err;
	switch (option->kind) {
	case OPTION_FLAG:
		if (number)
			sock->endpoint->flags |= option->mask;
		else
			sock->endpoint->flags &= ~option->mask;
		return 0;
	case OPTION_SOCK_BOOL:
		*(bool *)field = number;
		return 0;
	case OPTION_U8:
		if (number < option->min || number > option->max)
			return -EINVAL;
		*(uint8_t *)field = (uint8_t)number;
		return 0;
	case OPTION_SOCK_INT:
		if (number < option->min || number > option->max)
			return -EINVAL;
		memcpy(field, &number, sizeof(number));
		return 0;
	default:
		return 0;
	}
}

int px_sock_setsockopt(struct px_sock *sock, int level, int name, const void *value, socklen_t len)
{
	const struct sock_option *option = find(sock, level, name);
	bool of_socket;

	if (len > INT32_MAX)
		return -EINVAL;
	if (!option)
		return -ENOPROTOOPT;
	/* IPv6's options are of IPv6 sockets; IPv4's are of both (mapped addresses). */
	if (level == IPPROTO_IPV6 && sock->domain != AF_INET6)
		return -ENOPROTOOPT;
	of_socket = option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL;
	if (!value && len)
		return -EFAULT;
	if (option->kind == OPTION_IGNORED)
		return 0;
	if (option->kind == OPTION_CALL)
		return option->set(sock, name, value, len);
	if (!of_socket && !sock->endpoint)
		return 0; /* packet sockets have no use for it */
	return level == SOL_SOCKET && len < sizeof(int) ? -EINVAL : set_value(sock, option, value, len);
}

static int get_value(
    struct px_sock *sock, const struct sock_option *option, void *value, socklen_t *len)
{
	const void *field =
	    (const char *)(option->kind == OPTION_SOCK_INT || option->kind == OPTION_SOCK_BOOL
	                       ? (const void *)sock
	                       : (const void *)sock->endpoint) +
	    option->offset;
	int number = 0;

	switch (option->kind) {
	case OPTION_FLAG:
		number = (sock->endpoint->flags & option->mask) != 0;
		break;
	case OPTION_SOCK_BOOL:
		number = *(const bool *)field;
		break;
	case OPTION_U8:
		number = *(const uint8_t *)field;
		break;
	case OPTION_SOCK_INT:
		memcpy(&number, field, sizeof(number));
		break;
	default:
		break;
	}
	/* IP options fit a byte if that is what there is room for (ip(7)). */
	if (option->level != SOL_SOCKET && *len > 0 && *len < sizeof(number) && number >= 0 &&
	    number <= 255) {
		uint8_t byte = (uint8_t)number;
		return option_give(value, len, &byte, 1);
	}
	return option_give(value, len, &number, sizeof(number));
}

int px_sock_getsockopt(struct px_sock *sock, int level, int name, void *value, socklen_t *len)
{
	const struct sock_option *option = find(sock, level, name);

	if (!len || (!value && *len))
		return -EFAULT;
	if (*len > INT32_MAX)
		return -EINVAL;
	if (level == IPPROTO_IPV6 && sock->domain != AF_INET6)
		option = NULL;
	if (!option) /* Linux's ip_getsockopt, of levels that are not IPv4's */
		return sock->domain == AF_INET && level != IPPROTO_IP && level != SOL_SOCKET &&
		               level != sock->protocol
		           ? -EOPNOTSUPP
		           : -ENOPROTOOPT;
	if (option->kind == OPTION_CALL)
		return option->get ? option->get(sock, name, value, len) : -ENOPROTOOPT;
	if (!sock->endpoint && option->kind != OPTION_SOCK_INT && option->kind != OPTION_SOCK_BOOL) {
		int zero = 0;
		return option_give(value, len, &zero, sizeof(zero));
	}
	return get_value(sock, option, value, len);
}
