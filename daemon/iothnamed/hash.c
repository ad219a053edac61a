/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hash and one-time addresses: see hash.h. */
#include "hash.h"

#include <errno.h>
#include <string.h>
#include <iothaddr.h>

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

int named_hash_address(struct in6_addr *address, const struct named_auth_record *record,
    const struct named_options *options, struct named_otip_keys *keys,
    const struct named_query *query, time_t wall)
{
	uint32_t period = (uint32_t)(wall / NAMED_OTIP_PERIOD);
	uint8_t key[IOTHADDR_KEY_LEN];
	char text[NAMED_HASH_TEXT_SIZE];
	int error;

	*address = record->base;
	if (record->base_host && !named_host_address(record->base_host, address))
		return -EAGAIN;
	to_text(text, options->hashcase ? named_query_spelling(query) : query->name.wire);
	if (record->type == NAMED_AUTH_HASH) {
		iothaddr_hash(address, text, NULL, 0);
		return 0;
	}
	if (options->otipdigest == NAMED_OTIP_MD5) {
		iothaddr_hash(address, text, record->password, period);
		return 0;
	}
	error =
	    keys ? named_otip_key(keys, text, record->password, (unsigned int)options->otiprounds, key)
	         : -ENOSYS;
	if (error < 0)
		return error;
	iothaddr_hmac(address, text, key, period);
	explicit_bzero(key, sizeof(key));
	return 0;
}
