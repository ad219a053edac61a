/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layout that binaries depend on: plugins and programs compiled long ago go on working. What is
 * asserted here may not change; the test has passed when it compiles.
 */
#include <assert.h>
#include <stddef.h>
#include <ioth.h>
#include <iothdns.h>
#include <iothradvd.h>
#include <libnlq.h>

/* struct ioth_functions: one pointer after the other, in this order, and none behind them. */
#define ASSERT_POSITION(position, name)                                                            \
	static_assert(offsetof(struct ioth_functions, name) == (position) * sizeof(void *),            \
	    "struct ioth_functions: " #name " has moved")

ASSERT_POSITION(0, getstackdata);
ASSERT_POSITION(1, newstack);
ASSERT_POSITION(2, delstack);
ASSERT_POSITION(3, socket);
ASSERT_POSITION(4, close);
ASSERT_POSITION(5, bind);
ASSERT_POSITION(6, connect);
ASSERT_POSITION(7, listen);
ASSERT_POSITION(8, accept);
ASSERT_POSITION(9, getsockname);
ASSERT_POSITION(10, getpeername);
ASSERT_POSITION(11, setsockopt);
ASSERT_POSITION(12, getsockopt);
ASSERT_POSITION(13, shutdown);
ASSERT_POSITION(14, ioctl);
ASSERT_POSITION(15, fcntl);
ASSERT_POSITION(16, read);
ASSERT_POSITION(17, readv);
ASSERT_POSITION(18, recv);
ASSERT_POSITION(19, recvfrom);
ASSERT_POSITION(20, recvmsg);
ASSERT_POSITION(21, write);
ASSERT_POSITION(22, writev);
ASSERT_POSITION(23, send);
ASSERT_POSITION(24, sendto);
ASSERT_POSITION(25, sendmsg);
static_assert(sizeof(struct ioth_functions) == 26 * sizeof(void *),
    "struct ioth_functions: plugins bring room for 26 pointers");

/* The types of the entries: an assignment of another one does not compile (-Werror). */
static_assert(_Generic(((struct ioth_functions *)0)->newstack,                         //
                  void *(*)(const char **, const char *, struct ioth_functions *) : 1, //
                  default : 0),
    "newstack");
static_assert(
    _Generic(((struct ioth_functions *)0)->delstack, int (*)(void *) : 1, default : 0), "delstack");
static_assert(
    _Generic(((struct ioth_functions *)0)->getstackdata, void *(*)(void) : 1, default : 0),
    "getstackdata");
static_assert(_Generic(((struct ioth_functions *)0)->ioctl, //
                  int (*)(int, unsigned long, ...) : 1, default : 0),
    "ioctl");
static_assert(
    _Generic(((struct ioth_functions *)0)->fcntl, int (*)(int, int, ...) : 1, default : 0),
    "fcntl");

/* What servers read, and the table they write. */
static_assert(offsetof(struct nlq_msg, nlq_packet) == 0, "nlq_packet");
static_assert(offsetof(struct nlq_msg, nlq_size) == sizeof(void *), "nlq_size");
static_assert(offsetof(struct nlq_request_handlers, search_entry) == 0, "search_entry");
static_assert(offsetof(struct nlq_request_handlers, get) == 1 * sizeof(void *), "get");
static_assert(offsetof(struct nlq_request_handlers, new) == 2 * sizeof(void *), "new");
static_assert(offsetof(struct nlq_request_handlers, del) == 3 * sizeof(void *), "del");
static_assert(offsetof(struct nlq_request_handlers, set) == 4 * sizeof(void *), "set");
static_assert(sizeof(struct nlq_request_handlers) == 5 * sizeof(void *), "handlers");
static_assert(RTMF_LINK == 0 && RTMF_ADDR == 1 && RTMF_ROUTE == 2 && RTMF_NEIGH == 3 &&
                  RTMF_RULE == 4 && RTMF_QDISC == 5,
    "RTMF_");
static_assert(RTM_NEW == 0 && RTM_DEL == 1 && RTM_GET == 2 && RTM_SET == 3, "RTM_");
static_assert(offsetof(struct nlq_if_nameindex, if_name) == sizeof(void *), "if_name");
static_assert(offsetof(struct nlq_iplink_data, data) == 8, "data");

/* What programs fill for iothdns. */
static_assert(offsetof(struct iothdns_header, flags) == 2, "flags");
static_assert(offsetof(struct iothdns_header, qname) == sizeof(void *), "qname");
static_assert(offsetof(struct iothdns_header, qtype) == 2 * sizeof(void *), "qtype");
static_assert(offsetof(struct iothdns_header, qclass) == 2 * sizeof(void *) + 2, "qclass");
static_assert(offsetof(struct iothdns_rr, name) == 0, "name");
static_assert(offsetof(struct iothdns_rr, type) == sizeof(void *), "type");
static_assert(offsetof(struct iothdns_rr, class) == sizeof(void *) + 2, "class");
static_assert(offsetof(struct iothdns_rr, ttl) == sizeof(void *) + 4, "ttl");
static_assert(offsetof(struct iothdns_rr, rdlength) == sizeof(void *) + 8, "rdlength");
static_assert(IOTHDNS_MAXNAME == 256 && IOTHDNS_MAXSTRING == 255, "buffers");
static_assert(IOTHDNS_HOSTS == 0 && IOTHDNS_SERVICES == 1 && IOTHDNS_PATH_SIZE == 2, "tags");

static_assert(MAC_ADDRSTRLEN == 18, "MAC_ADDRSTRLEN");

/* struct iothradata and struct iothraprefix: arrays of them are passed by programs. */
static_assert(sizeof(struct iothradata) == 16 && offsetof(struct iothradata, flags) == 1 &&
                  offsetof(struct iothradata, router_lifetime) == 2 &&
                  offsetof(struct iothradata, reachable) == 4 &&
                  offsetof(struct iothradata, retransmit) == 8 &&
                  offsetof(struct iothradata, mtu) == 12,
    "struct iothradata");
static_assert(sizeof(struct iothraprefix) == 28 && offsetof(struct iothraprefix, prefixlen) == 16 &&
                  offsetof(struct iothraprefix, flags) == 17 &&
                  offsetof(struct iothraprefix, valid_time) == 20 &&
                  offsetof(struct iothraprefix, preferred_time) == 24,
    "struct iothraprefix");

int main(void)
{
	return 0;
}
