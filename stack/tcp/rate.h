/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delivery-rate samples (draft-cheng-iccrg-delivery-rate-estimation).
 *
 * Each segment sent remembers how much had been delivered by then, and when. When it is
 * acknowledged, what was delivered in between, over the time that it took, is the rate of the path;
 * the longer of the sending and the acknowledging interval counts, since acknowledgements come
 * compressed. A sample taken while the program did not send enough says only "at least".
 *
 * Use: tcp_rate_sent for each segment, at each (re)transmission. For an ACK: tcp_rate_ack_begin,
 * tcp_rate_delivered for each segment that it acknowledges or newly sacks, tcp_rate_ack_end.
 */
#ifndef TCP_RATE_H
#define TCP_RATE_H

#include "timer.h"

/* Of the connection. */
struct tcp_rate {
	uint64_t delivered;         /* bytes, cumulative */
	px_time delivered_time;     /* when that last rose */
	px_time first_sent_time;    /* when the window under way began */
	uint64_t app_limited_until; /* samples are limited till `delivered` exceeds it; 0: not */
	uint64_t latest;            /* last rate that was a measure of the path (TCP_INFO) */
	uint32_t lost;              /* bytes, cumulative (by differences): tcp_rate_lost */
	bool latest_limited;        /* it was a limited sample, but better than the one before */
};

/* In each segment's record. Amounts are read as differences, which are far below 2^32. */
struct tcp_rate_mark {
	px_time delivered_time, first_sent_time, sent_time;
	uint32_t delivered, lost;
	uint32_t in_flight; /* with the segment */
	bool app_limited;
};

/* Of one ACK. */
struct tcp_rate_sample {
	uint64_t rate;         /* bytes a second; 0: no sample */
	px_time interval;      /* that it was measured over */
	px_time rtt;           /* of the segment sent last among those acknowledged; 0: none */
	uint32_t delivered;    /* bytes over the interval */
	uint32_t newly;        /* bytes that this ACK delivered: cumulative and sacked */
	uint32_t newly_lost;   /* bytes that this ACK let us believe lost */
	uint32_t tx_in_flight; /* with the newest segment, when that was sent */
	uint32_t lost;         /* bytes believed lost since then */
	bool app_limited;
	bool retransmitted; /* the segment that it was measured by: the rtt is ambiguous */
	/* Of the newest segment, for use while the ACK is read. */
	uint64_t prior_delivered;
	px_time prior_time, sent_time, send_interval;
	uint32_t lost_before, prior_lost;
};

static inline void tcp_rate_init(struct tcp_rate *rate)
{
	*rate = (struct tcp_rate){0};
}

/* A segment of `bytes` is sent, with `in_flight` on their way before it. */
void tcp_rate_sent(struct tcp_rate *rate, struct tcp_rate_mark *mark, uint32_t in_flight,
    uint32_t bytes, px_time now);

void tcp_rate_ack_begin(const struct tcp_rate *rate, struct tcp_rate_sample *sample);

/* `bytes` of a segment (all of it) arrived, as far as this ACK tells; not to be called twice for
 * one segment. */
void tcp_rate_delivered(struct tcp_rate *rate, struct tcp_rate_sample *sample,
    const struct tcp_rate_mark *mark, uint32_t bytes, bool retransmitted, px_time now);

static inline void tcp_rate_lost(struct tcp_rate *rate, uint32_t bytes)
{
	rate->lost += bytes;
}

/* `min_rtt`: what is shorter cannot have been measured; 0: unknown. */
void tcp_rate_ack_end(struct tcp_rate *rate, struct tcp_rate_sample *sample, px_time min_rtt);

/* The program has nothing to send though the window would let it. */
void tcp_rate_app_limited(struct tcp_rate *rate, uint32_t in_flight);

#endif
