/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw IP ends. Each gets a clone of what its protocol receives: IPv4 from the IP header on, IPv6
 * from the transport header on. ICMPv6, and whatever IPV6_CHECKSUM says, is verified before.
 */
#include "raw_internal.h"

#include "checksum.h"
#include "icmp.h"

#include <errno.h>

/* ---- input ---- */

static bool filtered(const struct raw_end *end, const struct px_pkt *pkt)
{
	uint8_t type;

	if (px_pkt_read(pkt, 0, &type, 1) < 1)
		return true;
	if (pkt->protocol == IPPROTO_ICMP && end->endpoint.family == AF_INET)
		return type < 32 && (end->icmp4_filter & (UINT32_C(1) << type));
	if (pkt->protocol == IPPROTO_ICMPV6)
		return end->icmp6_filter[type >> 5] & (UINT32_C(1) << (type & 31));
	return false;
}

static bool checksum_good(const struct raw_end *end, const struct px_pkt *pkt)
{
	if (end->checksum_at < 0 || (pkt->flags & PX_PKT_CSUM_VALID))
		return true;
	return (size_t)end->checksum_at + 2 <= pkt->total &&
	       checksum_finish(px_pkt_checksum(pkt, 0, pkt->total,
	           ip_pseudo_header(&pkt->src, &pkt->dst, pkt->protocol, pkt->total))) == 0;
}

static bool matches(const struct raw_end *end, const struct px_pkt *pkt)
{
	const struct endpoint *e = &end->endpoint;
	bool is4 = px_ip_is4(&pkt->src);

	/* Unlike others, an AF_INET6 raw socket sees no IPv4. */
	if (e->protocol != pkt->protocol || (e->family == AF_INET) != is4 || e->protocol == IPPROTO_RAW)
		return false;
	return endpoint_score(e, &pkt->dst, &pkt->src, pkt->ifindex) &&
	       endpoint_wants_group(e, &pkt->dst, &pkt->src, pkt->ifindex) && !filtered(end, pkt) &&
	       (is4 || checksum_good(end, pkt));
}

/* An IPv4 packet again from its header on. */
static struct px_pkt *whole(const struct px_pkt *pkt)
{
	struct px_pkt *clone = px_pkt_clone(pkt);

	if (clone && px_ip_is4(&clone->src))
		px_pkt_push(clone, px_pkt_here(clone) - clone->l3);
	return clone;
}

static bool raw_input(struct px_stack *stack, struct px_pkt *pkt)
{
	struct raw_end *end;
	bool any = false;

	list_for_each (end, &stack->raw->ends, node) {
		struct px_pkt *clone;
		if (!matches(end, pkt))
			continue;
		any = true;
		clone = whole(pkt);
		if (clone)
			endpoint_receive(&end->endpoint, clone);
	}
	return any;
}

static void raw_error(struct px_stack *stack, const struct ip_error *error)
{
	struct raw_end *end;

	list_for_each (end, &stack->raw->ends, node) {
		struct endpoint *e = &end->endpoint;
		if (e->protocol != error->protocol || (e->family == AF_INET) != px_ip_is4(&error->src) ||
		    !endpoint_score(e, &error->src, &error->dst, error->iface ? error->iface->index : 0))
			continue;
		endpoint_icmp_error(e, error, error->transport, error->transport_len, 0);
	}
}

/* ---- output ---- */

/* IPV6_CHECKSUM; ICMPv6's is not the user's to choose (RFC 3542 section 3.1). */
static int fill_checksum(const struct raw_end *end, struct px_pkt *pkt, const struct ip_dst *dst)
{
	uint16_t sum = 0;
	uint64_t total;

	if (end->checksum_at < 0)
		return 0;
	if ((size_t)end->checksum_at + 2 > pkt->total)
		return -EINVAL;
	if (px_pkt_pull_linear(pkt, (size_t)end->checksum_at + 2) < 0)
		return -ENOMEM;
	memcpy(pkt->data + end->checksum_at, &sum, sizeof(sum));
	total = ip_pseudo_header(&dst->src, &dst->dst, end->endpoint.protocol, pkt->total);
	sum = checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, total));
	if (sum == 0 && end->endpoint.protocol == IPPROTO_UDP)
		sum = 0xffff;
	memcpy(pkt->data + end->checksum_at, &sum, sizeof(sum));
	return 0;
}

int raw_send(struct raw_end *end, struct px_pkt *pkt, const struct endpoint_send *send)
{
	struct endpoint *e = &end->endpoint;
	struct ip_send ip;
	struct ip_dst dst;
	int err;

	err = -EDESTADDRREQ;
	if (!send->has_dst && !e->connected)
		goto fail;
	err = -EMSGSIZE;
	if (pkt->total > 65535)
		goto fail;
	err = endpoint_route(e, send, &dst, &ip);
	if (err)
		goto fail;
	if (ip.header_included) {
		err = -EINVAL;
		if (px_pkt_pull_linear(pkt, pkt->total < IP4_HEADER_MAX ? pkt->total : IP4_HEADER_MAX) <
		        0 ||
		    pkt->len < IP4_HEADER)
			goto fail;
		/* The header is believed: also that it comes from another host. */
		if (px_ip_is4(&dst.dst)) {
			struct px_ip source = px_ip4_load(pkt->data + 12);
			if (!px_ip_is_any(&source))
				dst.src = source;
			ip.options = NULL;
		}
	} else if (!px_ip_is4(&dst.dst)) {
		err = fill_checksum(end, pkt, &dst);
		if (err)
			goto fail;
	}
	return ip_output(e->stack, pkt, &dst, &ip);

fail:
	px_pkt_free(pkt);
	return err;
}

/* ---- ends ---- */

int raw_bind(struct raw_end *end, const struct px_ip *ip, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	int err = endpoint_check_local(e, ip, zone);

	if (err)
		return err;
	endpoint_set_local(e, ip, zone);
	e->dst.iface = NULL;
	return 0;
}

int raw_endpoint_connect(struct endpoint *e, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct ip_send unused;
	struct ip_dst dst;
	int err;

	if (!ip) {
		endpoint_disconnect(e);
		return 0;
	}
	send.has_dst = true;
	send.dst = *ip;
	send.zone = zone;
	err = endpoint_route(e, &send, &dst, &unused);
	if (err)
		return err;
	endpoint_connect(e, &dst, port);
	return 0;
}

int raw_connect(struct raw_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return raw_endpoint_connect(&end->endpoint, ip, port, zone);
}

int raw_new(struct px_stack *stack, int family, uint8_t protocol, struct raw_end **result)
{
	struct raw_end *end;

	if (protocol == 0)
		return -EPROTONOSUPPORT;
	end = px_zalloc(stack->mem, sizeof(*end));
	if (!end)
		return -ENOMEM;
	endpoint_init(&end->endpoint, stack, family, protocol);
	/* Errors are for those who connect or ask; as ping(8) wants it. */
	end->checksum_at = family == AF_INET6 && protocol == IPPROTO_ICMPV6 ? 2 : -1;
	end->endpoint.flags |= ENDPOINT_REUSEADDR; /* as Linux shows it */
	if (protocol == IPPROTO_RAW && family == AF_INET)
		end->endpoint.flags |= ENDPOINT_HDRINCL;
	list_append(&stack->raw->ends, &end->node);
	*result = end;
	return 0;
}

void raw_free(struct raw_end *end)
{
	struct px_stack *stack = end->endpoint.stack;

	list_remove(&end->node);
	endpoint_fini(&end->endpoint);
	px_free(stack->mem, end, sizeof(*end));
}

static void raw_detach(struct px_stack *stack)
{
	struct raw_end *entry;
	struct ping_end *ping;

	while ((ping = list_first(&stack->raw->pings, struct ping_end, node)))
		ping_free(ping);
	while ((entry = list_first(&stack->raw->ends, struct raw_end, node)))
		raw_free(entry);
	px_free(stack->mem, stack->raw, sizeof(*stack->raw));
	stack->raw = NULL;
}

int raw_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"raw", raw_detach, NULL};
	int err;

	stack->raw = px_zalloc(stack->mem, sizeof(*stack->raw));
	if (!stack->raw)
		return -ENOMEM;
	list_init(&stack->raw->ends);
	list_init(&stack->raw->pings);
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, stack->raw, sizeof(*stack->raw));
		stack->raw = NULL;
		return err;
	}
	ip_set_raw(stack, raw_input, raw_error);
	ip_set_ping(stack, ping_input, ping_error);
	return 0;
}
