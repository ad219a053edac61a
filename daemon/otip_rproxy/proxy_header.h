/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What tells an inner server who its client is: the PROXY protocol, version 1 (a line of text) or 2
 * (binary), as haproxy has defined it (doc/proxy-protocol.txt) and many servers read it. It comes
 * before all else on a connection, which then is the client's, at the one-time address. */
#ifndef RPROXY_PROXY_HEADER_H
#define RPROXY_PROXY_HEADER_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define PROXY_HEADER_MAX 108 /* version 1's longest line with its NUL; version 2 has 52 */

/* `version` is 1 or 2. The number of bytes. */
size_t proxy_header_write(uint8_t header[PROXY_HEADER_MAX], unsigned int version,
    const struct sockaddr_in6 *client, const struct sockaddr_in6 *local);

#endif
