/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequence numbers, modulo 2^32 (RFC 9293 section 3.4). Also for timestamps (RFC 7323 section 4.3).
 *
 * a < b when the way from a up to b is shorter than 2^31. Of two numbers exactly 2^31 apart each is
 * "less" than the other, so nobody may compare what can lie so far apart: windows end at 2^30.
 */
#ifndef TCP_SEQ_H
#define TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_le(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) >= 0;
}

static inline bool seq_gt(uint32_t a, uint32_t b)
{
	return seq_lt(b, a);
}

static inline bool seq_ge(uint32_t a, uint32_t b)
{
	return seq_le(b, a);
}

/* low <= seq < high; nothing is in an empty range. */
static inline bool seq_in(uint32_t seq, uint32_t low, uint32_t high)
{
	return seq - low < high - low;
}

/* How far `a` lies behind `b`; negative: before it. */
static inline int32_t seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline uint32_t seq_max(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? b : a;
}

static inline uint32_t seq_min(uint32_t a, uint32_t b)
{
	return seq_lt(a, b) ? a : b;
}

#endif
