/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Proportional Rate Reduction: see prr.h. */
#include "prr.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint32_t tcp_prr_ack(struct tcp_prr *prr, uint32_t delivered, uint32_t in_flight, uint32_t ssthresh,
    uint32_t mss, bool progress)
{
	uint64_t send, gap;

	prr->delivered += delivered;
	gap = prr->delivered > prr->sent ? prr->delivered - prr->sent : 0;
	if (in_flight > ssthresh) {
		/* Proportional: for what arrives, the share ssthresh / RecoverFS leaves. */
		uint64_t due =
		    ((uint64_t)prr->delivered * ssthresh + prr->recover_fs - 1) / prr->recover_fs;

		send = due > prr->sent ? due - prr->sent : 0;
	} else {
		/* More was lost than the reduction asked for: packet conservation, and while that is
		 * safe slow start back up (RFC 9937 section 6, PRR-CRB and PRR-SSRB). */
		send = larger(gap, delivered) + (progress ? mss : 0);
		send = smaller(send, ssthresh - in_flight);
	}
	/* The first retransmission goes out whatever the sums say. */
	if (!prr->sent)
		send = larger(send, mss);
	return (uint32_t)(in_flight + send);
}
