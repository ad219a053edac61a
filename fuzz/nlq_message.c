/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The netlink reader on one datagram. All that it hands out is touched, so that a sanitizer sees a
 * byte outside; and what was read whole is built again and must read the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "nlq_message.h"

#define TYPES     16
#define MAX_DEPTH 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static size_t header_len(uint16_t type)
{
	switch (type) {
	case RTM_NEWLINK:
	case RTM_GETLINK:
		return sizeof(struct ifinfomsg);
	case RTM_NEWADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_NEWROUTE:
		return sizeof(struct rtmsg);
	default:
		return type % 7; /* odd lengths too */
	}
}

static unsigned int touch(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned int sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

static void read_values(const struct nlattr *attr)
{
	char text[32];
	uint32_t u32 = 0;
	uint16_t u16 = 0;
	uint8_t u8 = 0;
	int len = nlq_attr_string(attr, text, sizeof(text));

	require(len < (int)sizeof(text));
	require(len < 0 || strlen(text) == (size_t)len);
	require(nlq_attr_u32(attr, &u32) == (nlq_attr_len(attr) == 4));
	require(nlq_attr_u16(attr, &u16) == (nlq_attr_len(attr) == 2));
	require(nlq_attr_u8(attr, &u8) == (nlq_attr_len(attr) == 1));
	require(touch(nlq_attr_data(attr), nlq_attr_len(attr)) <= 255U * 65535);
}

/* Any attribute may be a nest. */
static void read_attrs(struct nlq_reader reader, unsigned int depth)
{
	const struct nlattr *table[TYPES];
	const struct nlattr *attr;
	int error = nlq_parse_attrs(reader, table, TYPES - 1);

	require(table[0] == NULL);
	while ((attr = nlq_next_attr(&reader))) {
		read_values(attr);
		if (depth < MAX_DEPTH)
			read_attrs(nlq_nested_attrs(attr), depth + 1);
	}
	require(reader.error == error);
	require(nlq_next_attr(&reader) == NULL);
}

static void rebuild(struct nlq_builder *builder, const struct nlmsghdr *message)
{
	size_t len = header_len(message->nlmsg_type);
	struct nlq_reader reader = nlq_message_attrs(message, len);
	const struct nlattr *attr;

	nlq_build_message(
	    builder, message->nlmsg_type, message->nlmsg_flags, message->nlmsg_seq, message->nlmsg_pid);
	if (!reader.error)
		nlq_build_bytes(builder, nlq_message_body(message, len), len);
	while ((attr = nlq_next_attr(&reader)))
		nlq_build_attr(builder, attr->nla_type, nlq_attr_data(attr), nlq_attr_len(attr));
	nlq_build_finish(builder);
}

static void require_equal(const struct nlmsghdr *a, const struct nlmsghdr *b)
{
	size_t len = header_len(a->nlmsg_type);
	struct nlq_reader attrs_a = nlq_message_attrs(a, len);
	struct nlq_reader attrs_b = nlq_message_attrs(b, len);
	const struct nlattr *attr;

	require(b && b->nlmsg_type == a->nlmsg_type && b->nlmsg_seq == a->nlmsg_seq);
	if (attrs_a.error)
		return;
	require(memcmp(nlq_message_body(a, len), nlq_message_body(b, len), len) == 0);
	while ((attr = nlq_next_attr(&attrs_a))) {
		const struct nlattr *other = nlq_next_attr(&attrs_b);

		require(other && attr->nla_len == other->nla_len && attr->nla_type == other->nla_type);
		require(memcmp(attr, other, attr->nla_len) == 0);
	}
	require(nlq_next_attr(&attrs_b) == NULL && attrs_b.error == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *datagram = malloc(size ? size : 1); /* aligned, and no longer */
	unsigned char *copy = malloc(size + NLMSG_ALIGNTO);
	struct nlq_builder builder = nlq_builder(copy, size + NLMSG_ALIGNTO);
	struct nlq_reader reader;
	struct nlq_reader again;
	const struct nlmsghdr *message;

	if (!datagram || !copy)
		goto out;
	if (size)
		memcpy(datagram, data, size);
	reader = again = nlq_reader(datagram, size);
	while ((message = nlq_next_message(&reader))) {
		size_t body = message->nlmsg_len - NLMSG_HDRLEN;

		require(nlq_message_body(message, body) != NULL);
		require(nlq_message_body(message, body + 1) == NULL);
		require(touch(nlq_message_body(message, body), body) <= 255 * body);
		read_attrs(nlq_message_attrs(message, header_len(message->nlmsg_type)), 0);
		rebuild(&builder, message);
	}
	/* Padding may make the copy longer than the datagram, by that of the last message and of one
	 * attribute in each that was cut short; else it fits. */
	if (builder.error)
		goto out;
	reader = nlq_reader(copy, builder.used);
	while ((message = nlq_next_message(&again)))
		require_equal(message, nlq_next_message(&reader));
	require(nlq_next_message(&reader) == NULL && reader.error == 0);
out:
	free(copy);
	free(datagram);
	return 0;
}
