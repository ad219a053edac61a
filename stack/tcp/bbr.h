/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR version 3 (draft-ietf-ccwg-bbr-06): what its files share.
 *
 * BBR does not ask how much may be on its way until something is lost, but what the path is: how
 * fast it delivers (max_bw) and how long it takes when no queue stands (min_rtt). It paces at the
 * one and keeps about twice their product in flight, and goes through states to find both out:
 *
 *     Startup          twice as fast each round trip, until the rate grows no more, or loss
 *     Drain            half as fast, until the queue that this made is gone
 *     ProbeBW_DOWN     a little slower: leaves room, lets a queue go
 *     ProbeBW_CRUISE   as fast as the path delivers, some round trips or seconds
 *     ProbeBW_REFILL   a round trip of that with the short-term bounds taken off
 *     ProbeBW_UP       a quarter faster: is there more? Ends by loss, or when the rate stays
 *     ProbeRTT         five seconds without a new least round trip: half of what was in flight
 *
 * The model has two time scales. What loss says while nothing is tried out (bw_shortterm,
 * inflight_shortterm) holds until the next REFILL; how much was in flight when trying it out lost
 * more than 2 % (inflight_longterm) holds until trying again shows better.
 *
 *     bbr_model.c   what acknowledgements and losses say of the path (sections 5.5)
 *     bbr_probe.c   the states (sections 5.3, 5.4)
 *     cc_bbr.c      pacing rate and window (section 5.6), and the algorithm's table
 *
 * Names are the draft's. Bytes, bytes a second, nanoseconds. The state (struct bbr) is allocated:
 * connections with other algorithms do not pay for it.
 *
 * The draft leaves ECN open but for "MUST treat any CE marks as congestion" (section 3.7): the echo
 * counts, once a window, as a round with loss, and ends Startup or UP.
 */
#ifndef TCP_BBR_H
#define TCP_BBR_H

#include "cc.h"

#define BBR_INFINITE        UINT32_MAX /* of volumes */
#define BBR_INFINITE_BW     UINT64_MAX
#define BBR_EXTRA_ACKED_LEN 10 /* rounds: ExtraAckedFilterLen */

enum bbr_state {
	BBR_STARTUP,
	BBR_DRAIN,
	BBR_PROBE_BW_DOWN,
	BBR_PROBE_BW_CRUISE,
	BBR_PROBE_BW_REFILL,
	BBR_PROBE_BW_UP,
	BBR_PROBE_RTT,
	BBR_STATES,
	BBR_NONE = BBR_STATES, /* undo_state: there is nothing to return to */
};

/* What the acknowledgements that come now tell of the last time that more was tried. */
enum bbr_ack_phase {
	BBR_ACKS_INIT,
	BBR_ACKS_REFILLING,
	BBR_ACKS_PROBE_STARTING,
	BBR_ACKS_PROBE_FEEDBACK,
	BBR_ACKS_PROBE_STOPPING,
};

struct bbr {
	struct px_random *random;
	struct tcp_rate *rate; /* the connection's */

	uint8_t state, undo_state; /* enum bbr_state */
	uint8_t ack_phase;         /* enum bbr_ack_phase */
	bool has_sack;
	bool in_recovery;  /* fast, or after a time-out */
	bool has_seen_rtt; /* the pacing rate is more than a guess */
	bool idle_restart;

	/* ---- rounds ---- */
	bool round_start, loss_round_start;
	bool is_loss_in_round;
	uint8_t loss_events; /* discontiguous ranges lost in this round */
	uint32_t lost_end;   /* of the last of them */
	uint32_t round_count, drain_start_round, rounds_since_probe_up;
	uint64_t next_round_delivered, loss_round_delivered;

	/* ---- rate ---- */
	uint64_t max_bw_filter[2]; /* of this ProbeBW cycle and of the one before */
	uint64_t bw_shortterm, bw_latest, bw;
	uint64_t full_bw;
	uint8_t full_bw_count;
	bool full_bw_now, full_bw_reached;

	/* ---- volume ---- */
	bool is_bw_probe_sample, prev_probe_too_high, prev_probe_precautionary;
	uint8_t bw_probe_up_rounds;
	uint32_t inflight_longterm, inflight_shortterm, inflight_latest;
	uint32_t bw_probe_up_acked, probe_up_acked_per_inc;
	uint32_t send_quantum;
	uint32_t initial_cwnd, prior_cwnd;
	uint32_t extra_acked[BBR_EXTRA_ACKED_LEN]; /* greatest of each round */
	uint64_t extra_acked_delivered;
	px_time extra_acked_interval_start;

	/* ---- time ---- */
	px_time cycle_stamp, bw_probe_wait;
	px_time min_rtt, min_rtt_stamp; /* PX_TIME_NEVER: unknown */
	px_time probe_rtt_min_delay, probe_rtt_min_stamp;
	px_time probe_rtt_done_stamp; /* 0: not yet at the small window */
	bool probe_rtt_expired, probe_rtt_round_done;

	/* ---- before the loss ---- */
	bool undo_saved; /* of this episode */
	uint64_t undo_bw_shortterm;
	uint32_t undo_inflight_shortterm, undo_inflight_longterm;
};

/* "ProbeBW_UP" ...; NULL for no state. */
const char *bbr_state_text(unsigned int state);

static inline uint64_t bbr_max_bw(const struct bbr *bbr)
{
	const uint64_t *slot = bbr->max_bw_filter;

	return slot[0] > slot[1] ? slot[0] : slot[1];
}

static inline bool bbr_in_probe_bw(const struct bbr *bbr)
{
	return bbr->state >= BBR_PROBE_BW_DOWN && bbr->state <= BBR_PROBE_BW_UP;
}

static inline bool bbr_is_probing_bw(const struct bbr *bbr)
{
	return bbr->state == BBR_STARTUP || bbr->state == BBR_PROBE_BW_REFILL ||
	       bbr->state == BBR_PROBE_BW_UP;
}

static inline uint32_t bbr_share(uint32_t value, unsigned int percent)
{
	return value == BBR_INFINITE ? value : (uint32_t)((uint64_t)value * percent / 100);
}

/* ---- bbr_model.c ---- */

void bbr_model_init(struct bbr *bbr, px_time srtt, px_time now);
void bbr_start_round(struct bbr *bbr);
void bbr_reset_full_bw(struct bbr *bbr);
void bbr_reset_congestion_signals(struct bbr *bbr);
void bbr_reset_short_term(struct bbr *bbr);
void bbr_advance_max_bw_filter(struct bbr *bbr);

/* At the begin of an ACK: UpdateLatestDeliverySignals to CheckFullBWReached. */
void bbr_model_acked(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void bbr_update_min_rtt(struct bbr *bbr, const struct tcp_cc_ack *ack);
/* At its end: AdvanceLatestDeliverySignals, BoundBWForModel. */
void bbr_model_settle(struct bbr *bbr, const struct tcp_cc_ack *ack);

void bbr_note_loss(struct bbr *bbr, const struct tcp_cc *cc);
/* Do the losses among what was sent since suggest that this much in flight was too much? */
bool bbr_is_inflight_too_high(const struct bbr *bbr, uint32_t lost, uint32_t tx_in_flight);

/* `percent` of the product of `bw` and the least round trip. */
uint32_t bbr_bdp_multiple(const struct bbr *bbr, uint64_t bw, unsigned int percent);
/* The same with what sending in bursts needs (QuantizationBudget). */
uint32_t bbr_inflight(
    const struct bbr *bbr, const struct tcp_cc *cc, uint64_t bw, unsigned int percent);
uint32_t bbr_quantization_budget(const struct bbr *bbr, const struct tcp_cc *cc, uint64_t volume);
uint32_t bbr_inflight_with_headroom(const struct bbr *bbr, const struct tcp_cc *cc);
/* The product, unless congestion cut the window. */
uint32_t bbr_target_inflight(const struct bbr *bbr, const struct tcp_cc *cc);
uint32_t bbr_extra_acked(const struct bbr *bbr);
static inline uint32_t bbr_min_pipe_cwnd(const struct tcp_cc *cc)
{
	return 4 * cc->mss;
}

/* ---- bbr_probe.c ---- */

void bbr_enter_startup(struct bbr *bbr);
/* CheckStartupDone to UpdateProbeBWCyclePhase. */
void bbr_probe_acked(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void bbr_check_probe_rtt(struct bbr *bbr, struct tcp_cc *cc, const struct tcp_cc_ack *ack);
void bbr_check_probe_rtt_done(struct bbr *bbr, struct tcp_cc *cc, px_time now);
uint32_t bbr_probe_rtt_cwnd(const struct bbr *bbr, const struct tcp_cc *cc);
/* Loss while bandwidth was probed: with `tx_in_flight` on its way it was too much. */
void bbr_inflight_too_high(
    struct bbr *bbr, struct tcp_cc *cc, uint32_t tx_in_flight, bool app_limited, px_time now);
void bbr_queue_too_high_in_startup(struct bbr *bbr, const struct tcp_cc *cc);
void bbr_return_after_spurious(struct bbr *bbr);

/* ---- cc_bbr.c ---- */

void bbr_save_cwnd(struct bbr *bbr, const struct tcp_cc *cc);
void bbr_restore_cwnd(struct bbr *bbr, struct tcp_cc *cc);

#endif
