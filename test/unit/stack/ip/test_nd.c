/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery: duplicates, reachability, redirects. */
#include "nd_hosts.h"

static void test_link_local(void **state)
{
	struct px_iface *a = host(1);
	struct px_address *address = find(a, "fe80::ff:fe00:1");

	assert_non_null(address);
	assert_true(address->flags & IFA_F_TENTATIVE);
	assert_null(px_address_link_local(a));
	sim_run(sim, 3 * PX_SEC);
	assert_false(address->flags & IFA_F_TENTATIVE);
	assert_ptr_equal(px_address_link_local(a), address);
	sim_run(sim, 20 * PX_SEC);
	assert_int_equal(px_deadline(a->stack), PX_TIME_NEVER); /* sleeps */
}

/* Nothing comes from a tentative address, the reports of its own group either. */
static bool not_tentative(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	struct px_ip source = px_ip6_load(frame + 14 + 8);
	const struct px_address *address;

	if (frame[12] == 0x86 && frame[13] == 0xdd) {
		address = px_address_find(from->iface->stack, &source, from->iface);
		assert_false(address && address->flags & IFA_F_TENTATIVE);
		++*(unsigned int *)argument;
	}
	return true;
}

static void test_tentative_source(void **state)
{
	unsigned int frames = 0;

	wire->probe = not_tentative;
	wire->argument = &frames;
	net_address(host(1), "2001:db8::1", 64);
	sim_run(sim, 5 * PX_SEC);
	assert_true(frames >= 4); /* reports and questions */
}

static void test_duplicate(void **state)
{
	struct px_iface *a = host(1), *b = host(2);
	struct px_address *first, *second;

	first = net_address(a, "2001:db8::1", 64);
	sim_run(sim, 3 * PX_SEC);
	second = net_address(b, "2001:db8::1", 64);
	sim_run(sim, 3 * PX_SEC);
	assert_true(px_address_usable(first));
	assert_false(px_address_usable(second));
	assert_true(second->flags & IFA_F_DADFAILED);
}

static void test_duplicate_at_once(void **state)
{
	struct px_iface *a = host(1), *b = host(2);
	struct px_address *first = net_address(a, "2001:db8::1", 64);
	struct px_address *second = net_address(b, "2001:db8::1", 64);

	sim_run(sim, 5 * PX_SEC);
	assert_false(px_address_usable(first) && px_address_usable(second));
}

/* A hub that sends our own frames back to us: the nonce says so (RFC 7527). */
static bool reflect(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	if (from) {
		on->probe = NULL;
		sim_inject(on, frame, len);
		on->probe = reflect;
	}
	return true;
}

static void test_reflected(void **state)
{
	struct px_iface *a;
	struct px_address *address;

	wire->probe = reflect;
	a = host(1);
	address = net_address(a, "2001:db8::1", 64);
	sim_run(sim, 5 * PX_SEC);
	assert_true(px_address_usable(address));
	assert_non_null(px_address_link_local(a));
}

static void test_optimistic(void **state)
{
	struct px_iface *a = host(1), *b = host(2);
	struct px_address *first, *second;

	sim_run(sim, 5 * PX_SEC);
	ip6_iface_config(a)->optimistic_dad = ip6_iface_config(b)->optimistic_dad = true;
	first = net_address(a, "2001:db8::1", 64);
	assert_true(px_address_usable(first));
	net_address(b, "2001:db8::2", 64);
	assert_int_equal(net_ping(a, "2001:db8::2", 8, NULL), 0); /* at once */
	sim_run(sim, 4 * PX_SEC);
	assert_int_equal(net_pongs(a), 1);
	assert_false(first->flags & IFA_F_OPTIMISTIC);
	second = net_address(b, "2001:db8::1", 64);
	sim_run(sim, 4 * PX_SEC);
	assert_false(px_address_usable(second));
	assert_true(px_address_usable(first));
}

static void test_unreachability(void **state)
{
	struct px_iface *a = net_host(net_attach, 1), *b = net_host(net_attach, 2);
	struct px_ip ip = px_ip_parse("2001:db8::2");
	struct neighbour *neighbour;

	sim_run(sim, 3 * PX_SEC);
	net_ping(a, "2001:db8::2", 8, NULL);
	sim_settle(sim, PX_SEC);
	neighbour = neighbour_find(a, &ip);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_REACHABLE);
	assert_false(neighbour->router);
	sim_run(sim, 60 * PX_SEC);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_STALE);
	net_ping(a, "2001:db8::2", 8, NULL);
	sim_run(sim, 7 * PX_SEC);
	assert_int_equal(neighbour->state, NEIGHBOUR_REACHABLE);
	/* The other one has gone, with its cable. */
	sim_run(sim, 60 * PX_SEC);
	px_iface_set_carrier(b, false);
	net_ping(a, "2001:db8::2", 8, NULL);
	sim_run(sim, 10 * PX_SEC);
	assert_int_equal(neighbour_current_state(neighbour), NEIGHBOUR_FAILED);
	px_iface_set_carrier(b, true);
	sim_run(sim, 5 * PX_SEC);
	net_ping(a, "2001:db8::2", 8, NULL);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 3);
}

/* The flags of neighbour advertisements to all nodes. */
static unsigned int announcements;
static bool count_announcements(struct sim_wire *on, const struct sim_port *from,
    const uint8_t *frame, size_t len, void *argument)
{
	static const struct px_ip all_nodes = {.b = {0xff, 0x02, [15] = 1}};
	struct px_ip target = px_ip_parse("2001:db8::2"), to;

	if (len < 86 || frame[12] != 0x86 || frame[20] != IPPROTO_ICMPV6 || frame[54] != 136)
		return true;
	to = px_ip6_load(frame + 38);
	if (memcmp(frame + 62, target.b, 16) == 0) {
		assert_true(px_ip_eq(&to, &all_nodes));
		assert_int_equal(frame[58], 0x20); /* not solicited; override */
		assert_memory_equal(frame + 22, target.b, 16);
		announcements++;
	}
	return true;
}

/* A node that comes in the place of another, with another MAC address, is known at once (section
 * 7.2.6); one that detects no duplicates says nothing. */
static void test_announced(void **state)
{
	struct px_iface *a = net_host(net_attach, 1), *b = host(2), *c = host(3);
	struct px_address_config silent = {
	    .ip = px_ip_parse("2001:db8::2"), .prefix = 64, .flags = IFA_F_NODAD};

	sim_run(sim, 3 * PX_SEC);
	wire->probe = count_announcements;
	announcements = 0;
	net_address(b, "2001:db8::2", 64);
	sim_run(sim, 3 * PX_SEC);
	assert_int_equal(announcements, 1);
	wire->probe = NULL;
	assert_int_equal(net_ping(a, "2001:db8::2", 8, NULL), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 1);
	px_iface_set_carrier(b, false);
	net_address(c, "2001:db8::2", 64);
	sim_run(sim, 3 * PX_SEC);
	assert_int_equal(net_ping(a, "2001:db8::2", 8, NULL), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a), 2);
	wire->probe = count_announcements;
	announcements = 0;
	px_address_del(find(c, "2001:db8::2"));
	assert_int_equal(px_address_add(c, &silent, NULL), 0);
	sim_run(sim, 3 * PX_SEC);
	assert_int_equal(announcements, 0);
}

/* Advertisements by hand: the rows of RFC 4861 section 7.2.5 and appendix C. */
static void test_advertisement_table(void **state)
{
	enum { S = 0x40, O = 0x20, R = 0x80 };
	static const struct {
		enum neighbour_state before;
		uint8_t flags;
		bool has_mac, other_mac;
		enum neighbour_state after;
		bool changed;
	} rows[] = {
	    {NEIGHBOUR_INCOMPLETE, 0, false, false, NEIGHBOUR_INCOMPLETE, false},
	    {NEIGHBOUR_INCOMPLETE, 0, true, true, NEIGHBOUR_STALE, true},
	    {NEIGHBOUR_INCOMPLETE, S, true, true, NEIGHBOUR_REACHABLE, true},
	    {NEIGHBOUR_REACHABLE, 0, true, true, NEIGHBOUR_STALE, false},
	    {NEIGHBOUR_STALE, 0, true, true, NEIGHBOUR_STALE, false},
	    {NEIGHBOUR_PROBE, S, true, true, NEIGHBOUR_PROBE, false},
	    {NEIGHBOUR_STALE, S, true, false, NEIGHBOUR_REACHABLE, false},
	    {NEIGHBOUR_STALE, S | O, true, true, NEIGHBOUR_REACHABLE, true},
	    {NEIGHBOUR_REACHABLE, O, true, true, NEIGHBOUR_STALE, true},
	    {NEIGHBOUR_STALE, S, false, false, NEIGHBOUR_REACHABLE, false},
	    {NEIGHBOUR_STALE, O, true, false, NEIGHBOUR_STALE, false},
	    {NEIGHBOUR_PERMANENT, S | O, true, true, NEIGHBOUR_PERMANENT, false},
	};
	static const uint8_t old_mac[6] = {2, 0, 0, 0, 0, 7}, new_mac[6] = {2, 0, 0, 0, 0, 8};
	struct px_iface *a = net_host(net_attach, 1);
	struct px_ip ip = px_ip_parse("2001:db8::7");

	sim_run(sim, 3 * PX_SEC);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct neighbour *neighbour = neighbour_get(a, &ip);
		uint8_t message[32] = {136, 0, 0, 0, rows[i].flags};
		memcpy(message + 8, ip.b, 16);
		message[24] = 2;
		message[25] = 1;
		memcpy(message + 26, rows[i].other_mac ? new_mac : old_mac, 6);
		if (rows[i].before == NEIGHBOUR_INCOMPLETE)
			neighbour_set_state(neighbour, NEIGHBOUR_INCOMPLETE);
		else
			neighbour_update(neighbour, old_mac, rows[i].before);
		net_inject6(
		    "2001:db8::7", "2001:db8::1", IPPROTO_ICMPV6, 255, message, rows[i].has_mac ? 32 : 24);
		sim_run(sim, 10 * PX_MSEC);
		assert_int_equal(neighbour->state, rows[i].after);
		assert_int_equal(memcmp(neighbour->mac, new_mac, 6) == 0, rows[i].changed);
		neighbour_delete(neighbour);
	}
}

/* What must be ignored (sections 6.1, 7.1, RFC 6980). */
static void test_invalid(void **state)
{
	struct px_iface *a = net_host(net_attach, 1);
	uint8_t ns[32] = {135};
	struct px_ip target = px_ip_parse("2001:db8::1");
	uint64_t sent;

	sim_run(sim, 3 * PX_SEC);
	memcpy(ns + 8, target.b, 16);
	ns[24] = 1;
	ns[25] = 1;
	ns[26] = 2;
	sent = net_stat(a, PX_Icmp6OutNeighborAdvertisements);
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 254, ns, 32); /* routed */
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 23); /* short */
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 28); /* cut option */
	ns[25] = 0;
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 32); /* option of length 0 */
	ns[25] = 1;
	net_inject6("::", "ff02::1:ff00:1", IPPROTO_ICMPV6, 255, ns, 32); /* from :: with an address */
	net_inject6("::", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 24);    /* from :: not to the group */
	ns[1] = 1;
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 32); /* code */
	ns[1] = 0;
	ns[8] = 0xff;
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 32); /* target a group */
	sim_run(sim, 100 * PX_MSEC);
	assert_int_equal(net_stat(a, PX_Icmp6OutNeighborAdvertisements), sent);
	assert_int_equal(a->stack->neighbours->entries.count, 0);
	ns[8] = 0x20;
	net_inject6("2001:db8::9", "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 32);
	sim_run(sim, 100 * PX_MSEC);
	assert_int_equal(net_stat(a, PX_Icmp6OutNeighborAdvertisements), sent + 1);
}

/* RFC 8200 section 5: a link of less than 1280 bytes has no IPv6, until it has. */
static void test_small_mtu(void **state)
{
	struct px_iface *a = net_host(net_attach, 1);

	net_host(net_attach, 2);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(px_iface_set_mtu(a, 1279), 0);
	assert_int_equal(net_ping(a, "10.0.0.2", 8, NULL), 0);
	(void)net_ping(a, "2001:db8::2", 8, NULL);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_stat(a, PX_Icmp6InEchoReplies), 0);
	assert_int_equal(net_pongs(a), 1);
	assert_int_equal(px_iface_set_mtu(a, 1280), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_ping(a, "2001:db8::2", 8, NULL), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_pongs(a), 2);
}

static void test_redirect(void **state)
{
	struct px_iface *a = net_host(net_attach, 1);
	uint8_t message[40 + 8] = {137};
	struct px_ip better = px_ip_parse("fe80::22"), far = px_ip_parse("2001:db8:9::1");
	struct ip_flow flow = {.dst = far};
	struct ip_dst dst;

	sim_run(sim, 3 * PX_SEC);
	net_route(a, "::", 0, "fe80::11");
	memcpy(message + 8, better.b, 16);
	memcpy(message + 24, far.b, 16);
	message[40] = 2;
	message[41] = 1;
	message[42] = 2;
	message[47] = 0x22;
	net_inject6("fe80::66", "2001:db8::1", IPPROTO_ICMPV6, 255, message,
	    sizeof(message)); /* not our router */
	sim_run(sim, PX_MSEC);
	ip_route(a->stack, &flow, &dst);
	assert_false(px_ip_eq(&dst.via, &better));
	net_inject6("fe80::11", "2001:db8::1", IPPROTO_ICMPV6, 255, message, sizeof(message));
	sim_run(sim, PX_MSEC);
	ip_route(a->stack, &flow, &dst);
	assert_true(px_ip_eq(&dst.via, &better));
	assert_true(neighbour_find(a, &better)->router);
}

/* A prefix whose neighbours an attacker asks us about: none is made without cause. */
static void test_solicit_flood(void **state)
{
	struct px_iface *a = net_host(net_attach, 1);
	struct px_ip target = px_ip_parse("2001:db8::1");
	uint8_t ns[32] = {135};

	sim_run(sim, 3 * PX_SEC);
	memcpy(ns + 8, target.b, 16);
	ns[24] = 1;
	ns[25] = 1;
	ns[26] = 2;
	for (unsigned int i = 0; i < 5000; i++) {
		char from[32];
		snprintf(from, sizeof(from), "2001:db8::%x:%x", i + 1, 9);
		net_inject6(from, "2001:db8::1", IPPROTO_ICMPV6, 255, ns, 32);
		sim_run(sim, PX_MSEC);
	}
	assert_true(a->stack->neighbours->entries.count <= a->stack->options.neighbours_max);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_link_local, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_tentative_source, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_duplicate, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_duplicate_at_once, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reflected, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_optimistic, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_unreachability, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_announced, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_advertisement_table, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_invalid, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_small_mtu, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_redirect, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_solicit_flood, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
