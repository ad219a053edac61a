/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neighbour discovery: duplicates, reachability, routers, redirects. */
#include "net.h"

static struct px_iface *host(uint8_t n)
{
	return sim_connect(sim_node_new(sim, net_attach), &ethernet_type, wire, n);
}

static struct px_address *find(struct px_iface *iface, const char *text)
{
	struct px_ip ip = px_ip_parse(text);

	return px_address_find(iface->stack, &ip, iface);
}

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

static void test_router(void **state)
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
	    cmocka_unit_test_setup_teardown(test_advertisement_table, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_invalid, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_route_information, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_solicit_again, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router_flood, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_router_preference, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_redirect, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_solicit_flood, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
