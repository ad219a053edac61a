/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names: see dnsname.h. */
#include "dnsname.h"

#include <errno.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte that an escape stands for, the text being behind the backslash. -EINVAL or the number of
 * characters. */
static int unescape(const char *text, uint8_t *byte)
{
	unsigned int value;

	if (!is_digit(text[0])) {
		*byte = (uint8_t)text[0];
		return text[0] ? 1 : -EINVAL;
	}
	if (!is_digit(text[1]) || !is_digit(text[2]))
		return -EINVAL;
	value = (unsigned int)(text[0] - '0') * 100 + (unsigned int)(text[1] - '0') * 10 +
	        (unsigned int)(text[2] - '0');
	if (value > 255)
		return -EINVAL;
	*byte = (uint8_t)value;
	return 3;
}

int name_from_text(struct dns_name *name, const char *text)
{
	size_t at = 1, label = 0; /* next byte; where the label's length is */

	if (text[0] == '.' && text[1] == '\0')
		text++;
	while (*text) {
		uint8_t byte = (uint8_t)*text++;

		if (byte == '.') {
			if (at == label + 1)
				return -EINVAL;
			name->wire[label] = (uint8_t)(at - label - 1);
			label = at++;
			continue;
		}
		if (byte == '\\') {
			int used = unescape(text, &byte);

			if (used < 0)
				return used;
			text += used;
		}
		/* The last byte is the root's. */
		if (at - label - 1 == NAME_MAX_LABEL || at >= NAME_MAX_WIRE - 1)
			return -ENAMETOOLONG;
		name->wire[at++] = byte;
	}
	if (at > label + 1) {
		name->wire[label] = (uint8_t)(at - label - 1);
		label = at;
	}
	name->wire[label] = 0;
	name->len = (uint8_t)(label + 1);
	return 0;
}

/* What would not be the same byte, or not be seen, when it is read as text. */
static bool is_plain(uint8_t byte)
{
	static const bool plain[256] = {
	    [0x21 ... '.' - 1] = true,
	    ['.' + 1 ... '\\' - 1] = true,
	    ['\\' + 1 ... 0x7e] = true,
	    [0x80 ... 0xff] = true,
	};

	return plain[byte];
}

/* Copies a label as far as its bytes are plain: most are so whole. */
static size_t copy_plain(char *text, const uint8_t *label, size_t len)
{
	size_t i = 0;

	for (; i < len && is_plain(label[i]); i++)
		text[i] = (char)label[i];
	return i;
}

int name_to_text(const struct dns_name *name, char *text, size_t size)
{
	size_t len = 0;
	const uint8_t *p = name->wire;

	while (*p) {
		size_t left = *p++, plain;

		if (len + (len > 0) + left >= size)
			return -ENAMETOOLONG;
		if (len)
			text[len++] = '.';
		plain = copy_plain(text + len, p, left);
		len += plain;
		p += plain;
		for (left -= plain; left > 0; left--, p++) {
			size_t need = is_plain(*p) ? 1 : *p == '.' ? 2 : 4;

			if (len + need >= size)
				return -ENAMETOOLONG;
			if (is_plain(*p)) {
				text[len++] = (char)*p;
				continue;
			}
			text[len++] = '\\';
			if (*p == '.') {
				text[len++] = '.';
				continue;
			}
			text[len++] = (char)('0' + *p / 100);
			text[len++] = (char)('0' + *p / 10 % 10);
			text[len++] = (char)('0' + *p % 10);
		}
	}
	if (len >= size)
		return -ENAMETOOLONG;
	text[len] = '\0';
	return (int)len;
}

int name_read(struct wire_reader *reader, struct dns_name *name)
{
	struct wire_reader cursor = *reader;
	size_t begin = cursor.at, after = 0, len = 0, hops = 0;

	for (;;) {
		uint8_t first = wire_u8(&cursor);
		const uint8_t *label;

		if (first >= 0xc0) { /* RFC 1035, 4.1.4 */
			size_t target = (size_t)(first & 0x3f) << 8 | wire_u8(&cursor);

			/* Each pointer leads before the labels that it ends, so a chain of them ends, too.
			 * One for each label is what a composer can have a use for. */
			if (cursor.error || target >= begin || ++hops >= NAME_MAX_LABELS)
				goto bad;
			if (!after)
				after = cursor.at;
			cursor.at = target;
			begin = target;
			continue;
		}
		/* 0x40 and 0x80 are no lengths (RFC 6891, 5). */
		if (cursor.error || first > NAME_MAX_LABEL || len + 1 + first >= NAME_MAX_WIRE + !first)
			goto bad;
		name->wire[len++] = first;
		if (!first)
			break;
		label = wire_take(&cursor, first);
		if (!label)
			goto bad;
		memcpy(name->wire + len, label, first);
		len += first;
	}
	name->len = (uint8_t)len;
	reader->at = after ? after : cursor.at;
	return 0;
bad:
	reader->error = true;
	return -EBADMSG;
}

void name_skip(struct wire_reader *reader)
{
	struct dns_name name;

	(void)name_read(reader, &name);
}

bool name_equal(const struct dns_name *a, const struct dns_name *b)
{
	if (a->len != b->len)
		return false;
	/* Lengths of labels are below 'A': they may be folded as the rest is. */
	for (unsigned int i = 0; i < a->len; i++) {
		if (name_lower(a->wire[i]) != name_lower(b->wire[i]))
			return false;
	}
	return true;
}

void name_fold(struct dns_name *name)
{
	for (unsigned int i = 0; i < name->len; i++)
		name->wire[i] = name_lower(name->wire[i]);
}

bool name_is_host(const char *text)
{
	size_t label = 0;

	for (; *text; text++) {
		uint8_t c = name_lower((uint8_t)*text);

		if (c == '.') {
			if (label == 0)
				return false;
			label = 0;
			continue;
		}
		if (!(c >= 'a' && c <= 'z') && !is_digit((char)c) && c != '-' && c != '_')
			return false;
		label++;
	}
	return label > 0;
}
