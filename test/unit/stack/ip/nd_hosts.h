/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts without addresses but those that they make themselves. */
#ifndef TEST_ND_HOSTS_H
#define TEST_ND_HOSTS_H

#include "net.h"

static inline struct px_iface *host(uint8_t n)
{
	return sim_connect(sim_node_new(sim, net_attach), &ethernet_type, wire, n);
}

static inline struct px_address *find(struct px_iface *iface, const char *text)
{
	struct px_ip ip = px_ip_parse(text);

	return px_address_find(iface->stack, &ip, iface);
}

#endif
