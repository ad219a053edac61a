/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends that ask for echoes. */
#include "raw_internal.h"

#include "checksum.h"
#include "icmp.h"

#include <errno.h>

#define IDENTIFIER_AT 4

/* ---- identifiers ---- */

static bool identifier_taken(const struct ping_end *end, uint16_t identifier)
{
	const struct ping_end *other;

	list_for_each (other, &end->endpoint.stack->raw->pings, node) {
		if (other != end && other->endpoint.lport == identifier &&
		    !(other->endpoint.flags & end->endpoint.flags & ENDPOINT_REUSEADDR))
			return true;
	}
	return false;
}

static uint16_t free_identifier(const struct ping_end *end)
{
	struct px_stack *stack = end->endpoint.stack;
	uint32_t first = px_random_below(&stack->random, 65535);

	for (uint32_t i = 0; i < 65535; i++) {
		uint16_t identifier = (uint16_t)(1 + (first + i) % 65535);
		if (!identifier_taken(end, identifier))
			return identifier;
	}
	return 0;
}

int ping_bind(struct ping_end *end, const struct px_ip *ip, uint16_t identifier, uint32_t zone)
{
	struct endpoint *e = &end->endpoint;
	int err = endpoint_check_local(e, ip, zone);

	if (err)
		return err;
	if (e->lport)
		return -EINVAL;
	if (identifier ? identifier_taken(end, identifier) : !(identifier = free_identifier(end)))
		return -EADDRINUSE;
	e->lport = identifier;
	endpoint_set_local(e, ip, zone);
	return 0;
}

int ping_autobind(struct ping_end *end)
{
	struct endpoint *e = &end->endpoint;

	if (!e->lport)
		e->lport = free_identifier(end);
	return e->lport ? 0 : -EAGAIN;
}

int ping_connect(struct ping_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	int err = ip ? ping_autobind(end) : 0;

	return err ? err : raw_endpoint_connect(&end->endpoint, ip, port, zone);
}

/* ---- output ---- */

int ping_send(struct ping_end *end, struct px_pkt *pkt, const struct endpoint_send *send)
{
	struct endpoint *e = &end->endpoint;
	uint16_t identifier, sum = 0;
	struct ip_send ip;
	struct ip_dst dst;
	int err = -EMSGSIZE;

	if (pkt->total > 65535)
		goto fail;
	err = -EINVAL;
	if (pkt->total < ICMP_HEADER || px_pkt_pull_linear(pkt, ICMP_HEADER) < 0 ||
	    pkt->data[0] != (e->family == AF_INET ? ICMP4_ECHO : ICMP6_ECHO) || pkt->data[1] != 0)
		goto fail;
	if (send->has_dst && px_ip_is4(&send->dst) != (e->family == AF_INET))
		goto fail;
	err = -EDESTADDRREQ;
	if (!send->has_dst && !e->connected)
		goto fail;
	err = ping_autobind(end);
	if (!err)
		err = endpoint_route(e, send, &dst, &ip);
	if (err)
		goto fail;
	identifier = htons(e->lport);
	memcpy(pkt->data + IDENTIFIER_AT, &identifier, sizeof(identifier));
	memcpy(pkt->data + 2, &sum, sizeof(sum));
	if (px_ip_is4(&dst.dst)) {
		sum = checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0));
		memcpy(pkt->data + 2, &sum, sizeof(sum));
		PX_COUNT(e->stack, IcmpOutMsgs);
		PX_COUNT(e->stack, IcmpOutEchos);
	} else {
		ip_checksum_partial(pkt, &dst.src, &dst.dst, IPPROTO_ICMPV6, 2);
		PX_COUNT(e->stack, Icmp6OutMsgs);
		PX_COUNT(e->stack, Icmp6OutEchos);
	}
	return ip_output(e->stack, pkt, &dst, &ip);

fail:
	px_pkt_free(pkt);
	return err;
}

/* ---- input ---- */

static struct ping_end *find(struct px_stack *stack, const uint8_t *icmp, const struct px_ip *local,
    const struct px_ip *remote, uint32_t ifindex)
{
	uint16_t identifier = (uint16_t)(icmp[IDENTIFIER_AT] << 8 | icmp[IDENTIFIER_AT + 1]);
	struct ping_end *end;

	list_for_each (end, &stack->raw->pings, node) {
		const struct endpoint *e = &end->endpoint;
		if (e->lport == identifier && identifier && endpoint_score(e, local, remote, ifindex))
			return end;
	}
	return NULL;
}

void ping_input(struct px_stack *stack, const struct px_pkt *pkt)
{
	struct ping_end *end = find(stack, pkt->data, &pkt->dst, &pkt->src, pkt->ifindex);
	struct px_pkt *clone = end ? px_pkt_clone(pkt) : NULL;

	if (clone)
		endpoint_receive(&end->endpoint, clone);
}

void ping_error(struct px_stack *stack, const struct ip_error *error)
{
	bool is4 = px_ip_is4(&error->src);
	struct ping_end *end;

	if (error->protocol != (is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6) ||
	    error->transport_len < ICMP_HEADER ||
	    error->transport[0] != (is4 ? ICMP4_ECHO : ICMP6_ECHO))
		return;
	end = find(
	    stack, error->transport, &error->src, &error->dst, error->iface ? error->iface->index : 0);
	if (end)
		endpoint_icmp_error(&end->endpoint, error, error->transport, error->transport_len, 0);
}

/* ---- ends ---- */

int ping_new(struct px_stack *stack, int family, struct ping_end **result)
{
	struct ping_end *end = px_zalloc(stack->mem, sizeof(*end));

	if (!end)
		return -ENOMEM;
	endpoint_init(&end->endpoint, stack, family, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	end->endpoint.flags |=
	    ENDPOINT_REUSEADDR; /* as Linux: identifiers are shared until forbidden */
	end->endpoint.v6only = family == AF_INET6; /* ICMPv6 goes to no IPv4 address */
	list_append(&stack->raw->pings, &end->node);
	*result = end;
	return 0;
}

void ping_free(struct ping_end *end)
{
	struct px_stack *stack = end->endpoint.stack;

	list_remove(&end->node);
	endpoint_fini(&end->endpoint);
	px_free(stack->mem, end, sizeof(*end));
}
