/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a stack and their links: opening, closing, and what a filtering link is told.
 *
 * A VNL may name its interface ("eth0:vde:///tmp/sw"); else they are vde0, vde1, ... "mem://" is a
 * network in memory, "" and NULL no link at all; everything else is libvdeplug's.
 */
#include "port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ether.h"

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
	bool all = iface->promiscuity || iface->allmulti || (iface->flags & IFF_PROMISC);

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

	if (!px_ip_is4(&address->ip))
		return;
	word = px_ip4_word(&address->ip);
	tell(port_of(address->iface), PX_FILTER_ARP, &word, sizeof(word), wanted);
}

static void iface_gone(struct px_iface *iface)
{
	struct port *port = iface->link;

	if (!port)
		return;
	/* Closing may block; the link waits for the stack's end. */
	port->iface = NULL;
	iface->link = NULL;
}

static void event(struct px_stack *px, enum px_event kind, void *object)
{
	struct px_iface *iface = object;

	switch (kind) {
	case PX_EVENT_IFACE_DEL:
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

/* The length of "name:" before a VNL; 0: no name. */
static size_t name_length(const char *vnl)
{
	size_t len = strcspn(vnl, ":/=");

	if (vnl[len] != ':' || len == 0 || len >= IFNAMSIZ || vnl[len + 1] == '/')
		return 0;
	return len + 1;
}

static int add_interface(struct port *port, const char *name)
{
	struct picox *stack = port->stack;
	struct px_iface *iface;
	int err;

	stack->adding = port;
	err = px_iface_add(stack->px, &ethernet_type, name, 0, NULL, &iface);
	stack->adding = NULL;
	if (err)
		return err;
	port->iface = iface;
	iface->link_ops = port->ops;
	iface->link = port;
	iface->caps = port->ops->caps(port->link);
	mac_changed(iface, port);
	px_iface_set_carrier(iface, port->ops->up(port->link));
	return 0;
}

int port_open(struct picox *stack, const char *vnl)
{
	struct px_link_config config = {
	    .mem = stack->px->mem, .notify = runtime_notify, .context = stack};
	size_t name_len = name_length(vnl);
	char name[IFNAMSIZ] = "vde%d";
	struct port *port;
	int fd, err;

	if (name_len) {
		memcpy(name, vnl, name_len - 1);
		name[name_len - 1] = '\0';
	}
	port = calloc(1, sizeof(*port));
	if (!port)
		return -ENOMEM;
	port->stack = stack;
	config.vnl = vnl + name_len;
	port->ops = strncmp(config.vnl, "mem://", 6) == 0 ? &link_mem : &link_vde;
	err = port->ops->open(&config, &port->link);
	if (err)
		goto free_port;
	runtime_lock(stack);
	err = add_interface(port, name);
	if (!err)
		list_append(&stack->ports, &port->node);
	fd = port->ops->fd(port->link);
	if (!err && fd >= 0) {
		/* Seen by the poller from now on. */
		err = poller_watch(&stack->item, fd);
		if (err) {
			px_iface_del(port->iface);
			list_remove(&port->node);
		} else {
			stack->descriptors++;
		}
	}
	runtime_leave(stack);
	if (err)
		goto close_link;
	return 0;

close_link:
	port->ops->close(port->link);
free_port:
	free(port);
	return err;
}

void port_detach(struct port *port)
{
	int fd = port->ops->fd(port->link);

	if (fd >= 0)
		poller_unwatch(&port->stack->item, fd);
	if (port->iface)
		port->iface->link = NULL;
}

void port_close(struct port *port)
{
	port->ops->close(port->link);
	free(port);
}
