/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of every kind of work refused: the n-th of a scenario, for n = 1, 2, ... until
 * the scenario asks for no more; then again with all from the n-th on.
 *
 * Whatever was refused: a call says ENOMEM or ENOBUFS or goes through; nothing is leaked or freed
 * in a wrong size; and when there is memory again, both hosts exchange packets as if nothing had
 * been. Two hosts, 1 and 2, on one wire; all chance from one seed, so that n means the same each
 * time.
 */
#include "hosts.h"

#include "nlq_dialog.h"
#include "nlq_message.h"
#include "px_io.h"
#include "vlan.h"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/udp.h>

static struct failing_allocator memory;
static struct px_iface *ia, *ib;
static struct px_sock *a, *b; /* of UDP, AF_INET6; b is bound to port 7000 */
static const char *scenario;
static long refused_at;

/* What a call may say. */
static void heed(long result, int line)
{
	if (result < 0 && result != -ENOMEM && result != -ENOBUFS)
		fail_msg("%s, allocation %ld: line %d says %s", scenario, refused_at, line,
		    strerror((int)-result));
}
#define HEED(call) heed((call), __LINE__)

static struct px_sock *try_sock(struct px_iface *iface, int domain, int type, int protocol)
{
	struct px_sock *sock = NULL;

	HEED(px_sock_new(iface->stack, domain, type, protocol, &sock));
	return sock;
}

static void set(struct px_sock *sock, int level, int name, const void *value, socklen_t len)
{
	if (sock)
		HEED(px_sock_setsockopt(sock, level, name, value, len));
}

static void set_int(struct px_sock *sock, int level, int name, int value)
{
	set(sock, level, name, &value, sizeof(value));
}

static void send_flags(struct px_sock *sock, const char *to, uint16_t port, size_t len, int flags)
{
	static uint8_t bytes[65536] = {8};
	struct sockaddr_storage name;
	struct iovec iov = {bytes, len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (!sock)
		return;
	bytes[0] = sock->domain == AF_INET6 ? 128 : 8;
	if (to) {
		msg.msg_namelen = address(&name, to, port, ia->index);
		msg.msg_name = &name;
	}
	HEED(px_sock_sendmsg(sock, &msg, flags));
}

static void send_some(struct px_sock *sock, const char *to, size_t len)
{
	send_flags(sock, to, 7000, len, 0);
}

/* Takes what there is. A refused clone of MSG_PEEK is all that may fail. */
static void drain(struct px_sock *sock, int flags)
{
	static uint8_t bytes[65536];
	_Alignas(struct cmsghdr) char control[512];
	struct iovec iov = {bytes, sizeof(bytes)};
	ssize_t n = 0;

	for (unsigned int i = 0; sock && i < 1000 && n != -EAGAIN; i++) {
		struct msghdr msg = {.msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		n = px_sock_recvmsg(sock, &msg, flags);
		if (flags & MSG_PEEK)
			return;
	}
}

/* ---- the scenarios ---- */

static void sockets(void)
{
	static const struct {
		int domain, type, protocol;
	} rows[] = {
	    {AF_INET, SOCK_DGRAM, 0},
	    {AF_INET6, SOCK_DGRAM, 0},
	    {AF_INET, SOCK_DGRAM, IPPROTO_ICMP},
	    {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6},
	    {AF_INET, SOCK_RAW, IPPROTO_ICMP},
	    {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
	    {AF_PACKET, SOCK_RAW, 0},
	    {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct px_sock *sock = try_sock(ia, rows[i].domain, rows[i].type, rows[i].protocol);
		if (sock)
			px_sock_free(sock);
	}
}

static void bind_connect(void)
{
	for (unsigned int i = 0; i < 20; i++) {
		struct px_sock *sock = try_sock(ia, i & 1 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
		struct sockaddr_storage name;
		socklen_t len;

		if (!sock)
			continue;
		HEED(bind_to(sock, i & 1 ? "::" : "0.0.0.0", (uint16_t)(8000 + i)));
		len = address(&name, i & 1 ? "2001:db8::2" : "10.0.0.2", 7000, 0);
		HEED(px_sock_connect(sock, (struct sockaddr *)&name, len));
		send_flags(sock, NULL, 0, 100, 0);
	}
}

static void datagrams(void)
{
	set_int(b, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	set_int(b, SOL_SOCKET, SO_TIMESTAMP, 1);
	for (unsigned int i = 0; i < 3; i++) {
		send_some(a, "::ffff:10.0.0.2", 100);
		send_some(a, "2001:db8::2", 100);
		sim_run(sim, 100 * PX_MSEC);
		drain(b, MSG_PEEK);
		drain(b, 0);
	}
}

static void fragments(void)
{
	send_some(a, "::ffff:10.0.0.2", 9000);
	send_some(a, "2001:db8::2", 9000);
	sim_run(sim, PX_SEC);
	drain(b, 0);
	/* The last one is missing: times out, and is told. */
	net_inject6("2001:db8::9", "2001:db8::2", IPPROTO_FRAGMENT, 64,
	    (const uint8_t[24]){17, 0, 0, 1, 0, 0, 0, 7, 0, 7, 0x1b, 0x58, 0, 80}, 24);
	sim_run(sim, 70 * PX_SEC);
}

static void corks_and_trains(void)
{
	const uint8_t hop[8] = {0, 0, 1, 4};

	set_int(b, IPPROTO_UDP, UDP_GRO, 1);
	send_flags(a, "2001:db8::2", 7000, 10, MSG_MORE);
	send_flags(a, "2001:db8::2", 7000, 3000, MSG_MORE);
	send_flags(a, "2001:db8::2", 7000, 10, 0);
	set_int(a, IPPROTO_UDP, UDP_SEGMENT, 500);
	send_some(a, "2001:db8::2", 3000);
	send_some(b, "2001:db8::2", 3000); /* to itself, in one burst */
	set(a, IPPROTO_IPV6, IPV6_HOPOPTS, hop, sizeof(hop));
	set(a, IPPROTO_IPV6, IPV6_DSTOPTS, hop, sizeof(hop));
	set_int(a, IPPROTO_UDP, UDP_SEGMENT, 0);
	send_some(a, "2001:db8::2", 3000);
	set(a, IPPROTO_IPV6, IPV6_HOPOPTS, hop, 0);
	set(a, IPPROTO_IP, IP_OPTIONS, (const uint8_t[4]){1, 1, 1, 1}, 4);
	send_some(a, "::ffff:10.0.0.2", 3000);
	sim_run(sim, PX_SEC);
	drain(b, 0);
}

static void errors(void)
{
	set_int(a, IPPROTO_IP, IP_RECVERR, 1);
	set_int(a, IPPROTO_IPV6, IPV6_RECVERR, 1);
	set_int(a, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1);
	send_flags(a, "::ffff:10.0.0.2", 9, 10, 0); /* nobody there */
	send_flags(a, "2001:db8::2", 9, 10, 0);
	sim_run(sim, PX_SEC);
	drain(a, 0);
	drain(a, MSG_ERRQUEUE);
	send_some(a, "::ffff:10.0.0.77", 10); /* no such host */
	send_some(a, "2001:db8::77", 10);
	sim_run(sim, 10 * PX_SEC);
	drain(a, 0);
	drain(a, MSG_ERRQUEUE);
}

static void groups(void)
{
	struct ip_mreqn four = {.imr_multiaddr.s_addr = htonl(0xe0010203), .imr_ifindex = 2};
	struct ipv6_mreq six = {.ipv6mr_interface = 2};
	struct group_source_req source = {.gsr_interface = 2};
	struct px_sock *other = try_sock(ib, AF_INET6, SOCK_DGRAM, 0);

	six.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	six.ipv6mr_multiaddr.s6_addr[1] = 0x05;
	six.ipv6mr_multiaddr.s6_addr[15] = 0x77;
	address(&source.gsr_group, "ff05::88", 0, 0);
	address(&source.gsr_source, "2001:db8::1", 0, 0);
	set(b, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof(six));
	set(other, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six, sizeof(six));
	set(b, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four, sizeof(four));
	set(b, IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, &source, sizeof(source));
	sim_run(sim, 2 * PX_SEC);
	set_int(a, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ia->index);
	set_int(a, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 4);
	send_some(a, "ff05::77", 10);
	send_some(a, "ff05::88", 10);
	sim_run(sim, 2 * PX_SEC);
	drain(b, 0);
	if (other)
		px_sock_free(other);
	/* A query for all groups is answered. */
	net_inject6(
	    "fe80::9", "ff02::1", IPPROTO_ICMPV6, 1, (const uint8_t[28]){130, 0, 0, 0, 0, 100}, 28);
	sim_run(sim, 2 * PX_SEC);
	/* Not HEED: a membership that could not be made cannot be left. */
	(void)px_sock_setsockopt(b, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &six, sizeof(six));
	(void)px_sock_setsockopt(b, IPPROTO_IP, IP_DROP_MEMBERSHIP, &four, sizeof(four));
	sim_run(sim, 2 * PX_SEC);
}

static void addresses(void)
{
	struct px_address_config config = {.scope = -1, .prefix = 64};
	struct px_address *six = NULL, *four = NULL;

	config.ip = px_ip_parse("2001:db8:5::1");
	HEED(px_address_add(ia, &config, &six));
	config.ip = px_ip_parse("10.5.0.1");
	config.prefix = PX_IP4_OFFSET + 24;
	ia->stack->options.arp_probe = true;
	HEED(px_address_add(ia, &config, &four));
	sim_run(sim, 10 * PX_SEC);
	if (six)
		px_address_del(six);
	if (four)
		px_address_del(four);
	px_iface_down(ia);
	HEED(px_iface_up(ia));
	sim_run(sim, 5 * PX_SEC);
}

static void interfaces(void)
{
	struct px_iface *iface = NULL, *vlan = NULL;

	HEED(px_iface_add(ia->stack, &ethernet_type, "x%d", 0, NULL, &iface));
	if (iface) {
		HEED(px_iface_up(iface));
		px_iface_del(iface);
	}
	HEED(vlan_add(ia, 7, "v7", 0, &vlan));
	if (vlan) {
		HEED(px_iface_up(vlan));
		sim_run(sim, 2 * PX_SEC);
		px_iface_del(vlan);
	}
}

static void raw_and_packets(void)
{
	struct px_sock *raw = try_sock(ib, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	struct px_sock *raw6 = try_sock(ib, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	struct px_sock *packet = try_sock(ib, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct px_sock *ping = try_sock(ia, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	struct px_sock *ping6 = try_sock(ia, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	struct sock_filter accept = {.code = BPF_RET | BPF_K, .k = 1000};
	struct sock_fprog program = {1, &accept};
	struct packet_mreq promiscuous = {.mr_ifindex = 2, .mr_type = PACKET_MR_PROMISC};

	set(packet, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	set(packet, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	set(raw, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	for (unsigned int i = 0; i < 2; i++) {
		send_flags(ping, "10.0.0.2", 0, i ? 3000 : 64, 0);
		send_flags(ping6, "2001:db8::2", 0, i ? 3000 : 64, 0);
		sim_run(sim, PX_SEC);
		drain(ping, 0);
		drain(ping6, 0);
		drain(raw, 0);
		drain(raw6, 0);
		drain(packet, 0);
	}
}

static void routers(void)
{
	static const uint8_t advertisement[] = {134, 0, 0, 0, 64, 8, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0,
	    /* MAC */ 1, 1, 2, 0, 0, 0, 0, 9,
	    /* prefix */ 3, 4, 64, 0xc0, 0, 0, 14, 16, 0, 0, 7, 8, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 9,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    /* MTU */ 5, 1, 0, 0, 0, 0, 5, 0xdc,
	    /* route */ 24, 2, 48, 8, 0, 0, 7, 8, 0x20, 1, 0xd, 0xb8, 0, 0x77, 0, 0};

	ip6_iface_config(ib)->accept_ra = true;
	ip6_iface_reconfigure(ib);
	net_inject6("fe80::9", "ff02::1", IPPROTO_ICMPV6, 255, advertisement, sizeof(advertisement));
	sim_run(sim, 2 * PX_SEC);
	(void)send_to(b, "2001:db8:99::1", 9, "x", 1, NULL, 0); /* no route, if nobody had memory */
	sim_run(sim, 2 * PX_SEC);
	px_iface_set_carrier(ib, false);
	px_iface_set_carrier(ib, true);
	sim_run(sim, 5 * PX_SEC);
}

static int take_nothing(const struct nlmsghdr *message, void *argument)
{
	return 0;
}

static void netlink(void)
{
	static const uint8_t to[4] = {192, 0, 2, 0}, gateway[4] = {10, 0, 0, 2};
	struct px_sock *sock = try_sock(ia, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct px_sock *listener = try_sock(ia, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = UINT32_MAX >> 1};
	struct nlq_io io;

	if (listener)
		HEED(px_sock_bind(listener, (struct sockaddr *)&name, sizeof(name)));
	if (!sock)
		return;
	io = px_io(sock);
	/* A dialog that lost its answer ends with EAGAIN: here nothing waits for another. */
	for (unsigned int type = RTM_GETLINK; type <= RTM_GETNEIGH; type += 4) {
		NLQ_BUFFER(buffer, 128);
		struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
		const uint8_t zeros[16] = {0};
		nlq_build_message(&builder, (uint16_t)type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
		nlq_build_bytes(&builder, zeros, sizeof(zeros));
		(void)nlq_dialog(&io, nlq_build_finish(&builder), take_nothing, NULL);
		drain(sock, 0);
	}
	(void)nlq_dialog_route(&io, true, AF_INET, to, 24, gateway, 2);
	drain(sock, 0);
	(void)nlq_dialog_route(&io, false, AF_INET, to, 24, gateway, 2);
	drain(sock, 0);
	drain(listener, 0);
}

/* ---- */

/* With memory again: ping and datagram, both families. */
static void hosts_are_well(void)
{
	uint64_t pongs;

	/* What was given up for lack of memory is tried again by an event of the interface. */
	for (unsigned int i = 0; i < 2; i++) {
		struct px_iface *iface = i ? ib : ia;
		px_iface_down(iface);
		assert_int_equal(px_iface_up(iface), 0);
	}
	sim_run(sim, 10 * PX_SEC);
	drain(b, 0);
	(void)px_sock_getsockopt(a, SOL_SOCKET, SO_ERROR, &(int){0}, &(socklen_t){sizeof(int)});
	pongs = net_pongs(ia);
	assert_int_equal(net_ping(ia, "10.0.0.2", 100, NULL), 0);
	assert_int_equal(net_ping(ia, "2001:db8::2", 100, NULL), 0);
	sim_run(sim, 5 * PX_SEC);
	if (net_pongs(ia) != pongs + 2)
		fail_msg("%s, allocation %ld: no echo afterwards", scenario, refused_at);
}

static long run_once(void (*fn)(void), long at, bool after)
{
	long before;

	failing_allocator_init(&memory);
	sim = sim_new(42);
	sim->allocator = &memory.ops;
	wire = sim_wire_new(sim);
	ia = host(1);
	ib = host(2);
	a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	sim_run(sim, 5 * PX_SEC);

	before = memory.requests;
	memory.fail_at = at ? before + at : 0;
	memory.fail_after = after;
	refused_at = at;
	fn();
	before = memory.requests - before;
	memory.fail_at = 0;
	hosts_are_well();
	sim_free(sim);
	if (memory.live || memory.bad_size)
		fail_msg("%s, allocation %ld: %ld pieces left%s", scenario, at, memory.live,
		    memory.bad_size ? ", freed in a wrong size" : "");
	return before;
}

static void each(const char *name, void (*fn)(void))
{
	long count;

	scenario = name;
	count = run_once(fn, 0, false);
	assert_true(count > 0);
	print_message("%s: %ld allocations\n", name, count);
	for (long at = 1; at <= count; at++)
		run_once(fn, at, false);
	for (long at = 1; at <= count; at += 1 + count / 40)
		run_once(fn, at, true);
}

#define SCENARIO(name)                                                                             \
	static void test_##name(void **state)                                                          \
	{                                                                                              \
		each(#name, name);                                                                         \
	}
SCENARIO(sockets)
SCENARIO(bind_connect)
SCENARIO(datagrams)
SCENARIO(fragments)
SCENARIO(corks_and_trains)
SCENARIO(errors)
SCENARIO(groups)
SCENARIO(addresses)
SCENARIO(interfaces)
SCENARIO(raw_and_packets)
SCENARIO(routers)
SCENARIO(netlink)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sockets),
	    cmocka_unit_test(test_bind_connect),
	    cmocka_unit_test(test_datagrams),
	    cmocka_unit_test(test_fragments),
	    cmocka_unit_test(test_corks_and_trains),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_interfaces),
	    cmocka_unit_test(test_raw_and_packets),
	    cmocka_unit_test(test_routers),
	    cmocka_unit_test(test_netlink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
