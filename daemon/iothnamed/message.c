/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies of other servers: see message.h. */
#include "message.h"

#include <errno.h>

#include "reply.h"

const uint8_t *named_option_find(
    const uint8_t *options, size_t len, enum named_option code, size_t *value_len)
{
	struct wire_reader reader = wire_reader(options, len);

	while (wire_left(&reader) > 0) {
		uint16_t this_code = wire_u16(&reader), this_len = wire_u16(&reader);
		const uint8_t *value = wire_take(&reader, this_len);

		if (value && this_code == code) {
			*value_len = this_len;
			return value;
		}
	}
	return NULL;
}

static void read_opt(struct named_message *message, const struct wire_reader *reader,
    const struct named_record *record)
{
	struct wire_reader options = wire_reader(reader->data + record->data, record->len);

	if (message->edns)
		return; /* the first counts; a second makes no difference to us */
	message->edns = true;
	message->opt = record->owner;
	message->options = record->data;
	message->rcode |= (uint16_t)(record->ttl >> 24 << 4); /* RFC 6891, 6.1.3 */
	while (wire_left(&options) > 0) {
		wire_skip(&options, 2);
		wire_skip(&options, wire_u16(&options));
	}
	message->options_len = options.error ? 0 : record->len;
}

static struct named_record read_record(struct wire_reader *reader)
{
	struct named_record record = {.owner = (uint16_t)reader->at};

	name_skip(reader);
	record.type = wire_u16(reader);
	record.class = wire_u16(reader);
	record.ttl = wire_u32(reader);
	record.len = wire_u16(reader);
	record.data = (uint16_t)reader->at;
	wire_skip(reader, record.len);
	return record;
}

static void keep(struct named_message *message, const struct wire_reader *reader,
    const struct named_record *record, enum named_section section)
{
	if (section == NAMED_ANSWER && message->answers < NAMED_MESSAGE_ANSWERS)
		message->answer[message->answers++] = *record;
	else if (section == NAMED_ANSWER)
		message->answers = NAMED_MESSAGE_ANSWERS + 1;
	if (section == NAMED_AUTHORITY && record->type == NAMED_TYPE_SOA && !message->has_soa) {
		message->has_soa = true;
		message->soa = *record;
	}
	if (section == NAMED_ADDITIONAL && record->type == NAMED_TYPE_OPT)
		read_opt(message, reader, record);
}

int named_message_parse(struct named_message *message, const uint8_t *bytes, size_t len)
{
	struct wire_reader reader = wire_reader(bytes, len);
	uint16_t questions, counts[NAMED_ADDITIONAL + 1];

	if (len > NAMED_MESSAGE_MAX)
		return -EBADMSG;
	message->bytes = bytes;
	message->len = len;
	message->id = wire_u16(&reader);
	message->flags = wire_u16(&reader);
	message->rcode = message->flags & NAMED_FLAG_RCODE;
	message->question_len = 0;
	message->answers = 0;
	message->has_soa = message->edns = false;
	message->opt = message->options = message->options_len = 0;
	questions = wire_u16(&reader);
	for (size_t i = NAMED_ANSWER; i <= NAMED_ADDITIONAL; i++)
		counts[i] = wire_u16(&reader);
	if (reader.error || !(message->flags & NAMED_FLAG_QR))
		return -EBADMSG;
	for (unsigned int i = 0; i < questions && !reader.error; i++) {
		name_skip(&reader);
		wire_skip(&reader, 4);
	}
	if (questions == 1 && !reader.error)
		message->question_len = (uint16_t)(reader.at - NAMED_HEADER_LEN);
	for (unsigned int section = NAMED_ANSWER; section <= NAMED_ADDITIONAL; section++) {
		for (unsigned int i = 0; i < counts[section] && !reader.error; i++) {
			struct named_record record = read_record(&reader);

			if (!reader.error)
				keep(message, &reader, &record, section);
		}
	}
	if (reader.error && !(message->flags & NAMED_FLAG_TC))
		return -EBADMSG;
	return 0;
}
