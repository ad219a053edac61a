/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the wire cursor that are not worth their code in every caller. */
#include "wire.h"

#include <string.h>

void wire_bytes(struct wire_reader *reader, void *bytes, size_t len)
{
	const uint8_t *p = wire_take(reader, len);

	if (!len)
		return;
	if (p)
		memcpy(bytes, p, len);
	else
		memset(bytes, 0, len);
}

struct wire_reader wire_sub(struct wire_reader *reader, size_t len)
{
	const uint8_t *p = wire_take(reader, len);
	struct wire_reader sub = wire_reader(p, p ? len : 0);

	sub.error = !p;
	return sub;
}

struct wire_reader wire_back(const struct wire_reader *reader, size_t at)
{
	struct wire_reader back = *reader;

	if (at >= reader->at)
		back.error = true;
	else
		back.at = at;
	return back;
}

static void store(uint8_t *p, uint64_t value, size_t width)
{
	for (size_t i = width; i-- > 0; value >>= 8)
		p[i] = (uint8_t)value;
}

static void put(struct wire_writer *writer, uint64_t value, size_t width)
{
	uint8_t *p = wire_room(writer, width);

	if (p)
		store(p, value, width);
}

void wire_put_u24(struct wire_writer *writer, uint32_t value)
{
	if (value >> 24)
		writer->error = true;
	put(writer, value, 3);
}

void wire_put_u32(struct wire_writer *writer, uint32_t value)
{
	put(writer, value, 4);
}

void wire_put_u64(struct wire_writer *writer, uint64_t value)
{
	put(writer, value, 8);
}

void wire_put_bytes(struct wire_writer *writer, const void *bytes, size_t len)
{
	uint8_t *p = wire_room(writer, len);

	if (p && len)
		memcpy(p, bytes, len);
}

void wire_put_zeros(struct wire_writer *writer, size_t len)
{
	uint8_t *p = wire_room(writer, len);

	if (p && len)
		memset(p, 0, len);
}

void wire_patch_u16(struct wire_writer *writer, size_t at, uint16_t value)
{
	if (at > writer->at || writer->at - at < 2)
		writer->error = true;
	if (!writer->error)
		store(writer->data + at, value, 2);
}

static size_t begin(struct wire_writer *writer, size_t width)
{
	put(writer, 0, width);
	return writer->at;
}

static void end(struct wire_writer *writer, size_t begun, size_t width)
{
	if (begun < width || begun > writer->at || (writer->at - begun) >> (8 * width))
		writer->error = true;
	if (!writer->error)
		store(writer->data + begun - width, writer->at - begun, width);
}

size_t wire_begin_u8(struct wire_writer *writer)
{
	return begin(writer, 1);
}

size_t wire_begin_u16(struct wire_writer *writer)
{
	return begin(writer, 2);
}

size_t wire_begin_u24(struct wire_writer *writer)
{
	return begin(writer, 3);
}

void wire_end_u8(struct wire_writer *writer, size_t begun)
{
	end(writer, begun, 1);
}

void wire_end_u16(struct wire_writer *writer, size_t begun)
{
	end(writer, begun, 2);
}

void wire_end_u24(struct wire_writer *writer, size_t begun)
{
	end(writer, begun, 3);
}
