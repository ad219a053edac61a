/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same requests, byte for byte and one after the other, to the kernel's stack and to a picox
 * one: the same error numbers, and the same messages in the answers but for what lies in the nature
 * of the interface or of the moment (unlike() below).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "same_stacks.h"
#include "same_requests.h"

#define LLADDR BYTES(NDA_LLADDR, "\2\0\0\0\0\11")

static const struct wanted more[] = {
    /* addresses */
    {"lifetime 0", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\7"), BYTES(IFA_CACHEINFO, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}},
    {"preferred longer than valid", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\7"), BYTES(IFA_CACHEINFO, "\11\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0")}},
    {"add for good", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"a group", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1")}},
    {"get an IPv4 address", RTM_GETADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1")}},
    {"get an IPv6 address that is none", RTM_GETADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5),
        {BYTES(IFA_ADDRESS, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x33")}},
    {"delete by the prefix", RTM_DELADDR, 0, ADDR(AF_INET, 16, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1")}},
    {"delete nothing of IPv6", RTM_DELADDR, 0, ADDR(AF_INET6, 64, .ifa_index = 5)},
    {"delete of no family", RTM_DELADDR, 0, ADDR(AF_UNIX, 24, .ifa_index = 5)},

    /* routes */
    {"route with host bits", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\1"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"route by ourselves", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\13\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\1")}},
    {"route by nothing", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\11\0\0")}},
    {"route of a wrong type", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, .rtm_type = 77),
        {BYTES(RTA_DST, "\12\11\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"default route", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"default route again", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"default route replaced", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
        ROUTE(AF_INET, 0, MAIN_UNICAST), {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"replace what is not there", RTM_NEWROUTE, NLM_F_REPLACE, ROUTE(AF_INET, 24, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x21\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"route get", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\0\0\7")}},
    {"blackhole", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_BLACKHOLE),
        {BYTES(RTA_DST, "\12\x31\0\0")}},
    {"unreachable", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNREACHABLE),
        {BYTES(RTA_DST, "\12\x32\0\0")}},
    {"prohibit", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 24, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_PROHIBIT),
        {BYTES(RTA_DST, "\12\x33\0\0")}},
    {"get by a blackhole", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x31\0\7")}},
    {"get unreachable", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x32\0\7")}},
    {"get prohibited", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x33\0\7")}},
    {"delete by another gateway", RTM_DELROUTE, 0, ROUTE(AF_INET, 0, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_GATEWAY, "\12\0\0\x63")}},
    {"delete by the gateway", RTM_DELROUTE, 0, ROUTE(AF_INET, 0, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"get without a route", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\13\0\0\7")}},

    /* neighbours */
    {"new neighbour", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"new neighbour again", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"change a neighbour", RTM_NEWNEIGH, NLM_F_REPLACE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"change none", RTM_NEWNEIGH, NLM_F_REPLACE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, "\12\0\0\12"), LLADDR}},
    {"neighbour without address", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT), {LLADDR}},
    {"neighbour without MAC", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\13")}},
    {"neighbour with half a MAC", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\14"), BYTES(NDA_LLADDR, "\2\0\0")}},
    {"neighbour nowhere", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 99, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"neighbour on no interface", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET, .ndm_state = NUD_PERMANENT), {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"neighbour of no family", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_UNIX, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\15"), LLADDR}},
    {"get a neighbour", RTM_GETNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\11")}},
    {"get no neighbour", RTM_GETNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\x3f")}},
    {"dump neighbours", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET)},
    {"delete a neighbour nowhere", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 99),
        {BYTES(NDA_DST, "\12\0\0\11")}},
    {"delete a neighbour of none", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5)},
    {"delete no neighbour", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\x3f")}},
};

#define ANY6       "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define NODAD      .ifa_flags = IFA_F_NODAD
#define FOREVER    "\xff\xff\xff\xff"
#define LIFE(p, v) BYTES(IFA_CACHEINFO, p v "\0\0\0\0\0\0\0\0")
#define HOUR       "\x10\x0e\0\0"
#define REPLACE    (NLM_F_CREATE | NLM_F_REPLACE)

static const struct wanted others[] = {
    /* addresses that change */
    {"metric", RTM_NEWADDR, REPLACE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1"),
            NUMBER(IFA_RT_PRIORITY, 77)}},
    {"metric in the dump of routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0)},
    {"lifetimes", RTM_NEWADDR, REPLACE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), BYTES(IFA_ADDRESS, "\12\0\0\1"), LIFE(HOUR, HOUR)}},
    {"deprecated", RTM_NEWADDR, REPLACE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), LIFE("\0\0\0\0", HOUR)}},
    {"dump addresses", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0)},
    {"for ever again", RTM_NEWADDR, REPLACE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\0\0\1"), LIFE(FOREVER, FOREVER), BYTES(IFA_PROTO, "\11")}},
    {"broadcast and label", RTM_NEWADDR, CREATE, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\1\0\1"), BYTES(IFA_BROADCAST, "\12\1\0\xff"),
            STRING(IFA_LABEL, "a0:x")}},
    {"peer", RTM_NEWADDR, CREATE, ADDR(AF_INET, 32, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\2\0\1"), BYTES(IFA_ADDRESS, "\12\2\0\2")}},
    {"dump addresses", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0)},
    {"delete by the label", RTM_DELADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {STRING(IFA_LABEL, "a0:x")}},
    {"delete by another label", RTM_DELADDR, 0, ADDR(AF_INET, 24, .ifa_index = 5),
        {STRING(IFA_LABEL, "a0:y")}},
    {"add IPv6", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5, NODAD),
        {BYTES(IFA_LOCAL, ANY6 "\1")}},
    {"add IPv6 by its address", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 64, .ifa_index = 5, NODAD),
        {BYTES(IFA_ADDRESS, ANY6 "\2"), LIFE(HOUR, HOUR)}},
    {"IPv6 without prefix route", RTM_NEWADDR, REPLACE, ADDR(AF_INET6, 64, .ifa_index = 5, NODAD),
        {BYTES(IFA_ADDRESS, ANY6 "\2"), NUMBER(IFA_FLAGS, IFA_F_NOPREFIXROUTE | IFA_F_NODAD)}},
    {"IPv6 metric", RTM_NEWADDR, REPLACE, ADDR(AF_INET6, 64, .ifa_index = 5, NODAD),
        {BYTES(IFA_ADDRESS, ANY6 "\1"), NUMBER(IFA_RT_PRIORITY, 99)}},
    {"dump IPv6 addresses", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET6, 0)},
    {"IPv6 peer", RTM_NEWADDR, CREATE, ADDR(AF_INET6, 128, .ifa_index = 5, NODAD),
        {BYTES(IFA_LOCAL, ANY6 "\3"), BYTES(IFA_ADDRESS, ANY6 "\4")}},
    {"get an IPv6 address", RTM_GETADDR, 0, ADDR(AF_INET6, 0), {BYTES(IFA_ADDRESS, ANY6 "\1")}},
    {"get an IPv6 address there", RTM_GETADDR, 0, ADDR(AF_INET6, 0, .ifa_index = 5),
        {BYTES(IFA_LOCAL, ANY6 "\1")}},
    {"get an IPv6 address elsewhere", RTM_GETADDR, 0, ADDR(AF_INET6, 0, .ifa_index = 99),
        {BYTES(IFA_LOCAL, ANY6 "\1")}},
    {"get an IPv6 address on lo", RTM_GETADDR, 0, ADDR(AF_INET6, 0, .ifa_index = 1),
        {BYTES(IFA_LOCAL, ANY6 "\1")}},
    /* Not here: an IPv4-mapped address. The kernel takes it, the stack does not (EINVAL). */
    {"dump with a header too long", RTM_GETADDR, NLM_F_DUMP, .header_len = 16},
    {"dump with a wrong attribute", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0),
        {BYTES(IFA_LOCAL, "1")}},
    {"dump of all families", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_UNSPEC, 0)},
    {"dump of no family", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_UNIX, 0)},

    /* routes */
    {"IPv6 route", RTM_NEWROUTE, CREATE, ROUTE(AF_INET6, 32, MAIN_UNICAST),
        {BYTES(RTA_DST, "\xfd\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), BYTES(RTA_GATEWAY, ANY6 "\x9"),
            NUMBER(RTA_PRIORITY, 5)}},
    {"IPv6 default", RTM_NEWROUTE, CREATE, ROUTE(AF_INET6, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, ANY6 "\x9"), BYTES(RTA_PREF, "\1")}},
    {"IPv6 default with a wrong preference", RTM_NEWROUTE, CREATE, ROUTE(AF_INET6, 0, MAIN_UNICAST),
        {BYTES(RTA_GATEWAY, ANY6 "\x8"), BYTES(RTA_PREF, "\7")}},
    {"IPv6 unreachable", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET6, 32, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNREACHABLE),
        {BYTES(RTA_DST, "\xfd\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0")}},
    {"IPv6 get", RTM_GETROUTE, 0, ROUTE(AF_INET6, 128), {BYTES(RTA_DST, ANY6 "\x77")}},
    {"IPv6 get by the gateway", RTM_GETROUTE, 0, ROUTE(AF_INET6, 128),
        {BYTES(RTA_DST, "\xfd\1\0\0\0\0\0\0\0\0\0\0\0\0\0\7")}},
    {"IPv6 get unreachable", RTM_GETROUTE, 0, ROUTE(AF_INET6, 128),
        {BYTES(RTA_DST, "\xfd\2\0\0\0\0\0\0\0\0\0\0\0\0\0\7")}},
    {"dump IPv6 routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET6, 0)},
    {"route with a source", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x41\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2"),
            BYTES(RTA_PREFSRC, "\12\2\0\1"), NUMBER(RTA_PRIORITY, 9)}},
    {"route with a source that is none", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x42\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2"),
            BYTES(RTA_PREFSRC, "\12\77\0\1")}},
    {"route with metrics", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x43\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2"),
            BYTES(RTA_METRICS, "\10\0\2\0\x78\5\0\0\10\0\12\0\11\0\0\0")}},
    {"onlink", RTM_NEWROUTE, CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST, .rtm_flags = RTNH_F_ONLINK),
        {BYTES(RTA_DST, "\12\x44\0\0"), BYTES(RTA_GATEWAY, "\13\0\0\2"), NUMBER(RTA_OIF, 5)}},
    {"onlink nowhere", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 16, MAIN_UNICAST, .rtm_flags = RTNH_F_ONLINK),
        {BYTES(RTA_DST, "\12\x45\0\0"), BYTES(RTA_GATEWAY, "\13\0\0\2")}},
    {"onlink to ourselves", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 16, MAIN_UNICAST, .rtm_flags = RTNH_F_ONLINK),
        {BYTES(RTA_DST, "\12\x45\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\1"), NUMBER(RTA_OIF, 5)}},
    {"append", RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x43\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\3")}},
    {"prepend", RTM_NEWROUTE, NLM_F_CREATE, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x43\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\4")}},
    {"dump routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0)},
    {"get by metrics", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\x43\0\7")}},
    {"get ourselves", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\0\0\1")}},
    {"get a broadcast", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\12\0\0\xff")}},
    {"get loopback", RTM_GETROUTE, 0, ROUTE(AF_INET, 32), {BYTES(RTA_DST, "\177\0\0\7")}},
    {"get by an interface", RTM_GETROUTE, 0, ROUTE(AF_INET, 32),
        {BYTES(RTA_DST, "\12\0\0\7"), NUMBER(RTA_OIF, 5)}},
    {"get by none", RTM_GETROUTE, 0, ROUTE(AF_INET, 32),
        {BYTES(RTA_DST, "\12\0\0\7"), NUMBER(RTA_OIF, 99)}},
    {"get from us", RTM_GETROUTE, 0, ROUTE(AF_INET, 32, .rtm_src_len = 32),
        {BYTES(RTA_DST, "\12\0\0\7"), BYTES(RTA_SRC, "\12\2\0\1")}},
    {"get from others", RTM_GETROUTE, 0, ROUTE(AF_INET, 32, .rtm_src_len = 32),
        {BYTES(RTA_DST, "\12\0\0\7"), BYTES(RTA_SRC, "\12\x66\0\1")}},
    {"get nothing", RTM_GETROUTE, 0, ROUTE(AF_INET, 0)},
    {"another table", RTM_NEWROUTE, CREATE,
        ROUTE(AF_INET, 16, .rtm_table = 77, .rtm_scope = RT_SCOPE_NOWHERE, .rtm_type = RTN_UNICAST),
        {BYTES(RTA_DST, "\12\x46\0\0"), NUMBER(RTA_OIF, 5)}},
    {"delete by metric", RTM_DELROUTE, 0, ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_DST, "\12\x41\0\0"), NUMBER(RTA_PRIORITY, 8)}},
    {"delete by type", RTM_DELROUTE, 0,
        ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE, .rtm_type = RTN_BLACKHOLE),
        {BYTES(RTA_DST, "\12\x41\0\0")}},
    {"delete by protocol", RTM_DELROUTE, 0,
        ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE, .rtm_protocol = RTPROT_STATIC),
        {BYTES(RTA_DST, "\12\x41\0\0")}},
    {"delete by source", RTM_DELROUTE, 0, ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE),
        {BYTES(RTA_DST, "\12\x41\0\0"), BYTES(RTA_PREFSRC, "\12\2\0\1")}},

    /* neighbours */
    {"IPv6 neighbour", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET6, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT, .ndm_flags = NTF_ROUTER),
        {BYTES(NDA_DST, ANY6 "\x11"), LLADDR}},
    {"stale IPv6 neighbour", RTM_NEWNEIGH, CREATE,
        NEIGHBOUR(AF_INET6, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, ANY6 "\x12"), LLADDR}},
    {"get an IPv6 neighbour", RTM_GETNEIGH, 0, NEIGHBOUR(AF_INET6, .ndm_ifindex = 5),
        {BYTES(NDA_DST, ANY6 "\x11")}},
    {"dump all neighbours", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_UNSPEC)},
    {"dump neighbours of a link", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET6),
        {NUMBER(NDA_IFINDEX, 5)}},
    {"dump neighbours of lo", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET6),
        {NUMBER(NDA_IFINDEX, 1)}},
    {"dump neighbours of a bridge", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET),
        {NUMBER(NDA_MASTER, 7)}},
    {"delete an IPv6 neighbour", RTM_DELNEIGH, 0, NEIGHBOUR(AF_INET6, .ndm_ifindex = 5),
        {BYTES(NDA_DST, ANY6 "\x11")}},

    /* links */
    {"get link", RTM_GETLINK, 0, LINK(.ifi_index = 5)},
    {"get lo", RTM_GETLINK, 0, LINK(.ifi_index = 1)},
    {"dump links of a bridge", RTM_GETLINK, NLM_F_DUMP, LINK(0), {NUMBER(IFLA_MASTER, 7)}},
    {"dump links of a kind", RTM_GETLINK, NLM_F_DUMP, LINK(0),
        {BYTES(IFLA_LINKINFO, "\x08\0\1\0zzz\0")}},
    {"no addresses by itself", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {BYTES(IFLA_AF_SPEC, "\x0c\0\12\0\5\0\10\0\1\0\0\0")}},
    {"a wrong mode", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {BYTES(IFLA_AF_SPEC, "\x0c\0\12\0\5\0\10\0\11\0\0\0")}},
    {"nothing of IPv6", RTM_SETLINK, 0, LINK(.ifi_index = 5), {BYTES(IFLA_AF_SPEC, "\4\0\12\0")}},
    {"of an unknown family", RTM_SETLINK, 0, LINK(.ifi_index = 5),
        {BYTES(IFLA_AF_SPEC, "\4\0\77\0")}},
    {"promiscuous", RTM_SETLINK, 0,
        LINK(.ifi_index = 5, .ifi_flags = IFF_PROMISC, .ifi_change = IFF_PROMISC)},
    {"get promiscuous", RTM_GETLINK, 0, LINK(.ifi_index = 5)},
    {"not promiscuous", RTM_SETLINK, 0, LINK(.ifi_index = 5, .ifi_change = IFF_PROMISC)},
    {"no ARP", RTM_SETLINK, 0,
        LINK(.ifi_index = 5, .ifi_flags = IFF_NOARP, .ifi_change = IFF_NOARP)},
    {"get without ARP", RTM_GETLINK, 0, LINK(.ifi_index = 5)},
    {"ARP", RTM_SETLINK, 0, LINK(.ifi_index = 5, .ifi_change = IFF_NOARP)},
    {"flags without change", RTM_SETLINK, 0,
        LINK(.ifi_index = 5, .ifi_flags = IFF_UP | IFF_MULTICAST)},

    /* NLM_F_ECHO */
    {"echo an address", RTM_NEWADDR, CREATE | NLM_F_ECHO, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\3\0\1")}},
    {"echo no address", RTM_NEWADDR, CREATE | NLM_F_ECHO, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\3\0\1")}},
    {"echo an address deleted", RTM_DELADDR, NLM_F_ECHO, ADDR(AF_INET, 24, .ifa_index = 5),
        {BYTES(IFA_LOCAL, "\12\3\0\1")}},
    {"echo a neighbour", RTM_NEWNEIGH, CREATE | NLM_F_ECHO,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_PERMANENT),
        {BYTES(NDA_DST, "\12\0\0\x31"), LLADDR}},
    {"echo a neighbour deleted", RTM_DELNEIGH, NLM_F_ECHO, NEIGHBOUR(AF_INET, .ndm_ifindex = 5),
        {BYTES(NDA_DST, "\12\0\0\x31")}},
    {"echo a route", RTM_NEWROUTE, CREATE | NLM_F_ECHO, ROUTE(AF_INET, 16, MAIN_UNICAST),
        {BYTES(RTA_DST, "\12\x51\0\0"), BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"echo a route deleted", RTM_DELROUTE, NLM_F_ECHO,
        ROUTE(AF_INET, 16, .rtm_scope = RT_SCOPE_NOWHERE), {BYTES(RTA_DST, "\12\x51\0\0")}},
    {"echo a link set", RTM_SETLINK, NLM_F_ECHO, LINK(.ifi_index = 5), {NUMBER(IFLA_MTU, 1399)}},
};

/* With NETLINK_GET_STRICT_CHK: dumps are checked, and heeded as filters. */
static const struct wanted strict[] = {
    {"a neighbour", RTM_NEWNEIGH, REPLACE,
        NEIGHBOUR(AF_INET, .ndm_ifindex = 5, .ndm_state = NUD_STALE),
        {BYTES(NDA_DST, "\12\0\0\11"), LLADDR}},
    {"links", RTM_GETLINK, NLM_F_DUMP, LINK(0)},
    {"links by index", RTM_GETLINK, NLM_F_DUMP, LINK(.ifi_index = 5)},
    {"links by flags", RTM_GETLINK, NLM_F_DUMP, LINK(.ifi_flags = IFF_UP)},
    {"links by name", RTM_GETLINK, NLM_F_DUMP, LINK(0), {STRING(IFLA_IFNAME, "a0")}},
    {"links with a mask", RTM_GETLINK, NLM_F_DUMP, LINK(0), {NUMBER(IFLA_EXT_MASK, 0)}},
    {"addresses", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0)},
    {"addresses by index", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0, .ifa_index = 5)},
    {"addresses by index of all families", RTM_GETADDR, NLM_F_DUMP,
        ADDR(AF_UNSPEC, 0, .ifa_index = 5)},
    {"addresses by no index", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0, .ifa_index = 99)},
    {"addresses by length", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET6, 64)},
    {"addresses by label", RTM_GETADDR, NLM_F_DUMP, ADDR(AF_INET, 0), {STRING(IFA_LABEL, "a0")}},
    {"addresses with a header too long", RTM_GETADDR, NLM_F_DUMP, .header_len = 16},
    {"routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0)},
    {"routes of a table", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0, .rtm_table = RT_TABLE_MAIN)},
    {"routes of table 77", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0), {NUMBER(RTA_TABLE, 78)}},
    {"IPv6 routes of table 77", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET6, 0),
        {NUMBER(RTA_TABLE, 78)}},
    {"routes of all in table 77", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_UNSPEC, 0),
        {NUMBER(RTA_TABLE, 78)}},
    {"routes by interface", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0), {NUMBER(RTA_OIF, 5)}},
    {"routes by lo", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET6, 0), {NUMBER(RTA_OIF, 1)}},
    {"routes by no interface", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0), {NUMBER(RTA_OIF, 99)}},
    {"routes by protocol", RTM_GETROUTE, NLM_F_DUMP,
        ROUTE(AF_INET, 0, .rtm_protocol = RTPROT_KERNEL)},
    {"routes by type", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0, .rtm_type = RTN_BLACKHOLE)},
    {"routes by scope", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0, .rtm_scope = RT_SCOPE_LINK)},
    {"routes by length", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 24)},
    {"routes by flags", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0, .rtm_flags = RTM_F_NOTIFY)},
    {"cached routes", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0, .rtm_flags = RTM_F_CLONED)},
    {"routes by gateway", RTM_GETROUTE, NLM_F_DUMP, ROUTE(AF_INET, 0),
        {BYTES(RTA_GATEWAY, "\12\0\0\2")}},
    {"neighbours", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET)},
    {"neighbours by interface", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET, .ndm_ifindex = 5)},
    {"neighbours by state", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET, .ndm_state = NUD_STALE)},
    {"neighbours by attribute", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET),
        {NUMBER(NDA_IFINDEX, 5)}},
    {"neighbours by address", RTM_GETNEIGH, NLM_F_DUMP, NEIGHBOUR(AF_INET),
        {BYTES(NDA_DST, "\12\0\0\11")}},
};

static int fds[STACKS];

/* ---- answers as text ---- */

#define LINE_MAX_ 1024

struct answer {
	int error; /* of NLMSG_ERROR or NLMSG_DONE */
	size_t count;
	char line[256][LINE_MAX_];
};

/* Attributes whose value is the interface's own or the moment's: that they are there is compared.
 */
static int unlike(uint16_t type, int family, uint16_t attr)
{
	switch (type & ~3) {
	case RTM_NEWLINK:
		return attr == IFLA_ADDRESS || attr == IFLA_TXQLEN || attr == IFLA_QDISC ||
		       attr == IFLA_MAX_MTU || attr == IFLA_STATS || attr == IFLA_STATS64;
	case RTM_NEWADDR:
		return attr == IFA_CACHEINFO;
	case RTM_NEWROUTE:
		/* Of equal addresses each chooses its own: the kernel the newest. */
		return attr == RTA_CACHEINFO || attr == RTA_PREFSRC * (family == AF_INET6);
	case RTM_NEWNEIGH:
		return attr == NDA_CACHEINFO;
	default:
		return 0;
	}
}

/* Attributes that the stack does not tell, or not all of them. */
static int untold(uint16_t type, uint16_t attr)
{
	if (type == RTM_NEWROUTE)
		return attr == RTA_UID;
	return type == RTM_NEWLINK &&
	       (attr == IFLA_AF_SPEC || attr == IFLA_MAP || attr > IFLA_EXT_MASK || attr == IFLA_LINK ||
	           attr == IFLA_LINKINFO);
}

static void add_bytes(char *line, const void *bytes, size_t len)
{
	size_t used = strlen(line);

	for (size_t i = 0; i < len && used + 3 < LINE_MAX_; i++)
		used += (size_t)sprintf(line + used, "%02x", ((const unsigned char *)bytes)[i]);
}

static void add_text(char *line, const char *format, unsigned int number)
{
	size_t used = strlen(line);

	snprintf(line + used, LINE_MAX_ - used, format, number);
}

/* What comes and goes by itself: of other interfaces, link-local, of IPv6's table of its own. */
static int passing(const struct nlmsghdr *msg, const struct nlattr *const *attr)
{
	const struct rtmsg *route = NLMSG_DATA(msg);
	const struct ifaddrmsg *addr = NLMSG_DATA(msg);
	const struct ifinfomsg *link = NLMSG_DATA(msg);
	const struct ndmsg *neighbour = NLMSG_DATA(msg);
	const unsigned char *ip = NULL;
	uint32_t index;

	switch (msg->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return link->ifi_index != 1 && link->ifi_index != A0;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		ip = attr[IFA_ADDRESS] ? nlq_attr_data(attr[IFA_ADDRESS]) : NULL;
		return (addr->ifa_index != 1 && addr->ifa_index != A0) ||
		       (addr->ifa_family == AF_INET6 && ip && ip[0] == 0xfe);
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		ip = attr[RTA_DST] ? nlq_attr_data(attr[RTA_DST]) : NULL;
		if (nlq_attr_u32(attr[RTA_OIF], &index) && index != 1 && index != A0)
			return 1;
		/* The kernel makes those of IPv6's single addresses when it comes to it. */
		if (route->rtm_family == AF_INET6 && route->rtm_dst_len == 128 &&
		    route->rtm_protocol == RTPROT_KERNEL)
			return 1;
		return (route->rtm_table == RT_TABLE_LOCAL && !(route->rtm_flags & RTM_F_CLONED)) ||
		       (route->rtm_family == AF_INET6 && ip && ip[0] >= 0xfe);
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		ip = attr[NDA_DST] ? nlq_attr_data(attr[NDA_DST]) : NULL;
		/* An entry that a request has left without state is none. */
		return neighbour->ndm_ifindex != A0 || !neighbour->ndm_state || (ip && ip[0] >= 0xfe) ||
		       neighbour->ndm_type != RTN_UNICAST;
	default:
		return 1;
	}
}

static void describe(const struct nlmsghdr *msg, struct answer *answer)
{
	size_t header = msg->nlmsg_type % 4 == 0 || msg->nlmsg_type % 4 == 1
	                    ? (msg->nlmsg_type < RTM_NEWADDR       ? sizeof(struct ifinfomsg)
	                          : msg->nlmsg_type < RTM_NEWROUTE ? sizeof(struct ifaddrmsg)
	                                                           : sizeof(struct rtmsg))
	                    : 0;
	const struct nlattr *attr[64];
	char *line = answer->line[answer->count];

	assert_true(answer->count < 256);
	assert_int_equal(nlq_parse_attrs(nlq_message_attrs(msg, header), attr, 63), 0);
	if (passing(msg, attr))
		return;
	answer->count++;
	sprintf(line, "%u flags %#x header ", msg->nlmsg_type, msg->nlmsg_flags);
	add_bytes(line, NLMSG_DATA(msg), header);
	for (uint16_t i = 0; i < 64; i++) {
		if (!attr[i] || untold(msg->nlmsg_type, i))
			continue;
		add_text(line, " %u:", i);
		if (unlike(msg->nlmsg_type, *(const unsigned char *)NLMSG_DATA(msg), i))
			strcat(line, "?");
		else
			add_bytes(line, nlq_attr_data(attr[i]), nlq_attr_len(attr[i]));
	}
}

static int by_text(const void *one, const void *two)
{
	return strcmp(one, two);
}

/* Until the acknowledgement, or the end of the dump. */
static void read_answer(int fd, struct answer *answer)
{
	static _Alignas(struct nlmsghdr) unsigned char buffer[65536];
	const struct nlmsghdr *msg;

	answer->count = 0;
	for (;;) {
		ssize_t len = ioth_recv(fd, buffer, sizeof(buffer), 0);
		struct nlq_reader reader = nlq_reader(buffer, (size_t)len);

		assert_true(len > 0);
		while ((msg = nlq_next_message(&reader))) {
			if (msg->nlmsg_type != NLMSG_ERROR && msg->nlmsg_type != NLMSG_DONE) {
				describe(msg, answer);
				continue;
			}
			answer->error = nlq_message_result(msg);
			qsort(answer->line, answer->count, LINE_MAX_, by_text);
			/* The end itself, without the texts. */
			if (msg->nlmsg_type == NLMSG_ERROR)
				sprintf(answer->line[answer->count++], "end flags %#x length %u", msg->nlmsg_flags,
				    msg->nlmsg_len);
			return;
		}
	}
}

static int has_line(const struct answer *answer, const char *line)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (strcmp(answer->line[i], line) == 0)
			return 1;
	}
	return 0;
}

static int compare_answers(const char *what, const struct answer answers[STACKS])
{
	int differences = 0;

	if (answers[KERNEL].error != answers[PICOX].error) {
		printf("%s: kernel %s, picox %s\n", what, strerror(-answers[KERNEL].error),
		    strerror(-answers[PICOX].error));
		differences++;
	}
	for (int i = 0; i < STACKS; i++) {
		for (size_t j = 0; j < answers[i].count; j++) {
			if (has_line(&answers[!i], answers[i].line[j]))
				continue;
			printf("%s: only %s: %s\n", what, same_names[i], answers[i].line[j]);
			differences++;
		}
	}
	return differences;
}

static int compare(const struct wanted *list, size_t count)
{
	static struct answer answers[STACKS];
	int differences = 0;

	for (size_t i = 0; i < count; i++) {
		NLQ_BUFFER(buffer, 512);
		const struct nlmsghdr *request = same_request(&list[i], buffer, sizeof(buffer));

		for (int j = 0; j < STACKS; j++) {
			assert_int_equal(
			    ioth_send(fds[j], request, request->nlmsg_len, 0), (ssize_t)request->nlmsg_len);
			read_answer(fds[j], &answers[j]);
		}
		differences += compare_answers(list[i].what, answers);
	}
	return differences;
}

static void test_requests(void **state)
{
	assert_int_equal(compare(requests, sizeof(requests) / sizeof(requests[0])), 0);
}

static void test_more(void **state)
{
	assert_int_equal(compare(more, sizeof(more) / sizeof(more[0])), 0);
}

static void test_others(void **state)
{
	assert_int_equal(compare(others, sizeof(others) / sizeof(others[0])), 0);
}

static void test_strict(void **state)
{
	const int on = 1;

	for (int i = 0; i < STACKS; i++)
		assert_int_equal(
		    ioth_setsockopt(fds[i], SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)), 0);
	assert_int_equal(compare(strict, sizeof(strict) / sizeof(strict[0])), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_more),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_strict),
	};
	int failed;

	same_stacks_open();
	for (int i = 0; i < STACKS; i++)
		fds[i] = nlqx_open(same_stacks[i], NETLINK_ROUTE);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (int i = 0; i < STACKS; i++)
		ioth_close(fds[i]);
	same_stacks_close();
	return failed;
}
