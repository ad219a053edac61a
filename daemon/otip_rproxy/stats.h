/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has happened, for `stats`. */
#ifndef RPROXY_STATS_H
#define RPROXY_STATS_H

#include "metrics.h"

struct rproxy_stats {
	metric tcp_accepted, tcp_open, tcp_full, tcp_per_source, tcp_inner_failed, tcp_aborted,
	    tcp_idle, tcp_displaced, tcp_bytes_in, tcp_bytes_out;
	metric udp_mappings, udp_open, udp_full, udp_per_source, udp_idle, udp_displaced, udp_in,
	    udp_out, udp_lost;
	metric no_descriptors, no_memory;
	metric windows, addresses, doors_shut;
};

extern const struct metric_spec rproxy_metrics[];
extern const size_t rproxy_metric_count;

#endif
