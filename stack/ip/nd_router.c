/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routers: solicitations and advertisements (RFC 4861 section 6), stateless addresses (RFC 4862
 * section 5.5), redirects (RFC 4861 section 8), router preferences (RFC 4191).
 *
 * Per interface, by accept_ra, default off: a configuration library does it then. A forwarding
 * stack believes neither (Linux: accept_ra 1).
 */
#include "ip_internal.h"

#include <linux/netlink.h>

#define SOLICIT_DELAY_MS     1000
#define SOLICIT_INTERVAL     (4 * PX_SEC)
#define SOLICIT_INTERVAL_MAX (3600 * PX_SEC) /* RFC 7559 */
#define SOLICIT_FOREVER      255             /* config.router_solicitations */

#define ROUTES_MAX    32 /* that advertisements may make, an interface */
#define ADDRESSES_MAX 16 /* net.ipv6.conf.*.max_addresses */
#define TWO_HOURS     7200

#define PREFERENCE_RESERVED 2 /* RFC 4191 section 2.1: 01 high, 00 medium, 11 low */

/* ---- solicitations ---- */

static void solicit_fired(struct px_stack *stack, struct px_timer *timer)
{
	static const struct px_ip all_routers = {.b = {0xff, 0x02, [15] = 2}};
	struct ip6_iface *ip6 = timerq_entry(timer, struct ip6_iface, solicit);
	struct px_iface *iface = ip6->iface;
	const struct px_address *source = px_address_link_local(iface);
	struct wire_writer writer;
	struct px_pkt *pkt;
	uint8_t max = ip6->config.router_solicitations;

	/* RFC 4429 section 3.2: an optimistic address shows no link-layer address. */
	if (!ip6->running || !source || (source->flags & IFA_F_OPTIMISTIC) ||
	    (max != SOLICIT_FOREVER && ip6->solicitations >= max))
		return;
	ip6->solicitations++;
	pkt = px_pkt_alloc(stack, 16);
	if (pkt) {
		writer = wire_writer(px_pkt_put(pkt, 16), 16);
		wire_put_u32(&writer, (uint32_t)ICMP6_ROUTER_SOLICITATION << 24);
		wire_put_u32(&writer, 0);
		nd_put_mac(&writer, ND_OPT_SOURCE_MAC, iface->mac);
		icmp6_send(stack, iface, pkt, &source->ip, &all_routers, 255);
	}
	px_timer_after(stack, timer, ip6->solicit_interval);
	if (max == SOLICIT_FOREVER) {
		/* RFC 7559: doubled, with 10 % of chance. */
		px_time next = 2 * ip6->solicit_interval;
		next += next / 10 * px_random_below(&stack->random, 2001) / 1000 - next / 10;
		ip6->solicit_interval = next > SOLICIT_INTERVAL_MAX ? SOLICIT_INTERVAL_MAX : next;
	}
}

void nd_router_init(struct px_iface *iface)
{
	px_timer_init(&iface->ip6->solicit, solicit_fired);
}

void nd_router_start(struct px_iface *iface)
{
	struct px_stack *stack = iface->stack;
	struct ip6_iface *ip6 = iface->ip6;

	if (!ip6->config.accept_ra || stack->options.ip6_forwarding || px_iface_is_loopback(iface))
		return;
	ip6->solicitations = 0;
	ip6->solicit_interval = SOLICIT_INTERVAL;
	px_timer_after(
	    stack, &ip6->solicit, px_random_below(&stack->random, SOLICIT_DELAY_MS) * PX_MSEC);
}

void nd_router_stop(struct px_iface *iface)
{
	px_timer_stop(iface->stack, &iface->ip6->solicit);
}

/* ---- advertisements ---- */

static px_time expiry(const struct px_stack *stack, uint32_t seconds)
{
	return seconds == PX_FOREVER ? PX_TIME_NEVER : stack->now + seconds * PX_SEC;
}

static unsigned int count_ra_routes(const struct px_iface *iface)
{
	const struct px_route *route;
	unsigned int count = 0;

	list_for_each (route, &iface->stack->fib.routes, node)
		count += route->iface == iface && route->protocol == RTPROT_RA;
	return count;
}

/* Adds, renews, or (seconds 0) deletes a route that advertisements made. */
static void advertised_route(
    struct px_iface *iface, const struct px_route *config, uint32_t seconds)
{
	struct px_stack *stack = iface->stack;
	struct px_route *route = px_route_find(stack, config);
	struct px_route fresh = *config;

	if (seconds == 0) {
		if (route)
			px_route_del(stack, route);
		return;
	}
	if (route) {
		if (route->preference != config->preference || route->hop_limit != config->hop_limit) {
			route->preference = config->preference;
			route->hop_limit = config->hop_limit;
			stack->generation++;
		}
		px_route_set_expires(stack, route, expiry(stack, seconds));
		return;
	}
	if (count_ra_routes(iface) >= ROUTES_MAX)
		return;
	fresh.expires = expiry(stack, seconds);
	px_route_add(stack, &fresh, NLM_F_CREATE | NLM_F_APPEND, NULL);
}

/* By this router: the default route, or a more specific one (RFC 4191 section 2.3). */
static void route_by_router(struct px_iface *iface, const struct px_ip *router,
    const struct nd_router_advertisement *ra, const struct nd_route *info)
{
	struct px_route route = {
	    .dst = info->prefix,
	    .prefix = info->len,
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .family = AF_INET6,
	    .protocol = RTPROT_RA,
	    .metric = 1024,
	    .gateway = *router,
	    .iface = iface,
	    .hop_limit = ra->hop_limit,
	    .preference = iface->ip6->config.accept_ra_rtr_pref ? info->preference : 0,
	};

	advertised_route(iface, &route, info->lifetime);
}

static void default_router(
    struct px_iface *iface, const struct px_ip *router, const struct nd_router_advertisement *ra)
{
	struct nd_route route = {
	    .lifetime = ra->lifetime,
	    /* RFC 4191 section 2.2: the reserved value counts as medium. */
	    .preference = ra->preference == PREFERENCE_RESERVED ? 0 : ra->preference,
	};

	route_by_router(iface, router, ra, &route);
}

/* Section 3.1, a host of type C. Of ::/0 it says more than the header, and so comes after it. */
static void more_specific(struct px_iface *iface, const struct px_ip *router,
    const struct nd_router_advertisement *ra, const struct nd_route *info)
{
	const struct ip6_config *config = &iface->ip6->config;

	if (info->preference == PREFERENCE_RESERVED || px_ip_is_link_local(&info->prefix) ||
	    px_ip_is_multicast(&info->prefix) || info->len > config->accept_ra_rt_info_max_plen ||
	    (info->len == 0 && !config->accept_ra_defrtr))
		return;
	route_by_router(iface, router, ra, info);
}

static void on_link(struct px_iface *iface, const struct nd_prefix *prefix)
{
	struct px_route route = {
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .family = AF_INET6,
	    .protocol = RTPROT_RA,
	    .metric = 256,
	    .dst = prefix->prefix,
	    .prefix = prefix->len,
	    .iface = iface,
	};

	advertised_route(iface, &route, prefix->valid);
}

/* RFC 4862 section 5.5.3 (e). */
static void renew(struct px_address *address, const struct nd_prefix *prefix)
{
	struct px_stack *stack = address->iface->stack;
	px_time left =
	    address->valid_until == PX_TIME_NEVER ? PX_TIME_NEVER : address->valid_until - stack->now;
	uint32_t valid = prefix->valid;

	if (valid <= TWO_HOURS && valid * PX_SEC <= left) {
		/* A shorter life is not believed below two hours. Rounded up: many advertisements
		 * shall not nibble it away. */
		if (left <= TWO_HOURS * PX_SEC)
			valid = (uint32_t)((left + PX_SEC - 1) / PX_SEC);
		else
			valid = TWO_HOURS;
	}
	px_address_set_lifetimes(address, prefix->preferred < valid ? prefix->preferred : valid, valid);
}

static void autonomous(struct px_iface *iface, const struct nd_prefix *prefix)
{
	struct px_address_config config = {
	    .prefix = 64,
	    .scope = -1,
	    .flags = IFA_F_NOPREFIXROUTE | IFA_F_MANAGETEMPADDR,
	    .protocol = IFAPROT_KERNEL_RA,
	    .preferred = prefix->preferred,
	    .valid = prefix->valid,
	};
	struct px_address *address;
	unsigned int count = 0;

	/* (b) to (d): not link-local, lifetimes in order, the length that fits our identifiers. */
	if (px_ip_is_link_local(&prefix->prefix) || px_ip_is_multicast(&prefix->prefix) ||
	    prefix->preferred > prefix->valid || prefix->len != 64)
		return;
	list_for_each (address, &iface->addresses, node) {
		if (address->protocol != IFAPROT_KERNEL_RA)
			continue;
		count++;
		if (px_ip_prefix_eq(&address->ip, &prefix->prefix, 64)) {
			renew(address, prefix);
			return;
		}
	}
	if (prefix->valid == 0 || count >= ADDRESSES_MAX)
		return;
	config.ip = prefix->prefix;
	memcpy(config.ip.b + 8, iface->mac, 3); /* RFC 4291 appendix A */
	config.ip.b[8] ^= 0x02;
	config.ip.b[11] = 0xff;
	config.ip.b[12] = 0xfe;
	memcpy(config.ip.b + 13, iface->mac + 3, 3);
	px_address_add(iface, &config, NULL);
}

/* Which router a prefix is from, for the choice of sources. */
static void remember(
    struct px_iface *iface, const struct px_ip *router, const struct nd_prefix *prefix)
{
	struct px_stack *stack = iface->stack;
	struct nd_advertised *list = iface->ip6->advertised, *at;

	if (prefix->len != 64)
		return;
	if (!list) {
		list = px_zalloc(stack->mem, ND_ADVERTISED_MAX * sizeof(*list));
		if (!list)
			return;
		iface->ip6->advertised = list;
	}
	at = list;
	for (unsigned int i = 0; i < ND_ADVERTISED_MAX; i++) {
		if (px_ip_eq(&list[i].router, router) &&
		    px_ip_prefix_eq(&list[i].prefix, &prefix->prefix, 64)) {
			at = &list[i];
			break;
		}
		if (list[i].until < at->until)
			at = &list[i];
	}
	*at = (struct nd_advertised){*router, prefix->prefix, expiry(stack, prefix->valid)};
}

bool nd_prefix_is_from(
    const struct px_iface *iface, const struct px_ip *ip, const struct px_ip *router)
{
	const struct nd_advertised *list = iface->ip6 ? iface->ip6->advertised : NULL;

	for (unsigned int i = 0; list && i < ND_ADVERTISED_MAX; i++) {
		if (list[i].until > iface->stack->now && px_ip_eq(&list[i].router, router) &&
		    px_ip_prefix_eq(&list[i].prefix, ip, 64))
			return true;
	}
	return false;
}

void nd_router_fini(struct px_iface *iface)
{
	nd_router_stop(iface);
	px_free(iface->stack->mem, iface->ip6->advertised,
	    ND_ADVERTISED_MAX * sizeof(*iface->ip6->advertised));
	iface->ip6->advertised = NULL;
}

static void set_timers(struct px_iface *iface, const struct nd_router_advertisement *ra)
{
	/* Section 6.3.4. Absurd values are not taken: an hour at most (section 6.2.1). */
	if (ra->reachable && ra->reachable <= 3600000 &&
	    ra->reachable != iface->neighbour[1].base_reachable) {
		iface->neighbour[1].base_reachable = ra->reachable;
		iface->neighbour[1].reachable =
		    ra->reachable / 2 + px_random_below(&iface->stack->random, ra->reachable);
	}
	if (ra->retrans >= 10 && ra->retrans <= 3600000)
		iface->neighbour[1].retrans = ra->retrans;
}

void nd_router_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	struct wire_reader reader = wire_reader(message->body - 4, message->len + 4);
	struct px_iface *iface = message->iface;
	struct ip6_config *config = &iface->ip6->config;
	struct nd_router_advertisement ra;
	struct nd_options options;
	struct neighbour *neighbour;

	/* Section 6.1.2. The first four bytes of the body are the ICMPv6 header's last. */
	if (!px_ip_is_link_local(&pkt->src) || !nd_router_advertisement_parse(&reader, &ra) ||
	    !nd_options_parse(&reader, &options)) {
		PX_COUNT(stack, Icmp6InErrors);
		return;
	}
	if (!config->accept_ra || stack->options.ip6_forwarding)
		return;
	if (ra.lifetime)
		nd_router_stop(iface); /* section 6.3.7: heard */
	if (ra.hop_limit)
		config->hop_limit = ra.hop_limit;
	set_timers(iface, &ra);
	if (options.has_source_mac) {
		neighbour = neighbour_learn(iface, &pkt->src, options.source_mac);
		if (neighbour)
			neighbour->router = true;
	}
	if (config->accept_ra_defrtr)
		default_router(iface, &pkt->src, &ra);
	for (unsigned int i = 0; i < options.routes; i++)
		more_specific(iface, &pkt->src, &ra, &options.route[i]);
	for (unsigned int i = 0; config->accept_ra_pinfo && i < options.prefixes; i++) {
		const struct nd_prefix *prefix = &options.prefix[i];
		if (px_ip_is_link_local(&prefix->prefix) || px_ip_is_multicast(&prefix->prefix))
			continue;
		if (prefix->on_link)
			on_link(iface, prefix);
		if (prefix->autonomous && config->autoconf) {
			remember(iface, &pkt->src, prefix);
			autonomous(iface, prefix);
		}
	}
	if (config->accept_ra_mtu && options.has_mtu && options.mtu >= IP6_MIN_MTU &&
	    options.mtu <= iface->mtu && options.mtu != iface->ip6->ra_mtu) {
		iface->ip6->ra_mtu = options.mtu;
		stack->generation++;
	}
}

/* ---- redirects ---- */

void nd_redirect_input(struct px_stack *stack, struct px_pkt *pkt, const struct nd_message *message)
{
	struct wire_reader reader = wire_reader(message->body, message->len);
	const uint8_t *addresses = wire_take(&reader, 32);
	struct px_iface *iface = message->iface;
	struct nd_options options;
	struct px_ip target, destination;
	struct neighbour *neighbour;
	struct ip_flow flow = {.oif = iface->index};
	struct ip_dst dst;

	/* Section 8.1. */
	if (!addresses || !px_ip_is_link_local(&pkt->src) || !nd_options_parse(&reader, &options))
		goto bad;
	target = px_ip6_load(addresses);
	destination = px_ip6_load(addresses + 16);
	if (px_ip_is_multicast(&destination) || px_ip_is4(&destination) ||
	    (!px_ip_is_link_local(&target) && !px_ip_eq(&target, &destination)))
		goto bad;
	if (!iface->ip6->config.accept_redirects || stack->options.ip6_forwarding)
		return;
	flow.dst = destination;
	if (ip_route(stack, &flow, &dst) < 0 || dst.type != RTN_UNICAST ||
	    !px_ip_eq(&dst.via, &pkt->src) || ip_local_type(stack, &target, iface->index))
		return; /* not from the first hop that we use */
	if (options.has_target_mac) {
		neighbour = neighbour_learn(iface, &target, options.target_mac);
		if (neighbour && !px_ip_eq(&target, &destination))
			neighbour->router = true;
	}
	ip_redirect(iface, &destination, &target);
	return;

bad:
	PX_COUNT(stack, Icmp6InErrors);
}
