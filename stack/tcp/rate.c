/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Delivery-rate samples: see rate.h; section numbers are
 * draft-cheng-iccrg-delivery-rate-estimation's. */
#include "rate.h"

/* Section 3.2. */
void tcp_rate_sent(struct tcp_rate *rate, struct tcp_rate_mark *mark, uint32_t in_flight,
    uint32_t bytes, px_time now)
{
	/* Nothing in flight: the time without sending is nobody's rate. */
	if (!in_flight) {
		rate->first_sent_time = now;
		rate->delivered_time = now;
	}
	*mark = (struct tcp_rate_mark){
	    .delivered = (uint32_t)rate->delivered,
	    .lost = rate->lost,
	    .in_flight = in_flight + bytes,
	    .delivered_time = rate->delivered_time,
	    .first_sent_time = rate->first_sent_time,
	    .sent_time = now,
	    .app_limited = rate->app_limited_until != 0,
	};
}

void tcp_rate_ack_begin(const struct tcp_rate *rate, struct tcp_rate_sample *sample)
{
	*sample = (struct tcp_rate_sample){.lost_before = rate->lost};
}

/* Section 3.3, UpdateRateSample. */
void tcp_rate_delivered(struct tcp_rate *rate, struct tcp_rate_sample *sample,
    const struct tcp_rate_mark *mark, uint32_t bytes, bool retransmitted, px_time now)
{
	bool newest = true;

	rate->delivered += bytes;
	rate->delivered_time = now;
	/* The segment sent last tells most of the path as it is now. */
	if (sample->newly && mark->sent_time < sample->sent_time)
		newest = false;
	sample->newly += bytes;
	if (!newest)
		return;
	sample->sent_time = mark->sent_time;
	sample->prior_delivered =
	    rate->delivered - (uint32_t)((uint32_t)rate->delivered - mark->delivered);
	sample->prior_lost = mark->lost;
	sample->tx_in_flight = mark->in_flight;
	sample->prior_time = mark->delivered_time;
	sample->app_limited = mark->app_limited;
	sample->retransmitted = retransmitted;
	sample->send_interval = mark->sent_time - mark->first_sent_time;
	sample->rtt = now > mark->sent_time ? now - mark->sent_time : 1;
	rate->first_sent_time = mark->sent_time;
}

/* Section 3.3, GenerateRateSample. */
void tcp_rate_ack_end(struct tcp_rate *rate, struct tcp_rate_sample *sample, px_time min_rtt)
{
	px_time acked_interval;

	sample->newly_lost = rate->lost - sample->lost_before;
	if (rate->app_limited_until && rate->delivered > rate->app_limited_until)
		rate->app_limited_until = 0;
	if (!sample->newly)
		return;
	acked_interval = rate->delivered_time - sample->prior_time;
	sample->interval =
	    sample->send_interval > acked_interval ? sample->send_interval : acked_interval;
	sample->delivered = (uint32_t)(rate->delivered - sample->prior_delivered);
	sample->lost = rate->lost - sample->prior_lost;
	if (!sample->interval || sample->interval < min_rtt)
		return;
	/* 2^32 bytes * 10^9 fits 64 bits. */
	sample->rate = (uint64_t)sample->delivered * PX_SEC / sample->interval;
	if (!sample->app_limited || sample->rate >= rate->latest) {
		rate->latest = sample->rate;
		rate->latest_limited = sample->app_limited;
	}
}

void tcp_rate_app_limited(struct tcp_rate *rate, uint32_t in_flight)
{
	uint64_t until = rate->delivered + in_flight;

	rate->app_limited_until = until ? until : 1;
}
