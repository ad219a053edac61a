/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a stack and their links: opening, closing, and what a filtering link is told.
 *
 * A VNL may name its interface ("eth0:vde:///tmp/sw"); else they are vde0, vde1, ... "mem://" is a
 * network in memory, "" and NULL no link at all; everything else is libvdeplug's.
 */
#include "port.h"
#include "lead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ether.h"
#include "vnl.h"

/* ---- what a filtering link is told ---- */

static void tell(const struct port *port, enum px_link_filter_kind kind, const void *bytes,
    size_t len, bool wanted)
{
	struct px_link_filter filter = {.kind = kind};

	if (!port || !port->ops->filter)
		return;
	memcpy(&filter.mac, bytes, len);
	port->ops->filter(port->link, &filter, wanted);
}

static struct port *port_of(struct px_iface *iface)
{
	struct picox *stack = iface->stack->owner;

	/* While it is made, its groups are joined before it has its link. */
	return iface->link ? iface->link : px_iface_is_loopback(iface) ? NULL : stack->adding;
}

static void mac_changed(struct px_iface *iface, struct port *port)
{
	bool all =
	    iface->promiscuity || iface->allmulti || iface->more_macs || (iface->flags & IFF_PROMISC);

	if (!port->mac_told || memcmp(port->mac, iface->mac, PX_MAC_LEN) != 0) {
		if (port->mac_told)
			tell(port, PX_FILTER_MAC, port->mac, PX_MAC_LEN, false);
		memcpy(port->mac, iface->mac, PX_MAC_LEN);
		tell(port, PX_FILTER_MAC, port->mac, PX_MAC_LEN, true);
		port->mac_told = true;
	}
	if (port->all_told != all)
		tell(port, PX_FILTER_ALL, "", 0, all);
	port->all_told = all;
	port->ops->set_mtu(port->link, iface->mtu);
}

static void group_changed(const struct px_group_event *event, bool wanted)
{
	uint8_t mac[PX_MAC_LEN];

	ether_multicast(event->group, mac);
	tell(port_of(event->iface), PX_FILTER_MAC, mac, sizeof(mac), wanted);
}

static void address_changed(const struct px_address *address, bool wanted)
{
	uint32_t word;

	/* A VLAN's ARP is tagged: not what a filter of ARP requests looks at. */
	if (!px_ip_is4(&address->ip) || address->iface->lower)
		return;
	word = px_ip4_word(&address->ip);
	tell(port_of(address->iface), PX_FILTER_ARP, &word, sizeof(word), wanted);
}

/* ARP requests of a VLAN are broadcasts to a link that looks no deeper than the header. */
static void vlan_changed(struct px_iface *iface, bool wanted)
{
	if (iface->lower)
		tell(port_of(iface->lower), PX_FILTER_BROADCAST, "", 0, wanted);
}

static void iface_gone(struct px_iface *iface)
{
	struct port *port = iface->link;

	if (!port)
		return;
	/* Closing may block: after the call that did this (ports_reap). */
	port->iface = NULL;
	iface->link = NULL;
	port->stack->ports_gone = true;
}

static void event(struct px_stack *px, enum px_event kind, void *object)
{
	struct px_iface *iface = object;

	switch (kind) {
	case PX_EVENT_IFACE_NEW:
		vlan_changed(iface, true);
		break;
	case PX_EVENT_IFACE_DEL:
		vlan_changed(iface, false);
		iface_gone(iface);
		break;
	case PX_EVENT_IFACE_UP:
	case PX_EVENT_IFACE_CHANGE:
		if (iface->link)
			mac_changed(iface, iface->link);
		break;
	case PX_EVENT_GROUP_JOIN:
		group_changed(object, true);
		break;
	case PX_EVENT_GROUP_LEAVE:
		group_changed(object, false);
		break;
	case PX_EVENT_ADDRESS_NEW:
		address_changed(object, true);
		break;
	case PX_EVENT_ADDRESS_DEL:
		address_changed(object, false);
		break;
	default:
		break;
	}
}

const struct px_layer run_layer = {.name = "run", .event = event};

void stack_listeners_changed(struct picox *stack, bool first)
{
	struct port *port;

	list_for_each (port, &stack->ports, node)
		tell(port, PX_FILTER_BROADCAST, "", 0, first);
}

/* ---- opening and closing ---- */

/* The groups that every host is in without having joined them (RFC 1112 section 4, RFC 4291 section
 * 2.8): router advertisements, queries, and the answers of those who defend their address come
 * there. */
static void tell_all_nodes(const struct port *port)
{
	static const uint8_t groups[][PX_MAC_LEN] = {{1, 0, 0x5e, 0, 0, 1}, {0x33, 0x33, 0, 0, 0, 1}};

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		tell(port, PX_FILTER_MAC, groups[i], PX_MAC_LEN, true);
}

static int add_interface(struct port *port, const char *name, uint32_t index)
{
	struct picox *stack = port->stack;
	struct px_iface *iface;
	int err;

	stack->adding = port;
	err = px_iface_add(stack->px, &ethernet_type, name, index, NULL, &iface);
	stack->adding = NULL;
	if (err)
		return err;
	port->iface = iface;
	iface->link = port;
	iface->caps = port->ops->caps(port->link);
	mac_changed(iface, port);
	tell_all_nodes(port);
	px_iface_set_carrier(iface, port->ops->up(port->link));
	return 0;
}

int port_new(struct picox *stack, const char *vnl, struct port **result)
{
	struct px_link_config config = {
	    .mem = stack->px->mem, .notify = runtime_notify, .context = stack};
	struct port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return -ENOMEM;
	port->stack = stack;
	err = vnl_split(vnl, port->name, &config.vnl);
	if (err)
		goto free_port;
	if (port->name[0] == '\0')
		strcpy(port->name, "vde%d");
	port->ops = strncmp(config.vnl, "mem://", 6) == 0 ? &link_mem : &link_vde;
	err = port->ops->open(&config, &port->link);
	if (err)
		goto free_port;
	*result = port;
	return 0;

free_port:
	free(port);
	return err;
}

/* Seen by the poller from now on, unless a leader looks instead of it. */
static int watch(struct port *port, int fd)
{
	struct picox *stack = port->stack;
	int err = wait_for_descriptors(stack);

	if (!err)
		err = poller_watch(&stack->item, fd);
	if (err)
		return err;
	err = lead_add(stack, fd);
	if (err) {
		poller_unwatch(&stack->item, fd);
		return err;
	}
	stack->descriptors++;
	return stack->armed ? 0 : poller_arm(&stack->item, fd, false);
}

int port_attach(struct port *port, const char *name, uint32_t index)
{
	struct picox *stack = port->stack;
	int fd = port->ops->fd(port->link);
	int err = add_interface(port, name ? name : port->name, index);

	if (err)
		return err;
	list_append(&stack->ports, &port->node);
	if (stack->open_files)
		tell(port, PX_FILTER_BROADCAST, "", 0, true);
	if (fd >= 0)
		err = watch(port, fd);
	if (err) {
		px_iface_del(port->iface);
		list_remove(&port->node);
		return err;
	}
	if (stack->leader)
		runtime_notify(stack); /* it waits for this one, too */
	return 0;
}

int port_open(struct picox *stack, const char *vnl)
{
	struct port *port;
	int err = port_new(stack, vnl, &port);

	if (err)
		return err;
	runtime_lock(stack);
	err = port_attach(port, NULL, 0);
	runtime_leave(stack);
	if (err)
		port_close(port);
	return err;
}

void port_detach(struct port *port)
{
	int fd = port->ops->fd(port->link);

	if (fd >= 0) {
		poller_unwatch(&port->stack->item, fd);
		lead_remove(port->stack, fd);
		port->stack->descriptors--;
	}
	if (port->iface)
		port->iface->link = NULL;
}

void port_close(struct port *port)
{
	port->ops->close(port->link);
	free(port);
}

void ports_reap(struct picox *stack)
{
	struct list gone;
	struct port *port;
	int before;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	list_init(&gone);
	runtime_lock(stack);
	list_for_each_safe (port, &stack->ports, node) {
		if (port->iface)
			continue;
		port_detach(port);
		list_remove(&port->node);
		list_append(&gone, &port->node);
	}
	/* Who leads waited for those, too, and may be inside of one. */
	if (stack->leader)
		runtime_notify(stack);
	while (stack->slept_on && !list_is_empty(&gone) && !stack->slept_on->iface)
		pthread_cond_wait(&stack->file_freed, &stack->lock);
	stack->ports_gone = false;
	runtime_unlock(stack);
	list_for_each_safe (port, &gone, node)
		port_close(port);
	pthread_setcancelstate(before, NULL);
}
