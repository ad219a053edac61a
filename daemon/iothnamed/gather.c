/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Letting queries gather: see gather.h. */
#include "gather.h"

/* Has resting cost queries? A quarter is within what comes and goes by itself. */
static void judge(struct gather *gather, uint64_t now, uint64_t rate)
{
	if (rate >= gather->expected - gather->expected / 4) {
		gather->pause /= 2;
		return;
	}
	gather->pause = gather->pause < GATHER_PAUSE_FIRST ? GATHER_PAUSE_FIRST : gather->pause * 2;
	if (gather->pause > GATHER_PAUSE_MAX)
		gather->pause = GATHER_PAUSE_MAX;
	gather->paused = now + gather->pause;
}

static void end_stretch(struct gather *gather, uint64_t now)
{
	uint64_t rate = gather->queries * GATHER_STRETCH / (now - gather->since);

	if (gather->resting)
		judge(gather, now, rate);
	else
		gather->expected = rate;
	gather->resting = rate >= GATHER_MANY && now >= gather->paused;
	gather->since = now;
	gather->queries = 0;
}

uint64_t gather_turn(struct gather *gather, uint64_t now, unsigned int queries)
{
	gather->queries += queries;
	if (now - gather->since >= GATHER_STRETCH)
		end_stretch(gather, now);
	return gather->resting && queries < GATHER_ENOUGH ? GATHER_REST : 0;
}
