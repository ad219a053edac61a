/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses from names by MD5 (RFC 1321): the rules of the Internet of Threads, which may not
 * change. No memory of ours, no state. */
#include <string.h>
#include <iothaddr.h>
#include <nettle/md5.h>

#include "identifier.h"

static void digest_of(
    uint8_t digest[MD5_DIGEST_SIZE], const char *name, const char *passwd, uint32_t otiptime)
{
	const uint8_t number[4] = {(uint8_t)(otiptime >> 24), (uint8_t)(otiptime >> 16),
	    (uint8_t)(otiptime >> 8), (uint8_t)otiptime};
	struct md5_ctx md5;

	md5_init(&md5);
	md5_update(&md5, identifier_name_len(name), (const uint8_t *)name);
	if (passwd)
		md5_update(&md5, strlen(passwd), (const uint8_t *)passwd);
	if (otiptime != 0)
		md5_update(&md5, sizeof(number), number);
	md5_digest(&md5, MD5_DIGEST_SIZE, digest);
}

void iothaddr_hash(void *addr, const char *name, const char *passwd, uint32_t otiptime)
{
	uint8_t digest[MD5_DIGEST_SIZE];

	digest_of(digest, name, passwd, otiptime);
	identifier_apply(addr, digest);
}

void iothaddr_hashmac(void *mac, const char *name, const char *passwd)
{
	uint8_t digest[MD5_DIGEST_SIZE];
	uint8_t *byte = mac;

	digest_of(digest, name, passwd, 0);
	memcpy(byte, digest, 3);
	memcpy(byte + 3, digest + 5, 3);
	byte[0] = (uint8_t)((byte[0] | 0x02) & ~0x01); /* locally administered, unicast: IEEE 802 */
}

void iothaddr_eui64(void *addr, void *mac)
{
	uint8_t *identifier = (uint8_t *)addr + 8;
	const uint8_t *byte = mac;

	memcpy(identifier, byte, 3);
	identifier[0] ^= 0x02; /* the universal/local bit is inverted: RFC 4291, appendix A */
	identifier[3] = 0xff;
	identifier[4] = 0xfe;
	for (int i = 0; i < 3; i++)
		identifier[5 + i] ^= byte[3 + i];
}

void iothaddr_hasheui64(void *addr, const char *name, const char *passwd)
{
	uint8_t mac[6];

	iothaddr_hashmac(mac, name, passwd);
	iothaddr_eui64(addr, mac);
}
