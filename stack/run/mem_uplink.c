/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The uplink of a network in memory: a connection to a VDE network that a poller drives.
 *
 * Who sends, sends at once if nothing waits; else its frame joins the queue, which the poller
 * empties when there is room again.
 */
#include "mem_uplink.h"

#include "driver.h"
#include "pool.h"
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct mem_uplink {
	struct poll_item item;
	pthread_mutex_t lock; /* of link, queue */
	void *link;
	struct px_pktq queue;
	struct px_mem *mem;
	void (*receive)(void *context, const struct px_pkt *frame);
	void *context;
};

static void flush(struct mem_uplink *uplink)
{
	while (uplink->queue.first) {
		struct px_pkt *pkt = uplink->queue.first;

		if (link_vde.send(uplink->link, &pkt, 1) == 0)
			break;
		px_pkt_free(px_pktq_take(&uplink->queue));
	}
	link_vde.want_write(uplink->link, uplink->queue.first != NULL);
}

static void uplink_run(struct poll_item *item, px_time now)
{
	struct mem_uplink *uplink =
	    (struct mem_uplink *)(void *)((char *)item - offsetof(struct mem_uplink, item));
	struct px_pkt *pkts[PX_BURST];
	unsigned int count;
	px_time deadline;

	pthread_mutex_lock(&uplink->lock);
	link_vde.poll(uplink->link, now);
	count = link_vde.receive(uplink->link, pkts, PX_BURST);
	flush(uplink);
	deadline = link_vde.deadline(uplink->link);
	pthread_mutex_unlock(&uplink->lock);
	for (unsigned int i = 0; i < count; i++) {
		uplink->receive(uplink->context, pkts[i]);
		px_pkt_free(pkts[i]);
	}
	poller_deadline(item, deadline);
}

int mem_uplink_open(const char *vnl, void (*receive)(void *context, const struct px_pkt *frame),
    void *context, struct mem_uplink **result)
{
	struct px_link_config config = {.vnl = vnl};
	struct mem_uplink *uplink = calloc(1, sizeof(*uplink));
	int err = -ENOMEM;

	if (!uplink)
		return err;
	uplink->receive = receive;
	uplink->context = context;
	pthread_mutex_init(&uplink->lock, NULL);
	uplink->mem = config.mem = px_mem_new(&pool_allocator, 0);
	if (!uplink->mem)
		goto free_uplink;
	err = link_vde.open(&config, &uplink->link);
	if (err)
		goto drop_mem;
	err = poller_attach(&uplink->item, uplink_run, 0);
	if (err)
		goto close_link;
	err = poller_watch(&uplink->item, link_vde.fd(uplink->link));
	if (err)
		goto detach;
	*result = uplink;
	return 0;

detach:
	poller_detach(&uplink->item);
close_link:
	link_vde.close(uplink->link);
drop_mem:
	px_mem_drop(uplink->mem);
free_uplink:
	pthread_mutex_destroy(&uplink->lock);
	free(uplink);
	return err;
}

void mem_uplink_close(struct mem_uplink *uplink)
{
	poller_unwatch(&uplink->item, link_vde.fd(uplink->link));
	poller_detach(&uplink->item);
	link_vde.close(uplink->link);
	px_pktq_clear(&uplink->queue);
	px_mem_drop(uplink->mem);
	pthread_mutex_destroy(&uplink->lock);
	free(uplink);
}

void mem_uplink_send(struct mem_uplink *uplink, const struct px_pkt *frame)
{
	struct px_pkt *copy = NULL, *direct = (struct px_pkt *)(uintptr_t)frame;

	pthread_mutex_lock(&uplink->lock);
	/* The driver only reads it. */
	if (uplink->queue.first || link_vde.send(uplink->link, &direct, 1) == 0) {
		if (uplink->queue.count < PX_TX_LIMIT)
			copy = px_pkt_clone(frame);
		if (copy)
			px_pktq_append(&uplink->queue, copy);
		link_vde.want_write(uplink->link, true);
	}
	/* It may be this frame that finds the network lost: then nothing else will wake the poller. */
	poller_deadline(&uplink->item, link_vde.deadline(uplink->link));
	pthread_mutex_unlock(&uplink->lock);
}
