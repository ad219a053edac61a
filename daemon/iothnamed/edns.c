/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of EDNS0: see edns.h. */
#include "edns.h"

#include <string.h>

#define OPTION_HEAD_LEN 4 /* code, length */
#define OPTION_PADDING  12

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put_u16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* The record's length field is before its options. */
static size_t options_len(const uint8_t *bytes, size_t options)
{
	return get_u16(bytes + options - 2);
}

static void set_options_len(uint8_t *bytes, size_t options, size_t len)
{
	put_u16(bytes + options - 2, len);
}

size_t named_edns_remove(uint8_t *bytes, size_t len, size_t options, enum named_option code)
{
	size_t end = options + options_len(bytes, options), at = options;

	while (at < end) {
		size_t option_len = OPTION_HEAD_LEN + get_u16(bytes + at + 2);

		if (get_u16(bytes + at) != code) {
			at += option_len;
		} else if (end == len) {
			memmove(bytes + at, bytes + at + option_len, end - at - option_len);
			end = len = len - option_len;
			set_options_len(bytes, options, end - options);
		} else {
			put_u16(bytes + at, OPTION_PADDING);
			memset(bytes + at + OPTION_HEAD_LEN, 0, option_len - OPTION_HEAD_LEN);
			at += option_len;
		}
	}
	return len;
}

size_t named_edns_add(uint8_t *bytes, size_t len, size_t size, size_t options,
    enum named_option code, const void *value, size_t value_len)
{
	size_t end = options + options_len(bytes, options);

	if (end != len || size < len || size - len < OPTION_HEAD_LEN + value_len)
		return len;
	put_u16(bytes + len, code);
	put_u16(bytes + len + 2, value_len);
	memcpy(bytes + len + OPTION_HEAD_LEN, value, value_len);
	len += OPTION_HEAD_LEN + value_len;
	set_options_len(bytes, options, len - options);
	return len;
}

void named_edns_cut(uint8_t *bytes, size_t cut, size_t options)
{
	set_options_len(bytes, options, options_len(bytes, options) - cut);
}
