/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of tcp/ share: who does what with a connection (tcp_end.h).
 *
 * A burst of segments is worked through one by one; what follows from it (output, acknowledgement,
 * telling the owner) is noted in `todo` and done once, by tcp_settle, when the burst has ended.
 *
 * Ends are freed only there too: whoever finds that an end is finished calls tcp_done, and may go
 * on looking at it.
 */
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include "cookie.h"
#include "isn.h"
#include "tcp_end.h"

#include <errno.h>

/* ---- tcp.c: ends ---- */

void tcp_set_state(struct tcp_end *end, enum tcp_state_name state);
/* CLOSED, with what the owner is to be told (positive errno or 0). An orphan is freed at the end of
 * the burst. */
void tcp_done(struct tcp_end *end, int error);
void tcp_todo(struct tcp_end *end, unsigned int todo);
/* An end's variables for a connection that is to be. */
int tcp_prepare(struct tcp_end *end);
/* Without an owner from now on. */
void tcp_orphan(struct tcp_end *end);
void tcp_release_buffers(struct tcp_end *end);

/* ---- table.c ---- */

void tcp_entry_insert(struct px_stack *stack, struct tcp_entry *entry);
void tcp_entry_remove(struct px_stack *stack, struct tcp_entry *entry);
/* `ifindex` 0: any zone. */
struct tcp_entry *tcp_entry_find(
    const struct px_stack *stack, const struct tcp_flow *flow, uint32_t ifindex);
bool tcp_hold_flows(struct px_stack *stack, const struct px_ip *local); /* ip_protocol */
struct tcp_end *tcp_listener_find(
    const struct px_stack *stack, const struct tcp_flow *flow, uint32_t ifindex);

/* ---- port.c ---- */

/* Gives up the port. */
void tcp_port_leave(struct tcp_end *end);
/* A port that makes the connection to endpoint.remote unique. -EADDRNOTAVAIL. */
int tcp_port_choose(struct tcp_end *end);
/* It is a connection now: moves among the port's users. */
void tcp_port_connected(struct tcp_end *end);
/* ... and back: it is merely bound. */
void tcp_port_unconnected(struct tcp_end *end);
int tcp_port_inherit(struct tcp_end *child, struct tcp_end *listener);
void tcp_port_timewait(struct tcp_timewait *timewait, struct tcp_port *port);
void tcp_port_timewait_leave(struct px_stack *stack, struct tcp_timewait *timewait);
/* For listening: -EADDRINUSE. */
int tcp_port_may_listen(struct tcp_end *end);

/* ---- input.c ---- */

/* What the steps of RFC 9293 section 3.10.7 hand on. */
struct tcp_arrival {
	struct px_pkt *pkt; /* at its data, what is joined to it too; taken by who sets it to NULL */
	struct tcp_header header;
	uint32_t seq, end; /* with SYN and FIN */
	uint32_t len;      /* data, of all that is joined */
	bool ce;           /* Congestion Experienced */
};

void tcp_input(struct px_stack *stack, struct px_pkt *pkt);
/* A segment for a connection beyond SYN-SENT; from the request that became it, too. */
void tcp_segment_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
/* RFC 5961 section 7. */
void tcp_challenge_ack(struct tcp_end *end);
bool tcp_challenge_allowed(struct px_stack *stack, px_time *last);
void tcp_reset_received(struct tcp_end *end);

/* ---- connect.c ---- */

void tcp_syn_sent_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
void tcp_established(struct tcp_end *end);

/* ---- listen.c, request.c ---- */

void tcp_listen_stop(struct tcp_end *end);
void tcp_listen_arrives(struct tcp_end *end, struct tcp_arrival *arrival, uint32_t iss_after);
void tcp_request_arrives(struct tcp_request *request, struct tcp_arrival *arrival);
void tcp_request_free(struct px_stack *stack, struct tcp_request *request);
bool tcp_accept_full(const struct tcp_end *end);
/* Answers a SYN that is kept. */
void tcp_request_start(struct tcp_request *request);
/* Answers a SYN with a cookie; the request is the caller's. */
void tcp_request_cookie(struct tcp_request *request, struct tcp_listener *listener);
/* An ACK that belongs to nothing. False: no cookies are out; it is to be answered by RST. */
bool tcp_request_cookie_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
/* A connection made of a request. NULL: refused. */
struct tcp_end *tcp_request_promote(struct tcp_request *request, const struct tcp_arrival *arrival);
void tcp_accept_queue(struct tcp_end *listener, struct tcp_end *child);
void tcp_accept_unqueue(struct tcp_end *child);

/* ---- ack.c ---- */

/* RFC 9293 section 3.10.7.4, fifth step. False: the segment is to be dropped. */
bool tcp_ack_arrives(struct tcp_end *end, const struct tcp_arrival *arrival);
void tcp_ack_rearm(struct tcp_end *end); /* RTO or PTO, from now */

/* What an acknowledgement brought; filled in by ack.c and sack.c, judged by recovery.c. */
struct tcp_ack_state {
	uint32_t prior_una, prior_flight;
	uint32_t prior_fack; /* highest that had arrived before this ACK */
	uint32_t acked;      /* SND.UNA advanced by */
	uint32_t newly_lost;
	bool una_advanced, data_sacked, dup, dsack, window_update;
	bool original_arrived; /* something that was never retransmitted, (s)acked: F-RTO */
	bool retrans_acked;
	bool ece;
	bool spurious_by_ts; /* the echo is older than our first retransmission */
	uint32_t reno_acked;
	px_time rtt, sack_rtt;
	struct tcp_rate_sample rate;
};

/* ---- sack.c ---- */

void tcp_sack_arrives(
    struct tcp_end *end, const struct tcp_arrival *arrival, struct tcp_ack_state *ack);
void tcp_segment_delivered(
    struct tcp_end *end, struct tcp_segment *segment, struct tcp_ack_state *ack, bool by_sack);
void tcp_mark_lost(struct tcp_end *end, struct tcp_segment *segment);
void tcp_unmark_lost(struct tcp_end *end, struct tcp_segment *segment);

/* ---- rack.c ---- */

void tcp_rack_advance(
    struct tcp_end *end, const struct tcp_segment *segment, const struct tcp_ack_state *ack);
/* Marks what is lost; returns when the reordering timer is wanted, or PX_TIME_NEVER. */
px_time tcp_rack_detect(struct tcp_end *end);
void tcp_rack_expired(struct tcp_end *end);
bool tcp_tlp_schedule(struct tcp_end *end);
void tcp_tlp_expired(struct tcp_end *end);
void tcp_tlp_ack(struct tcp_end *end, const struct tcp_arrival *arrival, struct tcp_ack_state *ack);
void tcp_rack_dsack(struct tcp_end *end);
bool tcp_rack_waits(const struct tcp_end *end, const struct tcp_segment *segment);
void tcp_rack_round(struct tcp_end *end); /* RFC 8985 section 6.2, step 4 */

/* ---- recovery.c ---- */

/* The state of congestion after an ACK. */
void tcp_recovery_ack(struct tcp_end *end, struct tcp_ack_state *ack);
/* `ack` NULL: a timer found it. */
void tcp_recovery_enter(struct tcp_end *end, const struct tcp_ack_state *ack);
void tcp_recovery_cwr(
    struct tcp_end *end, const struct tcp_ack_state *ack); /* a reduction without loss (ECN, TLP) */
void tcp_recovery_loss(struct tcp_end *end);               /* the retransmission timer expired */
/* PRR and the algorithm's own window, after the state is known. */
void tcp_recovery_window(struct tcp_end *end, const struct tcp_ack_state *ack);

/* ---- sendq.c ---- */

void tcp_sendq_append(struct tcp_end *end, struct px_pkt *pkt);
void tcp_sendq_acked(struct tcp_end *end);
void tcp_sendq_clear(struct tcp_end *end);
/* Adds the bytes `seq` .. `seq` + len - 1 to a packet under construction. `from` is the packet of
 * the queue where they begin. False: refused memory. */
bool tcp_sendq_fill(
    struct tcp_end *end, struct px_pkt *pkt, const struct px_pkt *from, uint32_t seq, uint32_t len);
/* How many of `len` bytes from `seq` on a packet can refer to. */
uint32_t tcp_sendq_reach(const struct tcp_end *end, uint32_t seq, uint32_t len);
struct px_pkt *tcp_sendq_find(const struct tcp_end *end, uint32_t seq);
/* The same, at `pkt` or behind. */
struct px_pkt *tcp_sendq_from(struct px_pkt *pkt, uint32_t seq);

/* ---- sentmap.c ---- */

struct tcp_segment *tcp_segment_new(struct tcp_end *end, uint32_t seq, uint32_t len, uint8_t flags);
void tcp_segment_free(struct tcp_end *end, struct tcp_segment *segment);
/* Cuts at `seq`; the second part follows. False: refused memory. */
bool tcp_segment_split(struct tcp_end *end, struct tcp_segment *segment, uint32_t seq);
/* Of its flags. */
void tcp_segment_mark(struct tcp_segment *segment, uint8_t set, uint8_t clear);
/* The one that `seq` is of, or the first behind; NULL. */
struct tcp_segment *tcp_segment_at(const struct tcp_end *end, uint32_t seq);
/* The first, or the next behind one, of which this is true; NULL. */
struct tcp_segment *tcp_segment_first(const struct tcp_end *end, enum tcp_segment_has what);
struct tcp_segment *tcp_segment_next(struct tcp_segment *segment, enum tcp_segment_has what);

/* ---- output.c, segment.c, reply.c ---- */

/* Sends what may be sent: retransmissions, then new data. */
void tcp_output(struct tcp_end *end);
/* One segment whatever its size (the override of section 3.8.6.2.1). False: nothing went. */
bool tcp_output_override(struct tcp_end *end);
/* What becomes of segments of more than the MSS: super-segments. */
enum tcp_super {
	TCP_SUPER_NONE,
	TCP_SUPER_WHOLE, /* the neighbour takes them as they are */
	TCP_SUPER_CUT,   /* the link cuts them */
};
enum tcp_super tcp_super(
    const struct tcp_end *end, const struct ip_dst *dst, const struct ip_send *ip);
/* (Re)transmits one segment. 0 or -errno. */
int tcp_transmit(struct tcp_end *end, struct tcp_segment *segment);
int tcp_send_syn(struct tcp_end *end);
void tcp_send_ack(struct tcp_end *end);
/* With SEQ = `seq`, no data: probes. */
void tcp_send_probe(struct tcp_end *end, uint32_t seq);
void tcp_send_reset(struct tcp_end *end); /* of a connection: ABORT */
/* When nobody will answer a challenge (RFC 5961): also at the number that a peer expects who lost
 * what is in flight. */
void tcp_send_last_reset(struct tcp_end *end);
void tcp_queue_fin(struct tcp_end *end);
void tcp_retransmit(struct tcp_end *end, bool one);
int tcp_route(struct tcp_end *end, struct ip_dst *dst, struct ip_send *ip);
/* RST for a segment that belongs to nothing (RFC 9293 section 3.10.7.1). */
void tcp_reply_reset(struct px_stack *stack, const struct tcp_arrival *arrival);
/* A segment without data and without a struct tcp_end. The packet that is answered tells the
 * interface; NULL: by the route. */
int tcp_reply(struct px_stack *stack, const struct tcp_flow *flow, uint32_t oif, uint8_t tos,
    int ttl, struct tcp_header *header);

/* ---- pace.c ---- */

/* A segment of `len` bytes must wait; then the timer brings tcp_output. */
bool tcp_paced(struct tcp_end *end, uint32_t len);
void tcp_pace_sent(struct tcp_end *end, uint32_t len);

/* ---- mss.c ---- */

uint16_t tcp_advmss(const struct px_stack *stack, const struct ip_dst *dst, uint16_t user_mss);
void tcp_mss_sync(struct tcp_end *end, const struct ip_dst *dst);
void tcp_mtu_changed(struct tcp_end *end);
void tcp_mtu_probe_black_hole(struct tcp_end *end);

/* ---- recvq.c ---- */

/* Seventh and eighth step: data and FIN. */
void tcp_data_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
/* For so much memory, in order, without throwing anything away. */
bool tcp_recvq_has_room(const struct tcp_end *end, size_t size);
void tcp_recvq_clear(struct tcp_end *end);

/* ---- window.c ---- */

/* The window to offer now, already a multiple of the scale. */
uint32_t tcp_select_window(struct tcp_end *end);
void tcp_window_init(struct tcp_end *end);
uint8_t tcp_window_scale(const struct px_stack *stack, uint32_t rcvbuf);
void tcp_window_measure(struct tcp_end *end, const struct px_pkt *pkt, uint32_t len);
/* The reader took something. */
void tcp_window_read(struct tcp_end *end);
/* Acknowledge now or later? At the end of a burst. */
void tcp_ack_decide(struct tcp_end *end);
void tcp_ack_sent(struct tcp_end *end);
void tcp_quick_acks(struct tcp_end *end, unsigned int count);

/* ---- urgent.c ---- */

void tcp_urgent_arrives(struct tcp_end *end, const struct tcp_arrival *arrival);
void tcp_urgent_data(struct tcp_end *end, uint32_t seq, const struct px_pkt *pkt);

/* ---- timers.c ---- */

void tcp_timer_set(struct tcp_end *end, enum tcp_timer timer, px_time deadline);
static inline void tcp_timer_stop(struct tcp_end *end, enum tcp_timer timer)
{
	end->deadline[timer] = PX_TIME_NEVER; /* the px_timer comes up for nothing, once at most */
}
void tcp_send_timer(struct tcp_end *end, enum tcp_send_timer what, px_time deadline);
void tcp_timer_expired(struct px_stack *stack, struct px_timer *timer);
void tcp_keepalive_start(struct tcp_end *end);
/* Something acceptable came from the peer. */
void tcp_peer_alive(struct tcp_end *end);

/* ---- timewait.c ---- */

/* The connection's last state; the end itself is done. */
void tcp_time_wait(struct tcp_end *end);
void tcp_timewait_free(struct px_stack *stack, struct tcp_timewait *timewait);
void tcp_timewait_arrives(struct tcp_timewait *timewait, struct tcp_arrival *arrival);
bool tcp_timewait_reusable(const struct px_stack *stack, const struct tcp_timewait *timewait);

/* ---- ecn.c ---- */

void tcp_ecn_received(struct tcp_end *end, const struct tcp_arrival *arrival);

/* ---- close.c ---- */

void tcp_peer_finished(struct tcp_end *end); /* FIN in order */
void tcp_fin_acked(struct tcp_end *end);
/* Shut down while it was not established yet: now is the time. */
void tcp_fin_owed(struct tcp_end *end);

/* ---- poll.c ---- */

bool tcp_writable(const struct tcp_end *end);
void tcp_tell_writable(struct tcp_end *end);

/* ---- error.c ---- */

void tcp_error(struct px_stack *stack, const struct ip_error *error);

#endif
