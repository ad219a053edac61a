/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the network layer and above share: hosts on simulated wires, frames by hand. */
#ifndef TEST_NET_H
#define TEST_NET_H

#include "checksum.h"
#include "ether.h"
#include "icmp.h"
#include "ip.h"
#include "ip_internal.h"
#include "ip4.h"
#include "ip6.h"
#include "sim.h"

#include "failing_allocator.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static struct sim *sim;
static struct sim_wire *wire;

static inline int net_attach(struct px_stack *stack)
{
	int err = link_attach(stack);

	if (!err)
		err = ip_attach(stack);
	return err ? err : loopback_add(stack);
}

static inline int net_setup(void **state)
{
	sim = sim_new(42);
	wire = sim_wire_new(sim);
	return 0;
}

static inline int net_teardown(void **state)
{
	sim_free(sim);
	return 0;
}

static inline struct px_address *net_address(
    struct px_iface *iface, const char *text, unsigned int prefix)
{
	struct px_address_config config = {.ip = px_ip_parse(text), .scope = -1};
	struct px_address *address = NULL;

	config.prefix = prefix + (px_ip_is4(&config.ip) ? PX_IP4_OFFSET : 0);
	assert_int_equal(px_address_add(iface, &config, &address), 0);
	return address;
}

/* A host with the addresses 10.0.0.N/24 and 2001:db8::N/64, both usable at once. */
static inline struct px_iface *net_host(int (*attach)(struct px_stack *), uint8_t n)
{
	struct px_iface *iface;
	struct px_address_config config = {
	    .ip = px_ip_parse("2001:db8::"), .prefix = 64, .scope = -1, .flags = IFA_F_NODAD};
	char text[32];

	iface = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, n);
	snprintf(text, sizeof(text), "10.0.0.%u", n);
	net_address(iface, text, 24);
	config.ip.b[15] = n;
	assert_int_equal(px_address_add(iface, &config, NULL), 0);
	return iface;
}

static inline void net_route(
    struct px_iface *iface, const char *dst, unsigned int prefix, const char *gateway)
{
	struct px_route route = {.dst = px_ip_parse(dst),
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .protocol = RTPROT_STATIC,
	    .iface = iface,
	    .expires = PX_TIME_NEVER};

	route.family = (uint8_t)px_ip_family(&route.dst);
	route.prefix = (uint8_t)(prefix + (route.family == AF_INET ? PX_IP4_OFFSET : 0));
	if (gateway)
		route.gateway = px_ip_parse(gateway);
	assert_int_equal(px_route_add(iface->stack, &route, 0x400 /* NLM_F_CREATE */, NULL), 0);
}

/* Sends `len` bytes of a counting pattern as protocol `protocol`. */
static inline int net_send(
    struct px_iface *from, const char *to, uint8_t protocol, size_t len, const struct ip_send *how)
{
	struct px_stack *stack = from->stack;
	struct ip_send send = {.ttl = -1, .pmtu = IP_PMTUDISC_WANT};
	struct ip_flow flow = {.dst = px_ip_parse(to)};
	struct px_pkt *pkt;
	struct ip_dst dst;
	uint8_t *bytes;
	int err;

	if (how)
		send = *how;
	send.protocol = protocol;
	if (px_ip_needs_scope(&flow.dst) || px_ip_is_multicast(&flow.dst))
		flow.oif = from->index;
	err = ip_route(stack, &flow, &dst);
	if (err)
		return err;
	pkt = px_pkt_alloc(stack, len);
	if (!pkt)
		return -ENOMEM;
	bytes = px_pkt_put(pkt, len);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	return ip_output(stack, pkt, &dst, &send);
}

static inline int net_ping(
    struct px_iface *from, const char *to, size_t len, const struct ip_send *how)
{
	struct px_stack *stack = from->stack;
	struct ip_send send = {.ttl = -1, .pmtu = IP_PMTUDISC_WANT};
	struct ip_flow flow = {.dst = px_ip_parse(to)};
	bool is4 = px_ip_is4(&flow.dst);
	struct px_pkt *pkt;
	struct ip_dst dst;
	uint16_t sum;
	int err;

	if (how)
		send = *how;
	send.protocol = is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (px_ip_needs_scope(&flow.dst) || px_ip_is_multicast(&flow.dst))
		flow.oif = from->index;
	err = ip_route(stack, &flow, &dst);
	if (err)
		return err;
	pkt = px_pkt_alloc(stack, ICMP_HEADER + len);
	if (!pkt)
		return -ENOMEM;
	memset(px_pkt_put(pkt, ICMP_HEADER + len), 0x5a, ICMP_HEADER + len);
	icmp_write(pkt->data, is4 ? ICMP4_ECHO : ICMP6_ECHO, 0, 0x12340001);
	if (is4) {
		sum = checksum_finish(px_pkt_checksum(pkt, 0, pkt->total, 0));
		memcpy(pkt->data + 2, &sum, sizeof(sum));
	} else {
		ip_checksum_partial(pkt, &dst.src, &dst.dst, IPPROTO_ICMPV6, 2);
	}
	return ip_output(stack, pkt, &dst, &send);
}

static inline uint64_t net_stat(const struct px_iface *iface, enum px_counter counter)
{
	return px_stats_get(&iface->stack->stats, counter);
}

/* Answers so far. */
static inline uint64_t net_pongs(const struct px_iface *iface)
{
	return net_stat(iface, PX_IcmpInEchoReps) + net_stat(iface, PX_Icmp6InEchoReplies);
}

/* A frame by hand: Ethernet and IPv6 headers before `payload`, whose ICMPv6 checksum (if it is
 * ICMPv6) is filled in. Sent to the MAC address that `dst` has in these tests. */
static inline void net_inject6(const char *src, const char *dst, uint8_t next, uint8_t hop_limit,
    const void *payload, size_t len)
{
	static uint8_t frame[70000];
	struct ip6_header header = {.next = next,
	    .hop_limit = hop_limit,
	    .payload_len = (uint16_t)len,
	    .src = px_ip_parse(src),
	    .dst = px_ip_parse(dst)};
	uint8_t to[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t from[6] = {2, 0, 0, 0, 0, 0x99};

	if (px_ip_is_multicast(&header.dst))
		ether_multicast(&header.dst, to);
	else
		memcpy(to, (uint8_t[]){2, 0, 0, 0, 0, header.dst.b[15]}, 6);
	ether_write(frame, to, from, ETH_P_IPV6);
	ip6_write(frame + ETHER_HEADER, &header);
	memcpy(frame + ETHER_HEADER + IP6_HEADER, payload, len);
	if (next == IPPROTO_ICMPV6 && len >= 4) {
		uint8_t *icmp = frame + ETHER_HEADER + IP6_HEADER;
		uint16_t sum = 0;
		memcpy(icmp + 2, &sum, 2);
		sum = checksum_finish(checksum_add(
		    ip_pseudo_header(&header.src, &header.dst, next, (uint32_t)len), icmp, len));
		memcpy(icmp + 2, &sum, 2);
	}
	sim_inject(wire, frame, ETHER_HEADER + IP6_HEADER + len);
}

static inline void net_inject4(const char *src, const char *dst, uint8_t protocol, uint8_t ttl,
    uint16_t fragment, const uint8_t *options, size_t options_len, const void *payload, size_t len)
{
	static uint8_t frame[70000];
	struct ip4_header header = {.protocol = protocol,
	    .ttl = ttl,
	    .id = 77,
	    .fragment = fragment,
	    .total_len = (uint16_t)(IP4_HEADER + options_len + len),
	    .src = px_ip_parse(src),
	    .dst = px_ip_parse(dst)};
	uint8_t to[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t from[6] = {2, 0, 0, 0, 0, 0x99};

	if (px_ip_is_multicast(&header.dst))
		ether_multicast(&header.dst, to);
	else if (header.dst.b[15] != 0xff)
		memcpy(to, (uint8_t[]){2, 0, 0, 0, 0, header.dst.b[15]}, 6);
	ether_write(frame, to, from, ETH_P_IP);
	ip4_write(frame + ETHER_HEADER, &header, options, options_len);
	memcpy(frame + ETHER_HEADER + IP4_HEADER + options_len, payload, len);
	sim_inject(wire, frame, ETHER_HEADER + IP4_HEADER + options_len + len);
}

/* Each allocation of a scene, up to `last`, is refused once: whatever it makes of that, nothing is
 * left behind. */
static inline void net_refuse(long last, long step, int (*attach)(struct px_stack *stack),
    void (*scene)(struct sim_node *node))
{
	for (long fail_at = 0; fail_at < last; fail_at += step) {
		struct failing_allocator allocator;
		struct sim_node *node;

		failing_allocator_init(&allocator);
		allocator.fail_at = fail_at;
		sim->allocator = &allocator.ops;
		node = sim_node_new(sim, attach);
		if (node) {
			scene(node);
			sim_node_free(node);
		}
		assert_int_equal(allocator.live, 0);
		assert_false(allocator.bad_size);
	}
	sim->allocator = NULL;
}

#endif
