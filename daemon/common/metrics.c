/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters and gauges as text: see metrics.h. */
#include "metrics.h"

#include <inttypes.h>
#include <string.h>

static void print_heading(FILE *out, const char *name, const char *help, enum metric_type type)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
	    type == METRIC_COUNTER ? "counter" : "gauge");
}

void metrics_print(FILE *out, const struct metric_spec *specs, size_t count,
    const void *const structs[], size_t struct_count)
{
	for (size_t i = 0; i < count; i++) {
		const struct metric_spec *spec = &specs[i];
		uint64_t sum = 0;

		for (size_t j = 0; j < struct_count; j++)
			sum +=
			    metric_get((const metric *)(const void *)((const char *)structs[j] + spec->offset));
		if (i == 0 || strcmp(specs[i - 1].name, spec->name) != 0)
			print_heading(out, spec->name, spec->help, spec->type);
		fprintf(out, "%s%s%s%s %" PRIu64 "\n", spec->name, spec->labels ? "{" : "",
		    spec->labels ? spec->labels : "", spec->labels ? "}" : "", sum);
	}
}

void metric_print_one(
    FILE *out, const char *name, const char *help, enum metric_type type, double value)
{
	print_heading(out, name, help, type);
	fprintf(out, "%s %.15g\n", name, value);
}
