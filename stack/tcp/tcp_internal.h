/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of tcp/ share: the connection, its segments, and who does what.
 *
 * Variables have the names of RFC 9293 section 3.3.1 (SND.UNA is snd_una). Sequence numbers are
 * compared by seq.h. Amounts are bytes, times nanoseconds.
 *
 * A burst of segments is worked through one by one; what follows from it (output, acknowledgement,
 * telling the owner) is noted in `todo` and done once, by tcp_settle, when the burst has ended.
 *
 * Ends are freed only there too: whoever finds that an end is finished calls tcp_done, and may go
 * on looking at it.
 */
#ifndef TCP_INTERNAL_H
#define TCP_INTERNAL_H

#include "cc.h"
#include "cookie.h"
#include "isn.h"
#include "prr.h"
#include "rate.h"
#include "rtt.h"
#include "seq.h"
#include "tcp.h"
#include "tcp_wire.h"

#include <errno.h>

#define TCP_MSS_DEFAULT4 536  /* RFC 9293 MUST-15 */
#define TCP_MSS_DEFAULT6 1220 /* RFC 9293 MUST-15 */
#define TCP_WINDOW_MAX   65535
#define TCP_TIMEWAIT_LEN (60 * PX_SEC)         /* 2 MSL, as Linux has it */
#define TCP_PAWS_VALID   (PX_SEC * 86400 * 24) /* RFC 7323 section 5.5: 24 days */
#define TCP_DELACK_MIN   (40 * PX_MSEC)
#define TCP_DELACK_MAX   (200 * PX_MSEC) /* RFC 9293 MUST-59: below 0.5 s */
#define TCP_QUICK_ACKS   16
#define TCP_RECENT_SACKS 4
#define TCP_OOO_RANGES   512 /* of one connection: a search among them is short */
#define TCP_PAYLOAD_MAX  (65535 - 60 - 60)

/* ---- what is in the table of connections ---- */

enum tcp_kind { TCP_KIND_END, TCP_KIND_REQUEST, TCP_KIND_TIMEWAIT };

struct tcp_entry {
	struct px_tnode hash; /* must be first */
	enum tcp_kind kind;
	bool inserted;
	uint32_t zone; /* interface of link-local addresses; 0: any */
	struct tcp_flow flow;
};

/* A port in use: who may be in conflict with whom. Connections are kept apart from ends that are
 * merely bound, since there may be a hundred thousand of them behind one listener. */
struct tcp_port {
	struct px_tnode hash; /* must be first */
	uint16_t port;
	struct list bound;       /* tcp_end.port_node: closed or listening */
	struct list connections; /* tcp_end.port_node */
	struct list timewaits;   /* tcp_timewait.port_node */
	uint32_t unshared;       /* connections and TIME-WAITs without SO_REUSEADDR */
	bool ephemeral;          /* nobody asked for this very port */
};

/* TIME-WAIT: what is left of a connection. */
struct tcp_timewait {
	struct tcp_entry entry; /* must be first */
	struct list node;       /* tcp_state.timewaits, oldest first */
	struct tcp_port *port;
	struct list port_node;
	struct px_timer timer;
	uint32_t snd_nxt, rcv_nxt, rcv_wnd;
	uint32_t ts_recent, ts_offset;
	px_time ts_recent_stamp, last_ack; /* RFC 5961: rate of ACKs */
	uint8_t rcv_wscale;
	bool timestamps, reuse, reuseport;
	uint8_t tos;
	int ttl;
};

/* SYN-RECEIVED of a passive open: small, since anybody can make one. */
struct tcp_request {
	struct tcp_entry entry; /* must be first */
	struct list node;       /* tcp_listener.requests, oldest first */
	struct tcp_end *listener;
	struct px_timer timer;
	px_time sent; /* last SYN-ACK */
	px_time last_ack;
	uint32_t irs, iss;
	uint32_t ts_recent, ts_offset;
	uint32_t window; /* that the SYN-ACK offers */
	uint16_t mss;    /* the peer's */
	uint16_t peer_window;
	uint8_t snd_wscale, rcv_wscale;
	uint8_t tries; /* SYN-ACKs sent again */
	uint8_t tos;
	bool timestamps, wscale, sack, ecn;
	bool acked; /* TCP_DEFER_ACCEPT: the handshake is done, data is waited for */
};

struct tcp_listener {
	struct list requests;
	struct list waiting; /* tcp_end.accept_node: established, not accepted */
	uint32_t request_count, waiting_count, backlog;
	px_time cookies_until; /* cookies were sent: an ACK may answer one */
	struct px_tnode hash;  /* tcp_state.listeners, by port */
	struct tcp_end *end;
};

/* ---- what was sent ---- */

enum tcp_segment_flag {
	TCP_SEG_SYN = 1 << 0,
	TCP_SEG_FIN = 1 << 1,
	TCP_SEG_PSH = 1 << 2,
	TCP_SEG_SACKED = 1 << 3,
	TCP_SEG_LOST = 1 << 4,
	TCP_SEG_RETRANS = 1 << 5, /* a retransmission of it is believed to be on its way */
	TCP_SEG_EVER_RETRANS = 1 << 6,
	TCP_SEG_CWR = 1 << 7,
};

/* What one looks for among the records. */
enum tcp_segment_has {
	TCP_HAS_UNSACKED = 1 << 0,
	TCP_HAS_LOST = 1 << 1,
	TCP_HAS_WAITING = 1 << 2, /* lost, and not sent again since */
};

/* A range of sequence numbers that was sent as one, until it is acknowledged (RFC 8985's
 * per-segment state). */
struct tcp_segment {
	struct list node;                          /* tcp_end.segments, by sequence number */
	struct list by_time;                       /* tcp_end.by_time, by last transmission */
	struct tcp_segment *parent, *left, *right; /* tcp_end.segment_tree */
	uint32_t priority;                         /* in the tree: not above its parent's */
	uint8_t below; /* enum tcp_segment_has: of itself and all below it */
	uint8_t flags; /* enum tcp_segment_flag; changed by tcp_segment_mark */
	uint8_t transmissions;
	uint32_t seq, end;   /* SYN and FIN count */
	px_time sent;        /* last time */
	struct px_pkt *data; /* the packet of the send queue where it begins */
	struct tcp_rate_mark mark;
};

/* Received out of order: contiguous packets. */
struct tcp_range {
	uint32_t start, end;
	struct list node; /* tcp_end.ooo, by sequence number */
	struct px_pktq packets;
	bool fin; /* a FIN stands at `end` */
};

enum tcp_timer {
	TCP_TIMER_SEND, /* see enum tcp_send_timer */
	TCP_TIMER_DELACK,
	TCP_TIMER_KEEP, /* keepalive, FIN-WAIT-2 */
	TCP_TIMER_PACE,
	TCP_TIMERS,
};

enum tcp_send_timer {
	TCP_SEND_NONE,
	TCP_SEND_RTO,     /* RFC 6298 */
	TCP_SEND_PROBE,   /* tail loss probe (RFC 8985 section 7) */
	TCP_SEND_REORDER, /* RACK's (RFC 8985 section 6.2, step 5) */
	TCP_SEND_PERSIST, /* RFC 9293 section 3.8.6.1, and the override of 3.8.6.2.1 */
};

/* Of congestion, as Linux names them (TCP_INFO). */
enum tcp_ca_state_name { TCP_OPEN, TCP_DISORDER, TCP_CWR_STATE, TCP_RECOVERY, TCP_LOSS };

/* What connect(2) has come to (Linux's socket states). */
enum tcp_call { TCP_UNCONNECTED, TCP_CONNECTING, TCP_CONNECTED };

enum tcp_todo {
	TCP_TODO_OUTPUT = 1 << 0,
	TCP_TODO_ACK = 1 << 1, /* something is to be acknowledged, by and by */
	TCP_TODO_ACK_NOW = 1 << 2,
	TCP_TODO_WRITABLE = 1 << 3,
	TCP_TODO_TELL = 1 << 4,
};

struct tcp_end {
	struct endpoint endpoint; /* must be first */
	struct tcp_entry entry;
	struct list node; /* tcp_state.ends or .orphans */
	struct tcp_port *port;
	struct list port_node;
	struct tcp_listener *listener; /* LISTEN */
	struct tcp_end *parent;        /* while it waits to be accepted */
	struct list accept_node;

	struct px_deferred deferred; /* tcp_settle */
	struct px_tx_waiter tx_waiter;
	struct px_timer timer;
	px_time deadline[TCP_TIMERS];

	uint8_t state;          /* enum tcp_state_name */
	uint8_t ca_state;       /* enum tcp_ca_state_name */
	uint8_t send_timer;     /* enum tcp_send_timer */
	uint8_t todo;           /* enum tcp_todo */
	uint8_t call;           /* enum tcp_call */
	bool orphan : 1;        /* nobody's; freed when done */
	bool done : 1;          /* CLOSED for good, out of the tables; to be freed if an orphan */
	bool finishing : 1;     /* tcp_finish was called */
	bool port_unshared : 1; /* counted in port->unshared */

	/* ---- the send sequence space ---- */
	bool fin_queued : 1;
	bool urgent : 1; /* SND.UP is ahead of SND.UNA */
	bool more : 1;   /* the last tcp_send had MSG_MORE */
	uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_up;
	uint32_t write_seq; /* behind the last byte (and FIN) that is queued */
	uint32_t max_wnd;   /* largest window that the peer offered */
	uint32_t snd_sml;   /* end of the last small segment (Minshall) */
	uint32_t pushed_seq;

	/* ---- the receive sequence space ---- */
	uint32_t irs, rcv_nxt;
	uint32_t rcv_wup, rcv_wnd; /* what was last offered: rcv_wnd from rcv_wup on */
	uint32_t copied_seq;       /* what the reader has */
	uint32_t urg_seq;          /* of the urgent byte */
	uint8_t urg_byte;
	bool urg_valid : 1, urg_announced : 1, urg_read : 1;
	bool fin_received : 1;

	/* ---- options of the connection ---- */
	bool wscale_ok : 1, sack_ok : 1, ts_ok : 1, ecn_ok : 1;
	bool ecn_cwr : 1;  /* CWR goes with the next new data */
	bool ecn_echo : 1; /* ECE goes with each ACK, until CWR comes */
	bool ecn_syn : 1;  /* our SYN asked for ECN */
	bool ecn_seen : 1;
	uint8_t snd_wscale, rcv_wscale;
	uint16_t peer_mss;  /* from the SYN */
	uint16_t advmss;    /* that we announced */
	uint16_t user_mss;  /* TCP_MAXSEG; 0 */
	uint16_t mss_limit; /* of a path that swallows large ones; 0 */
	uint32_t pmtu;      /* that cc.mss was made for */
	uint32_t ts_recent, ts_offset, last_ack_sent;
	px_time ts_recent_stamp;

	/* ---- sending ---- */
	struct px_pktq sendq; /* cb.word[0]: sequence number of the first byte */
	size_t sendq_truesize;
	struct list segments, by_time;
	struct tcp_segment *segment_tree; /* the same segments (sentmap.c) */
	uint32_t segment_count, sacked_count;
	uint32_t sacked, lost, retrans; /* bytes of segments with these flags */
	uint32_t high_sacked;           /* end of the highest one */
	struct tcp_cc cc;
	struct tcp_rtt rtt;
	struct tcp_rate rate;
	struct tcp_prr prr;
	uint32_t flight_max;  /* in flight at most, of this round */
	uint32_t limited_seq; /* until this is acknowledged, the round lasts */
	bool cwnd_limited : 1;
	bool sndbuf_full : 1; /* the owner waits for room */
	bool sndbuf_locked : 1, rcvbuf_locked : 1;

	/* ---- loss ---- */
	bool undo_possible : 1;
	bool frto : 1;
	bool tlp : 1, tlp_retrans : 1;
	uint8_t dup_acks;
	uint8_t reordering;  /* in segments; for peers without SACK */
	uint8_t retransmits; /* time-outs in a row */
	uint8_t probes;      /* window probes, or keepalives, without an answer */
	uint8_t persist_backoff;
	uint32_t high_seq;     /* recovery lasts until this is acknowledged */
	uint32_t undo_marker;  /* SND.UNA when the reduction began */
	uint32_t undo_retrans; /* bytes sent again since, not known to be needless */
	uint32_t tlp_end;      /* end of what the probe sent; valid while tlp */
	px_time last_sent;     /* data */
	px_time pace_until;
	px_time retrans_since; /* first time-out of the row; 0 */
	px_time undo_since;    /* first retransmission of this recovery; 0 (RFC 3522) */
	struct {
		px_time sent, rtt;
		uint32_t end, dsack_round;
		uint8_t reo_mult, reo_persist;
		bool reordered : 1, dsack_seen : 1;
	} rack;

	/* ---- receiving ---- */
	struct list ooo;
	uint32_t ooo_count;
	uint32_t rcv_mss;
	struct tcp_sack recent[TCP_RECENT_SACKS];
	struct tcp_sack dsack_range;
	uint8_t recent_count;
	uint8_t quick_acks;
	uint8_t scaling;       /* payload of received memory, of 256 */
	bool dsack : 1;        /* dsack_range is to be told */
	bool pingpong : 1;     /* an answer is likely to carry the acknowledgement */
	bool quickack : 1;     /* TCP_QUICKACK */
	uint32_t window_clamp; /* TCP_WINDOW_CLAMP; 0 */
	uint32_t rcv_space_seq, rcv_space, rcv_rtt_seq;
	px_time ato; /* delayed acknowledgement: adapted */
	px_time last_received, last_data_received, last_ack_received;
	px_time oow_ack, challenge; /* last ACK to what is out of window (RFC 5961 section 7) */
	px_time rcv_space_since;    /* of the reader's round (moderate_rcvbuf) */
	px_time rcv_rtt, rcv_rtt_since;

	/* ---- options ---- */
	bool nodelay : 1, cork : 1, keepalive : 1, oobinline : 1;
	uint8_t keepalive_probes, syn_retries;
	uint8_t defer_accept;                     /* SYN-ACKs */
	uint16_t keepalive_time, keepalive_intvl; /* seconds */
	int16_t linger2;                          /* seconds; 0: fin_timeout; < 0: no FIN-WAIT-2 */
	int rcvlowat;
	uint32_t user_timeout;  /* milliseconds; 0 */
	uint32_t notsent_lowat; /* 0: the stack's */
	int soft_error; /* what ICMP said; told if the connection times out (RFC 1122 4.2.3.9) */

	/* ---- figures (TCP_INFO) ---- */
	uint32_t total_retrans, reord_seen, dsack_dups;
	uint32_t segs_in, segs_out, data_segs_in, data_segs_out;
	uint64_t bytes_acked, bytes_received, bytes_sent, bytes_retrans;
};

struct tcp_state {
	struct tcp_sysctl sysctl;
	struct px_table connections; /* struct tcp_entry */
	struct px_table listeners;   /* struct tcp_listener.hash, by port */
	struct px_table ports;
	struct list ends, orphans, timewaits;
	uint32_t orphan_count, timewait_count;
	struct siphash_key isn_key, ts_key, cookie_key, port_key;
	uint32_t challenge_count; /* of this second */
	uint64_t challenge_second;
	uint16_t table_offset[64]; /* RFC 6056 section 3.3.4 */
};

/* ---- small things ---- */

static inline struct tcp_end *tcp_of(struct endpoint *endpoint)
{
	return (struct tcp_end *)(void *)endpoint;
}

static inline struct px_stack *tcp_stack(const struct tcp_end *end)
{
	return end->endpoint.stack;
}

static inline const struct tcp_sysctl *tcp_ctl(const struct tcp_end *end)
{
	return &end->endpoint.stack->tcp->sysctl;
}

/* What an algorithm of congestion control is given (cc.h). */
static inline struct tcp_cc_env tcp_cc_env(struct tcp_end *end)
{
	struct px_stack *stack = tcp_stack(end);

	return (struct tcp_cc_env){.mem = stack->mem,
	    .random = &stack->random,
	    .rate = &end->rate,
	    .srtt = end->rtt.srtt,
	    .now = stack->now};
}

static inline bool tcp_is4(const struct tcp_end *end)
{
	return px_ip_is4(&end->endpoint.remote);
}

/* RFC 7323's millisecond clock, with the connection's offset. */
static inline uint32_t tcp_ts_now(const struct px_stack *stack, uint32_t offset)
{
	return (uint32_t)(stack->now / PX_MSEC) + offset;
}

static inline uint32_t tcp_segment_len(const struct tcp_segment *segment)
{
	return segment->end - segment->seq;
}

/* Sent and, as far as is known, neither arrived nor lost (RFC 6675's pipe). */
static inline uint32_t tcp_in_flight(const struct tcp_end *end)
{
	uint32_t out = end->snd_nxt - end->snd_una + end->retrans;
	uint32_t gone = end->sacked + end->lost;

	return out > gone ? out - gone : 0;
}

/* The right edge of what the peer may send. */
static inline uint32_t tcp_rcv_edge(const struct tcp_end *end)
{
	return end->rcv_wup + end->rcv_wnd;
}

/* What of the offered window is left. */
static inline uint32_t tcp_rcv_window(const struct tcp_end *end)
{
	uint32_t edge = tcp_rcv_edge(end);

	return seq_gt(edge, end->rcv_nxt) ? edge - end->rcv_nxt : 0;
}

static inline bool tcp_in_state(const struct tcp_end *end, unsigned int states)
{
	return states & 1u << end->state;
}

#define TCP_IN(name) (1u << TCP_STATE_##name)
/* The three-way handshake is over. */
#define TCP_SYNCHRONIZED                                                                           \
	(TCP_IN(ESTABLISHED) | TCP_IN(FIN_WAIT_1) | TCP_IN(FIN_WAIT_2) | TCP_IN(CLOSE_WAIT) |          \
	    TCP_IN(CLOSING) | TCP_IN(LAST_ACK))
/* Something may be in the send queue or on its way. */
#define TCP_SENDING                                                                                \
	(TCP_IN(ESTABLISHED) | TCP_IN(CLOSE_WAIT) | TCP_IN(FIN_WAIT_1) | TCP_IN(CLOSING) |             \
	    TCP_IN(LAST_ACK))

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

uint64_t tcp_flow_hash(const struct px_stack *stack, const struct tcp_flow *flow);
void tcp_entry_insert(struct px_stack *stack, struct tcp_entry *entry);
void tcp_entry_remove(struct px_stack *stack, struct tcp_entry *entry);
/* `ifindex` 0: any zone. */
struct tcp_entry *tcp_entry_find(
    const struct px_stack *stack, const struct tcp_flow *flow, uint32_t ifindex);
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
	struct px_pkt *pkt; /* at its data; taken by who sets it to NULL */
	struct tcp_header header;
	uint32_t seq, end; /* with SYN and FIN */
	uint32_t len;      /* data */
	bool ce;           /* Congestion Experienced */
};

void tcp_input(struct px_stack *stack, struct px_pkt *pkt);
/* A segment for a connection beyond SYN-SENT; from the request that became it, too. */
void tcp_segment_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
/* RFC 5961 section 7. */
void tcp_challenge_ack(struct tcp_end *end);
bool tcp_challenge_allowed(struct px_stack *stack, px_time *last);
void tcp_reset_received(struct tcp_end *end);
/* RFC 7323 section 5: the segment is old. */
bool tcp_paws_fails(const struct tcp_end *end, const struct tcp_header_options *options);

/* ---- connect.c ---- */

void tcp_syn_sent_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
/* The options that both sides of a handshake settle. */
void tcp_take_syn_options(struct tcp_end *end, const struct tcp_header_options *options);
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
	bool una_advanced, data_acked, data_sacked, dup, dsack, window_update;
	bool original_arrived; /* something that was never retransmitted, (s)acked: F-RTO */
	bool retrans_acked;
	bool ece, lost_retrans;
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
/* (Re)transmits one segment. 0 or -errno. */
bool tcp_takes_super(const struct ip_dst *dst);
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
size_t tcp_option_overhead(const struct tcp_end *end);
void tcp_mtu_changed(struct tcp_end *end);
void tcp_mtu_probe_black_hole(struct tcp_end *end);

/* ---- recvq.c ---- */

/* Seventh and eighth step: data and FIN. */
void tcp_data_arrives(struct tcp_end *end, struct tcp_arrival *arrival);
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
