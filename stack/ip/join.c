/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining: see join.h. Where the fields are is RFC 791 section 3.1, RFC 8200 section 3 and RFC 9293
 * section 3.1. */
#include "join.h"

#include "ip_internal.h"
#include "tcp_wire.h"

#include <linux/if_ether.h>

#define FLOWS     8     /* held at a time; the oldest makes room */
#define BYTES_MAX 65535 /* of data in a chain */

#define IP4_FRAGMENT        6
#define IP4_TTL             8
#define IP4_CHECKSUM        10
#define IP4_ADDRESSES       12
#define IP6_LENGTH          4
#define IP6_ADDRESSES       8
#define TCP_ACKNOWLEDGEMENT 8
#define TCP_FLAGS           13
#define TCP_WINDOW          14

/* What is known of a segment before IP has seen it. */
struct look {
	bool is4;
	uint32_t network, transport; /* lengths of the headers */
	uint32_t data;
	uint32_t seq;
	uint8_t flags;
};

struct flow {
	struct px_pkt *first, *last;
	struct look look;  /* of the first */
	uint32_t next_seq; /* that continues it */
	uint32_t bytes;    /* of data */
};

struct ip_join {
	unsigned int count;
	struct flow flow[FLOWS]; /* oldest first */
};

/* ---- looking ---- */

static bool look_at_ip4(const struct px_pkt *pkt, struct look *look)
{
	struct wire_reader reader = wire_reader(pkt->data, pkt->len);
	uint8_t version = wire_u8(&reader);
	uint32_t total, fragment;

	wire_skip(&reader, 1);
	total = wire_u16(&reader);
	wire_skip(&reader, 2);
	fragment = wire_u16(&reader);
	wire_skip(&reader, 1);
	if (version != 0x45 || (fragment & ~(uint32_t)IP4_DF) || wire_u8(&reader) != IPPROTO_TCP ||
	    total > pkt->total)
		return false;
	look->network = IP4_HEADER;
	look->data = total; /* with headers, still */
	return !reader.error;
}

static bool look_at_ip6(const struct px_pkt *pkt, struct look *look)
{
	struct wire_reader reader = wire_reader(pkt->data, pkt->len);
	uint32_t payload;

	wire_skip(&reader, 4);
	payload = wire_u16(&reader);
	if (wire_u8(&reader) != IPPROTO_TCP || payload + IP6_HEADER > pkt->total)
		return false;
	look->network = IP6_HEADER;
	look->data = payload + IP6_HEADER;
	return !reader.error;
}

/* False: nothing that is held or joined. */
static bool look_at(const struct px_pkt *pkt, struct look *look)
{
	struct wire_reader reader;

	look->is4 = pkt->ethertype == ETH_P_IP;
	if (!(look->is4 ? look_at_ip4(pkt, look) : look_at_ip6(pkt, look)))
		return false;
	reader = wire_reader(pkt->data, pkt->len);
	wire_skip(&reader, look->network + 4);
	look->seq = wire_u32(&reader);
	wire_skip(&reader, 4);
	look->transport = (uint32_t)(wire_u8(&reader) >> 4) * 4;
	look->flags = wire_u8(&reader);
	if (reader.error || look->transport < TCP_HEADER ||
	    look->network + look->transport > pkt->len || look->network + look->transport > look->data)
		return false;
	look->data -= look->network + look->transport;
	return true;
}

/* ECE stays set until it is answered, so it may be in all of them. */
static bool may_be_joined(const struct look *look)
{
	return look->data && (look->flags & ~(unsigned int)(TCP_PSH | TCP_ECE)) == TCP_ACK;
}

static bool same(const struct px_pkt *a, const struct px_pkt *b, size_t from, size_t to)
{
	return memcmp(a->data + from, b->data + from, to - from) == 0;
}

static bool same_flow(const struct flow *flow, const struct px_pkt *pkt, const struct look *look)
{
	size_t addresses = look->is4 ? IP4_ADDRESSES : IP6_ADDRESSES;

	/* The ports follow the addresses. */
	return flow->look.is4 == look->is4 && flow->first->iface == pkt->iface &&
	       same(flow->first, pkt, addresses, look->network + 4u);
}

/* The headers, but for what may differ. */
static bool same_headers(const struct px_pkt *a, const struct px_pkt *b, const struct look *look)
{
	size_t tcp = look->network;

	if (look->is4 ? !same(a, b, 0, 2) || !same(a, b, IP4_FRAGMENT, IP4_CHECKSUM)
	              : !same(a, b, 0, IP6_LENGTH) || !same(a, b, IP6_LENGTH + 2, IP6_ADDRESSES))
		return false;
	return same(a, b, tcp + TCP_ACKNOWLEDGEMENT, tcp + TCP_FLAGS) &&
	       ((a->data[tcp + TCP_FLAGS] ^ b->data[tcp + TCP_FLAGS]) & ~TCP_PSH) == 0 &&
	       same(a, b, tcp + TCP_WINDOW, tcp + TCP_CHECKSUM_OFFSET) &&
	       same(a, b, tcp + TCP_HEADER, tcp + look->transport);
}

static bool checksums_right(struct px_pkt *pkt, const struct look *look)
{
	size_t addresses = look->is4 ? IP4_ADDRESSES : IP6_ADDRESSES;
	size_t len = look->transport + look->data;
	uint64_t sum;

	if (look->is4 && checksum_finish(checksum_add(0, pkt->data, IP4_HEADER)) != 0)
		return false;
	if (pkt->flags & PX_PKT_CSUM_VALID)
		return true;
	if (look->is4)
		sum = checksum_pseudo_ipv4(
		    pkt->data + addresses, pkt->data + addresses + 4, IPPROTO_TCP, (uint16_t)len);
	else
		sum = checksum_pseudo_ipv6(
		    pkt->data + addresses, pkt->data + addresses + 16, IPPROTO_TCP, (uint32_t)len);
	if (checksum_finish(px_pkt_checksum(pkt, look->network, len, sum)) != 0)
		return false;
	pkt->flags |= PX_PKT_CSUM_VALID;
	return true;
}

/* ---- joining ---- */

static bool continues(struct flow *flow, struct px_pkt *pkt, const struct look *look)
{
	return may_be_joined(look) && look->seq == flow->next_seq && look->data <= flow->look.data &&
	       flow->bytes + look->data <= BYTES_MAX && look->transport == flow->look.transport &&
	       same_headers(flow->first, pkt, look) &&
	       (flow->first->joined || checksums_right(flow->first, &flow->look)) &&
	       checksums_right(pkt, look);
}

/* Counted here, since IP sees the first alone. */
static void count(struct px_stack *stack, const struct px_pkt *pkt, const struct look *look)
{
	PX_COUNT_IP(stack, look->is4, InReceives);
	if (look->is4)
		PX_COUNT_ADD(stack, IpExtInOctets, pkt->total);
	else
		PX_COUNT_ADD(stack, Ip6InOctets, pkt->total);
	ip_count_ecn(stack, look->is4, pkt->tos);
}

/* As IP would hand it to its transport. Returns whether more may follow. */
static bool append(
    struct px_stack *stack, struct flow *flow, struct px_pkt *pkt, const struct look *look)
{
	struct px_pkt *first = flow->first;

	pkt->tos = look->is4 ? pkt->data[1] : (uint8_t)(pkt->data[0] << 4 | pkt->data[1] >> 4);
	pkt->ttl = look->is4 ? pkt->data[IP4_TTL] : pkt->data[IP6_ADDRESSES - 1];
	count(stack, pkt, look);
	pkt->src = first->src;
	pkt->dst = first->dst;
	pkt->protocol = IPPROTO_TCP;
	pkt->flow_label = first->flow_label;
	pkt->l3 = px_pkt_here(pkt);
	px_pkt_trim(pkt, look->network + look->transport + look->data); /* Ethernet pads */
	px_pkt_pull(pkt, look->network);
	pkt->l4 = px_pkt_here(pkt);
	pkt->next = NULL;
	if (first->joined)
		flow->last->next = pkt;
	else
		first->joined = pkt;
	flow->last = pkt;
	first->segments = (uint16_t)(px_pkt_frames(first) + 1);
	flow->next_seq += look->data;
	flow->bytes += look->data;
	return look->data == flow->look.data && !(look->flags & TCP_PSH);
}

static void emit(struct px_stack *stack, unsigned int place)
{
	struct ip_join *join = stack->ip->join;
	struct flow flow = join->flow[place];

	join->count--;
	memmove(
	    &join->flow[place], &join->flow[place + 1], (join->count - place) * sizeof(join->flow[0]));
	if (flow.look.is4)
		ip4_receive(stack, flow.first);
	else
		ip6_receive(stack, flow.first);
}

/* The addresses, which are IP's to find; those of what is joined are the same. */
static void read_addresses(struct px_pkt *pkt, bool is4)
{
	if (is4) {
		pkt->src = px_ip4_load(pkt->data + IP4_ADDRESSES);
		pkt->dst = px_ip4_load(pkt->data + IP4_ADDRESSES + 4);
	} else {
		memcpy(pkt->src.b, pkt->data + IP6_ADDRESSES, 16);
		memcpy(pkt->dst.b, pkt->data + IP6_ADDRESSES + 16, 16);
	}
}

/* The first of a chain, perhaps. */
static bool hold(struct px_stack *stack, struct px_pkt *pkt, const struct look *look)
{
	struct ip_join *join = stack->ip->join;

	if (!may_be_joined(look) || (look->flags & TCP_PSH))
		return false;
	read_addresses(pkt, look->is4);
	if (!ip_is_local_again(stack, &pkt->dst))
		return false; /* the first packet for an address says whose it is */
	if (!join)
		join = stack->ip->join = px_zalloc(stack->mem, sizeof(*join));
	if (!join)
		return false;
	if (join->count == FLOWS)
		emit(stack, 0);
	join->flow[join->count++] = (struct flow){
	    .first = pkt, .look = *look, .next_seq = look->seq + look->data, .bytes = look->data};
	return true;
}

bool ip_join_take(struct px_stack *stack, struct px_pkt *pkt)
{
	struct ip_join *held = stack->ip->join;
	struct look look;

	if ((pkt->flags & (PX_PKT_BROADCAST | PX_PKT_MULTICAST)) || !look_at(pkt, &look))
		return false;
	for (unsigned int i = held ? held->count : 0; i-- > 0;) {
		struct flow *flow = &held->flow[i];

		if (!same_flow(flow, pkt, &look))
			continue;
		if (continues(flow, pkt, &look)) {
			if (!append(stack, flow, pkt, &look))
				emit(stack, i);
			return true;
		}
		emit(stack, i);
		break;
	}
	return hold(stack, pkt, &look);
}

void ip_join_flush(struct px_stack *stack)
{
	while (stack->ip->join && stack->ip->join->count)
		emit(stack, 0);
}

void ip_join_free(struct px_stack *stack)
{
	px_free(stack->mem, stack->ip->join, sizeof(*stack->ip->join));
	stack->ip->join = NULL;
}
