/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of a configuration become addresses, looked up on the inner stack: those of inner
 * servers, and that of the network outside. It takes as long as the DNS takes; a loop serves others
 * meanwhile.
 */
#ifndef RPROXY_LOOKUP_H
#define RPROXY_LOOKUP_H

#include "conf.h"
#include "loop.h"

struct ioth;
struct lookup;

/* Something has ended: for lookup_end. */
typedef void lookup_ended(void *context);

/* Takes addresses that are written as such, and what was found for `before` (NULL: nothing), and
 * begins to look up the others, one by one. `conf` is borrowed until the end. 0 and *lookup, which
 * is NULL if there is nothing to be looked up; or -errno, logged. */
int lookup_begin(struct lookup **lookup, struct loop *loop, struct ioth *stack,
    struct rproxy_conf *conf, const struct rproxy_conf *before, lookup_ended *ended, void *context);

/* When it has ended: says how, logs what failed, and frees it. 0 or -errno. */
int lookup_end(struct lookup *lookup);

/* Given up. NULL: nothing. */
void lookup_free(struct lookup *lookup);

#endif
