/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The dialogs against the kernel, in a user and network namespace of the test's own:
 *
 *   this namespace              another one
 *   lo   a0 (veth) <----------> b0
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "namespace.h"
#include "nlq_dialog.h"
#include "nlq_message.h"

static int netlink_fd = -1;
static struct nlq_io io;

struct route {
	int family;
	unsigned int len;
	unsigned int type;
	unsigned int scope;
	bool has_gateway;
};

struct found {
	struct route wanted;
	unsigned int count;
	unsigned int address_flags;
	unsigned int address_scope;
};

static int count_routes(const struct nlmsghdr *message, void *argument)
{
	struct found *found = argument;
	const struct rtmsg *route = nlq_message_body(message, sizeof(*route));
	const struct nlattr *attrs[RTA_MAX + 1];

	assert_int_equal(message->nlmsg_type, RTM_NEWROUTE);
	assert_non_null(route);
	assert_int_equal(
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*route)), attrs, RTA_MAX), 0);
	if (route->rtm_table == RT_TABLE_MAIN && route->rtm_dst_len == found->wanted.len &&
	    route->rtm_type == found->wanted.type && route->rtm_scope == found->wanted.scope &&
	    (attrs[RTA_GATEWAY] != NULL) == found->wanted.has_gateway)
		found->count++;
	return 0;
}

static unsigned int routes(const struct route *wanted)
{
	struct found found = {.wanted = *wanted};
	const struct rtmsg body = {.rtm_family = (uint8_t)wanted->family};
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct nlmsghdr *request;

	nlq_build_message(&builder, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &body, sizeof(body));
	request = nlq_build_finish(&builder);
	assert_non_null(request);
	assert_int_equal(nlq_dialog(&io, request, count_routes, &found), 0);
	return found.count;
}

static int find_address(const struct nlmsghdr *message, void *argument)
{
	struct found *found = argument;
	const struct ifaddrmsg *address = nlq_message_body(message, sizeof(*address));

	assert_non_null(address);
	if (address->ifa_prefixlen == found->wanted.len) {
		found->count++;
		found->address_flags = address->ifa_flags;
		found->address_scope = address->ifa_scope;
	}
	return 0;
}

static struct found addresses(int family, unsigned int prefixlen)
{
	struct found found = {.wanted = {.len = prefixlen}};
	const struct ifaddrmsg body = {.ifa_family = (uint8_t)family};
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &body, sizeof(body));
	assert_int_equal(nlq_dialog(&io, nlq_build_finish(&builder), find_address, &found), 0);
	return found;
}

static unsigned int ifindex_of(const char *name)
{
	int ifindex = nlq_dialog_ifindex(&io, name);

	assert_true(ifindex > 0);
	return (unsigned int)ifindex;
}

static void test_ifindex(void **state)
{
	char name[65536];

	assert_int_equal(nlq_dialog_ifindex(&io, "lo"), 1);
	assert_int_equal(nlq_dialog_ifindex(&io, "none"), -ENODEV);
	assert_int_equal(nlq_dialog_ifindex(&io, ""), -ENODEV);
	assert_int_equal(nlq_dialog_ifindex(&io, NULL), -EINVAL);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(nlq_dialog_ifindex(&io, name), -ENODEV);
	assert_int_equal(nlq_dialog_link_del(&io, name, 0), -ENODEV);
	assert_int_equal(nlq_dialog_link_add(&io, name, 0, "dummy", NULL), -ENAMETOOLONG);
	assert_int_equal(nlq_dialog_link_add(&io, "a", 0, "dummy", name), -EMSGSIZE);
}

static void test_link(void **state)
{
	static const unsigned char wanted[6] = {2, 0, 0, 0, 0, 7};
	unsigned char mac[6];
	unsigned int ifindex = ifindex_of("a0");

	assert_int_equal(nlq_dialog_link_setaddr(&io, ifindex, wanted), 0);
	assert_int_equal(nlq_dialog_link_getaddr(&io, ifindex, mac), 0);
	assert_memory_equal(mac, wanted, 6);
	assert_int_equal(nlq_dialog_link_mtu(&io, ifindex, 1400), 0);
	assert_true(nlq_dialog_link_mtu(&io, ifindex, 1) < 0);
	assert_int_equal(nlq_dialog_link_no_ipv6_addr(&io, ifindex), 0);
	assert_int_equal(nlq_dialog_link_updown(&io, ifindex, 1), 0);
	assert_int_equal(nlq_dialog_link_updown(&io, ifindex, 0), 0);

	assert_int_equal(nlq_dialog_link_updown(&io, 12345, 1), -ENODEV);
	assert_int_equal(nlq_dialog_link_mtu(&io, 12345, 1400), -ENODEV);
	assert_int_equal(nlq_dialog_link_setaddr(&io, 12345, wanted), -ENODEV);
	assert_int_equal(nlq_dialog_link_setaddr(&io, ifindex, NULL), -EINVAL);
	assert_int_equal(nlq_dialog_link_getaddr(&io, 12345, mac), -ENODEV);
	assert_int_equal(nlq_dialog_link_getaddr(&io, ifindex, NULL), -EINVAL);
	assert_int_equal(nlq_dialog_link_del(&io, "none", 0), -ENODEV);
	assert_int_equal(nlq_dialog_link_del(&io, NULL, 0), -EINVAL);
	assert_true(nlq_dialog_link_add(&io, "a0", 0, "veth", NULL) == -EEXIST);
	assert_true(nlq_dialog_link_add(&io, "x0", 0, "nosuchkind", NULL) == -EOPNOTSUPP);
}

/* The index of a new link is told, whether its name was given or not. */
static void test_link_add_index(void **state)
{
	int named = nlq_dialog_link_add(&io, "n0", (unsigned int)-1, "veth", NULL);
	int unnamed;

	assert_true(named > 0);
	assert_int_equal(nlq_dialog_ifindex(&io, "n0"), named);
	assert_int_equal(nlq_dialog_link_del(&io, "n0", 0), 0);
	assert_int_equal(nlq_dialog_link_add(&io, "n0", 777, "veth", NULL), 0);
	assert_int_equal(nlq_dialog_ifindex(&io, "n0"), 777);
	assert_int_equal(nlq_dialog_link_del(&io, NULL, 777), 0);
	unnamed = nlq_dialog_link_add(&io, NULL, (unsigned int)-1, "veth", NULL);
	assert_true(unnamed >= 0); /* 0: a kernel before 6.2 cannot tell */
	if (unnamed)
		assert_int_equal(nlq_dialog_link_del(&io, NULL, (unsigned int)unnamed), 0);
}

static void test_address(void **state)
{
	static const unsigned char v4[4] = {10, 0, 0, 1};
	static const unsigned char v6[16] = {0xfd, [15] = 1};
	unsigned int ifindex = ifindex_of("a0");
	struct found found;

	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 23, ifindex), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 23, ifindex), -EEXIST);
	assert_int_equal(addresses(AF_INET, 23).count, 1);
	assert_int_equal(addresses(AF_INET, 23).address_scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, v4, 23, ifindex), 0);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, v4, 23, ifindex), -EADDRNOTAVAIL);
	assert_int_equal(addresses(AF_INET, 23).count, 0);

	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, v6, 99, ifindex), 0);
	assert_int_equal(addresses(AF_INET6, 99).count, 1);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET6, v6, 99, ifindex), 0);

	/* nl_addrdata2prefix(22, 0, RT_SCOPE_LINK), nl_addrdata2prefix(98, IFA_F_NODAD, 0) */
	assert_int_equal(
	    nlq_dialog_addr(&io, true, AF_INET, v4, 0x70 << 24 | RT_SCOPE_LINK << 8 | 22, ifindex), 0);
	found = addresses(AF_INET, 22);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.address_scope, RT_SCOPE_LINK);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, v4, 22, ifindex), 0);
	assert_int_equal(
	    nlq_dialog_addr(&io, true, AF_INET6, v6, 0x70 << 24 | IFA_F_NODAD << 16 | 98, ifindex), 0);
	found = addresses(AF_INET6, 98);
	assert_int_equal(found.count, 1);
	assert_true(found.address_flags & IFA_F_NODAD);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET6, v6, 98, ifindex), 0);

	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 33, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 256, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, -1, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 0x60 << 24 | 24, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, v6, 129, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_UNIX, v4, 24, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, NULL, 24, ifindex), -EINVAL);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, v4, 24, 12345), -ENODEV);
}

static void test_route(void **state)
{
	static const unsigned char address[4] = {10, 0, 0, 1};
	static const unsigned char gateway[4] = {10, 0, 0, 2};
	static const unsigned char net[4] = {10, 9, 0, 0};
	static const unsigned char address6[16] = {0xfd, [15] = 1};
	static const unsigned char gateway6[16] = {0xfe, 0x80, [15] = 1};
	static const unsigned char net6[16] = {0xfd, 1};
	unsigned int ifindex = ifindex_of("a0");
	const struct route via = {AF_INET, 17, RTN_UNICAST, RT_SCOPE_UNIVERSE, true};
	const struct route direct = {AF_INET, 18, RTN_UNICAST, RT_SCOPE_LINK, false};
	const struct route hole = {AF_INET, 19, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE, false};
	const struct route all = {AF_INET, 0, RTN_UNICAST, RT_SCOPE_UNIVERSE, true};
	const struct route via6 = {AF_INET6, 48, RTN_UNICAST, RT_SCOPE_UNIVERSE, true};

	assert_int_equal(nlq_dialog_link_mtu(&io, ifindex, 1500), 0);
	assert_int_equal(nlq_dialog_link_updown(&io, ifindex, 1), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, address, 24, ifindex), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET6, address6, 64, ifindex), 0);

	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, net, 17, gateway, 0), 0);
	assert_int_equal(routes(&via), 1);
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, net, 17, gateway, 0), -EEXIST);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, net, 17, gateway, 0), 0);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, net, 17, gateway, 0), -ESRCH);
	assert_int_equal(routes(&via), 0);

	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, net, 18, NULL, ifindex), 0);
	assert_int_equal(routes(&direct), 1);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, net, 18, NULL, ifindex), 0);

	/* nl_routedata2prefix(19, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE) */
	assert_int_equal(
	    nlq_dialog_route(&io, true, AF_INET, net, 0x60 << 24 | RTN_BLACKHOLE << 16 | 19, NULL, 0),
	    0);
	assert_int_equal(routes(&hole), 1);
	assert_int_equal(
	    nlq_dialog_route(&io, false, AF_INET, net, 0x60 << 24 | RTN_BLACKHOLE << 16 | 19, NULL, 0),
	    0);

	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, NULL, 0, gateway, ifindex), 0);
	assert_int_equal(routes(&all), 1);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, NULL, 0, gateway, 0), 0);

	assert_int_equal(nlq_dialog_route(&io, true, AF_INET6, net6, 48, gateway6, ifindex), 0);
	assert_int_equal(routes(&via6), 1);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET6, net6, 48, gateway6, ifindex), 0);
	assert_true(nlq_dialog_route(&io, true, AF_INET6, net6, 48, gateway6, 0) < 0);

	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, NULL, 8, gateway, 0), -EINVAL);
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, net, 33, gateway, 0), -EINVAL);
	assert_int_equal(
	    nlq_dialog_route(&io, true, AF_INET, net, 0x70 << 24 | 8, gateway, 0), -EINVAL);
	assert_int_equal(nlq_dialog_route(&io, true, AF_UNSPEC, net, 16, gateway, 0), -EINVAL);
}

/* What a process other than the kernel sends to our port is no answer. */
static void test_foreign_sender(void **state)
{
	int other = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl ours;
	socklen_t len = sizeof(ours);
	const struct nlmsghdr junk = {.nlmsg_len = 3};

	assert_true(other >= 0);
	assert_int_equal(getsockname(netlink_fd, (struct sockaddr *)&ours, &len), 0);
	if (sendto(other, &junk, sizeof(junk), 0, (struct sockaddr *)&ours, len) == sizeof(junk))
		assert_int_equal(nlq_dialog_ifindex(&io, "lo"), 1);
	close(other);
}

static void test_many_in_a_dump(void **state)
{
	unsigned char address[4] = {10, 7, 0, 0};
	unsigned int ifindex = ifindex_of("a0");

	for (unsigned int i = 1; i <= 300; i++) {
		address[2] = (unsigned char)(i >> 8);
		address[3] = (unsigned char)i;
		assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, address, 31, ifindex), 0);
	}
	assert_int_equal(addresses(AF_INET, 31).count, 300);
}

static int setup(void **state)
{
	int other;

	netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_true(netlink_fd >= 0);
	io = nlq_io_fd(&netlink_fd);
	other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_true(other >= 0);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	close(netlink_fd);
	netlink_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(nlq_dialog_veth_add(&io, "a0", "b0", other, 1300), 0);
	assert_int_equal(nlq_dialog_ifindex(&io, "b0"), -ENODEV);
	assert_int_equal(setns(other, CLONE_NEWNET), 0);
	close(other);
	return 0;
}

static int teardown(void **state)
{
	close(netlink_fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ifindex),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_link_add_index),
	    cmocka_unit_test(test_address),
	    cmocka_unit_test(test_route),
	    cmocka_unit_test(test_foreign_sender),
	    cmocka_unit_test(test_many_in_a_dump),
	};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, setup, teardown);
}
