/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink messages: a builder over a caller's buffer, and a reader that trusts no byte.
 *
 * The layout is netlink(7)'s: messages (struct nlmsghdr) aligned to 4 bytes, each with a family
 * header (struct ifinfomsg ...) and attributes (struct nlattr, aligned to 4 bytes), which may nest.
 * Numbers are in the host's byte order.
 *
 * Nothing here allocates, blocks or keeps state, so all of it is async-signal-safe. What a message
 * means is not known here: dialogs (nlq_dialog.h) and servers are built on top.
 */
#ifndef NLQ_MESSAGE_H
#define NLQ_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

/* Builder. The first failure is kept in `error` and turns the later calls into no-ops, so it is
 * looked at once, when the message is finished. */
struct nlq_builder {
	unsigned char *buffer; /* borrowed until the last message is finished */
	size_t size;
	size_t used;
	size_t message; /* offset of the message that is being built */
	int error;      /* 0, -EMSGSIZE (does not fit), or -EINVAL (misuse) */
};

/* A buffer of `size` bytes with the alignment that netlink asks for. */
#define NLQ_BUFFER(name, size) _Alignas(struct nlmsghdr) unsigned char name[size]

/* `buffer` must be aligned to 4 bytes (NLQ_BUFFER). */
struct nlq_builder nlq_builder(void *buffer, size_t size);

/* Begins a message behind those already finished. */
void nlq_build_message(
    struct nlq_builder *builder, uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port);

/* Appends the family's header, or any other bytes, padded with zeros to 4 bytes. */
void nlq_build_bytes(struct nlq_builder *builder, const void *data, size_t len);

/* Appends an attribute. Padding is zeroed, and the message grows by it. A nested attribute gets
 * NLA_F_NESTED only if `type` says so: rtnetlink wants it in few places, and other stacks' parsers
 * are known to compare the type unmasked. */
void nlq_build_attr(struct nlq_builder *builder, uint16_t type, const void *data, size_t len);
void nlq_build_attr_u8(struct nlq_builder *builder, uint16_t type, uint8_t value);
void nlq_build_attr_u16(struct nlq_builder *builder, uint16_t type, uint16_t value);
void nlq_build_attr_u32(struct nlq_builder *builder, uint16_t type, uint32_t value);
/* The string with its terminating NUL. */
void nlq_build_attr_string(struct nlq_builder *builder, uint16_t type, const char *string);

/* Everything between begin and end is the payload of one attribute. `nest` is what begin returned;
 * nests end in the reverse order of their beginnings. */
size_t nlq_build_nest(struct nlq_builder *builder, uint16_t type);
void nlq_build_nest_end(struct nlq_builder *builder, size_t nest);

/* Sets the length of the message. Returns it (it lies in the buffer), or NULL after an error. */
struct nlmsghdr *nlq_build_finish(struct nlq_builder *builder);

/* Reader over a datagram of messages, or over a run of attributes. */
struct nlq_reader {
	const unsigned char *data; /* borrowed; aligned to 4 bytes */
	size_t left;
	int error; /* 0, or -EBADMSG: what is left is not well formed */
};

struct nlq_reader nlq_reader(const void *data, size_t len);

/* The next message, whole within the datagram, its length at least a header's; NULL at the end or
 * after an error (reader.error tells which). */
const struct nlmsghdr *nlq_next_message(struct nlq_reader *reader);

/* The family's header of a message if it has at least `len` bytes of body, or NULL. */
const void *nlq_message_body(const struct nlmsghdr *message, size_t len);

/* The number in NLMSG_ERROR or NLMSG_DONE: 0, -errno, or what a stack says in place of 0.
 * NLMSG_DONE may be without it. */
int nlq_message_result(const struct nlmsghdr *message);

/* A reader over the attributes behind a family header of `header_len` bytes, or over those inside
 * an attribute. A body shorter than the header, or attribute NULL, gives a reader with an error. */
struct nlq_reader nlq_message_attrs(const struct nlmsghdr *message, size_t header_len);
struct nlq_reader nlq_nested_attrs(const struct nlattr *attr);

/* The next attribute, whole within its run; NULL at the end or after an error. */
const struct nlattr *nlq_next_attr(struct nlq_reader *reader);

/* Reads all attributes into a table of max + 1 entries, indexed by type without its flag bits. As
 * in the kernel, the last of several wins, and types 0 and above `max` are passed over. Returns 0,
 * or -EBADMSG; then the table holds what preceded the error. */
int nlq_parse_attrs(struct nlq_reader reader, const struct nlattr *table[], unsigned int max);

/* Attribute access; `attr` may be NULL (absent). */
static inline uint16_t nlq_attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static inline const void *nlq_attr_data(const struct nlattr *attr)
{
	return (const unsigned char *)attr + NLA_HDRLEN;
}

static inline size_t nlq_attr_len(const struct nlattr *attr)
{
	return (size_t)attr->nla_len - NLA_HDRLEN;
}

/* True, and the value, if the attribute is there and has the size of its type. */
bool nlq_attr_u8(const struct nlattr *attr, uint8_t *value);
bool nlq_attr_u16(const struct nlattr *attr, uint16_t *value);
bool nlq_attr_u32(const struct nlattr *attr, uint32_t *value);

/* Copies the string of an attribute, whether or not its NUL was sent (the kernel takes both), and
 * terminates it. Returns its length; -ENOENT if the attribute is not there, -EMSGSIZE if the string
 * does not fit into `size` bytes. */
int nlq_attr_string(const struct nlattr *attr, char *string, size_t size);

#endif
