/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every configuration call of ioth.h and libnlq.h, right and wrong, on the kernel's stack and on a
 * picox one: the same result, the same errno, the same addresses and routes afterwards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <linux/if_addr.h>

#include "same_stacks.h"

/* The binary address of a text, valid for some calls. */
static void *in(const char *text)
{
	static struct in_addr ring[4];
	static int next;

	next = (next + 1) % 4;
	assert_int_equal(inet_pton(AF_INET, text, &ring[next]), 1);
	return &ring[next];
}

static void *in6(const char *text)
{
	static struct in6_addr ring[4];
	static int next;

	next = (next + 1) % 4;
	assert_int_equal(inet_pton(AF_INET6, text, &ring[next]), 1);
	return &ring[next];
}

static unsigned char mac[6] = {2, 0, 0, 0, 0, 9}, group_mac[6] = {3, 0, 0, 0, 0, 9}, zero_mac[6];
static unsigned char seen[6];
static char text[IF_NAMESIZE];

/* Not here: IPv4 groups and 255.255.255.255 as an interface's address. The kernel takes them, the
 * stack does not (EINVAL). */

/* DAD off: it would not be over at the same time. */
#define PLAIN6 nl_addrdata2prefix(64, IFA_F_NODAD, RT_SCOPE_UNIVERSE)

static int has_mac(struct ioth *stack, const unsigned char *wanted)
{
	return ioth_linkgetaddr(stack, A0, seen) == 0 && memcmp(seen, wanted, 6) == 0;
}

#define LINKS(X)                                                                                   \
	X(index_of, ioth_if_nametoindex(stack, "a0"))                                                  \
	X(index_lo, ioth_if_nametoindex(stack, "lo"))                                                  \
	X(index_none, ioth_if_nametoindex(stack, "none"))                                              \
	X(index_empty, ioth_if_nametoindex(stack, ""))                                                 \
	X(index_null, ioth_if_nametoindex(stack, NULL))                                                \
	X(index_long, ioth_if_nametoindex(stack, "abcdefghijklmnop"))                                  \
	X(nlq_index, (int)nlqx_if_nametoindex(stack, "a0"))                                            \
	X(nlq_index_none, (int)nlqx_if_nametoindex(stack, "none"))                                     \
	X(nlq_name, nlqx_if_indextoname(stack, A0, text) ? strcmp(text, "a0") == 0 : -1)               \
	X(nlq_name_none, nlqx_if_indextoname(stack, 99, text) ? 0 : -1)                                \
	X(nlq_name_zero, nlqx_if_indextoname(stack, 0, text) ? 0 : -1)                                 \
	X(mac_get, ioth_linkgetaddr(stack, A0, seen))                                                  \
	X(mac_get_lo, ioth_linkgetaddr(stack, 1, seen))                                                \
	X(mac_get_none, ioth_linkgetaddr(stack, 99, seen))                                             \
	X(mac_get_zero, ioth_linkgetaddr(stack, 0, seen))                                              \
	X(mac_get_null, ioth_linkgetaddr(stack, A0, NULL))                                             \
	X(mac_set, ioth_linksetaddr(stack, A0, mac))                                                   \
	X(mac_is_set, has_mac(stack, mac))                                                             \
	X(mac_set_group, ioth_linksetaddr(stack, A0, group_mac))                                       \
	X(mac_set_zero, ioth_linksetaddr(stack, A0, zero_mac))                                         \
	X(mac_set_none, ioth_linksetaddr(stack, 99, mac))                                              \
	X(mac_set_index_0, ioth_linksetaddr(stack, 0, mac))                                            \
	X(mac_set_lo, ioth_linksetaddr(stack, 1, mac))                                                 \
	X(mac_stays, has_mac(stack, mac))                                                              \
	X(mtu, ioth_linksetmtu(stack, A0, 1400))                                                       \
	X(mtu_small, ioth_linksetmtu(stack, A0, 67))                                                   \
	X(mtu_least, ioth_linksetmtu(stack, A0, 68))                                                   \
	X(mtu_back, ioth_linksetmtu(stack, A0, 1500))                                                  \
	X(mtu_large, ioth_linksetmtu(stack, A0, 1 << 20))                                              \
	X(mtu_zero, ioth_linksetmtu(stack, A0, 0))                                                     \
	X(mtu_none, ioth_linksetmtu(stack, 99, 1400))                                                  \
	X(mtu_index_0, ioth_linksetmtu(stack, 0, 1400))                                                \
	X(up, ioth_linksetupdown(stack, A0, 1))                                                        \
	X(up_again, ioth_linksetupdown(stack, A0, 1))                                                  \
	X(down, ioth_linksetupdown(stack, A0, 0))                                                      \
	X(up_2, nlqx_linksetupdown(stack, A0, 7))                                                      \
	X(up_none, ioth_linksetupdown(stack, 99, 1))                                                   \
	X(up_zero, ioth_linksetupdown(stack, 0, 1))                                                    \
	X(up_minus, ioth_linksetupdown(stack, (unsigned int)-1, 1))                                    \
	X(mac_set_while_up, ioth_linksetaddr(stack, A0, mac))                                          \
	X(link_add_same, ioth_iplink_add(stack, "a0", 0, "vde", NULL))                                 \
	X(link_add_lo, ioth_iplink_add(stack, "lo", 0, "vde", NULL))                                   \
	X(link_add_kind, ioth_iplink_add(stack, "n0", 0, "nosuchkind", "x"))                           \
	X(link_add_no_kind, ioth_iplink_add(stack, "n0", 0, NULL, NULL))                               \
	X(link_add_empty, ioth_iplink_add(stack, "", 0, "nosuchkind", NULL))                           \
	X(link_add_long, ioth_iplink_add(stack, "abcdefghijklmnop", 0, "nosuchkind", NULL))            \
	X(link_del_none, ioth_iplink_del(stack, "none", 0))                                            \
	X(link_del_index, ioth_iplink_del(stack, NULL, 99))                                            \
	X(link_del_nothing, ioth_iplink_del(stack, NULL, 0))                                           \
	X(link_del_lo, ioth_iplink_del(stack, "lo", 0))                                                \
	X(nlq_link_del_none, nlqx_iplink_del(stack, "none", 0))

#define ADDRESSES(X)                                                                               \
	X(add4, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0))                               \
	X(add4_again, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0))                         \
	X(add4_second, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.2"), 24, A0))                        \
	X(add4_shorter, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 16, A0))                       \
	X(add4_host, ioth_ipaddr_add(stack, AF_INET, in("10.5.0.1"), 32, A0))                          \
	X(add4_31, ioth_ipaddr_add(stack, AF_INET, in("10.6.0.0"), 31, A0))                            \
	X(add4_30, ioth_ipaddr_add(stack, AF_INET, in("10.7.0.1"), 30, A0))                            \
	X(add4_0, ioth_ipaddr_add(stack, AF_INET, in("10.8.0.1"), 0, A0))                              \
	X(del4_0, ioth_ipaddr_del(stack, AF_INET, in("10.8.0.1"), 0, A0))                              \
	X(add4_long, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.3"), 33, A0))                          \
	X(add4_minus, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.3"), -1, A0))                         \
	X(add4_none, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.3"), 24, 99))                          \
	X(add4_index_0, ioth_ipaddr_add(stack, AF_INET, in("10.0.0.3"), 24, 0))                        \
	X(add4_null, ioth_ipaddr_add(stack, AF_INET, NULL, 24, A0))                                    \
	X(add4_family, ioth_ipaddr_add(stack, AF_UNIX, in("10.0.0.3"), 24, A0))                        \
	X(add4_lo, ioth_ipaddr_add(stack, AF_INET, in("10.9.0.1"), 32, 1))                             \
	X(add4_lo_again, ioth_ipaddr_add(stack, AF_INET, in("127.0.0.1"), 8, 1))                       \
	X(add4_any, ioth_ipaddr_add(stack, AF_INET, in("0.0.0.0"), 24, A0))                            \
	X(del4_any, ioth_ipaddr_del(stack, AF_INET, in("0.0.0.0"), 24, A0))                            \
	X(add4_scope, ioth_ipaddr_add(stack, AF_INET, in("10.10.0.1"),                                 \
	                  nl_addrdata2prefix(24, IFA_F_NOPREFIXROUTE & 0xff, RT_SCOPE_LINK), A0))      \
	X(del4_scope, ioth_ipaddr_del(stack, AF_INET, in("10.10.0.1"), 24, A0))                        \
	X(del4_wrong_length, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.2"), 25, A0))                  \
	X(del4_wrong_link, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.2"), 24, 1))                     \
	X(del4_none, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.2"), 24, 99))                          \
	X(del4_other, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.77"), 24, A0))                        \
	X(del4_null, ioth_ipaddr_del(stack, AF_INET, NULL, 24, A0))                                    \
	X(del4_first, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 24, A0))                         \
	X(del4_16, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 16, A0))                            \
	X(del4_31, ioth_ipaddr_del(stack, AF_INET, in("10.6.0.0"), 31, A0))                            \
	X(del4_lo, ioth_ipaddr_del(stack, AF_INET, in("10.9.0.1"), 32, 1))                             \
	X(add4_first, nlqx_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0))                         \
	X(add6, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::1"), PLAIN6, A0))                          \
	X(add6_again, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::1"), PLAIN6, A0))                    \
	X(add6_length, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::1"), 48, A0))                       \
	X(add6_host, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::5"),                                  \
	                 nl_addrdata2prefix(128, IFA_F_NODAD, 0), A0))                                 \
	X(add6_long, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::2"), 129, A0))                        \
	X(add6_none, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::2"), PLAIN6, 99))                     \
	X(add6_index_0, ioth_ipaddr_add(stack, AF_INET6, in6("fd00::2"), PLAIN6, 0))                   \
	X(add6_null, ioth_ipaddr_add(stack, AF_INET6, NULL, 64, A0))                                   \
	X(add6_group, ioth_ipaddr_add(stack, AF_INET6, in6("ff02::5"), PLAIN6, A0))                    \
	X(add6_any, ioth_ipaddr_add(stack, AF_INET6, in6("::"), PLAIN6, A0))                           \
	X(add6_loopback, ioth_ipaddr_add(stack, AF_INET6, in6("::1"), PLAIN6, A0))                     \
	X(add6_lo, ioth_ipaddr_add(stack, AF_INET6, in6("fd09::1"), PLAIN6, 1))                        \
	X(del6_lo, ioth_ipaddr_del(stack, AF_INET6, in6("fd09::1"), 64, 1))                            \
	X(add6_scope, ioth_ipaddr_add(stack, AF_INET6, in6("fd0a::1"),                                 \
	                  nl_addrdata2prefix(64, IFA_F_NODAD, RT_SCOPE_LINK), A0))                     \
	X(del6_wrong_length, ioth_ipaddr_del(stack, AF_INET6, in6("fd00::1"), 65, A0))                 \
	X(del6_other, ioth_ipaddr_del(stack, AF_INET6, in6("fd00::77"), 64, A0))                       \
	X(del6_none, ioth_ipaddr_del(stack, AF_INET6, in6("fd00::1"), 64, 99))                         \
	X(del6_index_0, ioth_ipaddr_del(stack, AF_INET6, in6("fd00::1"), 64, 0))                       \
	X(del6_scope, nlqx_ipaddr_del(stack, AF_INET6, in6("fd0a::1"), 64, A0))

#define ROUTES(X)                                                                                  \
	X(route4, ioth_iproute_add(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 0))            \
	X(route4_again, ioth_iproute_add(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 0))      \
	X(route4_other, ioth_iproute_add(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.8"), 0))      \
	X(route4_bits, ioth_iproute_add(stack, AF_INET, in("10.18.0.1"), 16, in("10.0.0.9"), 0))       \
	X(route4_far, ioth_iproute_add(stack, AF_INET, in("10.19.0.0"), 16, in("172.16.0.1"), 0))      \
	X(route4_none, ioth_iproute_add(stack, AF_INET, in("10.19.0.0"), 16, in("10.0.0.9"), 99))      \
	X(route4_lo, ioth_iproute_add(stack, AF_INET, in("10.19.0.0"), 16, in("10.0.0.9"), 1))         \
	X(route4_link, ioth_iproute_add(stack, AF_INET, in("10.20.0.0"), 16, NULL, A0))                \
	X(route4_via_link, ioth_iproute_add(stack, AF_INET, in("10.21.0.0"), 16, in("10.20.0.1"), 0))  \
	X(route4_via_route, ioth_iproute_add(stack, AF_INET, in("10.22.0.0"), 16, in("10.17.0.1"), 0)) \
	X(route4_nothing, ioth_iproute_add(stack, AF_INET, in("10.23.0.0"), 16, NULL, 0))              \
	X(route4_own, ioth_iproute_add(stack, AF_INET, in("10.24.0.0"), 16, in("10.0.0.1"), 0))        \
	X(route4_own_host, ioth_iproute_add(stack, AF_INET, in("10.24.0.0"), 24, in("10.5.0.1"), 0))   \
	X(route4_own_link, ioth_iproute_add(stack, AF_INET, in("10.24.0.0"), 25, in("10.0.0.1"), A0))  \
	X(route4_loopback, ioth_iproute_add(stack, AF_INET, in("10.24.0.0"), 26, in("127.0.0.1"), 0))  \
	X(route4_broadcast,                                                                            \
	    ioth_iproute_add(stack, AF_INET, in("10.25.0.0"), 16, in("10.0.0.255"), 0))                \
	X(route4_group, ioth_iproute_add(stack, AF_INET, in("10.26.0.0"), 16, in("224.0.0.9"), 0))     \
	X(route4_group_link,                                                                           \
	    ioth_iproute_add(stack, AF_INET, in("10.26.0.0"), 16, in("224.0.0.9"), A0))                \
	X(route4_any, ioth_iproute_add(stack, AF_INET, in("10.27.0.0"), 16, in("0.0.0.0"), A0))        \
	X(route4_to_group, ioth_iproute_add(stack, AF_INET, in("224.0.0.0"), 4, NULL, A0))             \
	X(route4_long, ioth_iproute_add(stack, AF_INET, in("10.28.0.0"), 33, in("10.0.0.9"), 0))       \
	X(route4_null, ioth_iproute_add(stack, AF_INET, NULL, 16, in("10.0.0.9"), 0))                  \
	X(route4_family, ioth_iproute_add(stack, AF_UNIX, NULL, 0, NULL, A0))                          \
	X(default4, ioth_iproute_add(stack, AF_INET, NULL, 0, in("10.0.0.9"), 0))                      \
	X(default4_again, ioth_iproute_add(stack, AF_INET, NULL, 0, in("10.0.0.8"), 0))                \
	X(blackhole4, ioth_iproute_add(stack, AF_INET, in("10.30.0.0"),                                \
	                  nl_routedata2prefix(16, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE), NULL, 0))         \
	X(unreachable4, ioth_iproute_add(stack, AF_INET, in("10.31.0.0"),                              \
	                    nl_routedata2prefix(16, RTN_UNREACHABLE, RT_SCOPE_UNIVERSE), NULL, 0))     \
	X(local4, ioth_iproute_add(stack, AF_INET, in("10.32.0.0"),                                    \
	              nl_routedata2prefix(16, RTN_LOCAL, RT_SCOPE_HOST), NULL, 1))                     \
	X(scope4, ioth_iproute_add(stack, AF_INET, in("10.33.0.0"),                                    \
	              nl_routedata2prefix(16, RTN_UNICAST, RT_SCOPE_HOST), in("10.0.0.9"), 0))         \
	X(scope4_site, ioth_iproute_add(stack, AF_INET, in("10.34.0.0"),                               \
	                   nl_routedata2prefix(16, RTN_UNICAST, RT_SCOPE_SITE), in("10.0.0.9"), 0))    \
	X(del4_gateway, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.7"), 0))      \
	X(del4_length, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 17, in("10.0.0.9"), 0))       \
	X(del4_link, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 1))         \
	X(del4_far_link, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 99))    \
	X(del4_route, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 0))        \
	X(del4_again, ioth_iproute_del(stack, AF_INET, in("10.17.0.0"), 16, in("10.0.0.9"), 0))        \
	X(del4_default, nlqx_iproute_del(stack, AF_INET, NULL, 0, in("10.0.0.9"), 0))                  \
	X(del4_prefix_route, ioth_iproute_del(stack, AF_INET, in("10.0.0.0"), 24, NULL, A0))           \
	X(route6, ioth_iproute_add(stack, AF_INET6, in6("fd17::"), 32, in6("fd00::9"), 0))             \
	X(route6_again, ioth_iproute_add(stack, AF_INET6, in6("fd17::"), 32, in6("fd00::9"), 0))       \
	X(route6_bits, ioth_iproute_add(stack, AF_INET6, in6("fd18::1"), 32, in6("fd00::9"), 0))       \
	X(route6_far, ioth_iproute_add(stack, AF_INET6, in6("fd19::"), 32, in6("fdff::1"), 0))         \
	X(route6_none, ioth_iproute_add(stack, AF_INET6, in6("fd19::"), 32, in6("fd00::9"), 99))       \
	X(route6_lo, ioth_iproute_add(stack, AF_INET6, in6("fd19::"), 32, in6("fd00::9"), 1))          \
	X(route6_link, ioth_iproute_add(stack, AF_INET6, in6("fd20::"), 32, NULL, A0))                 \
	X(route6_via_link, ioth_iproute_add(stack, AF_INET6, in6("fd21::"), 32, in6("fd20::1"), 0))    \
	X(route6_via_route, ioth_iproute_add(stack, AF_INET6, in6("fd22::"), 32, in6("fd17::1"), 0))   \
	X(route6_nothing, ioth_iproute_add(stack, AF_INET6, in6("fd23::"), 32, NULL, 0))               \
	X(route6_own, ioth_iproute_add(stack, AF_INET6, in6("fd24::"), 32, in6("fd00::1"), 0))         \
	X(route6_own_link, ioth_iproute_add(stack, AF_INET6, in6("fd24::"), 32, in6("fd00::1"), A0))   \
	X(route6_loopback, ioth_iproute_add(stack, AF_INET6, in6("fd24::"), 32, in6("::1"), 0))        \
	X(route6_group, ioth_iproute_add(stack, AF_INET6, in6("fd26::"), 32, in6("ff02::9"), A0))      \
	X(route6_any, ioth_iproute_add(stack, AF_INET6, in6("fd27::"), 32, in6("::"), A0))             \
	X(route6_link_local, ioth_iproute_add(stack, AF_INET6, in6("fd28::"), 32, in6("fe80::9"), A0)) \
	X(route6_no_zone, ioth_iproute_add(stack, AF_INET6, in6("fd29::"), 32, in6("fe80::9"), 0))     \
	X(default6, ioth_iproute_add(stack, AF_INET6, NULL, 0, in6("fd00::9"), 0))                     \
	X(default6_again, ioth_iproute_add(stack, AF_INET6, NULL, 0, in6("fd00::9"), 0))               \
	X(default6_link, ioth_iproute_add(stack, AF_INET6, NULL, 0, in6("fe80::9"), A0))               \
	X(blackhole6, ioth_iproute_add(stack, AF_INET6, in6("fd30::"),                                 \
	                  nl_routedata2prefix(32, RTN_BLACKHOLE, RT_SCOPE_UNIVERSE), NULL, 0))         \
	X(del6_gateway, ioth_iproute_del(stack, AF_INET6, in6("fd17::"), 32, in6("fd00::7"), 0))       \
	X(del6_route, ioth_iproute_del(stack, AF_INET6, in6("fd17::"), 32, in6("fd00::9"), 0))         \
	X(del6_again, ioth_iproute_del(stack, AF_INET6, in6("fd17::"), 32, in6("fd00::9"), 0))         \
	X(del6_default, nlqx_iproute_del(stack, AF_INET6, NULL, 0, in6("fd00::9"), 0))                 \
	X(del6_blackhole, ioth_iproute_del(stack, AF_INET6, in6("fd30::"), 32, NULL, 0))               \
	X(del_address, ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 24, A0))                        \
	X(del_address6, ioth_ipaddr_del(stack, AF_INET6, in6("fd00::1"), 64, A0))                      \
	X(all_down, ioth_linksetupdown(stack, A0, 0))                                                  \
	X(route4_down, ioth_iproute_add(stack, AF_INET, in("10.40.0.0"), 16, NULL, A0))                \
	X(route6_down, ioth_iproute_add(stack, AF_INET6, in6("fd40::"), 32, NULL, A0))                 \
	X(address_down, ioth_ipaddr_add(stack, AF_INET, in("10.50.0.1"), 24, A0))                      \
	X(all_up, ioth_linksetupdown(stack, A0, 1))

LINKS(SAME_FUNCTION)
ADDRESSES(SAME_FUNCTION)
ROUTES(SAME_FUNCTION)

#define RUN(STEPS)                                                                                 \
	static const struct same_step steps[] = {STEPS(SAME_ENTRY)};                                   \
	assert_int_equal(same_run(steps, sizeof(steps) / sizeof(steps[0])), 0)

static void test_links(void **state)
{
	RUN(LINKS);
}

static void test_addresses(void **state)
{
	RUN(ADDRESSES);
}

static void test_routes(void **state)
{
	RUN(ROUTES);
}

/* ---- lists ---- */

static size_t len_of(const struct sockaddr *address)
{
	return address->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
	       : address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                        : 12; /* sockaddr_ll up to its address */
}

static void assert_same_address(const struct sockaddr *one, const struct sockaddr *two)
{
	assert_int_equal(!one, !two);
	if (!one)
		return;
	assert_int_equal(one->sa_family, two->sa_family);
	assert_memory_equal(one, two, len_of(one));
}

/* The next entry of lo or a0 that is not link-local. */
static const struct ifaddrs *next_of(const struct ifaddrs *entry)
{
	for (; entry; entry = entry->ifa_next) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(void *)entry->ifa_addr;

		if (strcmp(entry->ifa_name, "lo") != 0 && strcmp(entry->ifa_name, "a0") != 0)
			continue;
		if (in6->sin6_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			continue;
		return entry;
	}
	return NULL;
}

static void test_getifaddrs(void **state)
{
	struct ifaddrs *list[STACKS];
	const struct ifaddrs *at[STACKS];
	int count = 0;

	for (int i = 0; i < STACKS; i++) {
		assert_int_equal(ioth_ipaddr_add(same_stacks[i], AF_INET, in("10.60.0.1"), 24, A0), 0);
		if (ioth_getifaddrs(same_stacks[i], &list[i]) < 0)
			fail_msg("%s: %s", same_names[i], strerror(errno));
		at[i] = next_of(list[i]);
	}
	for (; at[KERNEL] && at[PICOX]; count++) {
		assert_string_equal(at[KERNEL]->ifa_name, at[PICOX]->ifa_name);
		assert_int_equal(at[KERNEL]->ifa_flags, at[PICOX]->ifa_flags);
		assert_same_address(at[KERNEL]->ifa_addr, at[PICOX]->ifa_addr);
		assert_same_address(at[KERNEL]->ifa_netmask, at[PICOX]->ifa_netmask);
		assert_same_address(at[KERNEL]->ifa_dstaddr, at[PICOX]->ifa_dstaddr);
		assert_int_equal(!at[KERNEL]->ifa_data, !at[PICOX]->ifa_data);
		for (int i = 0; i < STACKS; i++)
			at[i] = next_of(at[i]->ifa_next);
	}
	assert_null(at[KERNEL]);
	assert_null(at[PICOX]);
	assert_true(count >= 4);
	for (int i = 0; i < STACKS; i++)
		ioth_freeifaddrs(list[i]);
}

static void test_nlq_lists(void **state)
{
	char *listing[STACKS];
	size_t len;

	for (int i = 0; i < STACKS; i++) {
		struct nlq_if_nameindex *list = nlqx_if_nameindex(same_stacks[i]);
		FILE *file = open_memstream(&listing[i], &len);
		int found = 0;

		assert_non_null(list);
		assert_non_null(file);
		for (size_t j = 0; list[j].if_index; j++)
			found += (list[j].if_index == 1 && strcmp(list[j].if_name, "lo") == 0) ||
			         (list[j].if_index == A0 && strcmp(list[j].if_name, "a0") == 0);
		assert_int_equal(found, 2);
		nlqx_if_freenameindex(same_stacks[i], list);
		assert_int_equal(nlqx_proc_net_dev(same_stacks[i], file), 0);
		fclose(file);
		assert_non_null(strstr(listing[i], "    a0:"));
	}
	/* The two lines of headings. */
	len = (size_t)(strstr(listing[KERNEL], "    lo:") - listing[KERNEL]);
	assert_memory_equal(listing[KERNEL], listing[PICOX], len);
	for (int i = 0; i < STACKS; i++)
		free(listing[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_getifaddrs),
	    cmocka_unit_test(test_nlq_lists),
	};
	int failed;

	same_stacks_open();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	same_stacks_close();
	return failed;
}
