/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* VLAN interfaces (IEEE 802.1Q): an interface whose frames travel on another one with a tag. */
#ifndef LINK_VLAN_H
#define LINK_VLAN_H

#include "px.h"

#define VLAN_ID_MASK 0x0fff

extern const struct px_iface_type vlan_type;

static inline bool vlan_is(const struct px_iface *iface)
{
	return iface->type == &vlan_type;
}

/* Adds one, down, on `lower`. `name` may hold one %d; `index` 0: the next one. 0 or -errno: -ERANGE
 * (no such identifier: 1 .. 4094, and 0), -EOPNOTSUPP (`lower` carries no tags), -EEXIST (it has
 * this one), and what px_iface_add says. */
int vlan_add(
    struct px_iface *lower, uint16_t id, const char *name, uint32_t index, struct px_iface **iface);

/* The interface that a tagged frame of `lower` is for, made its own; NULL: there is none. */
struct px_iface *vlan_receive(struct px_iface *lower, struct px_pkt *pkt);

/* An interface that may carry others changed (link.c). */
void vlan_lower_event(struct px_iface *lower, enum px_event event);

#endif
