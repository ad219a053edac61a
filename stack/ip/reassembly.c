/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reassembly of both families.
 *
 * Fragments wait in the order of their offsets; when the last hole is filled they are copied into
 * one packet. What a fragment keeps of memory is about its own size (px_pkt_compact), so that the
 * memory of an attack is what the attack sends.
 *
 * Overlaps end the datagram (RFC 5722, and for IPv4 too: nobody sends them honestly); what still
 * comes of it until the time-out is dropped. An exact duplicate is a duplicate of the network, and
 * ignored (RFC 8200 section 4.5).
 *
 * Bounds (RFC 8900 section 6): bytes a stack (options.reassembly_max), datagrams of one source,
 * fragments of one datagram; the oldest datagrams go first. Datagrams are hashed by source alone,
 * so that one chain holds all of a source.
 */
#include "ip_internal.h"

#define TIMEOUT       (60 * PX_SEC) /* RFC 8200 section 4.5; RFC 1122 section 3.3.2: 60 to 120 s */
#define SOURCE_MAX    64            /* incomplete datagrams */
#define FRAGMENTS_MAX 256           /* of one: 64 KiB in pieces of 256 bytes */
#define DATAGRAM_MAX  65535

struct reassembly {
	struct px_tnode hash; /* must be first */
	struct list lru;      /* oldest first */
	struct px_stack *stack;
	struct px_ip src, dst;
	uint32_t id, zone;
	uint8_t protocol;
	uint8_t ecn; /* bits: 1 << codepoint seen */
	bool dead;   /* overlapped: swallows the rest */
	uint32_t ifindex;
	struct px_timer timer;

	struct px_pkt *first; /* by offset: cb.word[0] is the offset, cb.word[1] the length */
	struct px_pkt *last;
	unsigned int count;
	uint32_t received; /* bytes of payload */
	uint32_t total;    /* 0: the last fragment has not come */
	size_t charged;
	struct fragment head; /* of the fragment with offset 0 */
};

static uint64_t source_hash(const struct px_stack *stack, const struct px_ip *src)
{
	return siphash_1_3(&stack->random.hash_key, src->b, sizeof(src->b));
}

static void drop_fragments(struct reassembly *r)
{
	while (r->first) {
		struct px_pkt *next = r->first->next;
		px_pkt_free(r->first);
		r->first = next;
	}
	r->last = NULL;
	r->count = 0;
	r->stack->ip->reassembly_bytes -= r->charged;
	r->charged = 0;
}

static void reassembly_free(struct reassembly *r)
{
	struct px_stack *stack = r->stack;

	drop_fragments(r);
	px_timer_stop(stack, &r->timer);
	px_table_remove(&stack->ip->reassemblies, &r->hash);
	list_remove(&r->lru);
	stack->ip->reassembly_bytes -= sizeof(*r);
	px_free(stack->mem, r, sizeof(*r));
}

static void timed_out(struct px_stack *stack, struct px_timer *timer)
{
	struct reassembly *r = timerq_entry(timer, struct reassembly, timer);
	bool is4 = px_ip_is4(&r->src);
	struct px_pkt *first = r->first;

	if (!r->dead) {
		PX_COUNT_IP(stack, is4, ReasmTimeout);
		PX_COUNT_IP(stack, is4, ReasmFails);
	}
	/* RFC 1122 section 3.3.2, RFC 8200 section 4.5: told to the sender if the first came. */
	if (first && first->cb.word[0] == 0) {
		first->iface = px_iface_by_index(stack, r->ifindex);
		r->first = first->next;
		if (!r->first)
			r->last = NULL;
		if (first->iface)
			icmp_send_error(
			    stack, first, is4 ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED_ERROR, 1, 0);
		px_pkt_free(first);
	}
	reassembly_free(r);
}

static struct reassembly *find(struct px_stack *stack, const struct px_pkt *pkt,
    const struct fragment *fragment, uint32_t zone, struct reassembly **oldest, unsigned int *count)
{
	uint64_t hash = source_hash(stack, &pkt->src);
	struct px_tnode *node = px_table_chain(&stack->ip->reassemblies, hash);

	*count = 0;
	*oldest = NULL;
	for (; node; node = node->next) {
		struct reassembly *r = (struct reassembly *)node;
		if (node->hash != hash || !px_ip_eq(&r->src, &pkt->src))
			continue;
		if (r->id == fragment->id && r->protocol == fragment->protocol && r->zone == zone &&
		    px_ip_eq(&r->dst, &pkt->dst))
			return r;
		(*count)++;
		if (!*oldest || r->timer.deadline < (*oldest)->timer.deadline)
			*oldest = r;
	}
	return NULL;
}

/* Throws away the oldest until `bytes` more fit; `keep` stays. */
static bool make_room(struct px_stack *stack, size_t bytes, const struct reassembly *keep)
{
	struct ip_state *ip = stack->ip;

	while (ip->reassembly_bytes + bytes > stack->options.reassembly_max) {
		struct reassembly *oldest = list_first(&ip->reassembly_lru, struct reassembly, lru);
		if (oldest && oldest == keep && oldest->lru.next != &ip->reassembly_lru)
			oldest = list_entry(oldest->lru.next, struct reassembly, lru);
		if (!oldest || oldest == keep)
			return false;
		PX_COUNT_IP(stack, px_ip_is4(&oldest->src), ReasmFails);
		reassembly_free(oldest);
	}
	return true;
}

static struct reassembly *get(
    struct px_stack *stack, const struct px_pkt *pkt, const struct fragment *fragment)
{
	uint32_t zone = px_ip_needs_scope(&pkt->src) || px_ip_needs_scope(&pkt->dst) ? pkt->ifindex : 0;
	struct reassembly *r, *oldest;
	unsigned int count;

	r = find(stack, pkt, fragment, zone, &oldest, &count);
	if (r)
		return r;
	if (count >= SOURCE_MAX && oldest) {
		PX_COUNT_IP(stack, px_ip_is4(&oldest->src), ReasmFails);
		reassembly_free(oldest);
	}
	if (px_mem_pressure(stack->mem) || !make_room(stack, sizeof(*r), NULL))
		return NULL;
	r = px_zalloc(stack->mem, sizeof(*r));
	if (!r)
		return NULL;
	r->stack = stack;
	r->src = pkt->src;
	r->dst = pkt->dst;
	r->id = fragment->id;
	r->zone = zone;
	r->protocol = fragment->protocol;
	r->ifindex = pkt->ifindex;
	px_timer_init(&r->timer, timed_out);
	px_timer_after(stack, &r->timer, TIMEOUT);
	px_table_insert(&stack->ip->reassemblies, stack->mem, &r->hash, source_hash(stack, &pkt->src));
	list_append(&stack->ip->reassembly_lru, &r->lru);
	stack->ip->reassembly_bytes += sizeof(*r);
	return r;
}

enum placement { PLACED, DUPLICATE, OVERLAP };

/* Finds its place; most fragments come in order and go to the end. */
static enum placement place(struct reassembly *r, struct px_pkt *pkt, uint32_t offset, uint32_t len)
{
	struct px_pkt *before = NULL, *after;

	if (r->last && r->last->cb.word[0] + r->last->cb.word[1] <= offset) {
		before = r->last;
		after = NULL;
	} else {
		for (after = r->first; after && after->cb.word[0] < offset; after = after->next)
			before = after;
	}
	if (after && after->cb.word[0] == offset && after->cb.word[1] == len)
		return DUPLICATE;
	if ((before && before->cb.word[0] + before->cb.word[1] > offset) ||
	    (after && offset + len > after->cb.word[0]))
		return OVERLAP;
	pkt->next = after;
	if (before)
		before->next = pkt;
	else
		r->first = pkt;
	if (!after)
		r->last = pkt;
	return PLACED;
}

/* RFC 3168 section 5.3: Congestion Experienced on any is kept; a mixture with Not-ECT is dropped.
 */
static int merged_ecn(uint8_t seen, uint8_t of_head)
{
	if (seen & (1 << 3))
		return (seen & (1 << 0)) ? -1 : 3;
	return of_head;
}

/* All there: one packet of the first one's headers and all payloads. */
static struct px_pkt *assemble(struct reassembly *r)
{
	struct px_stack *stack = r->stack;
	bool is4 = px_ip_is4(&r->src);
	struct px_pkt *head = r->first, *whole;
	size_t headers = r->head.unfragmentable;
	int ecn = merged_ecn(r->ecn, r->head.ecn);
	uint8_t *bytes;

	if (ecn < 0 || headers + r->total > DATAGRAM_MAX + (is4 ? 0u : IP6_HEADER))
		return NULL;
	whole = px_pkt_alloc(stack, headers + r->total);
	if (!whole)
		return NULL;
	bytes = px_pkt_put(whole, headers + r->total);
	memcpy(bytes, px_pkt_at(head, head->l3), headers);
	for (struct px_pkt *pkt = r->first; pkt; pkt = pkt->next)
		px_pkt_read(pkt, 0, bytes + headers + pkt->cb.word[0], pkt->cb.word[1]);

	whole->l3 = px_pkt_here(whole);
	whole->ifindex = head->ifindex;
	whole->time = stack->now;
	whole->flags =
	    (head->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST | PX_PKT_LOOPED | PX_PKT_RETIRED)) |
	    PX_PKT_REASSEMBLED;
	whole->ethertype = head->ethertype;
	if (is4) {
		struct ip4_header header;
		if (ip4_parse(bytes, headers, headers + r->total, &header) == IP4_BAD) {
			px_pkt_free(whole);
			return NULL;
		}
		header.total_len = (uint16_t)(headers + r->total);
		header.fragment = 0;
		header.tos = (uint8_t)((header.tos & 0xfc) | ecn);
		ip4_write(bytes, &header, px_pkt_at(head, head->l3) + IP4_HEADER, headers - IP4_HEADER);
	} else {
		size_t payload = headers + r->total - IP6_HEADER;
		bytes[4] = (uint8_t)(payload >> 8);
		bytes[5] = (uint8_t)payload;
		bytes[1] = (uint8_t)((bytes[1] & 0xcf) | ecn << 4);
		bytes[r->head.next_at] = r->head.next;
	}
	return whole;
}

/* The end is known by the fragment without "more"; others must lie within. */
static bool lies_within(const struct reassembly *r, const struct fragment *fragment, uint32_t end)
{
	if (fragment->more)
		return !r->total || end <= r->total;
	return (!r->total || r->total == end) &&
	       (!r->last || r->last->cb.word[0] + r->last->cb.word[1] <= end);
}

struct px_pkt *ip_reassemble(
    struct px_stack *stack, struct px_pkt *pkt, const struct fragment *fragment)
{
	bool is4 = px_ip_is4(&pkt->src);
	uint32_t end = fragment->offset + fragment->len;
	struct reassembly *r;
	struct px_iface *iface = pkt->iface;
	struct px_pkt *whole = NULL;
	enum placement placement;
	size_t size;

	PX_COUNT_IP(stack, is4, ReasmReqds);
	r = get(stack, pkt, fragment);
	if (!r)
		goto refuse;
	if (r->dead)
		goto drop;
	if (!lies_within(r, fragment, end))
		goto overlap;
	if (r->count >= FRAGMENTS_MAX)
		goto overlap; /* it cannot be completed: the rest shall not cost anything */

	pkt = px_pkt_compact(pkt);
	size = px_pkt_truesize(pkt);
	if (!make_room(stack, size, r))
		goto refuse;
	pkt->cb.word[0] = fragment->offset;
	pkt->cb.word[1] = fragment->len;
	placement = place(r, pkt, fragment->offset, fragment->len);
	if (placement == DUPLICATE)
		goto drop;
	if (placement == OVERLAP)
		goto overlap;
	pkt->iface = NULL;
	r->charged += size;
	stack->ip->reassembly_bytes += size;
	r->count++;
	r->received += fragment->len;
	r->ecn |= (uint8_t)(1 << fragment->ecn);
	if (!fragment->more)
		r->total = end;
	if (fragment->offset == 0)
		r->head = *fragment;
	if (!r->total || r->received != r->total || r->first->cb.word[0] != 0)
		return NULL;

	whole = assemble(r);
	reassembly_free(r);
	if (!whole) {
		PX_COUNT_IP(stack, is4, ReasmFails);
		return NULL;
	}
	whole->iface = iface;
	PX_COUNT_IP(stack, is4, ReasmOKs);
	return whole;

overlap:
	if (is4)
		PX_COUNT(stack, IpExtReasmOverlaps);
	r->dead = true;
	drop_fragments(r);
refuse:
	PX_COUNT_IP(stack, is4, ReasmFails);
drop:
	px_pkt_free(pkt);
	return NULL;
}

void ip_reassembly_flush(struct px_stack *stack, const struct px_iface *iface)
{
	struct reassembly *r;

	list_for_each_safe (r, &stack->ip->reassembly_lru, lru) {
		if (!iface || r->ifindex == iface->index)
			reassembly_free(r);
	}
}
