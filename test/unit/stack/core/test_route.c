/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The routing table, compared with a list that is searched in full. */
#include "px.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <linux/netlink.h>
#include <net/if_arp.h>

static const struct px_iface_type test_type = {
    .arphrd = ARPHRD_ETHER,
    .address_len = 6,
    .flags = IFF_BROADCAST | IFF_MULTICAST,
    .mtu = 1500,
    .mtu_min = 68,
    .mtu_max = 65535,
};

static struct px_stack *stack;
static struct px_iface *eth0, *eth1;

static int setup(void **state)
{
	static const uint64_t seed[2] = {1, 2};
	struct px_config config = {.seed = seed};

	assert_int_equal(px_stack_new(&config, &stack), 0);
	assert_int_equal(px_iface_add(stack, &test_type, "eth0", 0, NULL, &eth0), 0);
	assert_int_equal(px_iface_add(stack, &test_type, "eth1", 0, NULL, &eth1), 0);
	px_iface_up(eth0);
	px_iface_up(eth1);
	return 0;
}

static int teardown(void **state)
{
	px_stack_free(stack);
	return 0;
}

static void address(struct px_iface *iface, const char *ip, unsigned int prefix)
{
	struct px_address_config config = {.ip = px_ip_parse(ip), .scope = -1};

	config.prefix = prefix + (px_ip_is4(&config.ip) ? 96 : 0);
	assert_int_equal(px_address_add(iface, &config, NULL), 0);
}

static struct px_route config(
    const char *dst, unsigned int prefix, const char *gateway, uint32_t metric)
{
	struct px_route route = {.dst = px_ip_parse(dst),
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .protocol = RTPROT_STATIC,
	    .metric = metric,
	    .expires = PX_TIME_NEVER};

	route.family = (uint8_t)px_ip_family(&route.dst);
	route.prefix = (uint8_t)(prefix + (route.family == AF_INET ? 96 : 0));
	if (gateway)
		route.gateway = px_ip_parse(gateway);
	return route;
}

static int add(
    const char *dst, unsigned int prefix, const char *gateway, uint32_t metric, unsigned int flags)
{
	struct px_route route = config(dst, prefix, gateway, metric);

	return px_route_add(stack, &route, NLM_F_CREATE | flags, NULL);
}

static const char *gateway_of(const char *dst)
{
	static char text[INET6_ADDRSTRLEN];
	struct px_ip ip = px_ip_parse(dst);
	const struct px_route *route = px_route_lookup(stack, &ip, 0, 0);

	return route ? px_ip_text(&route->gateway, text, sizeof(text)) : "none";
}

static void test_longest_prefix(void **state)
{
	address(eth0, "10.0.0.1", 24);
	assert_int_equal(add("0.0.0.0", 0, "10.0.0.254", 0, 0), 0);
	assert_int_equal(add("192.168.0.0", 16, "10.0.0.2", 0, 0), 0);
	assert_int_equal(add("192.168.1.0", 24, "10.0.0.3", 0, 0), 0);
	assert_int_equal(add("192.168.1.1", 32, "10.0.0.4", 0, 0), 0);
	assert_string_equal(gateway_of("8.8.8.8"), "10.0.0.254");
	assert_string_equal(gateway_of("192.168.2.1"), "10.0.0.2");
	assert_string_equal(gateway_of("192.168.1.2"), "10.0.0.3");
	assert_string_equal(gateway_of("192.168.1.1"), "10.0.0.4");
	assert_string_equal(gateway_of("10.0.0.77"), "::");     /* on link */
	assert_string_equal(gateway_of("2001:db8::1"), "none"); /* an IPv4 default route is not ::/0 */
}

static void test_ip6_default_is_not_ip4s(void **state)
{
	address(eth0, "2001:db8::1", 64);
	assert_int_equal(add("::", 0, "2001:db8::fe", 0, 0), 0);
	assert_string_equal(gateway_of("2001:4860::8"), "2001:db8::fe");
	assert_string_equal(gateway_of("8.8.8.8"), "none");
	assert_int_equal(add("::ffff:10.0.0.0", 24, "2001:db8::fe", 0, 0), -EINVAL);
}

static void test_metrics(void **state)
{
	address(eth0, "10.0.0.1", 24);
	address(eth1, "10.1.0.1", 24);
	assert_int_equal(add("0.0.0.0", 0, "10.0.0.254", 100, NLM_F_EXCL), 0);
	assert_int_equal(add("0.0.0.0", 0, "10.1.0.254", 50, NLM_F_EXCL), 0);
	assert_int_equal(add("0.0.0.0", 0, "10.1.0.253", 50, NLM_F_EXCL), -EEXIST);
	assert_string_equal(gateway_of("8.8.8.8"), "10.1.0.254");
	px_iface_set_carrier(eth1, false); /* the cable is out */
	assert_string_equal(gateway_of("8.8.8.8"), "10.0.0.254");
	px_iface_set_carrier(eth1, true);
	assert_int_equal(add("0.0.0.0", 0, "10.1.0.250", 50, NLM_F_REPLACE), 0);
	assert_string_equal(gateway_of("8.8.8.8"), "10.1.0.250");
	px_iface_down(eth1);
	assert_string_equal(gateway_of("8.8.8.8"), "10.0.0.254");
}

static void test_gateways(void **state)
{
	address(eth0, "10.0.0.1", 24);
	assert_int_equal(add("0.0.0.0", 0, "10.9.0.1", 0, 0), -ENETUNREACH);
	assert_int_equal(add("10.8.0.0", 16, "10.0.0.1", 0, 0), 0);       /* ourselves: as Linux */
	assert_int_equal(add("0.0.0.0", 0, "10.0.0.255", 0, 0), -EINVAL); /* broadcast */
	assert_int_equal(add("0.0.0.0", 0, "224.0.0.1", 0, 0), -ENETUNREACH);
	assert_int_equal(add("::", 0, "2001:db8::1", 0, 0), -EHOSTUNREACH);
	assert_int_equal(add("::", 0, "fe80::1", 0, 0), -EINVAL);         /* which link? */
	assert_int_equal(add("10.0.1.1", 24, "10.0.0.2", 0, 0), -EINVAL); /* host bits */
	assert_int_equal(add("10.0.1.0", 24, NULL, 0, 0), -ENODEV);
	struct px_route route = config("::", 0, "fe80::1", 0);
	route.iface = eth1;
	assert_int_equal(px_route_add(stack, &route, NLM_F_CREATE, NULL), 0);
	px_iface_down(eth1);
	assert_int_equal(px_route_add(stack, &route, NLM_F_CREATE, NULL), -ENETDOWN);
	route = config("10.7.0.0", 16, NULL, 0);
	route.type = RTN_BLACKHOLE;
	assert_int_equal(px_route_add(stack, &route, NLM_F_CREATE, NULL), 0);
	assert_string_equal(gateway_of("10.7.1.1"), "::");
	assert_int_equal(px_route_add(stack, &route, NLM_F_CREATE, NULL), -EEXIST);
}

static void test_expiry(void **state)
{
	struct px_route route = config("10.7.0.0", 16, NULL, 0);

	route.iface = eth0;
	route.expires = 5 * PX_SEC;
	assert_int_equal(px_route_add(stack, &route, NLM_F_CREATE, NULL), 0);
	assert_string_equal(gateway_of("10.7.1.1"), "::");
	px_run(stack, 5 * PX_SEC);
	assert_string_equal(gateway_of("10.7.1.1"), "none");
}

/* Random routes against the definition of longest prefix. */
static void test_against_list(void **state)
{
	enum { ROUTES = 300 };
	const uint64_t seed[2] = {7, 8};
	struct px_random chance;
	static struct px_route routes[ROUTES];
	unsigned int count = 0;

	px_random_init(&chance, seed);
	while (count < ROUTES) {
		struct px_route route = {.table = RT_TABLE_MAIN,
		    .type = RTN_UNICAST,
		    .family = AF_INET6,
		    .protocol = RTPROT_STATIC,
		    .iface = eth0,
		    .metric = 1,
		    .expires = PX_TIME_NEVER};
		/* Few different bits, so that prefixes nest. */
		route.dst.b[0] = 0x20;
		for (unsigned int i = 1; i < 16; i++)
			route.dst.b[i] = (uint8_t)(px_random32(&chance) % 2 ? 0 : 0x80);
		route.prefix = (uint8_t)(px_random32(&chance) % 129);
		route.dst = px_ip_mask(&route.dst, route.prefix);
		if (px_route_add(stack, &route, NLM_F_CREATE | NLM_F_EXCL, NULL) == 0)
			routes[count++] = route;
	}
	for (unsigned int round = 0; round < 2000; round++) {
		struct px_ip dst = {0};
		const struct px_route *found, *best = NULL;
		dst.b[0] = 0x20;
		for (unsigned int i = 1; i < 16; i++)
			dst.b[i] = (uint8_t)(px_random32(&chance) % 2 ? 0 : 0x80);
		for (unsigned int i = 0; i < count; i++) {
			if (px_ip_prefix_eq(&routes[i].dst, &dst, routes[i].prefix) &&
			    (!best || routes[i].prefix > best->prefix))
				best = &routes[i];
		}
		found = px_route_lookup(stack, &dst, 0, 0);
		assert_int_equal(found != NULL, best != NULL);
		if (best) {
			assert_int_equal(found->prefix, best->prefix);
			assert_true(px_ip_eq(&found->dst, &best->dst));
		}
	}
	while (count) {
		struct px_route *route = px_route_find(stack, &routes[--count]);
		assert_non_null(route);
		px_route_del(stack, route);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_longest_prefix, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ip6_default_is_not_ip4s, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_metrics, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_gateways, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_expiry, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_against_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
