/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies: see reply.h.
 *
 * Compression. The names written so far, and their suffixes, are remembered by hash, length and
 * offset; a match is looked at in the message before it is pointed to. They are few: what does not
 * fit into the list is not pointed to. The owner that is the question's name, that of nearly all
 * records, costs none of this.
 */
#include "reply.h"

#include <errno.h>
#include <string.h>

#include "wire.h"

#define POINTER         0xc000
#define POINTER_END     0x4000
#define QUESTION        (POINTER | NAMED_HEADER_LEN)
#define OPT_LEN         11 /* owner, type, size, TTL, length */
#define OPTION_HEAD_LEN 4
#define OPTION_COOKIE   10
#define OPTION_EDE      15
#define EDE_LEN         2

static void put_u16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put_u32(uint8_t *p, uint32_t value)
{
	put_u16(p, value >> 16);
	put_u16(p + 2, value & 0xffff);
}

void named_reply_begin(struct named_reply *reply, const struct named_query *query, void *bytes,
    size_t size, uint16_t flags)
{
	reply->query = query;
	reply->bytes = bytes;
	reply->size = size < NAMED_MESSAGE_MAX ? size : NAMED_MESSAGE_MAX;
	reply->room = reply->size - (query->edns ? OPT_LEN : 0);
	reply->flags = (uint16_t)(NAMED_FLAG_QR | flags |
	                          (query->flags & (NAMED_FLAG_OPCODE | NAMED_FLAG_RD | NAMED_FLAG_CD)));
	reply->rcode = NAMED_NOERROR;
	reply->counts[0] = query->question_len > 0;
	reply->counts[1] = reply->counts[2] = reply->counts[3] = 0;
	reply->truncated = false;
	reply->ede = NAMED_EDE_NONE;
	reply->edns_size = NAMED_EDNS_SIZE;
	reply->cookie_len = 0;
	reply->names_count = 0;
	memcpy(reply->bytes + NAMED_HEADER_LEN, named_query_spelling(query), query->question_len);
	reply->at = reply->question_end = NAMED_HEADER_LEN + (size_t)query->question_len;
}

void named_reply_cookie(struct named_reply *reply, const void *cookie, size_t len)
{
	memcpy(reply->cookie, cookie, len);
	reply->cookie_len = (uint8_t)len;
	reply->room -= OPTION_HEAD_LEN + NAMED_COOKIE_CLIENT_LEN + len;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* The uncompressed name that is at `offset`, if it is this one: what is behind pointers was written
 * by us and leads backwards. */
static bool is_at(const struct named_reply *reply, size_t offset, const uint8_t *name)
{
	const uint8_t *p = reply->bytes + offset;

	for (;;) {
		while (p[0] >= 0xc0)
			p = reply->bytes + ((size_t)(p[0] & 0x3f) << 8 | p[1]);
		if (!named_wire_equal(p, name, p[0] + 1U))
			return false;
		if (p[0] == 0)
			return true;
		name += p[0] + 1U;
		p += p[0] + 1U;
	}
}

static void remember(struct named_reply *reply, size_t offset, size_t len, uint64_t hash)
{
	struct named_reply_name *entry;

	if (reply->names_count == NAMED_REPLY_NAMES || offset >= POINTER_END)
		return;
	entry = &reply->names[reply->names_count++];
	*entry = (struct named_reply_name){(uint16_t)offset, (uint8_t)len, hash};
}

/* A name and its suffixes that have more than `last` labels. */
static void remember_suffixes(struct named_reply *reply, const struct named_name *name,
    const uint64_t *hash, size_t offset, unsigned int last)
{
	for (unsigned int labels = name->labels; labels > last; labels--)
		remember(reply, offset + name->offset[name->labels - labels],
		    named_name_suffix_len(name, labels), hash[labels]);
}

static const struct named_reply_name *find(
    const struct named_reply *reply, const uint8_t *name, size_t len, uint64_t hash)
{
	for (unsigned int i = 0; i < reply->names_count; i++) {
		const struct named_reply_name *entry = &reply->names[i];

		if (entry->hash == hash && entry->len == len && is_at(reply, entry->offset, name))
			return entry;
	}
	return NULL;
}

/* Writes a name at reply->at, as short as it gets. 0 or -EMSGSIZE. */
static int put_name(struct named_reply *reply, const uint8_t *wire, size_t max)
{
	const struct named_reply_name *found = NULL;
	uint64_t hash[NAME_MAX_LABELS];
	struct named_name name;
	unsigned int labels;
	size_t len;

	if (named_name_read(&name, wire, max) < 0)
		return -EMSGSIZE;
	if (reply->names_count == 0 && reply->counts[0]) {
		named_name_hashes(&reply->query->name, hash);
		remember_suffixes(reply, &reply->query->name, hash, NAMED_HEADER_LEN, 0);
	}
	named_name_hashes(&name, hash);
	for (labels = name.labels; labels > 0 && !found; labels--)
		found = find(reply, named_name_suffix(&name, labels), named_name_suffix_len(&name, labels),
		    hash[labels]);
	labels += found != NULL; /* of the suffix that is there already */
	len = found ? name.offset[name.labels - labels] : name.len;
	if (len + (found ? 2 : 0) > reply->room - reply->at)
		return -EMSGSIZE;
	memcpy(reply->bytes + reply->at, wire, len);
	remember_suffixes(reply, &name, hash, reply->at, labels);
	reply->at += len;
	if (found) {
		put_u16(reply->bytes + reply->at, POINTER | found->offset);
		reply->at += 2;
	}
	return 0;
}

/* ---- records -------------------------------------------------------------------------------- */

static int put_bytes(struct named_reply *reply, const void *bytes, size_t len)
{
	if (len > reply->room - reply->at)
		return -EMSGSIZE;
	if (len > 0)
		memcpy(reply->bytes + reply->at, bytes, len);
	reply->at += len;
	return 0;
}

/* The data of types whose names may be compressed: `before` bytes, `names` names, the rest. */
static int put_data(
    struct named_reply *reply, const uint8_t *data, size_t len, size_t before, unsigned int names)
{
	if (before > len || put_bytes(reply, data, before) < 0)
		return -EMSGSIZE;
	for (; names > 0; names--) {
		size_t end = before;

		if (put_name(reply, data + before, len - before) < 0)
			return -EMSGSIZE;
		while (data[end])
			end += data[end] + 1U;
		before = end + 1;
	}
	return put_bytes(reply, data + before, len - before);
}

static int put_record(struct named_reply *reply, const uint8_t *owner, uint16_t type, uint32_t ttl,
    const void *data, size_t len)
{
	uint8_t *head;
	size_t begin;
	int error;

	if (owner) {
		error = put_name(reply, owner, NAME_MAX_WIRE);
		if (error < 0)
			return error;
	} else {
		if (reply->room - reply->at < 2)
			return -EMSGSIZE;
		put_u16(reply->bytes + reply->at, QUESTION);
		reply->at += 2;
	}
	if (reply->room - reply->at < 10)
		return -EMSGSIZE;
	head = reply->bytes + reply->at;
	put_u16(head, type);
	put_u16(head + 2, NAMED_CLASS_IN);
	put_u32(head + 4, ttl);
	reply->at += 10;
	begin = reply->at;
	switch (type) {
	case NAMED_TYPE_NS:
	case NAMED_TYPE_CNAME:
	case NAMED_TYPE_PTR:
		error = put_data(reply, data, len, 0, 1);
		break;
	case NAMED_TYPE_MX:
		error = put_data(reply, data, len, 2, 1);
		break;
	case NAMED_TYPE_SOA:
		error = put_data(reply, data, len, 0, 2);
		break;
	default:
		error = put_bytes(reply, data, len);
	}
	put_u16(head + 8, (unsigned int)(reply->at - begin));
	return error;
}

int named_reply_rr(struct named_reply *reply, enum named_section section, const uint8_t *owner,
    uint16_t type, uint32_t ttl, const void *data, size_t len)
{
	size_t at = reply->at;
	unsigned int names = reply->names_count;

	if (put_record(reply, owner, type, ttl, data, len) < 0) {
		reply->at = at;
		reply->names_count = names;
		return -EMSGSIZE;
	}
	reply->counts[section]++;
	return 0;
}

int named_reply_prepared(struct named_reply *reply, enum named_section section, const void *records,
    size_t len, unsigned int count)
{
	if (put_bytes(reply, records, len) < 0)
		return -EMSGSIZE;
	reply->counts[section] = (uint16_t)(reply->counts[section] + count);
	return 0;
}

/* ---- the end -------------------------------------------------------------------------------- */

static void put_opt(struct named_reply *reply)
{
	struct wire_writer writer = wire_writer(reply->bytes + reply->at, reply->size - reply->at);
	size_t begun;

	wire_put_u8(&writer, 0);
	wire_put_u16(&writer, NAMED_TYPE_OPT);
	wire_put_u16(&writer, reply->edns_size);
	wire_put_u8(&writer, (uint8_t)(reply->rcode >> 4));
	wire_put_u8(&writer, 0);
	wire_put_u16(&writer, reply->query->edns_flags & NAMED_EDNS_DO); /* RFC 3225, 3 */
	begun = wire_begin_u16(&writer);
	if (reply->cookie_len) {
		wire_put_u16(&writer, OPTION_COOKIE);
		wire_put_u16(&writer, (uint16_t)(NAMED_COOKIE_CLIENT_LEN + reply->cookie_len));
		wire_put_bytes(&writer, reply->query->cookie, NAMED_COOKIE_CLIENT_LEN);
		wire_put_bytes(&writer, reply->cookie, reply->cookie_len);
	}
	if (reply->ede != NAMED_EDE_NONE && writer.size - writer.at >= OPTION_HEAD_LEN + EDE_LEN) {
		wire_put_u16(&writer, OPTION_EDE);
		wire_put_u16(&writer, EDE_LEN);
		wire_put_u16(&writer, (uint16_t)reply->ede);
	}
	wire_end_u16(&writer, begun);
	reply->at += writer.at;
	reply->counts[NAMED_ADDITIONAL]++;
}

size_t named_reply_end(struct named_reply *reply)
{
	if (reply->truncated) {
		reply->at = reply->question_end;
		reply->counts[1] = reply->counts[2] = reply->counts[3] = 0;
		reply->rcode = NAMED_NOERROR;
		reply->flags = (uint16_t)((reply->flags & ~NAMED_FLAG_AA) | NAMED_FLAG_TC | NAMED_FLAG_RA);
	}
	if (reply->query->edns)
		put_opt(reply);
	put_u16(reply->bytes, reply->query->id);
	put_u16(
	    reply->bytes + 2, (reply->flags & ~NAMED_FLAG_RCODE) | (reply->rcode & NAMED_FLAG_RCODE));
	for (size_t i = 0; i < 4; i++)
		put_u16(reply->bytes + 4 + 2 * i, reply->counts[i]);
	return reply->at;
}
