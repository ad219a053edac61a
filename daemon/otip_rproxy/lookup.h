/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a configuration, looked up on the inner stack: those of inner servers, and that of
 * the network outside. It takes as long as the DNS takes: at the start, and for a reload that has
 * names which were not there before. */
#ifndef RPROXY_LOOKUP_H
#define RPROXY_LOOKUP_H

#include "conf.h"

struct ioth;

/* Fills in the addresses of services, and `base`. What was found for `before` (NULL: nothing) is
 * taken from there. What fails is logged: 0 or -errno. */
int lookup_all(struct ioth *stack, struct rproxy_conf *conf, struct in6_addr *base,
    const struct rproxy_conf *before, const struct in6_addr *base_before);

#endif
