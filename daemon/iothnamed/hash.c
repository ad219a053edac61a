/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash and one-time addresses: see hash.h. */
#include "hash.h"

#include <errno.h>
#include <string.h>
#include <iothaddr.h>

#include "hash_memo.h"
#include "otip_keys.h"

/* Labels joined by dots, their bytes as they are, since that is what is hashed: a name has no
 * escapes then. Only a byte that ends C's strings is written otherwise. */
static void to_text(char text[NAMED_HASH_TEXT_SIZE], const uint8_t *wire)
{
	size_t at = 0;

	while (*wire) {
		size_t len = *wire++;

		if (at > 0)
			text[at++] = '.';
		for (; len > 0; len--, wire++) {
			if (*wire == 0) {
				memcpy(text + at, "\\000", 4);
				at += 4;
			} else {
				text[at++] = (char)*wire;
			}
		}
	}
	text[at] = '\0';
}

/* As iothaddr_hash does, which XORs the digest into the identifier and clears the universal/local
 * and group bits then. */
static void apply(struct in6_addr *address, const uint8_t identifier[8])
{
	for (size_t i = 0; i < 8; i++)
		address->s6_addr[8 + i] ^= identifier[i];
	address->s6_addr[8] &= 0xfc;
}

static void apply_hash(struct in6_addr *address, struct named_hash_memo *memo, uint64_t hash,
    const uint8_t *wire, size_t len)
{
	const uint8_t *identifier = memo ? named_hash_memo_find(memo, hash, wire, len) : NULL;
	struct in6_addr of_zero = IN6ADDR_ANY_INIT;
	char text[NAMED_HASH_TEXT_SIZE];

	if (!identifier) {
		to_text(text, wire);
		iothaddr_hash(&of_zero, text, NULL, 0);
		identifier = of_zero.s6_addr + 8;
		if (memo)
			named_hash_memo_put(memo, hash, wire, len, identifier);
	}
	apply(address, identifier);
}

int named_hash_address(struct in6_addr *address, const struct named_auth_record *record,
    const struct named_hashing *with, const struct named_query *query, uint64_t hash, time_t wall)
{
	const struct named_options *options = with->options;
	const uint8_t *name = options->hashcase ? named_query_spelling(query) : query->name.wire;
	uint32_t period = options->otipperiod ? (uint32_t)(wall / options->otipperiod) : 0;
	uint8_t key[IOTHADDR_KEY_LEN];
	char text[NAMED_HASH_TEXT_SIZE];
	int error;

	*address = record->base;
	if (record->base_host && !named_host_address(record->base_host, address))
		return -EAGAIN;
	if (record->type == NAMED_AUTH_HASH) {
		apply_hash(address, with->memo, hash, name, query->name.len);
		return 0;
	}
	to_text(text, name);
	if (options->otipdigest == NAMED_OTIP_MD5) {
		iothaddr_hash(address, text, record->password, period);
		return 0;
	}
	error = with->keys ? named_otip_key(with->keys, text, record->password,
	                         (unsigned int)options->otiprounds, key)
	                   : -ENOSYS;
	if (error < 0)
		return error;
	iothaddr_hmac(address, text, key, period);
	explicit_bzero(key, sizeof(key));
	return 0;
}
