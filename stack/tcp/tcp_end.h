/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What TCP keeps: a connection and its segments, what else is in the table of connections, the
 * variables of the layer.
 *
 * Variables have the names of RFC 9293 section 3.3.1 (SND.UNA is snd_una). Sequence numbers are
 * compared by seq.h. Amounts are bytes, times nanoseconds.
 */
#ifndef TCP_END_H
#define TCP_END_H

#include "cc.h"
#include "prr.h"
#include "rate.h"
#include "rtt.h"
#include "seq.h"
#include "siphash.h"
#include "tcp.h"
#include "tcp_wire.h"

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
	uint16_t mss;        /* of data in each of its frames, if they are more than one */
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

#endif
