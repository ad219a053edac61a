/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NewReno's windows (RFC 5681, RFC 6582); its recovery is the engine's, with SACK or without. Also
 * what algorithms do that say nothing else. */
#include "cc.h"

static void reno_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	uint32_t acked = ack->acked;

	if (!tcp_cc_may_grow(cc, ack))
		return;
	if (tcp_cc_in_slow_start(cc))
		acked = tcp_cc_slow_start(cc, acked);
	if (acked)
		tcp_cc_additive(cc, acked, cc->cwnd);
}

static uint32_t reno_reduced(
    struct tcp_cc *cc, enum tcp_cc_reason reason, uint32_t flight, px_time now)
{
	(void)reason;
	(void)now;
	return tcp_cc_share(cc, flight, 1, 2);
}

const struct tcp_cc_ops tcp_cc_reno = {
    .name = "reno",
    .acked = reno_acked,
    .reduced = reno_reduced,
};
