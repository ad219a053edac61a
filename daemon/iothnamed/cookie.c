/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Server cookies: see cookie.h. */
#include "cookie.h"

#include <stdbool.h>
#include <string.h>

#include "query.h"

#define VERSION     1
#define TIME_AT     4
#define HASH_AT     8
#define VALID_PAST  3600 /* RFC 9018, 4.3 */
#define VALID_AHEAD 300
#define RENEW_AFTER 1800

static uint32_t read_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* RFC 9018, 4.4: client's cookie, version, zeros, time, address; 4 bytes of IPv4. */
static void make_hash(uint8_t hash[8], const struct siphash_key *secret,
    const uint8_t *client_cookie, const uint8_t *server, const struct in6_addr *client)
{
	uint8_t input[NAMED_COOKIE_CLIENT_LEN + HASH_AT + 16];
	size_t len = NAMED_COOKIE_CLIENT_LEN + HASH_AT;
	uint64_t value;

	memcpy(input, client_cookie, NAMED_COOKIE_CLIENT_LEN);
	memcpy(input + NAMED_COOKIE_CLIENT_LEN, server, HASH_AT);
	if (IN6_IS_ADDR_V4MAPPED(client)) {
		memcpy(input + len, client->s6_addr + 12, 4);
		len += 4;
	} else {
		memcpy(input + len, client->s6_addr, 16);
		len += 16;
	}
	value = siphash_2_4(secret, input, len);
	/* SipHash's bytes are those of a little-endian number. */
	for (int i = 0; i < 8; i++)
		hash[i] = (uint8_t)(value >> 8 * i);
}

static void make(uint8_t server[NAMED_COOKIE_LEN], const struct siphash_key *secret,
    const uint8_t *client_cookie, const struct in6_addr *client, time_t now)
{
	const uint32_t time32 = (uint32_t)now;

	memset(server, 0, TIME_AT);
	server[0] = VERSION;
	for (int i = 0; i < 4; i++)
		server[TIME_AT + i] = (uint8_t)(time32 >> (24 - 8 * i));
	make_hash(server + HASH_AT, secret, client_cookie, server, client);
}

/* Takes no less time for a wrong byte that comes early. */
static bool is_same(const uint8_t *a, const uint8_t *b)
{
	uint8_t difference = 0;

	for (int i = 0; i < 8; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* The number of the secret that a cookie of ours was made with, or -1. */
static int check(const struct named_cookie_secrets *secrets, const uint8_t *client_cookie,
    const uint8_t *server, const struct in6_addr *client)
{
	uint8_t hash[8];

	for (unsigned int i = 0; i < secrets->count; i++) {
		make_hash(hash, &secrets->secret[i], client_cookie, server, client);
		if (is_same(hash, server + HASH_AT))
			return (int)i;
	}
	return -1;
}

enum named_cookie_status named_cookie_check(const struct named_cookie_secrets *secrets,
    const uint8_t *option, size_t len, const struct in6_addr *client, time_t now,
    uint8_t server[NAMED_COOKIE_LEN])
{
	const uint8_t *old;
	int secret, age;

	if (!option || secrets->count == 0)
		return NAMED_COOKIE_NONE;
	if (len != NAMED_COOKIE_CLIENT_LEN &&
	    (len < NAMED_COOKIE_CLIENT_LEN + NAMED_COOKIE_SERVER_MIN ||
	        len > NAMED_COOKIE_CLIENT_LEN + NAMED_COOKIE_SERVER_MAX))
		return NAMED_COOKIE_MALFORMED;
	if (len == NAMED_COOKIE_CLIENT_LEN) {
		make(server, &secrets->secret[0], option, client, now);
		return NAMED_COOKIE_NEW;
	}
	old = option + NAMED_COOKIE_CLIENT_LEN;
	/* The difference of two times, as serial numbers (RFC 1982). */
	age = (int)((uint32_t)now - read_u32(old + TIME_AT));
	secret = -1;
	if (len == NAMED_COOKIE_CLIENT_LEN + NAMED_COOKIE_LEN && old[0] == VERSION &&
	    age <= VALID_PAST && age >= -VALID_AHEAD)
		secret = check(secrets, option, old, client);
	if (secret == 0 && age <= RENEW_AFTER)
		memcpy(server, old, NAMED_COOKIE_LEN);
	else
		make(server, &secrets->secret[0], option, client, now);
	return secret < 0 ? NAMED_COOKIE_BAD : NAMED_COOKIE_GOOD;
}
