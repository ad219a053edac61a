/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of otip_rproxy: options, checked together. Names in it have not been looked up:
 * that takes a stack (lookup.h). */
#ifndef RPROXY_CONF_H
#define RPROXY_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "flows.h"
#include "identity.h"
#include "schedule.h"
#include "service.h"

struct daemon;
struct options;

struct rproxy_conf {
	char *outer, *inner; /* strings of iothconf(7); `inner` NULL: the kernel's */
	char *interface;     /* outside */
	char *gateway;       /* outside, for when there is an address: such a string; NULL: none */
	bool outer_is_kernel, inner_is_kernel, all_kernel;
	char *name, *base, *password, *dns;
	struct in6_addr network; /* what `base` is, once that is known: */
	bool has_network;
	enum otip_digest digest;
	unsigned int rounds; /* of HMAC-SHA-256's key; 0: as usual */
	bool case_exact;
	struct otip_schedule schedule;
	struct service *services;
	size_t service_count;
	struct flow_limits limits;
	loop_time drain;
};

/* Mistakes are logged. NULL: there were some. `values` is a struct rproxy_values. */
void *rproxy_configure(
    const struct daemon *daemon, const struct options *options, const void *values);
void rproxy_conf_free(void *configuration);

/* Would both have the same stacks? */
bool rproxy_conf_same_place(const struct rproxy_conf *a, const struct rproxy_conf *b);

#endif
