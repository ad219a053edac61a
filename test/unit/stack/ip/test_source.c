/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source address selection: RFC 6724 section 10.1, and rule by rule. */
#include "net.h"

static struct px_iface *eth0, *eth1;

static int setup(void **state)
{
	struct sim_node *node;

	net_setup(state);
	node = sim_node_new(sim, net_attach);
	eth0 = sim_connect(node, &ethernet_type, wire, 1);
	eth1 = sim_connect(node, &ethernet_type, sim_wire_new(sim), 2);
	ip6_iface_config(eth0)->dad_transmits = ip6_iface_config(eth1)->dad_transmits = 0;
	while (!list_is_empty(&eth0->addresses))
		px_address_del(list_first(&eth0->addresses, struct px_address, node));
	while (!list_is_empty(&eth1->addresses))
		px_address_del(list_first(&eth1->addresses, struct px_address, node));
	return 0;
}

static void check(const char *dst_text, const char *expected, uint32_t preferences)
{
	struct px_ip dst = px_ip_parse(dst_text), source = PX_IP_NONE;
	char text[INET6_ADDRSTRLEN];

	assert_int_equal(
	    ip_source_select(eth0->stack, &dst, eth0, preferences, &source), expected != NULL);
	if (expected)
		assert_string_equal(px_ip_text(&source, text, sizeof(text)), expected);
}

static void test_none(void **state)
{
	check("2001:db8::1", NULL, 0);
	check("10.0.0.1", NULL, 0);
}

static void test_scope(void **state)
{
	net_address(eth0, "fe80::1", 64);
	net_address(eth0, "2001:db8:1::1", 64);
	check("2001:db8::9", "2001:db8:1::1", 0);
	check("fe80::9", "fe80::1", 0);
	check("ff05::1", "2001:db8:1::1", 0);
	check("ff02::1", "fe80::1", 0);
}

static void test_same(void **state)
{
	net_address(eth0, "2001:db8::1", 64);
	net_address(eth0, "2001:db8::2", 64);
	check("2001:db8::2", "2001:db8::2", 0);
}

static void test_deprecated(void **state)
{
	net_address(eth0, "2001:db8::1", 64)->flags |= IFA_F_DEPRECATED;
	net_address(eth0, "2001:db8:ffff::1", 64);
	check("2001:db8::9", "2001:db8:ffff::1", 0);
}

static void test_interface(void **state)
{
	net_address(eth1, "2001:db8::1", 64);
	net_address(eth0, "2001:db8:ffff::1", 64);
	check("2001:db8::9", "2001:db8:ffff::1", 0);
}

static void test_label(void **state)
{
	net_address(eth0, "2002:c633:6401::1", 48);
	net_address(eth0, "2001:db8:1::1", 64);
	check("2001:db8:2::1", "2001:db8:1::1", 0);
	check("2002:c633:6402::1", "2002:c633:6401::1", 0);
	net_address(eth0, "fd00::1", 64);
	check("fd00:1::1", "fd00::1", 0);
	check("2001:db8:2::1", "2001:db8:1::1", 0);
}

static void test_temporary(void **state)
{
	net_address(eth0, "2001:db8:1::1", 64);
	net_address(eth0, "2001:db8:1::d5e3:7953:13eb:22e8", 64)->flags |= IFA_F_TEMPORARY;
	check("2001:db8:1::d5e3:0:0:1", "2001:db8:1::1", 0);
	check("2001:db8:1::d5e3:0:0:1", "2001:db8:1:0:d5e3:7953:13eb:22e8", 1);
}

static void test_longest(void **state)
{
	net_address(eth0, "2001:db8:1::2", 64);
	net_address(eth0, "2001:db8:3::2", 64);
	check("2001:db8:1::1", "2001:db8:1::2", 0);
	check("2001:db8:3::1", "2001:db8:3::2", 0);
}

static void test_ip4(void **state)
{
	net_address(eth0, "10.0.0.1", 24);
	net_address(eth0, "10.0.1.1", 24);
	net_address(eth1, "192.168.0.1", 24);
	check("10.0.1.9", "10.0.1.1", 0);
	check("8.8.8.8", "10.0.0.1", 0);
	check("224.0.0.1", "10.0.0.1", 0);
	px_iface_down(eth0);
	check("8.8.8.8", "192.168.0.1", 0);
}

static void test_tentative(void **state)
{
	px_address_set_flags(net_address(eth0, "2001:db8::1", 64), IFA_F_TENTATIVE, 0);
	check("2001:db8::9", NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_none, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_scope, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_same, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_deprecated, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_interface, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_label, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_temporary, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_longest, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_ip4, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_tentative, setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
