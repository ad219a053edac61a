/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP headers and options: see tcp_wire.h. */
#include "tcp_wire.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMP = 8,
};

/* Sizes on the wire: kind, length, value. */
enum {
	SIZE_MSS = 4,
	SIZE_WSCALE = 3,
	SIZE_SACK_PERMITTED = 2,
	SIZE_SACK_HEAD = 2,
	SIZE_SACK_BLOCK = 8,
	SIZE_TIMESTAMP = 10,
};

static void read_sack(struct wire_reader *value, struct tcp_header_options *options)
{
	size_t len = wire_left(value);

	/* Four blocks are all that fits 40 bytes; more cannot have come. */
	if (!len || len % SIZE_SACK_BLOCK || len / SIZE_SACK_BLOCK > TCP_SACK_BLOCKS)
		return;
	options->sacks = (uint8_t)(len / SIZE_SACK_BLOCK);
	for (unsigned int i = 0; i < options->sacks; i++) {
		options->sack[i].left = wire_u32(value);
		options->sack[i].right = wire_u32(value);
	}
}

static void read_option(
    unsigned int kind, struct wire_reader *value, bool syn, struct tcp_header_options *options)
{
	size_t size = wire_left(value) + 2;

	switch (kind) {
	case OPTION_MSS:
		/* RFC 9293 section 3.7.1: in a SYN alone; so are RFC 7323's and RFC 2018's. */
		if (syn && size == SIZE_MSS)
			options->mss = wire_u16(value);
		break;
	case OPTION_WSCALE:
		if (!syn || size != SIZE_WSCALE)
			break;
		options->has_wscale = true;
		options->wscale = wire_u8(value);
		/* RFC 7323 section 2.3: more than 14 means 14. */
		if (options->wscale > TCP_WSCALE_LIMIT)
			options->wscale = TCP_WSCALE_LIMIT;
		break;
	case OPTION_SACK_PERMITTED:
		if (syn && size == SIZE_SACK_PERMITTED)
			options->sack_permitted = true;
		break;
	case OPTION_SACK:
		read_sack(value, options);
		break;
	case OPTION_TIMESTAMP:
		if (size != SIZE_TIMESTAMP)
			break;
		options->has_timestamp = true;
		options->tsval = wire_u32(value);
		options->tsecr = wire_u32(value);
		break;
	default:
		break;
	}
}

static void read_options(struct wire_reader *reader, bool syn, struct tcp_header_options *options)
{
	while (wire_left(reader)) {
		unsigned int kind = wire_u8(reader);
		struct wire_reader value;
		unsigned int len;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		len = wire_u8(reader);
		if (len < 2)
			return; /* or beyond the end: the reader gives 0 */
		value = wire_sub(reader, len - 2);
		if (value.error)
			return;
		read_option(kind, &value, syn, options);
	}
}

bool tcp_parse(struct wire_reader *reader, struct tcp_header *header)
{
	struct wire_reader options;
	unsigned int offset;

	header->sport = wire_u16(reader);
	header->dport = wire_u16(reader);
	header->seq = wire_u32(reader);
	header->ack = wire_u32(reader);
	offset = wire_u8(reader) >> 4;
	header->flags = wire_u8(reader);
	header->window = wire_u16(reader);
	header->checksum = wire_u16(reader);
	header->urgent = wire_u16(reader);
	header->len = (uint8_t)(offset * 4);
	header->options = (struct tcp_header_options){0};
	if (reader->error || header->len < TCP_HEADER)
		return false;
	options = wire_sub(reader, header->len - TCP_HEADER);
	if (options.error)
		return false;
	read_options(&options, header->flags & TCP_SYN, &header->options);
	return true;
}

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* Without SACK blocks, which take what is left. SACK-permitted goes where the padding of the
 * timestamp would be. */
static size_t fixed_size(const struct tcp_header_options *options)
{
	size_t size = 0;

	if (options->mss)
		size += SIZE_MSS;
	if (options->has_wscale)
		size += padded(SIZE_WSCALE);
	if (options->has_timestamp)
		size += TCP_TIMESTAMP_ROOM;
	else if (options->sack_permitted)
		size += padded(SIZE_SACK_PERMITTED);
	return size;
}

static unsigned int sacks_written(const struct tcp_header_options *options)
{
	size_t used = fixed_size(options) + padded(SIZE_SACK_HEAD);
	size_t fit = used < TCP_OPTIONS_ROOM ? (TCP_OPTIONS_ROOM - used) / SIZE_SACK_BLOCK : 0;

	return options->sacks < fit ? options->sacks : (unsigned int)fit;
}

size_t tcp_options_size(const struct tcp_header_options *options)
{
	unsigned int sacks = sacks_written(options);

	return fixed_size(options) +
	       (sacks ? padded(SIZE_SACK_HEAD) + (size_t)sacks * SIZE_SACK_BLOCK : 0);
}

static void put_head(struct wire_writer *writer, unsigned int kind, size_t len)
{
	wire_put_u8(writer, (uint8_t)kind);
	wire_put_u8(writer, (uint8_t)len);
}

static void put_nops(struct wire_writer *writer)
{
	wire_put_u8(writer, OPTION_NOP);
	wire_put_u8(writer, OPTION_NOP);
}

/* Everything begins on a boundary of four bytes, as RFC 7323 appendix A recommends. */
static void put_options(struct wire_writer *writer, const struct tcp_header_options *options)
{
	unsigned int sacks = sacks_written(options);

	if (options->mss) {
		put_head(writer, OPTION_MSS, SIZE_MSS);
		wire_put_u16(writer, options->mss);
	}
	if (options->sack_permitted) {
		if (!options->has_timestamp)
			put_nops(writer);
		put_head(writer, OPTION_SACK_PERMITTED, SIZE_SACK_PERMITTED);
	} else if (options->has_timestamp) {
		put_nops(writer);
	}
	if (options->has_timestamp) {
		put_head(writer, OPTION_TIMESTAMP, SIZE_TIMESTAMP);
		wire_put_u32(writer, options->tsval);
		wire_put_u32(writer, options->tsecr);
	}
	if (options->has_wscale) {
		wire_put_u8(writer, OPTION_NOP);
		put_head(writer, OPTION_WSCALE, SIZE_WSCALE);
		wire_put_u8(writer, options->wscale);
	}
	if (sacks) {
		put_nops(writer);
		put_head(writer, OPTION_SACK, SIZE_SACK_HEAD + sacks * SIZE_SACK_BLOCK);
		for (unsigned int i = 0; i < sacks; i++) {
			wire_put_u32(writer, options->sack[i].left);
			wire_put_u32(writer, options->sack[i].right);
		}
	}
}

size_t tcp_write(uint8_t bytes[TCP_HEADER_MAX], const struct tcp_header *header)
{
	struct wire_writer writer = wire_writer(bytes, TCP_HEADER_MAX);
	size_t len = TCP_HEADER + tcp_options_size(&header->options);

	wire_put_u16(&writer, header->sport);
	wire_put_u16(&writer, header->dport);
	wire_put_u32(&writer, header->seq);
	wire_put_u32(&writer, header->ack);
	wire_put_u8(&writer, (uint8_t)(len / 4 << 4));
	wire_put_u8(&writer, header->flags);
	wire_put_u16(&writer, header->window);
	wire_put_u16(&writer, 0);
	wire_put_u16(&writer, header->urgent);
	put_options(&writer, &header->options);
	return writer.at;
}
