/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stack that is configured and asked by netlink alone: dialogs, dumps, notifications, sockets,
 * hostile requests, refused memory. Each stack has lo (1) and eth0 (2).
 */
#include "failing_allocator.h"
#include "link.h"
#include "nlq_ioctl.h"
#include "nlq_message.h"
#include "px_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sys/ioctl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR |    \
	    RTMGRP_IPV6_ROUTE)

static const uint8_t mac[PX_MAC_LEN] = {2, 0, 0, 0, 0, 1};
static const uint8_t ip4[4] = {10, 0, 0, 1}, gateway4[4] = {10, 0, 0, 254};
static const uint8_t ip6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

static struct px_stack *stack;
static struct px_sock *sock;
static struct nlq_io io;

static int setup(void **state)
{
	struct px_config config = {.now = 1};
	struct px_iface *iface;

	assert_int_equal(px_open(&config, &stack), 0);
	assert_int_equal(px_iface_add(stack, &ethernet_type, "eth0", 2, mac, &iface), 0);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock), 0);
	io = px_io(sock);
	return 0;
}

static int teardown(void **state)
{
	px_stack_free(stack);
	return 0;
}

/* ---- dialogs ---- */

/* What libioth's configuration calls do (lib/ioth), one dialog each. */
static int configure(void)
{
	int ifindex = nlq_dialog_ifindex(&io, "eth0");
	int err = ifindex < 0 ? ifindex : nlq_dialog_link_mtu(&io, 2, 1400);

	if (!err)
		err = nlq_dialog_link_updown(&io, 2, 1);
	if (!err)
		err = nlq_dialog_addr(&io, true, AF_INET, ip4, 24, 2);
	if (!err)
		err = nlq_dialog_addr(&io, true, AF_INET6, ip6, 64, 2);
	if (!err)
		err = nlq_dialog_route(&io, true, AF_INET, NULL, 0, gateway4, 2);
	return err;
}

static void test_dialogs(void **state)
{
	uint8_t address[PX_MAC_LEN];
	const uint8_t other[PX_MAC_LEN] = {2, 0, 0, 0, 0, 9};
	struct px_iface *iface = px_iface_by_index(stack, 2);
	struct px_ip any = px_ip_parse("192.0.2.1");
	const struct px_route *route;

	assert_int_equal(configure(), 0);
	assert_int_equal(iface->mtu, 1400);
	assert_true(px_iface_is_up(iface));
	route = px_route_lookup(stack, &any, 0, 0);
	assert_non_null(route);
	assert_memory_equal(px_ip_bytes(&route->gateway), gateway4, 4);

	assert_int_equal(nlq_dialog_link_getaddr(&io, 2, address), 0);
	assert_memory_equal(address, mac, PX_MAC_LEN);
	assert_int_equal(nlq_dialog_link_setaddr(&io, 2, other), 0);
	assert_memory_equal(iface->mac, other, PX_MAC_LEN);

	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, ip4, 24, 2), -EEXIST);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, NULL, 0, gateway4, 0), 0);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, NULL, 0, gateway4, 0), -ESRCH);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, ip4, 24, 2), 0);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, ip4, 24, 2), -EADDRNOTAVAIL);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET6, ip6, 64, 2), 0);
	assert_int_equal(nlq_dialog_ifindex(&io, "none"), -ENODEV);
	assert_int_equal(nlq_dialog_link_add(&io, "x", 0, "vde", "vxvde://"), -EOPNOTSUPP);
	assert_int_equal(nlq_dialog_link_del(&io, NULL, 2), 0);
	assert_null(px_iface_by_index(stack, 2));
	assert_int_equal(nlq_dialog_link_del(&io, "lo", 0), -EOPNOTSUPP);
}

/* ---- dumps ---- */

struct seen {
	unsigned int links, addresses, routes, neighbours;
};

static int see(const struct nlmsghdr *message, void *argument)
{
	const struct nlattr *attr[64] = {NULL};
	struct seen *seen = argument;
	uint32_t number;
	char name[IFNAMSIZ];

	switch (message->nlmsg_type) {
	case RTM_NEWLINK: {
		const struct ifinfomsg *header = nlq_message_body(message, sizeof(*header));

		assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, 63), 0);
		assert_true(nlq_attr_string(attr[IFLA_IFNAME], name, sizeof(name)) > 0);
		assert_string_equal(name, header->ifi_index == 1 ? "lo" : "eth0");
		assert_true(nlq_attr_u32(attr[IFLA_MTU], &number));
		assert_int_equal(number, header->ifi_index == 1 ? 65536 : 1400);
		assert_int_equal(nlq_attr_len(attr[IFLA_STATS64]), sizeof(struct rtnl_link_stats64));
		assert_int_equal(nlq_attr_len(attr[IFLA_ADDRESS]), PX_MAC_LEN);
		assert_int_equal(nlq_attr_len(attr[IFLA_BROADCAST]), PX_MAC_LEN);
		assert_non_null(attr[IFLA_OPERSTATE]);
		assert_non_null(attr[IFLA_CARRIER]);
		assert_true(header->ifi_flags & IFF_RUNNING);
		seen->links++;
		break;
	}
	case RTM_NEWADDR: {
		const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));

		assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, 63), 0);
		assert_int_equal(nlq_attr_len(attr[IFA_ADDRESS]), header->ifa_family == AF_INET ? 4 : 16);
		assert_true(nlq_attr_u32(attr[IFA_FLAGS], &number));
		assert_int_equal(nlq_attr_len(attr[IFA_CACHEINFO]), sizeof(struct ifa_cacheinfo));
		if (header->ifa_family == AF_INET && header->ifa_index == 2) {
			assert_memory_equal(nlq_attr_data(attr[IFA_LOCAL]), ip4, 4);
			assert_int_equal(header->ifa_prefixlen, 24);
			assert_string_equal(nlq_attr_data(attr[IFA_LABEL]), "eth0");
		}
		seen->addresses++;
		break;
	}
	case RTM_NEWROUTE: {
		const struct rtmsg *header = nlq_message_body(message, sizeof(*header));

		assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, 63), 0);
		assert_true(nlq_attr_u32(attr[RTA_TABLE], &number));
		assert_int_equal(header->rtm_dst_len == 0, attr[RTA_DST] == NULL);
		if (header->rtm_family == AF_INET && header->rtm_dst_len == 0)
			assert_memory_equal(nlq_attr_data(attr[RTA_GATEWAY]), gateway4, 4);
		seen->routes++;
		break;
	}
	case RTM_NEWNEIGH: {
		const struct ndmsg *header = nlq_message_body(message, sizeof(*header));

		assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, 63), 0);
		assert_int_equal(header->ndm_state, NUD_PERMANENT);
		assert_memory_equal(nlq_attr_data(attr[NDA_DST]), gateway4, 4);
		assert_memory_equal(nlq_attr_data(attr[NDA_LLADDR]), mac, PX_MAC_LEN);
		seen->neighbours++;
		break;
	}
	default:
		fail();
	}
	return 0;
}

static int dump(uint16_t type, struct seen *seen)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct rtgenmsg header = {.rtgen_family = AF_UNSPEC};

	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	return nlq_dialog(&io, nlq_build_finish(&builder), see, seen);
}

static int add_neighbour(void)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct ndmsg header = {
	    .ndm_family = AF_INET, .ndm_ifindex = 2, .ndm_state = NUD_PERMANENT};

	nlq_build_message(
	    &builder, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, NDA_DST, gateway4, 4);
	nlq_build_attr(&builder, NDA_LLADDR, mac, PX_MAC_LEN);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static void test_dumps(void **state)
{
	struct seen seen = {0};

	assert_int_equal(configure(), 0);
	assert_int_equal(add_neighbour(), 0);
	assert_int_equal(dump(RTM_GETLINK, &seen), 0);
	assert_int_equal(dump(RTM_GETADDR, &seen), 0);
	assert_int_equal(dump(RTM_GETROUTE, &seen), 0);
	assert_int_equal(dump(RTM_GETNEIGH, &seen), 0);
	assert_int_equal(seen.links, 2);
	assert_true(seen.addresses >= 4); /* a link-local one may be there too */
	assert_int_equal(seen.routes, stack->fib.total);
	assert_int_equal(seen.neighbours, 1);
}

/* More than a datagram holds, more than a queue's limit. */
static void test_many(void **state)
{
	struct px_address_config config = {.prefix = PX_IP4_OFFSET + 32, .scope = -1};
	struct seen seen = {0};

	for (uint32_t i = 1; i <= 3000; i++) {
		config.ip = px_ip4_host(0x0b000000 + i);
		assert_int_equal(px_address_add(px_iface_by_index(stack, 1), &config, NULL), 0);
	}
	assert_int_equal(dump(RTM_GETADDR, &seen), 0);
	assert_true(seen.addresses >= 3002);
}

/* ---- notifications ---- */

/* By type, those that the last count_told has found. */
static unsigned int told[RTM_MAX + 1];

static unsigned int count_told(struct px_sock *listener, uint16_t type)
{
	NLQ_BUFFER(buffer, 4096);
	struct nlq_io from = px_io(listener);
	ssize_t len;

	memset(told, 0, sizeof(told));
	while ((len = from.recv(listener, buffer, sizeof(buffer))) > 0) {
		struct nlq_reader reader = nlq_reader(buffer, (size_t)len);
		const struct nlmsghdr *message = nlq_next_message(&reader);

		assert_non_null(message);
		/* Whose request did it: netlink(7) leaves it out, the kernel tells. */
		assert_true(message->nlmsg_pid == 0 || message->nlmsg_pid == sock->netlink->port);
		assert_in_range(message->nlmsg_type, RTM_BASE, RTM_MAX);
		told[message->nlmsg_type]++;
	}
	assert_int_equal(len, -EAGAIN);
	return told[type];
}

static void test_notifications(void **state)
{
	const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
	struct px_sock *listener;

	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE, &listener), 0);
	assert_int_equal(px_sock_bind(listener, (const struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(nlq_dialog_link_mtu(&io, 2, 1400), 0);
	assert_true(px_sock_poll(listener) & POLLIN);
	assert_int_equal(count_told(listener, RTM_NEWLINK), 1);
	assert_int_equal(nlq_dialog_link_updown(&io, 2, 1), 0);
	assert_int_equal(count_told(listener, RTM_NEWLINK), 1);
	assert_int_equal(told[RTM_NEWADDR], 0); /* the link-local one is tentative */
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, ip4, 24, 2), 0);
	assert_int_equal(count_told(listener, RTM_NEWADDR), 1);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, ip6, 64, 2), 0);
	assert_int_equal(count_told(listener, RTM_NEWADDR), 1);
	for (unsigned int second = 1; second <= 5; second++)
		px_run(stack, second * PX_SEC);
	assert_int_equal(count_told(listener, RTM_NEWADDR), 2); /* both can be used */
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, NULL, 0, gateway4, 2), 0);
	assert_int_equal(count_told(listener, RTM_NEWROUTE), 1);
	assert_int_equal(add_neighbour(), 0);
	assert_int_equal(count_told(listener, RTM_NEWNEIGH), 1);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, ip4, 24, 2), 0);
	assert_int_equal(count_told(listener, RTM_DELADDR), 1);
	assert_int_equal(nlq_dialog_link_del(&io, NULL, 2), 0);
	assert_int_equal(count_told(listener, RTM_DELLINK), 1);
}

static void test_overrun(void **state)
{
	const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	const int room = 0;
	struct px_sock *listener;

	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE, &listener), 0);
	assert_int_equal(px_sock_bind(listener, (const struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(px_sock_setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
	for (unsigned int mtu = 1000; mtu < 1020; mtu++)
		assert_int_equal(nlq_dialog_link_mtu(&io, 2, mtu), 0);
	assert_true(px_sock_poll(listener) & POLLERR);
	assert_int_equal(px_io_recv(listener, NULL, 0), -ENOBUFS);
	assert_true(count_told(listener, RTM_NEWLINK) > 0);
	assert_int_equal(nlq_dialog_link_mtu(&io, 2, 1400), 0);
	assert_int_equal(count_told(listener, RTM_NEWLINK), 1);
}

/* ---- sockets ---- */

static void test_socket(void **state)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_pid = 77};
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} request = {{sizeof(request), RTM_GETLINK, NLM_F_REQUEST, 5, 0}, {.ifi_index = 2}};
	struct px_sock *other;
	socklen_t len = sizeof(name);
	int value = 0;
	char buffer[16];
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_name = &name, .msg_namelen = sizeof(name)};
	ssize_t whole;

	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_STREAM, 0, &other), -ESOCKTNOSUPPORT);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, 9, &other), -EPROTONOSUPPORT);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, 0, &other), 0);
	assert_int_equal(px_sock_bind(other, (struct sockaddr *)&name, 4), -EINVAL);
	assert_int_equal(px_sock_bind(other, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(px_sock_bind(sock, (struct sockaddr *)&name, sizeof(name)), -EADDRINUSE);
	assert_int_equal(px_sock_getname(other, false, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(name.nl_pid, 77);
	len = sizeof(value);
	assert_int_equal(px_sock_getsockopt(other, SOL_SOCKET, SO_TYPE, &value, &len), 0);
	assert_int_equal(value, SOCK_RAW);
	value = 33;
	assert_int_equal(
	    px_sock_setsockopt(other, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &value, sizeof(value)), 0);

	assert_int_equal(px_io_send(other, &request, sizeof(request)), sizeof(request));
	assert_int_equal(px_sock_ioctl(other, 0x541b /* FIONREAD */, &value), 0);
	assert_true(value > 16);
	whole = px_sock_recvmsg(other, &msg, MSG_PEEK | MSG_TRUNC);
	assert_true(whole > 16);
	assert_true(msg.msg_flags & MSG_TRUNC);
	assert_int_equal(name.nl_pid, 0);
	assert_int_equal(((struct nlmsghdr *)(void *)buffer)->nlmsg_pid, 77);
	assert_int_equal(px_sock_recvmsg(other, &msg, 0), 16);
	assert_int_equal(px_sock_recvmsg(other, &msg, 0), -EAGAIN);
	px_sock_free(other);
}

/* Why a request was refused (NETLINK_EXT_ACK). */
static void test_extended_ack(void **state)
{
	const int on = 1;
	const uint32_t mtu = 1;
	const struct ifinfomsg header = {.ifi_index = 2};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlmsghdr *message;
	const struct nlattr *attr[NLMSGERR_ATTR_MAX + 1] = {NULL};
	struct nlq_reader reader;
	ssize_t len;

	assert_int_equal(px_sock_setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)), 0);
	assert_int_equal(px_sock_setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)), 0);
	nlq_build_message(&builder, RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 3, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, IFLA_MTU, &mtu, sizeof(mtu));
	message = nlq_build_finish(&builder);
	assert_true(px_io_send(sock, message, message->nlmsg_len) > 0);
	len = px_io_recv(sock, buffer, sizeof(buffer));
	assert_true(len > 0);
	reader = nlq_reader(buffer, (size_t)len);
	message = nlq_next_message(&reader);
	assert_non_null(message);
	assert_int_equal(nlq_message_result(message), -EINVAL);
	assert_true(message->nlmsg_flags & NLM_F_ACK_TLVS);
	assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, sizeof(struct nlmsgerr)), attr,
	                     NLMSGERR_ATTR_MAX),
	    0);
	assert_string_equal(nlq_attr_data(attr[NLMSGERR_ATTR_MSG]), "mtu less than device minimum");
}

/* The ioctls of netdevice(7), as libnlq makes them of netlink. */
static void test_ioctls(void **state)
{
	struct ifreq ifr = {.ifr_name = "eth0"};
	struct sockaddr_in sin;

	assert_int_equal(configure(), 0);
	assert_int_equal(nlq_dialog_ioctl(&io, SIOCGIFFLAGS, &ifr), 0);
	assert_true(ifr.ifr_flags & IFF_UP);
	assert_int_equal(nlq_dialog_ioctl(&io, SIOCGIFADDR, &ifr), 0);
	memcpy(&sin, &ifr.ifr_addr, sizeof(sin));
	assert_memory_equal(&sin.sin_addr, ip4, 4);
	ifr.ifr_mtu = 1300;
	assert_int_equal(nlq_dialog_ioctl(&io, SIOCSIFMTU, &ifr), 0);
	assert_int_equal(px_iface_by_index(stack, 2)->mtu, 1300);
}

/* ---- hostile requests ---- */

/* Seeded, not random: the same bytes each time. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void test_hostile(void **state)
{
	const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 5};
	NLQ_BUFFER(buffer, 256);
	uint32_t seed = 7;

	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, mapped, 128, 2), -EINVAL);
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET6, mapped, 128, NULL, 2), -EINVAL);
	assert_int_equal(px_io_send(sock, "", 0), -ENODATA); /* as the kernel */
	for (unsigned int i = 0; i < 20000; i++) {
		struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer;
		uint32_t len = 16 + next_random(&seed) % (sizeof(buffer) - 16);
		struct px_pkt *pkt;

		for (unsigned int k = 0; k < sizeof(buffer); k++)
			buffer[k] =
			    (uint8_t)(next_random(&seed) % 3 ? next_random(&seed) % 12 : next_random(&seed));
		header->nlmsg_len = next_random(&seed) % 8 ? len : next_random(&seed);
		header->nlmsg_type = (uint16_t)(RTM_NEWLINK + next_random(&seed) % 16);
		header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (next_random(&seed) & 0xf00) |
		                                 (next_random(&seed) & NLM_F_ACK));
		/* Attributes that are whole, most of them, behind a header that means something. */
		buffer[16] = next_random(&seed) & 1 ? AF_INET : AF_INET6;
		*(uint32_t *)(void *)(buffer + 20) = next_random(&seed) % 3;
		for (uint32_t at = 16 + (header->nlmsg_type < RTM_NEWADDR       ? 16
		                            : header->nlmsg_type < RTM_NEWROUTE ? 8
		                                                                : 12);
		     at + 20 < len;) {
			struct nlattr *attr = (struct nlattr *)(void *)(buffer + at);

			attr->nla_len = (uint16_t)(4 + next_random(&seed) % 17);
			attr->nla_type = (uint16_t)(next_random(&seed) % 24);
			at += NLA_ALIGN(attr->nla_len);
		}
		(void)px_io_send(sock, buffer, len);
		while ((pkt = netlink_take(sock->netlink, false)))
			px_pkt_free(pkt);
	}
}

/* ---- memory ---- */

static void test_refused(void **state)
{
	bool refused = true;

	for (long n = 1; refused; n++) {
		const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
		struct failing_allocator allocator;
		struct px_config config = {.now = 1};
		struct px_sock *listener = NULL;
		struct px_iface *iface;
		struct seen seen = {0};
		long before;

		failing_allocator_init(&allocator);
		config.allocator = &allocator.ops;
		assert_int_equal(px_open(&config, &stack), 0);
		assert_int_equal(px_iface_add(stack, &ethernet_type, "eth0", 2, mac, &iface), 0);
		before = allocator.requests;
		allocator.fail_at = before + n;
		sock = NULL;
		if (px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &listener) == 0 &&
		    px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock) == 0) {
			assert_int_equal(
			    px_sock_bind(listener, (const struct sockaddr *)&name, sizeof(name)), 0);
			io = px_io(sock);
			if (configure() == 0 && add_neighbour() == 0)
				(void)dump(RTM_GETROUTE, &seen);
		}
		refused = allocator.requests >= allocator.fail_at;
		px_stack_free(stack);
		assert_int_equal(allocator.live, 0);
		assert_false(allocator.bad_size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_dialogs, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dumps, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_notifications, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_overrun, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_socket, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_extended_ack, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ioctls, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
