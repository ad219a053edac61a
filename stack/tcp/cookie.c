/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SYN cookies: see cookie.h.
 *
 * The period's lowest bit stands in the cookie, so that exactly one of the two periods that are
 * good can have made it.
 */
#include "cookie.h"

enum {
	PERIOD_BIT = 1,
	MSS_SHIFT = 1,
	MSS_MASK = 7,
	MAC_SHIFT = 4,
};

/* The six bits of the timestamp. */
enum {
	TS_WSCALE_MASK = 15, /* 15: no window scaling */
	TS_SACK = 1 << 4,
	TS_ECN = 1 << 5,
};

/* Common segment sizes: the IPv4 minimum, IPv6's minimum, tunnels, Ethernet by IPv6 and IPv4,
 * jumbo frames, frames of 64 KiB. The first is for who announces less than 536. */
static const uint16_t mss_table[MSS_MASK + 1] = {64, 536, 1220, 1380, 1440, 1460, 8940, 32728};

struct mac_input {
	struct px_ip local, remote;
	uint16_t lport, rport;
	uint32_t peer_isn;
	uint64_t period;
	uint64_t options;
};
_Static_assert(sizeof(struct mac_input) == 56, "hashed as bytes: no padding");

static uint32_t cookie_mac(const struct siphash_key *key, const struct tcp_flow *flow,
    uint32_t peer_isn, uint64_t period, unsigned int mss_index, unsigned int options)
{
	const struct mac_input input = {
	    .local = flow->local,
	    .remote = flow->remote,
	    .lport = flow->lport,
	    .rport = flow->rport,
	    .peer_isn = peer_isn,
	    .period = period,
	    .options = (uint64_t)mss_index << 32 | options,
	};

	return (uint32_t)siphash_2_4(key, &input, sizeof(input)) << MAC_SHIFT;
}

/* The six bits; above them, whether there are timestamps at all. */
static unsigned int timestamp_bits(const struct tcp_cookie *cookie)
{
	unsigned int bits = cookie->has_wscale ? cookie->wscale & TS_WSCALE_MASK : TS_WSCALE_MASK;

	if (!cookie->timestamps)
		return TCP_COOKIE_TS_MASK + 1;
	return bits | (cookie->sack ? TS_SACK : 0u) | (cookie->ecn ? TS_ECN : 0u);
}

uint32_t tcp_cookie_timestamp(const struct tcp_cookie *cookie, uint32_t tsval)
{
	uint32_t value = (tsval & ~TCP_COOKIE_TS_MASK) | timestamp_bits(cookie);

	/* Later segments carry the clock alone and must not go back behind it (PAWS). */
	return (value & TCP_COOKIE_TS_MASK) > (tsval & TCP_COOKIE_TS_MASK)
	           ? value - (TCP_COOKIE_TS_MASK + 1)
	           : value;
}

uint32_t tcp_cookie_make(const struct siphash_key *key, const struct tcp_flow *flow,
    uint32_t peer_isn, const struct tcp_cookie *cookie, px_time now)
{
	uint64_t period = now / TCP_COOKIE_PERIOD;
	unsigned int index = MSS_MASK;

	while (index > 0 && mss_table[index] > cookie->mss)
		index--;
	return cookie_mac(key, flow, peer_isn, period, index, timestamp_bits(cookie)) |
	       index << MSS_SHIFT | (uint32_t)(period & PERIOD_BIT);
}

bool tcp_cookie_check(const struct siphash_key *key, const struct tcp_flow *flow, uint32_t peer_isn,
    uint32_t isn, bool timestamps, uint32_t tsecr, px_time now, struct tcp_cookie *cookie)
{
	uint64_t period = now / TCP_COOKIE_PERIOD;
	unsigned int index = isn >> MSS_SHIFT & MSS_MASK;
	unsigned int bits = timestamps ? tsecr & TCP_COOKIE_TS_MASK : TCP_COOKIE_TS_MASK + 1;

	if ((period & PERIOD_BIT) != (isn & PERIOD_BIT)) {
		if (!period)
			return false;
		period--;
	}
	if ((isn & ~((1u << MAC_SHIFT) - 1)) != cookie_mac(key, flow, peer_isn, period, index, bits))
		return false;
	*cookie = (struct tcp_cookie){.mss = mss_table[index], .timestamps = timestamps};
	if (timestamps) {
		cookie->has_wscale = (bits & TS_WSCALE_MASK) != TS_WSCALE_MASK;
		cookie->wscale = cookie->has_wscale ? bits & TS_WSCALE_MASK : 0;
		cookie->sack = bits & TS_SACK;
		cookie->ecn = bits & TS_ECN;
	}
	return true;
}
