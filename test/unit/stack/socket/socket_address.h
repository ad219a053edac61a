/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An address from its text. */
#ifndef TEST_SOCKET_ADDRESS_H
#define TEST_SOCKET_ADDRESS_H

#include "inet.h"

#include <string.h>
#include <netinet/in.h>

static inline socklen_t address(
    struct sockaddr_storage *storage, const char *text, uint16_t port, uint32_t zone)
{
	struct px_ip ip = px_ip_parse(text);

	memset(storage, 0, sizeof(*storage));
	if (px_ip_is4(&ip)) {
		struct sockaddr_in in = {
		    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = px_ip4_word(&ip)};
		memcpy(storage, &in, sizeof(in));
		return sizeof(in);
	}
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = zone};
	memcpy(&in6.sin6_addr, ip.b, 16);
	memcpy(storage, &in6, sizeof(in6));
	return sizeof(in6);
}

#endif
