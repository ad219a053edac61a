/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What descriptors allow: first the doors of all windows that may be open at a time, and what a
 * daemon has besides, then flows, with two each. */
#ifndef RPROXY_BUDGET_H
#define RPROXY_BUDGET_H

#include "conf.h"

#define BUDGET_OTHERS 128 /* descriptors: control socket, clocks, stacks and their links */
#define BUDGET_LEAST  32  /* descriptors for flows: with fewer it is of no use */

/* Descriptors of doors. */
uint64_t budget_doors(const struct rproxy_conf *conf);

/* Allows as many as are needed, as far as the hard limit goes; where that is too low for what
 * `conf` asks for, *limits has fewer flows, which is told. 0, or -EMFILE, logged: not even the
 * services have room. */
int budget_limits(const struct rproxy_conf *conf, struct flow_limits *limits);

#endif
