/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ethernet, ARP, the states of a neighbour, address conflicts. */
#include "ether.h"
#include "link.h"
#include "sim.h"

#include "failing_allocator.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static struct sim *sim;
static struct sim_wire *wire;

static int attach(struct px_stack *stack)
{
	int err = link_attach(stack);

	return err ? err : loopback_add(stack);
}

static int setup(void **state)
{
	sim = sim_new(42);
	wire = sim_wire_new(sim);
	return 0;
}

static int teardown(void **state)
{
	sim_free(sim);
	return 0;
}

static struct px_address *add(struct px_iface *iface, const char *text, unsigned int prefix)
{
	struct px_address_config config = {.ip = px_ip_parse(text), .scope = -1};
	struct px_address *address = NULL;

	config.prefix = prefix + (px_ip_is4(&config.ip) ? PX_IP4_OFFSET : 0);
	assert_int_equal(px_address_add(iface, &config, &address), 0);
	return address;
}

/* What the wire saw. */
static struct {
	unsigned int arp_requests, arp_replies, ip, broadcasts;
	struct arp_packet last;
	bool drop_arp;
} seen;

static bool watch(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	struct wire_reader reader = wire_reader(frame, len);
	struct ether_header header;

	assert_true(ether_parse(&reader, &header));
	if (header.type == ETH_P_ARP) {
		assert_true(arp_parse(&reader, &seen.last));
		if (seen.last.op == ARP_REQUEST)
			seen.arp_requests++;
		else
			seen.arp_replies++;
		seen.broadcasts += ether_is_broadcast(header.dst);
		return !seen.drop_arp;
	}
	seen.ip++;
	return true;
}

static void watch_wire(void)
{
	memset(&seen, 0, sizeof(seen));
	wire->probe = watch;
}

/* A network packet for `to`, of no meaning to anybody. */
static int send_to(struct px_iface *iface, const char *to)
{
	struct px_ip via = px_ip_parse(to);
	struct px_pkt *pkt = px_pkt_alloc(iface->stack, 100);

	memset(px_pkt_put(pkt, 100), 0x45, 100);
	return iface->type->output(iface, pkt, &via);
}

static unsigned int received, unreachable_count;

static void count_ip(struct px_stack *stack, struct px_pkt *pkt)
{
	received++;
	px_pkt_free(pkt);
}

static void count_unreachable(struct px_stack *stack, struct px_pkt *pkt)
{
	unreachable_count++;
	px_pkt_free(pkt);
}

/* a (10.0.0.1) and b (10.0.0.2) on one wire. */
static void two_hosts(struct px_iface **ia, struct px_iface **ib, unsigned int prefix)
{
	*ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	*ib = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 2);
	add(*ia, "10.0.0.1", prefix);
	add(*ib, "10.0.0.2", prefix);
}

static void test_resolution(void **state)
{
	struct px_ip ip_a = px_ip_parse("10.0.0.1"), ip_b = px_ip_parse("10.0.0.2");
	struct px_iface *ia, *ib;
	struct neighbour *neighbour;

	watch_wire();
	two_hosts(&ia, &ib, 24);
	received = 0;
	ib->stack->ip4_input = count_ip;
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_requests, 2); /* the announcements */

	watch_wire();
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(send_to(ia, "10.0.0.2"), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_requests, 1); /* asked once for all five */
	assert_int_equal(seen.arp_replies, 1);
	assert_int_equal(received, 5);
	neighbour = neighbour_find(ia, &ip_b);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_REACHABLE);
	assert_int_equal(neighbour->mac[5], 2);
	neighbour = neighbour_find(ib, &ip_a); /* b learned who asked */
	assert_int_equal(neighbour->state, NEIGHBOUR_STALE);
	assert_int_equal(ia->stack->neighbours->pending_bytes, 0);
}

static void test_reachability(void **state)
{
	struct px_ip ip_b = px_ip_parse("10.0.0.2");
	struct px_iface *ia, *ib;
	struct neighbour *neighbour;

	two_hosts(&ia, &ib, 24);
	send_to(ia, "10.0.0.2");
	sim_settle(sim, PX_SEC);
	neighbour = neighbour_find(ia, &ip_b);
	sim_run(sim, 60 * PX_SEC);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_STALE);

	/* Used while stale: delayed, then probed by unicast, then reachable again. */
	watch_wire();
	send_to(ia, "10.0.0.2");
	assert_int_equal(neighbour->state, NEIGHBOUR_DELAY);
	sim_run(sim, 4 * PX_SEC);
	assert_int_equal(seen.arp_requests, 0);
	sim_run(sim, 2 * PX_SEC);
	assert_int_equal(seen.arp_requests, 1);
	assert_int_equal(seen.broadcasts, 0);
	assert_int_equal(neighbour->state, NEIGHBOUR_REACHABLE);

	/* A hint from above saves the probe. */
	sim_run(sim, 60 * PX_SEC);
	send_to(ia, "10.0.0.2");
	assert_int_equal(neighbour->state, NEIGHBOUR_DELAY);
	neighbour_confirm(ia, &ip_b);
	assert_int_equal(neighbour->state, NEIGHBOUR_REACHABLE);
	watch_wire();
	sim_run(sim, 10 * PX_SEC);
	assert_int_equal(seen.arp_requests, 0);

	/* Gone: three unicast probes, then failed. */
	sim_run(sim, 60 * PX_SEC);
	seen.drop_arp = true;
	send_to(ia, "10.0.0.2");
	sim_run(sim, 5 * PX_SEC + 100 * PX_MSEC);
	assert_int_equal(neighbour->state, NEIGHBOUR_PROBE);
	sim_run(sim, 4 * PX_SEC);
	assert_int_equal(neighbour->state, NEIGHBOUR_FAILED);
	assert_int_equal(seen.arp_requests, NEIGHBOUR_UNICAST_SOLICIT);
}

static void test_no_answer(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);

	add(ia, "10.0.0.1", 24);
	sim_settle(sim, PX_SEC);
	unreachable_count = 0;
	ia->stack->unreachable = count_unreachable;
	watch_wire();
	for (unsigned int i = 0; i < NEIGHBOUR_PENDING_MAX + 10; i++)
		send_to(ia, "10.0.0.9");
	sim_run(sim, 10 * PX_SEC);
	assert_int_equal(seen.arp_requests, NEIGHBOUR_MULTICAST_SOLICIT);
	assert_int_equal(unreachable_count, NEIGHBOUR_PENDING_MAX);
	assert_int_equal(ia->stack->neighbours->pending_bytes, 0);
	assert_int_equal(px_deadline(ia->stack), PX_TIME_NEVER); /* sleeps again */
}

/* Ten thousand addresses scanned: bounded, and a neighbour in use survives. */
static void test_flood(void **state)
{
	struct px_ip ip_b = px_ip_parse("10.0.0.2");
	struct px_iface *ia, *ib;
	struct px_stack *stack;

	two_hosts(&ia, &ib, 8);
	stack = ia->stack;
	send_to(ia, "10.0.0.2");
	sim_settle(sim, PX_SEC);
	for (unsigned int i = 0; i < 10000; i++) {
		char text[32];
		snprintf(text, sizeof(text), "10.1.%u.%u", i / 256, i % 256);
		send_to(ia, text);
		assert_true(stack->neighbours->entries.count <= stack->options.neighbours_max);
		assert_true(stack->neighbours->pending_bytes <= NEIGHBOUR_PENDING_BYTES);
		if (i % 100 == 0)
			sim_run(sim, 10 * PX_MSEC);
	}
	assert_non_null(neighbour_find(ia, &ip_b));
}

static const uint8_t broadcast_mac[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 9};

static void inject_arp(const struct arp_packet *arp)
{
	uint8_t frame[ETHER_HEADER + ARP_LEN];

	ether_write(frame, broadcast_mac, peer_mac, ETH_P_ARP);
	arp_write(frame + ETHER_HEADER, arp);
	sim_inject(wire, frame, sizeof(frame));
}

static void test_answers(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct arp_packet request = {.op = ARP_REQUEST,
	    .sender_mac = {2, 0, 0, 0, 0, 9},
	    .sender = px_ip_parse("10.0.0.9"),
	    .target = px_ip_parse("10.0.0.1")};
	struct px_ip sender = request.sender;
	uint8_t frame[ETHER_HEADER + ARP_LEN];

	add(ia, "10.0.0.1", 24);
	sim_settle(sim, PX_SEC);
	watch_wire();
	inject_arp(&request);
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_replies, 1);
	assert_int_equal(seen.last.sender_mac[5], 1);
	assert_memory_equal(seen.last.target_mac, peer_mac, 6);
	assert_non_null(neighbour_find(ia, &sender));

	/* A probe is answered, and teaches nothing. */
	request.sender = px_ip_parse("0.0.0.0");
	inject_arp(&request);
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_replies, 2);
	assert_int_equal(ia->stack->neighbours->entries.count, 1);

	/* Not ours; loopback; a sender that is a group; frames cut short. */
	request.sender = px_ip_parse("10.0.0.8");
	request.target = px_ip_parse("10.0.0.77");
	inject_arp(&request);
	request.target = px_ip_parse("127.0.0.1");
	inject_arp(&request);
	request.target = px_ip_parse("10.0.0.1");
	request.sender_mac[0] = 3;
	inject_arp(&request);
	request.sender_mac[0] = 2;
	ether_write(frame, broadcast_mac, peer_mac, ETH_P_ARP);
	arp_write(frame + ETHER_HEADER, &request);
	wire->probe = NULL;
	for (size_t len = 0; len < sizeof(frame); len++)
		sim_inject(wire, frame, len);
	wire->probe = watch;
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_replies, 2);
	assert_int_equal(ia->stack->neighbours->entries.count, 1);
}

/* An address moves to another host at once: it announces itself, or asks us. Of two that answer,
 * the first stays for a second. */
static void test_takeover(void **state)
{
	struct arp_packet arp = {.op = ARP_REQUEST,
	    .sender_mac = {2, 0, 0, 0, 0, 9},
	    .sender = px_ip_parse("10.0.0.2"),
	    .target = px_ip_parse("10.0.0.2")};
	struct px_ip ip_b = px_ip_parse("10.0.0.2");
	struct px_iface *ia, *ib;
	struct neighbour *neighbour;

	two_hosts(&ia, &ib, 24);
	sim_settle(sim, PX_SEC);
	assert_int_equal(send_to(ia, "10.0.0.2"), 0);
	sim_settle(sim, PX_MSEC);
	neighbour = neighbour_find(ia, &ip_b);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_REACHABLE);
	/* An answer that nobody asked for. */
	arp.op = ARP_REPLY;
	arp.target = px_ip_parse("10.0.0.1");
	inject_arp(&arp);
	sim_settle(sim, PX_MSEC);
	assert_int_equal(neighbour->mac[5], 2);
	/* An announcement; a request. */
	arp.op = ARP_REQUEST;
	arp.target = arp.sender;
	inject_arp(&arp);
	sim_settle(sim, PX_MSEC);
	assert_int_equal(neighbour->mac[5], 9);
	arp.sender_mac[5] = 8;
	arp.target = px_ip_parse("10.0.0.1");
	inject_arp(&arp);
	sim_settle(sim, PX_MSEC);
	assert_int_equal(neighbour->mac[5], 8);
}

static void test_vlan(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	uint8_t frame[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x81, 0, 0xe0, 0, 8, 0};

	received = 0;
	ia->stack->ip4_input = count_ip;
	sim_inject(wire, frame, sizeof(frame)); /* priority tag */
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
	frame[15] = 5; /* VLAN 5 */
	sim_inject(wire, frame, sizeof(frame));
	sim_inject(wire, frame, 15);
	frame[5] = 7; /* not for us */
	frame[15] = 0;
	sim_inject(wire, frame, sizeof(frame));
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 1);
	assert_int_equal(ia->stats.rx_nohandler, 1);
	assert_int_equal(ia->stats.rx_errors, 1);
	assert_int_equal(ia->stats.rx_dropped, 1);
}

static void test_multicast_output(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct px_iface *ib = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 2);

	received = 0;
	ib->stack->ip4_input = ib->stack->ip6_input = count_ip;
	send_to(ia, "239.1.2.3");
	send_to(ia, "ff02::1234");
	sim_settle(sim, PX_SEC);
	assert_int_equal(received, 2);
	assert_int_equal(ib->stats.rx_multicast, 2);
}

/* RFC 5227: probe, announce. */
static void test_acd(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct px_address *address;

	watch_wire();
	ia->stack->options.arp_probe = true;
	address = add(ia, "10.0.0.1", 24);
	assert_true(address->flags & IFA_F_TENTATIVE);
	sim_run(sim, 20 * PX_SEC);
	assert_false(address->flags & IFA_F_TENTATIVE);
	assert_int_equal(seen.arp_requests, 3 + 2);
}

static void test_acd_conflict(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct px_iface *ib = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 2);
	struct px_address *address;

	add(ib, "10.0.0.1", 24);
	sim_settle(sim, PX_SEC);
	ia->stack->options.arp_probe = true;
	address = add(ia, "10.0.0.1", 24);
	sim_run(sim, 10 * PX_SEC);
	assert_true(address->flags & IFA_F_DADFAILED);
	assert_false(px_address_usable(address));
	px_address_del(address);
}

static void test_acd_simultaneous(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct px_iface *ib = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 2);
	struct px_address *first, *second;

	ia->stack->options.arp_probe = ib->stack->options.arp_probe = true;
	first = add(ia, "10.0.0.1", 24);
	second = add(ib, "10.0.0.1", 24);
	sim_run(sim, 20 * PX_SEC);
	assert_false(px_address_usable(first) && px_address_usable(second));
}

static void test_acd_defence(void **state)
{
	struct px_iface *ia = sim_connect(sim_node_new(sim, attach), &ethernet_type, wire, 1);
	struct arp_packet thief = {.op = ARP_REQUEST,
	    .sender_mac = {2, 0, 0, 0, 0, 9},
	    .sender = px_ip_parse("10.0.0.1"),
	    .target = px_ip_parse("10.0.0.1")};
	struct px_address *address;

	ia->stack->options.arp_probe = true;
	address = add(ia, "10.0.0.1", 24);
	sim_run(sim, 20 * PX_SEC);
	watch_wire();
	inject_arp(&thief);
	sim_run(sim, 20 * PX_SEC);
	assert_true(px_address_usable(address));
	assert_int_equal(seen.last.sender_mac[5], 1); /* defended */
	inject_arp(&thief);
	sim_run(sim, PX_SEC);
	inject_arp(&thief);
	sim_run(sim, PX_SEC);
	assert_true(address->flags & IFA_F_DADFAILED);
}

/* A link whose carrier went away and came back: who knows what is there now. */
static void test_carrier(void **state)
{
	struct px_iface *ia, *ib;

	two_hosts(&ia, &ib, 24);
	send_to(ia, "10.0.0.2");
	sim_settle(sim, PX_SEC);
	assert_int_equal(ia->stack->neighbours->entries.count, 1);
	px_iface_set_carrier(ia, false);
	assert_int_equal(ia->stack->neighbours->entries.count, 0);
	watch_wire();
	px_iface_set_carrier(ia, true);
	sim_settle(sim, PX_SEC);
	assert_int_equal(seen.arp_requests, 1); /* announced */
}

static void test_refused(void **state)
{
	for (long fail_at = 1; fail_at < 60; fail_at++) {
		struct failing_allocator allocator;
		struct sim_node *a;

		failing_allocator_init(&allocator);
		sim->allocator = &allocator.ops;
		allocator.fail_at = fail_at;
		a = sim_node_new(sim, attach);
		if (a) {
			struct px_iface *ia = sim_connect(a, &ethernet_type, wire, 1);
			struct px_address_config config = {
			    .ip = px_ip_parse("10.0.0.1"), .prefix = 120, .scope = -1};
			a->stack->options.arp_probe = true;
			if (ia)
				px_address_add(ia, &config, NULL);
			for (unsigned int i = 0; ia && i < 10; i++) {
				struct px_ip via = px_ip4_host(0x0a000002 + i);
				struct px_pkt *pkt = px_pkt_alloc(a->stack, 100);
				if (pkt)
					ia->type->output(ia, pkt, &via);
			}
			sim_run(sim, 20 * PX_SEC);
			sim_node_free(a);
		}
		assert_int_equal(allocator.live, 0);
		assert_false(allocator.bad_size);
	}
	sim->allocator = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_resolution, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reachability, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_takeover, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_vlan, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_multicast_output, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_acd, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_acd_conflict, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_acd_simultaneous, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_acd_defence, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_carrier, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
