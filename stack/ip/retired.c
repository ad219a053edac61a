/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retired addresses: taken away from everybody but the flows that use them (ip.h).
 *
 * The address itself is deleted: it has no route, nothing is bound to it any more, nobody is told
 * of it. What stays is a record of who its flows' peers are. A packet to it finds no local route;
 * only then, off the way of every other packet, it is looked for here. From a peer it goes on to
 * its flow, marked (PX_PKT_RETIRED): what belongs to no flow, and what anybody would get an answer
 * to, ends without a word. From others nothing is let in but ICMPv6, of which those messages are
 * heard that a flow needs: errors about what it has sent, and solicitations by its neighbours. All
 * else is dropped, or forwarded by a router, as if there had never been such an address.
 *
 * A neighbour solicitation is answered if it comes from a peer, or from where a peer's packets come
 * from and go to: a router, or a peer that probes with its link-local address (RFC 4861 section
 * 7.2.2 lets it). That is told by the MAC address: each peer has one, the neighbour's to whom
 * packets for it go at first, then that of its last packet. Nobody else's is answered, not even
 * duplicate address detection: who wants the address may have it.
 *
 * Flows are counted by the transports, as they come and go (ip_flow_begins, ip_flow_ends: nothing
 * while no address is retired). With the last flow of a peer the peer goes, with the last peer the
 * record: at the end of the burst, since a connection leaves its table to come back to it as a
 * TIME-WAIT.
 *
 * Kept with the record are the solicited-node group, and the prefix route if the address was the
 * last one to bring it: the flows' packets need it.
 */
#include "ip_internal.h"

#include <linux/netlink.h>

struct ip_retired {
	struct px_tnode hash; /* ip_retirements.addresses; must be first */
	struct list node;     /* ip_retirements.list */
	struct px_iface *iface;
	struct px_ip ip;
	unsigned int peers;
	struct px_route prefix; /* that the address brought */
	bool keeps_prefix;      /* it is only there for the flows */
};

struct peer {
	struct px_tnode by_ip; /* ip_retirements.peers, by both addresses; must be first */
	struct px_tnode by_mac;
	struct list node; /* ip_retirements.idle, while it has no flow */
	struct ip_retired *retired;
	struct px_ip ip;
	unsigned int flows;
	bool has_mac;
	uint8_t mac[PX_MAC_LEN];
};

struct ip_retirements {
	struct px_table addresses, peers, macs;
	struct list list, idle;
	struct px_deferred reap;
};

/* ---- finding --------------------------------------------------------------------------------- */

static uint64_t address_hash(const struct px_stack *stack, const struct px_ip *ip)
{
	return siphash_1_3(&stack->random.hash_key, ip->b, sizeof(ip->b));
}

/* Of an address of ours, and somebody's address or MAC. */
static uint64_t pair_hash(
    const struct px_stack *stack, const struct px_ip *ip, const void *other, size_t len)
{
	uint8_t key[32];

	memcpy(key, ip->b, 16);
	memcpy(key + 16, other, len);
	return siphash_1_3(&stack->random.hash_key, key, 16 + len);
}

static struct ip_retired *find(const struct px_stack *stack, const struct px_ip *ip)
{
	uint64_t hash = address_hash(stack, ip);
	struct px_tnode *node = px_table_chain(&stack->retired->addresses, hash);

	for (; node; node = node->next) {
		struct ip_retired *retired = (struct ip_retired *)(void *)node;

		if (node->hash == hash && px_ip_eq(&retired->ip, ip))
			return retired;
	}
	return NULL;
}

static struct peer *find_peer(
    const struct px_stack *stack, const struct ip_retired *retired, const struct px_ip *ip)
{
	uint64_t hash = pair_hash(stack, &retired->ip, ip->b, sizeof(ip->b));
	struct px_tnode *node = px_table_chain(&stack->retired->peers, hash);

	for (; node; node = node->next) {
		struct peer *peer = (struct peer *)(void *)node;

		if (node->hash == hash && peer->retired == retired && px_ip_eq(&peer->ip, ip))
			return peer;
	}
	return NULL;
}

static bool is_mac_of_peer(
    const struct px_stack *stack, const struct ip_retired *retired, const uint8_t *mac)
{
	uint64_t hash = pair_hash(stack, &retired->ip, mac, PX_MAC_LEN);
	struct px_tnode *node = px_table_chain(&stack->retired->macs, hash);

	for (; node; node = node->next) {
		const struct peer *peer =
		    (const struct peer *)(const void *)((char *)node - offsetof(struct peer, by_mac));

		if (node->hash == hash && peer->retired == retired && peer->flows &&
		    memcmp(peer->mac, mac, PX_MAC_LEN) == 0)
			return true;
	}
	return false;
}

/* ---- peers ----------------------------------------------------------------------------------- */

static void set_mac(struct px_stack *stack, struct peer *peer, const uint8_t *mac)
{
	struct ip_retirements *retirements = stack->retired;

	if (peer->has_mac) {
		if (memcmp(peer->mac, mac, PX_MAC_LEN) == 0)
			return;
		px_table_remove(&retirements->macs, &peer->by_mac);
	}
	memcpy(peer->mac, mac, PX_MAC_LEN);
	peer->has_mac = true;
	px_table_insert(&retirements->macs, stack->mem, &peer->by_mac,
	    pair_hash(stack, &peer->retired->ip, mac, PX_MAC_LEN));
}

/* Where packets to it go now. */
static void set_mac_of_neighbour(struct px_stack *stack, struct peer *peer)
{
	const struct ip_flow flow = {.src = peer->retired->ip, .dst = peer->ip};
	const struct neighbour *neighbour;
	struct ip_dst dst;

	if (ip_route(stack, &flow, &dst) < 0 || dst.type != RTN_UNICAST)
		return;
	neighbour = neighbour_find(dst.iface, &dst.via);
	if (neighbour && neighbour->state != NEIGHBOUR_NONE &&
	    neighbour->state != NEIGHBOUR_INCOMPLETE && neighbour->state != NEIGHBOUR_FAILED)
		set_mac(stack, peer, neighbour->mac);
}

static struct peer *peer_new(
    struct px_stack *stack, struct ip_retired *retired, const struct px_ip *ip)
{
	struct peer *peer = px_zalloc(stack->mem, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->retired = retired;
	peer->ip = *ip;
	list_init(&peer->node);
	px_table_insert(&stack->retired->peers, stack->mem, &peer->by_ip,
	    pair_hash(stack, &retired->ip, ip->b, sizeof(ip->b)));
	retired->peers++;
	set_mac_of_neighbour(stack, peer);
	return peer;
}

static void peer_free(struct px_stack *stack, struct peer *peer)
{
	px_table_remove(&stack->retired->peers, &peer->by_ip);
	if (peer->has_mac)
		px_table_remove(&stack->retired->macs, &peer->by_mac);
	list_remove(&peer->node);
	peer->retired->peers--;
	px_free(stack->mem, peer, sizeof(*peer));
}

/* False: no memory. */
static bool count_flow(struct px_stack *stack, struct ip_retired *retired, const struct px_ip *ip)
{
	struct peer *peer = find_peer(stack, retired, ip);

	if (!peer)
		peer = peer_new(stack, retired, ip);
	if (!peer)
		return false;
	if (peer->flows++ == 0) {
		list_remove(&peer->node);
		list_init(&peer->node);
	}
	return true;
}

bool ip_retired_flow_begins(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote)
{
	struct ip_retired *retired = find(stack, local);

	return !retired || count_flow(stack, retired, remote);
}

void ip_retired_flow_ends(
    struct px_stack *stack, const struct px_ip *local, const struct px_ip *remote)
{
	struct ip_retired *retired = find(stack, local);
	struct peer *peer = retired ? find_peer(stack, retired, remote) : NULL;

	if (!peer || !peer->flows || --peer->flows > 0)
		return;
	list_append(&stack->retired->idle, &peer->node);
	px_defer(stack, &stack->retired->reap);
}

/* ---- the prefix route ------------------------------------------------------------------------ */

static struct px_route prefix_route(const struct px_address *address)
{
	return (struct px_route){
	    .dst = px_ip_mask(&address->ip, address->prefix),
	    .prefix = address->prefix,
	    .table = RT_TABLE_MAIN,
	    .type = RTN_UNICAST,
	    .family = AF_INET6,
	    .scope = RT_SCOPE_LINK,
	    .protocol = RTPROT_KERNEL,
	    .iface = address->iface,
	    .metric = address->metric ? address->metric : 256,
	    .expires = PX_TIME_NEVER,
	};
}

/* Somebody else who brings it: an address that there is, or another retired one that keeps it. */
static bool prefix_is_wanted(const struct ip_retired *retired)
{
	const struct ip_retirements *retirements = retired->iface->stack->retired;
	const struct px_address *address;
	struct ip_retired *other;

	list_for_each (address, &retired->iface->addresses, node) {
		if (!px_ip_is4(&address->ip) && address->prefix == retired->prefix.prefix &&
		    !(address->flags & IFA_F_NOPREFIXROUTE) &&
		    px_ip_prefix_eq(&address->ip, &retired->ip, retired->prefix.prefix))
			return true;
	}
	list_for_each (other, &retirements->list, node) {
		if (other != retired && other->iface == retired->iface &&
		    other->prefix.prefix == retired->prefix.prefix &&
		    px_ip_eq(&other->prefix.dst, &retired->prefix.dst)) {
			other->keeps_prefix = true;
			return true;
		}
	}
	return false;
}

static void keep_prefix(struct px_stack *stack, struct ip_retired *retired)
{
	if (px_route_find(stack, &retired->prefix))
		return;
	retired->keeps_prefix =
	    px_route_add(stack, &retired->prefix, NLM_F_CREATE | NLM_F_APPEND, NULL) == 0;
}

static void reap(struct px_stack *stack, struct px_deferred *deferred);

/* ---- records --------------------------------------------------------------------------------- */

/* The stack's, made with the first one. */
static struct ip_retirements *retirements_get(struct px_stack *stack)
{
	struct ip_retirements *retirements = stack->retired;

	if (retirements)
		return retirements;
	retirements = px_zalloc(stack->mem, sizeof(*retirements));
	if (!retirements)
		return NULL;
	list_init(&retirements->list);
	list_init(&retirements->idle);
	px_deferred_init(&retirements->reap, reap);
	return stack->retired = retirements;
}

/* And freed with the last one. */
static void retirements_put(struct px_stack *stack)
{
	struct ip_retirements *retirements = stack->retired;

	if (!list_is_empty(&retirements->list))
		return;
	px_undefer(&retirements->reap);
	px_table_fini(&retirements->addresses, stack->mem);
	px_table_fini(&retirements->peers, stack->mem);
	px_table_fini(&retirements->macs, stack->mem);
	px_free(stack->mem, retirements, sizeof(*retirements));
	stack->retired = NULL;
}

static void retired_free(struct px_stack *stack, struct ip_retired *retired)
{
	struct ip_retirements *retirements = stack->retired;
	struct px_ip group = px_ip6_solicited_node(&retired->ip);
	struct px_route *route;

	if (retired->keeps_prefix && !prefix_is_wanted(retired)) {
		route = px_route_find(stack, &retired->prefix);
		if (route)
			px_route_del(stack, route);
	}
	px_table_remove(&retirements->addresses, &retired->hash);
	list_remove(&retired->node);
	group_unuse(retired->iface, &group);
	px_free(stack->mem, retired, sizeof(*retired));
	retirements_put(stack);
}

/* With all of its peers. */
static void forget(struct px_stack *stack, struct ip_retired *retired)
{
	struct px_tnode *node = px_table_next(&stack->retired->peers, NULL);

	while (node && retired->peers) {
		struct peer *peer = (struct peer *)(void *)node;

		node = px_table_next(&stack->retired->peers, node);
		if (peer->retired == retired)
			peer_free(stack, peer);
	}
	retired_free(stack, retired);
}

static void reap(struct px_stack *stack, struct px_deferred *deferred)
{
	struct ip_retirements *retirements = stack->retired;
	struct peer *peer;

	(void)deferred;
	while (stack->retired && (peer = list_first(&retirements->idle, struct peer, node))) {
		struct ip_retired *retired = peer->retired;

		peer_free(stack, peer);
		if (!retired->peers)
			retired_free(stack, retired);
	}
}

static struct ip_retired *retired_new(const struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;
	struct px_ip group = px_ip6_solicited_node(&address->ip);
	struct ip_retired *retired = px_zalloc(stack->mem, sizeof(*retired));

	if (!retired)
		return NULL;
	if (!retirements_get(stack))
		goto fail;
	if (group_use(address->iface, &group) < 0) {
		retirements_put(stack);
		goto fail;
	}
	retired->iface = address->iface;
	retired->ip = address->ip;
	retired->prefix = prefix_route(address);
	px_table_insert(
	    &stack->retired->addresses, stack->mem, &retired->hash, address_hash(stack, &retired->ip));
	list_append(&stack->retired->list, &retired->node);
	return retired;

fail:
	px_free(stack->mem, retired, sizeof(*retired));
	return NULL;
}

/* Of all transports' flows. */
static bool count_flows(struct px_stack *stack, const struct px_ip *local)
{
	const struct ip_state *ip = stack->ip;

	for (unsigned int i = 0; i < ip->protocol_count; i++) {
		if (ip->protocols[i]->hold_flows && !ip->protocols[i]->hold_flows(stack, local))
			return false;
	}
	return true;
}

bool ip_may_be_retired(const struct px_ip *ip)
{
	return !px_ip_is4(ip) && !px_ip_is_link_local(ip) && !px_ip_is_loopback(ip);
}

int ip_retire(struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;
	bool had_prefix = false;
	struct ip_retired *retired;

	if (!ip_may_be_retired(&address->ip))
		return -EOPNOTSUPP;
	/* Of one that nobody may use yet there is nothing to keep. */
	if (px_address_usable(address)) {
		retired = retired_new(address);
		if (!retired)
			return -ENOMEM;
		if (!count_flows(stack, &address->ip)) {
			forget(stack, retired);
			return -ENOMEM;
		}
		had_prefix = px_route_find(stack, &retired->prefix) != NULL;
	} else {
		retired = NULL;
	}
	px_address_del(address);
	if (!retired)
		return 0;
	if (!retired->peers)
		retired_free(stack, retired);
	else if (had_prefix)
		keep_prefix(stack, retired);
	return 0;
}

void ip_retired_address_new(const struct px_address *address)
{
	struct px_stack *stack = address->iface->stack;
	struct ip_retired *retired = stack->retired ? find(stack, &address->ip) : NULL;

	if (retired)
		forget(stack, retired);
}

void ip_retired_iface_up(struct px_iface *iface)
{
	struct px_stack *stack = iface->stack;
	struct ip_retired *retired;

	if (!stack->retired)
		return;
	list_for_each (retired, &stack->retired->list, node) {
		if (retired->iface == iface && px_iface_is_up(iface))
			keep_prefix(stack, retired);
	}
}

void ip_retired_iface_del(struct px_iface *iface)
{
	struct px_stack *stack = iface->stack;
	struct ip_retired *retired = NULL;

	while (stack->retired) {
		bool found = false;

		list_for_each (retired, &stack->retired->list, node) {
			found = retired->iface == iface;
			if (found)
				break;
		}
		if (!found)
			return;
		forget(stack, retired);
	}
}

/* ---- packets --------------------------------------------------------------------------------- */

bool ip_retired_has(const struct px_stack *stack, const struct px_ip *ip)
{
	return find(stack, ip);
}

bool ip_retired_lets_in(struct px_stack *stack, const struct px_pkt *pkt)
{
	const struct ip_retired *retired = find(stack, &pkt->dst);
	struct peer *peer;

	if (!retired)
		return false;
	peer = find_peer(stack, retired, &pkt->src);
	if (!peer || !peer->flows)
		return pkt->protocol == IPPROTO_ICMPV6; /* of the first header */
	if (!(pkt->flags & PX_PKT_LOOPED) && pkt->iface->type->address_len == PX_MAC_LEN &&
	    pkt->protocol != IPPROTO_ICMPV6)
		set_mac(stack, peer, pkt->block->data + pkt->l2 + PX_MAC_LEN);
	return true;
}

bool ip_retired_hears(const struct px_pkt *pkt, uint8_t icmp6_type)
{
	return !(pkt->flags & PX_PKT_RETIRED) || icmp6_is_error(icmp6_type) ||
	       icmp6_type == ICMP6_NEIGHBOUR_SOLICITATION || icmp6_type == ICMP6_REDIRECT;
}

bool ip_retired_has_group(const struct px_pkt *pkt)
{
	const struct px_address *address;
	const struct ip_retired *retired;
	struct px_ip group;

	list_for_each (address, &pkt->iface->addresses, node) {
		group = px_ip6_solicited_node(&address->ip);
		if (!px_ip_is4(&address->ip) && px_ip_eq(&group, &pkt->dst))
			return false;
	}
	list_for_each (retired, &pkt->iface->stack->retired->list, node) {
		group = px_ip6_solicited_node(&retired->ip);
		if (retired->iface == pkt->iface && px_ip_eq(&group, &pkt->dst))
			return true;
	}
	return false;
}

bool ip_retired_solicited(
    const struct px_pkt *solicitation, const struct px_ip *target, const uint8_t *mac)
{
	const struct px_iface *iface = solicitation->iface;
	const struct px_stack *stack = iface->stack;
	const struct ip_retired *retired = find(stack, target);
	const struct peer *peer;

	if (!retired || retired->iface != iface || px_ip_is_zero(&solicitation->src))
		return false;
	peer = find_peer(stack, retired, &solicitation->src);
	return (peer && peer->flows) || (mac && is_mac_of_peer(stack, retired, mac));
}
