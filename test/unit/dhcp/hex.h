/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets as hexadecimal text. */
#ifndef TEST_HEX_H
#define TEST_HEX_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Returns the number of bytes. */
static inline size_t from_hex(const char *text, uint8_t *bytes, size_t size)
{
	size_t len = strlen(text) / 2;
	unsigned int byte;

	for (size_t i = 0; i < len && i < size; i++) {
		sscanf(text + i * 2, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	return len;
}

static inline const char *to_hex(const void *bytes, size_t len)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < len && i * 2 + 3 < sizeof(text); i++)
		snprintf(text + i * 2, 3, "%02x", ((const uint8_t *)bytes)[i]);
	return text;
}

#endif
