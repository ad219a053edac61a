/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message that is being composed or read (RFC 1035, 4), behind the public calls. */
#ifndef IOTHDNS_PACKET_H
#define IOTHDNS_PACKET_H

#include <stdbool.h>
#include <iothdns.h>

#include "compress.h"
#include "dnsname.h"
#include "wire.h"

#define HEADER_LEN       12
#define MESSAGE_MAX      65535
#define PACKET_FIRST_LEN 512

/* Offsets in the header. */
#define HEADER_FLAGS  2
#define HEADER_COUNTS 4 /* of the four sections, two bytes each */

/* EDNS0 (RFC 6891, 6.1.2): in an OPT record the class is the size of datagrams that the sender can
 * take, and the time to live is the upper bits of the result, a version, and flags. */
#define OPT_SIZE_OURS           1232
#define OPT_EXTENDED_RCODE(ttl) ((ttl) >> 24)
#define OPT_VERSION(ttl)        ((ttl) >> 16 & 0xff)

struct iothdns_pkt {
	bool composing;
	bool left_out; /* composing: this record is of an earlier section */
	int section;
	int error; /* errno's number, 0: none */
	uint16_t counts[IOTHDNS_SECTIONS];

	/* Reading. `reader.len` ends with the data of the record, `message.len` with the message. */
	struct wire_reader reader;
	struct wire_reader message;
	size_t next; /* where the next record begins */

	/* Composing. */
	struct wire_writer writer;
	size_t rdata; /* what wire_begin_u16 gave for the record that is open; 0: none */
	struct compress names;
	uint8_t first[PACKET_FIRST_LEN];
};

/* Sets the error if there is none yet. */
static inline void packet_fail(struct iothdns_pkt *pkt, int error)
{
	if (!pkt->error)
		pkt->error = error;
}

/* Closes the record that is open, and writes the counts. */
void compose_finish(struct iothdns_pkt *pkt);

/* Cuts a composed message after the last whole record that ends within `limit` bytes, and marks it
 * as truncated if a record of the answer or of the authority is gone (RFC 2181, 9). An OPT record
 * stays (RFC 6891, 7). */
void compose_truncate(struct iothdns_pkt *pkt, size_t limit);

/* iothdns_get_header with memory of the caller's, which needs no iothdns_free. 0 or -EBADMSG. */
int read_open(struct iothdns_pkt *pkt, struct iothdns_header *h, const void *buf, size_t size,
    char *qnamebuf);

/* iothdns_get_rr, whose owner stays a name. */
int read_rr(struct iothdns_pkt *pkt, struct iothdns_rr *rr, struct dns_name *owner);

/* A name in the data of a record. 0 or -EBADMSG. */
int read_name(struct iothdns_pkt *pkt, struct dns_name *name);

#endif
