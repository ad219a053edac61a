/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Raw ends: what they see, what they send. */
#include "raw.h"

#include "net.h"

static int attach(struct px_stack *stack)
{
	int err = net_attach(stack);

	return err ? err : raw_attach(stack);
}

static struct raw_end *end_of(struct px_iface *iface, int family, uint8_t protocol)
{
	struct raw_end *end = NULL;

	assert_int_equal(raw_new(iface->stack, family, protocol, &end), 0);
	return end;
}

static unsigned int drain(struct raw_end *end)
{
	unsigned int count = 0;
	struct px_pkt *pkt;

	while ((pkt = endpoint_take(&end->endpoint, false))) {
		count++;
		px_pkt_free(pkt);
	}
	return count;
}

static int send_bytes(struct raw_end *end, const char *to, const void *bytes, size_t len)
{
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	struct px_pkt *pkt = px_pkt_alloc(end->endpoint.stack, len);

	memcpy(px_pkt_put(pkt, len), bytes, len);
	if (to) {
		send.has_dst = true;
		send.dst = px_ip_parse(to);
	}
	return raw_send(end, pkt, &send);
}

/* ping by raw sockets. */
static void test_ping(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct raw_end *v4 = end_of(ia, AF_INET, IPPROTO_ICMP),
	               *v6 = end_of(ia, AF_INET6, IPPROTO_ICMPV6);
	uint8_t echo[16] = {8, 0, 0xf7, 0xfe, 0, 0, 0, 1}, echo6[16] = {128, 0, 0, 0, 0, 0, 0, 1};
	struct px_pkt *pkt;

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	drain(v6);
	assert_int_equal(send_bytes(v4, "10.0.0.2", echo, sizeof(echo)), 0);
	sim_settle(sim, PX_SEC);
	pkt = endpoint_take(&v4->endpoint, false);
	assert_int_equal(pkt->total, IP4_HEADER + 16); /* with the IP header */
	assert_int_equal(pkt->data[0], 0x45);
	px_pkt_free(pkt);
	memset(v6->icmp6_filter, 0xff, sizeof(v6->icmp6_filter));
	v6->icmp6_filter[129 >> 5] &= ~(1u << (129 & 31)); /* ping(8)'s filter: replies alone */
	assert_int_equal(send_bytes(v6, "2001:db8::2", echo6, sizeof(echo6)), 0); /* checksum by us */
	sim_settle(sim, PX_SEC);
	pkt = endpoint_take(&v6->endpoint, false);
	assert_non_null(pkt);
	assert_int_equal(pkt->total, 16); /* without */
	assert_int_equal(pkt->data[0], 129);
	px_pkt_free(pkt);
	assert_null(endpoint_take(&v6->endpoint, false));
	v4->icmp4_filter = 1u << 0;
	send_bytes(v4, "10.0.0.2", echo, sizeof(echo));
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(v4), 0);
	assert_int_equal(send_bytes(v6, "2001:db8::2", echo6, 3), -EINVAL); /* no room for a checksum */
}

static void test_header_included(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct raw_end *a = end_of(ia, AF_INET, IPPROTO_RAW), *b = end_of(ib, AF_INET, 253);
	uint8_t packet[24] = {
	    0x45, 0, 0, 0, 0, 0, 0, 0, 64, 253, 0, 0, 10, 0, 0, 77, 10, 0, 0, 2, 1, 2, 3, 4};
	struct px_pkt *pkt;
	struct px_ip forged = px_ip_parse("10.0.0.77");

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(send_bytes(a, "10.0.0.2", packet, sizeof(packet)), 0);
	sim_settle(sim, PX_SEC);
	pkt = endpoint_take(&b->endpoint, false);
	assert_non_null(pkt);
	assert_true(px_ip_eq(&pkt->src, &forged));
	assert_true(pkt->data[4] || pkt->data[5]); /* an id was filled in */
	px_pkt_free(pkt);
	packet[0] = 0x4f; /* a longer header than there are bytes */
	assert_int_equal(send_bytes(a, "10.0.0.2", packet, sizeof(packet)), -EINVAL);
	packet[0] = 0x44;
	assert_int_equal(send_bytes(a, "10.0.0.2", packet, sizeof(packet)), -EINVAL);
	assert_int_equal(send_bytes(a, "10.0.0.2", packet, 19), -EINVAL);
	assert_int_equal(drain(a), 0); /* IPPROTO_RAW does not receive */
}

static void test_matching(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct raw_end *all = end_of(ib, AF_INET, 253), *bound = end_of(ib, AF_INET, 253);
	struct raw_end *other = end_of(ib, AF_INET, 254), *peer = end_of(ib, AF_INET, 253);
	struct raw_end *a = end_of(ia, AF_INET, 253);
	struct px_ip ip = px_ip_parse("10.0.0.2"), not_a = px_ip_parse("10.0.0.9");

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(raw_bind(bound, &ip, 0), 0);
	assert_int_equal(raw_connect(peer, &not_a, 0, 0), 0);
	assert_int_equal(send_bytes(a, "10.0.0.2", "hello", 5), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(all), 1);
	assert_int_equal(drain(bound), 1);
	assert_int_equal(drain(other), 0);
	assert_int_equal(drain(peer), 0);
	/* Somebody has it: no "protocol unreachable". */
	assert_int_equal(net_stat(ib, PX_IcmpOutDestUnreachs), 0);
	assert_int_equal(send_bytes(a, NULL, "hello", 5), -EDESTADDRREQ);
	ip = px_ip_parse("10.9.9.9");
	assert_int_equal(raw_bind(bound, &ip, 0), -EADDRNOTAVAIL);
}

static void test_checksum_option(void **state)
{
	struct px_iface *ia = net_host(attach, 1), *ib = net_host(attach, 2);
	struct raw_end *a = end_of(ia, AF_INET6, 253), *b = end_of(ib, AF_INET6, 253);

	sim_run(sim, 5 * PX_SEC);
	b->checksum_at = 2;
	assert_int_equal(send_bytes(a, "2001:db8::2", "abcdefgh", 8), 0); /* without */
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 0);
	a->checksum_at = 2;
	assert_int_equal(send_bytes(a, "2001:db8::2", "abcdefgh", 8), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(drain(b), 1);
}

/* traceroute: the error comes to who asked for errors. */
static void test_errors(void **state)
{
	struct px_iface *ia = net_host(attach, 1);
	struct raw_end *a = end_of(ia, AF_INET, 253);
	struct px_pkt *pkt;

	net_host(attach, 2);
	sim_run(sim, 5 * PX_SEC);
	a->endpoint.flags |= ENDPOINT_RECVERR4;
	send_bytes(a, "10.0.0.2", "hello", 5);
	sim_settle(sim, PX_SEC);
	pkt = endpoint_take_error(&a->endpoint);
	assert_null(pkt); /* five bytes are too few to quote: RFC 1122 wants eight */
	send_bytes(a, "10.0.0.2", "hello there", 11);
	sim_settle(sim, PX_SEC);
	assert_int_equal(endpoint_get_error(&a->endpoint), ENOPROTOOPT);
	pkt = endpoint_take_error(&a->endpoint);
	assert_non_null(pkt);
	px_pkt_free(pkt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ping, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_header_included, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_matching, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_checksum_option, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_errors, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
