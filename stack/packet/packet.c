/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet ends. They see each frame that arrives, for this host or not, and, bound to ETH_P_ALL,
 * those that are sent. Each gets a clone: the bytes are shared with the stack.
 */
#include "packet.h"

#include "ether.h"
#include "link.h"
#include "vlan.h"

#include <errno.h>

#define READABLE 1u /* ENDPOINT_READABLE of ip/endpoint.h, which this layer does not need */
#define ERROR    4u

struct packet_state {
	struct list ends;
	struct px_tap tap; /* among the stack's while there are ends */
};

/* ---- input ---- */

static uint8_t packet_type(const struct px_pkt *pkt)
{
	if (pkt->flags & PX_PKT_OUTGOING)
		return PACKET_OUTGOING;
	if (pkt->flags & PX_PKT_OTHERHOST)
		return PACKET_OTHERHOST;
	if (pkt->flags & PX_PKT_BROADCAST)
		return PACKET_BROADCAST;
	if (pkt->flags & PX_PKT_MULTICAST)
		return PACKET_MULTICAST;
	return PACKET_HOST;
}

static bool wants(const struct packet_end *end, const struct px_pkt *pkt)
{
	bool outgoing = pkt->flags & PX_PKT_OUTGOING;

	if (end->protocol == 0 || (end->ifindex && end->ifindex != pkt->iface->index))
		return false;
	if (end->protocol == ETH_P_ALL)
		return !(outgoing && end->ignore_outgoing);
	/* A frame of a VLAN is that interface's. */
	if ((pkt->flags & PX_PKT_VLAN) && (pkt->vlan_tci & VLAN_ID_MASK))
		return false;
	return !outgoing && end->protocol == pkt->ethertype;
}

static void receive(struct packet_end *end, struct px_pkt *pkt)
{
	size_t size;

	if (end->filter) {
		uint32_t keep = bpf_run(end->filter, pkt);
		if (!keep)
			goto drop;
		px_pkt_trim(pkt, keep);
	}
	end->packets++;
	/* A clone keeps all of what it shares; what wastes is copied (px_pkt_compact). */
	pkt = px_pkt_compact(pkt);
	size = px_pkt_truesize(pkt);
	if (end->rx_truesize && end->rx_truesize + size > end->rcvbuf) {
		end->drops++;
		goto drop;
	}
	end->rx_truesize += size;
	px_pktq_append(&end->rx, pkt);
	if (end->event)
		end->event(end, READABLE);
	return;

drop:
	px_pkt_free(pkt);
}

/* As on Linux the tag is not in the bytes, but told of (PACKET_AUXDATA). */
static struct px_pkt *untagged(const struct px_pkt *frame)
{
	struct px_pkt *copy = px_pkt_copy(frame, 0);
	uint8_t *bytes;

	if (!copy)
		return NULL;
	bytes = px_pkt_at(copy, copy->l2);
	memmove(bytes + ETHER_TAG, bytes, 2 * (size_t)ETH_ALEN);
	px_pkt_pull(copy, ETHER_TAG);
	copy->l2 += ETHER_TAG;
	return copy;
}

static void show(struct px_tap *tap, struct px_stack *stack, struct px_pkt *frame)
{
	struct packet_end *end;

	/* Promiscuity is what makes frames for others more than noise. */
	if ((frame->flags & PX_PKT_OTHERHOST) && !frame->iface->promiscuity)
		return;
	list_for_each (end, &stack->packet->ends, node) {
		struct px_pkt *clone;
		if (!wants(end, frame))
			continue;
		clone = frame->flags & PX_PKT_VLAN ? untagged(frame) : px_pkt_clone(frame);
		if (!clone) {
			end->drops++;
			continue;
		}
		clone->ifindex = frame->iface->index;
		clone->time = stack->now;
		if (end->cooked)
			px_pkt_pull(clone, clone->l3 - clone->l2);
		receive(end, clone);
	}
}

struct px_pkt *packet_take(struct packet_end *end, bool peek)
{
	struct px_pkt *pkt = end->rx.first;

	if (!pkt)
		return NULL;
	if (peek)
		return px_pkt_clone(pkt);
	px_pktq_take(&end->rx);
	end->rx_truesize -= px_pkt_truesize(pkt);
	return pkt;
}

void packet_name(const struct px_pkt *pkt, struct sockaddr_ll *name)
{
	*name = (struct sockaddr_ll){
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(pkt->ethertype),
	    .sll_ifindex = (int)pkt->ifindex,
	    .sll_hatype = 1, /* ARPHRD_ETHER; lo's frames look the same but for this: */
	    .sll_pkttype = packet_type(pkt),
	    .sll_halen = PX_MAC_LEN,
	};
	if (pkt->flags & PX_PKT_LOOPED)
		name->sll_hatype = 772; /* ARPHRD_LOOPBACK */
	if (px_pkt_here(pkt) >= pkt->l2 && pkt->l3 >= pkt->l2 + ETHER_HEADER)
		memcpy(name->sll_addr, px_pkt_at(pkt, pkt->l2) + ETH_ALEN, ETH_ALEN);
}

/* ---- output ---- */

int packet_send(struct packet_end *end, struct px_pkt *pkt, uint32_t ifindex, uint16_t protocol,
    const uint8_t *mac)
{
	struct px_stack *stack = end->stack;
	struct px_iface *iface = px_iface_by_index(stack, ifindex ? ifindex : end->ifindex);
	struct ether_header header;
	struct wire_reader reader;
	int err = -ENXIO;

	if (!iface)
		goto fail;
	err = -ENETDOWN;
	if (!px_iface_is_up(iface))
		goto fail;
	err = -EMSGSIZE;
	if (pkt->total > iface->mtu + (end->cooked ? 0u : ETHER_HEADER + ETHER_TAG))
		goto fail;
	err = -EINVAL;
	if (px_pkt_linearize(pkt) < 0)
		goto fail;
	if (end->cooked) {
		if (!mac)
			goto fail;
		return ethernet_send(iface, pkt, mac, protocol ? protocol : end->protocol);
	}
	reader = wire_reader(pkt->data, pkt->len);
	if (!ether_parse(&reader, &header))
		goto fail;
	pkt->l2 = px_pkt_here(pkt);
	pkt->l3 = pkt->l2 + ETHER_HEADER;
	pkt->ethertype = header.type;
	/* On lo a frame comes back: what is IP goes to the network layer. */
	if (px_iface_is_loopback(iface)) {
		px_pkt_pull(pkt, ETHER_HEADER);
		if (header.type != ETH_P_IP && header.type != ETH_P_IPV6) {
			px_pkt_free(pkt);
			return 0;
		}
		px_loopback(stack, pkt, iface);
		return 0;
	}
	return px_iface_transmit(iface, pkt);

fail:
	px_pkt_free(pkt);
	return err;
}

/* ---- memberships ---- */

/* The flag says that somebody wants it; a filtering link learns of it by the event. */
static void count(uint32_t *users, int by, uint32_t flag, struct px_iface *iface)
{
	*users += (uint32_t)by;
	if (*users)
		iface->flags |= flag;
	else
		iface->flags &= ~flag;
	px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
}

static void count_promiscuity(struct px_stack *stack, uint32_t ifindex, uint16_t type, int by)
{
	struct px_iface *iface = px_iface_by_index(stack, ifindex);

	if (!iface)
		return;
	if (type == PACKET_MR_PROMISC)
		count(&iface->promiscuity, by, IFF_PROMISC, iface);
	else if (type == PACKET_MR_ALLMULTI)
		count(&iface->allmulti, by, IFF_ALLMULTI, iface);
	else
		count(&iface->more_macs, by, 0, iface); /* what a socket asks for by address: seldom */
}

int packet_membership(struct packet_end *end, const struct packet_mreq *request, bool add)
{
	struct packet_membership *membership;
	uint32_t ifindex = (uint32_t)request->mr_ifindex;

	if (request->mr_alen > PX_MAC_LEN)
		return -EINVAL;
	list_for_each (membership, &end->memberships, node) {
		if (membership->ifindex != ifindex || membership->type != request->mr_type ||
		    memcmp(membership->address, request->mr_address, request->mr_alen) != 0)
			continue;
		if (add) {
			membership->count++;
			return 0;
		}
		if (--membership->count == 0) {
			count_promiscuity(end->stack, ifindex, membership->type, -1);
			list_remove(&membership->node);
			px_free(end->stack->mem, membership, sizeof(*membership));
		}
		return 0;
	}
	if (!add)
		return -EADDRNOTAVAIL;
	if (!px_iface_by_index(end->stack, ifindex))
		return -ENODEV;
	membership = px_zalloc(end->stack->mem, sizeof(*membership));
	if (!membership)
		return -ENOBUFS;
	membership->ifindex = ifindex;
	membership->type = request->mr_type;
	membership->count = 1;
	memcpy(membership->address, request->mr_address, request->mr_alen);
	list_append(&end->memberships, &membership->node);
	count_promiscuity(end->stack, ifindex, membership->type, 1);
	return 0;
}

/* ---- ends ---- */

int packet_bind(struct packet_end *end, uint16_t protocol, uint32_t ifindex)
{
	const struct px_iface *iface = ifindex ? px_iface_by_index(end->stack, ifindex) : NULL;

	if (ifindex && !iface)
		return -ENODEV;
	if (protocol)
		end->protocol = protocol;
	end->ifindex = ifindex;
	if (iface && !px_iface_is_up(iface)) {
		end->error = ENETDOWN; /* as Linux */
		if (end->event)
			end->event(end, ERROR);
	}
	return 0;
}

int packet_new(struct px_stack *stack, bool cooked, uint16_t protocol, struct packet_end **result)
{
	struct packet_end *end = px_zalloc(stack->mem, sizeof(*end));

	if (!end)
		return -ENOMEM;
	end->stack = stack;
	end->cooked = cooked;
	end->protocol = protocol;
	end->rcvbuf = stack->options.rmem_default;
	list_init(&end->memberships);
	list_append(&stack->packet->ends, &end->node);
	if (list_is_empty(&stack->packet->tap.node))
		px_tap_add(stack, &stack->packet->tap);
	*result = end;
	return 0;
}

void packet_free(struct packet_end *end)
{
	struct px_stack *stack = end->stack;

	while (!list_is_empty(&end->memberships)) {
		struct packet_membership *membership =
		    list_first(&end->memberships, struct packet_membership, node);
		count_promiscuity(stack, membership->ifindex, membership->type, -1);
		list_remove(&membership->node);
		px_free(stack->mem, membership, sizeof(*membership));
	}
	list_remove(&end->node);
	if (list_is_empty(&stack->packet->ends))
		px_tap_remove(&stack->packet->tap);
	px_pktq_clear(&end->rx);
	bpf_free(stack->mem, end->filter);
	px_free(stack->mem, end, sizeof(*end));
}

static void packet_event(struct px_stack *stack, enum px_event event, void *object)
{
	const struct px_iface *iface = object;
	struct packet_end *end;

	if (event != PX_EVENT_IFACE_DOWN && event != PX_EVENT_IFACE_DEL)
		return;
	list_for_each (end, &stack->packet->ends, node) {
		if (end->ifindex != iface->index)
			continue;
		end->error = ENETDOWN;
		if (end->event)
			end->event(end, ERROR);
	}
}

static void packet_detach(struct px_stack *stack)
{
	struct packet_end *entry;

	while ((entry = list_first(&stack->packet->ends, struct packet_end, node)))
		packet_free(entry);
	px_free(stack->mem, stack->packet, sizeof(*stack->packet));
	stack->packet = NULL;
}

int packet_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"packet", packet_detach, packet_event};
	int err;

	stack->packet = px_zalloc(stack->mem, sizeof(*stack->packet));
	if (!stack->packet)
		return -ENOMEM;
	list_init(&stack->packet->ends);
	list_init(&stack->packet->tap.node);
	stack->packet->tap.frame = show;
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, stack->packet, sizeof(*stack->packet));
		stack->packet = NULL;
	}
	return err;
}
