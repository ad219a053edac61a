/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of groups: ip(7), RFC 3493 section 5.2, RFC 3678 (sources, both families). */
#include "socket_internal.h"

#define MEMBERSHIPS_MAX 1024 /* of one socket; Linux's igmp_max_memberships is 20 */

static struct ip_membership *find(
    const struct px_sock *sock, const struct px_ip *group, uint32_t ifindex)
{
	struct ip_membership *membership;

	list_for_each (membership, &sock->endpoint->memberships, node) {
		if (px_ip_eq(&membership->address, group) && (!ifindex || membership->ifindex == ifindex))
			return membership;
	}
	return NULL;
}

/* The interface of an index, of an address of ours, or that the route to the group takes. */
static struct px_iface *choose_iface(const struct px_sock *sock, uint32_t index,
    const struct px_ip *address, const struct px_ip *group)
{
	const struct px_route *route;
	const struct px_address *found;
	struct px_iface *iface;

	if (index)
		return px_iface_by_index(sock->stack, index);
	if (!px_ip_is_any(address)) {
		found = px_address_find(sock->stack, address, NULL);
		return found ? found->iface : NULL;
	}
	if (sock->endpoint->bound_ifindex)
		return px_iface_by_index(sock->stack, sock->endpoint->bound_ifindex);
	route = px_route_lookup(sock->stack, group, 0, px_ip_is4(group) ? PX_LOOKUP_MAIN_ONLY : 0);
	if (route && route->iface && !px_iface_is_loopback(route->iface))
		return route->iface;
	/* Without a route, Linux has none for IPv4; a stack mostly has one interface: that. */
	list_for_each (iface, &sock->stack->ifaces, node) {
		if (px_iface_is_up(iface) && (iface->flags & IFF_MULTICAST))
			return iface;
	}
	return NULL;
}

static int join(struct px_sock *sock, struct px_iface *iface, const struct px_ip *group,
    bool exclude, const struct px_ip *source, unsigned int count)
{
	struct ip_membership *membership;
	unsigned int have = 0;
	int err;

	if (!px_ip_is_multicast(group))
		return -EINVAL;
	if (!iface)
		return -ENODEV;
	if (find(sock, group, iface->index))
		return -EADDRINUSE;
	list_for_each (membership, &sock->endpoint->memberships, node)
		have++;
	if (have >= MEMBERSHIPS_MAX)
		return -ENOBUFS;
	err = ip_group_join(sock->stack, iface, group, exclude, source, count, &membership);
	if (err)
		return err;
	list_append(&sock->endpoint->memberships, &membership->node);
	return 0;
}

static int leave(struct px_sock *sock, uint32_t ifindex, const struct px_ip *group)
{
	struct ip_membership *membership = find(sock, group, ifindex);

	if (!membership)
		return -EADDRNOTAVAIL;
	ip_group_leave(sock->stack, membership);
	return 0;
}

/* One source more or less in the filter. */
static int change_source(struct px_sock *sock, struct ip_membership *membership, bool exclude,
    const struct px_ip *source, bool add)
{
	struct px_ip list[IP_GROUP_SOURCES_MAX];
	unsigned int count = 0;
	bool present = false;

	if (membership->exclude != exclude)
		return -EINVAL;
	for (unsigned int i = 0; i < membership->source_count; i++) {
		if (px_ip_eq(&membership->sources[i], source)) {
			present = true;
			if (!add)
				continue;
		}
		list[count++] = membership->sources[i];
	}
	if (add == present)
		return -EADDRNOTAVAIL;
	if (add) {
		if (count == IP_GROUP_SOURCES_MAX)
			return -ENOBUFS;
		list[count++] = *source;
	}
	return ip_group_filter(sock->stack, membership, exclude, list, count);
}

enum source_change { SOURCE_JOIN, SOURCE_LEAVE, SOURCE_BLOCK, SOURCE_UNBLOCK };

static int source_option(struct px_sock *sock, struct px_iface *iface, const struct px_ip *group,
    const struct px_ip *source, enum source_change change)
{
	struct ip_membership *membership;
	int err;

	if (!px_ip_is_multicast(group) || px_ip_is4(group) != px_ip_is4(source))
		return -EINVAL;
	if (!iface)
		return -ENODEV;
	membership = find(sock, group, iface->index);
	if (change == SOURCE_JOIN && !membership)
		return join(sock, iface, group, false, source, 1);
	if (!membership)
		return change == SOURCE_LEAVE ? -EADDRNOTAVAIL : -EINVAL;
	switch (change) {
	case SOURCE_JOIN:
		return change_source(sock, membership, false, source, true);
	case SOURCE_BLOCK:
		return change_source(sock, membership, true, source, true);
	case SOURCE_UNBLOCK:
		return change_source(sock, membership, true, source, false);
	default:
		err = change_source(sock, membership, false, source, false);
		/* The last source gone: the group is left (RFC 3678 section 4.1.3). */
		if (!err && membership->source_count == 0)
			ip_group_leave(sock->stack, membership);
		return err;
	}
}

/* ---- IPv4 ---- */

static int read_mreqn(const void *value, socklen_t len, struct ip_mreqn *request)
{
	memset(request, 0, sizeof(*request));
	if (len < sizeof(struct ip_mreq))
		return -EINVAL;
	memcpy(request, value, len >= sizeof(*request) ? sizeof(*request) : sizeof(struct ip_mreq));
	return 0;
}

static int set_membership4(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct ip_mreqn request;
	struct px_ip group, address;
	struct px_iface *iface;
	int err = read_mreqn(value, len, &request);

	if (err)
		return err;
	group = px_ip4(request.imr_multiaddr.s_addr);
	address = px_ip4(request.imr_address.s_addr);
	iface = choose_iface(sock, (uint32_t)request.imr_ifindex, &address, &group);
	if (name == IP_ADD_MEMBERSHIP)
		return join(sock, iface, &group, true, NULL, 0);
	/* Without an interface: wherever it was joined. */
	return leave(sock,
	    request.imr_ifindex || request.imr_address.s_addr ? (iface ? iface->index : UINT32_MAX) : 0,
	    &group);
}

static int set_source4(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct ip_mreq_source request;
	struct px_ip group, source, address;

	if (len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	group = px_ip4(request.imr_multiaddr.s_addr);
	source = px_ip4(request.imr_sourceaddr.s_addr);
	address = px_ip4(request.imr_interface.s_addr);
	return source_option(sock, choose_iface(sock, 0, &address, &group), &group, &source,
	    name == IP_ADD_SOURCE_MEMBERSHIP    ? SOURCE_JOIN
	    : name == IP_DROP_SOURCE_MEMBERSHIP ? SOURCE_LEAVE
	    : name == IP_BLOCK_SOURCE           ? SOURCE_BLOCK
	                                        : SOURCE_UNBLOCK);
}

static int set_interface4(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct endpoint *e = sock->endpoint;
	struct ip_mreqn request = {0};
	struct px_ip address;
	const struct px_address *found;

	if (len >= sizeof(struct ip_mreq)) {
		read_mreqn(value, len, &request);
	} else if (len >= sizeof(request.imr_address)) {
		memcpy(&request.imr_address, value, sizeof(request.imr_address));
	} else {
		return -EINVAL;
	}
	address = px_ip4(request.imr_address.s_addr);
	if (!request.imr_ifindex && px_ip_is_any(&address)) {
		e->multicast_if4 = 0;
		e->multicast_source4 = PX_IP_NONE;
		return 0;
	}
	if (!request.imr_ifindex) {
		found = px_address_find(sock->stack, &address, NULL);
		if (!found)
			return -EADDRNOTAVAIL;
		e->multicast_if4 = found->iface->index;
	} else {
		if (!px_iface_by_index(sock->stack, (uint32_t)request.imr_ifindex))
			return -EADDRNOTAVAIL;
		e->multicast_if4 = (uint32_t)request.imr_ifindex;
	}
	e->multicast_source4 = px_ip_is_any(&address) ? PX_IP_NONE : address;
	e->dst.iface = NULL;
	return 0;
}

static int get_interface4(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	struct in_addr address = {px_ip4_word(&sock->endpoint->multicast_source4)};

	return option_give(value, len, &address, sizeof(address));
}

/* ---- IPv6 ---- */

static int set_membership6(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct ipv6_mreq request;
	struct px_ip group, none = PX_IP_NONE;
	struct px_iface *iface;

	if (len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	group = px_ip6_load(&request.ipv6mr_multiaddr);
	if (!px_ip_is_multicast(&group) || px_ip_is4(&group))
		return -EINVAL;
	iface = choose_iface(sock, request.ipv6mr_interface, &none, &group);
	if (name == IPV6_JOIN_GROUP)
		return join(sock, iface, &group, true, NULL, 0);
	return leave(sock, request.ipv6mr_interface, &group);
}

static int set_interface6(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int index;

	if (len < sizeof(index))
		return -EINVAL;
	memcpy(&index, value, sizeof(index));
	if (index < 0 || (index && !px_iface_by_index(sock->stack, (uint32_t)index)))
		return -ENODEV;
	if (sock->endpoint->bound_ifindex && index && (uint32_t)index != sock->endpoint->bound_ifindex)
		return -EINVAL;
	sock->endpoint->multicast_if6 = (uint32_t)index;
	sock->endpoint->dst.iface = NULL;
	return 0;
}

static int get_interface6(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->endpoint->multicast_if6, sizeof(int));
}

/* ---- RFC 3678, protocol-independent ---- */

static int read_group(int level, const struct sockaddr_storage *storage, struct px_ip *ip)
{
	struct sock_name name;

	if (storage->ss_family != (level == IPPROTO_IP ? AF_INET : AF_INET6) ||
	    sock_name_read(
	        storage->ss_family, (const struct sockaddr *)storage, sizeof(*storage), &name) < 0)
		return -EADDRNOTAVAIL;
	*ip = name.ip;
	return 0;
}

static int set_group(struct px_sock *sock, int level, int name, const void *value, socklen_t len)
{
	struct px_ip none = PX_IP_NONE, group;
	struct group_req request;
	struct px_iface *iface;
	int err;

	if (len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	err = read_group(level, &request.gr_group, &group);
	if (err)
		return err;
	iface = choose_iface(sock, request.gr_interface, &none, &group);
	if (name == MCAST_JOIN_GROUP)
		return join(sock, iface, &group, true, NULL, 0);
	return leave(sock, request.gr_interface, &group);
}

static int set_group_source(
    struct px_sock *sock, int level, int name, const void *value, socklen_t len)
{
	struct px_ip none = PX_IP_NONE, group, source;
	struct group_source_req request;
	int err;

	if (len < sizeof(request))
		return -EINVAL;
	memcpy(&request, value, sizeof(request));
	err = read_group(level, &request.gsr_group, &group);
	if (!err)
		err = read_group(level, &request.gsr_source, &source);
	if (err)
		return err;
	return source_option(sock, choose_iface(sock, request.gsr_interface, &none, &group), &group,
	    &source,
	    name == MCAST_JOIN_SOURCE_GROUP    ? SOURCE_JOIN
	    : name == MCAST_LEAVE_SOURCE_GROUP ? SOURCE_LEAVE
	    : name == MCAST_BLOCK_SOURCE       ? SOURCE_BLOCK
	                                       : SOURCE_UNBLOCK);
}

static int set_filter(struct px_sock *sock, int level, const void *value, socklen_t len)
{
	struct px_ip list[IP_GROUP_SOURCES_MAX], group;
	struct group_filter filter;
	size_t fixed = offsetof(struct group_filter, gf_slist);
	struct ip_membership *membership;
	int err;

	if (len < fixed)
		return -EINVAL;
	memcpy(&filter, value, fixed);
	if (filter.gf_numsrc > IP_GROUP_SOURCES_MAX)
		return -ENOBUFS;
	if (len < fixed + filter.gf_numsrc * sizeof(struct sockaddr_storage) ||
	    (filter.gf_fmode != MCAST_INCLUDE && filter.gf_fmode != MCAST_EXCLUDE))
		return -EINVAL;
	err = read_group(level, &filter.gf_group, &group);
	if (err)
		return err;
	for (unsigned int i = 0; i < filter.gf_numsrc; i++) {
		struct sockaddr_storage source;
		memcpy(&source, (const char *)value + fixed + i * sizeof(source), sizeof(source));
		err = read_group(level, &source, &list[i]);
		if (err)
			return err;
	}
	membership = find(sock, &group, filter.gf_interface);
	if (!membership)
		return -EINVAL;
	return ip_group_filter(
	    sock->stack, membership, filter.gf_fmode == MCAST_EXCLUDE, list, filter.gf_numsrc);
}

static int set_any4(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	switch (name) {
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return set_group(sock, IPPROTO_IP, name, value, len);
	case MCAST_MSFILTER:
		return set_filter(sock, IPPROTO_IP, value, len);
	default:
		return set_group_source(sock, IPPROTO_IP, name, value, len);
	}
}

static int set_any6(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	switch (name) {
	case MCAST_JOIN_GROUP:
	case MCAST_LEAVE_GROUP:
		return set_group(sock, IPPROTO_IPV6, name, value, len);
	case MCAST_MSFILTER:
		return set_filter(sock, IPPROTO_IPV6, value, len);
	default:
		return set_group_source(sock, IPPROTO_IPV6, name, value, len);
	}
}

#define BOTH(name)                                                                                 \
	{IPPROTO_IP, name, OPTION_CALL, .set = set_any4},                                              \
	{                                                                                              \
		IPPROTO_IPV6, name, OPTION_CALL, .set = set_any6                                           \
	}

const struct sock_option multicast_options[] = {
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, OPTION_CALL, .set = set_membership4},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, OPTION_CALL, .set = set_membership4},
    {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, OPTION_CALL, .set = set_source4},
    {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, OPTION_CALL, .set = set_source4},
    {IPPROTO_IP, IP_BLOCK_SOURCE, OPTION_CALL, .set = set_source4},
    {IPPROTO_IP, IP_UNBLOCK_SOURCE, OPTION_CALL, .set = set_source4},
    {IPPROTO_IP, IP_MULTICAST_IF, OPTION_CALL, .set = set_interface4, .get = get_interface4},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, OPTION_CALL, .set = set_membership6},
    {IPPROTO_IPV6, IPV6_LEAVE_GROUP, OPTION_CALL, .set = set_membership6},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, OPTION_CALL, .set = set_interface6, .get = get_interface6},
    BOTH(MCAST_JOIN_GROUP),
    BOTH(MCAST_LEAVE_GROUP),
    BOTH(MCAST_JOIN_SOURCE_GROUP),
    BOTH(MCAST_LEAVE_SOURCE_GROUP),
    BOTH(MCAST_BLOCK_SOURCE),
    BOTH(MCAST_UNBLOCK_SOURCE),
    BOTH(MCAST_MSFILTER),
    {0},
};
