/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wire cursor against a plain model.
 *
 * Input: bytes of which the low four bits choose an operation and the rest a length. The reader
 * runs them over the input itself, the writer over a buffer as long as the first byte says.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define NESTING 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* The model of a read: bytes [at, at + width) as a number, or 0 if they are not all there. */
static uint64_t number(const uint8_t *data, size_t size, size_t at, size_t width, bool *error)
{
	uint64_t value = 0;

	if (*error || size - at < width) {
		*error = true;
		return 0;
	}
	for (size_t i = 0; i < width; i++)
		value = value << 8 | data[at + i];
	return value;
}

static void read_all(const uint8_t *data, size_t size)
{
	static const size_t widths[8] = {1, 2, 3, 4, 8, 1, 2, 4};
	struct wire_reader reader = wire_reader(data, size);
	bool error = false;
	size_t at = 0;

	for (size_t i = 0; i < size; i++) {
		size_t len = data[i] >> 4;
		size_t width = widths[data[i] & 7];
		uint64_t wanted;
		uint8_t copy[16];
		struct wire_reader sub;

		switch (data[i] & 15) {
		case 0:
		case 1:
		case 2:
		case 3:
		case 4:
			wanted = number(data, size, at, width, &error);
			require(wanted == (width == 1      ? wire_u8(&reader)
			                      : width == 2 ? wire_u16(&reader)
			                      : width == 3 ? wire_u24(&reader)
			                      : width == 4 ? wire_u32(&reader)
			                                   : wire_u64(&reader)));
			at += error ? 0 : width;
			break;
		case 5:
			memset(copy, 0xaa, sizeof(copy));
			wire_bytes(&reader, copy, len);
			(void)number(data, size, at, len, &error);
			for (size_t j = 0; j < sizeof(copy); j++)
				require(copy[j] == (j >= len ? 0xaa : error ? 0 : data[at + j]));
			at += error ? 0 : len;
			break;
		case 6:
			sub = wire_sub(&reader, len);
			(void)number(data, size, at, len, &error);
			require(sub.error == error && (error || wire_left(&sub) == len));
			require(wire_u8(&sub) == (error || !len ? 0 : data[at]));
			at += error ? 0 : len;
			break;
		case 7:
			sub = wire_back(&reader, len);
			require(sub.error == (error || len >= at));
			require(wire_u8(&sub) == (sub.error ? 0 : data[len]));
			break;
		case 8:
			wire_skip(&reader, (size_t)-1 - len);
			error = true;
			break;
		default:
			wire_skip(&reader, len & 1);
			(void)number(data, size, at, len & 1, &error);
			at += error ? 0 : len & 1;
			break;
		}
		require(reader.error == error);
		require(wire_left(&reader) == (error ? 0 : size - at));
		if (error && i > 64)
			return;
	}
}

static void end_one(struct wire_writer *writer, size_t begun, int width)
{
	if (width == 1)
		wire_end_u8(writer, begun);
	else if (width == 2)
		wire_end_u16(writer, begun);
	else
		wire_end_u24(writer, begun);
}

static void write_all(const uint8_t *data, size_t size)
{
	size_t room = size ? (size_t)data[0] * 4 : 0;
	uint8_t *buffer = malloc(room + 1);
	struct wire_writer writer = wire_writer(buffer, room);
	struct {
		size_t begun;
		int width;
	} open[NESTING];
	size_t depth = 0;

	if (!buffer)
		return;
	for (size_t i = 0; i < size; i++) {
		size_t len = data[i] >> 4;
		int width = 1 + (int)len % 3;

		switch (data[i] & 15) {
		case 0:
			wire_put_u8(&writer, data[i]);
			break;
		case 1:
			wire_put_u16(&writer, data[i]);
			break;
		case 2:
			wire_put_u24(&writer, data[i]);
			break;
		case 3:
			wire_put_u32(&writer, data[i]);
			break;
		case 4:
			wire_put_u64(&writer, data[i]);
			break;
		case 5:
			wire_put_bytes(&writer, data, len < size ? len : size);
			break;
		case 6:
			wire_put_zeros(&writer, len * 20);
			break;
		case 7:
			wire_patch_u16(&writer, len, 0xffff);
			break;
		case 8:
		case 9:
			if (depth == NESTING)
				break;
			open[depth].width = width;
			open[depth++].begun = width == 1   ? wire_begin_u8(&writer)
			                      : width == 2 ? wire_begin_u16(&writer)
			                                   : wire_begin_u24(&writer);
			break;
		default:
			if (!depth)
				break;
			depth--;
			end_one(&writer, open[depth].begun, open[depth].width);
			if (!writer.error) {
				struct wire_reader reader = wire_reader(buffer, writer.at);
				size_t written = writer.at - open[depth].begun;

				wire_skip(&reader, open[depth].begun - (size_t)open[depth].width);
				require(written == (open[depth].width == 1      ? wire_u8(&reader)
				                       : open[depth].width == 2 ? wire_u16(&reader)
				                                                : wire_u24(&reader)));
			}
			break;
		}
		require(writer.at <= room);
	}
	free(buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_all(data, size);
	write_all(data, size);
	return 0;
}
