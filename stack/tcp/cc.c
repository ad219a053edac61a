/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Congestion control: what is common to all algorithms, and reno's behaviour as the default.
 *
 * Windows that the program does not fill are kept as RFC 7661 says: the volume that was
 * acknowledged in a round trip (pipeACK, the greatest of the last periods) tells what the path has
 * shown that it carries. A window of more than twice that is "not validated": kept for five
 * minutes, then halved. A reduction starts from what was in flight or from pipeACK, whichever is
 * more, so that a loss at the end of a burst does not cost a window that was in use a moment ago.
 */
#include "cc.h"

#include "seq.h"

#include <errno.h>
#include <string.h>

#define INITIAL_SEGMENTS    10             /* RFC 6928 */
#define INITIAL_BYTES       14600          /* the same */
#define NVP_MAX             (300 * PX_SEC) /* RFC 7661 section 4.4.3 */
#define PIPEACK_PERIOD_MIN  (1 * PX_SEC)   /* RFC 7661 section 4.2: max(3 * RTT, 1 s) */
#define PIPEACK_PERIOD_RTTS 3

static const struct tcp_cc_ops *const algorithms[] = {&tcp_cc_cubic, &tcp_cc_reno, &tcp_cc_bbr};

const struct tcp_cc_ops *tcp_cc_listed(unsigned int index)
{
	return index < sizeof(algorithms) / sizeof(algorithms[0]) ? algorithms[index] : NULL;
}

const struct tcp_cc_ops *tcp_cc_find(const char *name)
{
	const struct tcp_cc_ops *ops;

	for (unsigned int i = 0; (ops = tcp_cc_listed(i)); i++) {
		if (strcmp(ops->name, name) == 0)
			return ops;
	}
	return NULL;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* ---- pacing ---- */

/* The window over the round trip, as Linux does with its queueing discipline fq: twice as fast
 * while it may double, a fifth faster later (tcp_pacing_ss_ratio, tcp_pacing_ca_ratio). */
static void pace_window(struct tcp_cc *cc, px_time srtt)
{
	bool doubles = cc->cwnd < cc->ssthresh / 2;

	if (cc->paced && srtt && !tcp_cc_owns_cwnd(cc))
		cc->pacing_rate = cc->cwnd * PX_SEC / srtt * (doubles ? 200 : 120) / 100;
}

/* ---- begin and end ---- */

void *tcp_cc_need_state(struct tcp_cc *cc)
{
	if (!cc->state)
		cc->state = px_zalloc(cc->mem, cc->ops->state_size);
	return cc->state;
}

static int begin(struct tcp_cc *cc, const struct tcp_cc_env *env)
{
	int error = cc->ops->init ? cc->ops->init(cc, env) : 0;

	if (error)
		px_free(cc->mem, cc->state, cc->ops->state_size);
	return error;
}

int tcp_cc_init(struct tcp_cc *cc, const struct tcp_cc_ops *ops, const struct tcp_cc_env *env)
{
	*cc = (struct tcp_cc){.ops = ops, .mem = env->mem, .ssthresh = TCP_CC_INFINITE};
	return begin(cc, env);
}

void tcp_cc_release(struct tcp_cc *cc)
{
	if (cc->ops->release)
		cc->ops->release(cc);
	px_free(cc->mem, cc->state, cc->ops->state_size);
	cc->state = NULL;
}

int tcp_cc_change(struct tcp_cc *cc, const struct tcp_cc_ops *ops, const struct tcp_cc_env *env)
{
	struct tcp_cc next = *cc;
	int error;

	if (ops == cc->ops)
		return 0;
	next.ops = ops;
	next.pacing_rate = 0;
	next.undo_cwnd = 0;
	next.state = NULL;
	error = begin(&next, env);
	if (error)
		return error;
	tcp_cc_release(cc);
	*cc = next;
	return 0;
}

uint32_t tcp_cc_initial_window(uint32_t mss)
{
	return smaller(INITIAL_SEGMENTS * mss, larger(2 * mss, INITIAL_BYTES));
}

void tcp_cc_start(struct tcp_cc *cc, uint32_t mss, uint32_t window, px_time srtt, px_time now)
{
	cc->mss = mss;
	cc->cwnd = larger(window ? window : tcp_cc_initial_window(mss), mss);
	cc->validation = (struct tcp_cc_validation){.period_end = now + PIPEACK_PERIOD_MIN};
	pace_window(cc, srtt);
	if (cc->ops->started)
		cc->ops->started(cc, srtt, now);
}

/* ---- validation of the window (RFC 7661) ---- */

/* pipeACK; 0: not yet measured. */
static uint32_t pipe_ack(const struct tcp_cc *cc)
{
	return larger(cc->validation.sample, cc->validation.before);
}

static void end_period(struct tcp_cc *cc, px_time srtt, px_time now)
{
	struct tcp_cc_validation *v = &cc->validation;
	px_time period = PIPEACK_PERIOD_RTTS * srtt;

	if (now < v->period_end)
		return;
	if (period < PIPEACK_PERIOD_MIN)
		period = PIPEACK_PERIOD_MIN;
	/* After a long silence neither period has anything. */
	v->before = now - v->period_end < period ? v->sample : 0;
	v->sample = 0;
	v->period_end = now + period;
}

static void measure(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	struct tcp_cc_validation *v = &cc->validation;

	end_period(cc, ack->srtt, ack->now);
	if (!v->measuring) {
		v->measuring = true;
		v->round_end = ack->nxt;
		v->round_acked = 0;
		return;
	}
	v->round_acked += ack->acked;
	if (seq_lt(ack->una, v->round_end))
		return;
	v->sample = larger(v->sample, v->round_acked);
	v->round_end = ack->nxt;
	v->round_acked = 0;
}

/* The window that five minutes did not validate is halved, down to the initial one. */
static void expire(struct tcp_cc *cc, px_time now)
{
	struct tcp_cc_validation *v = &cc->validation;
	uint32_t least = tcp_cc_initial_window(cc->mss);

	while (v->valid_until && now >= v->valid_until && cc->cwnd > least) {
		cc->ssthresh = larger(cc->ssthresh, cc->cwnd / 4 * 3);
		cc->cwnd = larger(cc->cwnd / 2, least);
		v->valid_until += NVP_MAX;
	}
	if (cc->cwnd <= least)
		v->valid_until = 0;
}

static void validate(struct tcp_cc *cc, px_time now)
{
	struct tcp_cc_validation *v = &cc->validation;
	uint32_t pipe = pipe_ack(cc);

	/* Not yet measured counts as validated: section 4.2. */
	if (!pipe || pipe >= cc->cwnd / 2) {
		v->valid_until = 0;
		return;
	}
	if (!v->valid_until)
		v->valid_until = now + NVP_MAX;
	expire(cc, now);
}

void tcp_cc_restart(struct tcp_cc *cc, px_time idle, px_time now)
{
	struct tcp_cc_validation *v = &cc->validation;

	v->measuring = false;
	if (!v->valid_until && idle < now)
		v->valid_until = now - idle + NVP_MAX;
	if (!tcp_cc_owns_cwnd(cc))
		expire(cc, now);
	if (cc->ops->restarted)
		cc->ops->restarted(cc, idle, now);
}

/* ---- growth ---- */

bool tcp_cc_may_grow(const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (!ack->acked || (ack->recovery && !ack->loss_recovery))
		return false;
	if (ack->cwnd_limited)
		return true;
	return tcp_cc_in_slow_start(cc) && cc->cwnd < 2 * ack->prior_flight;
}

uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked)
{
	uint32_t used = smaller(acked, cc->ssthresh - cc->cwnd);

	tcp_cc_grow(cc, used);
	return acked - used;
}

void tcp_cc_additive(struct tcp_cc *cc, uint32_t acked, uint32_t window)
{
	uint64_t rest = (uint64_t)cc->acked_rest + acked;

	tcp_cc_grow(cc, (uint32_t)(rest / window) * cc->mss);
	cc->acked_rest = (uint32_t)(rest % window);
}

void tcp_cc_sent(struct tcp_cc *cc, uint32_t bytes, uint32_t in_flight, px_time now)
{
	if (cc->ops->sent)
		cc->ops->sent(cc, bytes, in_flight, now);
}

void tcp_cc_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (!tcp_cc_owns_cwnd(cc))
		measure(cc, ack);
	if (cc->ops->acked)
		cc->ops->acked(cc, ack);
	else
		tcp_cc_reno.acked(cc, ack);
	if (!ack->recovery && !tcp_cc_owns_cwnd(cc))
		validate(cc, ack->now);
	pace_window(cc, ack->srtt);
}

/* ---- reduction ---- */

static void reduce(struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now)
{
	cc->undo_cwnd = cc->cwnd;
	cc->undo_ssthresh = cc->ssthresh;
	flight = smaller(larger(flight, pipe_ack(cc)), cc->cwnd);
	cc->ssthresh = cc->ops->reduced ? cc->ops->reduced(cc, reason, flight, now)
	                                : tcp_cc_reno.reduced(cc, reason, flight, now);
	cc->acked_rest = 0;
}

void tcp_cc_reduce(struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now)
{
	reduce(cc, reason, flight, now);
}

void tcp_cc_recovered(struct tcp_cc *cc, px_time now)
{
	if (!tcp_cc_owns_cwnd(cc))
		cc->cwnd = larger(smaller(cc->ssthresh, TCP_CC_WINDOW_MAX), cc->mss);
	if (cc->ops->recovered)
		cc->ops->recovered(cc, now);
}

void tcp_cc_timed_out(struct tcp_cc *cc, uint32_t flight, bool again, px_time now)
{
	if (!again)
		reduce(cc, TCP_CC_TIMEOUT, flight, now);
	cc->cwnd = cc->mss;
	cc->acked_rest = 0;
	cc->validation.measuring = false;
}

void tcp_cc_undo(struct tcp_cc *cc, px_time now)
{
	if (!cc->undo_cwnd)
		return;
	cc->cwnd = larger(cc->cwnd, cc->undo_cwnd);
	cc->ssthresh = larger(cc->ssthresh, cc->undo_ssthresh);
	cc->undo_cwnd = 0;
	if (cc->ops->undone)
		cc->ops->undone(cc, now);
}
