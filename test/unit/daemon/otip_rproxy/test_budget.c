/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many flows there may be with so many descriptors, and so many services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "budget.h"
#include "log.h"

/* What there is: the linker puts these in place of descriptors.h. */
static uint64_t soft, hard;
static char said[LOG_TEXT_MAX];

void __wrap_descriptors_allow(uint64_t wanted);
uint64_t __wrap_descriptors_allowed(void);

void __wrap_descriptors_allow(uint64_t wanted)
{
	if (soft < wanted)
		soft = wanted < hard ? wanted : hard;
}

uint64_t __wrap_descriptors_allowed(void)
{
	return soft;
}

static void note(int level, const char *text, void *argument)
{
	(void)snprintf(said, sizeof(said), "%s", text);
}

static struct rproxy_conf conf_of(size_t services)
{
	return (struct rproxy_conf){.service_count = services,
	    .schedule = {.period = 32, .preactive = 8, .postactive = 8},
	    .limits = {.connections = 4096, .mappings = 4096}};
}

static int ask(const struct rproxy_conf *conf, uint64_t descriptors, struct flow_limits *limits)
{
	soft = descriptors < 1024 ? descriptors : 1024;
	hard = descriptors;
	said[0] = '\0';
	log_set_hook(note, NULL);
	return budget_limits(conf, limits);
}

static void test_doors(void **state)
{
	struct rproxy_conf conf = conf_of(3);

	assert_int_equal(budget_doors(&conf), 6);
	conf.schedule = (struct otip_schedule){.period = 1, .preactive = 8, .postactive = 8};
	assert_int_equal(budget_doors(&conf), 54);
	conf.schedule.period = 0;
	assert_int_equal(budget_doors(&conf), 3);
}

static void test_enough(void **state)
{
	const struct rproxy_conf conf = conf_of(1000);
	struct flow_limits limits;

	assert_int_equal(ask(&conf, 20000, &limits), 0);
	assert_int_equal(limits.connections, 4096);
	assert_int_equal(limits.mappings, 4096);
	assert_string_equal(said, "");
	/* No more than are needed. */
	assert_int_equal(soft, 2 * 8192 + 2000 + BUDGET_OTHERS);
}

/* Doors come first: flows have what is left, and all together no more than there may be. */
static void test_fewer_flows(void **state)
{
	const struct rproxy_conf conf = conf_of(1000);
	struct flow_limits limits;

	assert_int_equal(ask(&conf, 4096, &limits), 0);
	assert_in_range(
	    2 * (limits.connections + limits.mappings), 1900, 4096 - 2000 - BUDGET_OTHERS + 4);
	assert_non_null(strstr(said, "connections and"));
}

/* Of 1,000 services 2,000 doors have to be open at a time. */
static void test_too_many_services(void **state)
{
	const struct rproxy_conf conf = conf_of(1000), small = conf_of(1);
	struct flow_limits limits;

	assert_int_equal(ask(&conf, 1024, &limits), -EMFILE);
	assert_string_equal(said,
	    "1000 services take 2000 descriptors while windows overlap, and there "
	    "may be 1024: the limit of open files has to be 2096 at least");
	assert_int_equal(ask(&conf, 2095, &limits), -EMFILE);
	assert_int_equal(ask(&conf, 2096, &limits), 0);
	assert_in_range(limits.connections, 1, 16);
	assert_int_equal(ask(&small, 128, &limits), 0);
	assert_in_range(limits.connections, 8, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_doors),
	    cmocka_unit_test(test_enough),
	    cmocka_unit_test(test_fewer_flows),
	    cmocka_unit_test(test_too_many_services),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
