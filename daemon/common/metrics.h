/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters and gauges, declared in one table, in the text format of Prometheus (version 0.0.4).
 *
 * The values are 64-bit fields of a struct. A thread has a struct of its own, which it alone writes
 * to (metric_add); who prints gives all of them, and gets their sums. Lines of the table that have
 * one name, and differ in their labels, follow each other.
 */
#ifndef DAEMON_METRICS_H
#define DAEMON_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef _Atomic uint64_t metric;

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

struct metric_spec {
	const char *name;   /* "iothnamed_queries_total": a counter's ends in _total */
	const char *labels; /* "transport=\"udp\""; NULL: none */
	const char *help;
	enum metric_type type;
	size_t offset; /* of the metric in the struct */
};

/* Only one thread writes: no lock, and the one who prints sees whole values. */
static inline void metric_add(metric *value, uint64_t n)
{
	atomic_store_explicit(
	    value, atomic_load_explicit(value, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline void metric_set(metric *value, uint64_t n)
{
	atomic_store_explicit(value, n, memory_order_relaxed);
}

static inline uint64_t metric_get(const metric *value)
{
	return atomic_load_explicit((metric *)value, memory_order_relaxed);
}

/* `structs` are `struct_count` pointers to structs of the kind that `specs` is about. */
void metrics_print(FILE *out, const struct metric_spec *specs, size_t count,
    const void *const structs[], size_t struct_count);

/* One value, with the lines that say what it is. */
void metric_print_one(
    FILE *out, const char *name, const char *help, enum metric_type type, double value);

#endif
