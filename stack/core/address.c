/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of interfaces, and the routes that come and go with them.
 *
 * As Linux makes them while the interface is up. IPv4 address a/n: local a/32, broadcast (the last
 * address of the prefix, and the one configured), prefix a/n with preferred source a. IPv6: local
 * a/128 once the address may be used, prefix a/n with metric 256. On a loopback interface the whole
 * IPv4 prefix is local.
 *
 * A second IPv4 address of the same prefix is secondary: the prefix route belongs to the first, and
 * goes over to the next when that is deleted (net.ipv4.conf.*.promote_secondaries=1).
 *
 * Unlike Linux's default, IPv6 addresses stay when the interface goes down (keep_addr_on_down=1).
 */
#include "px.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <linux/netlink.h>

static uint64_t address_hash(const struct px_stack *stack, const struct px_ip *ip)
{
	return siphash_1_3(&stack->random.hash_key, ip->b, sizeof(ip->b));
}

struct px_address *px_address_find(
    const struct px_stack *stack, const struct px_ip *ip, const struct px_iface *iface)
{
	uint64_t hash = address_hash(stack, ip);

	for (struct px_tnode *node = px_table_chain(&stack->addresses, hash); node; node = node->next) {
		struct px_address *address = (struct px_address *)node;
		if (node->hash == hash && px_ip_eq(&address->ip, ip) && (!iface || address->iface == iface))
			return address;
	}
	return NULL;
}

struct px_address *px_address_link_local(const struct px_iface *iface)
{
	struct px_address *address, *deprecated = NULL;

	list_for_each (address, &iface->addresses, node) {
		if (px_ip_is4(&address->ip) || !px_ip_is_link_local(&address->ip) ||
		    !px_address_usable(address))
			continue;
		if (!(address->flags & IFA_F_DEPRECATED))
			return address;
		deprecated = address;
	}
	return deprecated;
}

static bool same_prefix(const struct px_address *a, const struct px_address *b)
{
	bool is4 = px_ip_is4(&a->ip);

	/* IPv4's prefix is the peer's, IPv6's its own. */
	return a->prefix == b->prefix &&
	       px_ip_prefix_eq(is4 ? &a->peer : &a->ip, is4 ? &b->peer : &b->ip, a->prefix);
}

/* ---- routes ---- */

static struct px_route kernel_route(const struct px_address *address, struct px_ip dst,
    unsigned int prefix, uint8_t table, uint8_t type)
{
	return (struct px_route){
	    .dst = px_ip_mask(&dst, prefix),
	    .prefix = (uint8_t)prefix,
	    .table = table,
	    .type = type,
	    .family = (uint8_t)px_ip_family(&address->ip),
	    .scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
	    .protocol = RTPROT_KERNEL,
	    .iface = address->iface,
	    .source = px_ip_is4(&address->ip) ? address->ip : PX_IP_NONE,
	    .expires = PX_TIME_NEVER,
	};
}

static bool has_peer(const struct px_address *address)
{
	return !px_ip_eq(&address->ip, &address->peer);
}

/* RFC 1122 section 3.2.1.3 (b): 0.0.0.0/8, to which there are no routes. */
static bool of_this_network(const struct px_address *address)
{
	struct px_ip prefix = px_ip_mask(&address->peer, address->prefix);

	return px_ip_bytes(&prefix)[0] == 0;
}

static bool wants_prefix(const struct px_address *address)
{
	if (address->flags & (IFA_F_NOPREFIXROUTE | IFA_F_SECONDARY))
		return false;
	if (px_ip_is4(&address->ip))
		return (address->prefix < PX_IP_BITS || has_peer(address)) && !of_this_network(address);
	return !px_ip_is_loopback(&address->ip); /* ::1 is alone */
}

/* Whether the prefix route is this address's to bring or to take away. */
static bool owns_prefix(const struct px_address *address)
{
	const struct px_address *other;

	if (!wants_prefix(address))
		return false;
	if (px_ip_is4(&address->ip))
		return true;
	list_for_each (other, &address->iface->addresses, node) {
		if (other != address && !(other->flags & IFA_F_NOPREFIXROUTE) &&
		    same_prefix(address, other))
			return false;
	}
	return true;
}

static struct px_route prefix_route(const struct px_address *address)
{
	bool is4 = px_ip_is4(&address->ip), local = is4 && px_iface_is_loopback(address->iface);
	struct px_route route = kernel_route(address, is4 ? address->peer : address->ip,
	    address->prefix, local ? RT_TABLE_LOCAL : RT_TABLE_MAIN, local ? RTN_LOCAL : RTN_UNICAST);

	route.metric = address->metric ? address->metric : is4 ? 0 : 256;
	return route;
}

/* The routes of an address, at most four. */
static unsigned int routes_of(const struct px_address *address, struct px_route routes[4])
{
	bool is4 = px_ip_is4(&address->ip);
	unsigned int count = 0;

	if (px_address_usable(address))
		routes[count++] = kernel_route(address, address->ip, PX_IP_BITS, RT_TABLE_LOCAL, RTN_LOCAL);
	if (is4 && (address->iface->flags & (IFF_BROADCAST | IFF_LOOPBACK)) &&
	    address->prefix < PX_IP_BITS - 1 && !of_this_network(address)) {
		struct px_ip last = address->peer;
		last.w[3] |= htonl((uint32_t)((UINT64_C(1) << (PX_IP_BITS - address->prefix)) - 1));
		routes[count++] = kernel_route(address, last, PX_IP_BITS, RT_TABLE_LOCAL, RTN_BROADCAST);
		if (!px_ip_is_zero(&address->broadcast) && !px_ip_eq(&address->broadcast, &last) &&
		    !px_ip_is_limited_broadcast(&address->broadcast))
			routes[count++] = kernel_route(
			    address, address->broadcast, PX_IP_BITS, RT_TABLE_LOCAL, RTN_BROADCAST);
	}
	if (owns_prefix(address))
		routes[count++] = prefix_route(address);
	if (!is4 && has_peer(address)) {
		routes[count] =
		    kernel_route(address, address->peer, PX_IP_BITS, RT_TABLE_MAIN, RTN_UNICAST);
		routes[count++].metric = address->metric ? address->metric : 256;
	}
	return count;
}

/* Leaves in `routes` those that there were; returns how many. */
static unsigned int remove_routes(struct px_address *address, struct px_route routes[4])
{
	struct px_stack *stack = address->iface->stack;
	unsigned int count = routes_of(address, routes), removed = 0;

	for (unsigned int i = 0; i < count; i++) {
		struct px_route *route = px_route_find(stack, &routes[i]);
		if (!route)
			continue;
		px_route_del(stack, route);
		routes[removed++] = routes[i];
	}
	return removed;
}

/* Another address may want a route that had the same key (a broadcast address). Others that are
 * missing were deleted by the user. */
static void restore_routes(
    struct px_address *address, const struct px_route *removed, unsigned int removed_count)
{
	struct px_stack *stack = address->iface->stack;
	struct px_route routes[4];
	unsigned int count = px_iface_is_up(address->iface) ? routes_of(address, routes) : 0;

	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int j = 0; j < removed_count; j++) {
			if (px_ip_eq(&routes[i].dst, &removed[j].dst) &&
			    routes[i].prefix == removed[j].prefix && routes[i].table == removed[j].table &&
			    !px_route_find(stack, &routes[i]))
				(void)px_route_add(stack, &routes[i], NLM_F_CREATE | NLM_F_APPEND, NULL);
		}
	}
}

/* Those that are missing. */
static int ensure_routes(struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;
	struct px_route routes[4];
	unsigned int count;

	if (!px_iface_is_up(address->iface))
		return 0;
	count = routes_of(address, routes);
	for (unsigned int i = 0; i < count; i++) {
		int err;
		if (px_route_find(stack, &routes[i]))
			continue;
		err = px_route_add(stack, &routes[i], NLM_F_CREATE | NLM_F_APPEND, NULL);
		if (err)
			return err;
	}
	return 0;
}

/* With the interface the prefix routes have gone, of which each belongs to all IPv6 addresses in
 * it: the first one brings it. */
static int ensure_prefix(struct px_address *address)
{
	struct px_route route;

	if (!wants_prefix(address))
		return 0;
	route = prefix_route(address);
	if (px_route_find(address->iface->stack, &route))
		return 0;
	return px_route_add(address->iface->stack, &route, NLM_F_CREATE | NLM_F_APPEND, NULL);
}

int px_addresses_iface_up(struct px_iface *iface)
{
	struct px_address *address;
	struct px_route groups = {
	    .prefix = 8,
	    .table = RT_TABLE_LOCAL,
	    .type = RTN_MULTICAST,
	    .family = AF_INET6,
	    .scope = RT_SCOPE_UNIVERSE,
	    .protocol = RTPROT_KERNEL,
	    .iface = iface,
	    .metric = 256,
	    .expires = PX_TIME_NEVER,
	};
	int err;

	if (iface->flags & IFF_MULTICAST) {
		groups.dst.b[0] = 0xff;
		err = px_route_add(iface->stack, &groups, NLM_F_CREATE | NLM_F_APPEND, NULL);
		if (err)
			return err;
	}
	list_for_each (address, &iface->addresses, node) {
		err = ensure_routes(address);
		if (!err)
			err = ensure_prefix(address);
		if (err)
			return err;
	}
	return 0;
}

/* ---- lifetimes ---- */

static px_time lifetime_end(px_time now, uint32_t seconds)
{
	return seconds == PX_FOREVER ? PX_TIME_NEVER : now + seconds * PX_SEC;
}

static void arm_lifetime(struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;
	px_time next = address->valid_until;

	if (!(address->flags & IFA_F_DEPRECATED) && address->preferred_until < next)
		next = address->preferred_until;
	if (address->lifetime)
		px_timer_set(stack, &address->lifetime->timer, next);
}

static void lifetime_ended(struct px_stack *stack, struct px_timer *timer)
{
	struct px_address *address = timerq_entry(timer, struct px_lifetime, timer)->address;

	if (address->valid_until <= stack->now) {
		px_address_del(address);
		return;
	}
	px_address_set_flags(address, IFA_F_DEPRECATED, 0); /* RFC 4862 section 5.5.4 */
	arm_lifetime(address);
}

/* 0, or -ENOMEM. Most addresses have no end, and no timer. */
static int prepare_lifetime(struct px_address *address, uint32_t preferred, uint32_t valid)
{
	if (address->lifetime || (preferred == PX_FOREVER && valid == PX_FOREVER))
		return 0;
	address->lifetime = px_zalloc(address->iface->stack->mem, sizeof(*address->lifetime));
	if (!address->lifetime)
		return -ENOMEM;
	px_timer_init(&address->lifetime->timer, lifetime_ended);
	address->lifetime->address = address;
	return 0;
}

static void free_address(struct px_address *address)
{
	struct px_mem *mem = address->iface->stack->mem;

	px_free(mem, address->lifetime, sizeof(*address->lifetime));
	px_free(mem, address, sizeof(*address));
}

void px_address_set_lifetimes(struct px_address *address, uint32_t preferred, uint32_t valid)
{
	px_time now = address->iface->stack->now;
	uint32_t set = 0, clear = 0;

	if (prepare_lifetime(address, preferred, valid))
		return;
	address->valid_until = lifetime_end(now, valid);
	address->preferred_until = lifetime_end(now, preferred);
	address->updated = now;
	if (preferred == 0)
		set |= IFA_F_DEPRECATED;
	else
		clear |= IFA_F_DEPRECATED;
	if (valid == PX_FOREVER)
		set |= IFA_F_PERMANENT;
	else
		clear |= IFA_F_PERMANENT;
	px_address_set_flags(address, set, clear);
	arm_lifetime(address);
}

void px_address_set_flags(struct px_address *address, uint32_t set, uint32_t clear)
{
	struct px_stack *stack = address->iface->stack;
	uint32_t flags = (address->flags & ~clear) | set;
	bool was_usable = px_address_usable(address);

	if (flags == address->flags)
		return;
	if (was_usable) {
		struct px_address after = {.flags = flags};
		if (!px_address_usable(&after)) {
			struct px_route local =
			    kernel_route(address, address->ip, PX_IP_BITS, RT_TABLE_LOCAL, RTN_LOCAL);
			struct px_route *route = px_route_find(stack, &local);
			if (route)
				px_route_del(stack, route);
		}
	}
	address->flags = flags;
	/* Refused for lack of memory: the address stays unreachable. The next event of the interface
	 * tries again. */
	if (!was_usable)
		(void)ensure_routes(address);
	stack->generation++;
	px_event(stack, PX_EVENT_ADDRESS_CHANGE, address);
}

/* ---- detection of duplicates ---- */

struct px_dad *px_dad_begin(
    struct px_address *address, void (*fire)(struct px_stack *stack, struct px_timer *timer))
{
	px_dad_end(address);
	address->dad = px_zalloc(address->iface->stack->mem, sizeof(*address->dad));
	if (!address->dad)
		return NULL;
	address->dad->address = address;
	px_timer_init(&address->dad->timer, fire);
	return address->dad;
}

void px_dad_end(struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;

	if (!address->dad)
		return;
	px_timer_stop(stack, &address->dad->timer);
	px_free(stack->mem, address->dad, sizeof(*address->dad));
	address->dad = NULL;
}

/* ---- adding and deleting ---- */

static uint8_t natural_scope(const struct px_ip *ip)
{
	if (px_ip_is_loopback(ip))
		return RT_SCOPE_HOST;
	/* Linux gives IPv4 link-local addresses the universe scope unless the user says link. */
	if (!px_ip_is4(ip) && px_ip_is_link_local(ip))
		return RT_SCOPE_LINK;
	return RT_SCOPE_UNIVERSE;
}

static int check_config(const struct px_iface *iface, const struct px_address_config *config)
{
	const struct px_ip *ip = &config->ip;
	bool is4 = px_ip_is4(ip);

	if (config->prefix > PX_IP_BITS || (is4 && config->prefix < PX_IP4_OFFSET))
		return -EINVAL;
	if (px_ip_is_any(ip) || px_ip_is_multicast(ip) || px_ip_is_limited_broadcast(ip))
		return is4 ? -EINVAL : -EADDRNOTAVAIL;
	/* ::1 lives on lo alone (RFC 4291 section 2.5.3). */
	if (!is4 && px_ip_is_loopback(ip) && !px_iface_is_loopback(iface))
		return -EADDRNOTAVAIL;
	if (!px_ip_is_zero(&config->peer) && px_ip_is4(&config->peer) != is4)
		return -EINVAL;
	if (config->preferred > config->valid && config->valid)
		return -EINVAL;
	return 0;
}

static void insert_in_order(struct px_iface *iface, struct px_address *address)
{
	struct px_address *other;

	/* IPv4: primaries before secondaries, in the order of configuration. */
	if (px_ip_is4(&address->ip) && !(address->flags & IFA_F_SECONDARY)) {
		list_for_each (other, &iface->addresses, node) {
			if (other->flags & IFA_F_SECONDARY) {
				list_insert_before(&other->node, &address->node);
				return;
			}
		}
	}
	list_append(&iface->addresses, &address->node);
}

static bool is_there(const struct px_iface *iface, const struct px_address_config *config)
{
	const struct px_address *other;

	list_for_each (other, &iface->addresses, node) {
		if (px_ip_eq(&other->ip, &config->ip) &&
		    (!px_ip_is4(&other->ip) || other->prefix == config->prefix))
			return true;
	}
	return false;
}

/* Not yet in any list. */
static int make_address(
    struct px_iface *iface, const struct px_address_config *config, struct px_address **result)
{
	struct px_stack *stack = iface->stack;
	uint32_t valid = config->valid ? config->valid : PX_FOREVER;
	uint32_t preferred = config->valid ? config->preferred : PX_FOREVER;
	struct px_address *address = px_zalloc(stack->mem, sizeof(*address));
	int err;

	if (!address)
		return -ENOMEM;
	address->iface = iface;
	address->ip = config->ip;
	address->peer = px_ip_is_zero(&config->peer) ? config->ip : config->peer;
	address->broadcast = config->broadcast;
	address->prefix = (uint8_t)config->prefix;
	address->scope = config->scope >= 0 ? (uint8_t)config->scope : natural_scope(&config->ip);
	address->protocol = config->protocol;
	address->flags = config->flags & ~(uint32_t)IFA_F_SECONDARY;
	address->metric = config->metric;
	if (px_ip_is4(&config->ip))
		snprintf(address->label, sizeof(address->label), "%s",
		    config->label && config->label[0] ? config->label : iface->name);
	if (valid == PX_FOREVER)
		address->flags |= IFA_F_PERMANENT;
	if (preferred == 0)
		address->flags |= IFA_F_DEPRECATED;
	address->created = address->updated = stack->now;
	address->valid_until = lifetime_end(stack->now, valid);
	address->preferred_until = lifetime_end(stack->now, preferred);
	err = prepare_lifetime(address, preferred, valid);
	if (err) {
		free_address(address);
		return err;
	}
	*result = address;
	return 0;
}

/* Of the IPv4 addresses of a prefix one is primary. */
static bool has_primary(const struct px_iface *iface, const struct px_address *address)
{
	const struct px_address *other;

	list_for_each (other, &iface->addresses, node) {
		if (px_ip_is4(&other->ip) && !(other->flags & IFA_F_SECONDARY) &&
		    same_prefix(address, other))
			return true;
	}
	return false;
}

int px_address_add(
    struct px_iface *iface, const struct px_address_config *config, struct px_address **result)
{
	struct px_stack *stack = iface->stack;
	struct px_route routes[4];
	struct px_address *address;
	int err = check_config(iface, config);

	if (err)
		return err;
	if (stack->addresses.count >= PX_ADDRESSES_MAX)
		return -ENOBUFS;
	if (is_there(iface, config))
		return -EEXIST;
	err = make_address(iface, config, &address);
	if (err)
		return err;
	if (px_ip_is4(&config->ip) && has_primary(iface, address))
		address->flags |= IFA_F_SECONDARY;
	insert_in_order(iface, address);
	px_table_insert(
	    &stack->addresses, stack->mem, &address->hash, address_hash(stack, &address->ip));
	err = ensure_routes(address);
	if (err) {
		remove_routes(address, routes);
		px_table_remove(&stack->addresses, &address->hash);
		list_remove(&address->node);
		free_address(address);
		return err;
	}
	arm_lifetime(address);
	stack->generation++;
	px_event(stack, PX_EVENT_ADDRESS_NEW, address);
	if (result)
		*result = address;
	return 0;
}

/* What decides about the routes. */
struct routing {
	struct px_ip peer;
	uint32_t metric, flags;
};

static int set_routing(struct px_address *address, const struct routing *to)
{
	const struct routing before = {address->peer, address->metric, address->flags};
	struct px_route routes[4];
	int err;

	if (px_ip_eq(&to->peer, &before.peer) && to->metric == before.metric &&
	    !((to->flags ^ before.flags) & IFA_F_NOPREFIXROUTE)) {
		address->flags = to->flags;
		return 0;
	}
	remove_routes(address, routes);
	address->peer = to->peer;
	address->metric = to->metric;
	address->flags = to->flags;
	err = ensure_routes(address);
	if (err) {
		remove_routes(address, routes);
		address->peer = before.peer;
		address->metric = before.metric;
		address->flags = before.flags;
		(void)ensure_routes(address); /* in the memory that has become free */
	}
	return err;
}

int px_address_modify(struct px_address *address, const struct px_address_config *config)
{
	const uint32_t of_user = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE;
	struct routing routing = {address->peer, config->metric, address->flags};
	int err;

	if (!px_ip_is4(&address->ip)) {
		routing.flags = (address->flags & ~of_user) | (config->flags & of_user);
		if (!px_ip_is_zero(&config->peer))
			routing.peer = config->peer;
	}
	err = prepare_lifetime(address, config->preferred, config->valid);
	if (!err)
		err = set_routing(address, &routing);
	if (err)
		return err;
	address->protocol = config->protocol;
	routing.flags = address->flags;
	px_address_set_lifetimes(address, config->preferred, config->valid);
	if (address->flags == routing.flags) /* else it has been told */
		px_event(address->iface->stack, PX_EVENT_ADDRESS_CHANGE, address);
	return 0;
}

/* The first secondary address of a prefix whose primary one went takes its place. */
static void promote(struct px_iface *iface, const struct px_address *gone)
{
	struct px_address *other;

	list_for_each (other, &iface->addresses, node) {
		if (!(other->flags & IFA_F_SECONDARY) || !same_prefix(gone, other))
			continue;
		other->flags &= ~(uint32_t)IFA_F_SECONDARY;
		(void)ensure_routes(other);
		px_event(iface->stack, PX_EVENT_ADDRESS_CHANGE, other);
		return;
	}
}

void px_address_del(struct px_address *address)
{
	struct px_iface *iface = address->iface;
	struct px_stack *stack = iface->stack;
	struct px_address *other;
	struct px_route removed[4];
	unsigned int removed_count;

	if (address->lifetime)
		px_timer_stop(stack, &address->lifetime->timer);
	removed_count = remove_routes(address, removed);
	list_remove(&address->node);
	px_table_remove(&stack->addresses, &address->hash);
	stack->generation++;
	if (px_ip_is4(&address->ip) && !(address->flags & IFA_F_SECONDARY))
		promote(iface, address);
	list_for_each (other, &iface->addresses, node)
		restore_routes(other, removed, removed_count);
	if (!px_address_find(stack, &address->ip, NULL))
		px_routes_flush(stack, NULL, &address->ip);
	px_event(stack, PX_EVENT_ADDRESS_DEL, address);
	free_address(address);
}
