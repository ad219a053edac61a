/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP: who gets a datagram, ports, errors, groups. */
#include "udp.h"

#include "net.h"
#include "udp_wire.h"

static int attach(struct px_stack *stack)
{
	int err = net_attach(stack);

	return err ? err : udp_attach(stack);
}

static struct udp_end *end_of(struct px_iface *iface, int family)
{
	struct udp_end *end = NULL;

	assert_int_equal(udp_new(iface->stack, family, &end), 0);
	return end;
}

static int bind_to(struct udp_end *end, const char *text, uint16_t port)
{
	struct px_ip ip = px_ip_parse(text);

	return udp_bind(end, &ip, port, 0);
}

static int connect_to(struct udp_end *end, const char *text, uint16_t port)
{
	struct px_ip ip = px_ip_parse(text);

	return udp_connect(end, &ip, port, 0);
}

static int send_to(struct udp_end *end, const char *text, uint16_t port, size_t len)
{
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct px_pkt *pkt = px_pkt_alloc(end->endpoint.stack, len);

	assert_non_null(pkt);
	memset(px_pkt_put(pkt, len), 'x', len);
	if (text) {
		send.has_dst = true;
		send.dst = px_ip_parse(text);
		send.dport = port;
	}
	return udp_send(end, pkt, &send);
}

/* How many datagrams wait; they are thrown away. */
static unsigned int drain(struct udp_end *end)
{
	unsigned int count = 0;
	struct px_pkt *pkt;

	while ((pkt = endpoint_take(&end->endpoint, false))) {
		count++;
		px_pkt_free(pkt);
	}
	assert_int_equal(end->endpoint.rx_truesize, 0);
	return count;
}

static void test_datagrams(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *a = end_of(ia, AF_INET6), *b = end_of(ib, AF_INET6);
	struct px_pkt *pkt;

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	for (unsigned int i = 0; i < 2; i++) {
		for (size_t len = 0; len <= 65507;
		     len = len * 2 + 1 > 65507 && len < 65507 ? 65507 : len * 2 + 1) {
			assert_int_equal(send_to(a, targets[i], 7000, len), 0);
			sim_settle(sim, PX_SEC);
			pkt = endpoint_take(&b->endpoint, false);
			assert_non_null(pkt);
			assert_int_equal(pkt->total, len);
			assert_int_equal(pkt->sport, a->endpoint.lport);
			px_pkt_free(pkt);
		}
		assert_int_equal(send_to(a, targets[i], 7000, 65528), -EMSGSIZE);
	}
	assert_int_equal(send_to(a, "10.0.0.2", 0, 1), -EINVAL);
	assert_int_equal(send_to(a, NULL, 0, 1), -EDESTADDRREQ);
}

static void test_checksums(void **state)
{
	struct px_iface *ib = net_host(attach, 2);
	struct udp_end *b = end_of(ib, AF_INET6);
	uint8_t datagram[12] = {0, 9, 0x1b, 0x58, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 12);
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(b), 1); /* none */
	net_inject6("2001:db8::9", "2001:db8::2", IPPROTO_UDP, 64, datagram, 12);
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(b), 0); /* IPv6 wants one */
	b->no_check6_rx = true;
	net_inject6("2001:db8::9", "2001:db8::2", IPPROTO_UDP, 64, datagram, 12);
	datagram[7] = 1; /* wrong */
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 12);
	sim_run(sim, PX_MSEC);
	assert_int_equal(drain(b), 1);
	assert_int_equal(net_stat(ib, PX_UdpInCsumErrors), 1);
	datagram[7] = 0;
	datagram[5] = 13; /* longer than it is; shorter than a header */
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 12);
	datagram[5] = 7;
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 12);
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 7);
	datagram[5] = 9; /* the rest is padding */
	net_inject4("10.0.0.9", "10.0.0.2", IPPROTO_UDP, 64, 0, NULL, 0, datagram, 12);
	sim_run(sim, PX_MSEC);
	assert_int_equal(net_stat(ib, PX_UdpInErrors), 4);
	assert_int_equal(b->endpoint.rx.first->total, 1);
	drain(b);
}

/* The most specific end gets it. */
static void test_matching(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *any6 = end_of(ib, AF_INET6), *any4 = end_of(ib, AF_INET);
	struct udp_end *specific = end_of(ib, AF_INET), *connected = end_of(ib, AF_INET);
	struct udp_end *a = end_of(ia, AF_INET), *a2 = end_of(ia, AF_INET), *a6 = end_of(ia, AF_INET6);

	sim_run(sim, 5 * PX_SEC);
	any6->endpoint.v6only = true;
	assert_int_equal(bind_to(any6, "::", 7000), 0);
	assert_int_equal(bind_to(any4, "0.0.0.0", 7000), 0);
	assert_int_equal(bind_to(specific, "10.0.0.2", 7000), -EADDRINUSE);
	any4->endpoint.flags |= ENDPOINT_REUSEADDR;
	specific->endpoint.flags |= ENDPOINT_REUSEADDR;
	connected->endpoint.flags |= ENDPOINT_REUSEADDR;
	assert_int_equal(bind_to(specific, "10.0.0.2", 7000), 0);
	assert_int_equal(bind_to(connected, "10.0.0.2", 7000), 0);
	assert_int_equal(bind_to(a, "10.0.0.1", 5555), 0);
	assert_int_equal(connect_to(connected, "10.0.0.1", 5555), 0);

	send_to(a, "10.0.0.2", 7000, 10);
	send_to(a2, "10.0.0.2", 7000, 10);
	send_to(a6, "2001:db8::2", 7000, 10);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(connected), 1);
	assert_int_equal(drain(specific), 1);
	assert_int_equal(drain(any4), 0);
	assert_int_equal(drain(any6), 1);
	udp_free(connected);
	udp_free(specific);
	send_to(a, "10.0.0.2", 7000, 10);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(any4), 1);
	any4->endpoint.bound_ifindex = ib->index + 1;
	send_to(a, "10.0.0.2", 7000, 10);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(any4), 0);
}

static void test_reuseport(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *group[4], *a = NULL;
	unsigned int total = 0;

	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 4; i++) {
		group[i] = end_of(ib, AF_INET);
		group[i]->endpoint.flags |= ENDPOINT_REUSEPORT;
		assert_int_equal(bind_to(group[i], "0.0.0.0", 7000), 0);
	}
	for (unsigned int i = 0; i < 400; i++) {
		a = end_of(ia, AF_INET);
		send_to(a, "10.0.0.2", 7000, 10);
		udp_free(a);
		sim_run(sim, PX_MSEC);
	}
	sim_settle(sim, PX_SEC);
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int got = drain(group[i]);
		assert_in_range(got, 50, 150);
		total += got;
	}
	assert_int_equal(total, 400);
}

static void test_ports(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct udp_end *ends[40], *one_more = end_of(ia, AF_INET);

	ia->stack->options.port_min = 40000;
	ia->stack->options.port_max = 40039;
	for (unsigned int i = 0; i < 40; i++) {
		ends[i] = end_of(ia, AF_INET);
		assert_int_equal(bind_to(ends[i], "0.0.0.0", 0), 0);
		assert_in_range(ends[i]->endpoint.lport, 40000, 40039);
	}
	assert_int_equal(bind_to(one_more, "0.0.0.0", 0), -EADDRINUSE);
	udp_free(ends[7]);
	assert_int_equal(bind_to(one_more, "0.0.0.0", 0), 0);
	assert_int_equal(bind_to(one_more, "0.0.0.0", 1), -EINVAL); /* twice */
	assert_int_equal(bind_to(ends[7] = end_of(ia, AF_INET), "10.9.9.9", 1), -EADDRNOTAVAIL);
	assert_int_equal(bind_to(ends[7], "fe80::1", 1), -EINVAL);
}

static void test_connect(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *a = end_of(ia, AF_INET), *b = end_of(ib, AF_INET), *c = end_of(ib, AF_INET);
	struct px_ip local = px_ip_parse("10.0.0.1");

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "0.0.0.0", 7000), 0);
	assert_int_equal(connect_to(a, "192.168.1.1", 7000), -ENETUNREACH);
	assert_int_equal(connect_to(a, "10.0.0.2", 7000), 0);
	assert_true(px_ip_eq(&a->endpoint.local, &local));
	assert_int_equal(send_to(a, NULL, 0, 5), 0);
	assert_int_equal(send_to(c, "10.0.0.1", a->endpoint.lport, 5), 0); /* not the peer */
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 1);
	assert_int_equal(drain(a), 0);
	assert_int_equal(udp_connect(a, NULL, 0, 0), 0);
	assert_int_equal(a->endpoint.lport, 0);
	assert_true(px_ip_is_zero(&a->endpoint.local));
	/* The network changes under a connection: the cached way is not used any more. */
	assert_int_equal(connect_to(a, "10.0.0.2", 7000), 0);
	px_iface_down(ia);
	assert_int_equal(send_to(a, NULL, 0, 5), -ENETUNREACH);
}

static unsigned int events;

static void on_event(struct endpoint *endpoint, unsigned int what)
{
	events |= what;
}

static void test_refused_port(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	struct px_iface *ia = net_host(attach, 1);

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 2; i++) {
		struct udp_end *a = end_of(ia, AF_INET6), *unconnected = end_of(ia, AF_INET6);
		struct px_pkt *pkt;
		events = 0;
		a->endpoint.event = on_event;
		assert_int_equal(connect_to(a, targets[i], 9), 0);
		assert_int_equal(send_to(a, NULL, 0, 5), 0);
		send_to(unconnected, targets[i], 9, 5);
		sim_settle(sim, PX_SEC);
		assert_int_equal(endpoint_get_error(&a->endpoint), ECONNREFUSED);
		assert_int_equal(endpoint_get_error(&a->endpoint), 0);
		assert_int_equal(endpoint_get_error(&unconnected->endpoint), 0);
		assert_true(events & ENDPOINT_ERROR);
		unconnected->endpoint.flags |= ENDPOINT_RECVERR4 | ENDPOINT_RECVERR6;
		send_to(unconnected, targets[i], 9, 5);
		sim_settle(sim, PX_SEC);
		pkt = endpoint_take_error(&unconnected->endpoint);
		assert_non_null(pkt);
		assert_int_equal(pkt->total, 5); /* what was sent comes back */
		assert_int_equal(pkt->dport, 9);
		px_pkt_free(pkt);
	}
}

static void test_full(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *a = end_of(ia, AF_INET), *b = end_of(ib, AF_INET);

	sim_run(sim, 5 * PX_SEC);
	bind_to(b, "0.0.0.0", 7000);
	b->endpoint.rcvbuf = 8192;
	for (unsigned int i = 0; i < 100; i++) {
		send_to(a, "10.0.0.2", 7000, 1000);
		sim_run(sim, PX_MSEC);
	}
	assert_true(b->endpoint.rx_truesize <= 8192);
	assert_int_equal(net_stat(ib, PX_UdpRcvbufErrors) + drain(b), 100);
}

static void test_groups(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct udp_end *a = end_of(ia, AF_INET), *b = end_of(ib, AF_INET), *c = end_of(ib, AF_INET);
	struct px_ip group = px_ip_parse("239.1.1.1"), source = px_ip_parse("10.0.0.1");
	struct ip_membership *m;

	sim_run(sim, 5 * PX_SEC);
	b->endpoint.flags |= ENDPOINT_REUSEADDR;
	c->endpoint.flags |= ENDPOINT_REUSEADDR;
	bind_to(b, "0.0.0.0", 7000);
	bind_to(c, "0.0.0.0", 7000);
	assert_int_equal(send_to(a, "239.1.1.1", 7000, 5), -ENETUNREACH); /* by which interface? */
	a->endpoint.multicast_if4 = ia->index;
	assert_int_equal(ip_group_join(ib->stack, ib, &group, true, NULL, 0, &m), 0);
	list_append(&b->endpoint.memberships, &m->node);
	assert_int_equal(send_to(a, "239.1.1.1", 7000, 5), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 1);
	assert_int_equal(drain(c), 1); /* IP_MULTICAST_ALL */
	c->endpoint.flags &= ~(uint32_t)ENDPOINT_MULTICAST_ALL4;
	send_to(a, "239.1.1.1", 7000, 5);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 1);
	assert_int_equal(drain(c), 0);
	assert_int_equal(ip_group_filter(ib->stack, m, true, &source, 1), 0);
	send_to(a, "239.1.1.1", 7000, 5);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 0);

	/* Broadcast: by permission. */
	assert_int_equal(send_to(a, "10.0.0.255", 7000, 5), -EACCES);
	a->endpoint.flags |= ENDPOINT_BROADCAST;
	assert_int_equal(send_to(a, "10.0.0.255", 7000, 5), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 1);
	assert_int_equal(drain(c), 1);
}

static void test_dual_stack(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct udp_end *six = end_of(ia, AF_INET6), *four = end_of(ia, AF_INET);

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(six, "::", 7000), 0);
	assert_int_equal(bind_to(four, "0.0.0.0", 7000), -EADDRINUSE);
	assert_int_equal(bind_to(four, "10.0.0.1", 7000), -EADDRINUSE);
	assert_int_equal(bind_to(four, "0.0.0.0", 7001), 0);
	assert_int_equal(send_to(four, "127.0.0.1", 7000, 3), 0);
	assert_int_equal(send_to(four, "::1", 7000, 3), -EAFNOSUPPORT);
	assert_int_equal(send_to(six, "127.0.0.1", 7001, 3), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(six), 1);
	assert_int_equal(drain(four), 1);
	six->endpoint.v6only = true;
	assert_int_equal(send_to(six, "127.0.0.1", 7001, 3), -ENETUNREACH);
}

static void damage_and_refusal_scene(struct sim_node *node)
{
	struct px_iface *iface;
	struct udp_end *a = NULL, *b = NULL;

	iface = sim_connect(node, &ethernet_type, wire, 1);
	if (iface) {
		udp_new(node->stack, AF_INET6, &a);
		udp_new(node->stack, AF_INET, &b);
		if (b)
			bind_to(b, "0.0.0.0", 7000);
		for (unsigned int i = 0; a && i < 5; i++) {
			struct endpoint_send send = ENDPOINT_SEND_INIT;
			struct px_pkt *pkt = px_pkt_alloc(node->stack, 3000);
			send.has_dst = true;
			send.dst = px_ip_parse("127.0.0.1");
			send.dport = (uint16_t)(7000 + i);
			if (pkt)
				udp_send(a, pkt, &send);
		}
		sim_run(sim, PX_SEC);
	}
}

static void test_damage_and_refusal(void **state)
{
	net_refuse(120, 1, attach, damage_and_refusal_scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_datagrams, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_checksums, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_matching, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reuseport, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_ports, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_connect, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused_port, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_full, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_groups, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_dual_stack, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_damage_and_refusal, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
