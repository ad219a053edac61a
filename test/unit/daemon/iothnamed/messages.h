/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages for tests of the forwarder and the cache: a question, records one by one. Names are
 * written uncompressed, as text. */
#ifndef TEST_NAMED_MESSAGES_H
#define TEST_NAMED_MESSAGES_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dnsname.h"
#include "reply.h"
#include "wire.h"

struct test_message {
	size_t len;
	uint8_t bytes[NAMED_MESSAGE_MAX];
};

static inline void test_put(struct test_message *m, const void *bytes, size_t len)
{
	assert(m->len + len <= sizeof(m->bytes));
	if (len > 0)
		memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static inline void test_put_u16(struct test_message *m, unsigned int value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	test_put(m, bytes, 2);
}

static inline void test_put_u32(struct test_message *m, uint32_t value)
{
	test_put_u16(m, value >> 16);
	test_put_u16(m, value & 0xffff);
}

static inline void test_put_name(struct test_message *m, const char *text)
{
	struct dns_name name;
	int error = name_from_text(&name, text);

	assert(error == 0);
	(void)error;
	test_put(m, name.wire, name.len);
}

static inline void test_begin(
    struct test_message *m, uint16_t id, uint16_t flags, const char *name, uint16_t type)
{
	m->len = 0;
	test_put_u16(m, id);
	test_put_u16(m, flags);
	test_put_u16(m, 1);
	test_put_u16(m, 0);
	test_put_u32(m, 0);
	test_put_name(m, name);
	test_put_u16(m, type);
	test_put_u16(m, NAMED_CLASS_IN);
}

static inline void test_count(struct test_message *m, enum named_section section)
{
	uint8_t *count = m->bytes + 4 + 2 * section;
	unsigned int value = ((unsigned int)count[0] << 8 | count[1]) + 1;

	count[0] = (uint8_t)(value >> 8);
	count[1] = (uint8_t)value;
}

static inline void test_rr(struct test_message *m, enum named_section section, const char *owner,
    uint16_t type, uint32_t ttl, const void *data, size_t len)
{
	test_put_name(m, owner);
	test_put_u16(m, type);
	test_put_u16(m, NAMED_CLASS_IN);
	test_put_u32(m, ttl);
	test_put_u16(m, (unsigned int)len);
	test_put(m, data, len);
	test_count(m, section);
}

static inline void test_a(struct test_message *m, const char *owner, uint32_t ttl, uint32_t address)
{
	uint8_t data[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
	    (uint8_t)address};

	test_rr(m, NAMED_ANSWER, owner, NAMED_TYPE_A, ttl, data, 4);
}

static inline void test_name_rr(
    struct test_message *m, const char *owner, uint16_t type, uint32_t ttl, const char *target)
{
	struct dns_name name;

	if (name_from_text(&name, target) < 0)
		abort();
	test_rr(m, NAMED_ANSWER, owner, type, ttl, name.wire, name.len);
}

static inline void test_soa(
    struct test_message *m, const char *zone, uint32_t ttl, uint32_t minimum)
{
	uint8_t data[2 + 20] = {0};

	data[18] = (uint8_t)(minimum >> 24);
	data[19] = (uint8_t)(minimum >> 16);
	data[20] = (uint8_t)(minimum >> 8);
	data[21] = (uint8_t)minimum;
	test_rr(m, NAMED_AUTHORITY, zone, NAMED_TYPE_SOA, ttl, data, sizeof(data));
}

/* OPT with options that are bytes already; `flags` are those of OPT. */
static inline void test_opt(struct test_message *m, uint16_t size, unsigned int rcode_high,
    uint16_t flags, const void *options, size_t len)
{
	test_put(m, "", 1);
	test_put_u16(m, NAMED_TYPE_OPT);
	test_put_u16(m, size);
	test_put_u16(m, rcode_high << 8);
	test_put_u16(m, flags);
	test_put_u16(m, (unsigned int)len);
	test_put(m, options, len);
	test_count(m, NAMED_ADDITIONAL);
}

static inline uint16_t test_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t test_u32(const uint8_t *p)
{
	return (uint32_t)test_u16(p) << 16 | test_u16(p + 2);
}

#define TEST_REPLY (NAMED_FLAG_QR | NAMED_FLAG_RD | NAMED_FLAG_RA)

#endif
