/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of metrics: see stats.h. */
#include "stats.h"

#define ONE(member, type_, name_, labels_, help_)                                                  \
	{                                                                                              \
		.name = "otip_rproxy_" name_, .labels = (labels_), .help = (help_), .type = (type_),       \
		.offset = offsetof(struct rproxy_stats, member)                                            \
	}
#define COUNTER(member, name, labels, help) ONE(member, METRIC_COUNTER, name, labels, help)
#define GAUGE(member, name, labels, help)   ONE(member, METRIC_GAUGE, name, labels, help)

const struct metric_spec rproxy_metrics[] = {
    COUNTER(windows, "windows_total", NULL, "Windows that have opened."),
    GAUGE(addresses, "addresses", NULL, "Addresses that there are: of open windows, and of flows."),
    GAUGE(doors_shut, "ports_shut", NULL, "Ports of open windows that could not be opened yet."),
    COUNTER(tcp_accepted, "tcp_accepted_total", NULL, "Connections that were accepted."),
    GAUGE(tcp_open, "tcp_open", NULL, "Connections that there are."),
    COUNTER(tcp_full, "tcp_refused_total", "reason=\"full\"", "Connections reset at once."),
    COUNTER(tcp_per_source, "tcp_refused_total", "reason=\"source\"", "Connections reset at once."),
    COUNTER(tcp_inner_failed, "tcp_inner_failed_total", NULL,
        "Connections for which the inner server could not be reached."),
    COUNTER(tcp_aborted, "tcp_aborted_total", NULL, "Connections that either side has reset."),
    COUNTER(tcp_idle, "tcp_idle_total", NULL, "Connections that were quiet for too long."),
    COUNTER(
        tcp_displaced, "tcp_displaced_total", NULL, "Quiet connections that made room for others."),
    COUNTER(tcp_bytes_in, "tcp_bytes_total", "direction=\"in\"", "Bytes that the other side took."),
    COUNTER(
        tcp_bytes_out, "tcp_bytes_total", "direction=\"out\"", "Bytes that the other side took."),
    COUNTER(udp_mappings, "udp_mappings_total", NULL, "Mappings that were made."),
    GAUGE(udp_open, "udp_open", NULL, "Mappings that there are."),
    COUNTER(udp_full, "udp_refused_total", "reason=\"full\"", "Datagrams without a mapping."),
    COUNTER(
        udp_per_source, "udp_refused_total", "reason=\"source\"", "Datagrams without a mapping."),
    COUNTER(udp_idle, "udp_idle_total", NULL, "Mappings that were quiet for long enough."),
    COUNTER(
        udp_displaced, "udp_displaced_total", NULL, "Quiet mappings that made room for others."),
    COUNTER(udp_in, "udp_datagrams_total", "direction=\"in\"", "Datagrams passed on."),
    COUNTER(udp_out, "udp_datagrams_total", "direction=\"out\"", "Datagrams passed on."),
    COUNTER(udp_lost, "udp_lost_total", NULL, "Datagrams that a stack would not take."),
    COUNTER(no_descriptors, "no_descriptors_total", NULL, "Flows for which there was no socket."),
    COUNTER(no_memory, "no_memory_total", NULL, "Flows for which there was no memory."),
};
const size_t rproxy_metric_count = sizeof(rproxy_metrics) / sizeof(rproxy_metrics[0]);
