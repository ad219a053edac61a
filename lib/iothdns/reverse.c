/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of addresses: see reverse.h. */
#include "reverse.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void reverse_name(char name[REVERSE_NAME_SIZE], int family, const void *address)
{
	const uint8_t *bytes = address;
	size_t at = 0;

	if (family == AF_INET) {
		snprintf(name, REVERSE_NAME_SIZE, "%u.%u.%u.%u.in-addr.arpa.", bytes[3], bytes[2], bytes[1],
		    bytes[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		at += (size_t)snprintf(
		    name + at, REVERSE_NAME_SIZE - at, "%x.%x.", bytes[i] & 0xfU, bytes[i] >> 4U);
	memcpy(name + at, "ip6.arpa.", sizeof("ip6.arpa."));
}
