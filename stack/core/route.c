/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The routing table. */
#include "px.h"

#include <errno.h>
#include <string.h>
#include <linux/netlink.h>

#define ROUTER_PREFERENCE_OFFSET 2 /* RFC 4191: low 3, medium 0, high 1, as signed: -1, 0, 1 */

void px_fib_init(struct px_fib *fib)
{
	memset(fib, 0, sizeof(*fib));
	list_init(&fib->routes);
}

void px_fib_fini(struct px_stack *stack)
{
	struct px_route *entry;

	while ((entry = list_first(&stack->fib.routes, struct px_route, node)))
		px_route_del(stack, entry);
	px_table_fini(&stack->fib.entries, stack->mem);
	px_free(stack->mem, stack->fib.lengths, stack->fib.length_room * sizeof(*stack->fib.lengths));
}

static unsigned int table_slot(uint8_t table)
{
	return table == RT_TABLE_LOCAL ? 0 : 1;
}

static uint64_t prefix_hash(
    const struct px_stack *stack, const struct px_ip *dst, uint8_t prefix, uint8_t table)
{
	uint8_t key[18];

	memcpy(key, dst->b, 16);
	key[16] = prefix;
	key[17] = table;
	return siphash_1_3(&stack->random.hash_key, key, sizeof(key));
}

static struct px_fib_entry *find_entry(
    const struct px_stack *stack, const struct px_ip *dst, uint8_t prefix, uint8_t table)
{
	uint64_t hash = prefix_hash(stack, dst, prefix, table);

	for (struct px_tnode *node = px_table_chain(&stack->fib.entries, hash); node;
	     node = node->next) {
		struct px_fib_entry *entry = (struct px_fib_entry *)node;
		if (node->hash == hash && entry->routes->prefix == prefix &&
		    entry->routes->table == table && px_ip_eq(&entry->routes->dst, dst))
			return entry;
	}
	return NULL;
}

/* ---- lengths ---- */

static struct px_fib_length *find_length(
    const struct px_fib *fib, unsigned int slot, uint8_t prefix)
{
	for (unsigned int i = 0; i < fib->length_count; i++) {
		if (fib->lengths[i].slot == slot && fib->lengths[i].prefix == prefix)
			return &fib->lengths[i];
	}
	return NULL;
}

static int length_add(struct px_stack *stack, unsigned int slot, uint8_t prefix)
{
	struct px_fib *fib = &stack->fib;
	struct px_fib_length *length = find_length(fib, slot, prefix);

	if (length) {
		length->count++;
		return 0;
	}
	if (fib->length_count == fib->length_room) {
		uint16_t room = (uint16_t)(fib->length_room ? 2 * fib->length_room : 8);

		length = px_realloc(
		    stack->mem, fib->lengths, fib->length_room * sizeof(*length), room * sizeof(*length));
		if (!length)
			return -ENOMEM;
		fib->lengths = length;
		fib->length_room = room;
	}
	fib->lengths[fib->length_count++] = (struct px_fib_length){prefix, (uint8_t)slot, 1};
	fib->present[slot][prefix / 64] |= UINT64_C(1) << (prefix % 64);
	return 0;
}

static void length_remove(struct px_fib *fib, unsigned int slot, uint8_t prefix)
{
	struct px_fib_length *length = find_length(fib, slot, prefix);

	if (--length->count)
		return;
	*length = fib->lengths[--fib->length_count];
	fib->present[slot][prefix / 64] &= ~(UINT64_C(1) << (prefix % 64));
}

/* ---- entries ---- */

static struct px_fib_entry *make_entry(struct px_stack *stack, struct px_route *first)
{
	struct px_fib_entry *entry = px_zalloc(stack->mem, sizeof(*entry));

	if (!entry)
		return NULL;
	if (length_add(stack, table_slot(first->table), first->prefix)) {
		px_free(stack->mem, entry, sizeof(*entry));
		return NULL;
	}
	entry->routes = first;
	px_table_insert(&stack->fib.entries, stack->mem, &entry->hash,
	    prefix_hash(stack, &first->dst, first->prefix, first->table));
	return entry;
}

/* `last`: the route that it had. */
static void free_entry(
    struct px_stack *stack, struct px_fib_entry *entry, const struct px_route *last)
{
	px_table_remove(&stack->fib.entries, &entry->hash);
	length_remove(&stack->fib, table_slot(last->table), last->prefix);
	px_free(stack->mem, entry, sizeof(*entry));
}

/* ---- lookup ---- */

static bool route_matches(const struct px_route *route, uint32_t oif, unsigned int flags)
{
	if (!route->iface)
		return true;
	if (!px_iface_is_up(route->iface))
		return false;
	if (route->type == RTN_LOCAL)
		return oif == 0 || route->iface->index == oif || !px_ip_needs_scope(&route->dst);
	if (oif && route->iface->index != oif)
		return false;
	return route->iface->carrier || (flags & PX_LOOKUP_ANY_LINK);
}

/* RFC 4191 section 3.2: reachable routers before others, then by preference. */
static int router_score(const struct px_stack *stack, const struct px_route *route)
{
	int preference = route->preference == 1 ? 1 : route->preference == 3 ? -1 : 0;
	bool usable = px_ip_is_zero(&route->gateway) || !stack->gateway_usable ||
	              stack->gateway_usable(route->iface, &route->gateway);

	return (usable ? 2 * ROUTER_PREFERENCE_OFFSET : 0) + preference;
}

static const struct px_route *choose(const struct px_stack *stack, const struct px_fib_entry *entry,
    uint32_t oif, unsigned int flags)
{
	const struct px_route *best = NULL;
	int best_score = 0;

	for (const struct px_route *route = entry->routes; route; route = route->next) {
		int score;
		if (best && (route->metric != best->metric))
			break;
		if (!route_matches(route, oif, flags))
			continue;
		if (!best && (!route->next || route->next->metric != route->metric))
			return route; /* no choice: the common case */
		score = route->iface ? router_score(stack, route) : 0;
		if (!best || score > best_score) {
			best = route;
			best_score = score;
		}
	}
	return best;
}

/* The longest length below `bits` that has prefixes, or -1. */
static int next_length(const uint64_t present[3], int bits)
{
	while (bits > 0) {
		int word = (bits - 1) / 64;
		unsigned int used = (unsigned int)((bits - 1) % 64) + 1;
		uint64_t mask = used == 64 ? UINT64_MAX : (UINT64_C(1) << used) - 1;
		uint64_t candidates = present[word] & mask;
		if (candidates)
			return word * 64 + 63 - __builtin_clzll(candidates);
		bits = word * 64;
	}
	return -1;
}

static const struct px_route *lookup_table(const struct px_stack *stack, uint8_t table,
    const struct px_ip *dst, uint32_t oif, unsigned int flags)
{
	const uint64_t *present = stack->fib.present[table_slot(table)];
	int shortest = px_ip_is4(dst) ? PX_IP4_OFFSET : 0;

	for (int bits = next_length(present, PX_IP_BITS + 1); bits >= shortest;
	     bits = next_length(present, bits)) {
		struct px_ip masked = px_ip_mask(dst, (unsigned int)bits);
		const struct px_fib_entry *entry = find_entry(stack, &masked, (uint8_t)bits, table);
		const struct px_route *route = entry ? choose(stack, entry, oif, flags) : NULL;
		if (route)
			return route;
	}
	return NULL;
}

const struct px_route *px_route_lookup(
    const struct px_stack *stack, const struct px_ip *dst, uint32_t oif, unsigned int flags)
{
	const struct px_route *route = NULL;

	if (!(flags & PX_LOOKUP_MAIN_ONLY))
		route = lookup_table(stack, RT_TABLE_LOCAL, dst, oif, flags);
	if (!route && !(flags & PX_LOOKUP_LOCAL_ONLY))
		route = lookup_table(stack, RT_TABLE_MAIN, dst, oif, flags);
	return route && route->type == RTN_THROW ? NULL : route;
}

/* ---- changes ---- */

static void expired(struct px_stack *stack, struct px_timer *timer)
{
	px_route_del(stack, timerq_entry(timer, struct px_route_timer, timer)->route);
}

/* A copy of `config`, linked to nothing; NULL when refused. */
static struct px_route *make_route(struct px_stack *stack, const struct px_route *config)
{
	struct px_route *route = px_alloc(stack->mem, sizeof(*route));

	if (!route)
		return NULL;
	*route = *config;
	route->next = NULL;
	route->timer = NULL;
	list_init(&route->node);
	if (config->protocol == RTPROT_KERNEL && config->expires == PX_TIME_NEVER)
		return route;
	route->timer = px_zalloc(stack->mem, sizeof(*route->timer));
	if (!route->timer) {
		px_free(stack->mem, route, sizeof(*route));
		return NULL;
	}
	px_timer_init(&route->timer->timer, expired);
	route->timer->route = route;
	return route;
}

static void free_route(struct px_stack *stack, struct px_route *route)
{
	if (route->timer)
		px_timer_stop(stack, &route->timer->timer);
	px_free(stack->mem, route->timer, sizeof(*route->timer));
	px_free(stack->mem, route, sizeof(*route));
}

/* As Linux (fib_check_nh_v4_gw): an address of our own, or of another link's prefix, is a gateway
 * like any other; what has no route is none. */
static int find_gateway4(struct px_stack *stack, struct px_route *config, uint32_t oif)
{
	const struct px_route *via =
	    px_route_lookup(stack, &config->gateway, oif, PX_LOOKUP_LOCAL_ONLY);

	if (!via || (oif && via->iface->index != oif))
		via =
		    px_route_lookup(stack, &config->gateway, oif, PX_LOOKUP_MAIN_ONLY | PX_LOOKUP_ANY_LINK);
	if (!via || !px_ip_is_zero(&via->gateway))
		return -ENETUNREACH;
	if (via->type != RTN_UNICAST && via->type != RTN_LOCAL)
		return -EINVAL;
	config->iface = via->iface;
	return 0;
}

/* The interface that reaches the gateway, and whether it may be a gateway at all. */
static int check_gateway(struct px_stack *stack, struct px_route *config)
{
	uint32_t oif = config->iface ? config->iface->index : 0;
	bool is4 = px_ip_is4(&config->gateway);
	const struct px_route *via;

	if (px_ip_is_zero(&config->gateway))
		return config->iface ? 0 : -ENODEV;
	if (is4 && !(config->flags & RTNH_F_ONLINK))
		return find_gateway4(stack, config, oif);
	if (px_ip_is_multicast(&config->gateway) || px_ip_is_any(&config->gateway))
		return -EINVAL;
	via = px_route_lookup(stack, &config->gateway, 0, PX_LOOKUP_LOCAL_ONLY);
	if (via && via->type != RTN_MULTICAST && (!oif || via->iface->index == oif))
		return -EINVAL; /* ourselves, or a broadcast address */
	if (px_ip_needs_scope(&config->gateway) || (config->flags & RTNH_F_ONLINK))
		return config->iface ? 0 : config->flags & RTNH_F_ONLINK ? -ENODEV : -EINVAL;
	via = px_route_lookup(stack, &config->gateway, oif, PX_LOOKUP_MAIN_ONLY | PX_LOOKUP_ANY_LINK);
	if (!via || via->type != RTN_UNICAST || !px_ip_is_zero(&via->gateway))
		return -EHOSTUNREACH;
	config->iface = via->iface;
	return 0;
}

static int check_config(struct px_stack *stack, struct px_route *config)
{
	bool is4 = config->family == AF_INET;
	struct px_ip masked = px_ip_mask(&config->dst, config->prefix);
	int err;

	if (config->family != AF_INET && config->family != AF_INET6)
		return -EAFNOSUPPORT;
	if (config->prefix > PX_IP_BITS || (is4 && config->prefix < PX_IP4_OFFSET) ||
	    !px_ip_eq(&masked, &config->dst))
		return -EINVAL;
	/* An IPv6 prefix inside ::ffff:0:0/96 would be taken for IPv4. */
	if (is4 ? !px_ip_is4(&config->dst)
	        : (px_ip_is4(&config->dst) && config->prefix >= PX_IP4_OFFSET))
		return -EINVAL;
	if (!px_ip_is_zero(&config->gateway) && px_ip_is4(&config->gateway) != is4)
		return -EINVAL;
	if (config->table != RT_TABLE_MAIN && config->table != RT_TABLE_LOCAL)
		return -EINVAL;
	switch (config->type) {
	case RTN_UNICAST:
		err = check_gateway(stack, config);
		if (err)
			return err;
		break;
	case RTN_LOCAL:
	case RTN_BROADCAST:
	case RTN_MULTICAST:
		if (!config->iface)
			return -ENODEV;
		break;
	case RTN_BLACKHOLE:
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
	case RTN_THROW:
		config->iface = NULL;
		break;
	default:
		return -EINVAL;
	}
	if (config->iface && !px_iface_is_up(config->iface))
		return -ENETDOWN;
	if (!px_ip_is_zero(&config->source) && !px_address_find(stack, &config->source, NULL))
		return -EINVAL;
	return 0;
}

static bool same_next_hop(const struct px_route *a, const struct px_route *b)
{
	return a->iface == b->iface && px_ip_eq(&a->gateway, &b->gateway) && a->type == b->type;
}

static void unlink_route(struct px_stack *stack, struct px_fib_entry *entry, struct px_route *route)
{
	struct px_route **at = &entry->routes;

	while (*at != route)
		at = &(*at)->next;
	*at = route->next;
	list_remove(&route->node);
	stack->fib.total--;
	stack->generation++;
	if (route->timer)
		px_timer_stop(stack, &route->timer->timer);
}

/* By metric; with NLM_F_APPEND behind, else before those of the same metric. */
static void insert_by_metric(struct px_fib_entry *entry, struct px_route *route, unsigned int flags)
{
	struct px_route **at;

	for (at = &entry->routes; *at; at = &(*at)->next) {
		if ((*at)->metric > route->metric ||
		    ((*at)->metric == route->metric && !(flags & NLM_F_APPEND)))
			break;
	}
	route->next = *at;
	*at = route;
}

int px_route_add(struct px_stack *stack, const struct px_route *request, unsigned int flags,
    struct px_route **result)
{
	struct px_route config = *request, *route;
	struct px_fib_entry *entry;
	struct px_route *same = NULL; /* metric */
	int err;

	/* As Linux: 1024 for the user's IPv6 routes. */
	if (config.family == AF_INET6 && config.metric == 0 && config.protocol != RTPROT_KERNEL)
		config.metric = 1024;
	err = check_config(stack, &config);
	if (err)
		return err;

	entry = find_entry(stack, &config.dst, config.prefix, config.table);
	for (route = entry ? entry->routes : NULL; route; route = route->next) {
		if (route->metric != config.metric)
			continue;
		if (!same)
			same = route;
		if (same_next_hop(route, &config) && !(flags & NLM_F_REPLACE))
			return -EEXIST;
	}
	if (same && (flags & NLM_F_EXCL))
		return -EEXIST;
	if (!same && !(flags & NLM_F_CREATE))
		return -ENOENT;
	if (stack->fib.total >= PX_ROUTES_MAX)
		return -ENOBUFS;

	route = make_route(stack, &config);
	if (!route)
		return -ENOMEM;
	if (!entry && !make_entry(stack, route)) {
		free_route(stack, route);
		return -ENOMEM;
	}
	if (entry)
		insert_by_metric(entry, route, flags);
	list_append(&stack->fib.routes, &route->node);
	stack->fib.total++;
	stack->generation++;
	if (route->timer)
		px_timer_set(stack, &route->timer->timer, route->expires);
	if (same && (flags & NLM_F_REPLACE)) {
		unlink_route(stack, entry, same);
		px_event(stack, PX_EVENT_ROUTE_DEL, same);
		free_route(stack, same);
	}
	px_event(stack, PX_EVENT_ROUTE_NEW, route);
	if (result)
		*result = route;
	return 0;
}

void px_route_del(struct px_stack *stack, struct px_route *route)
{
	struct px_fib_entry *entry = find_entry(stack, &route->dst, route->prefix, route->table);

	unlink_route(stack, entry, route);
	if (!entry->routes)
		free_entry(stack, entry, route);
	px_event(stack, PX_EVENT_ROUTE_DEL, route);
	free_route(stack, route);
}

struct px_route *px_route_find(struct px_stack *stack, const struct px_route *key)
{
	struct px_fib_entry *entry = find_entry(stack, &key->dst, key->prefix, key->table);

	for (struct px_route *route = entry ? entry->routes : NULL; route; route = route->next) {
		if ((!key->metric || key->metric == route->metric) &&
		    (px_ip_is_zero(&key->gateway) || px_ip_eq(&key->gateway, &route->gateway)) &&
		    (!key->iface || key->iface == route->iface) &&
		    (!key->type || key->type == route->type) &&
		    (!key->protocol || key->protocol == route->protocol))
			return route;
	}
	return NULL;
}

void px_route_set_expires(struct px_stack *stack, struct px_route *route, px_time expires)
{
	route->expires = expires;
	px_timer_set(stack, &route->timer->timer, expires);
}

void px_routes_flush(
    struct px_stack *stack, const struct px_iface *iface, const struct px_ip *source)
{
	struct px_route *route;

	/* A listener of an event may delete routes too: begin again after each. Quadratic only in
	 * what stays, which is what the other interfaces have. */
again:
	list_for_each (route, &stack->fib.routes, node) {
		if ((iface && route->iface == iface) ||
		    (source && !px_ip_is_zero(&route->source) && px_ip_eq(&route->source, source))) {
			px_route_del(stack, route);
			goto again;
		}
	}
}
