/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP_INFO. Linux counts in segments, of the current MSS; we count in bytes and divide. */
#include "tcp_internal.h"

static uint32_t segments(const struct tcp_end *end, uint32_t bytes)
{
	uint32_t mss = end->cc.mss ? end->cc.mss : 1;

	return (bytes + mss - 1) / mss;
}

/* Rounded up: what was measured is not shown as nothing. */
static uint32_t microseconds(px_time time)
{
	px_time usec = time / 1000 + (time % 1000 != 0);

	return usec > UINT32_MAX ? UINT32_MAX : (uint32_t)usec;
}

static uint32_t milliseconds_since(const struct tcp_end *end, px_time time)
{
	return (uint32_t)((tcp_stack(end)->now - time) / PX_MSEC);
}

static uint8_t retransmits(const struct tcp_end *end)
{
	return end->retransmits;
}

void tcp_get_info(const struct tcp_end *end, struct tcp_info *info)
{
	px_time min_rtt = tcp_rtt_min(&end->rtt, tcp_stack(end)->now);
	uint64_t rate;

	memset(info, 0, sizeof(*info));
	info->tcpi_state = end->state;
	if (end->state == TCP_STATE_LISTEN) {
		/* As Linux: the queue's length and its limit. */
		info->tcpi_unacked = end->listener->waiting_count;
		info->tcpi_sacked = end->listener->backlog;
		return;
	}
	info->tcpi_ca_state = end->ca_state;
	info->tcpi_retransmits = retransmits(end);
	info->tcpi_probes = end->probes;
	info->tcpi_backoff = end->rtt.backoffs;
	info->tcpi_options =
	    (uint8_t)((end->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) | (end->sack_ok ? TCPI_OPT_SACK : 0) |
	              (end->wscale_ok ? TCPI_OPT_WSCALE : 0) | (end->ecn_ok ? TCPI_OPT_ECN : 0) |
	              (end->ecn_seen ? TCPI_OPT_ECN_SEEN : 0));
	info->tcpi_snd_wscale = end->snd_wscale & 15;
	info->tcpi_rcv_wscale = end->rcv_wscale & 15;
	info->tcpi_rto = microseconds(tcp_rtt_rto(&end->rtt));
	info->tcpi_ato = microseconds(end->ato);
	info->tcpi_snd_mss = end->cc.mss;
	info->tcpi_rcv_mss = end->rcv_mss;
	info->tcpi_unacked = segments(end, end->snd_nxt - end->snd_una);
	info->tcpi_sacked = segments(end, end->sacked);
	info->tcpi_lost = segments(end, end->lost);
	info->tcpi_retrans = segments(end, end->retrans);
	info->tcpi_last_data_sent = milliseconds_since(end, end->last_sent);
	info->tcpi_last_data_recv = milliseconds_since(end, end->last_data_received);
	info->tcpi_last_ack_recv = milliseconds_since(end, end->last_ack_received);
	info->tcpi_pmtu = end->pmtu;
	info->tcpi_rcv_ssthresh = end->rcv_wnd;
	info->tcpi_rtt = microseconds(end->rtt.srtt);
	info->tcpi_rttvar = microseconds(end->rtt.rttvar);
	info->tcpi_snd_ssthresh =
	    end->cc.ssthresh >= TCP_CC_INFINITE ? 0x7fffffff : segments(end, end->cc.ssthresh);
	info->tcpi_snd_cwnd = end->cc.mss ? end->cc.cwnd / end->cc.mss : 0;
	info->tcpi_advmss = end->advmss;
	info->tcpi_reordering = end->reordering;
	info->tcpi_rcv_rtt = microseconds(end->rcv_rtt);
	info->tcpi_rcv_space = end->rcv_space;
	info->tcpi_total_retrans = end->total_retrans;
	rate = tcp_cc_pacing(&end->cc);
	info->tcpi_pacing_rate = rate ? rate : UINT64_MAX;
	info->tcpi_delivery_rate = end->rate.latest;
	info->tcpi_delivery_rate_app_limited = end->rate.latest_limited;
	info->tcpi_max_pacing_rate = end->cc.pacing_max ? end->cc.pacing_max : UINT64_MAX;
	info->tcpi_bytes_acked = end->bytes_acked;
	info->tcpi_bytes_received = end->bytes_received;
	info->tcpi_segs_out = end->segs_out;
	info->tcpi_segs_in = end->segs_in;
	info->tcpi_notsent_bytes = tcp_outq_unsent(end);
	info->tcpi_min_rtt = microseconds(min_rtt);
	info->tcpi_data_segs_in = end->data_segs_in;
	info->tcpi_data_segs_out = end->data_segs_out;
	info->tcpi_bytes_sent = end->bytes_sent;
	info->tcpi_bytes_retrans = end->bytes_retrans;
	info->tcpi_dsack_dups = end->dsack_dups;
	info->tcpi_reord_seen = end->reord_seen;
	info->tcpi_snd_wnd = end->snd_wnd;
}
