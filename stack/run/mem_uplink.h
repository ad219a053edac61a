/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a network in memory reaches a VDE network. */
#ifndef RUN_MEM_UPLINK_H
#define RUN_MEM_UPLINK_H

#include "pkt.h"

struct mem_uplink;

/* `receive` borrows each frame; it is called by a poller. May block. 0 or -errno. */
int mem_uplink_open(const char *vnl, void (*receive)(void *context, const struct px_pkt *frame),
    void *context, struct mem_uplink **uplink);
void mem_uplink_close(struct mem_uplink *uplink);
/* From any thread. What does not fit the queue is lost. */
void mem_uplink_send(struct mem_uplink *uplink, const struct px_pkt *frame);

#endif
