/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink messages: builder and reader (netlink(7); linux/netlink.h).
 *
 * All lengths are checked as unsigned distances to the end of what encloses them before a byte
 * behind them is touched. Headers are read and written by memcpy where they may be partial; a
 * pointer to one is handed out only when it lies whole in the buffer, and then it is aligned,
 * because buffers are and every step is rounded up to 4.
 */
#include "nlq_message.h"

#include <errno.h>
#include <string.h>

_Static_assert(NLMSG_ALIGNTO == 4 && NLA_ALIGNTO == 4, "messages and attributes align alike");
_Static_assert(NLMSG_HDRLEN == sizeof(struct nlmsghdr), "no padding behind a message's header");
_Static_assert(NLA_HDRLEN == sizeof(struct nlattr), "no padding behind an attribute's header");

static size_t pad(size_t len)
{
	return -len & (NLMSG_ALIGNTO - 1);
}

static bool is_aligned(const void *data)
{
	return (uintptr_t)data % NLMSG_ALIGNTO == 0;
}

struct nlq_builder nlq_builder(void *buffer, size_t size)
{
	return (struct nlq_builder){
	    .buffer = buffer,
	    .size = size,
	    .error = is_aligned(buffer) ? 0 : -EINVAL,
	};
}

/* Room for `len` bytes and their padding, which is zeroed; NULL if there is none. `used` is always
 * a multiple of 4. */
static unsigned char *reserve(struct nlq_builder *builder, size_t len)
{
	size_t room = builder->size - builder->used;
	unsigned char *place;

	if (builder->error)
		return NULL;
	if (len > room || pad(len) > room - len) {
		builder->error = -EMSGSIZE;
		return NULL;
	}
	place = builder->buffer + builder->used;
	memset(place + len, 0, pad(len));
	builder->used += len + pad(len);
	return place;
}

void nlq_build_message(
    struct nlq_builder *builder, uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port)
{
	const struct nlmsghdr header = {
	    .nlmsg_type = type,
	    .nlmsg_flags = flags,
	    .nlmsg_seq = sequence,
	    .nlmsg_pid = port,
	};

	builder->message = builder->used;
	nlq_build_bytes(builder, &header, sizeof(header));
}

void nlq_build_bytes(struct nlq_builder *builder, const void *data, size_t len)
{
	unsigned char *place = reserve(builder, len);

	if (place && len)
		memcpy(place, data, len);
}

void nlq_build_attr(struct nlq_builder *builder, uint16_t type, const void *data, size_t len)
{
	struct nlattr header = {.nla_type = type};
	unsigned char *place;

	if (len > UINT16_MAX - NLA_HDRLEN) {
		if (!builder->error)
			builder->error = -EMSGSIZE;
		return;
	}
	header.nla_len = (uint16_t)(NLA_HDRLEN + len);
	place = reserve(builder, header.nla_len);
	if (!place)
		return;
	memcpy(place, &header, NLA_HDRLEN);
	if (len)
		memcpy(place + NLA_HDRLEN, data, len);
}

void nlq_build_attr_u8(struct nlq_builder *builder, uint16_t type, uint8_t value)
{
	nlq_build_attr(builder, type, &value, sizeof(value));
}

void nlq_build_attr_u16(struct nlq_builder *builder, uint16_t type, uint16_t value)
{
	nlq_build_attr(builder, type, &value, sizeof(value));
}

void nlq_build_attr_u32(struct nlq_builder *builder, uint16_t type, uint32_t value)
{
	nlq_build_attr(builder, type, &value, sizeof(value));
}

void nlq_build_attr_string(struct nlq_builder *builder, uint16_t type, const char *string)
{
	nlq_build_attr(builder, type, string, strlen(string) + 1);
}

size_t nlq_build_nest(struct nlq_builder *builder, uint16_t type)
{
	size_t nest = builder->used;

	nlq_build_attr(builder, type, NULL, 0);
	return nest;
}

void nlq_build_nest_end(struct nlq_builder *builder, size_t nest)
{
	struct nlattr header;

	if (builder->error)
		return;
	if (nest < builder->message || nest > builder->used || builder->used - nest < NLA_HDRLEN) {
		builder->error = -EINVAL;
		return;
	}
	if (builder->used - nest > UINT16_MAX) {
		builder->error = -EMSGSIZE;
		return;
	}
	memcpy(&header, builder->buffer + nest, sizeof(header));
	header.nla_len = (uint16_t)(builder->used - nest);
	memcpy(builder->buffer + nest, &header, sizeof(header));
}

struct nlmsghdr *nlq_build_finish(struct nlq_builder *builder)
{
	size_t len = builder->used - builder->message;
	struct nlmsghdr *message;

	if (!builder->error && len < NLMSG_HDRLEN)
		builder->error = -EINVAL;
	if (!builder->error && len > UINT32_MAX)
		builder->error = -EMSGSIZE;
	if (builder->error)
		return NULL;
	message = (void *)(builder->buffer + builder->message);
	message->nlmsg_len = (uint32_t)len;
	return message;
}

struct nlq_reader nlq_reader(const void *data, size_t len)
{
	return (struct nlq_reader){
	    .data = data,
	    .left = len,
	    .error = is_aligned(data) ? 0 : -EBADMSG,
	};
}

/* Takes `len` bytes, which are there, and their padding, which the last of a run may lack. */
static const void *take(struct nlq_reader *reader, size_t len)
{
	const void *data = reader->data;
	size_t step = len + pad(len);

	if (step > reader->left)
		step = reader->left;
	reader->data += step;
	reader->left -= step;
	return data;
}

const struct nlmsghdr *nlq_next_message(struct nlq_reader *reader)
{
	struct nlmsghdr header;

	if (reader->error || !reader->left)
		return NULL;
	if (reader->left < sizeof(header))
		goto malformed;
	memcpy(&header, reader->data, sizeof(header));
	if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > reader->left)
		goto malformed;
	return take(reader, header.nlmsg_len);

malformed:
	reader->error = -EBADMSG;
	return NULL;
}

const void *nlq_message_body(const struct nlmsghdr *message, size_t len)
{
	if (message->nlmsg_len - NLMSG_HDRLEN < len)
		return NULL;
	return (const unsigned char *)message + NLMSG_HDRLEN;
}

int nlq_message_result(const struct nlmsghdr *message)
{
	const void *body = nlq_message_body(message, sizeof(int));
	int error = 0;

	if (body)
		memcpy(&error, body, sizeof(error));
	else if (message->nlmsg_type == NLMSG_ERROR)
		error = -EBADMSG;
	return error;
}

struct nlq_reader nlq_message_attrs(const struct nlmsghdr *message, size_t header_len)
{
	const unsigned char *body = nlq_message_body(message, header_len);
	size_t len = message->nlmsg_len - NLMSG_HDRLEN;
	struct nlq_reader reader = nlq_reader(body, len);

	if (!body)
		reader.error = -EBADMSG;
	else
		take(&reader, header_len);
	return reader;
}

struct nlq_reader nlq_nested_attrs(const struct nlattr *attr)
{
	if (!attr)
		return (struct nlq_reader){.error = -EBADMSG};
	return nlq_reader(nlq_attr_data(attr), nlq_attr_len(attr));
}

const struct nlattr *nlq_next_attr(struct nlq_reader *reader)
{
	struct nlattr header;

	if (reader->error || !reader->left)
		return NULL;
	if (reader->left < sizeof(header))
		goto malformed;
	memcpy(&header, reader->data, sizeof(header));
	if (header.nla_len < sizeof(header) || header.nla_len > reader->left)
		goto malformed;
	return take(reader, header.nla_len);

malformed:
	reader->error = -EBADMSG;
	return NULL;
}

int nlq_parse_attrs(struct nlq_reader reader, const struct nlattr *table[], unsigned int max)
{
	const struct nlattr *attr;

	for (unsigned int type = 0; type <= max; type++)
		table[type] = NULL;
	while ((attr = nlq_next_attr(&reader))) {
		unsigned int type = nlq_attr_type(attr);

		if (type && type <= max)
			table[type] = attr;
	}
	return reader.error;
}

static bool copy_exact(const struct nlattr *attr, void *value, size_t len)
{
	if (!attr || nlq_attr_len(attr) != len)
		return false;
	memcpy(value, nlq_attr_data(attr), len);
	return true;
}

bool nlq_attr_u8(const struct nlattr *attr, uint8_t *value)
{
	return copy_exact(attr, value, sizeof(*value));
}

bool nlq_attr_u16(const struct nlattr *attr, uint16_t *value)
{
	return copy_exact(attr, value, sizeof(*value));
}

bool nlq_attr_u32(const struct nlattr *attr, uint32_t *value)
{
	return copy_exact(attr, value, sizeof(*value));
}

int nlq_attr_string(const struct nlattr *attr, char *string, size_t size)
{
	size_t len;

	if (!attr)
		return -ENOENT;
	len = strnlen(nlq_attr_data(attr), nlq_attr_len(attr));
	if (len >= size)
		return -EMSGSIZE;
	memcpy(string, nlq_attr_data(attr), len);
	string[len] = '\0';
	return (int)len;
}
