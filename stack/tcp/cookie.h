/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SYN cookies (RFC 4987 section 3.6): under a flood the listener keeps nothing; what it must know
 * again when the ACK comes stands in the sequence number that the ACK acknowledges.
 *
 *     cookie     28 bits of MAC, 3 of an index into a table of MSS values, 1 of the minute
 *     timestamp  the low 6 bits of TSval: window scale (15: none), SACK, ECN
 *
 * The MAC (SipHash with a key of this use alone) covers both ends, the peer's ISN, the period, the
 * MSS and the six bits, so that no bit can be chosen by the peer: a guess succeeds once in 2^28.
 * A cookie is good for one to two periods of 64 s. A peer without timestamps gets neither window
 * scale nor SACK nor ECN, as with Linux.
 */
#ifndef TCP_COOKIE_H
#define TCP_COOKIE_H

#include "isn.h"

#define TCP_COOKIE_PERIOD  (64 * PX_SEC)
#define TCP_COOKIE_TS_MASK 63u

/* What is remembered of a SYN. */
struct tcp_cookie {
	uint16_t mss; /* out: at most what went in, but 64 at least */
	bool timestamps;
	bool has_wscale, sack, ecn; /* only with timestamps */
	uint8_t wscale;             /* the peer's */
};

/* The TSval of the SYN-ACK: the clock's value, or a little less, with the options in it. */
uint32_t tcp_cookie_timestamp(const struct tcp_cookie *cookie, uint32_t tsval);

/* The ISN of the SYN-ACK. `peer_isn` is the SYN's sequence number. */
uint32_t tcp_cookie_make(const struct siphash_key *key, const struct tcp_flow *flow,
    uint32_t peer_isn, const struct tcp_cookie *cookie, px_time now);

/* An ACK that no connection claims: whether it answers a cookie. `isn` is its acknowledgement
 * number - 1, `peer_isn` its sequence number - 1; `timestamps` and `tsecr` are its option's. */
bool tcp_cookie_check(const struct siphash_key *key, const struct tcp_flow *flow, uint32_t peer_isn,
    uint32_t isn, bool timestamps, uint32_t tsecr, px_time now, struct tcp_cookie *cookie);

#endif
