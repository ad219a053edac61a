/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Internet checksum (RFC 1071).
 *
 * One's complement addition is associative and indifferent to byte order, so the data are added
 * 32 bits at a time in the host's order into 64 bits: 2^32 additions fit before anything is lost.
 */
#include "checksum.h"

#include <string.h>

uint64_t checksum_add(uint64_t sum, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (; len >= 16; p += 16, len -= 16) {
		uint32_t word[4];
		memcpy(word, p, sizeof(word));
		sum += (uint64_t)word[0] + word[1] + word[2] + word[3];
	}
	for (; len >= 2; p += 2, len -= 2) {
		uint16_t word;
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	if (len) {
		unsigned char last[2] = {*p, 0};
		uint16_t word;
		memcpy(&word, last, sizeof(word));
		sum += word;
	}
	return sum;
}

uint16_t checksum_fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
