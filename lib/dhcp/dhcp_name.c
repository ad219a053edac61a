/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names of DHCP: see dhcp_name.h. */
#include "dhcp_name.h"

#include <errno.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */
#define TEXT_MAX  (DHCP_NAME_SIZE - 1)

/* In no locale: a letter is an ASCII letter. */
static bool is_name_byte(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bool is_label(const uint8_t *label, size_t len)
{
	if (len == 0 || len > LABEL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_byte(label[i]))
			return false;
	}
	return true;
}

bool dhcp_name_is_valid(const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len > TEXT_MAX)
		return false;
	for (size_t at = 0; at <= len;) {
		size_t label = 0;

		while (at + label < len && text[at + label] != '.')
			label++;
		if (!is_label((const uint8_t *)text + at, label))
			return false;
		at += label + 1;
	}
	return true;
}

int dhcp_name_copy(char text[DHCP_NAME_SIZE], const void *name, size_t len)
{
	const char *bytes = name;

	while (len > 0 && bytes[len - 1] == '\0')
		len--;
	if (len > 0 && bytes[len - 1] == '.')
		len--;
	if (len > TEXT_MAX)
		return -EBADMSG;
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	return strlen(text) == len && dhcp_name_is_valid(text) ? 0 : -EBADMSG;
}

int dhcp_name_put(struct wire_writer *writer, const char *name)
{
	if (!dhcp_name_is_valid(name))
		return -EINVAL;
	while (*name) {
		size_t label = strcspn(name, ".");

		wire_put_u8(writer, (uint8_t)label);
		wire_put_bytes(writer, name, label);
		name += label + (name[label] == '.');
	}
	wire_put_u8(writer, 0);
	return writer->error ? -EMSGSIZE : 0;
}

int dhcp_name_get(struct wire_reader *reader, unsigned int flags, char text[DHCP_NAME_SIZE])
{
	struct wire_reader cursor = *reader;
	size_t begin = cursor.at, len = 0;
	bool jumped = false;

	for (;;) {
		const uint8_t *label;
		uint8_t first;

		if ((flags & DHCP_NAME_PARTIAL) && !cursor.error && wire_left(&cursor) == 0)
			break;
		first = wire_u8(&cursor);
		if (first == 0)
			break; /* the root, or an error */
		if ((first & 0xc0) == 0xc0 && (flags & DHCP_NAME_COMPRESSED)) {
			size_t target = (size_t)(first & 0x3f) << 8 | wire_u8(&cursor);

			/* Each pointer leads before the labels that it ends, so a chain of them ends, too. */
			if (cursor.error || target >= begin)
				return -EBADMSG;
			if (!jumped)
				reader->at = cursor.at;
			jumped = true;
			cursor = wire_back(&cursor, target);
			begin = target;
			continue;
		}
		label = first <= LABEL_MAX ? wire_take(&cursor, first) : NULL;
		if (!label || !is_label(label, first) || len + (len > 0) + first > TEXT_MAX)
			return -EBADMSG;
		if (len > 0)
			text[len++] = '.';
		memcpy(text + len, label, first);
		len += first;
	}
	if (cursor.error)
		return -EBADMSG;
	if (!jumped)
		reader->at = cursor.at;
	text[len] = '\0';
	return 0;
}

int dhcp_name_get_list(
    struct wire_reader *reader, unsigned int flags, char (*names)[DHCP_NAME_SIZE], size_t max)
{
	size_t count = 0;

	while (wire_left(reader) > 0 && count < max) {
		if (dhcp_name_get(reader, flags, names[count]) < 0)
			return -EBADMSG;
		if (names[count][0] == '\0')
			break;
		count++;
	}
	return reader->error ? -EBADMSG : (int)count;
}
