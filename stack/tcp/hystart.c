/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HyStart++: see hystart.h; the constants' names are those of RFC 9406 section 4.3. */
#include "hystart.h"

#include "seq.h"

#define MIN_RTT_THRESH     (4 * PX_MSEC)
#define MAX_RTT_THRESH     (16 * PX_MSEC)
#define MIN_RTT_DIVISOR    8
#define N_RTT_SAMPLE       8
#define CSS_GROWTH_DIVISOR 4
#define CSS_ROUNDS         5

/* A round ends when what was sent last at its start is acknowledged. Returns whether one did. */
static bool next_round(struct tcp_hystart *hystart, const struct tcp_cc_ack *ack)
{
	if (hystart->started && seq_lt(ack->una, hystart->round_end))
		return false;
	hystart->started = true;
	hystart->round_end = ack->nxt;
	hystart->last_min = hystart->current_min;
	hystart->current_min = 0;
	hystart->samples = 0;
	return true;
}

static void sample(struct tcp_hystart *hystart, px_time rtt)
{
	if (!rtt)
		return;
	if (!hystart->current_min || rtt < hystart->current_min)
		hystart->current_min = rtt;
	if (hystart->samples < N_RTT_SAMPLE)
		hystart->samples++;
}

static bool delay_grew(const struct tcp_hystart *hystart)
{
	px_time threshold = hystart->last_min / MIN_RTT_DIVISOR;

	if (hystart->samples < N_RTT_SAMPLE || !hystart->last_min)
		return false;
	if (threshold < MIN_RTT_THRESH)
		threshold = MIN_RTT_THRESH;
	if (threshold > MAX_RTT_THRESH)
		threshold = MAX_RTT_THRESH;
	return hystart->current_min >= hystart->last_min + threshold;
}

uint32_t tcp_hystart_acked(
    struct tcp_hystart *hystart, struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	bool round = next_round(hystart, ack);
	uint32_t acked = ack->acked;

	sample(hystart, ack->rtt);
	if (hystart->css) {
		(void)tcp_cc_slow_start(cc, acked / CSS_GROWTH_DIVISOR);
		if (hystart->samples >= N_RTT_SAMPLE && hystart->current_min < hystart->baseline) {
			hystart->css = false; /* it was jitter */
		} else if (round && ++hystart->css_rounds >= CSS_ROUNDS) {
			cc->ssthresh = cc->cwnd;
			hystart->css = false;
		}
		return 0;
	}
	if (delay_grew(hystart)) {
		hystart->css = true;
		hystart->css_rounds = 0;
		hystart->baseline = hystart->current_min;
	}
	return tcp_cc_slow_start(cc, acked);
}
