/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLAN interfaces, made by netlink, on two hosts of one wire:
 *
 *   host 1: eth0 10.0.0.1  eth0.5 10.5.0.1     host 2: eth0 10.0.0.2  eth0.5 10.5.0.2
 *                          eth0.6 10.6.0.1
 */
#include "hosts.h"

#include "nlq_dialog.h"
#include "nlq_message.h"
#include "px_io.h"
#include "vlan.h"

#include <linux/if_link.h>

/* A request for one; the attributes that are NULL are left out. */
static int request_by(struct px_sock *sock, const uint32_t *link, const char *name,
    const uint16_t *id, const uint16_t *protocol)
{
	struct ifinfomsg header = {0};
	NLQ_BUFFER(buffer, 512);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct nlq_io io = px_io(sock);
	size_t info, data;

	nlq_build_message(
	    &builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	if (link)
		nlq_build_attr_u32(&builder, IFLA_LINK, *link);
	if (name)
		nlq_build_attr_string(&builder, IFLA_IFNAME, name);
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	nlq_build_attr_string(&builder, IFLA_INFO_KIND, "vlan");
	if (id || protocol) {
		data = nlq_build_nest(&builder, IFLA_INFO_DATA);
		if (id)
			nlq_build_attr_u16(&builder, IFLA_VLAN_ID, *id);
		if (protocol)
			nlq_build_attr_u16(&builder, IFLA_VLAN_PROTOCOL, *protocol);
		nlq_build_nest_end(&builder, data);
	}
	nlq_build_nest_end(&builder, info);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int request(struct px_stack *stack, const uint32_t *link, const char *name,
    const uint16_t *id, const uint16_t *protocol)
{
	struct px_sock *sock;
	int result;

	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock), 0);
	result = request_by(sock, link, name, id, protocol);
	px_sock_free(sock);
	return result;
}

static struct px_iface *add_vlan(struct px_iface *lower, uint16_t id, const char *name)
{
	struct px_iface *iface;

	assert_int_equal(request(lower->stack, &lower->index, name, &id, NULL), 0);
	iface = px_iface_by_name(lower->stack, name);
	assert_non_null(iface);
	assert_int_equal(px_iface_up(iface), 0);
	return iface;
}

/* Tagged frames that the wire saw, and the last one's tag. */
static unsigned int tagged;
static uint16_t last_tag;

static bool watch(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	assert_true(len <= 1518);
	if (len >= 18 && frame[12] == 0x81 && frame[13] == 0) {
		tagged++;
		last_tag = (uint16_t)(frame[14] << 8 | frame[15]);
	}
	return true;
}

static void test_requests(void **state)
{
	struct px_iface *eth0 = host(1);
	struct px_stack *stack = eth0->stack;
	const uint32_t link = eth0->index, lo = 1, none = 99;
	const uint16_t id = 5, large = 4095, dot1q = htons(ETH_P_8021Q), dot1ad = htons(ETH_P_8021AD);
	struct px_iface *iface;
	uint32_t index;

	assert_int_equal(request(stack, &link, "v", NULL, NULL), -EINVAL);
	assert_int_equal(request(stack, &link, "v", NULL, &dot1q), -EINVAL);
	assert_int_equal(request(stack, NULL, "v", &id, NULL), -EINVAL);
	assert_int_equal(request(stack, &none, "v", &id, NULL), -ENODEV);
	assert_int_equal(request(stack, &lo, "v", &id, NULL), -EOPNOTSUPP);
	assert_int_equal(request(stack, &link, "v", &large, NULL), -ERANGE);
	assert_int_equal(request(stack, &link, "v", &id, &dot1ad), -EPROTONOSUPPORT);
	assert_int_equal(request(stack, &link, "v/", &id, NULL), -EINVAL);
	assert_int_equal(request(stack, &link, NULL, &id, &dot1q), 0);
	assert_int_equal(request(stack, &link, "again", &id, NULL), -EEXIST);
	iface = px_iface_by_name(stack, "vlan0");
	assert_non_null(iface);
	index = iface->index;
	assert_int_equal(request(stack, &index, "nested", &id, NULL), -EOPNOTSUPP);
	assert_memory_equal(iface->mac, eth0->mac, PX_MAC_LEN);
	/* With the one below: MTU, MAC address, carrier, state, life. */
	assert_int_equal(px_iface_set_mtu(iface, 1501), -ERANGE);
	assert_int_equal(px_iface_set_mtu(eth0, 1400), 0);
	assert_int_equal(iface->mtu, 1400);
	assert_int_equal(px_iface_set_mac(eth0, (const uint8_t[6]){2, 0, 0, 0, 0, 0x77}), 0);
	assert_int_equal(iface->mac[5], 0x77);
	px_iface_set_carrier(eth0, false);
	assert_false(iface->carrier);
	px_iface_set_carrier(eth0, true);
	assert_true(iface->carrier);
	px_iface_down(eth0);
	assert_int_equal(px_iface_up(iface), -ENETDOWN);
	assert_int_equal(px_iface_up(eth0), 0);
	assert_true(px_iface_is_up(iface));
	px_iface_down(eth0);
	assert_false(px_iface_is_up(iface));
	px_iface_del(eth0);
	assert_null(px_iface_by_index(stack, index));
}

static ssize_t receive(struct px_sock *sock, uint8_t *bytes, size_t len, struct sockaddr_ll *from,
    struct tpacket_auxdata *aux)
{
	_Alignas(struct cmsghdr) char control[256];
	struct iovec iov = {bytes, len};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_name = from,
	    .msg_namelen = sizeof(*from),
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t result = px_sock_recvmsg(sock, &msg, 0);

	memset(aux, 0, sizeof(*aux));
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg); result >= 0 && cmsg;
	     cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_PACKET && cmsg->cmsg_type == PACKET_AUXDATA)
			memcpy(aux, CMSG_DATA(cmsg), sizeof(*aux));
	}
	return result;
}

static void test_traffic(void **state)
{
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_iface *a5 = add_vlan(ia, 5, "eth0.5"), *b5 = add_vlan(ib, 5, "eth0.5");
	struct px_iface *a6 = add_vlan(ia, 6, "eth0.6");
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	struct px_sock *b = sock_of(ib, AF_INET, SOCK_DGRAM, 0);
	struct px_sock *b6 = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	static uint8_t bytes[9000];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	uint64_t before;

	net_address(a5, "10.5.0.1", 24);
	net_address(b5, "10.5.0.2", 24);
	net_address(a6, "10.6.0.1", 24);
	wire->probe = watch;
	tagged = 0;
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "0.0.0.0", 7000), 0);
	assert_int_equal(bind_to(b6, "::", 7000), -EADDRINUSE);
	assert_int_equal(bind_to(b6, "::", 7001), 0);
	tagged = 0;
	/* ARP and data, whole and in fragments, all tagged with 5. */
	for (size_t len = 1; len < 9000; len += 1471) {
		assert_int_equal(send_to(a, "10.5.0.2", 7000, bytes, len, NULL, 0), len);
		sim_settle(sim, PX_SEC);
		assert_int_equal(px_sock_recvmsg(b, &msg, 0), len);
		assert_int_equal(last_tag, 5);
	}
	assert_true(tagged > 8);
	assert_true(b5->stats.rx_packets && b5->stats.tx_packets && a5->stats.tx_bytes > 9000);
	/* Neighbour discovery and DAD did their work on the VLAN as well. */
	assert_int_equal(net_ping(a5, "fe80::ff:fe00:2", 100, NULL), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(net_pongs(a5), 1);
	/* Untagged goes untagged. */
	tagged = 0;
	assert_int_equal(send_to(a, "10.0.0.2", 7000, bytes, 10, NULL, 0), 10);
	sim_settle(sim, PX_SEC);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), 10);
	assert_int_equal(tagged, 0);
	/* A VLAN that the other has not. */
	before = ib->stats.rx_nohandler;
	assert_int_equal(send_to(a, "10.6.0.2", 7000, bytes, 10, NULL, 0), 10);
	sim_run(sim, 5 * PX_SEC);
	assert_true(ib->stats.rx_nohandler > before);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), -EAGAIN);
	/* Its interface is down. */
	px_iface_down(b5);
	assert_int_equal(send_to(a, "10.5.0.2", 7000, bytes, 10, NULL, 0), 10);
	sim_run(sim, PX_SEC);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), -EAGAIN);
}

/* As on Linux: bytes without the tag, the tag beside them; once on each of the two interfaces. */
static void test_packet_sockets(void **state)
{
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_iface *a5 = add_vlan(ia, 5, "eth0.5"), *b5 = add_vlan(ib, 5, "eth0.5");
	struct px_sock *all = sock_of(ib, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct px_sock *ip = sock_of(ib, AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	struct px_sock *out = sock_of(ia, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	uint8_t bytes[2000];
	struct tpacket_auxdata aux;
	struct sockaddr_ll from;
	const int one = 1;

	net_address(a5, "10.5.0.1", 24);
	net_address(b5, "10.5.0.2", 24);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(send_to(a, "10.5.0.2", 7000, "x", 1, NULL, 0), 1);
	sim_run(sim, PX_SEC);
	while (receive(all, bytes, sizeof(bytes), &from, &aux) > 0 ||
	       receive(ip, bytes, sizeof(bytes), &from, &aux) > 0 ||
	       receive(out, bytes, sizeof(bytes), &from, &aux) > 0)
		;
	assert_int_equal(px_sock_setsockopt(all, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)), 0);
	assert_int_equal(px_sock_setsockopt(out, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)), 0);
	assert_int_equal(send_to(a, "10.5.0.2", 7000, "hello", 5, NULL, 0), 5);
	sim_settle(sim, PX_SEC);
	for (unsigned int i = 0; i < 2; i++) {
		struct px_sock *sock = i ? out : all;

		/* What is sent is seen above first, what is received below. */
		for (unsigned int step = 0; step < 2; step++) {
			bool above = step == (i ? 0 : 1);
			assert_int_equal(receive(sock, bytes, sizeof(bytes), &from, &aux), 14 + 20 + 8 + 5);
			assert_int_equal(from.sll_ifindex, above ? (i ? a5 : b5)->index : ib->index);
			assert_int_equal(ntohs(from.sll_protocol), ETH_P_IP);
			assert_int_equal(bytes[12] << 8 | bytes[13], ETH_P_IP);
			assert_int_equal(bytes[5], 2);
			assert_int_equal(bytes[11], 1);
			assert_int_equal((aux.tp_status & TP_STATUS_VLAN_VALID) != 0, !above);
			assert_int_equal(aux.tp_vlan_tci, above ? 0 : 5);
			assert_int_equal(aux.tp_net, 14);
		}
		assert_int_equal(from.sll_pkttype, i ? PACKET_OUTGOING : PACKET_HOST);
	}
	/* Who asked for IP gets it of the VLAN's interface. */
	assert_int_equal(receive(ip, bytes, sizeof(bytes), &from, &aux), 20 + 8 + 5);
	assert_int_equal(from.sll_ifindex, b5->index);
	assert_int_equal(receive(ip, bytes, sizeof(bytes), &from, &aux), -EAGAIN);
}

/* Every allocation refused in turn: no leak, no crash, and the stack goes on. */
static void test_memory(void **state)
{
	struct failing_allocator allocator;

	failing_allocator_init(&allocator);
	sim->allocator = &allocator.ops;
	for (long at = 1; at < 60; at++) {
		struct px_iface *ia = host(1);
		struct px_sock *sock = sock_of(ia, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
		const uint16_t id = 5;
		int err;

		allocator.fail_at = allocator.requests + at;
		err = request_by(sock, &ia->index, "eth0.5", &id, NULL);
		if (!err)
			(void)px_iface_up(px_iface_by_name(ia->stack, "eth0.5"));
		sim_run(sim, PX_SEC);
		allocator.fail_at = 0;
		sim_free(sim);
		assert_int_equal(allocator.live, 0);
		assert_false(allocator.bad_size);
		sim = sim_new(42);
		wire = sim_wire_new(sim);
		sim->allocator = &allocator.ops;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_requests, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_traffic, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_packet_sockets, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_memory, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
