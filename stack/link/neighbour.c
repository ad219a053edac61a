/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The neighbour cache. */
#include "neighbour.h"

#include "link.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>

/* Entries that may be thrown away when unused are looked for above this number (gc_thresh1). */
#define GC_KEEP  128
#define GC_IDLE  (60 * PX_SEC)
#define GC_ROUND 16 /* entries looked at for one new entry: the work is bounded */

static const struct {
	const char *name;
	uint16_t nud;
	bool usable; /* packets go out */
} states[] = {
    [NEIGHBOUR_NONE] = {"none", NUD_NONE, false},
    [NEIGHBOUR_INCOMPLETE] = {"incomplete", NUD_INCOMPLETE, false},
    [NEIGHBOUR_REACHABLE] = {"reachable", NUD_REACHABLE, true},
    [NEIGHBOUR_STALE] = {"stale", NUD_STALE, true},
    [NEIGHBOUR_DELAY] = {"delay", NUD_DELAY, true},
    [NEIGHBOUR_PROBE] = {"probe", NUD_PROBE, true},
    [NEIGHBOUR_FAILED] = {"failed", NUD_FAILED, false},
    [NEIGHBOUR_PERMANENT] = {"permanent", NUD_PERMANENT, true},
};
static_assert(sizeof(states) / sizeof(states[0]) == NEIGHBOUR_STATES, "every state has a row");

const char *neighbour_state_name(enum neighbour_state state)
{
	return states[state].name;
}

uint16_t neighbour_state_nud(enum neighbour_state state)
{
	return states[state].nud;
}

static unsigned int family_slot(const struct px_ip *ip)
{
	return px_ip_is4(ip) ? 0 : 1;
}

static uint64_t neighbour_hash(const struct px_iface *iface, const struct px_ip *ip)
{
	uint8_t key[20];

	memcpy(key, ip->b, 16);
	memcpy(key + 16, &iface->index, 4);
	return siphash_1_3(&iface->stack->random.hash_key, key, sizeof(key));
}

struct neighbour *neighbour_find(const struct px_iface *iface, const struct px_ip *ip)
{
	struct neighbour_table *table = iface->stack->neighbours;
	struct px_tnode *node;
	uint64_t hash;

	if (table->last && table->last->iface == iface && px_ip_eq(&table->last->ip, ip))
		return table->last;
	hash = neighbour_hash(iface, ip);
	for (node = px_table_chain(&table->entries, hash); node; node = node->next) {
		struct neighbour *neighbour = (struct neighbour *)node;

		if (node->hash == hash && neighbour->iface == iface && px_ip_eq(&neighbour->ip, ip))
			return table->last = neighbour;
	}
	return NULL;
}

/* ---- asking ---- */

/* The source of a solicitation: that of the waiting packet, if it is an address of this interface
 * (RFC 4861 section 7.2.2), else one on the target's prefix, else any. */
static struct px_ip solicit_source(const struct neighbour *neighbour)
{
	const struct px_pkt *pkt = neighbour->pending.first;
	const struct px_address *address, *any = NULL;
	bool is4 = px_ip_is4(&neighbour->ip);

	if (pkt && !px_ip_is_any(&pkt->src)) {
		address = px_address_find(neighbour->iface->stack, &pkt->src, neighbour->iface);
		if (address && (address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) == 0)
			return address->ip;
	}
	list_for_each (address, &neighbour->iface->addresses, node) {
		/* RFC 4429 section 3.2: an optimistic address is not the source of a solicitation. */
		if (px_ip_is4(&address->ip) != is4 ||
		    (address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			continue;
		if (is4 ? px_ip_prefix_eq(&address->ip, &neighbour->ip, address->prefix)
		        : px_ip_is_link_local(&address->ip))
			return address->ip;
		if (!any)
			any = address;
	}
	if (any)
		return any->ip;
	return is4 ? px_ip4(0) : PX_IP_NONE;
}

static void solicit(struct neighbour *neighbour, bool unicast)
{
	struct px_iface *iface = neighbour->iface;
	struct px_ip source = solicit_source(neighbour);
	const uint8_t *mac = unicast ? neighbour->mac : NULL;

	neighbour->probes++;
	if (px_ip_is4(&neighbour->ip))
		arp_solicit(iface, &neighbour->ip, &source, mac);
	else if (iface->stack->nd_solicit && !px_ip_is_zero(&source))
		iface->stack->nd_solicit(iface, &neighbour->ip, &source, mac);
}

/* ---- waiting packets ---- */

static void pend(struct neighbour *neighbour, struct px_pkt *pkt)
{
	struct neighbour_table *table = neighbour->iface->stack->neighbours;

	/* RFC 4861 section 7.2.2: when the queue is full the oldest goes. */
	while (
	    neighbour->pending.count >= NEIGHBOUR_PENDING_MAX ||
	    (neighbour->pending.first && table->pending_bytes + pkt->total > NEIGHBOUR_PENDING_BYTES)) {
		struct px_pkt *oldest = px_pktq_take(&neighbour->pending);
		table->pending_bytes -= oldest->total;
		neighbour->iface->stats.tx_dropped++;
		px_pkt_free(oldest);
	}
	if (table->pending_bytes + pkt->total > NEIGHBOUR_PENDING_BYTES) {
		neighbour->iface->stats.tx_dropped++;
		px_pkt_free(pkt);
		return;
	}
	table->pending_bytes += pkt->total;
	px_pktq_append(&neighbour->pending, pkt);
}

static struct px_pkt *unpend(struct neighbour *neighbour)
{
	struct px_pkt *pkt = px_pktq_take(&neighbour->pending);

	if (pkt)
		neighbour->iface->stack->neighbours->pending_bytes -= pkt->total;
	return pkt;
}

static void send_pending(struct neighbour *neighbour)
{
	struct px_iface *iface = neighbour->iface;
	uint16_t ethertype = px_ip_is4(&neighbour->ip) ? ETH_P_IP : ETH_P_IPV6;
	struct px_pkt *pkt;

	while ((pkt = unpend(neighbour)))
		ethernet_send(iface, pkt, neighbour->mac, ethertype);
}

/* They go back to the network layer, which tells the senders (RFC 4861 section 7.2.2). It may send
 * through this very entry again: take the queue first. */
static void fail_pending(struct neighbour *neighbour)
{
	struct px_stack *stack = neighbour->iface->stack;
	struct px_pktq queue = neighbour->pending;
	struct px_pkt *pkt;

	neighbour->pending = (struct px_pktq){0};
	stack->neighbours->pending_bytes -= queue.bytes;
	while ((pkt = px_pktq_take(&queue))) {
		if (stack->unreachable)
			stack->unreachable(stack, pkt);
		else
			px_pkt_free(pkt);
	}
}

/* ---- states ---- */

static px_time reachable_time(const struct neighbour *neighbour)
{
	return neighbour->iface->neighbour[family_slot(&neighbour->ip)].reachable * PX_MSEC;
}

static px_time retrans_time(const struct neighbour *neighbour)
{
	return neighbour->iface->neighbour[family_slot(&neighbour->ip)].retrans * PX_MSEC;
}

enum neighbour_state neighbour_current_state(struct neighbour *neighbour)
{
	struct px_stack *stack = neighbour->iface->stack;

	if (neighbour->state == NEIGHBOUR_REACHABLE &&
	    stack->now - neighbour->confirmed >= reachable_time(neighbour))
		neighbour_set_state(neighbour, NEIGHBOUR_STALE);
	return neighbour->state;
}

void neighbour_set_state(struct neighbour *neighbour, enum neighbour_state state)
{
	struct px_stack *stack = neighbour->iface->stack;
	enum neighbour_state before = neighbour->state;

	neighbour->state = state;
	neighbour->updated = stack->now;
	switch (state) {
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_PROBE:
		neighbour->probes = 0;
		px_timer_after(stack, &neighbour->timer, retrans_time(neighbour));
		solicit(neighbour, state == NEIGHBOUR_PROBE);
		break;
	case NEIGHBOUR_DELAY:
		px_timer_after(stack, &neighbour->timer, NEIGHBOUR_DELAY_MS * PX_MSEC);
		break;
	case NEIGHBOUR_REACHABLE:
		neighbour->confirmed = stack->now;
		px_timer_stop(stack, &neighbour->timer);
		break;
	case NEIGHBOUR_NONE:
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_FAILED:
	case NEIGHBOUR_PERMANENT:
	case NEIGHBOUR_STATES:
		px_timer_stop(stack, &neighbour->timer);
		break;
	}
	if (state != before)
		px_event(stack, PX_EVENT_NEIGHBOUR_CHANGE, neighbour);
	if (states[state].usable)
		send_pending(neighbour);
	else if (state == NEIGHBOUR_FAILED)
		fail_pending(neighbour);
}

static void timer_fired(struct px_stack *stack, struct px_timer *timer)
{
	struct neighbour *neighbour = timerq_entry(timer, struct neighbour, timer);

	switch (neighbour->state) {
	case NEIGHBOUR_INCOMPLETE:
	case NEIGHBOUR_PROBE: {
		static const unsigned int limits[2] = {
		    NEIGHBOUR_MULTICAST_SOLICIT, NEIGHBOUR_UNICAST_SOLICIT};
		bool unicast = neighbour->state == NEIGHBOUR_PROBE;
		if (neighbour->probes >= limits[unicast]) {
			neighbour_set_state(neighbour, NEIGHBOUR_FAILED);
			return;
		}
		px_timer_after(stack, &neighbour->timer, retrans_time(neighbour));
		solicit(neighbour, unicast);
		return;
	}
	case NEIGHBOUR_DELAY:
		neighbour_set_state(neighbour, NEIGHBOUR_PROBE);
		return;
	default:
		return;
	}
}

void neighbour_update(struct neighbour *neighbour, const uint8_t *mac, enum neighbour_state state)
{
	bool changed = mac && memcmp(neighbour->mac, mac, PX_MAC_LEN) != 0;

	if (mac)
		memcpy(neighbour->mac, mac, PX_MAC_LEN);
	if (changed && neighbour->state == state)
		px_event(neighbour->iface->stack, PX_EVENT_NEIGHBOUR_CHANGE, neighbour);
	neighbour_set_state(neighbour, state);
}

struct neighbour *neighbour_learn(
    struct px_iface *iface, const struct px_ip *ip, const uint8_t *mac)
{
	struct neighbour *neighbour = neighbour_get(iface, ip);

	if (!neighbour || neighbour->state == NEIGHBOUR_PERMANENT)
		return neighbour;
	if (!states[neighbour->state].usable || memcmp(neighbour->mac, mac, PX_MAC_LEN) != 0)
		neighbour_update(neighbour, mac, NEIGHBOUR_STALE);
	return neighbour;
}

void neighbour_confirm(struct px_iface *iface, const struct px_ip *ip)
{
	struct neighbour *neighbour = neighbour_find(iface, ip);

	if (!neighbour)
		return;
	switch (neighbour->state) {
	case NEIGHBOUR_REACHABLE:
		neighbour->confirmed = iface->stack->now;
		break;
	case NEIGHBOUR_STALE:
	case NEIGHBOUR_DELAY:
	case NEIGHBOUR_PROBE:
		neighbour_set_state(neighbour, NEIGHBOUR_REACHABLE);
		break;
	default:
		break;
	}
}

/* ---- making and deleting ---- */

void neighbour_delete(struct neighbour *neighbour)
{
	struct px_stack *stack = neighbour->iface->stack;
	struct px_pkt *pkt;

	px_timer_stop(stack, &neighbour->timer);
	while ((pkt = unpend(neighbour)))
		px_pkt_free(pkt);
	px_table_remove(&stack->neighbours->entries, &neighbour->hash);
	if (stack->neighbours->last == neighbour)
		stack->neighbours->last = NULL;
	list_remove(&neighbour->lru);
	px_event(stack, PX_EVENT_NEIGHBOUR_DEL, neighbour);
	px_free(stack->mem, neighbour, sizeof(*neighbour));
}

/* Makes room: of the least recently used few, the worst. False when all must stay. */
static bool evict(struct px_stack *stack, bool must)
{
	struct neighbour *neighbour, *victim = NULL;
	unsigned int looked = 0;
	int victim_rank = 0;

	list_for_each (neighbour, &stack->neighbours->lru, lru) {
		int rank;
		if (++looked > GC_ROUND && (victim || !must))
			break;
		switch (neighbour_current_state(neighbour)) {
		case NEIGHBOUR_PERMANENT:
			continue;
		case NEIGHBOUR_NONE:
		case NEIGHBOUR_FAILED:
		case NEIGHBOUR_INCOMPLETE:
			rank = 3;
			break;
		case NEIGHBOUR_STALE:
			rank = 2;
			break;
		default:
			rank = 1;
			break;
		}
		if (!must && (rank == 1 || stack->now - neighbour->used < GC_IDLE))
			continue;
		if (rank > victim_rank) {
			victim = neighbour;
			victim_rank = rank;
		}
	}
	if (!victim)
		return false;
	neighbour_delete(victim);
	return true;
}

static void touch(struct neighbour *neighbour)
{
	struct px_stack *stack = neighbour->iface->stack;

	/* The order is only needed to about a second. */
	if (stack->now - neighbour->used < PX_SEC)
		return;
	neighbour->used = stack->now;
	list_remove(&neighbour->lru);
	list_append(&stack->neighbours->lru, &neighbour->lru);
}

struct neighbour *neighbour_get(struct px_iface *iface, const struct px_ip *ip)
{
	struct px_stack *stack = iface->stack;
	struct neighbour_table *table = stack->neighbours;
	struct neighbour *neighbour = neighbour_find(iface, ip);

	if (neighbour)
		return neighbour;
	if (table->entries.count >= stack->options.neighbours_max) {
		if (!evict(stack, true))
			return NULL;
	} else if (table->entries.count >= GC_KEEP) {
		evict(stack, false);
	}
	neighbour = px_zalloc(stack->mem, sizeof(*neighbour));
	if (!neighbour)
		return NULL;
	neighbour->iface = iface;
	neighbour->ip = *ip;
	neighbour->used = neighbour->updated = stack->now;
	px_timer_init(&neighbour->timer, timer_fired);
	list_append(&table->lru, &neighbour->lru);
	px_table_insert(&table->entries, stack->mem, &neighbour->hash, neighbour_hash(iface, ip));
	return neighbour;
}

int neighbour_output(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *ip)
{
	struct neighbour *neighbour = neighbour_get(iface, ip);

	if (!neighbour) {
		iface->stats.tx_dropped++;
		px_pkt_free(pkt);
		return -ENOBUFS;
	}
	touch(neighbour);
	switch (neighbour_current_state(neighbour)) {
	case NEIGHBOUR_STALE:
		neighbour_set_state(neighbour, NEIGHBOUR_DELAY);
		break;
	case NEIGHBOUR_NONE:
	case NEIGHBOUR_FAILED:
		pend(neighbour, pkt);
		neighbour_set_state(neighbour, NEIGHBOUR_INCOMPLETE);
		return 0;
	case NEIGHBOUR_INCOMPLETE:
		pend(neighbour, pkt);
		return 0;
	default:
		break;
	}
	return ethernet_send(
	    iface, pkt, neighbour->mac, px_ip_is4(&neighbour->ip) ? ETH_P_IP : ETH_P_IPV6);
}

void neighbours_flush(struct px_iface *iface, bool all)
{
	struct neighbour_table *table = iface->stack->neighbours;
	struct neighbour *neighbour;

	list_for_each_safe (neighbour, &table->lru, lru) {
		if (neighbour->iface == iface && (all || neighbour->state != NEIGHBOUR_PERMANENT))
			neighbour_delete(neighbour);
	}
}

int neighbours_init(struct px_stack *stack)
{
	struct neighbour_table *table = px_zalloc(stack->mem, sizeof(*table));

	if (!table)
		return -ENOMEM;
	list_init(&table->lru);
	stack->neighbours = table;
	return 0;
}

void neighbours_fini(struct px_stack *stack)
{
	struct neighbour_table *table = stack->neighbours;
	struct neighbour *entry;

	if (!table)
		return;
	while ((entry = list_first(&table->lru, struct neighbour, lru)))
		neighbour_delete(entry);
	px_table_fini(&table->entries, stack->mem);
	px_free(stack->mem, table, sizeof(*table));
	stack->neighbours = NULL;
}
