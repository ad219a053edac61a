/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR's states: see bbr.h; section numbers are draft-ietf-ccwg-bbr-06's.
 *
 * A probe of the bandwidth that lost too much makes the next one careful: it goes up only until
 * what was too much is in flight again, goes down at once, and when a round trip of
 * acknowledgements shows that this did no harm, tries again without that limit (section 5.3.3.6).
 */
#include "bbr.h"

#include "random.h"

#define FULL_LOSS_COUNT    6 /* ranges lost in a round that end Startup: section 5.3.1.3 */
#define DRAIN_ROUNDS       3
#define RENO_ROUNDS        63
#define LEAST_ROUNDS       4 /* of a path that holds no more than a segment: MinPipeCwnd */
#define PROBE_WAIT         (2 * PX_SEC)
#define PROBE_WAIT_SPREAD  1000 /* milliseconds more, by chance */
#define PROBE_RTT_DURATION (200 * PX_MSEC)
#define PROBE_RTT_PERCENT  50
#define BETA_PERCENT       70
#define PROBE_UP_ROUNDS    30

const char *bbr_state_text(unsigned int state)
{
	static const char *const text[] = {
	    [BBR_STARTUP] = "Startup",
	    [BBR_DRAIN] = "Drain",
	    [BBR_PROBE_BW_DOWN] = "ProbeBW_DOWN",
	    [BBR_PROBE_BW_CRUISE] = "ProbeBW_CRUISE",
	    [BBR_PROBE_BW_REFILL] = "ProbeBW_REFILL",
	    [BBR_PROBE_BW_UP] = "ProbeBW_UP",
	    [BBR_PROBE_RTT] = "ProbeRTT",
	};
	_Static_assert(sizeof(text) / sizeof(text[0]) == BBR_STATES, "each state has a name");

	return state < BBR_STATES ? text[state] : NULL;
}

static void set_state(struct bbr *bbr, enum bbr_state state)
{
	bbr->state = (uint8_t)state;
}

/* ---- Startup (section 5.3.1) ---- */

void bbr_enter_startup(struct bbr *bbr)
{
	set_state(bbr, BBR_STARTUP);
}

static void enter_drain(struct bbr *bbr)
{
	set_state(bbr, BBR_DRAIN);
	bbr->drain_start_round = bbr->round_count;
}

/* Loss shows that the pipe is full. */
void bbr_queue_too_high_in_startup(struct bbr *bbr, const struct tcp_cc *cc)
{
	uint32_t bdp = bbr_bdp_multiple(bbr, bbr->bw, 100);

	bbr->undo_state = BBR_STARTUP;
	bbr->full_bw_reached = true;
	bbr->inflight_longterm = bdp > bbr->inflight_latest ? bdp : bbr->inflight_latest;
	if (bbr->inflight_longterm < bbr_min_pipe_cwnd(cc))
		bbr->inflight_longterm = bbr_min_pipe_cwnd(cc);
}

/* Section 5.3.1.3: sustained for a round of fast recovery, not a burst. Without SACK one loss a
 * round is all that can be seen. */
static void check_startup_high_loss(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	const struct tcp_rate_sample *rate = ack->rate;
	bool recovering = ack->recovery && !ack->loss_recovery;

	if (bbr->state == BBR_STARTUP && !bbr->full_bw_reached && recovering) {
		if (!bbr->has_sack) {
			if (bbr->loss_events)
				bbr_queue_too_high_in_startup(bbr, cc);
		} else if (bbr->loss_round_start && bbr->loss_events >= FULL_LOSS_COUNT &&
		           bbr_is_inflight_too_high(bbr, rate->lost, rate->tx_in_flight)) {
			bbr_queue_too_high_in_startup(bbr, cc);
		}
	}
	if (bbr->loss_round_start)
		bbr->loss_events = 0;
}

static void check_startup_done(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	check_startup_high_loss(bbr, cc, ack);
	if (bbr->state == BBR_STARTUP && bbr->full_bw_reached)
		enter_drain(bbr);
}

/* ---- ProbeBW (section 5.3.3) ---- */

static void pick_probe_wait(struct bbr *bbr)
{
	bbr->rounds_since_probe_up = px_random_below(bbr->random, 2);
	bbr->bw_probe_wait = PROBE_WAIT + px_random_below(bbr->random, PROBE_WAIT_SPREAD + 1) * PX_MSEC;
}

static void start_down(struct bbr *bbr, px_time now)
{
	bbr_reset_congestion_signals(bbr);
	bbr->probe_up_acked_per_inc = BBR_INFINITE; /* inflight_longterm does not grow */
	pick_probe_wait(bbr);
	bbr->cycle_stamp = now;
	bbr->ack_phase = BBR_ACKS_PROBE_STOPPING;
	bbr_start_round(bbr);
	set_state(bbr, BBR_PROBE_BW_DOWN);
}

static void start_cruise(struct bbr *bbr)
{
	set_state(bbr, BBR_PROBE_BW_CRUISE);
}

static void start_refill(struct bbr *bbr)
{
	bbr_reset_short_term(bbr);
	bbr->bw_probe_up_rounds = 0;
	bbr->bw_probe_up_acked = 0;
	bbr->prev_probe_precautionary = false;
	bbr->ack_phase = BBR_ACKS_REFILLING;
	bbr_start_round(bbr);
	set_state(bbr, BBR_PROBE_BW_REFILL);
}

/* Each round of going up raises the limit twice as fast as the one before. */
static void raise_inflight_longterm_slope(struct bbr *bbr, const struct tcp_cc *cc)
{
	uint32_t per_inc = cc->cwnd >> bbr->bw_probe_up_rounds;

	if (bbr->bw_probe_up_rounds < PROBE_UP_ROUNDS)
		bbr->bw_probe_up_rounds++;
	bbr->probe_up_acked_per_inc = per_inc > cc->mss ? per_inc : cc->mss;
}

static void start_up(struct bbr *bbr, const struct tcp_cc *cc, uint64_t delivery_rate)
{
	bbr->ack_phase = BBR_ACKS_PROBE_STARTING;
	bbr_start_round(bbr);
	bbr_reset_full_bw(bbr);
	bbr->full_bw = delivery_rate;
	set_state(bbr, BBR_PROBE_BW_UP);
	raise_inflight_longterm_slope(bbr, cc);
}

/* Section 5.3.3.8: often enough beside Reno, seldom enough for it to live. */
static bool is_time_to_probe_bw(const struct bbr *bbr, const struct tcp_cc *cc, px_time now)
{
	uint32_t reno_rounds = bbr_target_inflight(bbr, cc) / cc->mss;

	if (reno_rounds < LEAST_ROUNDS)
		reno_rounds = LEAST_ROUNDS;
	if (reno_rounds > RENO_ROUNDS)
		reno_rounds = RENO_ROUNDS;
	return now > bbr->cycle_stamp + bbr->bw_probe_wait || bbr->rounds_since_probe_up >= reno_rounds;
}

static bool is_time_to_cruise(
    const struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	return ack->in_flight <= bbr_inflight_with_headroom(bbr, cc) &&
	       ack->in_flight <= bbr_inflight(bbr, cc, bbr_max_bw(bbr), 100);
}

static bool is_time_to_go_down(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (bbr->prev_probe_too_high && ack->in_flight >= bbr->inflight_longterm) {
		bbr->prev_probe_precautionary = true;
		return true;
	}
	if (ack->cwnd_limited && cc->cwnd >= bbr->inflight_longterm) {
		/* It is the limit that keeps the rate from growing. */
		bbr_reset_full_bw(bbr);
		bbr->full_bw = ack->rate->rate;
		return false;
	}
	return bbr->full_bw_now;
}

static void probe_inflight_longterm_upward(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (!ack->cwnd_limited || cc->cwnd < bbr->inflight_longterm)
		return;
	bbr->bw_probe_up_acked += ack->rate->newly;
	if (bbr->bw_probe_up_acked >= bbr->probe_up_acked_per_inc) {
		uint64_t steps = bbr->bw_probe_up_acked / bbr->probe_up_acked_per_inc;
		uint64_t raised = bbr->inflight_longterm + steps * cc->mss;

		bbr->bw_probe_up_acked %= bbr->probe_up_acked_per_inc;
		bbr->inflight_longterm = raised < TCP_CC_WINDOW_MAX ? (uint32_t)raised : TCP_CC_WINDOW_MAX;
	}
	if (bbr->round_start)
		raise_inflight_longterm_slope(bbr, cc);
}

/* Whether the cycle goes on with another state. */
static bool adapt_long_term_model(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	const struct tcp_rate_sample *rate = ack->rate;

	if (bbr->ack_phase == BBR_ACKS_PROBE_STARTING && bbr->round_start)
		bbr->ack_phase = BBR_ACKS_PROBE_FEEDBACK;
	if (bbr->ack_phase == BBR_ACKS_PROBE_STOPPING && bbr->round_start) {
		bbr->is_bw_probe_sample = false;
		bbr->ack_phase = BBR_ACKS_INIT;
		if (bbr_in_probe_bw(bbr) && !rate->app_limited)
			bbr_advance_max_bw_filter(bbr);
		if (bbr_in_probe_bw(bbr) && bbr->prev_probe_precautionary && !bbr->prev_probe_too_high) {
			start_refill(bbr);
			return true;
		}
	}
	if (bbr->inflight_longterm == BBR_INFINITE ||
	    bbr_is_inflight_too_high(bbr, rate->lost, rate->tx_in_flight))
		return false;
	if (rate->tx_in_flight > bbr->inflight_longterm)
		bbr->inflight_longterm = rate->tx_in_flight;
	if (bbr->state == BBR_PROBE_BW_UP)
		probe_inflight_longterm_upward(bbr, cc, ack);
	return false;
}

static void update_probe_bw_cycle_phase(
    struct bbr *bbr, const struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	if (!bbr->full_bw_reached || adapt_long_term_model(bbr, cc, ack))
		return;
	switch (bbr->state) {
	case BBR_PROBE_BW_DOWN:
		if (is_time_to_probe_bw(bbr, cc, ack->now))
			start_refill(bbr);
		else if (is_time_to_cruise(bbr, cc, ack))
			start_cruise(bbr);
		break;
	case BBR_PROBE_BW_CRUISE:
		if (is_time_to_probe_bw(bbr, cc, ack->now))
			start_refill(bbr);
		break;
	case BBR_PROBE_BW_REFILL:
		if (bbr->round_start) {
			bbr->is_bw_probe_sample = true;
			start_up(bbr, cc, ack->rate->rate);
		}
		break;
	case BBR_PROBE_BW_UP:
		if (is_time_to_go_down(bbr, cc, ack)) {
			bbr->prev_probe_too_high = false; /* not yet */
			start_down(bbr, ack->now);
		}
		break;
	default:
		break;
	}
}

void bbr_inflight_too_high(
    struct bbr *bbr, struct tcp_cc *cc, uint32_t tx_in_flight, bool app_limited, px_time now)
{
	uint32_t least = bbr_share(bbr_target_inflight(bbr, cc), BETA_PERCENT);

	/* The window does not go below that, either. */
	if (least < bbr_min_pipe_cwnd(cc))
		least = bbr_min_pipe_cwnd(cc);
	bbr->prev_probe_too_high = true;
	bbr->is_bw_probe_sample = false; /* once a probe */
	if (!app_limited)
		bbr->inflight_longterm = tx_in_flight > least ? tx_in_flight : least;
	if (bbr->state == BBR_PROBE_BW_UP) {
		bbr->undo_state = BBR_PROBE_BW_UP;
		start_down(bbr, now);
	}
}

/* ---- ProbeRTT (section 5.3.4) ---- */

uint32_t bbr_probe_rtt_cwnd(const struct bbr *bbr, const struct tcp_cc *cc)
{
	uint32_t cwnd = bbr_bdp_multiple(bbr, bbr->bw, PROBE_RTT_PERCENT);
	uint32_t least = bbr_min_pipe_cwnd(cc);

	return cwnd > least ? cwnd : least;
}

static void exit_probe_rtt(struct bbr *bbr, px_time now)
{
	bbr_reset_short_term(bbr);
	if (bbr->full_bw_reached) {
		start_down(bbr, now);
		start_cruise(bbr); /* what is in flight is below the product already */
	} else {
		bbr_enter_startup(bbr);
	}
}

void bbr_check_probe_rtt_done(struct bbr *bbr, struct tcp_cc *cc, px_time now)
{
	if (!bbr->probe_rtt_done_stamp || now <= bbr->probe_rtt_done_stamp)
		return;
	bbr->probe_rtt_min_stamp = now; /* the next one is due from here */
	bbr_restore_cwnd(bbr, cc);
	exit_probe_rtt(bbr, now);
}

static void handle_probe_rtt(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	/* The rate is low because of us: section 5.3.4.3. */
	tcp_rate_app_limited(bbr->rate, ack->in_flight);
	if (!bbr->probe_rtt_done_stamp) {
		if (ack->in_flight > bbr_probe_rtt_cwnd(bbr, cc))
			return;
		bbr->probe_rtt_done_stamp = ack->now + PROBE_RTT_DURATION;
		bbr->probe_rtt_round_done = false;
		bbr_start_round(bbr);
		return;
	}
	if (bbr->round_start)
		bbr->probe_rtt_round_done = true;
	if (bbr->probe_rtt_round_done)
		bbr_check_probe_rtt_done(bbr, cc, ack->now);
}

void bbr_check_probe_rtt(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	/* A pause that just ended has emptied the queue as well. */
	if (bbr->state != BBR_PROBE_RTT && bbr->probe_rtt_expired && !bbr->idle_restart) {
		bbr_save_cwnd(bbr, cc);
		set_state(bbr, BBR_PROBE_RTT);
		bbr->probe_rtt_done_stamp = 0;
		bbr->ack_phase = BBR_ACKS_PROBE_STOPPING;
		bbr_start_round(bbr);
	}
	if (bbr->state == BBR_PROBE_RTT)
		handle_probe_rtt(bbr, cc, ack);
	bbr->idle_restart = false;
}

/* ---- an ACK, and the end of an error ---- */

void bbr_probe_acked(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	check_startup_done(bbr, cc, ack);
	/* Section 5.3.2: the queue is gone; or the rate was taken for higher than it is. */
	if (bbr->state == BBR_DRAIN && (ack->in_flight <= bbr_inflight(bbr, cc, bbr->bw, 100) ||
	                                   bbr->round_count > bbr->drain_start_round + DRAIN_ROUNDS))
		start_down(bbr, ack->now);
	update_probe_bw_cycle_phase(bbr, cc, ack);
}

/* Section 5.5.11: back to where loss that was none took us from. */
void bbr_return_after_spurious(struct bbr *bbr)
{
	enum bbr_state before = (enum bbr_state)bbr->undo_state;

	bbr->undo_state = BBR_NONE;
	if (before == BBR_STARTUP && bbr->state != BBR_STARTUP) {
		bbr->full_bw_reached = false;
		if (bbr->state != BBR_PROBE_RTT)
			bbr_enter_startup(bbr);
	} else if (before == BBR_PROBE_BW_UP && bbr->state != BBR_PROBE_BW_UP &&
	           bbr->state != BBR_PROBE_RTT) {
		start_refill(bbr);
	}
}
