/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICMP input (RFC 792, RFC 1122 section 3.2.2). */
#include "ip_internal.h"

static void count_in(struct px_stack *stack, uint8_t type)
{
	switch (type) {
	case ICMP4_UNREACHABLE:
		PX_COUNT(stack, IcmpInDestUnreachs);
		break;
	case ICMP4_TIME_EXCEEDED:
		PX_COUNT(stack, IcmpInTimeExcds);
		break;
	case ICMP4_PARAMETER_PROBLEM:
		PX_COUNT(stack, IcmpInParmProbs);
		break;
	case ICMP4_SOURCE_QUENCH:
		PX_COUNT(stack, IcmpInSrcQuenchs);
		break;
	case ICMP4_REDIRECT:
		PX_COUNT(stack, IcmpInRedirects);
		break;
	case ICMP4_ECHO:
		PX_COUNT(stack, IcmpInEchos);
		break;
	case ICMP4_ECHO_REPLY:
		PX_COUNT(stack, IcmpInEchoReps);
		break;
	case ICMP4_TIMESTAMP:
		PX_COUNT(stack, IcmpInTimestamps);
		break;
	case ICMP4_TIMESTAMP_REPLY:
		PX_COUNT(stack, IcmpInTimestampReps);
		break;
	case ICMP4_ADDRESS_MASK:
		PX_COUNT(stack, IcmpInAddrMasks);
		break;
	case ICMP4_ADDRESS_MASK_REPLY:
		PX_COUNT(stack, IcmpInAddrMaskReps);
		break;
	default:
		break;
	}
}

/* The request, with another type, goes back; takes it. */
static void reply(struct px_stack *stack, struct px_pkt *pkt, uint8_t type)
{
	struct ip_flow flow = {.dst = pkt->src};
	struct ip4_options options;
	struct ip_send send = {.protocol = IPPROTO_ICMP, .tos = pkt->tos, .ttl = -1};
	struct ip_dst dst;
	size_t header_len = px_pkt_here(pkt) - pkt->l3;
	uint16_t sum = 0;

	if (ip_local_type(stack, &pkt->dst, 0) == RTN_LOCAL)
		flow.src = pkt->dst;
	if (ip_route(stack, &flow, &dst) < 0 || dst.type == RTN_BROADCAST ||
	    dst.type == RTN_MULTICAST || px_ip_is_any(&dst.src))
		goto drop;
	ip4_options_parse(px_pkt_at(pkt, pkt->l3) + IP4_HEADER, header_len - IP4_HEADER, &options);
	if (options.len) {
		/* No clock of the day here: milliseconds of no standard origin have the top bit
		 * (RFC 791 page 23). */
		ip4_options_for_reply(
		    &options, &dst.src, (uint32_t)(stack->now / PX_MSEC) | UINT32_C(0x80000000));
		send.options = &options;
	}
	if (px_pkt_unshare(pkt, PX_PKT_HEADROOM / 2) < 0)
		goto drop;
	pkt->flags = 0;
	pkt->data[0] = type;
	pkt->data[1] = 0;
	memcpy(pkt->data + 2, &sum, sizeof(sum));
	sum = checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0));
	memcpy(pkt->data + 2, &sum, sizeof(sum));
	PX_COUNT(stack, IcmpOutMsgs);
	if (type == ICMP4_ECHO_REPLY)
		PX_COUNT(stack, IcmpOutEchoReps);
	else
		PX_COUNT(stack, IcmpOutTimestampReps);
	ip_output(stack, pkt, &dst, &send);
	return;

drop:
	px_pkt_free(pkt);
}

static void timestamp(struct px_stack *stack, struct px_pkt *pkt)
{
	uint32_t now = htonl((uint32_t)(stack->now / PX_MSEC) | UINT32_C(0x80000000));

	if (pkt->total < 20 || px_pkt_pull_linear(pkt, 20) < 0 ||
	    px_pkt_unshare(pkt, PX_PKT_HEADROOM / 2) < 0) {
		PX_COUNT(stack, IcmpInErrors);
		px_pkt_free(pkt);
		return;
	}
	memcpy(pkt->data + 12, &now, sizeof(now));
	memcpy(pkt->data + 16, &now, sizeof(now));
	reply(stack, pkt, ICMP4_TIMESTAMP_REPLY);
}

/* What Linux tells a socket (icmp_err_convert). */
static void convert(const struct icmp_header *header, struct ip_error *error)
{
	static const struct {
		int error;
		bool fatal;
	} unreachable[16] = {
	    {ENETUNREACH, false},
	    {EHOSTUNREACH, false},
	    {ENOPROTOOPT, true},
	    {ECONNREFUSED, true},
	    {EMSGSIZE, false},
	    {EOPNOTSUPP, false},
	    {ENETUNREACH, true},
	    {EHOSTDOWN, true},
	    {ENONET, true},
	    {ENETUNREACH, true},
	    {EHOSTUNREACH, true},
	    {ENETUNREACH, false},
	    {EHOSTUNREACH, false},
	    {EHOSTUNREACH, true},
	    {EHOSTUNREACH, true},
	    {EHOSTUNREACH, true},
	};

	error->error = EHOSTUNREACH;
	switch (header->type) {
	case ICMP4_UNREACHABLE:
		if (header->code < 16) {
			error->error = unreachable[header->code].error;
			error->fatal = unreachable[header->code].fatal;
		}
		if (header->code == ICMP4_FRAGMENTATION_NEEDED)
			error->info = header->rest & 0xffff;
		break;
	case ICMP4_PARAMETER_PROBLEM:
		error->error = EPROTO;
		error->fatal = true;
		error->info = header->rest >> 24;
		break;
	default:
		break;
	}
}

/* RFC 1122 section 3.2.2.2: from the first hop in use, to another host on the same link. */
static void redirect(struct px_stack *stack, const struct ip_error *error, uint32_t rest)
{
	struct px_ip gateway = px_ip4_host(rest);
	const struct px_route *on_link;
	struct ip_flow flow = {.src = error->src, .dst = error->dst};
	struct ip_dst dst;

	if (stack->options.ip_forward || error->code > 3 || px_ip_is_multicast(&gateway) ||
	    px_ip_is_any(&gateway) || ip_local_type(stack, &gateway, 0))
		return;
	if (ip_route(stack, &flow, &dst) < 0 || dst.type != RTN_UNICAST || dst.iface != error->iface ||
	    !px_ip_eq(&dst.via, &error->offender))
		return;
	on_link = px_route_lookup(stack, &gateway, error->iface->index, PX_LOOKUP_MAIN_ONLY);
	if (!on_link || on_link->type != RTN_UNICAST || !px_ip_is_zero(&on_link->gateway))
		return;
	ip_redirect(error->iface, &error->dst, &gateway);
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
	uint8_t version;
	size_t header_len;
	const uint8_t *inner;

	if (px_pkt_linearize(pkt) < 0)
		return;
	reader = wire_reader(pkt->data + ICMP_HEADER, pkt->len - ICMP_HEADER);
	inner = wire_take(&reader, IP4_HEADER);
	if (!inner)
		goto bad;
	version = inner[0];
	header_len = (size_t)(version & 0x0f) * 4;
	if (version >> 4 != 4 || header_len < IP4_HEADER)
		goto bad;
	wire_skip(&reader, header_len - IP4_HEADER);
	/* RFC 1122 section 3.2.2: at least 8 bytes of the transport. Not of a later fragment. */
	if (wire_left(&reader) < 8)
		goto bad;
	if ((inner[6] << 8 | inner[7]) & IP4_OFFSET)
		return;
	error.protocol = inner[9];
	error.src = px_ip4_load(inner + 12);
	error.dst = px_ip4_load(inner + 16);
	error.transport_len = wire_left(&reader);
	error.transport = wire_take(&reader, error.transport_len);
	if (ip_local_type(stack, &error.src, 0) != RTN_LOCAL)
		return;
	if (header->type == ICMP4_REDIRECT) {
		redirect(stack, &error, header->rest);
		return;
	}
	if (header->type == ICMP4_SOURCE_QUENCH) /* RFC 6633: ignored */
		return;
	convert(header, &error);
	ip_deliver_error(stack, &error);
	return;

bad:
	PX_COUNT(stack, IcmpInErrors);
}

void icmp4_input(struct px_stack *stack, struct px_pkt *pkt)
{
	struct icmp_header header;
	struct wire_reader reader;
	bool to_many = pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST);

	PX_COUNT(stack, IcmpInMsgs);
	if (pkt->total < ICMP_HEADER || px_pkt_pull_linear(pkt, ICMP_HEADER) < 0) {
		PX_COUNT(stack, IcmpInErrors);
		goto drop;
	}
	if (!(pkt->flags & PX_PKT_CSUM_VALID) &&
	    checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0)) != 0) {
		PX_COUNT(stack, IcmpInCsumErrors);
		PX_COUNT(stack, IcmpInErrors);
		goto drop;
	}
	reader = wire_reader(pkt->data, pkt->len);
	icmp_parse(&reader, &header);
	count_in(stack, header.type);
	switch (header.type) {
	case ICMP4_ECHO:
		if (stack->options.icmp_echo_ignore_all ||
		    (to_many && stack->options.icmp_echo_ignore_broadcasts))
			break;
		reply(stack, pkt, ICMP4_ECHO_REPLY);
		return;
	case ICMP4_TIMESTAMP:
		if (to_many && stack->options.icmp_echo_ignore_broadcasts)
			break;
		timestamp(stack, pkt);
		return;
	case ICMP4_ECHO_REPLY:
		if (stack->ip->ping_input)
			stack->ip->ping_input(stack, pkt);
		break;
	default:
		if (icmp4_is_error(header.type))
			error_received(stack, pkt, &header);
		break;
	}

drop:
	px_pkt_free(pkt);
}
