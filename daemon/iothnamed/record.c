/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records as text: see record.h. */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "keyword.h"
#include "options.h"
#include "query.h"
#include "reverse.h"
#include "wire.h"

#define WRONG_NAME   "a domain name is expected"
#define WRONG_NUMBER "a number is expected, or it is too large"

#define SOA_SERIAL  1
#define SOA_REFRESH 10800
#define SOA_RETRY   3600
#define SOA_EXPIRE  604800
#define SOA_MINIMUM 600

int named_address_from_text(const char *text, struct in6_addr *address, unsigned int *len)
{
	struct addrtext_prefix prefix;

	if (addrtext_parse_ip(text, &prefix) < 0)
		return -EINVAL;
	*address = (struct in6_addr){0};
	if (prefix.family == AF_INET) {
		address->s6_addr[10] = address->s6_addr[11] = 0xff; /* RFC 4291, 2.5.5.2 */
		memcpy(address->s6_addr + 12, prefix.address, 4);
	} else {
		memcpy(address->s6_addr, prefix.address, 16);
	}
	if (len)
		*len = prefix.len;
	return 0;
}

static const char *put_name(struct wire_writer *data, const char *text)
{
	struct dns_name name;

	if (name_from_text(&name, text) < 0)
		return WRONG_NAME;
	wire_put_bytes(data, name.wire, name.len);
	return NULL;
}

static const char *put_number(struct wire_writer *data, const char *text, unsigned int bytes)
{
	int64_t number;

	if (option_number(text, 0, (1LL << 8 * bytes) - 1, &number) < 0)
		return WRONG_NUMBER;
	if (bytes == 1)
		wire_put_u8(data, (uint8_t)number);
	else if (bytes == 2)
		wire_put_u16(data, (uint16_t)number);
	else
		wire_put_u32(data, (uint32_t)number);
	return NULL;
}

/* The functions below get what is behind the name; how many words there may be has been checked. */
typedef const char *put_function(
    struct wire_writer *data, const struct optlist_item *words, size_t count);

static const char *put_a(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	struct addrtext_prefix address;

	(void)count;
	if (addrtext_parse_ip(words->tag, &address) < 0 || address.family != AF_INET)
		return "an IPv4 address is expected";
	wire_put_bytes(data, address.address, 4);
	return NULL;
}

static const char *put_aaaa(
    struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	struct addrtext_prefix address;

	(void)count;
	if (addrtext_parse_ip(words->tag, &address) < 0 || address.family != AF_INET6)
		return "an IPv6 address is expected";
	wire_put_bytes(data, address.address, 16);
	return NULL;
}

static const char *put_target(
    struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	(void)count;
	return put_name(data, words->tag);
}

static const char *put_mx(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	const char *wrong = put_number(data, words[0].tag, 2);

	(void)count;
	return wrong ? wrong : put_name(data, words[1].tag);
}

/* RFC 2782 */
static const char *put_srv(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	const char *wrong = NULL;

	(void)count;
	for (size_t i = 0; i < 3 && !wrong; i++)
		wrong = put_number(data, words[i].tag, 2);
	return wrong ? wrong : put_name(data, words[3].tag);
}

/* What is longer than a string may be is cut. */
static void put_string(struct wire_writer *data, const char *text)
{
	size_t len = strnlen(text, 255);

	wire_put_u8(data, (uint8_t)len);
	wire_put_bytes(data, text, len);
}

static const char *put_txt(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_string(data, words[i].tag);
	return NULL;
}

/* RFC 8659, 4.1: flags, tag, and a value that has no length of its own. */
static const char *put_caa(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	const char *wrong = put_number(data, words[0].tag, 1), *tag = words[1].tag;

	(void)count;
	if (wrong)
		return wrong;
	if (!*tag || tag[strspn(tag, letters)] || strlen(tag) > 255)
		return "a tag of letters and digits is expected";
	put_string(data, tag);
	wire_put_bytes(data, words[2].tag, strlen(words[2].tag));
	return NULL;
}

static const char *put_soa(struct wire_writer *data, const struct optlist_item *words, size_t count)
{
	static const uint32_t usual[] = {SOA_SERIAL, SOA_REFRESH, SOA_RETRY, SOA_EXPIRE, SOA_MINIMUM};
	const char *wrong = put_name(data, words[0].tag);

	if (!wrong)
		wrong = put_name(data, words[1].tag);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]) && !wrong; i++) {
		if (i + 2 < count)
			wrong = put_number(data, words[i + 2].tag, 4);
		else
			wire_put_u32(data, usual[i]);
	}
	return wrong;
}

static const struct record_type {
	const char *keyword;
	uint16_t type;
	uint16_t min, max; /* words behind the name */
	put_function *put;
	const char *expected;
} types[] = {
    {"A", NAMED_TYPE_A, 1, 1, put_a, "A NAME ADDRESS"},
    {"AAAA", NAMED_TYPE_AAAA, 1, 1, put_aaaa, "AAAA NAME ADDRESS"},
    {"PTR", NAMED_TYPE_PTR, 1, 1, put_target, "PTR ADDRESS|NAME TARGET"},
    {"NS", NAMED_TYPE_NS, 1, 1, put_target, "NS NAME TARGET"},
    {"CNAME", NAMED_TYPE_CNAME, 1, 1, put_target, "CNAME NAME TARGET"},
    {"TXT", NAMED_TYPE_TXT, 1, UINT16_MAX, put_txt, "TXT NAME STRING..."},
    {"MX", NAMED_TYPE_MX, 2, 2, put_mx, "MX NAME PREFERENCE TARGET"},
    {"SRV", NAMED_TYPE_SRV, 4, 4, put_srv, "SRV NAME PRIORITY WEIGHT PORT TARGET"},
    {"CAA", NAMED_TYPE_CAA, 3, 3, put_caa, "CAA NAME FLAGS TAG VALUE"},
    {"SOA", NAMED_TYPE_SOA, 2, 7, put_soa,
        "SOA NAME SERVER MAILBOX [SERIAL [REFRESH [RETRY [EXPIRE [MINIMUM]]]]]"},
};

static const struct record_type *find_type(const char *word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (keyword_match(word, types[i].keyword, true) != KEYWORD_NO)
			return &types[i];
	}
	return NULL;
}

/* A PTR record's owner may be the address. */
static const char *set_owner(struct named_record_text *record, const char *text)
{
	struct in6_addr address;
	unsigned int bits;

	if (record->type == NAMED_TYPE_PTR && named_address_from_text(text, &address, &bits) == 0) {
		struct named_name name;

		named_reverse_name(&name, &address, bits);
		record->owner.len = name.len;
		memcpy(record->owner.wire, name.wire, name.len);
		return NULL;
	}
	return name_from_text(&record->owner, text) < 0 ? WRONG_NAME : NULL;
}

const char *named_record_parse(
    struct named_record_text *record, const struct optlist_item *words, size_t count)
{
	struct wire_writer data = wire_writer(record->data, sizeof(record->data));
	const struct record_type *type = count ? find_type(words[0].tag) : NULL;
	const char *wrong;

	if (!type)
		return "a type is expected: A, AAAA, PTR, NS, CNAME, TXT, MX, SRV, CAA or SOA";
	if (count < 2U + type->min || count > 2U + type->max)
		return type->expected;
	record->type = type->type;
	wrong = set_owner(record, words[1].tag);
	if (!wrong)
		wrong = type->put(&data, words + 2, count - 2);
	if (!wrong && data.error)
		wrong = "the data is longer than a record's can be";
	record->len = data.at;
	return wrong;
}
