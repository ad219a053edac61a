/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Building the segments of a connection: header, options, data by reference. */
#include "tcp_internal.h"

/* Ethernet with a tag, IPv6, TCP with all options, and what ip/ likes to have left. */
#define HEADROOM (PX_PKT_HEADROOM + PX_PKT_HEADROOM / 4)

int tcp_route(struct tcp_end *end, struct ip_dst *dst, struct ip_send *ip)
{
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	int err = endpoint_route(&end->endpoint, &send, dst, ip);

	if (!err && dst->mtu != end->pmtu)
		tcp_mss_sync(end, dst);
	return err;
}

/* DF is set in IPv4: the frames that a packet is cut into need no id of their own. */
static bool never_fragmented(const struct ip_dst *dst, const struct ip_send *ip)
{
	return !px_ip_is4(&dst->dst) || ip->pmtu == IP_PMTUDISC_DO ||
	       (ip->pmtu == IP_PMTUDISC_WANT && !dst->mtu_locked);
}

enum tcp_super tcp_super(
    const struct tcp_end *end, const struct ip_dst *dst, const struct ip_send *ip)
{
	if (!tcp_stack(end)->options.tso)
		return TCP_SUPER_NONE;
	/* A router would have to cut it: only for whom the link itself reaches. */
	if ((dst->iface->caps & PX_LINK_SUPER) && px_ip_eq(&dst->via, &dst->dst))
		return TCP_SUPER_WHOLE;
	if (dst->iface->type->cuts && !ip->options && !ip->extensions_len && never_fragmented(dst, ip))
		return TCP_SUPER_CUT;
	return TCP_SUPER_NONE;
}

/* SACK blocks (RFC 2018 section 4): a duplicate first (RFC 2883), then the most recent ones. */
static void add_sacks(struct tcp_end *end, struct tcp_header_options *options, size_t room)
{
	unsigned int max = tcp_sacks_fit(options->has_timestamp);

	if (room < max * 8 + 4)
		max = room < 12 ? 0 : (unsigned int)(room - 4) / 8;
	if (end->dsack && max) {
		options->sack[options->sacks++] = end->dsack_range;
		end->dsack = false;
	}
	for (unsigned int i = 0; i < end->recent_count && options->sacks < max; i++)
		options->sack[options->sacks++] = end->recent[i];
}

static void add_options(struct tcp_end *end, struct tcp_header *header, uint32_t len)
{
	const struct tcp_sysctl *ctl = tcp_ctl(end);
	struct tcp_header_options *options = &header->options;
	struct px_stack *stack = tcp_stack(end);
	bool syn = header->flags & TCP_SYN, answer = header->flags & TCP_ACK;

	if (syn) {
		/* An answer holds what the SYN offered, and no more (RFC 7323 section 2.2, 3.2). */
		options->mss = end->advmss;
		options->has_wscale = answer ? end->wscale_ok : ctl->window_scaling;
		options->wscale = end->rcv_wscale;
		options->sack_permitted = answer ? end->sack_ok : ctl->sack;
	}
	options->has_timestamp = syn && !answer ? ctl->timestamps != 0 : end->ts_ok;
	if (options->has_timestamp) {
		options->tsval = tcp_ts_now(stack, end->ts_offset);
		options->tsecr = header->flags & TCP_ACK ? end->ts_recent : 0;
	}
	if (!syn && end->sack_ok && (end->dsack || end->recent_count))
		add_sacks(end, options, end->cc.mss > len || !len ? len ? end->cc.mss - len : 60 : 0);
}

/* RFC 9293 section 3.8.5, in the interpretation of RFC 6093 section 2.2: all who ever implemented
 * it let the pointer point behind the urgent byte, as RFC 793 says on one page of two. */
static void add_urgent(const struct tcp_end *end, struct tcp_header *header)
{
	if (!end->urgent || !seq_lt(header->seq, end->snd_up))
		return;
	if (end->snd_up - header->seq <= UINT16_MAX) {
		header->urgent = (uint16_t)(end->snd_up - header->seq);
		header->flags |= TCP_URG;
	} else if (seq_gt(header->seq + UINT16_MAX, end->snd_nxt)) {
		header->urgent = UINT16_MAX;
		header->flags |= TCP_URG;
	}
}

/* Fills in what every segment has, and sends it; takes the packet, which holds the data. */
static int send_packet(struct tcp_end *end, struct px_pkt *pkt, struct tcp_header *header,
    const struct ip_dst *dst, struct ip_send *ip)
{
	struct px_stack *stack = tcp_stack(end);
	uint8_t bytes[TCP_HEADER_MAX];
	uint32_t len = pkt->total;
	size_t header_len;
	uint8_t *room;
	int err;

	header->sport = end->endpoint.lport;
	header->dport = end->endpoint.rport;
	if (header->flags & TCP_ACK) {
		header->ack = end->rcv_nxt;
		if (end->ecn_echo && !(header->flags & (TCP_SYN | TCP_RST)))
			header->flags |= TCP_ECE;
	}
	if (!(header->flags & TCP_RST))
		header->window =
		    (uint16_t)(tcp_select_window(end) >> (header->flags & TCP_SYN ? 0 : end->rcv_wscale));
	add_options(end, header, pkt->segment ? pkt->segment : len);
	add_urgent(end, header);
	header_len = tcp_write(bytes, header);
	room = px_pkt_push(pkt, header_len);
	if (!room) {
		px_pkt_free(pkt);
		return -ENOMEM;
	}
	memcpy(room, bytes, header_len);
	ip_checksum_partial(pkt, &dst->src, &dst->dst, IPPROTO_TCP, TCP_CHECKSUM_OFFSET);
	ip->protocol = IPPROTO_TCP;
	if (header->flags & TCP_ACK)
		tcp_ack_sent(end);
	end->segs_out += px_pkt_frames(pkt);
	PX_COUNT_ADD(stack, TcpOutSegs, px_pkt_frames(pkt));
	if (header->flags & TCP_RST)
		PX_COUNT(stack, TcpOutRsts);
	err = ip_output(stack, pkt, dst, ip);
	return err;
}

static int send_bare(struct tcp_end *end, uint32_t seq, uint8_t flags)
{
	struct tcp_header header = {.seq = seq, .flags = flags};
	struct ip_dst dst;
	struct ip_send ip;
	struct px_pkt *pkt;
	int err = tcp_route(end, &dst, &ip);

	if (err)
		return err;
	pkt = px_pkt_new(tcp_stack(end)->mem, HEADROOM, 0);
	if (!pkt)
		return -ENOMEM;
	return send_packet(end, pkt, &header, &dst, &ip);
}

/* RFC 9293 section 3.10.7.4: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. A window that the peer took back
 * leaves SND.NXT outside, where it would be answered and not read. */
void tcp_send_ack(struct tcp_end *end)
{
	uint32_t seq = end->snd_nxt, edge = end->snd_una + end->snd_wnd;

	if (seq_gt(seq, edge) && seq_gt(end->snd_nxt, end->snd_una))
		seq = seq_max(edge, end->snd_una);
	if (tcp_in_state(end, TCP_IN(CLOSED) | TCP_IN(LISTEN) | TCP_IN(SYN_SENT)))
		return;
	if (send_bare(end, seq, TCP_ACK) == -ENOMEM) {
		/* Refused memory: later. */
		tcp_timer_set(end, TCP_TIMER_DELACK, tcp_stack(end)->now + TCP_DELACK_MAX);
		end->todo |= TCP_TODO_ACK_NOW;
	}
}

void tcp_send_probe(struct tcp_end *end, uint32_t seq)
{
	PX_COUNT(tcp_stack(end), TcpExtTCPWinProbe);
	send_bare(end, seq, TCP_ACK);
}

void tcp_send_reset(struct tcp_end *end)
{
	/* RFC 9293 section 3.10.5: <SEQ=SND.NXT><CTL=RST>; with ACK, as it is everywhere. */
	send_bare(end, end->snd_nxt, TCP_RST | TCP_ACK);
}

void tcp_send_last_reset(struct tcp_end *end)
{
	tcp_send_reset(end);
	if (end->snd_una != end->snd_nxt && end->state != TCP_STATE_SYN_SENT)
		send_bare(end, end->snd_una, TCP_RST | TCP_ACK);
}

/* ---- segments of the send queue ---- */

static uint8_t flags_of(struct tcp_end *end, struct tcp_segment *segment)
{
	uint8_t flags = TCP_ACK;
	bool again = segment->transmissions > 0;

	if (segment->flags & TCP_SEG_SYN) {
		flags = TCP_SYN;
		if (end->state == TCP_STATE_SYN_RECEIVED) {
			flags |= TCP_ACK;
			if (end->ecn_ok)
				flags |= TCP_ECE; /* RFC 3168 section 6.1.1 */
		} else {
			if (again && tcp_ctl(end)->ecn_fallback)
				end->ecn_syn = false;
			if (end->ecn_syn)
				flags |= TCP_ECE | TCP_CWR;
		}
		return flags;
	}
	if (segment->flags & TCP_SEG_FIN)
		flags |= TCP_FIN;
	if (segment->flags & TCP_SEG_PSH)
		flags |= TCP_PSH;
	if (!again && end->ecn_cwr && (segment->data || segment->flags & TCP_SEG_FIN)) {
		flags |= TCP_CWR; /* RFC 3168 section 6.1.2: on the first new data */
		end->ecn_cwr = false;
	}
	return flags;
}

static void sent(struct tcp_end *end, struct tcp_segment *segment, uint32_t len, uint32_t frames)
{
	struct px_stack *stack = tcp_stack(end);
	uint32_t in_flight = tcp_in_flight(end); /* without it, still */
	bool again = segment->transmissions > 0;

	segment->sent = stack->now;
	if (segment->transmissions < UINT8_MAX)
		segment->transmissions++;
	list_remove(&segment->by_time);
	list_append(&end->by_time, &segment->by_time);
	tcp_rate_sent(&end->rate, &segment->mark, in_flight, tcp_segment_len(segment), stack->now);
	end->last_sent = stack->now;
	if (len) {
		end->data_segs_out += frames;
		end->bytes_sent += len;
		if (again)
			end->bytes_retrans += len;
	}
	if (again) {
		end->total_retrans++;
		PX_COUNT(stack, TcpRetransSegs);
		if (segment->flags & TCP_SEG_SYN)
			PX_COUNT(stack, TcpExtTCPSynRetrans);
	}
	tcp_cc_sent(&end->cc, tcp_segment_len(segment), in_flight, stack->now);
	if (end->ca_state == TCP_RECOVERY || end->ca_state == TCP_CWR_STATE)
		tcp_prr_sent(&end->prr, tcp_segment_len(segment));
}

int tcp_transmit(struct tcp_end *end, struct tcp_segment *segment)
{
	uint32_t len = tcp_segment_len(segment) - ((segment->flags & TCP_SEG_SYN) != 0) -
	               ((segment->flags & TCP_SEG_FIN) != 0);
	struct tcp_header header = {.seq = segment->seq};
	enum tcp_super super;
	uint32_t frames = 1;
	struct px_pkt *pkt;
	struct ip_dst dst;
	struct ip_send ip;
	int err = tcp_route(end, &dst, &ip);

	if (err)
		goto count;
	pkt = px_pkt_new(tcp_stack(end)->mem, HEADROOM, 0);
	if (!pkt)
		return -ENOMEM;
	if (len && !tcp_sendq_fill(end, pkt, segment->data, segment->seq, len)) {
		px_pkt_free(pkt);
		return -ENOMEM;
	}
	header.flags = flags_of(end, segment);
	super = tcp_super(end, &dst, &ip);
	ip.super = super != TCP_SUPER_NONE;
	if (super == TCP_SUPER_CUT && segment->mss && len > segment->mss) {
		frames = (len + segment->mss - 1) / segment->mss;
		pkt->segment = segment->mss;
		pkt->segments = (uint16_t)frames;
	}
	/* RFC 3168 section 6.1.5: retransmissions are not ECN-capable. */
	if (end->ecn_ok && len && segment->transmissions == 0)
		ip.tos = (uint8_t)((ip.tos & ~3u) | 2u);
	err = send_packet(end, pkt, &header, &dst, &ip);
	if (err == -ENOBUFS || err == -ENOMEM)
		return err;
count:
	/* Whatever else went wrong (no route, no carrier) is loss: it is sent again in time. */
	sent(end, segment, len, frames);
	return 0;
}

int tcp_send_syn(struct tcp_end *end)
{
	struct tcp_segment *segment = tcp_segment_new(end, end->iss, 0, TCP_SEG_SYN);
	int err;

	if (!segment)
		return -ENOMEM;
	end->snd_nxt = end->iss + 1;
	end->write_seq = end->iss + 1;
	err = tcp_transmit(end, segment);
	if (err && err != -ENOBUFS)
		return err;
	tcp_send_timer(end, TCP_SEND_RTO, tcp_stack(end)->now + tcp_rtt_rto(&end->rtt));
	return 0;
}
