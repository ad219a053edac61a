/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks up the hosts of a configuration (host.h), again and again, without blocking: AAAA, else A,
 * from the forwarders, on the forwarding stack. */
#ifndef NAMED_RESOLVE_H
#define NAMED_RESOLVE_H

#include "conf.h"
#include "loop.h"

struct ioth;
struct named_resolver;

/* Begins at once. 0 or -errno. Takes a reference to the configuration. */
int named_resolver_new(struct named_resolver **resolver, struct loop *loop, struct ioth *stack,
    struct named_conf *conf);
void named_resolver_free(struct named_resolver *resolver); /* NULL: nothing */

#endif
