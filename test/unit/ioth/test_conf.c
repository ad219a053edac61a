/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration calls and getifaddrs, on the kernel's stack in a network namespace of our own.
 *
 *     lo    index 1                  v0 ---- v1     a veth pair; v1 gets an address by name
 */
#include "test.h"

#include <ifaddrs.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <linux/rtnetlink.h>

static struct ioth *stack;
static unsigned int v0;

static int set_up(void **state)
{
	stack = ioth_newstack("kernel");
	return stack ? 0 : -1;
}

static int tear_down(void **state)
{
	return ioth_delstack(stack);
}

static void *in(const char *text)
{
	static struct in_addr address[4];
	static int next;

	next = (next + 1) % 4;
	assert_int_equal(inet_pton(AF_INET, text, &address[next]), 1);
	return &address[next];
}

static void *in6(const char *text)
{
	static struct in6_addr address[4];
	static int next;

	next = (next + 1) % 4;
	assert_int_equal(inet_pton(AF_INET6, text, &address[next]), 1);
	return &address[next];
}

static void test_links(void **state)
{
	unsigned char mac[] = {0x02, 0, 0, 0, 0, 0x42}, seen[6];
	int index;

	assert_int_equal(ioth_if_nametoindex(stack, "lo"), 1);
	assert_fails(ioth_if_nametoindex(stack, "nobody"), ENODEV);
	assert_fails(ioth_if_nametoindex(stack, ""), ENODEV);
	assert_true(ioth_iplink_add(stack, "v0", 0, "veth", NULL) >= 0);
	v0 = (unsigned int)ioth_if_nametoindex(stack, "v0");
	assert_int_equal(v0, if_nametoindex("v0"));
	assert_fails(ioth_iplink_add(stack, "v0", 0, "veth", NULL), EEXIST);
	assert_fails(ioth_iplink_add(stack, "x0", 0, "no_such_type", NULL), EOPNOTSUPP);
	index = ioth_iplink_add(stack, "w0", (unsigned int)-1, "veth", NULL);
	assert_true(index > 0);
	assert_int_equal(index, if_nametoindex("w0"));
	assert_ok(ioth_iplink_del(stack, NULL, (unsigned int)index));

	assert_ok(ioth_linksetaddr(stack, v0, mac));
	assert_ok(ioth_linkgetaddr(stack, v0, seen));
	assert_memory_equal(seen, mac, 6);
	assert_ok(ioth_linksetmtu(stack, v0, 1400));
	assert_fails(ioth_linksetmtu(stack, v0, 1), EINVAL);
	/* A namespace's owner may say it; in some containers, /proc/sys is read-only. */
	assert_fails(ioth_linksetacceptra(stack, v0, 3), EINVAL);
	assert_fails(ioth_linksetacceptra(stack, 9999, 0), ENODEV);
	if (ioth_linksetacceptra(stack, v0, 0) >= 0 || errno != EROFS) {
		assert_int_equal(ioth_linksetacceptra(stack, v0, 2), 0);
		assert_int_equal(ioth_linksetacceptra(NULL, v0, 1), 2);
	}
	assert_ok(ioth_linksetupdown(stack, v0, 1));
	assert_ok(ioth_linksetupdown(stack, 1, 1));
	assert_fails(ioth_linksetupdown(stack, 9999, 1), ENODEV);
	assert_fails(ioth_linkgetaddr(stack, 9999, seen), ENODEV);
}

static void test_huge_name(void **state)
{
	char *name = malloc(65536);

	assert_non_null(name);
	memset(name, 'x', 65535);
	name[65535] = '\0';
	assert_fails(ioth_if_nametoindex(stack, name), ENODEV);
	assert_int_equal(ioth_iplink_add(stack, name, 0, "veth", NULL), -1);
	assert_int_equal(ioth_iplink_add(stack, "y0", 0, name, NULL), -1);
	assert_int_equal(ioth_iplink_del(stack, name, 0), -1);
	free(name);
}

static void test_null(void **state)
{
	assert_fails(ioth_if_nametoindex(stack, NULL), EINVAL);
	assert_fails(ioth_linksetaddr(stack, v0, NULL), EINVAL);
	assert_fails(ioth_linkgetaddr(stack, v0, NULL), EINVAL);
	assert_fails(ioth_ipaddr_add(stack, AF_INET, NULL, 24, v0), EINVAL);
	assert_fails(ioth_iplink_add(stack, "z0", 0, NULL, NULL), EOPNOTSUPP);
	assert_fails(ioth_getifaddrs(stack, NULL), EINVAL);
	ioth_freeifaddrs(NULL);
	assert_fails(ioth_ipaddr_add(stack, AF_UNIX, in("10.0.0.1"), 24, v0), EINVAL);
	assert_fails(ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 33, v0), EINVAL);
	assert_fails(ioth_iproute_add(stack, AF_UNIX, NULL, 0, NULL, v0), EINVAL);
}

static void test_addresses(void **state)
{
	/* The default stack is the native one: the same kernel. */
	assert_ok(ioth_ipaddr_add(NULL, AF_INET, in("192.168.250.50"), 24, v0));
	assert_fails(ioth_ipaddr_add(stack, AF_INET, in("192.168.250.50"), 24, v0), EEXIST);
	assert_ok(ioth_ipaddr_add(stack, AF_INET6, in6("fc00::50"),
	    nl_addrdata2prefix(64, 0x02 /* IFA_F_NODAD */, RT_SCOPE_UNIVERSE), v0));
	assert_ok(ioth_ipaddr_add(stack, AF_INET, in("10.1.1.1"), 32, v0));
	assert_ok(ioth_ipaddr_del(stack, AF_INET, in("10.1.1.1"), 32, v0));
	assert_fails(ioth_ipaddr_del(stack, AF_INET, in("10.1.1.1"), 32, v0), EADDRNOTAVAIL);
	assert_fails(ioth_ipaddr_add(stack, AF_INET, in("10.1.1.1"), 24, 9999), ENODEV);
}

static void test_routes(void **state)
{
	assert_ok(ioth_iproute_add(stack, AF_INET, NULL, 0, in("192.168.250.1"), 0));
	assert_fails(ioth_iproute_add(stack, AF_INET, NULL, 0, in("192.168.250.1"), 0), EEXIST);
	assert_ok(ioth_iproute_del(stack, AF_INET, NULL, 0, in("192.168.250.1"), 0));
	assert_fails(ioth_iproute_del(stack, AF_INET, NULL, 0, in("192.168.250.1"), 0), ESRCH);
	assert_ok(ioth_iproute_add(stack, AF_INET, in("10.2.0.0"), 16, in("192.168.250.2"), 0));
	assert_ok(ioth_iproute_add(stack, AF_INET, in("10.3.0.0"), 16, NULL, v0));
	assert_ok(ioth_iproute_add(stack, AF_INET6, NULL, 0, in6("fe80::1"), v0));
	assert_ok(ioth_iproute_del(stack, AF_INET6, NULL, 0, in6("fe80::1"), v0));
	assert_fails(ioth_iproute_add(stack, AF_INET, NULL, 0, in("172.16.0.1"), 0), ENETUNREACH);
	assert_ok(ioth_iproute_add(stack, AF_INET, in("10.4.0.0"),
	    nl_routedata2prefix(16, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE), NULL, 0));
}

/* Two lists are equal up to what changes by itself (statistics). */
static void assert_same_address(const struct sockaddr *one, const struct sockaddr *two)
{
	size_t len;

	assert_int_equal(!one, !two);
	if (!one || !two)
		return;
	assert_int_equal(one->sa_family, two->sa_family);
	len = one->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
	      : one->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                   : 20 /* struct sockaddr_ll */;
	assert_memory_equal(one, two, len);
}

static void test_getifaddrs(void **state)
{
	struct ifaddrs *ours, *system;
	const struct ifaddrs *one, *two;
	int count = 0;

	assert_ok(ioth_getifaddrs(stack, &ours));
	assert_ok(getifaddrs(&system));
	for (one = ours, two = system; one && two; one = one->ifa_next, two = two->ifa_next, count++) {
		assert_string_equal(one->ifa_name, two->ifa_name);
		assert_int_equal(one->ifa_flags, two->ifa_flags);
		assert_same_address(one->ifa_addr, two->ifa_addr);
		assert_same_address(one->ifa_netmask, two->ifa_netmask);
		assert_same_address(one->ifa_dstaddr, two->ifa_dstaddr);
		assert_int_equal(!one->ifa_data, !two->ifa_data);
	}
	assert_null(one);
	assert_null(two);
	assert_true(count >= 3);
	freeifaddrs(system);
	ioth_freeifaddrs(ours);
}

static void test_many_addresses(void **state)
{
	struct ifaddrs *list;
	int count = 0;

	for (unsigned int i = 0; i < 600; i++) {
		struct in_addr address = {.s_addr = htonl(0x0a640000 + i)};

		assert_ok(ioth_ipaddr_add(stack, AF_INET, &address, 32, v0));
	}
	assert_ok(ioth_getifaddrs(stack, &list));
	for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
		count += entry->ifa_addr->sa_family == AF_INET;
	assert_true(count >= 601);
	ioth_freeifaddrs(list);
}

static void test_delete_link(void **state)
{
	assert_ok(ioth_iplink_del(stack, "v0", 0));
	assert_fails(ioth_if_nametoindex(stack, "v0"), ENODEV);
	assert_fails(ioth_iplink_del(stack, NULL, v0), ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_huge_name),
	    cmocka_unit_test(test_null),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_getifaddrs),
	    cmocka_unit_test(test_many_addresses),
	    cmocka_unit_test(test_delete_link),
	};

	if (!enter_network_namespace())
		return 77;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
