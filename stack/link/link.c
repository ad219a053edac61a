/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link layer's place in a stack: what it does when interfaces and addresses change. */
#include "link.h"
#include "vlan.h"

#include <errno.h>

static void init_iface(struct px_iface *iface)
{
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t base = NEIGHBOUR_REACHABLE_MS;

		iface->neighbour[i].base_reachable = base;
		/* RFC 4861 section 6.3.2: uniform between half and one and a half of the base. */
		iface->neighbour[i].reachable = base / 2 + px_random_below(&iface->stack->random, base);
		iface->neighbour[i].retrans = NEIGHBOUR_RETRANS_MS;
	}
}

static void announce_all(struct px_iface *iface)
{
	struct px_address *address;

	list_for_each (address, &iface->addresses, node) {
		if (px_ip_is4(&address->ip))
			acd_start(address);
	}
}

static void link_event(struct px_stack *stack, enum px_event event, void *object)
{
	struct px_iface *iface = object;
	struct px_address *address = object;

	switch (event) {
	case PX_EVENT_IFACE_CHANGE:
		vlan_lower_event(iface, event);
		break;
	case PX_EVENT_IFACE_NEW:
		init_iface(iface);
		break;
	case PX_EVENT_IFACE_UP:
		announce_all(iface);
		vlan_lower_event(iface, event);
		break;
	case PX_EVENT_IFACE_CARRIER:
		vlan_lower_event(iface, event);
		if (px_iface_is_running(iface))
			announce_all(iface);
		else
			neighbours_flush(iface, false); /* who knows what is there when it comes back */
		break;
	case PX_EVENT_IFACE_DOWN:
		vlan_lower_event(iface, event);
		neighbours_flush(iface, true);
		break;
	case PX_EVENT_IFACE_DEL:
		neighbours_flush(iface, true);
		break;
	case PX_EVENT_ADDRESS_NEW:
		if (px_ip_is4(&address->ip))
			acd_start(address);
		break;
	case PX_EVENT_ADDRESS_DEL:
		if (px_ip_is4(&address->ip))
			px_dad_end(address);
		break;
	default:
		break;
	}
}

static void link_detach(struct px_stack *stack)
{
	neighbours_fini(stack);
}

int link_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"link", link_detach, link_event};
	int err = neighbours_init(stack);

	if (err)
		return err;
	err = px_layer_attach(stack, &layer);
	if (err)
		neighbours_fini(stack);
	return err;
}
