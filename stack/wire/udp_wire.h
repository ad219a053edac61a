/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP headers (RFC 768). */
#ifndef WIRE_UDP_WIRE_H
#define WIRE_UDP_WIRE_H

#include "wire.h"

#define UDP_HEADER 8

struct udp_header {
	uint16_t sport, dport, len;
	uint16_t checksum; /* 0: none */
};

static inline bool udp_parse(struct wire_reader *reader, struct udp_header *header)
{
	header->sport = wire_u16(reader);
	header->dport = wire_u16(reader);
	header->len = wire_u16(reader);
	header->checksum = wire_u16(reader);
	return !reader->error;
}

static inline void udp_write(
    uint8_t bytes[UDP_HEADER], uint16_t sport, uint16_t dport, uint16_t len)
{
	struct wire_writer writer = wire_writer(bytes, UDP_HEADER);

	wire_put_u16(&writer, sport);
	wire_put_u16(&writer, dport);
	wire_put_u16(&writer, len);
	wire_put_u16(&writer, 0);
}

#endif
