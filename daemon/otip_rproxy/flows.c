/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all flows share: see flows.h. */
#include "flows.h"

#include <errno.h>

#include "tcp.h"
#include "udp.h"
#include "window.h"

#define CHUNK_SIZE (128u << 10) /* bytes received at a time */
#define KEPT_LIMIT (16u << 20)  /* bytes that all connections keep, and then some */

int flows_init(struct flows *flows, struct loop *loop, struct ioth *outer, struct ioth *inner,
    const struct flow_limits *limits)
{
	int err;

	*flows = (struct flows){.loop = loop, .outer = outer, .inner = inner};
	list_init(&flows->windows);
	err = relay_pool_init(&flows->pool, CHUNK_SIZE, KEPT_LIMIT);
	if (err)
		return err;
	err = sources_init(&flows->sources);
	if (err)
		goto free_pool;
	err = hashtable_init(&flows->backends, NULL);
	if (err)
		goto free_sources;
	err = udp_init(flows);
	if (err)
		goto free_sources;
	tcp_init(flows);
	spin_init(&flows->spin, loop);
	flows_set_limits(flows, limits);
	return 0;

free_sources:
	sources_fini(&flows->sources);
free_pool:
	relay_pool_fini(&flows->pool);
	return err;
}

void flows_set_limits(struct flows *flows, const struct flow_limits *limits)
{
	flows->limits = *limits;
	sources_set_limit(&flows->sources, limits->per_source, limits->source_prefix);
	idle_set_limit(&flows->connecting, limits->connect_timeout);
	idle_set_limit(&flows->connected, limits->tcp_timeout);
	idle_set_limit(&flows->unanswered, limits->udp_timeout);
	idle_set_limit(&flows->answered, limits->udp_timeout);
}

void flows_fini(struct flows *flows)
{
	struct window *window;

	while ((window = list_first(&flows->windows, struct window, link)) && !window->closed)
		window_close(window);
	/* Closed ones come last: see window_close. */
	spin_fini(&flows->spin);
	tcp_fini(flows);
	udp_fini(flows);
	hashtable_clear(&flows->backends);
	sources_fini(&flows->sources);
	relay_pool_fini(&flows->pool);
}

struct source *flows_enter(struct flows *flows, const struct in6_addr *address,
    bool (*make_room)(struct flows *flows), metric *full, metric *per_source)
{
	struct source *source;
	int err = sources_enter(&flows->sources, address, &source);

	if (err == -EUSERS)
		metric_add(per_source, 1);
	else if (err)
		flows_count_failure(flows, err);
	if (err)
		return NULL;
	/* Nobody is put out for the sake of a source that has its share. */
	if (make_room(flows))
		return source;
	metric_add(full, 1);
	sources_leave(&flows->sources, source);
	return NULL;
}

void flows_leave(struct flows *flows, struct source *source)
{
	sources_leave(&flows->sources, source);
}

struct idle_entry *flows_quietest(const struct idle *idle, loop_time enough)
{
	struct idle_entry *oldest = idle_oldest(idle);

	return oldest && enough > 0 && oldest->since + enough <= loop_now(idle->loop) ? oldest : NULL;
}

void flows_count_failure(struct flows *flows, int err)
{
	if (err == -ENOMEM || err == -ENOBUFS)
		metric_add(&flows->stats.no_memory, 1);
	else if (err == -EMFILE || err == -ENFILE)
		metric_add(&flows->stats.no_descriptors, 1);
}
