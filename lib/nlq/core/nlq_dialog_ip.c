/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs about addresses and routes (rtnetlink(7), RTM_*ADDR and RTM_*ROUTE).
 *
 * An address is sent as nlinline(3) does: the same as IFA_LOCAL and IFA_ADDRESS (no peer), no
 * broadcast address (the kernel delivers the prefix's own without one).
 *
 * A route is one of the main table. Two things are wider than nlinline's, which knows none of them:
 * without a gateway the route is one to the interface itself, of link scope in IPv4; and a route
 * is deleted whoever made it and whatever its scope, as ip-route(8) does, where the caller does not
 * name the scope.
 *
 * A prefix length may carry more than itself (ioth.h): its top byte tells what.
 *   0x70  address: flags (IFA_F_*) << 16 | scope << 8 | length
 *   0x60  route: type (RTN_*) << 16 | scope << 8 | length
 */
#include "nlq_dialog.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "nlq_message.h"

#define REQUEST_SIZE      256
#define PREFIX_WITH_ADDR  0x70
#define PREFIX_WITH_ROUTE 0x60

struct prefix {
	bool extended;
	uint8_t extra; /* an address' flags, or a route's type */
	uint8_t scope;
	uint8_t len;
};

static size_t address_len(int family)
{
	switch (family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default:
		return 0;
	}
}

static int read_prefix(int value, unsigned int tag, int family, struct prefix *prefix)
{
	unsigned int bits = (unsigned int)value;

	*prefix = (struct prefix){.len = bits & 0xff};
	if (bits >> 24 == tag) {
		prefix->extended = true;
		prefix->extra = bits >> 16 & 0xff;
		prefix->scope = bits >> 8 & 0xff;
	} else if (bits >> 8) {
		return -EINVAL;
	}
	return prefix->len > 8 * address_len(family) ? -EINVAL : 0;
}

static int run_change(const struct nlq_io *io, struct nlq_builder *builder)
{
	struct nlmsghdr *request = nlq_build_finish(builder);
	int result = request ? nlq_dialog(io, request, NULL, NULL) : builder->error;

	return result < 0 ? result : 0;
}

int nlq_dialog_addr(const struct nlq_io *io, bool add, int family, const void *address,
    int prefixlen, unsigned int ifindex)
{
	const size_t len = address_len(family);
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct ifaddrmsg header;
	struct prefix prefix;

	if (len == 0 || !address || read_prefix(prefixlen, PREFIX_WITH_ADDR, family, &prefix))
		return -EINVAL;
	header = (struct ifaddrmsg){
	    .ifa_family = (uint8_t)family,
	    .ifa_prefixlen = prefix.len,
	    .ifa_flags = prefix.extra,
	    .ifa_scope = prefix.scope, /* RT_SCOPE_UNIVERSE is 0 */
	    .ifa_index = ifindex,
	};
	nlq_build_message(&builder, add ? RTM_NEWADDR : RTM_DELADDR,
	    NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0), 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, IFA_LOCAL, address, len);
	nlq_build_attr(&builder, IFA_ADDRESS, address, len);
	return run_change(io, &builder);
}

static uint8_t default_scope(bool add, int family, const void *gateway)
{
	if (!add)
		return RT_SCOPE_NOWHERE; /* any, in a request to delete */
	if (family == AF_INET && !gateway)
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

int nlq_dialog_route(const struct nlq_io *io, bool add, int family, const void *destination,
    int prefixlen, const void *gateway, unsigned int ifindex)
{
	const size_t len = address_len(family);
	NLQ_BUFFER(buffer, REQUEST_SIZE);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	struct rtmsg header;
	struct prefix prefix;

	if (len == 0 || read_prefix(prefixlen, PREFIX_WITH_ROUTE, family, &prefix) ||
	    (!destination && prefix.len))
		return -EINVAL;
	header = (struct rtmsg){
	    .rtm_family = (uint8_t)family,
	    .rtm_dst_len = prefix.len,
	    .rtm_table = RT_TABLE_MAIN,
	    .rtm_protocol = add ? RTPROT_BOOT : RTPROT_UNSPEC,
	    .rtm_scope = prefix.extended ? prefix.scope : default_scope(add, family, gateway),
	    .rtm_type = prefix.extended ? prefix.extra : RTN_UNICAST,
	};
	nlq_build_message(&builder, add ? RTM_NEWROUTE : RTM_DELROUTE,
	    NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0), 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	if (ifindex)
		nlq_build_attr_u32(&builder, RTA_OIF, ifindex);
	if (prefix.len)
		nlq_build_attr(&builder, RTA_DST, destination, len);
	if (gateway)
		nlq_build_attr(&builder, RTA_GATEWAY, gateway, len);
	return run_change(io, &builder);
}
