/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Initial sequence numbers: see isn.h. */
#include "isn.h"

/* RFC 9293 section 3.4.1 has a clock of 4 us, which a connection of more than 250 kB/s outruns: the
 * next one of the same pair would begin below what the last one used, and wait out TIME-WAIT. With
 * a step of 64 ns the numbers rise by 15 MB/s and repeat after 275 s, which is still more than two
 * MSL as they are used (and as Linux does). */
#define ISN_CLOCK_NS 64

/* Which hash it is: the key serves both. */
enum { HASH_ISN = 1, HASH_TIMESTAMP = 2 };

struct hash_input {
	struct px_ip local, remote;
	uint16_t lport, rport;
	uint32_t purpose;
};
_Static_assert(sizeof(struct hash_input) == 40, "hashed as bytes: no padding");

uint32_t tcp_isn(const struct siphash_key *key, const struct tcp_flow *flow, px_time now)
{
	const struct hash_input input = {
	    .local = flow->local,
	    .remote = flow->remote,
	    .lport = flow->lport,
	    .rport = flow->rport,
	    .purpose = HASH_ISN,
	};

	return (uint32_t)(now / ISN_CLOCK_NS) + (uint32_t)siphash_2_4(key, &input, sizeof(input));
}

uint32_t tcp_timestamp_offset(const struct siphash_key *key, const struct tcp_flow *flow)
{
	const struct hash_input input = {
	    .local = flow->local,
	    .remote = flow->remote,
	    .purpose = HASH_TIMESTAMP,
	};

	return (uint32_t)siphash_2_4(key, &input, sizeof(input));
}
