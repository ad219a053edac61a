/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The questions of names.h, asked by libiothdns in the daemon's loop. */
#ifndef DNS_H
#define DNS_H

#include <iothdns.h>

#include "list.h"
#include "loop.h"
#include "names.h"

struct dns {
	struct loop *loop;
	struct iothdns *resolver; /* owned */
	struct list queries;
	engine_time quiet_until; /* until then, that it fails is no news */
};

extern const struct names_ops dns_names_ops; /* the context is a struct dns */

/* Takes the resolver. */
void dns_init(struct dns *dns, struct loop *loop, struct iothdns *resolver);
/* After the names, whose questions it has; gives the resolver back. */
void dns_fini(struct dns *dns);

static inline engine_time dns_now(const struct loop *loop)
{
	return loop_now(loop) / LOOP_MSEC;
}

#endif
