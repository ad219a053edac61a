/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adaptive spinning: to sleep and to be woken by another processor takes tens of microseconds, of
 * which the one who wakes spends several, too. Who expects an answer sooner than that looks for it
 * instead, for a bounded time (`spin=`), as the kernel's halt polling and adaptive locks do.
 *
 * It is a bet, and is made only
 *
 *     while waits are short on average, not much longer than one looks: so who hears something
 *     once a millisecond never looks;
 *     where there is more than one processor: else it would keep the other end from answering;
 *     if bets were won lately, by what came while one looked (not by what was there before). Each
 *     that is lost makes the next ones rarer, twice as rare each time up to one of PAUSE_MAX waits,
 *     and each that is won makes them more frequent again.
 *
 * So where the scheduler has both ends on one processor, where waking is cheap and looking is in
 * vain, it costs a few per cent of a wait at most. Pollers never look, nor do followers: an idle
 * stack costs nothing.
 */
#include "spin.h"

#define AVERAGE     8 /* waits, about */
#define SHORT       2 /* times the limit: what was slept has the time of waking in it */
#define TYPICAL_MAX 8 /* times the limit: after so long a wait a few short ones are believed */
#define PAUSE_FIRST 4
#define PAUSE_MAX   1024

void spin_init(struct spin *spin, uint32_t microseconds, unsigned int processors)
{
	*spin = (struct spin){.limit = processors > 1 ? microseconds * 1000 : 0};
	spin->typical = spin->limit * TYPICAL_MAX;
}

px_time spin_begin(struct spin *spin)
{
	if (!spin->limit || spin->typical > spin->limit * SHORT)
		return 0;
	if (spin->left) {
		spin->left--;
		return 0;
	}
	return spin->limit;
}

void spin_end(struct spin *spin, bool found)
{
	if (found) {
		spin->pause /= 2;
		return;
	}
	spin->pause = spin->pause < PAUSE_FIRST ? PAUSE_FIRST : spin->pause * 2;
	if (spin->pause > PAUSE_MAX)
		spin->pause = PAUSE_MAX;
	spin->left = spin->pause;
}

void spin_waited(struct spin *spin, px_time duration)
{
	px_time most = (px_time)spin->limit * TYPICAL_MAX;
	int64_t change;

	if (duration > most)
		duration = most;
	change = ((int64_t)duration - spin->typical) / AVERAGE;
	spin->typical = (uint32_t)(spin->typical + change);
}
