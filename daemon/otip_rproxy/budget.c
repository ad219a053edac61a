/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What descriptors allow: see budget.h. */
#include "budget.h"

#include <errno.h>
#include <inttypes.h>

#include "descriptors.h"
#include "log.h"

uint64_t budget_doors(const struct rproxy_conf *conf)
{
	const struct otip_schedule *schedule = &conf->schedule;
	uint64_t together = (uint64_t)schedule->preactive + schedule->postactive;
	/* As otip_schedule_check has it: that many, and one more for the moment in which they change.
	 */
	uint64_t windows = schedule->period ? together / schedule->period + 2 : 1;

	return windows * conf->service_count;
}

int budget_limits(const struct rproxy_conf *conf, struct flow_limits *limits)
{
	uint64_t flows = 2 * (conf->limits.connections + conf->limits.mappings);
	uint64_t doors = budget_doors(conf), have, others = BUDGET_OTHERS;

	*limits = conf->limits;
	descriptors_allow(flows + doors + others);
	have = descriptors_allowed();
	if (have <
	    doors + others + BUDGET_LEAST) { /* where there is little, a daemon has less besides */
		others = BUDGET_OTHERS / 2;
		if (have < doors + others + BUDGET_LEAST) {
			log_error("%zu services take %" PRIu64 " descriptors while windows overlap, and there "
			          "may be %" PRIu64 ": the limit of open files has to be %" PRIu64 " at least",
			    conf->service_count, doors, have, doors + others + BUDGET_LEAST);
			return -EMFILE;
		}
	}
	have -= doors + others;
	if (flows <= have)
		return 0;
	limits->connections = limits->connections * have / flows + 1;
	limits->mappings = limits->mappings * have / flows + 1;
	log_notice("there are descriptors for %" PRIu64 " connections and %" PRIu64 " mappings only",
	    limits->connections, limits->mappings);
	return 0;
}
