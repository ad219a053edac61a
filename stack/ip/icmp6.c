/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMPv6 (RFC 4443): input, and sending of our own messages. */
#include "ip_internal.h"

static void count_in(struct px_stack *stack, uint8_t type)
{
	switch (type) {
	case ICMP6_UNREACHABLE:
		PX_COUNT(stack, Icmp6InDestUnreachs);
		break;
	case ICMP6_TOO_BIG:
		PX_COUNT(stack, Icmp6InPktTooBigs);
		break;
	case ICMP6_TIME_EXCEEDED_ERROR:
		PX_COUNT(stack, Icmp6InTimeExcds);
		break;
	case ICMP6_PARAMETER_PROBLEM:
		PX_COUNT(stack, Icmp6InParmProblems);
		break;
	case ICMP6_ECHO:
		PX_COUNT(stack, Icmp6InEchos);
		break;
	case ICMP6_ECHO_ANSWER:
		PX_COUNT(stack, Icmp6InEchoReplies);
		break;
	case ICMP6_MLD_QUERY:
		PX_COUNT(stack, Icmp6InGroupMembQueries);
		break;
	case ICMP6_MLD_REPORT:
		PX_COUNT(stack, Icmp6InGroupMembResponses);
		break;
	case ICMP6_MLD_DONE:
		PX_COUNT(stack, Icmp6InGroupMembReductions);
		break;
	case ICMP6_MLD2_REPORT:
		PX_COUNT(stack, Icmp6InMLDv2Reports);
		break;
	case ICMP6_ROUTER_SOLICITATION:
		PX_COUNT(stack, Icmp6InRouterSolicits);
		break;
	case ICMP6_ROUTER_ADVERTISEMENT:
		PX_COUNT(stack, Icmp6InRouterAdvertisements);
		break;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		PX_COUNT(stack, Icmp6InNeighborSolicits);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		PX_COUNT(stack, Icmp6InNeighborAdvertisements);
		break;
	case ICMP6_REDIRECT:
		PX_COUNT(stack, Icmp6InRedirects);
		break;
	default:
		break;
	}
}

void icmp6_count_out(struct px_stack *stack, uint8_t type)
{
	PX_COUNT(stack, Icmp6OutMsgs);
	switch (type) {
	case ICMP6_UNREACHABLE:
		PX_COUNT(stack, Icmp6OutDestUnreachs);
		break;
	case ICMP6_TOO_BIG:
		PX_COUNT(stack, Icmp6OutPktTooBigs);
		break;
	case ICMP6_TIME_EXCEEDED_ERROR:
		PX_COUNT(stack, Icmp6OutTimeExcds);
		break;
	case ICMP6_PARAMETER_PROBLEM:
		PX_COUNT(stack, Icmp6OutParmProblems);
		break;
	case ICMP6_ECHO:
		PX_COUNT(stack, Icmp6OutEchos);
		break;
	case ICMP6_ECHO_ANSWER:
		PX_COUNT(stack, Icmp6OutEchoReplies);
		break;
	case ICMP6_MLD_REPORT:
		PX_COUNT(stack, Icmp6OutGroupMembResponses);
		break;
	case ICMP6_MLD_DONE:
		PX_COUNT(stack, Icmp6OutGroupMembReductions);
		break;
	case ICMP6_MLD2_REPORT:
		PX_COUNT(stack, Icmp6OutMLDv2Reports);
		break;
	case ICMP6_ROUTER_SOLICITATION:
		PX_COUNT(stack, Icmp6OutRouterSolicits);
		break;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		PX_COUNT(stack, Icmp6OutNeighborSolicits);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		PX_COUNT(stack, Icmp6OutNeighborAdvertisements);
		break;
	default:
		break;
	}
}

/* On this link, past the routing table: ND and MLD talk to groups, neighbours, or from ::. */
int icmp6_send(struct px_stack *stack, struct px_iface *iface, struct px_pkt *pkt,
    const struct px_ip *src, const struct px_ip *dst, int hop_limit)
{
	/* MLD: router alert in a hop-by-hop header (RFC 3810 section 5). */
	static const uint8_t router_alert[8] = {0, 0, 5, 2, 0, 0, 1, 0};
	struct ip_send send = {.protocol = IPPROTO_ICMPV6, .ttl = hop_limit};
	struct ip_dst to = {
	    .iface = iface,
	    .zone = iface->index,
	    .src = *src,
	    .dst = *dst,
	    .via = *dst,
	    .mtu = ip6_link_mtu(iface),
	    .type = px_ip_is_multicast(dst) ? RTN_MULTICAST : RTN_UNICAST,
	    .expires = PX_TIME_NEVER,
	};

	switch (pkt->data[0]) {
	case ICMP6_MLD_REPORT:
	case ICMP6_MLD_DONE:
	case ICMP6_MLD2_REPORT:
		send.extensions = router_alert;
		send.extensions_len = sizeof(router_alert);
		send.fragmentable_at = sizeof(router_alert);
		send.first_extension = IPPROTO_HOPOPTS;
		break;
	default:
		break;
	}
	icmp6_count_out(stack, pkt->data[0]);
	ip_checksum_partial(pkt, src, dst, IPPROTO_ICMPV6, 2);
	return ip_output(stack, pkt, &to, &send);
}

static void echo(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip_flow flow = {.dst = pkt->src};
	struct ip_send send = {.protocol = IPPROTO_ICMPV6, .tos = pkt->tos, .ttl = -1};
	struct ip_dst dst;

	if (px_ip_is_zero(&pkt->src) || stack->options.icmp_echo_ignore_all)
		goto drop;
	if (px_ip_needs_scope(&pkt->src) || px_ip_is_multicast(&pkt->dst))
		flow.oif = pkt->ifindex;
	if (!px_ip_is_multicast(&pkt->dst)) /* RFC 4443 section 4.2 */
		flow.src = pkt->dst;
	if (ip_route(stack, &flow, &dst) < 0 || dst.type == RTN_MULTICAST)
		goto drop;
	if (px_pkt_unshare(pkt, PX_PKT_HEADROOM / 2) < 0)
		goto drop;
	pkt->flags = 0;
	pkt->data[0] = ICMP6_ECHO_ANSWER;
	ip_checksum_partial(pkt, &dst.src, &dst.dst, IPPROTO_ICMPV6, 2);
	icmp6_count_out(stack, ICMP6_ECHO_ANSWER);
	ip_output(stack, pkt, &dst, &send);
	return;

drop:
	px_pkt_free(pkt);
}

/* What Linux tells a socket (icmpv6_err_convert). */
static void convert(const struct icmp_header *header, struct ip_error *error)
{
	static const struct {
		int error;
		bool fatal;
	} unreachable[7] = {
	    {ENETUNREACH, false},
	    {EACCES, true},
	    {EHOSTUNREACH, false},
	    {EHOSTUNREACH, false},
	    {ECONNREFUSED, true},
	    {EACCES, true},
	    {EACCES, true},
	};

	error->error = EHOSTUNREACH;
	error->info = header->rest;
	switch (header->type) {
	case ICMP6_UNREACHABLE:
		if (header->code < 7) {
			error->error = unreachable[header->code].error;
			error->fatal = unreachable[header->code].fatal;
		}
		break;
	case ICMP6_TOO_BIG:
		error->error = EMSGSIZE;
		break;
	case ICMP6_PARAMETER_PROBLEM:
	default: /* unknown errors are passed up (RFC 4443 section 2.4 (a)) */
		error->error = EPROTO;
		error->fatal = true;
		break;
	case ICMP6_TIME_EXCEEDED_ERROR:
		break;
	}
}

static void error_received(
    struct px_stack *stack, struct px_pkt *pkt, const struct icmp_header *header)
{
	struct wire_reader reader;
	struct ip_error error = {.type = header->type,
	    .code = header->code,
	    .offender = pkt->src,
	    .iface = pkt->iface,
	    .pkt = pkt};
	struct ip6_header inner;
	uint8_t next;

	if (px_pkt_linearize(pkt) < 0)
		return;
	reader = wire_reader(pkt->data + ICMP_HEADER, pkt->len - ICMP_HEADER);
	if (!ip6_parse(&reader, &inner)) {
		PX_COUNT(stack, Icmp6InErrors);
		return;
	}
	next = inner.next;
	for (unsigned int i = 0; i < 16 && ip6_is_extension(next); i++) {
		const uint8_t *extension = wire_take(&reader, 8);
		if (!extension)
			return;
		if (next == IPPROTO_FRAGMENT) {
			if ((extension[2] << 8 | extension[3]) & 0xfff8)
				return;
		} else {
			wire_skip(&reader, (size_t)extension[1] * 8);
		}
		next = extension[0];
	}
	if (px_ip_is4(&inner.src) || px_ip_is4(&inner.dst) ||
	    (ip_local_type(stack, &inner.src, pkt->ifindex) != RTN_LOCAL &&
	        !(stack->retired && ip_retired_has(stack, &inner.src))))
		return;
	error.protocol = next;
	error.src = inner.src;
	error.dst = inner.dst;
	error.transport_len = wire_left(&reader);
	error.transport = wire_take(&reader, error.transport_len);
	if (!error.transport)
		return;
	convert(header, &error);
	ip_deliver_error(stack, &error);
}

/* Behind an echo reply there is no socket that would learn what fits its path (RFC 8201 section 4).
 */
void icmp6_error(struct px_stack *stack, const struct ip_error *error)
{
	if (error->type == ICMP6_TOO_BIG && error->transport_len > 0 &&
	    error->transport[0] == ICMP6_ECHO_ANSWER)
		ip_pmtu_update(stack, error);
}

void icmp6_input(struct px_stack *stack, struct px_pkt *pkt)
{
	struct nd_message message = {.iface = pkt->iface};
	struct wire_reader reader;

	PX_COUNT(stack, Icmp6InMsgs);
	if (pkt->total < ICMP_HEADER || px_pkt_pull_linear(pkt, ICMP_HEADER) < 0) {
		PX_COUNT(stack, Icmp6InErrors);
		goto drop;
	}
	if (!ip_checksum_ok(pkt, IPPROTO_ICMPV6)) {
		PX_COUNT(stack, Icmp6InCsumErrors);
		PX_COUNT(stack, Icmp6InErrors);
		goto drop;
	}
	reader = wire_reader(pkt->data, pkt->len);
	icmp_parse(&reader, &message.header);
	count_in(stack, message.header.type);
	if (!ip_retired_hears(pkt, message.header.type))
		goto drop;
	switch (message.header.type) {
	case ICMP6_ECHO:
		echo(stack, pkt);
		return;
	case ICMP6_ECHO_ANSWER:
		if (stack->ip->ping_input)
			stack->ip->ping_input(stack, pkt);
		break;
	case ICMP6_MLD_QUERY:
	case ICMP6_MLD_REPORT:
	case ICMP6_MLD_DONE:
	case ICMP6_MLD2_REPORT:
	case ICMP6_ROUTER_SOLICITATION:
	case ICMP6_ROUTER_ADVERTISEMENT:
	case ICMP6_NEIGHBOUR_SOLICITATION:
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
	case ICMP6_REDIRECT:
		if (px_pkt_linearize(pkt) < 0)
			break;
		message.body = pkt->data + ICMP_HEADER;
		message.len = pkt->len - ICMP_HEADER;
		if (message.header.type >= ICMP6_ROUTER_SOLICITATION &&
		    message.header.type <= ICMP6_REDIRECT)
			nd_input(stack, pkt, &message);
		else
			mld_input(stack, pkt, &message);
		break;
	default:
		if (icmp6_is_error(message.header.type))
			error_received(stack, pkt, &message.header);
		break;
	}

drop:
	px_pkt_free(pkt);
}
