/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Server cookies (RFC 7873) in the form that all servers share (RFC 9018, 4): version 1, three
 * zeros, a time, and SipHash-2-4 over them, the client's cookie and its address.
 *
 * Two secrets can be valid: with the new one cookies are made, with both they are checked, so that
 * a change of secret, on this server or on several that serve one address, invalidates none.
 */
#ifndef NAMED_COOKIE_H
#define NAMED_COOKIE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "siphash.h"

#define NAMED_COOKIE_LEN 16

struct named_cookie_secrets {
	unsigned int count; /* 1 or 2; 0: cookies are not given */
	struct siphash_key secret[2];
};

enum named_cookie_status {
	NAMED_COOKIE_NONE,      /* the query has none */
	NAMED_COOKIE_MALFORMED, /* FORMERR: RFC 7873, 5.2.2 */
	NAMED_COOKIE_NEW,       /* the client's alone */
	NAMED_COOKIE_BAD,       /* not ours, or too old */
	NAMED_COOKIE_GOOD,
};

/* `option` is the COOKIE option of a query, or NULL. Unless NONE or MALFORMED, `server` gets the
 * cookie that the reply is to have. */
enum named_cookie_status named_cookie_check(const struct named_cookie_secrets *secrets,
    const uint8_t *option, size_t len, const struct in6_addr *client, time_t now,
    uint8_t server[NAMED_COOKIE_LEN]);

#endif
