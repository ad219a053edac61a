/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CUBIC (RFC 9438), with HyStart++ (RFC 9406) in the first slow start.
 *
 * After a reduction the window follows a cubic curve of time: fast at first, flat around the
 * window at which congestion was met (W_max), then fast again.
 *
 *     W_cubic(t) = C * (t - K)^3 + W_max,   K = cbrt((W_max - cwnd_epoch) / C)
 *
 * Where Reno would be faster (short round trips, small windows), Reno's window W_est is taken
 * instead. Curves are computed in segments and seconds, in floating point: once an ACK it costs
 * less than the arithmetic that avoids it.
 */
#include "hystart.h"

#include <math.h>

#define CUBIC_C      0.4
#define BETA_PERCENT 70
#define BETA         (BETA_PERCENT / 100.0)
/* Section 4.3: what makes Reno with beta as fast as Reno with 1/2. */
#define ALPHA        (3.0 * (1.0 - BETA) / (1.0 + BETA))

/* Windows in segments, times in seconds. */
struct curve {
	px_time epoch_start; /* when this congestion avoidance began */
	double k;
	double w_max;
	double w_est;
	double cwnd_prior; /* before the last reduction */
	bool in_epoch;
};

struct cubic {
	struct curve curve;
	struct curve before; /* the last reduction: undo */
	double fraction;     /* of a byte that cwnd did not take */
	struct tcp_hystart hystart;
};

static double seconds(px_time time)
{
	return (double)time / (double)PX_SEC;
}

/* Section 4.2, with section 4.8 for the stage after a time-out (w_max 0). */
static void begin_epoch(struct curve *curve, double cwnd, px_time now)
{
	curve->in_epoch = true;
	curve->epoch_start = now;
	curve->w_est = cwnd;
	if (cwnd >= curve->w_max) {
		curve->k = 0;
		curve->w_max = cwnd;
	} else {
		curve->k = cbrt((curve->w_max - cwnd) / CUBIC_C);
	}
}

static double w_cubic(const struct curve *curve, double t)
{
	double x = t - curve->k;

	return CUBIC_C * x * x * x + curve->w_max;
}

static void avoid_congestion(
    struct tcp_cc *cc, struct cubic *cubic, uint32_t acked, const struct tcp_cc_ack *ack)
{
	struct curve *curve = &cubic->curve;
	double mss = cc->mss, cwnd = cc->cwnd / mss, segments = acked / mss;
	double t, target, grown;

	if (!curve->in_epoch)
		begin_epoch(curve, cwnd, ack->now);
	t = seconds(ack->now - curve->epoch_start);
	/* Section 4.3: as soon as the old window is reached again, Reno's own pace. */
	curve->w_est += (curve->w_est >= curve->cwnd_prior ? 1.0 : ALPHA) * segments / cwnd;
	if (w_cubic(curve, t) < curve->w_est) {
		grown = fmax(curve->w_est - cwnd, 0);
	} else {
		/* Sections 4.4 and 4.5: where the curve will be a round trip from now, at most half
		 * as much again. */
		target = fmin(fmax(w_cubic(curve, t + seconds(ack->srtt)), cwnd), 1.5 * cwnd);
		grown = (target - cwnd) / cwnd * segments;
	}
	grown = fmin(grown, cwnd) * mss + cubic->fraction;
	cubic->fraction = grown - floor(grown);
	tcp_cc_grow(cc, (uint32_t)grown);
}

static void cubic_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	struct cubic *cubic;
	uint32_t acked = ack->acked;

	if (!tcp_cc_may_grow(cc, ack))
		return;
	cubic = tcp_cc_need_state(cc);
	if (!cubic) {
		tcp_cc_reno.acked(cc, ack);
		return;
	}
	if (tcp_cc_in_slow_start(cc)) {
		/* Once ssthresh is known there is nothing to be found out (RFC 9406 section 4.3). */
		acked = cc->ssthresh == TCP_CC_INFINITE ? tcp_hystart_acked(&cubic->hystart, cc, ack)
		                                        : tcp_cc_slow_start(cc, acked);
	}
	if (acked)
		avoid_congestion(cc, cubic, acked, ack);
}

static uint32_t cubic_reduced(
    struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now)
{
	struct cubic *cubic = tcp_cc_need_state(cc);
	double cwnd = (double)cc->cwnd / cc->mss;
	struct curve *curve;

	(void)now;
	if (!cubic)
		return tcp_cc_share(cc, flight, BETA_PERCENT, 100);
	curve = &cubic->curve;
	cubic->before = *curve;
	cubic->fraction = 0;
	curve->in_epoch = false;
	curve->cwnd_prior = cwnd;
	if (reason == TCP_CC_TIMEOUT)
		curve->w_max = 0;
	else if (cwnd < curve->w_max) /* section 4.7, fast convergence: room for newcomers */
		curve->w_max = cwnd * (1.0 + BETA) / 2.0;
	else
		curve->w_max = cwnd;
	return tcp_cc_share(cc, flight, BETA_PERCENT, 100);
}

/* Section 4.9. */
static void cubic_undone(struct tcp_cc *cc, px_time now)
{
	struct cubic *cubic = tcp_cc_state(cc);

	(void)now;
	if (cubic)
		cubic->curve = cubic->before;
}

/* Section 5.8: time in which nothing was sent is no time of the curve. */
static void cubic_restarted(struct tcp_cc *cc, px_time idle, px_time now)
{
	struct cubic *cubic = tcp_cc_state(cc);
	px_time *start = cubic && cubic->curve.in_epoch ? &cubic->curve.epoch_start : NULL;

	if (start)
		*start = idle < now - *start ? *start + idle : now;
}

const struct tcp_cc_ops tcp_cc_cubic = {
    .name = "cubic",
    .state_size = sizeof(struct cubic),
    .acked = cubic_acked,
    .reduced = cubic_reduced,
    .undone = cubic_undone,
    .restarted = cubic_restarted,
};
