/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP_GRO: datagrams of one flow that arrive in one burst are given to the reader as one.
 *
 * Those that follow must be as long as the first; a shorter one is the last (so the reader, told
 * the size, finds the borders again). "One burst" is what came at the same time of the stack's
 * clock: nothing is held back for what may still come.
 *
 * The bytes are copied behind the first datagram, whose room doubles: a copy of at most twice the
 * bytes for one read instead of many.
 */
#include "udp_internal.h"

#include <string.h>

#define JOINED_MAX  64    /* datagrams: UDP_GRO_CNT_MAX of Linux */
#define JOINED_SIZE 65535 /* bytes */

/* How a queued packet says that it is several: the size of all but the last in cb.word[0], their
 * number in cb.word[1]. */
uint16_t udp_joined_size(const struct px_pkt *pkt)
{
	return pkt->cb.word[1] > 1 ? (uint16_t)pkt->cb.word[0] : 0;
}

static bool same_flow(const struct px_pkt *a, const struct px_pkt *b)
{
	return a->time == b->time && a->sport == b->sport && a->dport == b->dport &&
	       a->ifindex == b->ifindex && a->ttl == b->ttl && a->tos == b->tos &&
	       a->flow_label == b->flow_label && px_ip_eq(&a->src, &b->src) &&
	       px_ip_eq(&a->dst, &b->dst);
}

/* Whether its headers say more than the reader of a joined one could be told. */
static bool has_extras(const struct px_pkt *pkt)
{
	return pkt->l4 - pkt->l3 != (px_ip_is4(&pkt->src) ? IP4_HEADER : 40u);
}

static struct px_pkt *enlarge(const struct px_pkt *pkt, size_t extra)
{
	size_t headers = px_pkt_here(pkt) - pkt->l3;
	struct px_pkt *larger = px_pkt_new(pkt->own.mem, headers, 2 * (pkt->total + extra));
	uint8_t *bytes;

	if (!larger)
		return NULL;
	bytes = px_pkt_put(larger, pkt->total);
	memcpy(bytes - headers, px_pkt_at(pkt, pkt->l3), headers);
	px_pkt_read(pkt, 0, bytes, pkt->total);
	larger->l3 = px_pkt_here(larger) - (uint32_t)headers;
	larger->l4 = larger->l3 + (pkt->l4 - pkt->l3);
	larger->flags = pkt->flags;
	larger->ifindex = pkt->ifindex;
	larger->time = pkt->time;
	larger->ethertype = pkt->ethertype;
	larger->src = pkt->src;
	larger->dst = pkt->dst;
	larger->sport = pkt->sport;
	larger->dport = pkt->dport;
	larger->protocol = pkt->protocol;
	larger->ttl = pkt->ttl;
	larger->tos = pkt->tos;
	larger->flow_label = pkt->flow_label;
	larger->cb = pkt->cb;
	return larger;
}

bool udp_join(struct udp_end *end, struct px_pkt *pkt)
{
	struct endpoint *e = &end->endpoint;
	struct px_pkt *last = e->rx.last;
	size_t grown;

	pkt->cb.word[0] = pkt->total;
	pkt->cb.word[1] = 1;
	if (!last || !same_flow(last, pkt) || pkt->total == 0 || pkt->total > last->cb.word[0] ||
	    last->total % last->cb.word[0] != 0 || last->cb.word[1] == JOINED_MAX ||
	    last->total + pkt->total > JOINED_SIZE || has_extras(last) || has_extras(pkt))
		return false;
	if (px_block_shared(last->block) || last->slices || px_pkt_tailroom(last) < pkt->total) {
		struct px_pkt *larger;

		grown = 2 * ((size_t)last->total + pkt->total);
		if (e->rx_truesize + grown > e->rcvbuf)
			return false;
		larger = enlarge(last, pkt->total);
		if (!larger)
			return false;
		endpoint_replace_last(e, larger);
		last = larger;
	}
	px_pkt_read(pkt, 0, px_pkt_put(last, pkt->total), pkt->total);
	e->rx.bytes += pkt->total;
	last->cb.word[1]++;
	px_pkt_free(pkt);
	endpoint_notify(e, ENDPOINT_READABLE);
	return true;
}
