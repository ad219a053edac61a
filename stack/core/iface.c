/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces and their transmit queues. */
#include "px.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct px_iface *px_iface_by_index(const struct px_stack *stack, uint32_t index)
{
	struct px_iface *iface;

	list_for_each (iface, &stack->ifaces, node) {
		if (iface->index == index)
			return iface;
	}
	return NULL;
}

struct px_iface *px_iface_by_name(const struct px_stack *stack, const char *name)
{
	struct px_iface *iface;

	list_for_each (iface, &stack->ifaces, node) {
		if (strcmp(iface->name, name) == 0)
			return iface;
	}
	return NULL;
}

/* Linux's rules for names (dev_valid_name). */
static bool name_is_valid(const char *name)
{
	size_t len = strnlen(name, IFNAMSIZ);

	if (len == 0 || len == IFNAMSIZ || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (const char *p = name; *p; p++) {
		if (*p == '/' || *p == ':' || (unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	}
	return true;
}

/* Fills in %d of a name like "vde%d" with the first free number. */
static int choose_name(const struct px_stack *stack, const char *pattern, char name[IFNAMSIZ])
{
	const char *percent = strchr(pattern, '%');

	if (!percent) {
		if (!name_is_valid(pattern))
			return -EINVAL;
		if (px_iface_by_name(stack, pattern))
			return -EEXIST;
		snprintf(name, IFNAMSIZ, "%s", pattern);
		return 0;
	}
	if (percent[1] != 'd' || strchr(percent + 1, '%'))
		return -EINVAL;
	for (unsigned int i = 0; i <= PX_IFACES_MAX; i++) {
		int len =
		    snprintf(name, IFNAMSIZ, "%.*s%u%s", (int)(percent - pattern), pattern, i, percent + 2);
		if (len >= IFNAMSIZ || !name_is_valid(name))
			return -EINVAL;
		if (!px_iface_by_name(stack, name))
			return 0;
	}
	return -ENFILE;
}

static uint32_t next_index(const struct px_stack *stack)
{
	const struct px_iface *last = list_last(&stack->ifaces, struct px_iface, node);

	return last ? last->index + 1 : 1;
}

/* Keeps the list in the order of the indices. */
static void insert_by_index(struct px_stack *stack, struct px_iface *iface)
{
	struct px_iface *other;

	list_for_each (other, &stack->ifaces, node) {
		if (other->index > iface->index) {
			list_insert_before(&other->node, &iface->node);
			return;
		}
	}
	list_append(&stack->ifaces, &iface->node);
}

int px_iface_add(struct px_stack *stack, const struct px_iface_type *type, const char *name,
    uint32_t index, const uint8_t *mac, struct px_iface **result)
{
	struct px_iface_config config = {.type = type, .name = name, .index = index, .mac = mac};

	return px_iface_add_config(stack, &config, result);
}

int px_iface_add_config(
    struct px_stack *stack, const struct px_iface_config *config, struct px_iface **result)
{
	const struct px_iface_type *type = config->type;
	uint32_t index = config->index;
	struct px_iface *iface;
	char chosen[IFNAMSIZ];
	int err;

	if (index > INT32_MAX)
		return -EINVAL;
	if (stack->iface_count >= PX_IFACES_MAX)
		return -ENFILE;
	if (index && px_iface_by_index(stack, index))
		return -EBUSY; /* as Linux */
	err = choose_name(stack, config->name, chosen);
	if (err)
		return err;
	iface = px_zalloc(stack->mem, sizeof(*iface));
	if (!iface)
		return -ENOMEM;
	memcpy(iface->name, chosen, sizeof(iface->name));
	iface->stack = stack;
	iface->type = type;
	iface->index = index ? index : next_index(stack);
	iface->flags = type->flags & ~(uint32_t)IFF_UP;
	iface->mtu = type->mtu;
	iface->carrier = true;
	iface->tx_limit = PX_TX_LIMIT;
	list_init(&iface->tx_node);
	list_init(&iface->tx_waiters);
	list_init(&iface->addresses);
	list_init(&iface->upper_node);
	list_init(&iface->uppers);
	if (config->lower) {
		iface->lower = config->lower;
		iface->vlan_id = config->vlan_id;
		iface->mtu = config->lower->mtu;
		iface->carrier = config->lower->carrier;
		iface->caps = config->lower->caps & ~(uint32_t)PX_LINK_FILTER;
		list_append(&config->lower->uppers, &iface->upper_node);
	}
	if (type->address_len) {
		if (config->mac) {
			memcpy(iface->mac, config->mac, PX_MAC_LEN);
		} else {
			uint64_t random = px_random64(&stack->random);
			memcpy(iface->mac, &random, PX_MAC_LEN);
			/* Unicast, locally administered (IEEE 802 section 8.4). */
			iface->mac[0] = (uint8_t)((iface->mac[0] & 0xfc) | 0x02);
		}
	}
	insert_by_index(stack, iface);
	stack->iface_count++;
	stack->generation++;
	if ((iface->flags & IFF_LOOPBACK) && !stack->lo)
		stack->lo = iface;
	px_event(stack, PX_EVENT_IFACE_NEW, iface);
	*result = iface;
	return 0;
}

/* Packets that wait elsewhere forget an interface that goes. */
static void forget_in_queue(struct px_pktq *queue, const struct px_iface *iface)
{
	for (struct px_pkt *pkt = queue->first; pkt; pkt = pkt->next) {
		if (pkt->iface == iface)
			pkt->iface = NULL;
	}
}

void px_iface_del(struct px_iface *iface)
{
	struct px_stack *stack = iface->stack;
	struct px_iface *upper;

	while ((upper = list_last(&iface->uppers, struct px_iface, upper_node)))
		px_iface_del(upper);
	px_iface_down(iface);
	while (!list_is_empty(&iface->addresses))
		px_address_del(list_last(&iface->addresses, struct px_address, node));
	px_routes_flush(stack, iface, NULL);
	list_remove(&iface->node);
	list_remove(&iface->upper_node);
	stack->iface_count--;
	stack->generation++;
	px_event(stack, PX_EVENT_IFACE_DEL, iface);
	forget_in_queue(&stack->loopback, iface);
	if (stack->lo == iface)
		stack->lo = NULL;
	while (!list_is_empty(&iface->tx_waiters)) {
		struct px_tx_waiter *waiter = list_first(&iface->tx_waiters, struct px_tx_waiter, node);
		list_remove(&waiter->node);
		waiter->ready(stack, waiter);
	}
	px_pktq_clear(&iface->tx);
	iface->tx_frames = 0;
	list_remove(&iface->tx_node);
	px_free(stack->mem, iface, sizeof(*iface));
}

int px_iface_up(struct px_iface *iface)
{
	int err;

	if (px_iface_is_up(iface))
		return 0;
	if (iface->lower && !px_iface_is_up(iface->lower))
		return -ENETDOWN;
	iface->flags |= IFF_UP;
	iface->stack->generation++;
	err = px_addresses_iface_up(iface);
	if (err) {
		iface->flags &= ~(uint32_t)IFF_UP;
		px_routes_flush(iface->stack, iface, NULL);
		return err;
	}
	px_event(iface->stack, PX_EVENT_IFACE_UP, iface);
	return 0;
}

void px_iface_down(struct px_iface *iface)
{
	struct px_stack *stack = iface->stack;

	if (!px_iface_is_up(iface))
		return;
	px_event(stack, PX_EVENT_IFACE_DOWN, iface);
	iface->flags &= ~(uint32_t)IFF_UP;
	px_routes_flush(stack, iface, NULL);
	stack->generation++;
	px_pktq_clear(&iface->tx);
	iface->tx_frames = 0;
	list_remove(&iface->tx_node);
	px_event(stack, PX_EVENT_IFACE_CHANGE, iface);
}

void px_iface_set_carrier(struct px_iface *iface, bool carrier)
{
	if (iface->carrier == carrier)
		return;
	iface->carrier = carrier;
	iface->stack->generation++;
	px_event(iface->stack, PX_EVENT_IFACE_CARRIER, iface);
}

int px_iface_set_mtu(struct px_iface *iface, uint32_t mtu)
{
	if (mtu < iface->type->mtu_min || mtu > iface->type->mtu_max)
		return -EINVAL;
	if (iface->lower && mtu > iface->lower->mtu)
		return -ERANGE;
	if (iface->mtu == mtu)
		return 0;
	iface->mtu = mtu;
	iface->stack->generation++;
	px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
	return 0;
}

int px_iface_set_mac(struct px_iface *iface, const uint8_t mac[PX_MAC_LEN])
{
	static const uint8_t zero[PX_MAC_LEN];
	struct px_iface *upper;

	if (!iface->type->address_len)
		return -EOPNOTSUPP;
	if ((mac[0] & 1) || memcmp(mac, zero, PX_MAC_LEN) == 0)
		return -EADDRNOTAVAIL;
	/* Those above that have the same go along (vlan_sync_address of Linux). */
	list_for_each (upper, &iface->uppers, upper_node) {
		if (memcmp(upper->mac, iface->mac, PX_MAC_LEN) == 0)
			(void)px_iface_set_mac(upper, mac);
	}
	memcpy(iface->mac, mac, PX_MAC_LEN);
	px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
	return 0;
}

int px_iface_rename(struct px_iface *iface, const char *name)
{
	char chosen[IFNAMSIZ];
	int err;

	if (strncmp(iface->name, name, IFNAMSIZ) == 0)
		return 0;
	err = choose_name(iface->stack, name, chosen);
	if (err)
		return err;
	memcpy(iface->name, chosen, sizeof(iface->name));
	px_event(iface->stack, PX_EVENT_IFACE_CHANGE, iface);
	return 0;
}

/* ---- output ---- */

int px_iface_transmit(struct px_iface *iface, struct px_pkt *frame)
{
	if (!px_iface_is_running(iface)) {
		iface->stats.tx_dropped++;
		px_pkt_free(frame);
		return -ENETDOWN;
	}
	if (iface->tx_frames >= iface->tx_limit) {
		iface->stats.tx_dropped += px_pkt_frames(frame);
		px_pkt_free(frame);
		return -ENOBUFS;
	}
	frame->iface = iface;
	if (px_tapped(iface->stack)) {
		frame->flags |= PX_PKT_OUTGOING;
		px_tap_show(iface->stack, frame);
	}
	if (iface->type->transmit)
		return iface->type->transmit(iface, frame);
	iface->tx_frames += px_pkt_frames(frame);
	px_pktq_append(&iface->tx, frame);
	if (list_is_empty(&iface->tx_node))
		list_append(&iface->stack->tx_pending, &iface->tx_node);
	return 0;
}

void px_iface_tx_wait(struct px_iface *iface, struct px_tx_waiter *waiter)
{
	iface = px_iface_base(iface);
	if (list_is_empty(&waiter->node))
		list_append(&iface->tx_waiters, &waiter->node);
}

void px_iface_tx_unwait(struct px_tx_waiter *waiter)
{
	list_remove(&waiter->node);
}

struct px_iface *px_tx_next(struct px_stack *stack)
{
	struct px_iface *iface;

	list_for_each (iface, &stack->tx_pending, tx_node) {
		if (!iface->tx_stopped)
			return iface;
	}
	return NULL;
}

static void wake_waiters(struct px_iface *iface)
{
	/* Those who wait again are not called again in this round. */
	struct list waiting;

	list_init(&waiting);
	list_append_all(&waiting, &iface->tx_waiters);
	while (!list_is_empty(&waiting)) {
		struct px_tx_waiter *waiter = list_first(&waiting, struct px_tx_waiter, node);
		list_remove(&waiter->node);
		waiter->ready(iface->stack, waiter);
	}
}

unsigned int px_tx_take(struct px_iface *iface, struct px_pkt **frames, unsigned int max)
{
	unsigned int count = 0;

	while (count < max && iface->tx.first) {
		struct px_pkt *frame = px_pktq_take(&iface->tx);

		iface->tx_frames -= px_pkt_frames(frame);
		iface->stats.tx_packets += px_pkt_frames(frame);
		iface->stats.tx_bytes += px_pkt_frame_bytes(frame);
		frames[count++] = frame;
	}
	/* The rest goes behind the other interfaces'. */
	list_remove(&iface->tx_node);
	if (iface->tx.first)
		list_append(&iface->stack->tx_pending, &iface->tx_node);
	if (!list_is_empty(&iface->tx_waiters) &&
	    iface->tx_frames <= iface->tx_limit - iface->tx_limit / 4)
		wake_waiters(iface);
	return count;
}

void px_tx_return(struct px_iface *iface, struct px_pkt **frames, unsigned int count)
{
	while (count) {
		struct px_pkt *frame = frames[--count];

		iface->tx_frames += px_pkt_frames(frame);
		iface->stats.tx_packets -= px_pkt_frames(frame);
		iface->stats.tx_bytes -= px_pkt_frame_bytes(frame);
		px_pktq_prepend(&iface->tx, frame);
	}
	if (iface->tx.first && list_is_empty(&iface->tx_node))
		list_append(&iface->stack->tx_pending, &iface->tx_node);
}
