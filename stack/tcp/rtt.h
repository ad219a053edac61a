/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Round-trip times: the retransmission time-out of RFC 6298, and the least one seen of late.
 *
 *     first sample R:  SRTT = R, RTTVAR = R / 2
 *     others:          RTTVAR += (|SRTT - R| - RTTVAR) / 4n,  SRTT += (R - SRTT) / 8n
 *     RTO = SRTT + max(rto_min, 4 * RTTVAR), at most rto_max, doubled with each back-off
 *
 * n is the number of samples that one round trip brings (RFC 7323 appendix G): with timestamps each
 * acknowledgement is one, and the filter would forget within a fraction of a round trip.
 *
 * The lower limit is applied to the variance term, as Linux does, not to the whole: a receiver may
 * delay its acknowledgement by that much however long the path is. RFC 6298 (2.4) asks for a second
 * at least; 200 ms have been usual for decades, and rto_min is an option.
 *
 * Karn's algorithm is the caller's: no sample of what was retransmitted, unless a timestamp tells
 * which transmission was acknowledged. Times are in nanoseconds.
 */
#ifndef TCP_RTT_H
#define TCP_RTT_H

#include "timer.h"

#define TCP_RTO_INITIAL (1 * PX_SEC) /* RFC 6298 (2.1) */
#define TCP_RTO_MIN     (200 * PX_MSEC)
#define TCP_RTO_MAX     (120 * PX_SEC)

/* How long a least round-trip time is believed (Linux: tcp_min_rtt_wlen). */
#define TCP_MIN_RTT_WINDOW (300 * PX_SEC)

struct tcp_rtt {
	px_time srtt, rttvar; /* 0: no sample yet */
	px_time rto;          /* without back-off */
	px_time rto_min, rto_max;
	/* The least of this half of the window and of the one before; 0: none. */
	px_time min_now, min_before, min_since;
	uint8_t backoffs;
};

/* rto_min and rto_max 0: the defaults above. */
void tcp_rtt_init(struct tcp_rtt *rtt, px_time rto_min, px_time rto_max);

/* A measured round trip. `per_round`: how many samples a round trip brings, about in_flight / (2 *
 * MSS) (0 counts as 1). Ends the back-off. */
void tcp_rtt_sample(struct tcp_rtt *rtt, px_time sample, uint32_t per_round, px_time now);

/* The time-out to arm: with back-off. */
px_time tcp_rtt_rto(const struct tcp_rtt *rtt);

/* The timer expired: RFC 6298 (5.5). */
void tcp_rtt_back_off(struct tcp_rtt *rtt);

/* New data was acknowledged: the next time-out begins from the estimate. */
static inline void tcp_rtt_end_back_off(struct tcp_rtt *rtt)
{
	rtt->backoffs = 0;
}

/* The SYN timed out at least once, and no sample could be had from the handshake: 3 s, RFC 6298
 * (5.7). */
void tcp_rtt_syn_timed_out(struct tcp_rtt *rtt);

/* The least round trip of the last 150 to 300 s; 0: none was seen. */
px_time tcp_rtt_min(const struct tcp_rtt *rtt, px_time now);

#endif
