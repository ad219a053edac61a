/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR's model of the path: see bbr.h; section numbers are draft-ietf-ccwg-bbr-06's. */
#include "bbr.h"

#define MIN_RTT_FILTER_LEN  (10 * PX_SEC) /* section 2.16.1 */
#define PROBE_RTT_INTERVAL  (5 * PX_SEC)  /* section 2.16.2: MUST */
#define LOSS_THRESH_PERCENT 2
#define BETA_PERCENT        70
#define HEADROOM_PERCENT    15
#define FULL_BW_GROWTH      125 /* percent: less is a plateau */
#define FULL_BW_ROUNDS      3

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint64_t larger_bw(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint32_t as_volume(double bytes)
{
	return bytes < TCP_CC_WINDOW_MAX ? (uint32_t)(bytes + 0.5) : TCP_CC_WINDOW_MAX;
}

/* What `bw` brings in `time`. */
static double volume(uint64_t bw, px_time time)
{
	return (double)bw * ((double)time / (double)PX_SEC);
}

/* ---- beginnings ---- */

/* Section 5.2.1, OnInit, but the state and the pacing rate. */
void bbr_model_init(struct bbr *bbr, px_time srtt, px_time now)
{
	*bbr = (struct bbr){
	    .random = bbr->random,
	    .rate = bbr->rate,
	    .undo_state = BBR_NONE,
	    .has_sack = true,
	    .inflight_longterm = BBR_INFINITE,
	    .undo_inflight_longterm = BBR_INFINITE,
	    .probe_up_acked_per_inc = BBR_INFINITE,
	    .extra_acked_interval_start = now,
	    .min_rtt = srtt ? srtt : PX_TIME_NEVER,
	    .min_rtt_stamp = now,
	    .probe_rtt_min_delay = srtt ? srtt : PX_TIME_NEVER,
	    .probe_rtt_min_stamp = now,
	    /* Rounds begin from here also if the connection has had another algorithm. */
	    .next_round_delivered = bbr->rate->delivered,
	};
	bbr_reset_congestion_signals(bbr);
	bbr_reset_short_term(bbr);
	bbr_reset_full_bw(bbr);
}

void bbr_start_round(struct bbr *bbr)
{
	bbr->next_round_delivered = bbr->rate->delivered;
}

void bbr_reset_full_bw(struct bbr *bbr)
{
	bbr->full_bw = 0;
	bbr->full_bw_count = 0;
	bbr->full_bw_now = false;
}

void bbr_reset_congestion_signals(struct bbr *bbr)
{
	bbr->is_loss_in_round = false;
	bbr->bw_latest = 0;
	bbr->inflight_latest = 0;
}

void bbr_reset_short_term(struct bbr *bbr)
{
	bbr->bw_shortterm = BBR_INFINITE_BW;
	bbr->inflight_shortterm = BBR_INFINITE;
}

/* ---- volumes ---- */

uint32_t bbr_bdp_multiple(const struct bbr *bbr, uint64_t bw, unsigned int percent)
{
	if (bbr->min_rtt == PX_TIME_NEVER)
		return bbr->initial_cwnd;
	return as_volume(volume(bw, bbr->min_rtt) * percent / 100);
}

uint32_t bbr_quantization_budget(const struct bbr *bbr, const struct tcp_cc *cc, uint64_t volume)
{
	uint32_t budget = larger(3 * bbr->send_quantum, bbr_min_pipe_cwnd(cc));

	if (volume < budget)
		volume = budget;
	if (bbr->state == BBR_PROBE_BW_UP)
		volume += UINT64_C(2) * cc->mss;
	return volume < TCP_CC_WINDOW_MAX ? (uint32_t)volume : TCP_CC_WINDOW_MAX;
}

uint32_t bbr_inflight(
    const struct bbr *bbr, const struct tcp_cc *cc, uint64_t bw, unsigned int percent)
{
	return bbr_quantization_budget(bbr, cc, bbr_bdp_multiple(bbr, bw, percent));
}

uint32_t bbr_inflight_with_headroom(const struct bbr *bbr, const struct tcp_cc *cc)
{
	uint32_t headroom;

	if (bbr->inflight_longterm == BBR_INFINITE)
		return BBR_INFINITE;
	headroom = larger(cc->mss, bbr_share(bbr->inflight_longterm, HEADROOM_PERCENT));
	if (headroom > bbr->inflight_longterm)
		headroom = bbr->inflight_longterm;
	return larger(bbr->inflight_longterm - headroom, bbr_min_pipe_cwnd(cc));
}

uint32_t bbr_target_inflight(const struct bbr *bbr, const struct tcp_cc *cc)
{
	return smaller(bbr_bdp_multiple(bbr, bbr->bw, 100), cc->cwnd);
}

/* ---- rounds (section 5.5.1) ---- */

static void update_round(struct bbr *bbr, const struct tcp_rate_sample *rate)
{
	bbr->round_start = rate->prior_delivered >= bbr->next_round_delivered;
	if (!bbr->round_start)
		return;
	bbr_start_round(bbr);
	bbr->round_count++;
	bbr->rounds_since_probe_up++;
	bbr->extra_acked[bbr->round_count % BBR_EXTRA_ACKED_LEN] = 0;
}

/* ---- the greatest rate (sections 5.5.2 to 5.5.6) ---- */

static void update_max_bw(struct bbr *bbr, const struct tcp_rate_sample *rate)
{
	if (rate->rate && (rate->rate >= bbr_max_bw(bbr) || !rate->app_limited))
		bbr->max_bw_filter[0] = larger_bw(bbr->max_bw_filter[0], rate->rate);
}

/* A cycle without a sample does not make the path forgotten. */
void bbr_advance_max_bw_filter(struct bbr *bbr)
{
	if (!bbr->max_bw_filter[0])
		return;
	bbr->max_bw_filter[1] = bbr->max_bw_filter[0];
	bbr->max_bw_filter[0] = 0;
}

/* Section 5.3.1.2: three rounds of trying without a quarter more. */
static void check_full_bw_reached(struct bbr *bbr, const struct tcp_rate_sample *rate)
{
	if (bbr->full_bw_now || !bbr->round_start || rate->app_limited)
		return;
	if (rate->rate * 100 >= bbr->full_bw * FULL_BW_GROWTH) {
		bbr_reset_full_bw(bbr);
		bbr->full_bw = rate->rate;
		return;
	}
	bbr->full_bw_count++;
	bbr->full_bw_now = bbr->full_bw_count >= FULL_BW_ROUNDS;
	if (bbr->full_bw_now)
		bbr->full_bw_reached = true;
}

/* ---- loss (section 5.5.10) ---- */

bool bbr_is_inflight_too_high(const struct bbr *bbr, uint32_t lost, uint32_t tx_in_flight)
{
	if (!bbr->has_sack)
		return lost > 0;
	return (uint64_t)lost * 100 > (uint64_t)tx_in_flight * LOSS_THRESH_PERCENT;
}

/* Section 5.5.11.1, once an episode of loss: what the first loss of it changed must come back, too.
 */
static void save_state_upon_loss(struct bbr *bbr, const struct tcp_cc *cc)
{
	if (bbr->undo_saved)
		return;
	bbr->undo_saved = true;
	bbr_save_cwnd(bbr, cc);
	bbr->undo_state = BBR_NONE;
	bbr->undo_bw_shortterm = bbr->bw_shortterm;
	bbr->undo_inflight_shortterm = bbr->inflight_shortterm;
	bbr->undo_inflight_longterm = bbr->inflight_longterm;
}

void bbr_note_loss(struct bbr *bbr, const struct tcp_cc *cc)
{
	if (!bbr->is_loss_in_round)
		bbr->loss_round_delivered = bbr->rate->delivered;
	save_state_upon_loss(bbr, cc);
	bbr->is_loss_in_round = true;
}

/* At the end of a round with loss, while nothing was tried out: slower, towards what arrived. */
static void adapt_lower_bounds(struct bbr *bbr, const struct tcp_cc *cc)
{
	if (bbr_is_probing_bw(bbr) || !bbr->is_loss_in_round)
		return;
	if (bbr->bw_shortterm == BBR_INFINITE_BW)
		bbr->bw_shortterm = bbr_max_bw(bbr);
	if (bbr->inflight_shortterm == BBR_INFINITE)
		bbr->inflight_shortterm = cc->cwnd;
	bbr->bw_shortterm = larger_bw(bbr->bw_latest, bbr->bw_shortterm / 100 * BETA_PERCENT);
	bbr->inflight_shortterm =
	    larger(bbr->inflight_latest, bbr_share(bbr->inflight_shortterm, BETA_PERCENT));
}

static void update_latest_delivery_signals(struct bbr *bbr, const struct tcp_rate_sample *rate)
{
	bbr->loss_round_start = false;
	bbr->bw_latest = larger_bw(bbr->bw_latest, rate->rate);
	bbr->inflight_latest = larger(bbr->inflight_latest, rate->delivered);
	if (rate->prior_delivered >= bbr->loss_round_delivered) {
		bbr->loss_round_delivered = bbr->rate->delivered;
		bbr->loss_round_start = true;
	}
}

static void update_congestion_signals(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_rate_sample *rate)
{
	update_round(bbr, rate);
	update_max_bw(bbr, rate);
	if (!bbr->loss_round_start)
		return;
	adapt_lower_bounds(bbr, cc);
	bbr->is_loss_in_round = false;
}

/* ---- aggregation (section 5.5.9) ---- */

/* More arrived at once than the rate explains: so much more must be in flight. */
static void update_ack_aggregation(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	double expected = volume(bbr->bw, ack->now - bbr->extra_acked_interval_start), extra;
	uint32_t *slot = &bbr->extra_acked[bbr->round_count % BBR_EXTRA_ACKED_LEN];

	if ((double)bbr->extra_acked_delivered <= expected) {
		bbr->extra_acked_delivered = 0;
		bbr->extra_acked_interval_start = ack->now;
		expected = 0;
	}
	bbr->extra_acked_delivered += ack->rate->newly;
	extra = (double)bbr->extra_acked_delivered - expected;
	if (extra > 0)
		*slot = larger(*slot, smaller(as_volume(extra), cc->cwnd));
}

/* In Startup only what this round showed. */
uint32_t bbr_extra_acked(const struct bbr *bbr)
{
	uint32_t greatest = 0;

	if (!bbr->full_bw_reached)
		return bbr->extra_acked[bbr->round_count % BBR_EXTRA_ACKED_LEN];
	for (unsigned int i = 0; i < BBR_EXTRA_ACKED_LEN; i++)
		greatest = larger(greatest, bbr->extra_acked[i]);
	return greatest;
}

/* ---- round trips (sections 5.3.4.3, 5.5.7) ---- */

void bbr_update_min_rtt(struct bbr *bbr, const struct tcp_cc_ack *ack)
{
	/* Of the segment sent last; none where it was sent twice (section 4.2). */
	px_time rtt = ack->rate->retransmitted ? 0 : ack->rate->rtt;

	bbr->probe_rtt_expired = ack->now > bbr->probe_rtt_min_stamp + PROBE_RTT_INTERVAL;
	if (rtt && (rtt < bbr->probe_rtt_min_delay || bbr->probe_rtt_expired)) {
		bbr->probe_rtt_min_delay = rtt;
		bbr->probe_rtt_min_stamp = ack->now;
	}
	if (bbr->probe_rtt_min_delay < bbr->min_rtt ||
	    ack->now > bbr->min_rtt_stamp + MIN_RTT_FILTER_LEN) {
		bbr->min_rtt = bbr->probe_rtt_min_delay;
		bbr->min_rtt_stamp = bbr->probe_rtt_min_stamp;
	}
}

/* ---- an ACK ---- */

void bbr_model_acked(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	update_latest_delivery_signals(bbr, ack->rate);
	update_congestion_signals(bbr, cc, ack->rate);
	update_ack_aggregation(bbr, cc, ack);
	check_full_bw_reached(bbr, ack->rate);
}

void bbr_model_settle(struct bbr *bbr, const struct tcp_cc_ack *ack)
{
	uint64_t max_bw = bbr_max_bw(bbr);

	if (bbr->loss_round_start) {
		bbr->bw_latest = ack->rate->rate;
		bbr->inflight_latest = ack->rate->delivered;
	}
	bbr->bw = max_bw < bbr->bw_shortterm ? max_bw : bbr->bw_shortterm;
}
