/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Congestion control as a table of callbacks.
 *
 * The engine finds out what was acknowledged, sacked, lost and spurious; an algorithm decides how
 * much may be in flight (cwnd) and, if it likes, how fast (pacing_rate). During fast recovery the
 * engine runs Proportional Rate Reduction (prr.h) towards ssthresh, unless the algorithm has
 * TCP_CC_OWNS_CWND. Everything is in bytes; windows are at most TCP_CC_WINDOW_MAX, so that sums of
 * two fit 32 bits.
 *
 * What the engine calls, and when:
 *
 *     tcp_cc_start      the connection is established: the initial window (RFC 6928)
 *     tcp_cc_sent       a segment was sent (or sent again)
 *     tcp_cc_lost       a segment, or its retransmission, is believed lost
 *     tcp_cc_acked      an ACK delivered something. While fast recovery or the loss recovery after
 *                       a time-out lasts, `recovery` says so: most algorithms grow only in the
 *                       second (slow start to ssthresh)
 *     tcp_cc_reduce     congestion: loss found (fast recovery begins), or ECN's echo; once a window
 *     tcp_cc_recovered  fast recovery or the reduction for ECN ended
 *     tcp_cc_timed_out  the retransmission timer expired. Again without an ACK between: each call
 *                       leaves cwnd at one segment, ssthresh as the first set it (RFC 5681, (4))
 *     tcp_cc_undo       the last reduction or time-out was spurious (RFC 3522, 4015, 5682, 8985)
 *     tcp_cc_restart    about to send after a time without anything in flight (RFC 7661, 5.4)
 *     tcp_cc_mss        the MSS changed (path MTU): windows keep their number of bytes
 *
 * What an algorithm remembers is allocated when it first needs it (tcp_cc_need_state): most
 * connections of many are idle, or exchange a message now and then, and never do. Setting another
 * algorithm (TCP_CONGESTION) keeps cwnd and ssthresh. What validates the window (RFC 7661) is not
 * for algorithms with TCP_CC_OWNS_CWND.
 */
#ifndef TCP_CC_H
#define TCP_CC_H

#include "mem.h"
#include "rate.h"

#include <linux/inet_diag.h>

#define TCP_CC_WINDOW_MAX (UINT32_C(1) << 30)
#define TCP_CC_INFINITE   TCP_CC_WINDOW_MAX /* ssthresh before the first loss */

struct tcp_cc_ops;
struct px_random;

/* What an algorithm may use as long as it has the connection. */
struct tcp_cc_env {
	struct px_mem *mem;
	struct px_random *random;
	struct tcp_rate *rate; /* of the connection */
	px_time srtt;          /* 0: unknown */
	px_time now;
};

enum tcp_cc_reason { TCP_CC_LOSS, TCP_CC_ECN, TCP_CC_TIMEOUT };

/* What an ACK says. */
struct tcp_cc_ack {
	px_time now;
	uint32_t una, nxt;     /* SND.UNA after it, SND.NXT: rounds are counted by them */
	uint32_t acked;        /* bytes that SND.UNA advanced */
	uint32_t prior_flight; /* in flight before the ACK */
	uint32_t in_flight;    /* after it */
	px_time rtt;           /* sample of this ACK; 0: none */
	px_time srtt, min_rtt; /* 0: unknown */
	bool cwnd_limited;     /* the window, not the program or the peer, kept us from sending */
	bool recovery;         /* SND.UNA is below the recovery point */
	bool loss_recovery;    /* ... after a time-out */
	bool ece;              /* ECN echo */
	bool sack;             /* the peer sends blocks (RFC 2018) */
	const struct tcp_rate_sample *rate; /* never NULL */
};

/* A segment that is believed lost. */
struct tcp_cc_loss {
	const struct tcp_rate_mark *mark; /* of its last transmission */
	uint32_t seq, bytes;
	px_time now;
};

/* RFC 7661: how much of the window the program really used. */
struct tcp_cc_validation {
	px_time period_end;  /* of the pipeACK sampling period under way */
	px_time valid_until; /* end of the non-validated phase; 0: validated */
	uint32_t round_end;  /* sequence number that ends the measurement */
	uint32_t round_acked;
	uint32_t sample, before; /* greatest of this period, and of the one before; 0: none */
	bool measuring;
};

struct tcp_cc {
	const struct tcp_cc_ops *ops;
	uint32_t mss;  /* SMSS: data of a full segment, options taken off */
	uint32_t cwnd; /* at least one mss */
	uint32_t ssthresh;
	uint32_t acked_rest;               /* bytes that have not grown cwnd yet */
	uint32_t undo_cwnd, undo_ssthresh; /* before the last reduction; 0: nothing to undo */
	uint64_t pacing_rate;              /* bytes a second; 0: do not pace */
	uint64_t pacing_max;               /* SO_MAX_PACING_RATE; 0: none */
	bool paced;                        /* windows, too: algorithms that set no rate */
	struct tcp_cc_validation validation;
	struct px_mem *mem; /* borrowed: the stack's */
	void *state;        /* ops->state_size bytes; NULL: not needed yet */
};

enum tcp_cc_property {
	TCP_CC_OWNS_CWND = 1 << 0, /* sets cwnd in every state itself: no PRR (BBR) */
	TCP_CC_NEEDS_PACING = 1 << 1,
};

/* An algorithm. What is NULL has the default of reno (cc.c). */
struct tcp_cc_ops {
	const char *name;
	unsigned int properties; /* enum tcp_cc_property */
	size_t state_size;
	/* 0 or -ENOMEM; then the connection keeps the algorithm it had. */
	int (*init)(struct tcp_cc *cc, const struct tcp_cc_env *env);
	void (*release)(struct tcp_cc *cc);
	/* mss and cwnd are set. */
	void (*started)(struct tcp_cc *cc, px_time srtt, px_time now);
	/* `in_flight`: without it. */
	void (*sent)(struct tcp_cc *cc, uint32_t bytes, uint32_t in_flight, px_time now);
	void (*acked)(struct tcp_cc *cc, const struct tcp_cc_ack *ack);
	void (*lost)(struct tcp_cc *cc, const struct tcp_cc_loss *loss);
	/* The new ssthresh; sets no window. `flight` is what the path lately carried: at most cwnd. */
	uint32_t (*reduced)(struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now);
	void (*recovered)(struct tcp_cc *cc, px_time now);
	/* cwnd and ssthresh were restored. */
	void (*undone)(struct tcp_cc *cc, px_time now);
	/* cwnd was adapted to a pause of `idle`. */
	void (*restarted)(struct tcp_cc *cc, px_time idle, px_time now);
	/* TCP_CC_INFO. */
	void (*info)(const struct tcp_cc *cc, union tcp_cc_info *info, size_t *len);
};

/* ---- registry ---- */

/* NULL: there is none of this name. */
const struct tcp_cc_ops *tcp_cc_find(const char *name);

/* All, in order: NULL past the end. The first is the default, cubic. */
const struct tcp_cc_ops *tcp_cc_listed(unsigned int index);

extern const struct tcp_cc_ops tcp_cc_reno, tcp_cc_cubic, tcp_cc_bbr;

/* ---- what the engine calls ---- */

/* Of a connection that is to be: no window yet. 0 or -errno of `init`. */
int tcp_cc_init(struct tcp_cc *cc, const struct tcp_cc_ops *ops, const struct tcp_cc_env *env);
void tcp_cc_release(struct tcp_cc *cc);
int tcp_cc_change(struct tcp_cc *cc, const struct tcp_cc_ops *ops, const struct tcp_cc_env *env);

/* RFC 6928: min(10 * mss, max(2 * mss, 14600)). */
uint32_t tcp_cc_initial_window(uint32_t mss);

/* `window` 0: the initial window. After a SYN or SYN-ACK was lost: one segment (RFC 6928, 2).
 * `srtt` of the handshake; 0: unknown. */
void tcp_cc_start(struct tcp_cc *cc, uint32_t mss, uint32_t window, px_time srtt, px_time now);

static inline void tcp_cc_mss(struct tcp_cc *cc, uint32_t mss)
{
	cc->mss = mss;
	if (cc->cwnd < mss)
		cc->cwnd = mss;
}

void tcp_cc_sent(struct tcp_cc *cc, uint32_t bytes, uint32_t in_flight, px_time now);

static inline void tcp_cc_lost(struct tcp_cc *cc, const struct tcp_cc_loss *loss)
{
	if (cc->ops->lost)
		cc->ops->lost(cc, loss);
}

void tcp_cc_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack);

/* Congestion: sets ssthresh, remembers what undo restores. `flight`: sent and not acknowledged
 * cumulatively, RFC 5681's FlightSize. For ECN the caller lets PRR lead cwnd to ssthresh as in
 * recovery (RFC 3168, 6.1.2). */
void tcp_cc_reduce(struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now);
void tcp_cc_recovered(struct tcp_cc *cc, px_time now);

/* `again`: no new data was acknowledged since the last time-out. */
void tcp_cc_timed_out(struct tcp_cc *cc, uint32_t flight, bool again, px_time now);
void tcp_cc_undo(struct tcp_cc *cc, px_time now);
void tcp_cc_restart(struct tcp_cc *cc, px_time idle, px_time now);

static inline bool tcp_cc_owns_cwnd(const struct tcp_cc *cc)
{
	return cc->ops->properties & TCP_CC_OWNS_CWND;
}

/* What TCP_CC_INFO tells; 0 bytes of reno and cubic. */
static inline size_t tcp_cc_info(const struct tcp_cc *cc, union tcp_cc_info *info)
{
	size_t len = 0;

	if (cc->ops->info)
		cc->ops->info(cc, info, &len);
	return len;
}

/* Bytes a second to send at now: 0, at once. */
static inline uint64_t tcp_cc_pacing(const struct tcp_cc *cc)
{
	if (cc->pacing_max && (!cc->pacing_rate || cc->pacing_rate > cc->pacing_max))
		return cc->pacing_max;
	return cc->pacing_rate;
}

/* ---- what algorithms share ---- */

/* The algorithm's state; NULL: it has needed none so far. */
static inline void *tcp_cc_state(struct tcp_cc *cc)
{
	return cc->state;
}

/* The same, made of zeros if there is none; NULL when refused. It stays until the end. */
void *tcp_cc_need_state(struct tcp_cc *cc);

static inline bool tcp_cc_in_slow_start(const struct tcp_cc *cc)
{
	return cc->cwnd < cc->ssthresh;
}

/* Whether this ACK may raise cwnd: not in fast recovery, and only while the window is what limits
 * us; in slow start, while more than half of it was in use (RFC 7661 section 4.3). */
bool tcp_cc_may_grow(const struct tcp_cc *cc, const struct tcp_cc_ack *ack);

/* Raises cwnd, within TCP_CC_WINDOW_MAX. */
static inline void tcp_cc_grow(struct tcp_cc *cc, uint32_t bytes)
{
	cc->cwnd = bytes < TCP_CC_WINDOW_MAX - cc->cwnd ? cc->cwnd + bytes : TCP_CC_WINDOW_MAX;
}

/* Slow start: a byte for each byte acknowledged (RFC 3465). There is no limit an ACK (RFC 3465's
 * L): receivers that merge segments acknowledge 64 KiB at a time. Returns the bytes of `acked` left
 * when ssthresh was reached. */
uint32_t tcp_cc_slow_start(struct tcp_cc *cc, uint32_t acked);

/* cwnd += mss for each `window` bytes acknowledged. */
void tcp_cc_additive(struct tcp_cc *cc, uint32_t acked, uint32_t window);

/* A share of what was in flight, two segments at least (RFC 5681 equation (4) with 1/2). */
static inline uint32_t tcp_cc_share(
    const struct tcp_cc *cc, uint32_t flight, uint32_t numerator, uint32_t denominator)
{
	uint32_t share = (uint32_t)((uint64_t)flight * numerator / denominator);

	return share > 2 * cc->mss ? share : 2 * cc->mss;
}

#endif
