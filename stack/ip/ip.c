/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network layer's place in a stack: protocols, interfaces, what happens when they change. */
#include "ip_internal.h"

#include <linux/if_ether.h>

/* ---- transports ---- */

int ip_protocol_register(struct px_stack *stack, const struct ip_protocol *protocol)
{
	struct ip_state *ip = stack->ip;

	if (ip->protocol_count == IP_PROTOCOLS_MAX)
		return -ENOSPC;
	ip->protocols[ip->protocol_count++] = protocol;
	return 0;
}

static const struct ip_protocol *ip_protocol_find(
    const struct px_stack *stack, uint8_t number, bool is4)
{
	const struct ip_state *ip = stack->ip;

	for (unsigned int i = 0; i < ip->protocol_count; i++) {
		const struct ip_protocol *protocol = ip->protocols[i];
		if (protocol->number == number && (is4 ? protocol->ip4 : protocol->ip6))
			return protocol;
	}
	return NULL;
}

void ip_set_raw(struct px_stack *stack, ip_raw_input *input, ip_raw_error *error)
{
	stack->ip->raw_input = input;
	stack->ip->raw_error = error;
}

void ip_set_ping(struct px_stack *stack, ip_ping_input *input, ip_raw_error *error)
{
	stack->ip->ping_input = input;
	stack->ip->ping_error = error;
}

/* ---- input ---- */

void ip_count_ecn(struct px_stack *stack, bool is4, uint8_t tos)
{
	static const enum px_counter counters[2][4] = {
	    {PX_Ip6InNoECTPkts, PX_Ip6InECT1Pkts, PX_Ip6InECT0Pkts, PX_Ip6InCEPkts},
	    {PX_IpExtInNoECTPkts, PX_IpExtInECT1Pkts, PX_IpExtInECT0Pkts, PX_IpExtInCEPkts}};

	PX_COUNT_OF(stack, counters[is4][tos & 3], 1);
}

/* From the link: joined to others of its burst, or received. */
static void ip_input(struct px_stack *stack, struct px_pkt *pkt)
{
	if (stack->in_burst && stack->options.gro && ip_join_take(stack, pkt))
		return;
	if (pkt->ethertype == ETH_P_IP)
		ip4_receive(stack, pkt);
	else
		ip6_receive(stack, pkt);
}

/* A raw socket gets what a transport of ours does: packets as they came. */
static void deliver_apart(struct px_stack *stack, struct px_pkt *chain)
{
	struct px_pkt *pkt;

	while ((pkt = chain)) {
		chain = pkt->next;
		pkt->next = NULL;
		ip_deliver(stack, pkt);
	}
}

void ip_deliver(struct px_stack *stack, struct px_pkt *pkt)
{
	bool is4 = px_ip_is4(&pkt->src);
	const struct ip_protocol *protocol = ip_protocol_find(stack, pkt->protocol, is4);
	bool raw =
	    stack->ip->raw_input && !(pkt->flags & PX_PKT_RETIRED) && stack->ip->raw_input(stack, pkt);

	if (protocol) {
		struct px_pkt *chain = raw && pkt->joined ? px_pkt_unjoin(pkt) : NULL;

		PX_COUNT_IP_ADD(stack, is4, InDelivers, px_pkt_frames(pkt));
		protocol->input(stack, pkt);
		deliver_apart(stack, chain);
		return;
	}
	if (raw || pkt->protocol == IPPROTO_NONE) {
		PX_COUNT_IP(stack, is4, InDelivers);
	} else {
		PX_COUNT_IP(stack, is4, InUnknownProtos);
		if (is4)
			icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE, 0);
		else
			icmp_send_error(stack, pkt, ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_NEXT_HEADER,
			    pkt->ip6_nexthdr_offset);
	}
	px_pkt_free(pkt);
}

void ip_deliver_error(struct px_stack *stack, const struct ip_error *error)
{
	const struct ip_protocol *protocol =
	    ip_protocol_find(stack, error->protocol, px_ip_is4(&error->src));

	if (stack->ip->raw_error)
		stack->ip->raw_error(stack, error);
	if (stack->ip->ping_error)
		stack->ip->ping_error(stack, error);
	if (protocol && protocol->error)
		protocol->error(stack, error);
}

/* A neighbour did not answer: the sender hears of it, be it another host or a socket of ours. */
static void unreachable(struct px_stack *stack, struct px_pkt *pkt)
{
	struct px_iface *iface = pkt->iface;

	pkt->flags &= PX_PKT_FORWARDED;
	if (px_ip_is4(&pkt->src))
		icmp_send_error(stack, pkt, ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0);
	else
		icmp_send_error(stack, pkt, ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, 0);
	if (iface)
		iface->stats.tx_errors++;
	px_pkt_free(pkt);
}

static bool gateway_usable(const struct px_iface *iface, const struct px_ip *gateway)
{
	const struct neighbour *neighbour = neighbour_find(iface, gateway);

	/* Unknown counts as reachable: it is found out by sending (RFC 4191 section 3.2). */
	return !neighbour ||
	       (neighbour->state != NEIGHBOUR_FAILED && neighbour->state != NEIGHBOUR_INCOMPLETE);
}

/* ---- interfaces ---- */

static const struct ip6_config default_config = {
    .autoconf = true,
    .accept_ra_defrtr = true,
    .accept_ra_pinfo = true,
    .accept_ra_mtu = true,
    .accept_ra_rtr_pref = true,
    .accept_ra_rt_info_max_plen = 128,
    .accept_redirects = true,
    .dad_transmits = 1,
    .router_solicitations = 3, /* RFC 4861: MAX_RTR_SOLICITATIONS */
};

struct ip6_config *ip6_iface_config(struct px_iface *iface)
{
	return iface->ip6 ? &iface->ip6->config : NULL;
}

/* Without memory for it an interface has no IPv6, or no groups: px_iface_add cannot fail here. */
static void iface_new(struct px_stack *stack, struct px_iface *iface)
{
	iface->ip4 = px_zalloc(stack->mem, sizeof(*iface->ip4));
	if (iface->ip4)
		group_iface_init(&iface->ip4->groups);
	iface->ip6 = px_zalloc(stack->mem, sizeof(*iface->ip6));
	if (!iface->ip6)
		return;
	iface->ip6->config = default_config;
	iface->ip6->config.accept_ra = stack->options.accept_ra;
	iface->ip6->config.optimistic_dad = stack->options.optimistic_dad;
	iface->ip6->iface = iface;
	nd_router_init(iface);
	group_iface_init(&iface->ip6->groups);
}

static void iface_del(struct px_stack *stack, struct px_iface *iface)
{
	ip_retired_iface_del(iface);
	ip_reassembly_flush(stack, iface);
	group_iface_fini(iface);
	if (iface->ip6)
		nd_router_fini(iface);
	px_free(stack->mem, iface->ip4, sizeof(*iface->ip4));
	px_free(stack->mem, iface->ip6, sizeof(*iface->ip6));
	iface->ip4 = NULL;
	iface->ip6 = NULL;
}

/* fe80::/64 and the EUI-64 of the link address (RFC 4862 section 5.3, RFC 4291 appendix A). */
static void add_link_local(struct px_iface *iface)
{
	struct px_address_config config = {
	    .ip = {.b = {0xfe, 0x80}}, .prefix = 64, .scope = -1, .protocol = IFAPROT_KERNEL_LL};
	const struct px_address *address;

	if (iface->ip6->config.addr_gen_none || !iface->type->address_len ||
	    px_iface_is_loopback(iface))
		return;
	list_for_each (address, &iface->addresses, node) {
		if (!px_ip_is4(&address->ip) && px_ip_is_link_local(&address->ip))
			return;
	}
	memcpy(config.ip.b + 8, iface->mac, 3);
	config.ip.b[8] ^= 0x02;
	config.ip.b[11] = 0xff;
	config.ip.b[12] = 0xfe;
	memcpy(config.ip.b + 13, iface->mac + 3, 3);
	px_address_add(iface, &config, NULL);
}

static void start_ip6(struct px_iface *iface)
{
	struct px_address *address;

	/* RFC 8200 section 5: no link of less than 1280. */
	if (!iface->ip6 || iface->ip6->config.disable || iface->mtu < IP6_MIN_MTU)
		return;
	iface->ip6->running = true;
	list_for_each (address, &iface->addresses, node) {
		if (!px_ip_is4(&address->ip))
			dad_start(address);
	}
	add_link_local(iface);
}

static void stop_ip6(struct px_iface *iface)
{
	struct px_address *address;

	if (!iface->ip6)
		return;
	iface->ip6->running = false;
	iface->ip6->ra_mtu = 0;
	nd_router_stop(iface);
	list_for_each (address, &iface->addresses, node) {
		if (!px_ip_is4(&address->ip))
			px_dad_end(address);
	}
}

/* The MTU went below what IPv6 needs, or came back. */
static void iface_changed(struct px_iface *iface)
{
	bool possible;

	if (!iface->ip6 || !px_iface_is_up(iface))
		return;
	possible = iface->mtu >= IP6_MIN_MTU && !iface->ip6->config.disable;
	if (possible && !iface->ip6->running)
		start_ip6(iface);
	else if (!possible && iface->ip6->running)
		stop_ip6(iface);
}

void ip6_iface_reconfigure(struct px_iface *iface)
{
	if (!iface->ip6)
		return;
	iface_changed(iface);
	if (!iface->ip6->config.accept_ra)
		nd_router_stop(iface);
	else if (iface->ip6->running && px_address_link_local(iface))
		nd_router_start(iface);
}

static void carrier_changed(struct px_iface *iface)
{
	struct px_address *address;

	if (!iface->carrier || !px_iface_is_up(iface)) {
		return;
	}
	group_iface_up(iface);
	if (!iface->ip6 || !iface->ip6->running)
		return;
	/* RFC 4862 section 5.4: again, who knows what the link is now. */
	list_for_each (address, &iface->addresses, node) {
		if (!px_ip_is4(&address->ip))
			dad_start(address);
	}
}

static void address_new(struct px_address *address)
{
	struct px_ip node;

	if (px_ip_is4(&address->ip) || px_ip_is_loopback(&address->ip) || !address->iface->ip6)
		return;
	ip_retired_address_new(address);
	/* Section 5.4.2: joined before the detection's first question, but tentative by then: the
	 * report of the group is not to come from the address itself (RFC 3810 section 5.2.13). */
	dad_start(address);
	node = px_ip6_solicited_node(&address->ip);
	group_use(address->iface, &node);
}

static void address_del(struct px_address *address)
{
	struct px_ip node;

	if (px_ip_is4(&address->ip) || px_ip_is_loopback(&address->ip) || !address->iface->ip6)
		return;
	px_dad_end(address);
	node = px_ip6_solicited_node(&address->ip);
	group_unuse(address->iface, &node);
}

static void ip_event(struct px_stack *stack, enum px_event event, void *object)
{
	switch (event) {
	case PX_EVENT_IFACE_NEW:
		iface_new(stack, object);
		break;
	case PX_EVENT_IFACE_DEL:
		iface_del(stack, object);
		break;
	case PX_EVENT_IFACE_UP:
		ip_retired_iface_up(object);
		start_ip6(object);
		group_iface_up(object);
		break;
	case PX_EVENT_IFACE_DOWN:
		stop_ip6(object);
		group_iface_down(object);
		ip_reassembly_flush(stack, object);
		break;
	case PX_EVENT_IFACE_CHANGE:
		iface_changed(object);
		break;
	case PX_EVENT_IFACE_CARRIER:
		carrier_changed(object);
		break;
	case PX_EVENT_ADDRESS_NEW:
		address_new(object);
		break;
	case PX_EVENT_ADDRESS_DEL:
		address_del(object);
		break;
	default:
		break;
	}
}

/* ---- attaching ---- */

static const struct ip_protocol icmp4_protocol = {
    .number = IPPROTO_ICMP, .ip4 = true, .input = icmp4_input};
static const struct ip_protocol icmp6_protocol = {
    .number = IPPROTO_ICMPV6, .ip6 = true, .input = icmp6_input, .error = icmp6_error};
static const struct ip_protocol igmp_protocol = {
    .number = IPPROTO_IGMP, .ip4 = true, .input = igmp_input};

static void ip_detach(struct px_stack *stack)
{
	struct ip_state *ip = stack->ip;

	ip_join_free(stack);
	ip_reassembly_flush(stack, NULL);
	ip_exceptions_flush(stack);
	px_table_fini(&ip->reassemblies, stack->mem);
	px_table_fini(&ip->exceptions, stack->mem);
	px_free(stack->mem, ip->icmp_peers, ICMP_PEER_BUCKETS * sizeof(*ip->icmp_peers));
	px_free(stack->mem, ip, sizeof(*ip));
	stack->ip = NULL;
}

int ip_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"ip", ip_detach, ip_event};
	struct ip_state *ip = px_zalloc(stack->mem, sizeof(*ip));
	int err;

	if (!ip)
		return -ENOMEM;
	list_init(&ip->reassembly_lru);
	list_init(&ip->exception_lru);
	stack->ip = ip;
	ip_protocol_register(stack, &icmp4_protocol);
	ip_protocol_register(stack, &icmp6_protocol);
	ip_protocol_register(stack, &igmp_protocol);
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, ip, sizeof(*ip));
		stack->ip = NULL;
		return err;
	}
	stack->ip4_input = stack->ip6_input = ip_input;
	stack->burst_end = ip_join_flush;
	stack->nd_solicit = nd_solicit;
	stack->unreachable = unreachable;
	stack->gateway_usable = gateway_usable;
	return 0;
}
