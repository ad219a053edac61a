/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests whose error numbers are compared with the kernel's, one after the other, on
 *
 *   lo (1)   a0 (5), a veth or Ethernet; no addresses
 */
#ifndef TEST_SAME_REQUESTS_H
#define TEST_SAME_REQUESTS_H

#include <stdint.h>
#include <net/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "nlq_dialog.h"
#include "nlq_message.h"

#define ATTRS 4

/* A request: its header, the family header's bytes, and attributes. */
struct attr {
	uint16_t type;
	uint16_t len;
	const void *data;
};

struct wanted {
	const char *what;
	uint16_t type;
	uint16_t flags;
	size_t header_len;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
		struct ndmsg neighbour;
	} header;
	struct attr attrs[ATTRS];
};

#define LINK(...)      .header_len = sizeof(struct ifinfomsg), .header.link = {__VA_ARGS__}
#define ADDR(...)      .header_len = sizeof(struct ifaddrmsg), .header.addr = {__VA_ARGS__}
#define ROUTE(...)     .header_len = sizeof(struct rtmsg), .header.route = {__VA_ARGS__}
#define NEIGHBOUR(...) .header_len = sizeof(struct ndmsg), .header.neighbour = {__VA_ARGS__}
#define NUMBER(t, n)                                                                               \
	{                                                                                              \
		t, 4, (const uint32_t[])                                                                   \
		{                                                                                          \
			n                                                                                      \
		}                                                                                          \
	}
#define STRING(t, s)                                                                               \
	{                                                                                              \
		t, sizeof(s), s                                                                            \
	}
#define BYTES(t, s)                                                                                \
	{                                                                                              \
		t, sizeof(s) - 1, s                                                                        \
	}
#define MAIN_UNICAST                                                                               \
	.rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_BOOT, .rtm_type = RTN_UNICAST
#define CREATE (NLM_F_CREATE | NLM_F_EXCL)

static const struct wanted requests[] = {
    /* links */
    {"get by index", RTM_GETLINK, 0, LINK(.ifi_index = 5)},
    {"get by name", RTM_GETLINK, 0, LINK(0), {STRING(IFLA_IFNAME, "a0")}},
    {"get by a name without NUL", RTM_GETLINK, 0, LINK(0), {BYTES(IFLA_IFNAME, "a0")}},
    {"get none by index", RTM_GETLINK, 0, LINK(.ifi_index = 99)},
    {"get none by name", RTM_GETLINK, 0, LINK(0), {STRING(IFLA_IFNAME, "zz")}},
    {"get by nothing", RTM_GETLINK, 0, LINK(0)},
    {"get by a name of 16", RTM_GETLINK, 0, LINK(0), {STRING(IFLA_IFNAME, "abcdefghijklmnop")}},
    {"get without a header", RTM_GETLINK, NLM_F_ACK, .header_len = 0},
    {"get with half a header", RTM_GETLINK, 0, .header_len = 4},
    {"dump", RTM_GETLINK, NLM_F_DUMP, LINK(0)},
    {"dump with one flag", RTM_GETLINK, NLM_F_MATCH, LINK(0)},
    {"dump with one byte", RTM_GETLINK, NLM_F_DUMP, .header_len = 1},
    {"set none", RTM_SETLINK, 0, LINK(.ifi_index = 99)},
    {"set nothing", RTM_SETLINK, 0, LINK(.ifi_index = 5)},
    {"set MTU", RTM_SETLINK, 0, LINK(.ifi_index = 5), {NUMBER(IFLA_MTU, 1400)}},
    {"set MTU too small", RTM_SETLINK, 0, LINK(.ifi_index = 5), {NUMBER(IFLA_MTU, 1)}},
    {"set MTU too large", RTM_SETLINK, 0, LINK(.ifi_index = 5), {NUMBER(IFLA_MTU, 70000)}},
    {"set MTU of 2 bytes", RTM_SETLINK, 0, LINK(.ifi_index = 5), {BYTES(IFLA_MTU, "12")}},
    {"set queue length", RTM_SETLINK, 0, LINK(.ifi_index = 5), {NUMBER(IFLA_TXQLEN, 77)}},
    {"set queue length of 3 bytes", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {BYTES(IFLA_TXQLEN, "123")}},
    {"set MAC", RTM_SETLINK, 0, LINK(.ifi_index = 5), {BYTES(IFLA_ADDRESS, "\2\0\0\0\0\7")}},
    {"set short MAC", RTM_SETLINK, 0, LINK(.ifi_index = 5), {BYTES(IFLA_ADDRESS, "\2\0\0")}},
    {"set endless MAC", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {BYTES(IFLA_ADDRESS, "0123456789abcdef0123456789abcdef!")}},
    {"set name that is taken", RTM_SETLINK, 0, LINK(.ifi_index = 5), {STRING(IFLA_IFNAME, "lo")}},
    {"set name with a slash", RTM_SETLINK, 0, LINK(.ifi_index = 5), {STRING(IFLA_IFNAME, "a/0")}},
    {"set name too long", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {STRING(IFLA_IFNAME, "abcdefghijklmnop")}},
    {"set name", RTM_SETLINK, 0, LINK(.ifi_index = 5), {STRING(IFLA_IFNAME, "a9")}},
    {"set name back", RTM_SETLINK, 0, LINK(.ifi_index = 5), {STRING(IFLA_IFNAME, "a0")}},
    {"up", RTM_SETLINK, 0, LINK(.ifi_index = 5, .ifi_flags = IFF_UP, .ifi_change = IFF_UP)},
    {"new on an old one", RTM_NEWLINK, 0, LINK(.ifi_index = 5)},
    {"new on an old one, exclusive", RTM_NEWLINK, CREATE, LINK(.ifi_index = 5)},
    {"new on none, not to create", RTM_NEWLINK, 0, LINK(.ifi_index = 99)},
    {"new of no kind", RTM_NEWLINK, CREATE, LINK(0), {STRING(IFLA_IFNAME, "n0")}},
    {"new of an unknown kind", RTM_NEWLINK, CREATE, LINK(0),
        {STRING(IFLA_IFNAME, "n0"), BYTES(IFLA_LINKINFO, "\x08\0\1\0zzz\0")}},
    {"delete none by index", RTM_DELLINK, 0, LINK(.ifi_index = 99)},
    {"delete none by name", RTM_DELLINK, 0, LINK(0), {STRING(IFLA_IFNAME, "zz")}},
    {"delete nothing", RTM_DELLINK, 0, LINK(0)},
    {"delete lo", RTM_DELLINK, 0, LINK(.ifi_index = 1)},

    /* addresses */
    {"add", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"add again", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"add again, not exclusive", RTM_NEWADDR, NLM_F_CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},
    {"replace", RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},
    {"add nowhere", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 99),
        {BYTES(IFA_LOCAL, "\12\0\0\2")}},
    {"add nothing", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5)},
    {"add with too long a prefix", RTM_NEWADDR, CREATE, ADDR(AF_INET, 33, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\2")}},
    {"add half an address", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0")}},
    {"add of no family", RTM_NEWADDR, CREATE, ADDR(AF_UNIX, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\2")}},
    {"add with too long a label", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\2"), STRING(IFA_LABEL, "abcdefghijklmnop")}},
    {"add IPv6", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},
    {"add IPv6 again", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},
    {"add half an IPv6 address", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0")}},
    {"add IPv6 with too long a prefix", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 129, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2")}},
    {"dump addresses", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET)},
    {"delete none", RTM_DELADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\2")}},
    {"delete nowhere", RTM_DELADDR, 0, ADDR(AF_INET, 24, .ifa_index = 99),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},
    {"delete IPv6", RTM_DELADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},
    {"delete IPv6 again", RTM_DELADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},

    /* routes */
    {"add route", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"add route again", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"add route, not to create", RTM_NEWROUTE, 0, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\10\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"add route by nobody", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\10\0\0"), BYTES(RTA_GATEWAY, "\13\0\0\2")}},
    {"add route with too long a prefix", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 33, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\10\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"add route to half an address", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\10"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"add route by an unknown interface", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 16, MAIN_UNICAST, .rtm_scope = RT_SCOPE_LINK),
        {BYTES(RTA_DST, "\12\10\0\0"), NUMBER(RTA_OIF, 99)}},
    {"dump routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET)},
    {"delete route", RTM_DELROUTE, 0, ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_DST, "\12\11\0\0")}},
    {"delete route again", RTM_DELROUTE, 0, ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_DST, "\12\11\0\0")}},
    {"delete address", RTM_DELADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},

    /* what there is not */
    {"an unknown type", RTM_MAX + 5, 0, LINK(0)},
    {"the last type", 65535, 0, LINK(0)},
    {"a control type", NLMSG_NOOP, NLM_F_ACK, LINK(0)},
};

static inline int take_nothing(const struct nlmsghdr *message, void *argument)
{
	return 0;
}

/* All requests ask for an acknowledgement unless they are dumps, so that both sides answer. */
static inline struct nlmsghdr *same_request(const struct wanted *wanted, void *buffer, size_t size)
{
	struct nlq_builder builder = nlq_builder(buffer, size);
	uint16_t flags = NLM_F_REQUEST | wanted->flags;
	struct nlmsghdr *request;

	if (wanted->type % 4 != RTM_GET || !(wanted->flags & NLM_F_DUMP))
		flags |= NLM_F_ACK;
	nlq_build_message(&builder, wanted->type, flags, 1, 0);
	nlq_build_bytes(&builder, &wanted->header, wanted->header_len);
	for (size_t i = 0; i < ATTRS && wanted->attrs[i].type; i++)
		nlq_build_attr(
		    &builder, wanted->attrs[i].type, wanted->attrs[i].data, wanted->attrs[i].len);
	request = nlq_build_finish(&builder);
	assert_non_null(request);
	return request;
}

static inline int ask(const struct nlq_io *io, const struct wanted *wanted)
{
	NLQ_BUFFER(buffer, 512);

	return nlq_dialog(io, same_request(wanted, buffer, sizeof(buffer)), take_nothing, NULL);
}

#endif
