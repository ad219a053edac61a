/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round-trip times: see rtt.h. */
#include "rtt.h"

#define BACKOFFS_MAX 16 /* 200 ms * 2^16 is beyond any rto_max */

/* A sample beyond this is a mistake of somebody's clock; also keeps the sums small. */
#define SAMPLE_MAX (600 * PX_SEC)

static px_time larger(px_time a, px_time b)
{
	return a > b ? a : b;
}

static px_time smaller(px_time a, px_time b)
{
	return a < b ? a : b;
}

void tcp_rtt_init(struct tcp_rtt *rtt, px_time rto_min, px_time rto_max)
{
	*rtt = (struct tcp_rtt){
	    .rto = TCP_RTO_INITIAL,
	    .rto_min = rto_min ? rto_min : TCP_RTO_MIN,
	    .rto_max = rto_max ? rto_max : TCP_RTO_MAX,
	};
	rtt->rto = smaller(rtt->rto, rtt->rto_max);
}

static void min_update(struct tcp_rtt *rtt, px_time sample, px_time now)
{
	px_time passed = now - rtt->min_since;

	if (!rtt->min_now || passed >= TCP_MIN_RTT_WINDOW / 2) {
		rtt->min_before = passed >= TCP_MIN_RTT_WINDOW ? 0 : rtt->min_now;
		rtt->min_now = sample;
		rtt->min_since = now;
	} else if (sample < rtt->min_now) {
		rtt->min_now = sample;
	}
}

/* value + (target - value) / divisor, unsigned. */
static px_time approach(px_time value, px_time target, uint64_t divisor)
{
	return target > value ? value + (target - value) / divisor : value - (value - target) / divisor;
}

void tcp_rtt_sample(struct tcp_rtt *rtt, px_time sample, uint32_t per_round, px_time now)
{
	uint64_t samples = per_round ? per_round : 1;

	sample = smaller(larger(sample, 1), SAMPLE_MAX);
	min_update(rtt, sample, now);
	if (!rtt->srtt) {
		rtt->srtt = sample;
		rtt->rttvar = sample / 2;
	} else {
		px_time error = sample > rtt->srtt ? sample - rtt->srtt : rtt->srtt - sample;

		rtt->rttvar = approach(rtt->rttvar, error, 4 * samples);
		rtt->srtt = larger(approach(rtt->srtt, sample, 8 * samples), 1);
	}
	rtt->rto = smaller(rtt->srtt + larger(rtt->rto_min, 4 * rtt->rttvar), rtt->rto_max);
	rtt->backoffs = 0;
}

px_time tcp_rtt_rto(const struct tcp_rtt *rtt)
{
	return smaller(rtt->rto << rtt->backoffs, rtt->rto_max);
}

void tcp_rtt_back_off(struct tcp_rtt *rtt)
{
	if (rtt->backoffs < BACKOFFS_MAX)
		rtt->backoffs++;
}

void tcp_rtt_syn_timed_out(struct tcp_rtt *rtt)
{
	rtt->backoffs = 0;
	if (!rtt->srtt)
		rtt->rto = smaller(3 * PX_SEC, rtt->rto_max);
}

px_time tcp_rtt_min(const struct tcp_rtt *rtt, px_time now)
{
	/* Who sends nothing for long knows the old value still better than none. */
	if (!rtt->min_before || now - rtt->min_since >= TCP_MIN_RTT_WINDOW)
		return rtt->min_now;
	return smaller(rtt->min_now, rtt->min_before);
}
