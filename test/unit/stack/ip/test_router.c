/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routers' advertisements, and solicitations for them. */
#include "nd_hosts.h"

/* A router advertisement of fe80::99 with a prefix, an MTU and its link-layer address. */
static void advertise(
    uint16_t lifetime, uint32_t valid, uint32_t preferred, uint8_t flags, uint32_t mtu)
{
	uint8_t ra[16 + 8 + 8 + 32] = {134};
	struct px_ip prefix = px_ip_parse("2001:db8:5::");
	struct wire_writer writer = wire_writer(ra + 4, sizeof(ra) - 4);

	wire_put_u8(&writer, 61);
	wire_put_u8(&writer, 0x08); /* preference high */
	wire_put_u16(&writer, lifetime);
	wire_put_u32(&writer, 20000);
	wire_put_u32(&writer, 2000);
	wire_put_u16(&writer, 0x0101);
	wire_put_bytes(&writer, (uint8_t[]){2, 0, 0, 0, 0, 0x99}, 6);
	wire_put_u16(&writer, 0x0501);
	wire_put_u16(&writer, 0);
	wire_put_u32(&writer, mtu);
	wire_put_u16(&writer, 0x0304);
	wire_put_u8(&writer, 64);
	wire_put_u8(&writer, flags);
	wire_put_u32(&writer, valid);
	wire_put_u32(&writer, preferred);
	wire_put_u32(&writer, 0);
	wire_put_bytes(&writer, prefix.b, 16);
	net_inject6("fe80::99", "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
	sim_run(sim, PX_MSEC);
}

static const struct px_route *default_route(struct px_iface *iface)
{
	struct px_ip far = px_ip_parse("2001:4860::1");

	return px_route_lookup(iface->stack, &far, 0, 0);
}

static void test_advertised(void **state)
{
	struct px_iface *a = host(1);
	struct px_address *address;
	struct ip_flow flow = {.dst = px_ip_parse("2001:4860::1")};
	struct ip_dst dst;

	sim_run(sim, 3 * PX_SEC);
	advertise(1800, 86400, 14400, 0xc0, 1400); /* not believed by default */
	assert_null(default_route(a));
	ip6_iface_config(a)->accept_ra = true;
	ip6_iface_reconfigure(a);
	sim_run(sim, 30 * PX_SEC);
	assert_int_equal(net_stat(a, PX_Icmp6OutRouterSolicits), 3);
	advertise(1800, 86400, 14400, 0xc0, 1400);
	assert_non_null(default_route(a));
	assert_int_equal(default_route(a)->preference, 1);
	address = find(a, "2001:db8:5::ff:fe00:1");
	assert_non_null(address);
	sim_run(sim, 3 * PX_SEC);
	assert_int_equal(ip_route(a->stack, &flow, &dst), 0);
	assert_int_equal(dst.mtu, 1400);
	assert_int_equal(dst.hop_limit, 61);
	assert_true(px_ip_eq(&dst.src, &address->ip));
	assert_int_equal(a->neighbour[1].retrans, 2000);
	assert_in_range(a->neighbour[1].reachable, 10000, 30000);
	assert_int_equal(address->preferred_until, address->updated + 14400 * PX_SEC);

	/* A shorter valid lifetime is not believed below two hours. */
	advertise(1800, 60, 30, 0xc0, 1400);
	assert_in_range(address->valid_until - a->stack->now, 7199 * PX_SEC, 7200 * PX_SEC);
	advertise(1800, 90000, 0, 0xc0, 1400);
	assert_true(address->flags & IFA_F_DEPRECATED);
	/* No default router any more, at once; and by time. */
	advertise(0, 90000, 90000, 0xc0, 1400);
	assert_null(default_route(a));
	advertise(10, 90000, 90000, 0xc0, 1400);
	assert_non_null(default_route(a));
	sim_run(sim, 11 * PX_SEC);
	assert_null(default_route(a));
	/* Off link and not autonomous; MTU below the minimum. */
	advertise(10, 90000, 90000, 0, 1279);
	assert_int_equal(a->ip6->ra_mtu, 1400);
	sim_run(sim, 90001 * PX_SEC);
	assert_null(find(a, "2001:db8:5::ff:fe00:1"));
}

/* RFC 4191 section 2.3: an advertisement of `from` with one route information option. */
static void advertise_route(const char *from, uint16_t lifetime, const char *prefix, uint8_t len,
    uint8_t preference, uint32_t route_lifetime)
{
	uint8_t ra[16 + 24] = {134, 0, 0, 0, 64, 0, (uint8_t)(lifetime >> 8), (uint8_t)lifetime};
	struct wire_writer writer = wire_writer(ra + 16, 24);
	struct px_ip ip = px_ip_parse(prefix);

	wire_put_u16(&writer, 0x1803);
	wire_put_u8(&writer, len);
	wire_put_u8(&writer, (uint8_t)(preference << 3));
	wire_put_u32(&writer, route_lifetime);
	wire_put_bytes(&writer, ip.b, 16);
	net_inject6(from, "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
	sim_run(sim, PX_MSEC);
}

static const char *gateway_of(struct px_iface *iface, const char *to)
{
	static char text[INET6_ADDRSTRLEN];
	struct px_ip ip = px_ip_parse(to);
	const struct px_route *route = px_route_lookup(iface->stack, &ip, 0, 0);

	return route ? px_ip_text(&route->gateway, text, sizeof(text)) : "none";
}

static void test_route_information(void **state)
{
	enum { MEDIUM = 0, HIGH = 1, RESERVED = 2, LOW = 3 };
	uint8_t not_router[32] = {
	    136, 0, 0, 0, 0x20, 0, 0, 0, 0xfe, 0x80, [23] = 0xb, 2, 1, 2, 0, 0, 0, 0, 0xb};
	uint8_t router[24] = {134, 0, 0, 0, 64, 0, 0, 0, [16] = 1, 1, 2, 0, 0, 0, 0, 0xb};
	struct px_iface *a = host(1);

	sim_run(sim, 3 * PX_SEC);
	advertise_route("fe80::a", 1800, "2001:db8:a::", 48, HIGH, 1800); /* not asked for */
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "none");
	ip6_iface_config(a)->accept_ra = true;
	advertise_route("fe80::a", 1800, "2001:db8:a::", 48, MEDIUM, 1800);
	advertise_route("fe80::b", 1800, "2001:db8:b::", 48, MEDIUM, 100);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::a");
	assert_string_equal(gateway_of(a, "2001:db8:b::1"), "fe80::b");
	/* The better one of two for the same prefix. */
	advertise_route("fe80::b", 1800, "2001:db8:a::", 48, HIGH, 1800);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::b");
	advertise_route("fe80::b", 1800, "2001:db8:a::", 48, LOW, 1800);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::a");
	advertise_route("fe80::b", 1800, "2001:db8:a::", 48, RESERVED, 0); /* passed over */
	advertise_route("fe80::a", 1800, "2001:db8:a::", 48, MEDIUM, 0);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::b");
	/* ::/0 says more than the header. */
	advertise_route("fe80::a", 1800, "::", 0, LOW, 1800);
	assert_string_equal(gateway_of(a, "2001:4860::1"), "fe80::b");
	advertise_route("fe80::b", 1800, "::", 0, MEDIUM, 0);
	assert_string_equal(gateway_of(a, "2001:4860::1"), "fe80::a");
	/* Lifetimes end; what is not a route is none; longer prefixes as the switch says. */
	sim_run(sim, 101 * PX_SEC);
	assert_string_equal(gateway_of(a, "2001:db8:b::1"), "fe80::a");
	advertise_route("fe80::b", 0, "fe80::", 64, HIGH, 1800);
	advertise_route("fe80::b", 0, "ff00::", 8, HIGH, 1800);
	advertise_route("fe80::b", 0, "2001:db8:c::", 129, HIGH, 1800);
	advertise_route("fe80::b", 0, "::ffff:10.0.0.0", 104, HIGH, 1800);
	assert_string_equal(gateway_of(a, "10.0.0.1"), "none");
	ip6_iface_config(a)->accept_ra_rt_info_max_plen = 47;
	advertise_route("fe80::b", 0, "2001:db8:c::", 48, HIGH, 1800);
	assert_string_equal(gateway_of(a, "2001:db8:c::1"), "fe80::a");
	/* A router no more: nothing goes by it. */
	net_inject6("fe80::b", "ff02::1", IPPROTO_ICMPV6, 255, router, sizeof(router));
	sim_run(sim, PX_MSEC);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::b");
	net_inject6("fe80::b", "ff02::1", IPPROTO_ICMPV6, 255, not_router, sizeof(not_router));
	sim_run(sim, PX_MSEC);
	assert_string_equal(gateway_of(a, "2001:db8:a::1"), "fe80::a");
}

/* RFC 6724 section 5, rule 5.5: of two prefixes, that of the router by which it goes. */
static void test_source_of_router(void **state)
{
	static const char *const routers[] = {"fe80::a", "fe80::b"};
	struct px_iface *a = host(1);
	struct ip_flow flow = {.dst = px_ip_parse("2001:4860::1")};
	struct ip_dst dst;

	ip6_iface_config(a)->accept_ra = true;
	sim_run(sim, 3 * PX_SEC);
	for (unsigned int high = 0; high < 2; high++) {
		for (unsigned int i = 0; i < 2; i++) {
			uint8_t ra[16 + 32] = {134, 0, 0, 0, 64, i == high ? 0x08 : 0, 7, 8, [16] = 3, 4, 64,
			    0xc0, 0, 1, 0, 0, 0, 1, 0, 0};
			memcpy(ra + 32, (uint8_t[6]){0x20, 1, 0xd, 0xb8, 0, i ? 0xb : 0xa}, 6);
			net_inject6(routers[i], "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
		}
		sim_run(sim, 3 * PX_SEC);
		assert_int_equal(ip_route(a->stack, &flow, &dst), 0);
		assert_true(
		    px_ip_eq(&dst.via, &(struct px_ip){.b = {0xfe, 0x80, [15] = high ? 0xb : 0xa}}));
		assert_int_equal(dst.src.b[5], high ? 0xb : 0xa);
	}
	/* Both advertise both: the rule says nothing. And a flood of them changes only the choice. */
	for (unsigned int i = 0; i < 1000; i++) {
		uint8_t ra[16 + 32] = {134, [16] = 3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 1, 0, 0};
		char from[32];
		snprintf(from, sizeof(from), "fe80::%x", i + 0x100);
		memcpy(ra + 32, (uint8_t[6]){0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 8), (uint8_t)i}, 6);
		net_inject6(from, "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
		sim_run(sim, PX_MSEC);
	}
	assert_int_equal(ip_route(a->stack, &flow, &dst), 0);
}

/* Solicitations begin again while they are under way: one timer, which must not be there twice. */
static void test_solicit_again(void **state)
{
	struct px_iface *a = host(1);

	ip6_iface_config(a)->accept_ra = true;
	sim_run(sim, 3 * PX_SEC);
	for (unsigned int i = 0; i < 5; i++) {
		ip6_iface_reconfigure(a);
		ip6_iface_reconfigure(a);
		net_address(a, i & 1 ? "fe80::77" : "fe80::78", 64);
		sim_run(sim, 1500 * PX_MSEC);
		px_address_del(find(a, i & 1 ? "fe80::77" : "fe80::78"));
	}
	sim_run(sim, 60 * PX_SEC);
	assert_in_range(net_stat(a, PX_Icmp6OutRouterSolicits), 3, 20);
}

static void test_router_flood(void **state)
{
	struct px_iface *a = host(1);

	sim_run(sim, 3 * PX_SEC);
	ip6_iface_config(a)->accept_ra = true;
	for (unsigned int i = 0; i < 1000; i++) {
		uint8_t ra[16 + 32] = {134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 64, 0xc0, 0,
		    1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, (uint8_t)(i >> 8), (uint8_t)i};
		char from[32];
		snprintf(from, sizeof(from), "fe80::%x", i + 0x100);
		net_inject6(from, "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
		sim_run(sim, PX_MSEC);
	}
	assert_true(a->stack->fib.total < 200);
	assert_true(a->stack->addresses.count <= 20);
}

static void test_router_preference(void **state)
{
	struct px_iface *a = net_host(net_attach, 1);
	struct px_route route = {.table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .family = AF_INET6,
	    .protocol = RTPROT_RA,
	    .metric = 1024,
	    .iface = a,
	    .expires = PX_TIME_NEVER};
	struct px_ip dead = px_ip_parse("fe80::12");

	sim_run(sim, 3 * PX_SEC);
	route.gateway = px_ip_parse("fe80::11");
	assert_int_equal(px_route_add(a->stack, &route, 0x400 | 0x800, NULL), 0);
	route.gateway = dead;
	route.preference = 1; /* high */
	assert_int_equal(px_route_add(a->stack, &route, 0x400 | 0x800, NULL), 0);
	assert_true(px_ip_eq(&default_route(a)->gateway, &dead));
	neighbour_set_state(neighbour_get(a, &dead), NEIGHBOUR_FAILED);
	assert_false(px_ip_eq(&default_route(a)->gateway, &dead)); /* reachable ones first */
}

/* RFC 4862 section 5.5.3 (b): nothing is made of the link-local prefix, or of a group. */
static void test_link_local_prefix(void **state)
{
	static const uint8_t prefixes[][2] = {{0xfe, 0x80}, {0xff, 0x05}};
	struct px_iface *a = host(1);
	uint32_t addresses, routes;

	sim_run(sim, 3 * PX_SEC);
	ip6_iface_config(a)->accept_ra = true;
	addresses = a->stack->addresses.count;
	routes = a->stack->fib.total;
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t ra[16 + 32] = {134, [16] = 3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 1};
		memcpy(ra + 32, prefixes[i], 2);
		net_inject6("fe80::99", "ff02::1", IPPROTO_ICMPV6, 255, ra, sizeof(ra));
		sim_run(sim, 3 * PX_SEC);
	}
	assert_int_equal(a->stack->addresses.count, addresses);
	assert_int_equal(a->stack->fib.total, routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_advertised, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_route_information, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_source_of_router, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_solicit_again, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router_flood, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router_preference, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_link_local_prefix, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
