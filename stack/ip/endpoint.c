/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all ends have in common. */
#include "endpoint.h"

#include "ip_internal.h"

#include <linux/errqueue.h>

void endpoint_init(struct endpoint *endpoint, struct px_stack *stack, int family, uint8_t protocol)
{
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->stack = stack;
	endpoint->family = family;
	endpoint->protocol = protocol;
	endpoint->ttl = endpoint->hop_limit = -1;
	endpoint->multicast_ttl = 1;
	endpoint->multicast_hops = 1;
	endpoint->pmtu4 = endpoint->pmtu6 = IP_PMTUDISC_WANT;
	endpoint->flags = ENDPOINT_MULTICAST_ALL4 | ENDPOINT_MULTICAST_ALL6 | ENDPOINT_MULTICAST_LOOP4 |
	                  ENDPOINT_MULTICAST_LOOP6;
	endpoint->rcvbuf = stack->options.rmem_default;
	endpoint->sndbuf = stack->options.wmem_default;
	list_init(&endpoint->memberships);
}

void endpoint_fini(struct endpoint *endpoint)
{
	struct px_stack *stack = endpoint->stack;
	struct ip_membership *entry;

	while ((entry = list_first(&endpoint->memberships, struct ip_membership, node)))
		ip_group_leave(stack, entry);
	px_pktq_clear(&endpoint->rx);
	px_pktq_clear(&endpoint->errors);
	endpoint->rx_truesize = 0;
	px_free(stack->mem, endpoint->options, sizeof(*endpoint->options));
	endpoint->options = NULL;
	ip6_extensions_free(stack, endpoint->extensions);
	endpoint->extensions = NULL;
	endpoint_path_mtu_told(endpoint);
}

/* ---- matching ---- */

unsigned int endpoint_score(const struct endpoint *endpoint, const struct px_ip *local,
    const struct px_ip *remote, uint32_t ifindex)
{
	/* As Linux's compute_score: the family itself, then each thing that is fixed. */
	unsigned int score = endpoint->family == px_ip_family(local) ? 2 : 1;

	if (!endpoint_takes(endpoint, px_ip_is4(local)))
		return 0;
	if (!px_ip_is_zero(&endpoint->local)) {
		if (!px_ip_eq(&endpoint->local, local) ||
		    (endpoint->local_zone && endpoint->local_zone != ifindex && px_ip_needs_scope(local)))
			return 0;
		score += 4;
	}
	if (!px_ip_is_zero(&endpoint->remote)) {
		if (!px_ip_eq(&endpoint->remote, remote) ||
		    (endpoint->remote_zone && endpoint->remote_zone != ifindex &&
		        px_ip_needs_scope(remote)))
			return 0;
		score += 4;
	}
	if (endpoint->bound_ifindex) {
		if (endpoint->bound_ifindex != ifindex)
			return 0;
		score += 4;
	}
	return score;
}

bool endpoint_wants_group(const struct endpoint *endpoint, const struct px_ip *group,
    const struct px_ip *source, uint32_t ifindex)
{
	const struct ip_membership *membership;

	if (!px_ip_is_multicast(group))
		return true;
	list_for_each (membership, &endpoint->memberships, node) {
		if (px_ip_eq(&membership->address, group) && membership->ifindex == ifindex)
			return ip_membership_wants(membership, source);
	}
	return endpoint->flags & (px_ip_is4(group) ? ENDPOINT_MULTICAST_ALL4 : ENDPOINT_MULTICAST_ALL6);
}

int endpoint_check_local(const struct endpoint *endpoint, const struct px_ip *ip, uint32_t zone)
{
	if (px_ip_is_any(ip))
		return 0;
	if (px_ip_needs_scope(ip)) {
		if (!zone && !endpoint->bound_ifindex)
			return -EINVAL;
		if (zone && endpoint->bound_ifindex && zone != endpoint->bound_ifindex)
			return -EINVAL;
		if (!px_iface_by_index(endpoint->stack, zone ? zone : endpoint->bound_ifindex))
			return -ENODEV;
	}
	if (endpoint->flags & (ENDPOINT_FREEBIND | ENDPOINT_TRANSPARENT))
		return 0;
	if (!ip_local_type(endpoint->stack, ip, zone ? zone : endpoint->bound_ifindex))
		return -EADDRNOTAVAIL;
	return 0;
}

void endpoint_set_local(struct endpoint *endpoint, const struct px_ip *ip, uint32_t zone)
{
	endpoint->local = px_ip_is_any(ip) ? PX_IP_NONE : *ip;
	endpoint->local_zone = px_ip_needs_scope(ip) ? zone : 0;
	endpoint->local_given = !px_ip_is_any(ip);
}

/* ---- receiving ---- */

bool endpoint_accepts(const struct endpoint *endpoint, struct px_pkt *pkt)
{
	uint8_t least = px_ip_is4(&pkt->src) ? endpoint->min_ttl : endpoint->min_hop_count;
	uint32_t keep;

	if (pkt->ttl < least)
		return false;
	if (!endpoint->filter)
		return true;
	keep = endpoint->filter(endpoint->program, pkt);
	if (keep)
		px_pkt_trim(pkt, keep);
	return keep;
}

int endpoint_queue(struct endpoint *endpoint, struct px_pkt *pkt)
{
	size_t size;

	pkt = px_pkt_compact(pkt);
	size = px_pkt_truesize(pkt);
	/* As Linux: one packet always fits, however large. */
	if (endpoint->rx_truesize && endpoint->rx_truesize + size > endpoint->rcvbuf) {
		endpoint->drops++;
		px_pkt_free(pkt);
		return -ENOBUFS;
	}
	pkt->iface = NULL; /* it may go while the packet waits */
	endpoint->rx_truesize += size;
	px_pktq_append(&endpoint->rx, pkt);
	endpoint_notify(endpoint, ENDPOINT_READABLE);
	return 0;
}

int endpoint_receive(struct endpoint *endpoint, struct px_pkt *pkt)
{
	if (!endpoint_accepts(endpoint, pkt)) {
		px_pkt_free(pkt);
		return -EPERM;
	}
	return endpoint_queue(endpoint, pkt);
}

void endpoint_replace_last(struct endpoint *endpoint, struct px_pkt *pkt)
{
	struct px_pkt *last = endpoint->rx.last, *before = endpoint->rx.first;

	endpoint->rx_truesize += px_pkt_truesize(pkt) - px_pkt_truesize(last);
	if (before == last) {
		endpoint->rx.first = pkt;
	} else {
		while (before->next != last)
			before = before->next;
		before->next = pkt;
	}
	pkt->next = NULL;
	endpoint->rx.last = pkt;
	px_pkt_free(last);
}

struct px_pkt *endpoint_take(struct endpoint *endpoint, bool peek)
{
	struct px_pkt *pkt = endpoint->rx.first;

	if (!pkt)
		return NULL;
	if (peek)
		return px_pkt_clone(pkt);
	px_pktq_take(&endpoint->rx);
	endpoint->rx_truesize -= px_pkt_truesize(pkt);
	return pkt;
}

/* ---- errors ---- */

void endpoint_set_error(struct endpoint *endpoint, int error)
{
	endpoint->error = error;
	endpoint_notify(endpoint, ENDPOINT_ERROR);
}

int endpoint_get_error(struct endpoint *endpoint)
{
	int error = endpoint->error;

	endpoint->error = 0;
	return error;
}

struct px_pkt *endpoint_take_error(struct endpoint *endpoint)
{
	struct px_pkt *pkt = px_pktq_take(&endpoint->errors);
	struct endpoint_error error;

	if (!pkt)
		return NULL;
	endpoint->rx_truesize -= px_pkt_truesize(pkt);
	/* so_error shows the next one that came by ICMP (sock_dequeue_err_skb). */
	endpoint->error = 0;
	if (endpoint->errors.first) {
		memcpy(&error, &endpoint->errors.first->cb, sizeof(error));
		if (error.origin == SO_EE_ORIGIN_ICMP || error.origin == SO_EE_ORIGIN_ICMP6)
			endpoint->error = (int)error.error;
	}
	return pkt;
}

static void queue_error(struct endpoint *endpoint, const struct endpoint_error *error,
    const struct px_ip *offender, const struct px_ip *dst, uint16_t dport, uint32_t ifindex,
    const uint8_t *quoted, size_t quoted_len)
{
	struct px_pkt *pkt;
	uint8_t *bytes;

	_Static_assert(sizeof(*error) <= sizeof(pkt->cb), "it travels in a packet's cb");
	pkt = px_pkt_new(endpoint->stack->mem, 0, quoted_len);
	if (!pkt)
		return;
	bytes = px_pkt_put(pkt, quoted_len);
	if (quoted_len)
		memcpy(bytes, quoted, quoted_len);
	memcpy(&pkt->cb, error, sizeof(*error));
	pkt->flags |= PX_PKT_ERROR_IN;
	pkt->src = *offender;
	pkt->dst = *dst;
	pkt->dport = dport;
	pkt->ifindex = ifindex;
	pkt->time = endpoint->stack->now;
	if (endpoint->rx_truesize + px_pkt_truesize(pkt) > endpoint->rcvbuf) {
		px_pkt_free(pkt);
		return;
	}
	endpoint->rx_truesize += px_pkt_truesize(pkt);
	px_pktq_append(&endpoint->errors, pkt);
	endpoint_notify(endpoint, ENDPOINT_ERROR);
}

void endpoint_path_mtu(struct endpoint *endpoint, const struct ip_dst *dst, uint16_t dport)
{
	if (!(endpoint->flags & ENDPOINT_RECV_PATHMTU) || px_ip_is4(&dst->dst))
		return;
	if (!endpoint->path_mtu)
		endpoint->path_mtu = px_alloc(endpoint->stack->mem, sizeof(*endpoint->path_mtu));
	if (!endpoint->path_mtu)
		return; /* told when the next packet is too large */
	*endpoint->path_mtu = (struct endpoint_path_mtu){dst->dst, dst->zone, dst->mtu, dport};
	endpoint_notify(endpoint, ENDPOINT_READABLE);
}

void endpoint_path_mtu_told(struct endpoint *endpoint)
{
	px_free(endpoint->stack->mem, endpoint->path_mtu, sizeof(*endpoint->path_mtu));
	endpoint->path_mtu = NULL;
}

static bool wants_errors(const struct endpoint *endpoint, bool is4)
{
	return endpoint->flags & (is4 && endpoint->family == AF_INET ? ENDPOINT_RECVERR4
	                             : is4 ? ENDPOINT_RECVERR4 | ENDPOINT_RECVERR6
	                                   : ENDPOINT_RECVERR6);
}

void endpoint_icmp_error(struct endpoint *endpoint, const struct ip_error *error,
    const uint8_t *quoted, size_t quoted_len, uint16_t dport)
{
	bool is4 = px_ip_is4(&error->src);
	uint8_t pmtu = is4 ? endpoint->pmtu4 : endpoint->pmtu6;
	bool fatal = error->fatal;

	if (error->error == EMSGSIZE) {
		if (pmtu == IP_PMTUDISC_INTERFACE || pmtu == IP_PMTUDISC_OMIT)
			return;
		ip_pmtu_update(endpoint->stack, error);
		if (endpoint->flags & ENDPOINT_RECV_PATHMTU) {
			struct ip_dst told = {.dst = error->dst,
			    .zone = error->iface ? error->iface->index : 0,
			    .mtu = error->info};
			endpoint_path_mtu(endpoint, &told, dport);
		}
		fatal = pmtu == IP_PMTUDISC_DO; /* the sender deals with sizes himself */
	}
	if (wants_errors(endpoint, is4)) {
		struct endpoint_error record = {
		    .error = (uint32_t)error->error,
		    .origin = is4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
		    .type = error->type,
		    .code = error->code,
		    .info = error->info,
		};
		queue_error(endpoint, &record, &error->offender, &error->dst, dport,
		    error->iface ? error->iface->index : 0, quoted, quoted_len);
	} else if (!fatal || !endpoint->connected) {
		return; /* udp(7): only what was asked for, or hard errors of a connection */
	}
	endpoint_set_error(endpoint, error->error);
}

void endpoint_local_error(
    struct endpoint *endpoint, int error, const struct px_ip *dst, uint16_t dport, uint32_t info)
{
	struct endpoint_error record = {
	    .error = (uint32_t)error, .origin = SO_EE_ORIGIN_LOCAL, .info = info};
	struct px_ip none = PX_IP_NONE;

	if (wants_errors(endpoint, px_ip_is4(dst)))
		queue_error(endpoint, &record, &none, dst, dport, 0, NULL, 0);
}

/* ---- sending ---- */

static uint32_t choose_oif(const struct endpoint *endpoint, const struct endpoint_send *send,
    const struct px_ip *dst, uint32_t zone)
{
	bool is4 = px_ip_is4(dst), group = px_ip_is_multicast(dst);
	uint32_t oif = is4 ? (group ? endpoint->multicast_if4 : endpoint->unicast_if4)
	                   : (group ? endpoint->multicast_if6 : endpoint->unicast_if6);

	if (endpoint->bound_ifindex)
		return endpoint->bound_ifindex;
	if (send->oif)
		return send->oif;
	if (px_ip_needs_scope(dst)) {
		if (zone)
			return zone;
		if (endpoint->remote_zone)
			return endpoint->remote_zone;
		return group && oif ? oif : endpoint->local_zone;
	}
	return oif;
}

static void fill_send(const struct endpoint *endpoint, const struct endpoint_send *send, bool is4,
    bool group, struct ip_send *ip)
{
	*ip = (struct ip_send){.protocol = endpoint->protocol};
	if (is4) {
		ip->ttl = send->ttl >= 0 ? send->ttl : group ? endpoint->multicast_ttl : endpoint->ttl;
		ip->tos = (uint8_t)(send->tos >= 0 ? send->tos : endpoint->tos);
		ip->pmtu = endpoint->pmtu4;
		ip->multicast_loop = endpoint->flags & ENDPOINT_MULTICAST_LOOP4;
		ip->options = send->has_options ? &send->options : endpoint->options;
		ip->header_included = endpoint->flags & ENDPOINT_HDRINCL;
		return;
	}
	ip->ttl = send->ttl >= 0 ? send->ttl : group ? endpoint->multicast_hops : endpoint->hop_limit;
	ip->tos = (uint8_t)(send->tos >= 0 ? send->tos : endpoint->tclass);
	ip->pmtu = endpoint->pmtu6;
	ip->multicast_loop = endpoint->flags & ENDPOINT_MULTICAST_LOOP6;
	ip->dontfrag =
	    send->dontfrag >= 0 ? send->dontfrag : (endpoint->flags & ENDPOINT_DONTFRAG) != 0;
	ip->flow_label = send->flow_label ? send->flow_label : endpoint->flow_label;
	ip6_extensions_apply(send->extensions ? send->extensions : endpoint->extensions, ip);
}

void endpoint_send_free(struct endpoint *endpoint, struct endpoint_send *send)
{
	ip6_extensions_free(endpoint->stack, send->extensions);
	send->extensions = NULL;
}

int endpoint_route(struct endpoint *endpoint, const struct endpoint_send *send, struct ip_dst *dst,
    struct ip_send *ip)
{
	struct px_stack *stack = endpoint->stack;
	struct ip_flow flow = {.dst = send->has_dst ? send->dst : endpoint->remote,
	    .src = px_ip_is_zero(&send->src) ? endpoint->local : send->src,
	    .preferences = endpoint->preferences};
	bool is4, plain = !send->has_dst && px_ip_is_zero(&send->src) && !send->oif && !send->dontroute;
	int err;

	/* "This host" as a destination is loopback, as on Linux. */
	if (px_ip_is_any(&flow.dst)) {
		is4 = px_ip_is4(&flow.dst) || endpoint->family == AF_INET;
		flow.dst = is4 ? px_ip4_host(INADDR_LOOPBACK) : px_ip_parse("::1");
	}
	is4 = px_ip_is4(&flow.dst);
	if (!endpoint_takes(endpoint, is4))
		return endpoint->family == AF_INET ? -EAFNOSUPPORT : -ENETUNREACH;
	fill_send(endpoint, send, is4, px_ip_is_multicast(&flow.dst), ip);
	if (plain && ip_dst_valid(stack, &endpoint->dst)) {
		*dst = endpoint->dst;
	} else {
		flow.oif = choose_oif(endpoint, send, &flow.dst, send->has_dst ? send->zone : 0);
		if (px_ip_needs_scope(&flow.dst) && !flow.oif)
			return -EINVAL;
		if (!px_ip_is_any(&flow.src) && px_ip_is4(&flow.src) != is4)
			return -ENETUNREACH;
		if (px_ip_is_multicast(&flow.src) || px_ip_is_limited_broadcast(&flow.src))
			flow.src = PX_IP_NONE; /* bound to a group: receives there, sends from itself */
		if (px_ip_is_multicast(&flow.dst) && is4 && px_ip_is_any(&flow.src))
			flow.src = endpoint->multicast_source4;
		err = ip_route(stack, &flow, dst);
		if (err)
			return err;
		/* SO_DONTROUTE: to neighbours only. */
		if (send->dontroute && dst->type == RTN_UNICAST && !px_ip_eq(&dst->via, &dst->dst))
			return -ENETUNREACH;
		if (plain && endpoint->connected)
			endpoint->dst = *dst;
	}
	if (dst->type == RTN_BROADCAST && !(endpoint->flags & ENDPOINT_BROADCAST))
		return -EACCES;
	if (send->confirm && dst->type == RTN_UNICAST)
		neighbour_confirm(dst->iface, &dst->via);
	return 0;
}

void endpoint_connect(struct endpoint *endpoint, const struct ip_dst *dst, uint16_t port)
{
	endpoint->remote = dst->dst;
	endpoint->rport = port;
	endpoint->remote_zone = px_ip_needs_scope(&dst->dst) ? dst->zone : 0;
	if (px_ip_is_any(&endpoint->local)) {
		endpoint->local = dst->src;
		endpoint->local_zone = px_ip_needs_scope(&dst->src) ? dst->zone : 0;
	}
	endpoint->connected = true;
	endpoint->dst = *dst;
}

void endpoint_disconnect(struct endpoint *endpoint)
{
	endpoint->connected = false;
	endpoint->remote = PX_IP_NONE;
	endpoint->rport = 0;
	endpoint->remote_zone = 0;
	endpoint->dst.iface = NULL;
	if (!endpoint->local_given) {
		endpoint->local = PX_IP_NONE;
		endpoint->local_zone = 0;
	}
}
