/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses that follow from one identity: a keeper, and the wall clock that it goes by.
 *
 * Another name, password, network or period is another epoch. The old one is drained: its addresses
 * stay until their flows have ended, and then it is gone.
 */
#ifndef RPROXY_EPOCH_H
#define RPROXY_EPOCH_H

#include "identity.h"
#include "keeper.h"
#include "loop.h"

struct epoch {
	struct list link; /* its owner's */
	struct otip_identity identity;
	struct otip_keeper keeper;
	struct loop_source clock;
	struct loop_job job;
	int error; /* what was logged last; 0: nothing, or it is well again */
};

/* Its addresses are added at once. 0, or -errno, which is logged: the identity is not taken. */
int epoch_begin(struct epoch **epoch, struct loop *loop, struct otip_identity *identity,
    const struct otip_schedule *schedule, const struct otip_keeper_ops *ops, void *context);
void epoch_end(struct epoch *epoch); /* with all its addresses */

/* Looks at the clock, when the turn ends: after a flow has ended, say. */
void epoch_look(struct epoch *epoch);

void epoch_drain(struct epoch *epoch);
bool epoch_is_over(const struct epoch *epoch); /* drained, and no address is left */

#endif
