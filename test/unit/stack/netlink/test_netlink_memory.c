/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of a netlink dialog fails once, the stack's and libnlq's: nothing is lost, and
 * what was asked for is done whole or not at all.
 *
 *     eth0 (2), up: 10.0.0.1/24, fd00::1/64; a route, a neighbour; a socket that listens to changes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "allocations.h"
#include "link.h"
#include "neighbour.h"
#include "nlq_message.h"
#include "px_io.h"

#include <linux/if_link.h>

/* ---- the stack, and what it looks like ---- */

static const uint8_t mac[PX_MAC_LEN] = {2, 0, 0, 0, 0, 1}, mac2[PX_MAC_LEN] = {2, 0, 0, 0, 0, 2};
static const uint8_t ip4[4] = {10, 0, 0, 1}, new4[4] = {10, 1, 0, 1}, net4[4] = {10, 9, 0, 0};
static const uint8_t gateway4[4] = {10, 0, 0, 254}, other4[4] = {10, 0, 0, 253};
static const uint8_t ip6[16] = {0xfd, [15] = 1}, new6[16] = {0xfd, 1, [15] = 1};

static struct px_stack *stack;
static struct px_sock *sock, *monitor;
static struct nlq_io io;

static void add_address(struct px_iface *iface, const char *text, unsigned int prefix)
{
	struct px_address_config config = {
	    .ip = px_ip_parse(text), .scope = -1, .flags = IFA_F_NODAD, .prefix = prefix};

	assert_int_equal(px_address_add(iface, &config, NULL), 0);
}

static int set_neighbour(const uint8_t *ip, const uint8_t *address, uint16_t flags)
{
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct ndmsg header = {
	    .ndm_family = AF_INET, .ndm_ifindex = 2, .ndm_state = NUD_PERMANENT};

	nlq_build_message(&builder, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, NDA_DST, ip, 4);
	nlq_build_attr(&builder, NDA_LLADDR, address, PX_MAC_LEN);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static void open_stack(void)
{
	const struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = UINT32_MAX};
	const uint64_t seed[2] = {1, 2};
	const struct px_config config = {.now = 1, .seed = seed};
	struct px_iface *iface;

	assert_int_equal(px_open(&config, &stack), 0);
	assert_int_equal(px_iface_add(stack, &ethernet_type, "eth0", 2, mac, &iface), 0);
	px_iface_set_carrier(iface, true);
	assert_int_equal(px_iface_up(iface), 0);
	add_address(iface, "10.0.0.1", PX_IP4_OFFSET + 24);
	add_address(iface, "fd00::1", 64);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock), 0);
	io = px_io(sock);
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, net4, 16, gateway4, 0), 0);
	assert_int_equal(set_neighbour(gateway4, mac, NLM_F_CREATE), 0);
	assert_int_equal(px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &monitor), 0);
	assert_int_equal(px_sock_bind(monitor, (const struct sockaddr *)&all, sizeof(all)), 0);
}

/* Everything that a request may change, as text; valid until the next but one call. */
static const char *looks(void)
{
	static char texts[2][8192];
	static int next;
	char *text = texts[next = !next];
	const struct px_iface *iface;
	const struct px_address *address;
	const struct px_route *route;
	const struct neighbour *neighbour;
	size_t used = 0;

#define ADD(...) used += (size_t)snprintf(text + used, sizeof(texts[0]) - used, __VA_ARGS__)
	list_for_each (iface, &stack->ifaces, node) {
		ADD("%s %#x mtu %u queue %u mac %02x\n", iface->name, iface->flags, iface->mtu,
		    iface->tx_limit, iface->mac[5]);
		list_for_each (address, &iface->addresses, node)
			ADD("  %08x %08x/%u peer %08x flags %#x metric %u label %s\n", address->ip.w[0],
			    address->ip.w[3], address->prefix, address->peer.w[3], address->flags,
			    address->metric, address->label);
	}
	list_for_each (route, &stack->fib.routes, node)
		ADD("route %08x %08x/%u via %08x table %u metric %u type %u\n", route->dst.w[0],
		    route->dst.w[3], route->prefix, route->gateway.w[3], route->table, route->metric,
		    route->type);
	list_for_each (neighbour, &stack->neighbours->lru, lru)
		ADD("neighbour %08x mac %02x state %d\n", neighbour->ip.w[3], neighbour->mac[5],
		    neighbour->state);
#undef ADD
	return text;
}

/* ---- works ---- */

static int link_set(void)
{
	const struct ifinfomsg link = {.ifi_index = 2};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 0, 0);
	nlq_build_bytes(&builder, &link, sizeof(link));
	nlq_build_attr_u32(&builder, IFLA_MTU, 1400);
	nlq_build_attr_u32(&builder, IFLA_TXQLEN, 77);
	nlq_build_attr_string(&builder, IFLA_IFNAME, "eth9");
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int link_mac(void)
{
	return nlq_dialog_link_setaddr(&io, 2, mac2);
}

static int vlan_new(void)
{
	const struct ifinfomsg link = {.ifi_index = 9};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	size_t info, data;

	nlq_build_message(
	    &builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_ECHO, 0, 0);
	nlq_build_bytes(&builder, &link, sizeof(link));
	nlq_build_attr_string(&builder, IFLA_IFNAME, "vlan7");
	nlq_build_attr_u32(&builder, IFLA_LINK, 2);
	info = nlq_build_nest(&builder, IFLA_LINKINFO);
	nlq_build_attr_string(&builder, IFLA_INFO_KIND, "vlan");
	data = nlq_build_nest(&builder, IFLA_INFO_DATA);
	nlq_build_attr_u16(&builder, IFLA_VLAN_ID, 7);
	nlq_build_nest_end(&builder, data);
	nlq_build_nest_end(&builder, info);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int address4_new(void)
{
	return nlq_dialog_addr(&io, true, AF_INET, new4, 24, 2);
}

static int address6_new(void)
{
	/* Without memory for the detection of duplicates there is none: another test's. */
	return nlq_dialog_addr(
	    &io, true, AF_INET6, new6, nlq_addrdata2prefix(64, IFA_F_NODAD, RT_SCOPE_UNIVERSE), 2);
}

/* The metric: the prefix route is another one. */
static int address_replace(int family, const uint8_t *ip, size_t len)
{
	const struct ifaddrmsg address = {
	    .ifa_family = (uint8_t)family, .ifa_prefixlen = len == 4 ? 24 : 64, .ifa_index = 2};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, RTM_NEWADDR,
	    NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ECHO, 0, 0);
	nlq_build_bytes(&builder, &address, sizeof(address));
	nlq_build_attr(&builder, IFA_LOCAL, ip, len);
	nlq_build_attr_u32(&builder, IFA_RT_PRIORITY, 77);
	nlq_build_attr_u32(&builder, IFA_FLAGS, IFA_F_HOMEADDRESS);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int address4_replace(void)
{
	return address_replace(AF_INET, ip4, 4);
}

static int address6_replace(void)
{
	return address_replace(AF_INET6, ip6, 16);
}

static int address4_delete(void)
{
	return nlq_dialog_addr(&io, false, AF_INET, ip4, 24, 2);
}

static int route_new(void)
{
	return nlq_dialog_route(&io, true, AF_INET, NULL, 0, gateway4, 0);
}

static int route_replace(void)
{
	const struct rtmsg route = {.rtm_family = AF_INET,
	    .rtm_dst_len = 16,
	    .rtm_table = RT_TABLE_MAIN,
	    .rtm_protocol = RTPROT_BOOT,
	    .rtm_type = RTN_UNICAST};
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(
	    &builder, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, 0, 0);
	nlq_build_bytes(&builder, &route, sizeof(route));
	nlq_build_attr(&builder, RTA_DST, net4, 4);
	nlq_build_attr(&builder, RTA_GATEWAY, other4, 4);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int route_delete(void)
{
	return nlq_dialog_route(&io, false, AF_INET, net4, 16, gateway4, 0);
}

static int neighbour_new(void)
{
	return set_neighbour(other4, mac2, NLM_F_CREATE | NLM_F_EXCL);
}

static int neighbour_replace(void)
{
	return set_neighbour(gateway4, mac2, NLM_F_CREATE | NLM_F_REPLACE);
}

static int link_delete(void)
{
	return nlq_dialog_link_del(&io, "eth0", 0);
}

static int take(const struct nlmsghdr *message, void *argument)
{
	++*(unsigned int *)argument;
	return 0;
}

/* A dump has no holes. */
static int dump(void)
{
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} request = {{sizeof(request), RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 0, 0}, {0}};
	unsigned int count = 0;
	int err = nlq_dialog(&io, &request.header, take, &count);

	if (!err)
		assert_int_equal(count, stack->fib.total);
	return err;
}

static int get(void)
{
	uint8_t seen[PX_MAC_LEN];

	return nlq_dialog_link_getaddr(&io, 2, seen);
}

static int open_and_listen(void)
{
	const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	struct px_sock *another;
	int err = px_sock_new(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &another);

	if (err)
		return err;
	err = px_sock_bind(another, (const struct sockaddr *)&links, sizeof(links));
	px_sock_free(another);
	return err;
}

/* ---- failures ---- */

/* What fell short is said by the result, or to the one who listens; an answer may be lost after the
 * change was made (ENOBUFS). */
/* Returns whether an allocation failed. */
static bool with_failure(int (*work)(void), int n, const char *after)
{
	long blocks = allocations_blocks;
	const char *before;
	int result;
	bool failed;

	open_stack();
	before = looks();
	allocations_fail_at(n);
	result = work();
	failed = allocations_have_failed();
	allocations_fail_at(-1);
	if (!failed)
		assert_int_equal(result, 0);
	else if (strcmp(looks(), after) != 0)
		assert_string_equal(looks(), before);
	if (result == 0)
		assert_string_equal(looks(), after);
	px_stack_free(stack);
	assert_int_equal(allocations_blocks, blocks);
	return failed;
}

static void with_failures(int (*work)(void))
{
	char after[8192];
	int n = 0;

	open_stack();
	assert_int_equal(work(), 0);
	strcpy(after, looks());
	px_stack_free(stack);
	while (with_failure(work, n++, after))
		;
	assert_true(n > 1);
}

#define WORKS(X)                                                                                   \
	X(link_set)                                                                                    \
	X(link_mac)                                                                                    \
	X(vlan_new)                                                                                    \
	X(address4_new)                                                                                \
	X(address6_new)                                                                                \
	X(address4_replace)                                                                            \
	X(address6_replace)                                                                            \
	X(address4_delete)                                                                             \
	X(route_new)                                                                                   \
	X(route_replace)                                                                               \
	X(route_delete)                                                                                \
	X(neighbour_new)                                                                               \
	X(neighbour_replace)                                                                           \
	X(link_delete)                                                                                 \
	X(dump)                                                                                        \
	X(get)                                                                                         \
	X(open_and_listen)

#define TEST(work)                                                                                 \
	static void test_##work(void **state)                                                          \
	{                                                                                              \
		with_failures(work);                                                                       \
	}
WORKS(TEST)

int main(void)
{
#define ENTRY(work) cmocka_unit_test(test_##work),
	const struct CMUnitTest tests[] = {WORKS(ENTRY)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
