/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The netlink codec: layout, ends of buffers, hostile lengths. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "nlq_message.h"

/* A message with a family header, plain and nested attributes. */
static struct nlmsghdr *build_sample(struct nlq_builder *builder)
{
	const struct ifinfomsg link = {.ifi_index = 3};
	size_t info;
	size_t data;

	nlq_build_message(builder, RTM_NEWLINK, NLM_F_REQUEST, 7, 9);
	nlq_build_bytes(builder, &link, sizeof(link));
	nlq_build_attr_string(builder, IFLA_IFNAME, "vde0");
	nlq_build_attr_u32(builder, IFLA_MTU, 1500);
	nlq_build_attr_u16(builder, 60, 0x1234);
	nlq_build_attr_u8(builder, 61, 0x56);
	info = nlq_build_nest(builder, IFLA_LINKINFO);
	nlq_build_attr_string(builder, IFLA_INFO_KIND, "vde");
	data = nlq_build_nest(builder, IFLA_INFO_DATA);
	nlq_build_attr(builder, 1, "abc", 3);
	nlq_build_nest_end(builder, data);
	nlq_build_nest_end(builder, info);
	return nlq_build_finish(builder);
}

static void test_layout(void **state)
{
	static const unsigned char attrs[] = {
	    9, 0, IFLA_IFNAME, 0, 'v', 'd', 'e', '0', 0, 0, 0, 0, /* padded with zeros */
	    4 + 1, 0, 9, 0, 0xee, 0, 0, 0,                        /* u8 */
	    12, 0, 18, 0, 7, 0, 8, 0, 'x', 'y', 'z', 0,           /* nested */
	};
	NLQ_BUFFER(buffer, 128);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlmsghdr *message;
	size_t nest;

	memset(buffer, 0xaa, sizeof(buffer));
	nlq_build_message(&builder, 16, 5, 77, 88);
	nlq_build_attr_string(&builder, IFLA_IFNAME, "vde0");
	nlq_build_attr_u8(&builder, 9, 0xee);
	nest = nlq_build_nest(&builder, 18);
	nlq_build_attr(&builder, 8, "xyz", 3);
	nlq_build_nest_end(&builder, nest);
	message = nlq_build_finish(&builder);
	assert_ptr_equal(message, buffer);
	assert_int_equal(message->nlmsg_len, 16 + sizeof(attrs));
	assert_int_equal(message->nlmsg_type, 16);
	assert_int_equal(message->nlmsg_flags, 5);
	assert_int_equal(message->nlmsg_seq, 77);
	assert_int_equal(message->nlmsg_pid, 88);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	assert_memory_equal(buffer + 16, attrs, sizeof(attrs));
#endif
	assert_int_equal(buffer[16 + sizeof(attrs)], 0xaa);
}

static void test_read_back(void **state)
{
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlmsghdr *message;
	const struct ifinfomsg *link;
	const struct nlattr *attrs[IFLA_MAX + 1];
	const struct nlattr *info[IFLA_INFO_MAX + 1];
	const struct nlattr *data[2];
	struct nlq_reader reader;
	char name[8];
	uint32_t mtu;
	uint16_t u16;
	uint8_t u8;

	assert_non_null(build_sample(&builder));
	assert_non_null(build_sample(&builder)); /* a second one behind the first */
	reader = nlq_reader(buffer, builder.used);
	for (int i = 0; i < 2; i++) {
		message = nlq_next_message(&reader);
		assert_non_null(message);
		link = nlq_message_body(message, sizeof(*link));
		assert_non_null(link);
		assert_int_equal(link->ifi_index, 3);
		assert_int_equal(
		    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*link)), attrs, IFLA_MAX), 0);
		assert_int_equal(nlq_attr_string(attrs[IFLA_IFNAME], name, sizeof(name)), 4);
		assert_string_equal(name, "vde0");
		assert_true(nlq_attr_u32(attrs[IFLA_MTU], &mtu));
		assert_int_equal(mtu, 1500);
		assert_true(nlq_attr_u16(attrs[60], &u16));
		assert_int_equal(u16, 0x1234);
		assert_true(nlq_attr_u8(attrs[61], &u8));
		assert_int_equal(u8, 0x56);
		assert_int_equal(
		    nlq_parse_attrs(nlq_nested_attrs(attrs[IFLA_LINKINFO]), info, IFLA_INFO_MAX), 0);
		assert_int_equal(nlq_attr_string(info[IFLA_INFO_KIND], name, sizeof(name)), 3);
		assert_int_equal(nlq_parse_attrs(nlq_nested_attrs(info[IFLA_INFO_DATA]), data, 1), 0);
		assert_int_equal(nlq_attr_len(data[1]), 3);
		assert_memory_equal(nlq_attr_data(data[1]), "abc", 3);
		assert_null(attrs[IFLA_ADDRESS]);
	}
	assert_null(nlq_next_message(&reader));
	assert_int_equal(reader.error, 0);
}

/* In each buffer that is too small the builder fails, and writes nothing behind its end. */
static void test_every_buffer_size(void **state)
{
	NLQ_BUFFER(buffer, 256);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	size_t needed;

	assert_non_null(build_sample(&builder));
	needed = builder.used;
	for (size_t size = 0; size <= needed; size++) {
		memset(buffer, 0xaa, sizeof(buffer));
		builder = nlq_builder(buffer, size);
		if (size < needed) {
			assert_null(build_sample(&builder));
			assert_int_equal(builder.error, -EMSGSIZE);
		} else {
			assert_non_null(build_sample(&builder));
		}
		for (size_t i = size; i < sizeof(buffer); i++)
			assert_int_equal(buffer[i], 0xaa);
	}
}

static void test_long_attributes(void **state)
{
	const size_t size = 200000;
	unsigned char *buffer = malloc(size);
	unsigned char *data = calloc(1, 65536);
	struct nlq_builder builder;
	size_t nest;

	assert_non_null(buffer);
	assert_non_null(data);
	builder = nlq_builder(buffer, size);
	nlq_build_message(&builder, 16, 0, 0, 0);
	nlq_build_attr(&builder, 1, data, 65531);
	assert_non_null(nlq_build_finish(&builder));
	nlq_build_attr(&builder, 1, data, 65532);
	assert_int_equal(builder.error, -EMSGSIZE);
	/* A nest that has grown beyond 16 bits. */
	builder = nlq_builder(buffer, size);
	nlq_build_message(&builder, 16, 0, 0, 0);
	nest = nlq_build_nest(&builder, 2);
	nlq_build_attr(&builder, 1, data, 40000);
	nlq_build_attr(&builder, 1, data, 40000);
	assert_int_equal(builder.error, 0);
	nlq_build_nest_end(&builder, nest);
	assert_null(nlq_build_finish(&builder));
	assert_int_equal(builder.error, -EMSGSIZE);
	free(data);
	free(buffer);
}

static void test_misuse(void **state)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer + 1, 63);

	nlq_build_message(&builder, 16, 0, 0, 0);
	assert_null(nlq_build_finish(&builder));
	assert_int_equal(builder.error, -EINVAL);
	builder = nlq_builder(buffer, sizeof(buffer));
	assert_null(nlq_build_finish(&builder)); /* no message begun */
	assert_int_equal(builder.error, -EINVAL);
	builder = nlq_builder(buffer, sizeof(buffer));
	nlq_build_message(&builder, 16, 0, 0, 0);
	nlq_build_nest_end(&builder, 16);
	assert_int_equal(builder.error, -EINVAL);
	assert_int_equal(nlq_reader(buffer + 2, 16).error, -EBADMSG);
}

/* Message lengths that lie; the buffer is as long as the datagram, so that a sanitizer sees reads
 * behind it. */
static void test_hostile_messages(void **state)
{
	static const struct {
		size_t datagram;
		uint32_t len;
		bool taken;
	} cases[] = {
	    {16, 16, true},
	    {16, 15, false},
	    {16, 0, false},
	    {16, 17, false},
	    {16, 0xffffffff, false},
	    {16, 0xfffffff1, false}, /* rounded up it is 0 */
	    {15, 15, false},
	    {17, 17, true}, /* the last message may lack its padding */
	    {19, 20, false},
	    {4, 16, false},
	    {1, 1, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nlmsghdr header = {.nlmsg_len = cases[i].len};
		unsigned char *datagram = calloc(1, cases[i].datagram);
		struct nlq_reader reader;

		assert_non_null(datagram);
		memcpy(datagram, &header,
		    cases[i].datagram < sizeof(header) ? cases[i].datagram : sizeof(header));
		reader = nlq_reader(datagram, cases[i].datagram);
		assert_int_equal(nlq_next_message(&reader) != NULL, cases[i].taken);
		assert_null(nlq_next_message(&reader));
		assert_int_equal(reader.error, cases[i].taken ? 0 : -EBADMSG);
		free(datagram);
	}
	assert_int_equal(nlq_reader(NULL, 0).error, 0);
}

static void test_hostile_attributes(void **state)
{
	static const struct {
		size_t run;
		uint16_t len;
		bool taken;
	} cases[] = {
	    {4, 4, true},
	    {4, 3, false},
	    {4, 0, false},
	    {4, 5, false},
	    {8, 0xffff, false},
	    {3, 3, false},
	    {5, 5, true},
	    {7, 8, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nlattr header = {.nla_len = cases[i].len, .nla_type = 1};
		unsigned char *run = calloc(1, cases[i].run);
		const struct nlattr *table[2];

		assert_non_null(run);
		memcpy(run, &header, cases[i].run < sizeof(header) ? cases[i].run : sizeof(header));
		assert_int_equal(nlq_parse_attrs(nlq_reader(run, cases[i].run), table, 1),
		    cases[i].taken ? 0 : -EBADMSG);
		assert_int_equal(table[1] != NULL, cases[i].taken);
		free(run);
	}
}

static void test_body_too_short(void **state)
{
	const struct nlmsghdr message = {.nlmsg_len = sizeof(message)};
	const struct nlattr *table[2];

	assert_non_null(nlq_message_body(&message, 0));
	assert_null(nlq_message_body(&message, 1));
	assert_int_equal(nlq_parse_attrs(nlq_message_attrs(&message, 16), table, 1), -EBADMSG);
	assert_int_equal(nlq_parse_attrs(nlq_message_attrs(&message, 0), table, 1), 0);
	assert_int_equal(nlq_parse_attrs(nlq_nested_attrs(NULL), table, 1), -EBADMSG);
}

/* The last of several wins, flag bits are no part of the type, 0 and beyond the table is nothing.
 */
static void test_table(void **state)
{
	NLQ_BUFFER(buffer, 128);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlattr *table[4] = {0};
	uint32_t value = 0;

	nlq_build_attr_u32(&builder, 0, 1);
	nlq_build_attr_u32(&builder, 2, 2);
	nlq_build_attr_u32(&builder, 2 | NLA_F_NESTED, 3);
	nlq_build_attr_u32(&builder, 3, 4);
	nlq_build_attr_u32(&builder, 0x3fff, 5);
	table[3] = (const struct nlattr *)(const void *)buffer; /* not ours to touch */
	assert_int_equal(nlq_parse_attrs(nlq_reader(buffer, builder.used), table, 2), 0);
	assert_null(table[0]);
	assert_null(table[1]);
	assert_true(nlq_attr_u32(table[2], &value));
	assert_int_equal(value, 3);
	assert_ptr_equal(table[3], buffer);
}

static void test_values_of_wrong_size(void **state)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlattr *attr = (const struct nlattr *)(const void *)buffer;
	char text[4];
	uint32_t u32;
	uint16_t u16;
	uint8_t u8;

	assert_false(nlq_attr_u8(NULL, &u8));
	assert_int_equal(nlq_attr_string(NULL, text, sizeof(text)), -ENOENT);
	nlq_build_attr(&builder, 1, "abc", 3); /* a string without its NUL */
	assert_false(nlq_attr_u32(attr, &u32));
	assert_false(nlq_attr_u16(attr, &u16));
	assert_false(nlq_attr_u8(attr, &u8));
	assert_int_equal(nlq_attr_string(attr, text, sizeof(text)), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(nlq_attr_string(attr, text, 3), -EMSGSIZE);
	assert_int_equal(nlq_attr_string(attr, text, 0), -EMSGSIZE);
	builder = nlq_builder(buffer, sizeof(buffer));
	nlq_build_attr(&builder, 1, "a\0bcdef", 7); /* its first NUL ends it */
	assert_int_equal(nlq_attr_string(attr, text, 2), 1);
	assert_string_equal(text, "a");
	builder = nlq_builder(buffer, sizeof(buffer));
	nlq_build_attr(&builder, 1, NULL, 0);
	assert_int_equal(nlq_attr_string(attr, text, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_read_back),
	    cmocka_unit_test(test_every_buffer_size),
	    cmocka_unit_test(test_long_attributes),
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(test_hostile_messages),
	    cmocka_unit_test(test_hostile_attributes),
	    cmocka_unit_test(test_body_too_short),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_values_of_wrong_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
