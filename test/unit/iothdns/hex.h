/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages as hexadecimal text, blanks between the bytes left out. */
#ifndef TEST_IOTHDNS_HEX_H
#define TEST_IOTHDNS_HEX_H

#include <stdio.h>
#include <string.h>

static inline size_t from_hex(const char *hex, unsigned char *bytes)
{
	size_t len = 0;

	while (*hex) {
		unsigned int byte;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		if (sscanf(hex, "%2x", &byte) != 1)
			return 0;
		bytes[len++] = (unsigned char)byte;
		hex += 2;
	}
	return len;
}

static inline const char *to_hex(const void *data, size_t len, char *hex)
{
	const unsigned char *bytes = data;

	hex[0] = '\0';
	for (size_t i = 0; i < len; i++)
		sprintf(hex + 2 * i, "%02x", bytes[i]);
	return hex;
}

#endif
