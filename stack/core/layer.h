/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a layer hangs on a stack, and hears of what happens below it.
 *
 * Includes go downwards only; what must go upwards (an event, a received packet) goes through the
 * few function pointers here and in px.h.
 */
#ifndef CORE_LAYER_H
#define CORE_LAYER_H

struct px_stack;

enum px_event {
	PX_EVENT_IFACE_NEW, /* struct px_iface */
	PX_EVENT_IFACE_DEL, /* the same; it is down, its addresses and routes are gone */
	PX_EVENT_IFACE_UP,
	PX_EVENT_IFACE_DOWN,    /* before its routes go */
	PX_EVENT_IFACE_CARRIER, /* came or went */
	PX_EVENT_IFACE_CHANGE,  /* name, MTU, address, flags */
	PX_EVENT_ADDRESS_NEW,   /* struct px_address */
	PX_EVENT_ADDRESS_DEL,
	PX_EVENT_ADDRESS_CHANGE, /* flags or lifetimes */
	PX_EVENT_ROUTE_NEW,      /* struct px_route */
	PX_EVENT_ROUTE_DEL,
	PX_EVENT_GROUP_JOIN, /* struct px_group_event: a link that filters wants to know */
	PX_EVENT_GROUP_LEAVE,
	PX_EVENT_NEIGHBOUR_CHANGE, /* struct neighbour (link/neighbour.h) */
	PX_EVENT_NEIGHBOUR_DEL,
};

struct px_iface;
struct px_ip;

struct px_group_event {
	struct px_iface *iface;
	const struct px_ip *group;
};

/* Constant; a stack keeps pointers to those attached, in the order of attachment. */
struct px_layer {
	const char *name;
	/* Frees the layer's state of the stack. Called in reverse order. */
	void (*detach)(struct px_stack *stack);
	/* NULL: not interested. */
	void (*event)(struct px_stack *stack, enum px_event event, void *object);
};

#define PX_LAYERS_MAX 12

/* -ENOSPC when there are too many: a mistake of the caller's. */
int px_layer_attach(struct px_stack *stack, const struct px_layer *layer);

/* Tells every layer, lowest first. */
void px_event(struct px_stack *stack, enum px_event event, void *object);

#endif
