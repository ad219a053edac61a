/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DNS cookies between us and the servers (RFC 7873, 5.1 and 5.3): who is not on the path does not
 * know ours, and so has 64 bits more to guess.
 *
 * Ours is made of a secret and the server's address, so nothing is kept but what the server gave
 * last. Once a server has given one, a reply without is taken for a forgery; one that falls silent
 * may have forgotten (forward_server.c).
 */
#include <string.h>

#include "edns.h"
#include "forward_internal.h"

static void our_cookie(const struct named_forward *forward, unsigned int number,
    uint8_t cookie[NAMED_COOKIE_CLIENT_LEN])
{
	uint64_t hash = siphash_2_4(
	    &forward->cookie_key, &forward->servers[number].endpoint.address, sizeof(struct in6_addr));

	memcpy(cookie, &hash, NAMED_COOKIE_CLIENT_LEN);
}

size_t forward_put_cookie(const struct named_forward *forward, const struct forward_query *query,
    unsigned int number, uint8_t *bytes)
{
	const struct forward_server *server = &forward->servers[number];
	uint8_t cookie[NAMED_COOKIE_CLIENT_LEN + NAMED_COOKIE_SERVER_MAX];

	if (!forward->config.cookies || query->options == 0)
		return query->len;
	our_cookie(forward, number, cookie);
	memcpy(cookie + NAMED_COOKIE_CLIENT_LEN, server->cookie, server->cookie_len);
	return named_edns_add(bytes, query->len, NAMED_MESSAGE_MAX, query->options, NAMED_OPTION_COOKIE,
	    cookie, NAMED_COOKIE_CLIENT_LEN + (size_t)server->cookie_len);
}

bool forward_check_cookie(
    struct named_forward *forward, const struct forward_query *query, unsigned int number)
{
	struct forward_server *server = &forward->servers[number];
	const struct named_message *message = &forward->message;
	uint8_t ours[NAMED_COOKIE_CLIENT_LEN];
	const uint8_t *cookie;
	size_t len;

	if (!forward->config.cookies || query->options == 0)
		return true;
	cookie = named_option_find(
	    message->bytes + message->options, message->options_len, NAMED_OPTION_COOKIE, &len);
	if (!cookie)
		return server->cookie_len == 0;
	our_cookie(forward, number, ours);
	if (len < sizeof(ours) || memcmp(cookie, ours, sizeof(ours)) != 0)
		return false;
	len -= sizeof(ours);
	if (len >= NAMED_COOKIE_SERVER_MIN && len <= NAMED_COOKIE_SERVER_MAX) {
		memcpy(server->cookie, cookie + sizeof(ours), len);
		server->cookie_len = (uint8_t)len;
	}
	return true;
}
