/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP (RFC 9293), as seen by the layers above.
 *
 * An end is what a socket has: closed, listening, or one side of a connection. It begins with a
 * struct endpoint, through which addresses, IP options, buffer sizes and so_error are reached, and
 * by whose `event` it tells of changes (the socket layer asks tcp_poll then). Nothing here blocks
 * or touches user memory.
 *
 * Sending: the caller asks for room, fills a packet without the stack's lock and hands it over
 * (tcp_send); its bytes are referenced, not copied, until they are acknowledged. Receiving: the
 * caller gets a chain of packets, copies from them without the lock and frees them
 * (tcp_receive). Whatever is to be sent because of a call is sent before the call returns, or, for
 * acknowledgements and what a burst brought, by px_run at the end of the burst.
 *
 * An end is given up by tcp_close or tcp_abort. What is left of a connection then lives on without
 * an owner until the protocol is done with it.
 */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include "endpoint.h"

#include <linux/inet_diag.h>
#include <linux/tcp.h>

/* RFC 9293 section 3.3.2, numbered as Linux numbers them (tcp_states.h, TCP_INFO). */
enum tcp_state_name {
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_SYN_SENT,
	TCP_STATE_SYN_RECEIVED,
	TCP_STATE_FIN_WAIT_1,
	TCP_STATE_FIN_WAIT_2,
	TCP_STATE_TIME_WAIT,
	TCP_STATE_CLOSED,
	TCP_STATE_CLOSE_WAIT,
	TCP_STATE_LAST_ACK,
	TCP_STATE_LISTEN,
	TCP_STATE_CLOSING,
	TCP_STATE_COUNT,
};

/* "ESTABLISHED" ...; NULL for no state. */
const char *tcp_state_text(unsigned int state);

/* Switches of the whole stack, named as Linux's sysctls (net.ipv4.tcp_*, ip-sysctl.rst). Times are
 * in the sysctl's unit unless the name says otherwise. */
struct tcp_sysctl {
	uint8_t timestamps; /* 0 off, 1 on with a random offset a connection, 2 without */
	bool sack;          /* and with it RACK-TLP */
	bool dsack;         /* RFC 2883 */
	bool window_scaling;
	uint8_t ecn;           /* 0 never, 1 asked for and accepted, 2 accepted */
	bool ecn_fallback;     /* RFC 3168 section 6.1.1.1: a SYN that got lost is sent without */
	uint8_t syncookies;    /* 0 never, 1 when the queue is full, 2 always */
	uint8_t frto;          /* 0 off */
	uint8_t early_retrans; /* tail loss probes: 0 off, 3 on */
	uint8_t recovery;      /* bit 0: RACK's loss detection */
	uint8_t syn_retries, synack_retries, retries1, retries2, orphan_retries;
	uint32_t fin_timeout;     /* seconds */
	uint32_t keepalive_time;  /* seconds */
	uint32_t keepalive_intvl; /* seconds */
	uint8_t keepalive_probes;
	uint32_t rto_min_us, rto_max_ms;
	uint8_t tw_reuse; /* 0 off, 1 on, 2 over loopback only */
	uint32_t max_tw_buckets, max_orphans;
	uint32_t challenge_ack_limit; /* a second, of the stack; INT32_MAX: none (RFC 5961) */
	uint32_t invalid_ratelimit;   /* milliseconds between ACKs to what is out of window */
	uint32_t max_syn_backlog;
	uint32_t somaxconn; /* net.core.somaxconn */
	bool abort_on_overflow;
	bool rfc1337;
	bool slow_start_after_idle;
	bool pacing; /* windows of cubic and reno go out over the round trip, not at once */
	bool no_metrics_save; /* kept: nothing is saved between connections */
	bool moderate_rcvbuf; /* the receive buffer grows with what the reader takes */
	bool autocorking;     /* kept: Minshall's rule does it */
	bool stdurg;          /* the urgent pointer as RFC 1122 has it, not as everybody (RFC 6093) */
	uint8_t mtu_probing;  /* 0 off, 1 after a black hole was found: halves the segment */
	uint32_t base_mss, min_snd_mss;
	uint32_t rmem[3], wmem[3]; /* min, default, max: bytes */
	uint32_t notsent_lowat;
	uint32_t limit_output_bytes; /* in a transmit queue, of one connection */
	uint8_t reordering, max_reordering;
	char congestion[16]; /* name */
};

struct tcp_end;
struct tcp_congestion;

/* Attaches to a stack that has ip/. 0 or -errno. */
int tcp_attach(struct px_stack *stack);
struct tcp_sysctl *tcp_sysctl(struct px_stack *stack);

/* A closed end. 0 or -ENOMEM. */
int tcp_new(struct px_stack *stack, int family, struct tcp_end **end);

static inline struct endpoint *tcp_endpoint(struct tcp_end *end)
{
	return (struct endpoint *)(void *)end; /* it begins with one */
}

enum tcp_state_name tcp_state(const struct tcp_end *end);

/* ---- opening ---- */

/* 0 or -errno: -EINVAL (bound already), -EADDRINUSE, -EADDRNOTAVAIL, -ENODEV. Port 0: any. */
int tcp_bind(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);

/* LISTEN, or a new backlog. 0, -EINVAL (connected), -EADDRINUSE, -EAGAIN (no port), -ENOMEM. */
int tcp_listen(struct tcp_end *end, int backlog);

/* The first connection that waits; the caller's then, with `event` and `socket` to be set. -EAGAIN:
 * none. -EINVAL: not listening. -errno: the listener's error. */
int tcp_accept(struct tcp_end *end, struct tcp_end **connection);

/* Sends the SYN. -EINPROGRESS: on its way; the result is in endpoint.error when tcp_poll says
 * POLLOUT. Later: -EALREADY, 0 once (established since), then -EISCONN; or what failed.
 * `ip` NULL (AF_UNSPEC): dissolves whatever there is (a connection is reset), the end can be used
 * again; 0. */
int tcp_connect(struct tcp_end *end, const struct px_ip *ip, uint16_t port, uint32_t zone);
/* Whether tcp_connect would begin, and so look at the address. */
bool tcp_unconnected(const struct tcp_end *end);

/* ---- data ---- */

/* Bytes that tcp_send takes now; 0: wait for POLLOUT. */
size_t tcp_send_room(const struct tcp_end *end);

/* Takes the packet (payload only, PX_PKT_HEADROOM before it, not empty) into the send queue and
 * sends what may be sent. `flags`: MSG_MORE; MSG_OOB: its last byte is urgent. Returns the number
 * of bytes taken, which is all of them as long as there is any room, or -errno, when the packet was
 * freed: -EAGAIN (no room, or not connected yet), -EPIPE (shut down, or never connected), or
 * endpoint.error, which is told by that. */
int tcp_send(struct tcp_end *end, struct px_pkt *pkt, int flags);

/* What would tcp_send say before it takes anything: 0 or -errno. */
int tcp_send_ready(struct tcp_end *end);

/* MSG_MORE ended, or the cork was pulled: sends the rest. */
void tcp_push(struct tcp_end *end);

/* Up to `len` bytes of the stream, in a chain by px_pkt.next; every packet of it is the caller's to
 * copy and px_pkt_free. MSG_PEEK in `flags`: the bytes stay. Stops before urgent data (tcp(7)).
 * Returns their number; 0: the peer has finished, or reading was shut down; -EAGAIN; -ENOTCONN
 * (closed, never connected; listening); or endpoint.error, which is told by that. */
int tcp_receive(struct tcp_end *end, size_t len, int flags, struct px_pkt **chain);

/* The urgent byte (MSG_OOB; MSG_PEEK). 1, 0 (the peer has finished), -EAGAIN (announced, not here),
 * -EINVAL (none, read already, or in line). */
int tcp_receive_urgent(struct tcp_end *end, int flags, uint8_t *byte);
bool tcp_at_mark(const struct tcp_end *end); /* SIOCATMARK */

/* SIOCINQ: bytes that can be read before an urgent one. SIOCOUTQ: not acknowledged.
 * SIOCOUTQNSD: not sent. */
uint32_t tcp_inq(const struct tcp_end *end);
uint32_t tcp_outq(const struct tcp_end *end);
uint32_t tcp_outq_unsent(const struct tcp_end *end);

/* POLLIN and its like, as Linux's tcp_poll. Needs rcvlowat: tcp_set_rcvlowat. */
unsigned int tcp_poll(const struct tcp_end *end);
void tcp_set_rcvlowat(struct tcp_end *end, int bytes);

/* ---- closing ---- */

/* SHUT_RD, SHUT_WR, SHUT_RDWR. 0 or -ENOTCONN. A listener stops listening (SHUT_RD). */
int tcp_shutdown(struct tcp_end *end, int how);

/* close(2) without waiting: gives the end up. What was sent is still delivered; unread data, and
 * waiting connections of a listener, are answered with RST. */
void tcp_close(struct tcp_end *end);

/* Gives the end up; a connection is reset (SO_LINGER with 0 seconds). */
void tcp_abort(struct tcp_end *end);

/* SO_LINGER: after tcp_finish, which does what tcp_close does but leaves the end to its owner (no
 * call but these, tcp_poll, tcp_close and tcp_abort any more), tcp_lingering says whether the peer
 * has not acknowledged all data and the FIN. Changes are told by ENDPOINT_HANGUP. */
void tcp_finish(struct tcp_end *end);
bool tcp_lingering(const struct tcp_end *end);

/* How many connections without an owner have something to deliver; and the end of the waiting:
 * RST to each. For delstack and the end of the process. */
uint32_t tcp_unfinished(const struct px_stack *stack);
void tcp_abort_orphans(struct px_stack *stack);

/* ---- options ---- */

/* TCP_NODELAY and the other integers of tcp(7), but TCP_CONGESTION. 0, -EINVAL, -ENOPROTOOPT. */
int tcp_set_option(struct tcp_end *end, int name, int value);
int tcp_get_option(const struct tcp_end *end, int name, int *value);

int tcp_set_congestion(struct tcp_end *end, const char *name); /* -ENOENT: there is no such */
const char *tcp_get_congestion(const struct tcp_end *end);
void tcp_get_info(const struct tcp_end *end, struct tcp_info *info);
/* TCP_CC_INFO: the bytes of it that the algorithm has something to tell in. */
size_t tcp_get_cc_info(const struct tcp_end *end, union tcp_cc_info *info);
/* SO_MAX_PACING_RATE: bytes a second; UINT64_MAX: no limit. */
void tcp_set_max_pacing(struct tcp_end *end, uint64_t rate);
uint64_t tcp_get_max_pacing(const struct tcp_end *end);

void tcp_set_keepalive(struct tcp_end *end, bool on); /* SO_KEEPALIVE */
void tcp_set_oobinline(struct tcp_end *end, bool on); /* SO_OOBINLINE */
/* endpoint.rcvbuf or sndbuf were set by the user: not tuned any more. */
void tcp_rcvbuf_set(struct tcp_end *end);
void tcp_sndbuf_set(struct tcp_end *end);

#endif
