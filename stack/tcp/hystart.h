/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HyStart++ (RFC 9406): an end of the first slow start before it overruns the path's queue.
 *
 *     slow start             a byte a byte; round trips of this round grown by 1/8 (4 to 16 ms)
 * over the round before: to conservative slow start conservative           a quarter of that; round
 * trips fell back: slow start again; five rounds: congestion avoidance
 */
#ifndef TCP_HYSTART_H
#define TCP_HYSTART_H

#include "cc.h"

struct tcp_hystart {
	px_time last_min, current_min, baseline; /* 0: unknown */
	uint32_t round_end;
	uint8_t samples; /* of this round, up to 8 */
	uint8_t css_rounds;
	bool started, css;
};

/* An ACK in slow start: raises cwnd, and ends slow start by setting ssthresh. Returns the bytes of
 * `acked` left when ssthresh was reached. */
uint32_t tcp_hystart_acked(
    struct tcp_hystart *hystart, struct tcp_cc *cc, const struct tcp_cc_ack *ack);

#endif
