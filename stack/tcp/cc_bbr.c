/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR's control of the connection: pacing rate, burst and window out of the model (see bbr.h), and
 * the order in which an event is worked through. Section numbers are draft-ietf-ccwg-bbr-06's. */
#include "bbr.h"

#include <errno.h>

#define PACING_MARGIN_PERCENT 1
#define QUANTUM_MAX           65536
#define MICROSECOND           UINT64_C(1000)
#define GAIN_UNIT             256 /* of struct tcp_bbr_info */

/* Section 5.6.1, in percent. */
static const struct {
	uint16_t pacing, cwnd;
} gain[] = {
    [BBR_STARTUP] = {277, 200},
    [BBR_DRAIN] = {50, 200},
    [BBR_PROBE_BW_DOWN] = {90, 200},
    [BBR_PROBE_BW_CRUISE] = {100, 200},
    [BBR_PROBE_BW_REFILL] = {100, 200},
    [BBR_PROBE_BW_UP] = {125, 225},
    [BBR_PROBE_RTT] = {100, 50},
};
_Static_assert(sizeof(gain) / sizeof(gain[0]) == BBR_STATES, "each state has its gains");

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* ---- pacing rate (section 5.6.2) and burst (5.6.3) ---- */

/* There is no rate yet: the initial window in a round trip. */
static void init_pacing_rate(struct bbr *bbr, struct tcp_cc *cc, px_time srtt)
{
	px_time rtt = srtt ? srtt : PX_MSEC;

	bbr->has_seen_rtt = srtt != 0;
	cc->pacing_rate = (uint64_t)bbr->initial_cwnd * gain[BBR_STARTUP].pacing * PX_SEC / 100 / rtt;
}

/* Until the pipe has been full, only to a higher one: what the program left unused is no measure.
 */
static void set_pacing_rate(const struct bbr *bbr, struct tcp_cc *cc, unsigned int percent)
{
	uint64_t rate = bbr->bw / 100 * percent / 100 * (100 - PACING_MARGIN_PERCENT);

	/* A segment a second at least: 0 is "not paced", and a time-out must get through. */
	if (rate < cc->mss)
		rate = cc->mss;
	if (bbr->bw && (bbr->full_bw_reached || rate > cc->pacing_rate))
		cc->pacing_rate = rate;
}

static void set_send_quantum(struct bbr *bbr, const struct tcp_cc *cc)
{
	uint64_t quantum = tcp_cc_pacing(cc) / (PX_SEC / PX_MSEC);

	quantum = quantum < QUANTUM_MAX ? quantum : QUANTUM_MAX;
	bbr->send_quantum = larger((uint32_t)quantum, 2 * cc->mss);
}

/* ---- window (section 5.6.4) ---- */

void bbr_save_cwnd(struct bbr *bbr, const struct tcp_cc *cc)
{
	if (!bbr->in_recovery && bbr->state != BBR_PROBE_RTT)
		bbr->prior_cwnd = cc->cwnd;
	else
		bbr->prior_cwnd = larger(bbr->prior_cwnd, cc->cwnd);
}

void bbr_restore_cwnd(struct bbr *bbr, struct tcp_cc *cc)
{
	cc->cwnd = larger(cc->cwnd, bbr->prior_cwnd);
}

static uint32_t max_inflight(const struct bbr *bbr, const struct tcp_cc *cc)
{
	uint64_t volume = bbr_bdp_multiple(bbr, bbr->bw, gain[bbr->state].cwnd);

	return bbr_quantization_budget(bbr, cc, volume + bbr_extra_acked(bbr));
}

/* Section 5.6.4.7. */
static uint32_t model_bound(const struct bbr *bbr, const struct tcp_cc *cc)
{
	uint32_t cap = BBR_INFINITE;

	if (bbr->state == BBR_PROBE_RTT || bbr->state == BBR_PROBE_BW_CRUISE)
		cap = bbr_inflight_with_headroom(bbr, cc);
	else if (bbr_in_probe_bw(bbr))
		cap = bbr->inflight_longterm;
	return larger(smaller(cap, bbr->inflight_shortterm), bbr_min_pipe_cwnd(cc));
}

static void set_cwnd(struct bbr *bbr, struct tcp_cc *cc, uint32_t newly_acked)
{
	uint32_t most = max_inflight(bbr, cc);

	if (bbr->full_bw_reached) {
		tcp_cc_grow(cc, newly_acked);
		cc->cwnd = smaller(cc->cwnd, most);
	} else if (cc->cwnd < most || bbr->rate->delivered < bbr->initial_cwnd) {
		tcp_cc_grow(cc, newly_acked);
	}
	cc->cwnd = larger(cc->cwnd, bbr_min_pipe_cwnd(cc));
	if (bbr->state == BBR_PROBE_RTT)
		cc->cwnd = smaller(cc->cwnd, bbr_probe_rtt_cwnd(bbr, cc));
	cc->cwnd = smaller(cc->cwnd, model_bound(bbr, cc));
}

/* ---- events ---- */

static int bbr_init(struct tcp_cc *cc, const struct tcp_cc_env *env)
{
	struct bbr *bbr = tcp_cc_need_state(cc);

	if (!bbr)
		return -ENOMEM;
	bbr->random = env->random;
	bbr->rate = env->rate;
	cc->ops->started(cc, env->srtt, env->now);
	return 0;
}

/* Section 5.2.1: the connection is established, or another algorithm has had it. */
static void bbr_started(struct tcp_cc *cc, px_time srtt, px_time now)
{
	struct bbr *bbr = tcp_cc_state(cc);

	bbr_model_init(bbr, srtt, now);
	bbr->initial_cwnd = cc->cwnd;
	init_pacing_rate(bbr, cc, srtt);
	set_send_quantum(bbr, cc);
	bbr_enter_startup(bbr);
}

/* Section 5.4.1, HandleRestartFromIdle. */
static void bbr_sent(struct tcp_cc *cc, uint32_t bytes, uint32_t in_flight, px_time now)
{
	struct bbr *bbr = tcp_cc_state(cc);

	(void)bytes;
	if (in_flight || !bbr->rate->app_limited_until)
		return;
	bbr->idle_restart = true;
	bbr->extra_acked_interval_start = now;
	bbr->extra_acked_delivered = 0;
	if (bbr_in_probe_bw(bbr))
		set_pacing_rate(bbr, cc, 100);
	else if (bbr->state == BBR_PROBE_RTT)
		bbr_check_probe_rtt_done(bbr, cc, now);
}

/* Section 5.2.3, UpdateOnACK. */
static void bbr_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	struct bbr *bbr = tcp_cc_state(cc);

	bbr->has_sack = ack->sack;
	if (bbr->in_recovery && !ack->recovery) {
		bbr->in_recovery = false;
		bbr_restore_cwnd(bbr, cc);
	}
	if (!ack->recovery)
		bbr->undo_saved = false;
	if (!bbr->has_seen_rtt && ack->srtt)
		init_pacing_rate(bbr, cc, ack->srtt);
	if (!ack->rate->newly)
		return;
	bbr_model_acked(bbr, cc, ack);
	bbr_probe_acked(bbr, cc, ack);
	bbr_update_min_rtt(bbr, ack);
	bbr_check_probe_rtt(bbr, cc, ack);
	bbr_model_settle(bbr, ack);
	set_pacing_rate(bbr, cc, gain[bbr->state].pacing);
	set_send_quantum(bbr, cc);
	set_cwnd(bbr, cc, ack->rate->newly);
}

/* What of a lost segment could still be in flight before losses were too many: section 5.5.10.2.
 * (Matters for super-segments.) */
static uint32_t inflight_at_loss(uint32_t tx_in_flight, uint32_t lost, uint32_t size)
{
	uint32_t inflight_prev = tx_in_flight > size ? tx_in_flight - size : 0;
	uint32_t lost_prev = lost > size ? lost - size : 0;
	/* (2 % of inflight_prev - lost_prev) / 98 % */
	int64_t prefix = ((int64_t)inflight_prev * 2 - (int64_t)lost_prev * 100) / 98;

	return inflight_prev + (prefix > 0 ? (uint32_t)prefix : 0);
}

/* Section 5.2.4, HandleLostPacket. */
static void bbr_lost(struct tcp_cc *cc, const struct tcp_cc_loss *loss)
{
	struct bbr *bbr = tcp_cc_state(cc);
	uint32_t lost = bbr->rate->lost - loss->mark->lost;
	uint32_t in_flight = loss->mark->in_flight;

	bbr_note_loss(bbr, cc);
	if (loss->seq != bbr->lost_end && bbr->loss_events < UINT8_MAX)
		bbr->loss_events++;
	bbr->lost_end = loss->seq + loss->bytes;
	if (bbr->is_bw_probe_sample && bbr_is_inflight_too_high(bbr, lost, in_flight))
		bbr_inflight_too_high(bbr, cc, inflight_at_loss(in_flight, lost, loss->bytes),
		    loss->mark->app_limited, loss->now);
}

/* Section 5.6.4.4, OnEnterFastRecovery and OnEnterRTO; and the echo of ECN. There is no ssthresh.
 */
static uint32_t bbr_reduced(
    struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now)
{
	struct bbr *bbr = tcp_cc_state(cc);

	bbr_note_loss(bbr, cc);
	bbr_save_cwnd(bbr, cc);
	bbr->in_recovery = true;
	if (reason == TCP_CC_ECN) {
		if (bbr->is_bw_probe_sample)
			bbr_inflight_too_high(bbr, cc, flight, bbr->rate->app_limited_until != 0, now);
		else if (bbr->state == BBR_STARTUP)
			bbr_queue_too_high_in_startup(bbr, cc);
	}
	return cc->ssthresh;
}

/* Section 5.5.11; the window is restored already. */
static void bbr_undone(struct tcp_cc *cc, px_time now)
{
	struct bbr *bbr = tcp_cc_state(cc);

	(void)now;
	bbr_restore_cwnd(bbr, cc);
	bbr->undo_saved = false;
	bbr->is_loss_in_round = false;
	bbr_reset_full_bw(bbr);
	if (bbr->bw_shortterm < bbr->undo_bw_shortterm)
		bbr->bw_shortterm = bbr->undo_bw_shortterm;
	bbr->inflight_shortterm = larger(bbr->inflight_shortterm, bbr->undo_inflight_shortterm);
	bbr->inflight_longterm = larger(bbr->inflight_longterm, bbr->undo_inflight_longterm);
	bbr_return_after_spurious(bbr);
}

static void bbr_info(const struct tcp_cc *cc, union tcp_cc_info *info, size_t *len)
{
	const struct bbr *bbr = cc->state;
	px_time rtt = bbr->min_rtt == PX_TIME_NEVER ? 0 : bbr->min_rtt;

	rtt = (rtt + MICROSECOND - 1) / MICROSECOND;
	info->bbr = (struct tcp_bbr_info){
	    .bbr_bw_lo = (uint32_t)bbr->bw,
	    .bbr_bw_hi = (uint32_t)(bbr->bw >> 32),
	    .bbr_min_rtt = rtt && rtt < UINT32_MAX ? (uint32_t)rtt : UINT32_MAX,
	    .bbr_pacing_gain = (uint32_t)gain[bbr->state].pacing * GAIN_UNIT / 100,
	    .bbr_cwnd_gain = (uint32_t)gain[bbr->state].cwnd * GAIN_UNIT / 100,
	};
	*len = sizeof(info->bbr);
}

const struct tcp_cc_ops tcp_cc_bbr = {
    .name = "bbr",
    .properties = TCP_CC_OWNS_CWND | TCP_CC_NEEDS_PACING,
    .state_size = sizeof(struct bbr),
    .init = bbr_init,
    .started = bbr_started,
    .sent = bbr_sent,
    .acked = bbr_acked,
    .lost = bbr_lost,
    .reduced = bbr_reduced,
    .undone = bbr_undone,
    .info = bbr_info,
};
