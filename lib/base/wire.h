/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A cursor over bytes from the network, and its twin that writes them. Numbers are big-endian.
 *
 * Both keep their first error and go on harmlessly: a read that goes past the end gives zero, a
 * write that does not fit writes nothing. So a parser reads a whole structure and asks once:
 *
 *	struct wire_reader r = wire_reader(buffer, len);
 *	type = wire_u16(&r);
 *	...
 *	if (r.error)
 *		return -EBADMSG;
 *
 * No alignment is needed anywhere. Bytes and buffers are borrowed as long as the cursor is used.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader {
	const uint8_t *data;
	size_t len;
	size_t at; /* <= len */
	bool error;
};

static inline struct wire_reader wire_reader(const void *data, size_t len)
{
	/* Without bytes `data` may be NULL, to which not even 0 may be added. */
	return (struct wire_reader){.data = (const uint8_t *)(len ? data : ""), .len = len};
}

/* Bytes not yet read; 0 after an error, so that a loop over them ends. */
static inline size_t wire_left(const struct wire_reader *reader)
{
	return reader->error ? 0 : reader->len - reader->at;
}

/* The next `len` bytes in place, or NULL and an error if there are not so many. */
static inline const uint8_t *wire_take(struct wire_reader *reader, size_t len)
{
	const uint8_t *bytes;

	if (reader->error || len > reader->len - reader->at) {
		reader->error = true;
		return NULL;
	}
	bytes = reader->data + reader->at;
	reader->at += len;
	return bytes;
}

static inline void wire_skip(struct wire_reader *reader, size_t len)
{
	(void)wire_take(reader, len);
}

static inline uint8_t wire_u8(struct wire_reader *reader)
{
	const uint8_t *p = wire_take(reader, 1);

	return p ? p[0] : 0;
}

static inline uint16_t wire_u16(struct wire_reader *reader)
{
	const uint8_t *p = wire_take(reader, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t wire_u24(struct wire_reader *reader)
{
	const uint8_t *p = wire_take(reader, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t wire_u32(struct wire_reader *reader)
{
	const uint8_t *p = wire_take(reader, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t wire_u64(struct wire_reader *reader)
{
	const uint8_t *p = wire_take(reader, 8);
	uint64_t value = 0;

	for (int i = 0; p && i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

/* Copies `len` bytes out; zeros after an error. */
void wire_bytes(struct wire_reader *reader, void *bytes, size_t len);

/* A reader over the next `len` bytes, which this one skips: what a length field encloses. If they
 * are not there, both readers have an error. */
struct wire_reader wire_sub(struct wire_reader *reader, size_t len);

/* A reader over the same bytes at offset `at` (a name-compression pointer). An error if `at` does
 * not lie before what this reader has read: a pointer leads backwards. The caller sees to it that a
 * chain of them ends, by letting each lead strictly before the one that it was read at. */
struct wire_reader wire_back(const struct wire_reader *reader, size_t at);

struct wire_writer {
	uint8_t *data;
	size_t size;
	size_t at; /* bytes written, <= size */
	bool error;
};

static inline struct wire_writer wire_writer(void *data, size_t size)
{
	return (struct wire_writer){.data = (uint8_t *)data, .size = size};
}

/* Whether `len` more bytes fit; an error if not. */
static inline bool wire_fits(struct wire_writer *writer, size_t len)
{
	if (len > writer->size - writer->at)
		writer->error = true;
	return !writer->error;
}

/* Room for `len` > 0 bytes, to be filled by the caller, or NULL and an error if they do not fit. */
static inline uint8_t *wire_room(struct wire_writer *writer, size_t len)
{
	uint8_t *room;

	if (!wire_fits(writer, len))
		return NULL;
	room = len ? writer->data + writer->at : writer->data;
	writer->at += len;
	return room;
}

/* Each packet's header is made of these two. */
static inline void wire_put_u8(struct wire_writer *writer, uint8_t value)
{
	if (wire_fits(writer, 1))
		writer->data[writer->at++] = value;
}

static inline void wire_put_u16(struct wire_writer *writer, uint16_t value)
{
	if (!wire_fits(writer, 2))
		return;
	writer->data[writer->at++] = (uint8_t)(value >> 8);
	writer->data[writer->at++] = (uint8_t)value;
}

void wire_put_u24(struct wire_writer *writer, uint32_t value); /* error: above 2^24 - 1 */
void wire_put_u32(struct wire_writer *writer, uint32_t value);
void wire_put_u64(struct wire_writer *writer, uint64_t value);
void wire_put_bytes(struct wire_writer *writer, const void *bytes, size_t len);
void wire_put_zeros(struct wire_writer *writer, size_t len);

/* Overwrites a number written before at offset `at`: a checksum, a count. */
void wire_patch_u16(struct wire_writer *writer, size_t at, uint16_t value);

/* A length field of 1, 2 or 3 bytes: begin leaves room for it, end fills in the number of bytes
 * written since. An error if the number does not fit into the field. `begun` is what begin
 * returned; pairs nest. */
size_t wire_begin_u8(struct wire_writer *writer);
size_t wire_begin_u16(struct wire_writer *writer);
size_t wire_begin_u24(struct wire_writer *writer);
void wire_end_u8(struct wire_writer *writer, size_t begun);
void wire_end_u16(struct wire_writer *writer, size_t begun);
void wire_end_u24(struct wire_writer *writer, size_t begun);

#endif
