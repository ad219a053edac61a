/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An Ethernet in memory: see mem_network.c. */
#ifndef RUN_MEM_NETWORK_H
#define RUN_MEM_NETWORK_H

#include "driver.h"

struct mem_network;
struct mem_port;

/* Joins the network `name`, made if need be. 0, -EINVAL (another uplink), -ENOMEM, or the reason
 * why the uplink cannot be opened. `uplink` NULL or "": whatever the network has. */
int mem_network_join(const char *name, const char *uplink, const struct px_link_config *config,
    struct mem_port **port);
void mem_network_leave(struct mem_port *port);

/* Delivers a burst to those who want it. */
void mem_network_send(struct mem_port *port, struct px_pkt *const *frames, unsigned int count);
unsigned int mem_port_receive(struct mem_port *port, struct px_pkt **pkts, unsigned int max);
int mem_port_filter(struct mem_port *port, const struct px_link_filter *filter, bool wanted);
bool mem_network_has_uplink(const struct mem_port *port);

#endif
