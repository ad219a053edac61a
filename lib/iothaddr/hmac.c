/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One-time addresses by HMAC-SHA-256 (RFC 2104) with a stretched key (PBKDF2, RFC 8018).
 *
 * Labels keep the two uses of a password apart, and from any other program's use of it. Of the
 * fields that are hashed only the last has no fixed length, so no two inputs are the same bytes. */
#include <string.h>
#include <iothaddr.h>
#include <nettle/hmac.h>

#include "identifier.h"

static const char label[] = "iothaddr"; /* without its terminator */

_Static_assert(IOTHADDR_KEY_LEN == SHA256_DIGEST_SIZE, "one block of PBKDF2");

/* PBKDF2 of one block, over nettle's HMAC: nettle_pbkdf2_hmac_sha256 wants the salt in one piece,
 * and a name has no limit for which there were room here. */
void iothaddr_hmac_key(void *key, const char *name, const char *passwd, unsigned int iterations)
{
	static const uint8_t block[4] = {0, 0, 0, 1};
	const char *secret = passwd ? passwd : "";
	uint8_t round[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx hmac;
	uint8_t *sum = key;

	if (iterations == 0)
		iterations = IOTHADDR_KEY_ITERATIONS;
	hmac_sha256_set_key(&hmac, strlen(secret), (const uint8_t *)secret);
	hmac_sha256_update(&hmac, sizeof(label) - 1, (const uint8_t *)label);
	hmac_sha256_update(&hmac, identifier_name_len(name), (const uint8_t *)name);
	hmac_sha256_update(&hmac, sizeof(block), block);
	hmac_sha256_digest(&hmac, sizeof(round), round);
	memcpy(sum, round, sizeof(round));
	while (--iterations > 0) {
		hmac_sha256_update(&hmac, sizeof(round), round);
		hmac_sha256_digest(&hmac, sizeof(round), round);
		for (size_t i = 0; i < sizeof(round); i++)
			sum[i] ^= round[i];
	}
	explicit_bzero(&hmac, sizeof(hmac));
	explicit_bzero(round, sizeof(round));
}

void iothaddr_hmac(void *addr, const char *name, const void *key, uint32_t otiptime)
{
	const uint8_t number[4] = {(uint8_t)(otiptime >> 24), (uint8_t)(otiptime >> 16),
	    (uint8_t)(otiptime >> 8), (uint8_t)otiptime};
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx hmac;

	hmac_sha256_set_key(&hmac, IOTHADDR_KEY_LEN, key);
	hmac_sha256_update(&hmac, sizeof(label) - 1, (const uint8_t *)label);
	hmac_sha256_update(&hmac, sizeof(number), number);
	hmac_sha256_update(&hmac, 8, addr);
	hmac_sha256_update(&hmac, identifier_name_len(name), (const uint8_t *)name);
	hmac_sha256_digest(&hmac, sizeof(digest), digest);
	identifier_apply(addr, digest);
	explicit_bzero(&hmac, sizeof(hmac));
}
