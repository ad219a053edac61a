/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same call by nlinline(3) and by us, each in a fresh network namespace: the same result, the
 * same number of links, addresses and routes afterwards.
 *
 * The namespace:   lo (up)   a0 (veth, up, 10.0.0.1/24, fd00::1/64) <---> b0 (up)
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <nlinline.h>
#include <cmocka.h>

#include "namespace.h"
#include "nlq_dialog.h"
#include "nlq_message.h"

static int netlink_fd = -1;
static struct nlq_io io;

static unsigned char v4_own[4] = {10, 0, 0, 1};
static unsigned char v4_new[4] = {10, 0, 0, 3};
static unsigned char v4_gateway[4] = {10, 0, 0, 2};
static unsigned char v4_far[4] = {192, 0, 2, 1};
static unsigned char v4_net[4] = {10, 9, 0, 0};
static unsigned char v6_own[16] = {0xfd, [15] = 1};
static unsigned char v6_new[16] = {0xfd, [15] = 3};
static unsigned char v6_gateway[16] = {0xfd, [15] = 2};
static unsigned char v6_linklocal[16] = {0xfe, 0x80, [15] = 2};
static unsigned char v6_net[16] = {0xfd, 9};
static unsigned char mac[6] = {2, 0, 0, 0, 0, 9};
static unsigned char mac_group[6] = {3, 0, 0, 0, 0, 9};

/* 0, or -errno, of the call by either. */
#define CASE(name, ours, theirs)                                                                   \
	static int name(bool by_us, unsigned int a0)                                                   \
	{                                                                                              \
		int result = by_us ? (ours) : (theirs);                                                    \
                                                                                                   \
		if (result >= 0)                                                                           \
			return 0;                                                                              \
		return by_us ? result : -errno;                                                            \
	}

CASE(index_found, nlq_dialog_ifindex(&io, "a0"), nlinline_if_nametoindex("a0"))
CASE(index_not_found, nlq_dialog_ifindex(&io, "none"), nlinline_if_nametoindex("none"))
CASE(down, nlq_dialog_link_updown(&io, a0, 0), nlinline_linksetupdown(a0, 0))
CASE(up_unknown, nlq_dialog_link_updown(&io, 999, 1), nlinline_linksetupdown(999, 1))
CASE(up_zero, nlq_dialog_link_updown(&io, 0, 1), nlinline_linksetupdown(0, 1))
CASE(mtu, nlq_dialog_link_mtu(&io, a0, 1400), nlinline_linksetmtu(a0, 1400))
CASE(mtu_small, nlq_dialog_link_mtu(&io, a0, 10), nlinline_linksetmtu(a0, 10))
CASE(mtu_large, nlq_dialog_link_mtu(&io, a0, 1 << 20), nlinline_linksetmtu(a0, 1 << 20))
CASE(mtu_unknown, nlq_dialog_link_mtu(&io, 999, 1400), nlinline_linksetmtu(999, 1400))
CASE(mtu_zero, nlq_dialog_link_mtu(&io, 0, 1400), nlinline_linksetmtu(0, 1400))
CASE(setaddr, nlq_dialog_link_setaddr(&io, a0, mac), nlinline_linksetaddr(a0, mac))
CASE(
    setaddr_group, nlq_dialog_link_setaddr(&io, a0, mac_group), nlinline_linksetaddr(a0, mac_group))
CASE(getaddr, nlq_dialog_link_getaddr(&io, a0, mac), nlinline_linkgetaddr(a0, mac))
CASE(getaddr_unknown, nlq_dialog_link_getaddr(&io, 999, mac), nlinline_linkgetaddr(999, mac))
CASE(link_add, nlq_dialog_link_add(&io, "n0", 0, "veth", NULL),
    nlinline_iplink_add("n0", 0, "veth", NULL))
CASE(link_add_unnamed, nlq_dialog_link_add(&io, NULL, 0, "veth", NULL),
    nlinline_iplink_add(NULL, 0, "veth", NULL))
CASE(link_add_index, nlq_dialog_link_add(&io, "n0", 77, "veth", NULL),
    nlinline_iplink_add("n0", 77, "veth", NULL))
CASE(link_add_exists, nlq_dialog_link_add(&io, "a0", 0, "veth", NULL),
    nlinline_iplink_add("a0", 0, "veth", NULL))
CASE(link_add_unknown, nlq_dialog_link_add(&io, "n0", 0, "nosuchkind", "x"),
    nlinline_iplink_add("n0", 0, "nosuchkind", "x"))
CASE(link_add_bad_data, nlq_dialog_link_add(&io, "n0", 0, "veth", "x"),
    nlinline_iplink_add("n0", 0, "veth", "x"))
CASE(link_add_no_kind, nlq_dialog_link_add(&io, "n0", 0, NULL, NULL),
    nlinline_iplink_add("n0", 0, NULL, NULL))
CASE(link_del_name, nlq_dialog_link_del(&io, "a0", 0), nlinline_iplink_del("a0", 0))
CASE(link_del_index, nlq_dialog_link_del(&io, NULL, a0), nlinline_iplink_del(NULL, a0))
CASE(link_del_both, nlq_dialog_link_del(&io, "a0", a0), nlinline_iplink_del("a0", a0))
CASE(link_del_unequal, nlq_dialog_link_del(&io, "lo", a0), nlinline_iplink_del("lo", a0))
CASE(link_del_neither, nlq_dialog_link_del(&io, NULL, 0), nlinline_iplink_del(NULL, 0))
CASE(link_del_unknown, nlq_dialog_link_del(&io, "none", 0), nlinline_iplink_del("none", 0))
CASE(link_del_lo, nlq_dialog_link_del(&io, "lo", 0), nlinline_iplink_del("lo", 0))
CASE(addr_add, nlq_dialog_addr(&io, true, AF_INET, v4_new, 24, a0),
    nlinline_ipaddr_add(AF_INET, v4_new, 24, a0))
CASE(addr_add_exists, nlq_dialog_addr(&io, true, AF_INET, v4_own, 24, a0),
    nlinline_ipaddr_add(AF_INET, v4_own, 24, a0))
CASE(addr_add_unknown, nlq_dialog_addr(&io, true, AF_INET, v4_new, 24, 999),
    nlinline_ipaddr_add(AF_INET, v4_new, 24, 999))
CASE(addr_add_family, nlq_dialog_addr(&io, true, AF_UNIX, v4_new, 24, a0),
    nlinline_ipaddr_add(AF_UNIX, v4_new, 24, a0))
CASE(addr_add_long, nlq_dialog_addr(&io, true, AF_INET, v4_new, 33, a0),
    nlinline_ipaddr_add(AF_INET, v4_new, 33, a0))
CASE(addr_del, nlq_dialog_addr(&io, false, AF_INET, v4_own, 24, a0),
    nlinline_ipaddr_del(AF_INET, v4_own, 24, a0))
CASE(addr_del_unknown, nlq_dialog_addr(&io, false, AF_INET, v4_new, 24, a0),
    nlinline_ipaddr_del(AF_INET, v4_new, 24, a0))
CASE(addr6_add, nlq_dialog_addr(&io, true, AF_INET6, v6_new, 64, a0),
    nlinline_ipaddr_add(AF_INET6, v6_new, 64, a0))
CASE(addr6_add_exists, nlq_dialog_addr(&io, true, AF_INET6, v6_own, 64, a0),
    nlinline_ipaddr_add(AF_INET6, v6_own, 64, a0))
CASE(addr6_del, nlq_dialog_addr(&io, false, AF_INET6, v6_own, 64, a0),
    nlinline_ipaddr_del(AF_INET6, v6_own, 64, a0))
CASE(addr6_del_unknown, nlq_dialog_addr(&io, false, AF_INET6, v6_new, 64, a0),
    nlinline_ipaddr_del(AF_INET6, v6_new, 64, a0))
CASE(route_add, nlq_dialog_route(&io, true, AF_INET, v4_net, 16, v4_gateway, 0),
    nlinline_iproute_add(AF_INET, v4_net, 16, v4_gateway, 0))
CASE(route_add_index, nlq_dialog_route(&io, true, AF_INET, v4_net, 16, v4_gateway, a0),
    nlinline_iproute_add(AF_INET, v4_net, 16, v4_gateway, a0))
CASE(route_add_lo, nlq_dialog_route(&io, true, AF_INET, v4_net, 16, v4_gateway, 1),
    nlinline_iproute_add(AF_INET, v4_net, 16, v4_gateway, 1))
CASE(route_add_host_bits, nlq_dialog_route(&io, true, AF_INET, v4_own, 16, v4_gateway, 0),
    nlinline_iproute_add(AF_INET, v4_own, 16, v4_gateway, 0))
CASE(route_add_far, nlq_dialog_route(&io, true, AF_INET, v4_net, 16, v4_far, 0),
    nlinline_iproute_add(AF_INET, v4_net, 16, v4_far, 0))
CASE(route_add_unknown, nlq_dialog_route(&io, true, AF_INET, v4_net, 16, v4_gateway, 999),
    nlinline_iproute_add(AF_INET, v4_net, 16, v4_gateway, 999))
CASE(route_add_default, nlq_dialog_route(&io, true, AF_INET, NULL, 0, v4_gateway, 0),
    nlinline_iproute_add(AF_INET, NULL, 0, v4_gateway, 0))
CASE(route_add_family, nlq_dialog_route(&io, true, AF_UNIX, NULL, 0, v4_gateway, 0),
    nlinline_iproute_add(AF_UNIX, NULL, 0, v4_gateway, 0))
CASE(route_del_unknown, nlq_dialog_route(&io, false, AF_INET, v4_net, 16, v4_gateway, 0),
    nlinline_iproute_del(AF_INET, v4_net, 16, v4_gateway, 0))
CASE(route6_add, nlq_dialog_route(&io, true, AF_INET6, v6_net, 48, v6_gateway, 0),
    nlinline_iproute_add(AF_INET6, v6_net, 48, v6_gateway, 0))
CASE(route6_add_linklocal, nlq_dialog_route(&io, true, AF_INET6, NULL, 0, v6_linklocal, a0),
    nlinline_iproute_add(AF_INET6, NULL, 0, v6_linklocal, a0))
CASE(route6_add_linklocal_nowhere, nlq_dialog_route(&io, true, AF_INET6, NULL, 0, v6_linklocal, 0),
    nlinline_iproute_add(AF_INET6, NULL, 0, v6_linklocal, 0))
CASE(route6_del_unknown, nlq_dialog_route(&io, false, AF_INET6, v6_net, 48, v6_gateway, 0),
    nlinline_iproute_del(AF_INET6, v6_net, 48, v6_gateway, 0))

struct like {
	const char *name;
	int (*call)(bool by_us, unsigned int a0);
};

#define ENTRY(name)                                                                                \
	{                                                                                              \
#name, name                                                                                \
	}
static const struct like cases[] = {
    ENTRY(index_found),
    ENTRY(index_not_found),
    ENTRY(down),
    ENTRY(up_unknown),
    ENTRY(up_zero),
    ENTRY(mtu),
    ENTRY(mtu_small),
    ENTRY(mtu_large),
    ENTRY(mtu_unknown),
    ENTRY(mtu_zero),
    ENTRY(setaddr),
    ENTRY(setaddr_group),
    ENTRY(getaddr),
    ENTRY(getaddr_unknown),
    ENTRY(link_add),
    ENTRY(link_add_unnamed),
    ENTRY(link_add_index),
    ENTRY(link_add_exists),
    ENTRY(link_add_unknown),
    ENTRY(link_add_bad_data),
    ENTRY(link_add_no_kind),
    ENTRY(link_del_name),
    ENTRY(link_del_index),
    ENTRY(link_del_both),
    ENTRY(link_del_unequal),
    ENTRY(link_del_neither),
    ENTRY(link_del_unknown),
    ENTRY(link_del_lo),
    ENTRY(addr_add),
    ENTRY(addr_add_exists),
    ENTRY(addr_add_unknown),
    ENTRY(addr_add_family),
    ENTRY(addr_add_long),
    ENTRY(addr_del),
    ENTRY(addr_del_unknown),
    ENTRY(addr6_add),
    ENTRY(addr6_add_exists),
    ENTRY(addr6_del),
    ENTRY(addr6_del_unknown),
    ENTRY(route_add),
    ENTRY(route_add_index),
    ENTRY(route_add_lo),
    ENTRY(route_add_host_bits),
    ENTRY(route_add_far),
    ENTRY(route_add_unknown),
    ENTRY(route_add_default),
    ENTRY(route_add_family),
    ENTRY(route_del_unknown),
    ENTRY(route6_add),
    ENTRY(route6_add_linklocal),
    ENTRY(route6_add_linklocal_nowhere),
    ENTRY(route6_del_unknown),
};

static unsigned int fresh_namespace(void)
{
	int index;
	int own;

	assert_int_equal(unshare(CLONE_NEWNET), 0);
	if (netlink_fd >= 0)
		close(netlink_fd);
	netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_true(netlink_fd >= 0);
	io = nlq_io_fd(&netlink_fd);
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(own >= 0);
	assert_int_equal(nlq_dialog_veth_add(&io, "a0", "b0", own, 0), 0);
	close(own);
	index = nlq_dialog_ifindex(&io, "a0");
	assert_true(index > 1);
	assert_int_equal(nlq_dialog_link_updown(&io, 1, 1), 0);
	assert_int_equal(nlq_dialog_link_updown(&io, (unsigned int)index, 1), 0);
	assert_int_equal(
	    nlq_dialog_link_updown(&io, (unsigned int)nlq_dialog_ifindex(&io, "b0"), 1), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4_own, 24, (unsigned int)index), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, v6_own, 64, (unsigned int)index), 0);
	return (unsigned int)index;
}

static int count(const struct nlmsghdr *message, void *argument)
{
	++*(unsigned int *)argument;
	return 0;
}

/* Objects of one kind and family. */
static unsigned int number_of(uint16_t type, unsigned char family)
{
	const struct rtmsg body = {.rtm_family = family}; /* the longest header but links' */
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	unsigned int number = 0;

	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &body, sizeof(body));
	assert_int_equal(nlq_dialog(&io, nlq_build_finish(&builder), count, &number), 0);
	return number;
}

/* Those of IPv6 that the kernel makes in its own time (link-local addresses, multicast routes)
 * would be counted at times: only IPv4's and the links are. */
static void test_like_nlinline(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int results[2];
		unsigned int links[2];
		unsigned int addresses[2];
		unsigned int routes[2];

		for (int by_us = 0; by_us < 2; by_us++) {
			results[by_us] = cases[i].call(by_us, fresh_namespace());
			links[by_us] = number_of(RTM_GETLINK, AF_UNSPEC);
			addresses[by_us] = number_of(RTM_GETADDR, AF_INET);
			routes[by_us] = number_of(RTM_GETROUTE, AF_INET);
		}
		if (results[0] != results[1] || links[0] != links[1] || addresses[0] != addresses[1] ||
		    routes[0] != routes[1])
			print_message("%s: nlinline %d, %u links, %u addresses, %u routes; we %d, %u, %u, %u\n",
			    cases[i].name, results[0], links[0], addresses[0], routes[0], results[1], links[1],
			    addresses[1], routes[1]);
		assert_int_equal(results[0], results[1]);
		assert_int_equal(links[0], links[1]);
		assert_int_equal(addresses[0], addresses[1]);
		assert_int_equal(routes[0], routes[1]);
	}
	close(netlink_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_like_nlinline)};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
