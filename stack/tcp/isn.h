/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Initial sequence numbers (RFC 6528) and the offsets of timestamps (RFC 7323 section 7.1).
 *
 * Both are a clock plus a keyed hash of the connection's addresses: nobody outside can guess those
 * of another connection, yet successive connections between the same two ends see rising numbers,
 * on which the reuse of a TIME-WAIT pair rests (RFC 9293 section 3.6.1, RFC 6191).
 */
#ifndef TCP_ISN_H
#define TCP_ISN_H

#include "inet.h"
#include "siphash.h"
#include "timer.h"

/* The ends of a connection, as the hashes see them. */
struct tcp_flow {
	struct px_ip local, remote;
	uint16_t lport, rport;
};

uint32_t tcp_isn(const struct siphash_key *key, const struct tcp_flow *flow, px_time now);

/* To be added to the millisecond clock in the timestamps sent: the same for all connections between
 * two hosts; the ports are not looked at. */
uint32_t tcp_timestamp_offset(const struct siphash_key *key, const struct tcp_flow *flow);

#endif
