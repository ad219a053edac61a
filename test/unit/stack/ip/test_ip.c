/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets between hosts: echo, fragments, errors, path MTU, forwarding. */
#include "net.h"

#define TEST_PROTOCOL 253 /* RFC 3692: for experiments */

static unsigned int received;
static size_t received_len;

static void test_input(struct px_stack *stack, struct px_pkt *pkt)
{
	received++;
	received_len = pkt->total;
	assert_int_equal(px_pkt_linearize(pkt), 0);
	for (size_t i = 0; i < pkt->total; i++)
		assert_int_equal(pkt->data[i], (uint8_t)(i * 7 + i / 256));
	px_pkt_free(pkt);
}

static const struct ip_protocol test_protocol = {
    .number = TEST_PROTOCOL, .ip4 = true, .ip6 = true, .input = test_input};

static int attach(struct px_stack *stack)
{
	int err = net_attach(stack);

	received = 0;
	return err ? err : ip_protocol_register(stack, &test_protocol);
}

static void test_ping(void **state)
{
	struct px_iface *a = net_host(attach, 1);

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_ping(a, "10.0.0.2", 56, NULL), 0);
	assert_int_equal(net_ping(a, "2001:db8::2", 56, NULL), 0);
	assert_int_equal(net_ping(a, "fe80::ff:fe00:2", 56, NULL), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 3);
	assert_int_equal(net_ping(a, "172.16.0.1", 56, NULL), -ENETUNREACH);
	assert_int_equal(net_ping(a, "2001:db9::1", 56, NULL), -ENETUNREACH);
}

static void test_self(void **state)
{
	static const char *const ours[] = {
	    "127.0.0.1", "127.1.2.3", "::1", "10.0.0.1", "2001:db8::1", "fe80::ff:fe00:1"};
	struct px_iface *a = net_host(attach, 1);
	uint64_t frames;

	sim_run(sim, 5 * PX_SEC);
	frames = wire->frames;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		assert_int_equal(net_ping(a, ours[i], 1000, NULL), 0);
		sim_settle(sim, PX_SEC);
		assert_int_equal(net_pongs(a), i + 1);
	}
	assert_int_equal(wire->frames, frames); /* none left the host */
	assert_int_equal(net_ping(a, "127.0.0.1", 65507, NULL), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 7);
}

static void test_multicast_ping(void **state)
{
	struct px_iface *a = net_host(attach, 1), *b = net_host(attach, 2);

	net_host(attach, 3);
	sim_run(sim, 5 * PX_SEC);
	net_ping(a, "ff02::1", 56, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 2);
	net_ping(a, "224.0.0.1", 56, NULL); /* not answered by default */
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 2);
	b->stack->options.icmp_echo_ignore_broadcasts = false;
	net_ping(a, "224.0.0.1", 56, NULL);
	net_ping(a, "10.0.0.255", 56, NULL);
	net_ping(a, "255.255.255.255", 56, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 4); /* 255.255.255.255 has no route */
}

/* Every size that a fragment boundary could spoil, then the largest. */
static void test_sizes(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	struct px_iface *a = net_host(attach, 1);
	unsigned int expected = 0;

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	wire->jitter = 3 * PX_MSEC; /* out of order */
	wire->duplicate = 50000;
	for (size_t t = 0; t < 2; t++) {
		for (size_t len = 0; len <= 65515;
		     len += len < 40 || (len > 1400 && len < 1520) ? 1 : 977) {
			wire->duplicate = len > 1400 ? 50000 : 0; /* duplicates of whole packets are two */
			assert_int_equal(net_send(a, targets[t], TEST_PROTOCOL, len, NULL), 0);
			sim_settle(sim, PX_SEC);
			assert_int_equal(received_len, len);
			assert_true(received > expected);
			expected = received;
		}
	}
	assert_int_equal(net_send(a, targets[0], TEST_PROTOCOL, 65516, NULL), -EMSGSIZE);
	assert_int_equal(net_send(a, targets[1], TEST_PROTOCOL, 65536, NULL), -EMSGSIZE);
	sim_run(sim, 120 * PX_SEC);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(a->stack->ip->reassembly_bytes, 0);
}

/* A lost fragment: after a minute the sender hears of it, and nothing is left. */
static bool drop_second(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	unsigned int *count = argument;

	return len < 1000 || ++*count != 2;
}

static void test_reassembly_timeout(void **state)
{
	struct px_iface *a = net_host(attach, 1), *b = net_host(attach, 2);

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int count = 0;
		sim_run(sim, 5 * PX_SEC);
		net_ping(a, i ? "2001:db8::2" : "10.0.0.2", 8, NULL);
		sim_settle(sim, PX_SEC);
		wire->probe = drop_second;
		wire->argument = &count;
		net_send(a, i ? "2001:db8::2" : "10.0.0.2", TEST_PROTOCOL, 5000, NULL);
		sim_run(sim, 59 * PX_SEC);
		assert_true(b->stack->ip->reassembly_bytes > 0);
		wire->probe = NULL;
		sim_run(sim, 2 * PX_SEC);
		assert_int_equal(b->stack->ip->reassembly_bytes, 0);
	}
	assert_int_equal(received, 0);
	assert_int_equal(net_stat(b, PX_IpReasmTimeout), 1);
	assert_int_equal(net_stat(b, PX_Ip6ReasmTimeout), 1);
	assert_int_equal(net_stat(a, PX_IcmpInTimeExcds), 1);
	assert_int_equal(net_stat(a, PX_Icmp6InTimeExcds), 1);
}

static void test_overlap(void **state)
{
	uint8_t payload[64];
	struct px_iface *b = net_host(attach, 2);

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	sim_run(sim, 5 * PX_SEC);
	/* Two parts and an exact duplicate: fine. */
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 4, NULL, 0, payload + 32, 32);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
	/* An overlap: dropped, and so is what would have completed it. */
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF | 3, NULL, 0, payload + 24, 16);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 4, NULL, 0, payload + 32, 32);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
	assert_int_equal(net_stat(b, PX_IpExtReasmOverlaps), 1);
	sim_run(sim, 120 * PX_SEC);
	/* Beyond 65535 bytes; a middle part of odd length; an empty one; two different ends. */
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 0x1fff, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 31);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(b->stack->ip->reassembly_bytes, 0);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 4, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 6, NULL, 0, payload, 32);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 32);
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
}

/* Fragments of a hundred thousand datagrams that never get whole. */
static void test_fragment_flood(void **state)
{
	struct px_iface *b = net_host(attach, 2);
	uint8_t payload[64] = {0};

	b->stack->options.reassembly_max = 256 << 10;
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 20000; i++) {
		char source[32];
		snprintf(source, sizeof(source), "10.0.%u.%u", i / 250 % 250, i % 250 + 1);
		net_inject4(source, "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 64);
		if (i % 100 == 0) {
			sim_run(sim, PX_MSEC);
			assert_true(b->stack->ip->reassembly_bytes <= b->stack->options.reassembly_max);
		}
	}
	sim_run(sim, 120 * PX_SEC);
	assert_int_equal(b->stack->ip->reassembly_bytes, 0);
	assert_int_equal(b->stack->ip->reassemblies.count, 0);
	b->stack->options.reassembly_max = 0; /* no room for even one */
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 64);
	sim_run(sim, PX_SEC);
	b->stack->options.reassembly_max = 400; /* for the first, not for a second fragment */
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, IP4_MF, NULL, 0, payload, 64);
	net_inject4("10.0.0.9", "10.0.0.2", TEST_PROTOCOL, 64, 8, NULL, 0, payload, 64);
	sim_run(sim, 120 * PX_SEC);
	assert_int_equal(b->stack->ip->reassembly_bytes, 0);
}

static void test_protocol_unreachable(void **state)
{
	struct px_iface *a = net_host(attach, 1), *b = net_host(attach, 2);

	sim_run(sim, 5 * PX_SEC);
	net_send(a, "10.0.0.2", 254, 100, NULL);
	net_send(a, "2001:db8::2", 254, 100, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_stat(a, PX_IcmpInDestUnreachs), 1);
	assert_int_equal(net_stat(a, PX_Icmp6InParmProblems), 1);
	assert_int_equal(net_stat(b, PX_IpInUnknownProtos), 1);
	/* The rate: a burst, then one a second. */
	for (unsigned int i = 0; i < 100; i++) {
		net_send(a, "10.0.0.2", 254, 100, NULL);
		sim_run(sim, 10 * PX_MSEC);
	}
	assert_in_range(net_stat(b, PX_IcmpOutDestUnreachs), 6, 8);
	sim_run(sim, 10 * PX_SEC);
	net_send(a, "10.0.0.2", 254, 100, NULL);
	sim_settle(sim, PX_SEC);
	assert_in_range(net_stat(b, PX_IcmpOutDestUnreachs), 7, 9);
}

static void test_host_unreachable(void **state)
{
	struct px_iface *a = net_host(attach, 1);

	sim_run(sim, 5 * PX_SEC);
	net_send(a, "10.0.0.77", TEST_PROTOCOL, 100, NULL);
	net_send(a, "2001:db8::77", TEST_PROTOCOL, 100, NULL);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_stat(a, PX_IcmpInDestUnreachs), 1); /* told ourselves */
	assert_int_equal(net_stat(a, PX_Icmp6InDestUnreachs), 1);
}

/* a (10.0.0.1) -- r -- b (10.1.0.2), the second wire with a smaller MTU. */
static void routed(struct px_iface **a, struct px_iface **b, struct px_iface **r)
{
	struct sim_wire *far = sim_wire_new(sim);
	struct sim_node *router;
	struct px_iface *r1;

	*a = net_host(attach, 1);
	*r = net_host(attach, 0xfe);
	router = ((struct sim_port *)(*r)->link)->owner;
	r1 = sim_connect(router, &ethernet_type, far, 0xfd);
	net_address(r1, "10.1.0.1", 24);
	net_address(r1, "2001:db8:1::1", 64);
	*b = sim_connect(sim_node_new(sim, attach), &ethernet_type, far, 2);
	net_address(*b, "10.1.0.2", 24);
	net_address(*b, "2001:db8:1::2", 64);
	px_iface_set_mtu(r1, 1300);
	px_iface_set_mtu(*b, 1300);
	router->stack->options.ip_forward = router->stack->options.ip6_forwarding = true;
	net_route(*a, "0.0.0.0", 0, "10.0.0.254");
	net_route(*a, "::", 0, "2001:db8::fe");
	sim_run(sim, 5 * PX_SEC);
	net_route(*b, "0.0.0.0", 0, "10.1.0.1");
	net_route(*b, "::", 0, "2001:db8:1::1");
}

static void test_forwarding(void **state)
{
	struct ip_send one_hop = {.ttl = 1};
	struct px_iface *a, *b, *r;

	routed(&a, &b, &r);
	net_ping(a, "10.1.0.2", 100, NULL);
	net_ping(a, "2001:db8:1::2", 100, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 2);
	net_ping(a, "10.1.0.2", 100, &one_hop); /* traceroute's first line */
	net_ping(a, "2001:db8:1::2", 100, &one_hop);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_stat(a, PX_IcmpInTimeExcds), 1);
	assert_int_equal(net_stat(a, PX_Icmp6InTimeExcds), 1);
	net_ping(a, "10.2.0.2", 100, NULL);
	net_ping(a, "2001:db8:2::2", 100, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_stat(a, PX_IcmpInDestUnreachs), 1);
	assert_int_equal(net_stat(a, PX_Icmp6InDestUnreachs), 1);
	net_send(a, "10.1.0.2", TEST_PROTOCOL, 1400, &(struct ip_send){.ttl = -1}); /* no DF */
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
	assert_int_equal(net_stat(r, PX_IpFragOKs), 1);
}

static void pmtu_learn(struct px_stack *stack, const struct ip_error *error)
{
	if (error->error == EMSGSIZE)
		ip_pmtu_update(stack, error);
}

static const struct ip_protocol learning_protocol = {.number = TEST_PROTOCOL + 1,
    .ip4 = true,
    .ip6 = true,
    .input = test_input,
    .error = pmtu_learn};

static uint32_t path_mtu(struct px_iface *iface, const char *to)
{
	struct ip_flow flow = {.dst = px_ip_parse(to)};
	struct ip_dst dst;

	assert_int_equal(ip_route(iface->stack, &flow, &dst), 0);
	return dst.mtu;
}

static void test_path_mtu(void **state)
{
	static const char *const targets[] = {"10.1.0.2", "2001:db8:1::2"};
	struct ip_send df = {.ttl = -1, .pmtu = IP_PMTUDISC_DO};
	struct px_iface *a, *b, *r;

	routed(&a, &b, &r);
	ip_protocol_register(a->stack, &learning_protocol);
	ip_protocol_register(b->stack, &learning_protocol);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(net_send(a, targets[i], TEST_PROTOCOL + 1, 1400, &df), 0);
		sim_settle(sim, PX_SEC);
		assert_int_equal(received, i);
		assert_int_equal(path_mtu(a, targets[i]), 1300);
		assert_int_equal(net_send(a, targets[i], TEST_PROTOCOL + 1, 1400, &df), -EMSGSIZE);
		assert_int_equal(net_send(a, targets[i], TEST_PROTOCOL + 1, 1400, NULL), 0);
		sim_settle(sim, PX_SEC);
		assert_int_equal(received, i + 1);
	}
	sim_run(sim, 601 * PX_SEC); /* forgotten */
	assert_int_equal(path_mtu(a, targets[0]), 1500);
	assert_int_equal(path_mtu(a, targets[1]), 1500);
}

/* Who answers a ping learns, too, though no socket of it is concerned. */
static void test_path_mtu_of_answers(void **state)
{
	struct px_iface *a, *b, *r;

	routed(&a, &b, &r);
	net_ping(b, "2001:db8::1", 1400, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(b), 0);
	assert_int_equal(path_mtu(a, "2001:db8:1::2"), 1300);
	net_ping(b, "2001:db8::1", 1400, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(b), 1);
}

/* Sizes that nobody should believe. */
static void test_path_mtu_lies(void **state)
{
	struct px_iface *a = net_host(attach, 1);
	struct ip_error error = {.error = EMSGSIZE,
	    .src = px_ip_parse("10.0.0.1"),
	    .dst = px_ip_parse("10.0.0.9"),
	    .iface = a,
	    .info = 100};

	sim_run(sim, 5 * PX_SEC);
	ip_pmtu_update(a->stack, &error);
	assert_int_equal(path_mtu(a, "10.0.0.9"), 552);
	error.info = 9000;
	ip_pmtu_update(a->stack, &error);
	assert_int_equal(path_mtu(a, "10.0.0.9"), 552);
	error.dst = px_ip_parse("10.0.0.10");
	error.info = 0; /* an old router */
	ip_pmtu_update(a->stack, &error);
	assert_int_equal(path_mtu(a, "10.0.0.10"), 1492);
	error.src = px_ip_parse("2001:db8::1");
	error.dst = px_ip_parse("2001:db8::9");
	error.info = 1000;
	ip_pmtu_update(a->stack, &error);
	assert_int_equal(path_mtu(a, "2001:db8::9"), 1500);
	for (unsigned int i = 0; i < 5000; i++) {
		error.src = px_ip_parse("10.0.0.1");
		error.dst = px_ip4_host(0x0a000000 + i);
		error.info = 1000;
		ip_pmtu_update(a->stack, &error);
	}
	assert_true(a->stack->ip->exceptions.count <= 1024);
}

static void test_options(void **state)
{
	static const uint8_t bad[] = {7, 2, 4, 0}, source_route[] = {131, 7, 4, 10, 0, 0, 9, 0};
	static const uint8_t record[] = {7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	uint8_t echo[8] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0};
	struct px_iface *b = net_host(attach, 2);

	sim_run(sim, 5 * PX_SEC);
	net_inject4("10.0.0.9", "10.0.0.2", 1, 64, 0, bad, sizeof(bad), echo, 8);
	sim_run(sim, 100 * PX_MSEC);
	assert_int_equal(net_stat(b, PX_IcmpOutParmProbs), 1);
	net_inject4("10.0.0.9", "10.0.0.2", 1, 64, 0, source_route, sizeof(source_route), echo, 8);
	sim_run(sim, 100 * PX_MSEC);
	assert_int_equal(net_stat(b, PX_IcmpOutEchoReps), 0);
	net_inject4("10.0.0.9", "10.0.0.2", 1, 64, 0, record, sizeof(record), echo, 8);
	sim_run(sim, 100 * PX_MSEC);
	assert_int_equal(net_stat(b, PX_IcmpOutEchoReps), 1);
}

static void test_martians(void **state)
{
	static const struct {
		const char *src, *dst;
	} rows[] = {
	    {"127.0.0.1", "10.0.0.2"},
	    {"224.0.0.5", "10.0.0.2"},
	    {"255.255.255.255", "10.0.0.2"},
	    {"0.0.0.0", "10.0.0.2"},
	    {"240.0.0.1", "10.0.0.2"},
	    {"10.0.0.255", "10.0.0.2"},
	    {"10.0.0.2", "10.0.0.2"},
	    {"10.0.0.2", "10.0.0.255"},
	    {"10.0.0.9", "127.0.0.1"},
	    {"10.0.0.9", "0.0.0.0"},
	};
	static const struct {
		const char *src, *dst;
	} rows6[] = {
	    {"::1", "2001:db8::2"},
	    {"ff02::5", "2001:db8::2"},
	    {"::ffff:10.0.0.9", "2001:db8::2"},
	    {"2001:db8::9", "::1"},
	    {"2001:db8::9", "::"},
	    {"2001:db8::9", "ff01::1"},
	    {"2001:db8::9", "ff00::1"},
	};
	uint8_t echo[8] = {8, 0, 0xf7, 0xff, 0, 0, 0, 0}, echo6[8] = {128};
	struct px_iface *b = net_host(attach, 2);

	sim_run(sim, 5 * PX_SEC);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		net_inject4(rows[i].src, rows[i].dst, 1, 64, 0, NULL, 0, echo, 8);
		sim_run(sim, PX_SEC);
		if (net_stat(b, PX_IcmpInMsgs))
			fail_msg("%s -> %s was taken", rows[i].src, rows[i].dst);
	}
	for (size_t i = 0; i < sizeof(rows6) / sizeof(rows6[0]); i++)
		net_inject6(rows6[i].src, rows6[i].dst, IPPROTO_ICMPV6, 64, echo6, 8);
	sim_run(sim, PX_SEC);
	assert_int_equal(net_stat(b, PX_IcmpInMsgs), 0);
	assert_int_equal(net_stat(b, PX_Icmp6InEchos), 0);
}

static void test_ip6_chains(void **state)
{
	/* Destination options, then routing with no segments left, then an atomic fragment. */
	static const uint8_t good[] = {43, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 0, 0,
	    0, 0, 1, 128, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t segments_left[] = {58, 0, 0, 1, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t late_hop_by_hop[] = {
	    0, 0, 1, 4, 0, 0, 0, 0, 58, 0, 1, 4, 0, 0, 0, 0, 128, 0, 0, 0};
	static const uint8_t unknown_option[] = {58, 0, 0x9e, 0, 1, 2, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t odd_fragment[] = {58, 0, 0, 1, 0, 0, 0, 9, 128, 0, 0};
	static const uint8_t tiny_first[] = {60, 0, 0, 1, 0, 0, 0, 9, 58, 0, 1, 4, 0, 0, 0, 0};
	uint8_t chain[16 * 8 + 24];
	struct px_iface *b = net_host(attach, 2);
	uint64_t problems;

	sim_run(sim, 5 * PX_SEC);
	net_inject6("2001:db8::9", "2001:db8::2", 60, 64, good, sizeof(good));
	sim_run(sim, PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6InCsumErrors), 1); /* got through to ICMPv6 */

	problems = net_stat(b, PX_Icmp6OutParmProblems);
	net_inject6("2001:db8::9", "2001:db8::2", 43, 64, segments_left, sizeof(segments_left));
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6OutParmProblems), ++problems);
	net_inject6("2001:db8::9", "2001:db8::2", 60, 64, late_hop_by_hop, sizeof(late_hop_by_hop));
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6OutParmProblems), ++problems);
	net_inject6("2001:db8::9", "2001:db8::2", 60, 64, unknown_option, sizeof(unknown_option));
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6OutParmProblems), ++problems);
	net_inject6("2001:db8::9", "2001:db8::2", 44, 64, odd_fragment, sizeof(odd_fragment));
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6OutParmProblems), ++problems);
	net_inject6("2001:db8::9", "2001:db8::2", 44, 64, tiny_first, sizeof(tiny_first));
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(net_stat(b, PX_Icmp6OutParmProblems), ++problems);

	/* More headers than anybody needs. */
	memset(chain, 0, sizeof(chain));
	for (size_t i = 0; i < sizeof(chain) / 8; i++) {
		chain[i * 8] = 60;
		chain[i * 8 + 2] = 1;
		chain[i * 8 + 3] = 4;
	}
	net_inject6("2001:db8::9", "2001:db8::2", 60, 64, chain, sizeof(chain));
	sim_run(sim, PX_SEC);
	assert_int_equal(net_stat(b, PX_Ip6InDiscards), 1);
}

/* Frames of a conversation with bits turned: nothing crashes, nothing leaks, nothing loops. */
static void test_damage(void **state)
{
	struct failing_allocator allocator;
	struct px_iface *a;

	failing_allocator_init(&allocator);
	sim->allocator = &allocator.ops;
	a = net_host(attach, 1);
	net_host(attach, 2);
	wire->corrupt = 700000;
	for (unsigned int i = 0; i < 3000; i++) {
		net_ping(a, i & 1 ? "10.0.0.2" : "2001:db8::2", i % 3000, NULL);
		net_ping(a, "ff02::1", 8, NULL);
		sim_run(sim, 5 * PX_MSEC);
	}
	sim_run(sim, 200 * PX_SEC);
	while (!list_is_empty(&sim->nodes))
		sim_node_free(list_first(&sim->nodes, struct sim_node, node));
	assert_int_equal(allocator.live, 0);
	assert_false(allocator.bad_size);
	sim->allocator = NULL;
}

static void refused_scene(struct sim_node *node)
{
	struct px_iface *iface;

	iface = sim_connect(node, &ethernet_type, wire, 1);
	if (iface) {
		struct px_address_config config = {
		    .ip = px_ip_parse("10.0.0.1"), .prefix = 120, .scope = -1};
		px_address_add(iface, &config, NULL);
		net_send(iface, "10.0.0.9", TEST_PROTOCOL, 4000, NULL);
		net_ping(iface, "127.0.0.1", 3000, NULL);
		net_ping(iface, "::1", 3000, NULL);
		net_send(iface, "127.0.0.1", 254, 10, NULL);
		sim_run(sim, 10 * PX_SEC);
	}
}

static void test_refused(void **state)
{
	net_refuse(150, 1, attach, refused_scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ping, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_self, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_multicast_ping, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_sizes, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reassembly_timeout, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_overlap, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_fragment_flood, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_protocol_unreachable, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_host_unreachable, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_forwarding, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu_of_answers, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu_lies, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_options, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_martians, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_ip6_chains, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_damage, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
