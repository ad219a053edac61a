/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Metrics as Prometheus reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "metrics.h"

struct stats {
	metric udp, tcp, clients;
};

static const struct metric_spec specs[] = {
    {"x_queries_total", "transport=\"udp\"", "Queries.", METRIC_COUNTER,
        offsetof(struct stats, udp)},
    {"x_queries_total", "transport=\"tcp\"", "Queries.", METRIC_COUNTER,
        offsetof(struct stats, tcp)},
    {"x_clients", NULL, "Clients.", METRIC_GAUGE, offsetof(struct stats, clients)},
};

static void test_print(void **state)
{
	struct stats one = {0}, two = {0};
	const void *const structs[] = {&one, &two};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	metric_add(&one.udp, 3);
	metric_add(&two.udp, UINT64_C(5000000000));
	metric_add(&two.tcp, 1);
	metric_set(&one.clients, 9);
	metric_set(&one.clients, 7);
	metrics_print(out, specs, 3, structs, 2);
	metric_print_one(out, "x_seconds", "Seconds.", METRIC_GAUGE, 1.5);
	fclose(out);
	assert_string_equal(text, "# HELP x_queries_total Queries.\n"
	                          "# TYPE x_queries_total counter\n"
	                          "x_queries_total{transport=\"udp\"} 5000000003\n"
	                          "x_queries_total{transport=\"tcp\"} 1\n"
	                          "# HELP x_clients Clients.\n"
	                          "# TYPE x_clients gauge\n"
	                          "x_clients 7\n"
	                          "# HELP x_seconds Seconds.\n"
	                          "# TYPE x_seconds gauge\n"
	                          "x_seconds 1.5\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
