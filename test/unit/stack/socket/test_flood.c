/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Floods against a whole stack: whatever comes, and however much, its memory stays within what its
 * options say, what it sends back within its rates, and it goes on working. No clock decides: the
 * hosts' time is the test's.
 */
#include "hosts.h"

#include <linux/errqueue.h>

#define FRAMES 20000

static struct px_iface *victim;

/* A frame for the victim (10.0.0.1, 2001:db8::1), past the wire: there are many. */
static void inject(uint16_t ethertype, const uint8_t *dst, const uint8_t *packet, size_t len)
{
	static const uint8_t from[6] = {2, 0, 0, 0, 0, 0x99};
	struct px_pkt *pkt = px_pkt_alloc(victim->stack, ETHER_HEADER + len);

	assert_non_null(pkt);
	ether_write(px_pkt_put(pkt, ETHER_HEADER), dst ? dst : victim->mac, from, ethertype);
	memcpy(px_pkt_put(pkt, len), packet, len);
	px_input(victim->stack, victim, &pkt, 1, sim->now);
	px_run(victim->stack, sim->now);
}

static struct px_ip nth(bool six, unsigned int n)
{
	struct px_ip ip = px_ip_parse(six ? "2001:db8:77::" : "20.0.0.0");

	ip.b[13] = (uint8_t)(n >> 16);
	ip.b[14] = (uint8_t)(n >> 8);
	ip.b[15] = (uint8_t)n;
	return ip;
}

static void inject_ip(bool six, struct px_ip src, uint8_t protocol, uint8_t hops, uint16_t fragment,
    const uint8_t *payload, size_t len)
{
	uint8_t packet[2000];
	struct px_ip dst = px_ip_parse(six ? "2001:db8::1" : "10.0.0.1");

	if (six) {
		struct ip6_header header = {.next = protocol,
		    .hop_limit = hops,
		    .payload_len = (uint16_t)len,
		    .src = src,
		    .dst = dst};
		ip6_write(packet, &header);
		memcpy(packet + IP6_HEADER, payload, len);
		if (protocol == IPPROTO_ICMPV6) {
			uint16_t sum = checksum_finish(
			    checksum_add(ip_pseudo_header(&src, &dst, protocol, (uint32_t)len), payload, len));
			memcpy(packet + IP6_HEADER + 2, &sum, sizeof(sum));
		}
		inject(ETH_P_IPV6, NULL, packet, IP6_HEADER + len);
		return;
	}
	struct ip4_header header = {.protocol = protocol,
	    .ttl = hops,
	    .id = (uint16_t)px_ip4_value(&src),
	    .fragment = fragment,
	    .total_len = (uint16_t)(IP4_HEADER + len),
	    .src = src,
	    .dst = dst};
	ip4_write(packet, &header, NULL, 0);
	memcpy(packet + IP4_HEADER, payload, len);
	if (protocol == IPPROTO_ICMP) {
		uint16_t sum = checksum_finish(checksum_add(0, payload, len));
		memcpy(packet + IP4_HEADER + 2, &sum, sizeof(sum));
	}
	inject(ETH_P_IP, NULL, packet, IP4_HEADER + len);
}

static size_t before;

static void begin(void)
{
	victim = host(1);
	host(2);
	net_route(victim, "0.0.0.0", 0, "10.0.0.2");
	net_route(victim, "::", 0, "2001:db8::2");
	sim_run(sim, 5 * PX_SEC);
	before = px_mem_used(victim->stack->mem);
}

/* Back to about what it was once all that waits has timed out, and well. */
static void end(size_t slack)
{
	uint64_t pongs;

	sim_run(sim, 200 * PX_SEC);
	assert_true(px_mem_used(victim->stack->mem) <= before + slack);
	pongs = net_pongs(victim);
	assert_int_equal(net_ping(victim, "10.0.0.2", 100, NULL), 0);
	assert_int_equal(net_ping(victim, "2001:db8::2", 100, NULL), 0);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(net_pongs(victim), pongs + 2);
}

/* Ports where nobody is, from everywhere within one second. */
static void test_closed_ports(void **state)
{
	static const uint8_t datagram[16] = {0, 9, 0, 9, 0, 16};
	uint64_t sent;

	begin();
	sent = net_stat(victim, PX_IcmpOutMsgs);
	for (unsigned int i = 0; i < FRAMES; i++)
		inject_ip(false, nth(false, i), IPPROTO_UDP, 64, 0, datagram, sizeof(datagram));
	assert_true(net_stat(victim, PX_IcmpOutMsgs) - sent <= 50); /* the burst, at one time */
	for (unsigned int i = 0; i < FRAMES; i++) {
		inject_ip(false, nth(false, i), IPPROTO_UDP, 64, 0, datagram, sizeof(datagram));
		sim->now += PX_SEC / FRAMES;
	}
	assert_true(net_stat(victim, PX_IcmpOutMsgs) - sent <= 50 + 1000 + 50);
	end(64 << 10);
}

/* Echo requests are answered as fast as the link takes the answers, no further. */
static void test_echoes(void **state)
{
	static const uint8_t echo[64] = {8}, echo6[64] = {128};

	begin();
	victim->tx_stopped = true;
	for (unsigned int i = 0; i < FRAMES; i++) {
		inject_ip(false, nth(false, 1), IPPROTO_ICMP, 64, 0, echo, sizeof(echo));
		inject_ip(true, nth(true, 1), IPPROTO_ICMPV6, 64, 0, echo6, sizeof(echo6));
	}
	assert_true(victim->tx.count <= victim->tx_limit);
	assert_true(px_mem_used(victim->stack->mem) < before + (4 << 20));
	victim->tx_stopped = false;
	end(64 << 10);
}

/* First fragments, of many and of one, never completed. */
static void test_fragments(void **state)
{
	uint8_t part[1200] = {0};

	begin();
	for (unsigned int i = 0; i < FRAMES; i++) {
		bool six = i & 1, one = i & 2;
		struct px_ip src = nth(six, one ? 1 : i);
		part[0] = IPPROTO_UDP;
		part[3] = 1; /* more */
		memcpy(part + 4, &i, sizeof(i));
		if (six)
			inject_ip(true, src, IPPROTO_FRAGMENT, 64, 0, part, 8 + 1184);
		else
			inject_ip(false, src, IPPROTO_UDP, 64, IP4_MF, part, 1184);
		assert_true(victim->stack->ip->reassembly_bytes <= victim->stack->options.reassembly_max);
	}
	assert_true(px_mem_used(victim->stack->mem) <
	            before + victim->stack->options.reassembly_max + (1 << 20));
	end(256 << 10); /* the hash table keeps its size */
	assert_int_equal(victim->stack->ip->reassembly_bytes, 0);
}

/* One-byte steps through one datagram: the cost of each stays bounded, too. */
static void test_small_fragments(void **state)
{
	uint8_t part[8] = {0};

	begin();
	for (unsigned int i = 8191; i > 0; i -= 1)
		inject_ip(false, nth(false, 1), IPPROTO_UDP, 64, (uint16_t)(IP4_MF | i), part, 8);
	assert_true(px_mem_used(victim->stack->mem) < before + (1 << 20));
	end(64 << 10);
}

/* "Too big" about datagrams to everywhere: a bound socket's port is all that must be guessed. */
static void test_path_mtu_lies(void **state)
{
	struct px_sock *sock;

	begin();
	sock = sock_of(victim, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(sock, "::", 7000), 0);
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint8_t message[8 + 40 + 8] = {2, 0, 0, 0, 0, 0, 5, 0};
		struct ip6_header inner = {.next = IPPROTO_UDP,
		    .payload_len = 8,
		    .hop_limit = 60,
		    .src = px_ip_parse("2001:db8::1"),
		    .dst = nth(true, i)};
		ip6_write(message + 8, &inner);
		memcpy(message + 48, (uint8_t[8]){0x1b, 0x58, 0, 9, 0, 8, 0, 1}, 8);
		inject_ip(true, nth(true, 7), IPPROTO_ICMPV6, 64, 0, message, sizeof(message));
	}
	assert_in_range(victim->stack->ip->exceptions.count, 1, 1024);
	assert_true(px_mem_used(victim->stack->mem) < before + (1 << 20));
	end(1 << 20);
}

/* Packets to neighbours that are not there: what waits, and who is waited for. */
static void test_unresolved(void **state)
{
	static uint8_t bytes[1000];
	struct px_sock *sock;

	begin();
	sock = sock_of(victim, AF_INET6, SOCK_DGRAM, 0);
	for (unsigned int i = 0; i < FRAMES; i++) {
		char to[64];
		snprintf(to, sizeof(to), "2001:db8::1:%x", i);
		(void)send_to(sock, to, 9, bytes, sizeof(bytes), NULL, 0);
		assert_true(
		    victim->stack->neighbours->entries.count <= victim->stack->options.neighbours_max);
	}
	assert_true(victim->stack->neighbours->pending_bytes <= NEIGHBOUR_PENDING_BYTES);
	assert_true(px_mem_used(victim->stack->mem) < before + (4 << 20));
	end(1 << 20);
}

/* A reader who does not read: datagrams, and errors. */
static void test_full_queues(void **state)
{
	const uint8_t datagram[9] = {0, 9, 0x1b, 0x58, 0, 9, 0, 0, 'x'};
	struct px_sock *sock;
	int one = 1;

	begin();
	sock = sock_of(victim, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(sock, "0.0.0.0", 7000), 0);
	assert_int_equal(px_sock_setsockopt(sock, IPPROTO_IP, IP_RECVERR, &one, sizeof(one)), 0);
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint8_t refused[8 + 20 + 8] = {3, 3};
		struct ip4_header inner = {.protocol = IPPROTO_UDP,
		    .ttl = 60,
		    .total_len = 28,
		    .src = px_ip_parse("10.0.0.1"),
		    .dst = nth(false, i)};
		inject_ip(false, nth(false, i), IPPROTO_UDP, 64, 0, datagram, sizeof(datagram));
		ip4_write(refused + 8, &inner, NULL, 0);
		memcpy(refused + 28, (uint8_t[8]){0x1b, 0x58, 0, 9, 0, 8}, 8);
		inject_ip(false, nth(false, i), IPPROTO_ICMP, 64, 0, refused, sizeof(refused));
	}
	assert_true(sock->endpoint->rx_truesize <= sock->endpoint->rcvbuf);
	assert_true(sock->endpoint->drops > FRAMES / 2);
	px_sock_free(sock);
	end(1 << 20);
}

/* Queries for a group with ever other sources. Each is to be answered within 100 ms: by chance at
 * once, which is why the answers are some for a hundred; they wait in a bounded queue. */
static void test_group_queries(void **state)
{
	struct ipv6_mreq request = {.ipv6mr_interface = 2};
	uint8_t group_mac[6] = {0x33, 0x33, 0, 0, 0, 1}, packet[40 + 8 + 28 + 16 * 60] = {0};
	struct px_sock *sock;
	uint64_t sent;

	begin();
	sock = sock_of(victim, AF_INET6, SOCK_DGRAM, 0);
	request.ipv6mr_multiaddr = (struct in6_addr){{{0xff, 5, [15] = 0x77}}};
	assert_int_equal(
	    px_sock_setsockopt(sock, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof(request)), 0);
	sim_run(sim, 10 * PX_SEC);
	before = px_mem_used(victim->stack->mem);
	sent = net_stat(victim, PX_Icmp6OutMLDv2Reports);
	for (unsigned int i = 0; i < FRAMES; i++) {
		uint8_t query[28 + 16 * 60] = {
		    130, 0, 0, 0, 0, 100, 0, 0, 0xff, 5, [23] = 0x77, 2, 0, 0, 60};
		struct px_ip src = px_ip_parse("fe80::9"), dst = px_ip_parse("ff02::1");
		struct ip6_header header = {.next = IPPROTO_HOPOPTS,
		    .hop_limit = 1,
		    .payload_len = 8 + sizeof(query),
		    .src = src,
		    .dst = dst};
		uint16_t sum;
		for (size_t s = 0; s < 60; s++)
			memcpy(query + 28 + 16 * s, nth(true, i * 60 + (unsigned int)s).b, 16);
		sum = checksum_finish(checksum_add(
		    ip_pseudo_header(&src, &dst, IPPROTO_ICMPV6, sizeof(query)), query, sizeof(query)));
		memcpy(query + 2, &sum, sizeof(sum));
		ip6_write(packet, &header);
		memcpy(packet + 40, (uint8_t[8]){IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0}, 8);
		memcpy(packet + 48, query, sizeof(query));
		inject(ETH_P_IPV6, group_mac, packet, 48 + sizeof(query));
	}
	assert_true(px_mem_used(victim->stack->mem) < before + (1 << 20));
	sim_run(sim, 2 * PX_SEC);
	assert_in_range(net_stat(victim, PX_Icmp6OutMLDv2Reports) - sent, 1, FRAMES / 50);
	px_sock_free(sock);
	end(64 << 10);
}

/* Somebody else has our address, and says so all the time: we say so once in ten seconds. */
static void test_conflicts(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct arp_packet arp = {.op = ARP_REPLY,
	    .sender_mac = {2, 0, 0, 0, 0, 0x99},
	    .sender = px_ip_parse("10.0.0.1"),
	    .target = px_ip_parse("10.0.0.1")};
	uint8_t bytes[ARP_LEN];
	uint64_t sent;

	begin();
	arp_write(bytes, &arp);
	sent = victim->stats.tx_packets;
	for (unsigned int i = 0; i < FRAMES; i++)
		inject(ETH_P_ARP, all, bytes, sizeof(bytes));
	sim_run(sim, PX_SEC);
	assert_true(victim->stats.tx_packets - sent <= 3);
	end(64 << 10);
}

#define FLOOD(name) cmocka_unit_test_setup_teardown(test_##name, net_setup, net_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {FLOOD(closed_ports), FLOOD(echoes), FLOOD(fragments),
	    FLOOD(small_fragments), FLOOD(path_mtu_lies), FLOOD(unresolved), FLOOD(full_queues),
	    FLOOD(group_queries), FLOOD(conflicts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
