/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both versions of the PROXY protocol: see proxy_header.h. */
#include "proxy_header.h"

#include <stdio.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "wire.h"

/* Section 2.1: "PROXY TCP6 SOURCE DESTINATION PORT PORT\r\n". */
static size_t write_text(uint8_t header[PROXY_HEADER_MAX], const struct sockaddr_in6 *client,
    const struct sockaddr_in6 *local)
{
	char from[ADDRTEXT_IP_SIZE], to[ADDRTEXT_IP_SIZE];

	(void)addrtext_print_ip(from, sizeof(from), AF_INET6, &client->sin6_addr);
	(void)addrtext_print_ip(to, sizeof(to), AF_INET6, &local->sin6_addr);
	return (size_t)snprintf((char *)header, PROXY_HEADER_MAX, "PROXY TCP6 %s %s %u %u\r\n", from,
	    to, ntohs(client->sin6_port), ntohs(local->sin6_port));
}

/* Section 2.2. */
static size_t write_binary(uint8_t header[PROXY_HEADER_MAX], const struct sockaddr_in6 *client,
    const struct sockaddr_in6 *local)
{
	static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";
	struct wire_writer w = wire_writer(header, PROXY_HEADER_MAX);

	wire_put_bytes(&w, signature, sizeof(signature));
	wire_put_u8(&w, 0x21); /* version 2, PROXY */
	wire_put_u8(&w, 0x21); /* AF_INET6, STREAM */
	wire_put_u16(&w, 36);
	wire_put_bytes(&w, &client->sin6_addr, 16);
	wire_put_bytes(&w, &local->sin6_addr, 16);
	wire_put_u16(&w, ntohs(client->sin6_port));
	wire_put_u16(&w, ntohs(local->sin6_port));
	return w.at;
}

size_t proxy_header_write(uint8_t header[PROXY_HEADER_MAX], unsigned int version,
    const struct sockaddr_in6 *client, const struct sockaddr_in6 *local)
{
	return version == 1 ? write_text(header, client, local) : write_binary(header, client, local);
}
