/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source address selection: RFC 6724 section 5 for IPv6; for IPv4, Linux's inet_select_addr in the
 * same frame (scope, then the outgoing interface, then the longest prefix; primaries first).
 */
#include "ip_internal.h"

#define PREFER_TEMPORARY                                                                           \
	0x0001 /* IPV6_PREFER_SRC_TMP of <linux/in6.h>, which excludes <netinet/in.h> */

/* RFC 6724 section 2.1, the default table; longest prefixes first. */
static const struct {
	struct px_ip prefix;
	uint8_t len, precedence, label;
} policies[] = {
    {{.b = {[15] = 1}}, 128, 50, 0},                /* ::1 */
    {{.b = {[10] = 0xff, [11] = 0xff}}, 96, 35, 4}, /* ::ffff:0:0 */
    {{{{0}}}, 96, 1, 3},                            /* ::/96 */
    {{.b = {0x20, 0x01}}, 32, 5, 5},                /* Teredo */
    {{.b = {0x20, 0x02}}, 16, 30, 2},               /* 6to4 */
    {{.b = {0x3f, 0xfe}}, 16, 1, 12},               /* 6bone */
    {{.b = {0xfe, 0xc0}}, 10, 1, 11},               /* site-local */
    {{.b = {0xfc}}, 7, 3, 13},                      /* ULA */
    {{{{0}}}, 0, 40, 1},                            /* ::/0 */
};

/* RFC 6724 section 2.1. */
static void ip_policy(const struct px_ip *ip, unsigned int *precedence, unsigned int *label)
{
	size_t i = 0;

	while (!px_ip_prefix_eq(ip, &policies[i].prefix, policies[i].len))
		i++; /* the last one matches all */
	*precedence = policies[i].precedence;
	*label = policies[i].label;
}

/* RFC 6724 section 3.1, 3.2: larger means farther. */
static unsigned int scope_of(const struct px_ip *ip)
{
	if (px_ip_is4(ip))
		return px_ip_is_loopback(ip) || px_ip_is_link_local(ip) ? 2 : 14;
	if (px_ip_is_multicast(ip))
		return px_ip6_multicast_scope(ip);
	if (px_ip_is_link_local(ip) || px_ip_is_loopback(ip))
		return 2;
	if (ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0xc0)
		return 5; /* site-local, deprecated */
	return 14;
}

struct selection {
	const struct px_ip *dst;
	const struct px_iface *iface;
	const struct px_ip *via; /* NULL: not known */
	uint32_t preferences;
	unsigned int scope, label;
};

/* RFC 4429 section 3.2: an optimistic address counts as deprecated. */
static bool is_deprecated(const struct px_address *address)
{
	return address->flags & (IFA_F_DEPRECATED | IFA_F_OPTIMISTIC);
}

/* Whether `a` is a better source than `b`: section 5, rule by rule. */
static bool better(
    const struct selection *selection, const struct px_address *a, const struct px_address *b)
{
	unsigned int scope_a = scope_of(&a->ip), scope_b = scope_of(&b->ip);
	unsigned int precedence, label_a, label_b, bits_a, bits_b;
	bool same_a = px_ip_eq(&a->ip, selection->dst), same_b = px_ip_eq(&b->ip, selection->dst);
	bool temporary = selection->preferences & PREFER_TEMPORARY;

	if (same_a != same_b) /* 1 */
		return same_a;
	if (scope_a != scope_b) /* 2 */
		return scope_a < scope_b ? scope_a >= selection->scope : scope_b < selection->scope;
	if (is_deprecated(a) != is_deprecated(b)) /* 3; 4 is of mobility */
		return is_deprecated(b);
	if ((a->iface == selection->iface) != (b->iface == selection->iface)) /* 5 */
		return a->iface == selection->iface;
	if (selection->via) { /* 5.5 */
		bool from_a = nd_prefix_is_from(a->iface, &a->ip, selection->via);
		bool from_b = nd_prefix_is_from(b->iface, &b->ip, selection->via);
		if (from_a != from_b)
			return from_a;
	}
	if (px_ip_is4(&a->ip)) {
		/* Linux: a primary address, best one of the destination's prefix. */
		bool on_a = px_ip_prefix_eq(&a->ip, selection->dst, a->prefix);
		bool on_b = px_ip_prefix_eq(&b->ip, selection->dst, b->prefix);
		if (on_a != on_b)
			return on_a;
		return false; /* the first configured */
	}
	ip_policy(&a->ip, &precedence, &label_a);
	ip_policy(&b->ip, &precedence, &label_b);
	if ((label_a == selection->label) != (label_b == selection->label)) /* 6 */
		return label_a == selection->label;
	if ((a->flags & IFA_F_TEMPORARY) != (b->flags & IFA_F_TEMPORARY)) /* 7 */
		return temporary == ((a->flags & IFA_F_TEMPORARY) != 0);
	/* 8: as far as the prefix is the address's own. */
	bits_a = px_ip_common_bits(&a->ip, selection->dst);
	bits_b = px_ip_common_bits(&b->ip, selection->dst);
	bits_a = bits_a > a->prefix ? a->prefix : bits_a;
	bits_b = bits_b > b->prefix ? b->prefix : bits_b;
	return bits_a > bits_b;
}

bool ip_source_select(struct px_stack *stack, const struct px_ip *dst, const struct px_iface *iface,
    uint32_t preferences, struct px_ip *source)
{
	return ip_source_select_via(stack, dst, iface, NULL, preferences, source);
}

bool ip_source_select_via(struct px_stack *stack, const struct px_ip *dst,
    const struct px_iface *iface, const struct px_ip *via, uint32_t preferences,
    struct px_ip *source)
{
	struct selection selection = {
	    .dst = dst, .iface = iface, .via = via, .preferences = preferences, .scope = scope_of(dst)};
	const struct px_address *address, *best = NULL;
	const struct px_iface *candidate;
	unsigned int precedence;
	bool is4 = px_ip_is4(dst);
	/* Section 4: to a group, or within the link's scope, only addresses of that link. */
	bool only_iface = iface && (px_ip_is_multicast(dst) || selection.scope <= 2) && !is4;

	ip_policy(dst, &precedence, &selection.label);
	list_for_each (candidate, &stack->ifaces, node) {
		if (!px_iface_is_up(candidate) || (only_iface && candidate != iface))
			continue;
		list_for_each (address, &candidate->addresses, node) {
			if (px_ip_is4(&address->ip) != is4 || !px_address_usable(address))
				continue;
			/* Addresses of other links' scope, and loopback's, stay at home. */
			if (candidate != iface &&
			    (px_ip_needs_scope(&address->ip) || address->scope > RT_SCOPE_LINK))
				continue;
			if (px_ip_is_loopback(&address->ip) && iface && !px_iface_is_loopback(iface))
				continue;
			if (!best || better(&selection, address, best))
				best = address;
		}
	}
	if (best)
		*source = best->ip;
	return best;
}
