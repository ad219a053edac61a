/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries from bytes: see query.h. */
#include "query.h"

#include "wire.h"

#define OPTION_COOKIE 10 /* RFC 7873, 4 */

/* Goes over a record's owner. What a pointer leads to does not matter here. */
static void skip_owner(struct wire_reader *reader)
{
	uint8_t first;

	while ((first = wire_u8(reader)) != 0) {
		if (first >= 0xc0) {
			wire_skip(reader, 1);
			return;
		}
		if (first > NAME_MAX_LABEL) {
			reader->error = true;
			return;
		}
		wire_skip(reader, first);
	}
}

/* Options: all lengths must be right; COOKIE is remembered, others are not known here. */
static void read_options(struct named_query *query)
{
	struct wire_reader reader = wire_reader(query->options, query->options_len);

	while (wire_left(&reader) > 0) {
		uint16_t code = wire_u16(&reader), len = wire_u16(&reader);
		const uint8_t *value = wire_take(&reader, len);

		if (code == OPTION_COOKIE && value && !query->cookie) {
			query->cookie = value;
			query->cookie_len = len;
		}
	}
	if (reader.error)
		query->options = NULL;
}

/* One record behind the question; false: FORMERR. */
static bool read_record(struct named_query *query, struct wire_reader *reader, bool additional)
{
	size_t begin = reader->at;
	uint16_t type, class;
	uint32_t ttl;

	skip_owner(reader);
	if (reader->error)
		return false;
	begin = reader->at - begin; /* 1: the root */
	type = wire_u16(reader);
	class = wire_u16(reader);
	ttl = wire_u32(reader);
	if (type != NAMED_TYPE_OPT) {
		wire_skip(reader, wire_u16(reader));
		return !reader->error;
	}
	if (!additional || begin != 1 || query->edns) /* RFC 6891, 6.1.1 */
		return false;
	query->options_len = wire_u16(reader);
	query->options = wire_take(reader, query->options_len);
	if (reader->error)
		return false;
	query->edns = true;
	query->edns_size = class;
	query->edns_version = (uint8_t)(ttl >> 16);
	query->edns_flags = (uint16_t)ttl;
	read_options(query);
	return query->options != NULL;
}

/* All records, and nothing behind them. */
static bool read_records(
    struct named_query *query, struct wire_reader *reader, size_t before, size_t records)
{
	for (size_t i = 0; i < records; i++) {
		if (!read_record(query, reader, i >= before))
			return false;
	}
	return wire_left(reader) == 0;
}

/* Everything behind the header. */
static bool read_sections(struct named_query *query, struct wire_reader *reader)
{
	uint16_t questions = wire_u16(reader), answers = wire_u16(reader),
	         authorities = wire_u16(reader), additional = wire_u16(reader);
	size_t before = (size_t)answers + authorities, records = before + additional;
	int name_len;

	if (questions != 1)
		return questions == 0 && read_records(query, reader, before, records);
	name_len = named_name_read(&query->name, reader->data + reader->at, wire_left(reader));
	if (name_len < 0)
		return false;
	wire_skip(reader, (size_t)name_len);
	query->type = wire_u16(reader);
	query->class = wire_u16(reader);
	if (reader->error)
		return false;
	query->question_len = (uint16_t)(reader->at - NAMED_HEADER_LEN);
	return query->type != NAMED_TYPE_OPT && read_records(query, reader, before, records);
}

enum named_query_status named_query_parse(
    struct named_query *query, const uint8_t *bytes, size_t len)
{
	struct wire_reader reader = wire_reader(bytes, len);

	if (len < NAMED_HEADER_LEN)
		return NAMED_QUERY_DROP;
	query->bytes = bytes;
	query->len = len;
	query->id = wire_u16(&reader);
	query->flags = wire_u16(&reader);
	query->question_len = 0;
	query->type = query->class = 0;
	query->name.len = query->name.labels = 0;
	query->edns = false;
	query->edns_version = 0;
	query->edns_flags = query->edns_size = query->options_len = query->cookie_len = 0;
	query->options = query->cookie = NULL;
	if (query->flags & NAMED_FLAG_QR)
		return NAMED_QUERY_DROP;
	/* Other opcodes may have other formats (RFC 1996, RFC 2136, RFC 8490). */
	if (query->flags & NAMED_FLAG_OPCODE)
		return NAMED_QUERY_NOTIMP;
	if (!read_sections(query, &reader))
		return NAMED_QUERY_FORMERR;
	if (query->edns && query->edns_version != 0)
		return NAMED_QUERY_BADVERS;
	if (query->question_len == 0)
		return query->cookie ? NAMED_QUERY_COOKIE : NAMED_QUERY_FORMERR;
	return NAMED_QUERY_OK;
}
