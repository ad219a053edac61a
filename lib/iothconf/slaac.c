/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interface identifiers: see slaac.h. */
#include "slaac.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <iothaddr.h>
#include <nettle/hmac.h>

#define IDGEN_RETRIES 3 /* RFC 7217, 5 */

/* RFC 5453: the identifiers that are reserved: the subnet router's (0), anycast, and IANA's. */
static bool is_reserved(const uint8_t identifier[8])
{
	static const uint8_t zero[8], iana[5] = {0x02, 0x00, 0x5e, 0xff, 0xfe};
	static const uint8_t anycast[7] = {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return memcmp(identifier, zero, 8) == 0 || memcmp(identifier, iana, 5) == 0 ||
	       (memcmp(identifier, anycast, 7) == 0 && identifier[7] >= 0x80);
}

/* RFC 7217, 5: F(prefix, interface, network id, counter, secret). The network's id is the name of
 * this host, so that two stacks of a program that share a secret differ; with the name's NUL
 * between it and the interface, no two inputs are the same bytes. */
static void opaque(
    const struct slaac *slaac, const uint8_t prefix[16], unsigned int counter, uint8_t address[16])
{
	const char *fqdn = slaac->fqdn ? slaac->fqdn : "";
	uint8_t digest[SHA256_DIGEST_SIZE];

	for (uint8_t reserved = 0;; reserved++) {
		const uint8_t numbers[2] = {(uint8_t)counter, reserved};
		struct hmac_sha256_ctx hmac;

		hmac_sha256_set_key(&hmac, sizeof(slaac->secret), slaac->secret);
		hmac_sha256_update(&hmac, 8, prefix);
		hmac_sha256_update(&hmac, sizeof(numbers), numbers);
		hmac_sha256_update(&hmac, sizeof(slaac->mac), slaac->mac);
		hmac_sha256_update(&hmac, strlen(fqdn) + 1, (const uint8_t *)fqdn);
		hmac_sha256_update(&hmac, strlen(slaac->interface), (const uint8_t *)slaac->interface);
		hmac_sha256_digest(&hmac, sizeof(digest), digest);
		if (!is_reserved(digest) || reserved == UINT8_MAX)
			break;
	}
	memcpy(address, prefix, 8);
	memcpy(address + 8, digest, 8);
}

int slaac_address(
    const struct slaac *slaac, const uint8_t prefix[16], unsigned int counter, uint8_t address[16])
{
	bool named = slaac->fqdn && slaac->fqdn[0];
	uint8_t mac[6];

	memcpy(address, prefix, 16);
	memcpy(mac, slaac->mac, sizeof(mac));
	switch (slaac->kind) {
	case SLAAC_OPAQUE:
		if (counter > IDGEN_RETRIES)
			return -EADDRINUSE;
		opaque(slaac, prefix, counter, address);
		return 0;
	case SLAAC_HASH:
	case SLAAC_USUAL:
		if (counter > 0)
			return -EADDRINUSE;
		if (named) {
			iothaddr_hash(address, slaac->fqdn, NULL, 0);
			return 0;
		}
		if (slaac->kind == SLAAC_HASH)
			return -EADDRINUSE;
		iothaddr_eui64(address, mac);
		return 0;
	case SLAAC_EUI64:
		if (counter > 0)
			return -EADDRINUSE;
		iothaddr_eui64(address, mac);
		return 0;
	default:
		return -EADDRINUSE;
	}
}

void slaac_secret(uint8_t secret[SLAAC_SECRET_LEN], const char *text)
{
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, strlen(text), (const uint8_t *)text);
	sha256_digest(&sha, SLAAC_SECRET_LEN, secret);
}
