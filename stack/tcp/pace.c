/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pacing: not faster than the algorithm of congestion control, or the program
 * (SO_MAX_PACING_RATE), says.
 *
 * pace_until is when the next segment may go; each one moves it on by the time that it takes at the
 * rate. Timers are not as fine as segments are short, and waking up costs more than a segment: what
 * was not sent in the last millisecond may be sent at once, and who must wait waits until a
 * millisecond's worth, or 64 KiB, has gathered. So a rate of a segment a millisecond or less is
 * paced segment by segment, a higher one in bursts, none of which holds up others for longer.
 *
 * The deadline is one of the connection's, which share one timer. What calls for output meanwhile
 * (an acknowledgement) sends what the rate allows by then.
 */
#include "tcp_internal.h"

#define CREDIT    PX_MSEC
#define BURST_MAX 65536

static px_time time_of(uint64_t bytes, uint64_t rate)
{
	return bytes * PX_SEC / rate;
}

/* How long to gather: what a burst takes, less the segment that pace_until lets go. */
static px_time gathering(uint32_t len, uint64_t rate)
{
	px_time segment = time_of(len, rate), burst = time_of(BURST_MAX, rate);

	if (burst > CREDIT)
		burst = CREDIT;
	return burst > segment ? burst - segment : 0;
}

bool tcp_paced(struct tcp_end *end, uint32_t len)
{
	uint64_t rate = tcp_cc_pacing(&end->cc);
	px_time now = tcp_stack(end)->now;

	if (!rate)
		return false;
	if (end->pace_until > now) {
		tcp_timer_set(end, TCP_TIMER_PACE, end->pace_until + gathering(len, rate));
		return true;
	}
	return false;
}

void tcp_pace_sent(struct tcp_end *end, uint32_t len)
{
	uint64_t rate = tcp_cc_pacing(&end->cc);
	px_time now = tcp_stack(end)->now;

	if (!rate)
		return;
	if (end->pace_until + CREDIT < now)
		end->pace_until = now - CREDIT;
	end->pace_until += time_of(len, rate);
}
