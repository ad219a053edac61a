/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Segment sizes: MSS (RFC 9293 section 3.7.1, RFC 6691) and path MTU (RFC 1191, RFC 8201). */
#include "tcp_internal.h"

#define IP_MAX 65535

static uint32_t payload_of(uint32_t mtu, bool is4, uint32_t options)
{
	uint32_t headers = (is4 ? 20u : 40u) + TCP_HEADER + options;

	if (mtu > IP_MAX)
		mtu = IP_MAX;
	return mtu > headers ? mtu - headers : 1;
}

/* MUST-14, SHLD-5: what this host takes on that interface, options of either header not taken off.
 */
uint16_t tcp_advmss(const struct px_stack *stack, const struct ip_dst *dst, uint16_t user_mss)
{
	uint32_t mss = payload_of(dst->iface->mtu, px_ip_is4(&dst->dst), 0);

	return (uint16_t)(user_mss && user_mss < mss ? user_mss : mss);
}

/* The path has another MTU, or the options are settled now: Eff.snd.MSS (section 3.7.1). */
void tcp_mss_sync(struct tcp_end *end, const struct ip_dst *dst)
{
	bool is4 = px_ip_is4(&dst->dst);
	uint32_t ip_options = is4 && end->endpoint.options ? end->endpoint.options->len : 0;
	uint32_t mss = payload_of(dst->mtu, is4, ip_options), least = tcp_ctl(end)->min_snd_mss;

	if (end->peer_mss && mss > end->peer_mss)
		mss = end->peer_mss;
	if (end->user_mss && mss > end->user_mss)
		mss = end->user_mss;
	if (end->mss_limit && mss > end->mss_limit)
		mss = end->mss_limit;
	if (mss < least)
		mss = least; /* an MSS of 1 costs us, not the peer */
	if (end->ts_ok)
		mss -= TCP_TIMESTAMP_ROOM;
	end->pmtu = dst->mtu;
	tcp_cc_mss(&end->cc, mss);
}

/* A router said that segments were too large: those that are get cut and sent again, at once and
 * without blaming congestion (RFC 1191 section 6.4). */
void tcp_mtu_changed(struct tcp_end *end)
{
	uint32_t before = end->cc.mss;
	struct tcp_segment *segment;
	struct ip_dst dst;
	struct ip_send ip;
	bool any = false;

	end->endpoint.dst.iface = NULL;
	if (tcp_route(end, &dst, &ip) < 0 || end->cc.mss >= before)
		return;
	list_for_each (segment, &end->segments, node) {
		if (tcp_segment_len(segment) <= end->cc.mss || (segment->flags & TCP_SEG_SACKED))
			continue;
		tcp_mark_lost(end, segment);
		any = true;
	}
	if (!any)
		return;
	end->undo_possible = false;
	if (end->ca_state < TCP_LOSS) {
		end->high_seq = end->snd_nxt;
		end->cc.ssthresh = end->cc.cwnd;
		end->frto = false;
		end->ca_state = TCP_LOSS;
	}
	tcp_todo(end, TCP_TODO_OUTPUT);
}

/* RFC 4821's case of a router that says nothing, when nothing gets through: base_mss, then half of
 * that, and so on. It does not grow again: what would be found is not worth the loss of a probe. */
void tcp_mtu_probe_black_hole(struct tcp_end *end)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	bool first = !end->mss_limit && end->cc.mss > ctl->base_mss;
	uint32_t mss = first ? ctl->base_mss : end->cc.mss / 2;
	struct ip_dst dst;
	struct ip_send ip;

	if (!ctl->mtu_probing)
		return;
	if (mss < ctl->min_snd_mss)
		mss = ctl->min_snd_mss;
	end->mss_limit = (uint16_t)(mss + (end->ts_ok ? TCP_TIMESTAMP_ROOM : 0));
	end->pmtu = 0;
	tcp_route(end, &dst, &ip); /* the segment that is sent next is to be the smaller one */
}
