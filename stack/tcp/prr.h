/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proportional Rate Reduction (RFC 6937, with the choice of bound of RFC 9937): how much may be
 * sent for each ACK of a recovery, so that it ends with ssthresh in flight, without a burst and
 * without a silence.
 *
 * Bytes. The caller sends as long as in_flight < cwnd, cwnd being what tcp_prr_ack returns.
 */
#ifndef TCP_PRR_H
#define TCP_PRR_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_prr {
	uint32_t recover_fs; /* in flight when recovery began */
	uint32_t delivered;  /* since */
	uint32_t sent;       /* since */
};

/* Recovery begins with `flight` bytes between SND.UNA and SND.NXT, less what was sacked before. */
static inline void tcp_prr_begin(struct tcp_prr *prr, uint32_t flight)
{
	*prr = (struct tcp_prr){.recover_fs = flight ? flight : 1};
}

/* Bytes were sent, retransmitted or new. */
static inline void tcp_prr_sent(struct tcp_prr *prr, uint32_t bytes)
{
	prr->sent += bytes;
}

/* An ACK that delivered `delivered` bytes (cumulative and sacked). `in_flight` is the estimate
 * after it (pipe); `progress`: SND.UNA advanced and nothing more was found lost, so that slow start
 * up to ssthresh is safe. Returns the congestion window. */
uint32_t tcp_prr_ack(struct tcp_prr *prr, uint32_t delivered, uint32_t in_flight, uint32_t ssthresh,
    uint32_t mss, bool progress);

#endif
