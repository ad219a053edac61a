/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading a message. Every byte of it is hostile.
 *
 * The first thing that cannot be read is an error that stays: iothdns_get_rr finds no more records
 * then, and what is asked of a record's data is zero. So a caller who forgets to look at the error
 * sees a message that ends early, not one with invented records.
 */
#include "packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A name as text for a caller's buffer; "" after an error. */
static void to_text(struct iothdns_pkt *pkt, const struct dns_name *name, char *text)
{
	int len;

	if (!text)
		return;
	text[0] = '\0';
	if (pkt->error)
		return;
	len = name_to_text(name, text, IOTHDNS_MAXNAME);
	if (len < 0) {
		text[0] = '\0';
		packet_fail(pkt, -len);
	}
}

/* Questions are read once, here: `reader` goes on behind the last of them. */
static int read_questions(struct iothdns_pkt *pkt, struct iothdns_header *h, struct dns_name *name)
{
	for (uint16_t i = 0; i < pkt->counts[IOTHDNS_SEC_QUERY]; i++) {
		struct dns_name another;
		uint16_t type, class;

		if (name_read(&pkt->reader, i == 0 ? name : &another) < 0)
			return -EBADMSG;
		type = wire_u16(&pkt->reader);
		class = wire_u16(&pkt->reader);
		if (i == 0) {
			h->qtype = type;
			h->qclass = class;
		}
	}
	return pkt->reader.error ? -EBADMSG : 0;
}

int read_open(
    struct iothdns_pkt *pkt, struct iothdns_header *h, const void *buf, size_t size, char *qnamebuf)
{
	struct dns_name name = {1, {0}};

	pkt->composing = false; /* what is for composing stays as it is */
	pkt->section = IOTHDNS_SEC_QUERY;
	pkt->error = 0;
	pkt->reader = wire_reader(buf, size < MESSAGE_MAX ? size : MESSAGE_MAX);
	pkt->message = pkt->reader;
	*h = (struct iothdns_header){.id = wire_u16(&pkt->reader)};
	h->flags = wire_u16(&pkt->reader);
	for (int i = 0; i < IOTHDNS_SECTIONS; i++)
		pkt->counts[i] = wire_u16(&pkt->reader);
	if (pkt->reader.error || read_questions(pkt, h, &name) < 0)
		return -EBADMSG;
	to_text(pkt, &name, qnamebuf);
	if (pkt->error)
		return -EBADMSG;
	h->qname = qnamebuf;
	pkt->next = pkt->reader.at;
	pkt->reader.len = pkt->reader.at; /* no record is open: there are no data */
	return 0;
}

struct iothdns_pkt *iothdns_get_header(
    struct iothdns_header *h, void *buf, size_t bufsize, char *qnamebuf)
{
	struct iothdns_pkt *pkt = malloc(sizeof(*pkt));
	int error = pkt ? read_open(pkt, h, buf, bufsize, qnamebuf) : -ENOMEM;

	if (error == 0)
		return pkt;
	free(pkt);
	errno = -error;
	return NULL;
}

int read_rr(struct iothdns_pkt *pkt, struct iothdns_rr *rr, struct dns_name *owner)
{
	struct wire_reader *reader = &pkt->reader;

	if (pkt->section == IOTHDNS_SEC_QUERY)
		pkt->section = IOTHDNS_SEC_ANSWER;
	while (pkt->section < IOTHDNS_SECTIONS && pkt->counts[pkt->section] == 0)
		pkt->section++;
	if (pkt->section == IOTHDNS_SECTIONS || pkt->error) {
		reader->len = reader->at;
		return 0;
	}
	*reader = pkt->message;
	reader->at = pkt->next;
	if (owner)
		(void)name_read(reader, owner);
	else
		name_skip(reader);
	rr->type = wire_u16(reader);
	rr->class = wire_u16(reader);
	rr->ttl = wire_u32(reader);
	if (rr->ttl > INT32_MAX)
		rr->ttl = rr->type == IOTHDNS_TYPE_OPT ? rr->ttl : 0; /* RFC 2181, 8 */
	rr->rdlength = wire_u16(reader);
	if (reader->error || rr->rdlength > wire_left(reader)) {
		packet_fail(pkt, EBADMSG);
		reader->len = reader->at;
		return 0;
	}
	pkt->counts[pkt->section]--;
	pkt->next = reader->at + rr->rdlength;
	reader->len = pkt->next;
	return pkt->section;
}

int iothdns_get_rr(struct iothdns_pkt *pkt, struct iothdns_rr *rr, char *namebuf)
{
	struct dns_name owner;
	int section;

	*rr = (struct iothdns_rr){.name = namebuf};
	if (pkt->composing) {
		packet_fail(pkt, EINVAL);
		return 0;
	}
	section = read_rr(pkt, rr, namebuf ? &owner : NULL);
	if (section)
		to_text(pkt, &owner, namebuf);
	else if (namebuf)
		namebuf[0] = '\0';
	return pkt->error ? 0 : section;
}

/* Is this a message that is read? And what its reader says after a call, for the caller. */
static bool reading(struct iothdns_pkt *pkt)
{
	if (pkt->composing)
		packet_fail(pkt, EINVAL);
	return !pkt->composing;
}

static void note_error(struct iothdns_pkt *pkt)
{
	if (pkt->reader.error)
		packet_fail(pkt, EBADMSG);
}

uint8_t iothdns_get_int8(struct iothdns_pkt *pkt)
{
	uint8_t value = reading(pkt) ? wire_u8(&pkt->reader) : 0;

	note_error(pkt);
	return value;
}

uint16_t iothdns_get_int16(struct iothdns_pkt *pkt)
{
	uint16_t value = reading(pkt) ? wire_u16(&pkt->reader) : 0;

	note_error(pkt);
	return value;
}

uint32_t iothdns_get_int32(struct iothdns_pkt *pkt)
{
	uint32_t value = reading(pkt) ? wire_u32(&pkt->reader) : 0;

	note_error(pkt);
	return value;
}

void *iothdns_get_data(struct iothdns_pkt *pkt, void *data, uint16_t len)
{
	const uint8_t *bytes = reading(pkt) ? wire_take(&pkt->reader, len) : NULL;

	note_error(pkt);
	if (data && len) {
		if (bytes)
			memcpy(data, bytes, len);
		else
			memset(data, 0, len);
	}
	return data;
}

int read_name(struct iothdns_pkt *pkt, struct dns_name *name)
{
	int error = pkt->error ? -EBADMSG : name_read(&pkt->reader, name);

	note_error(pkt);
	return error;
}

char *iothdns_get_name(struct iothdns_pkt *pkt, char *name)
{
	struct dns_name wire = {1, {0}};

	if (reading(pkt))
		(void)read_name(pkt, &wire);
	to_text(pkt, &wire, name);
	return name;
}

char *iothdns_get_string(struct iothdns_pkt *pkt, char *string)
{
	uint8_t len = iothdns_get_int8(pkt);

	iothdns_get_data(pkt, string, len);
	if (string)
		string[pkt->error ? 0 : len] = '\0';
	return string;
}

void *iothdns_get_a(struct iothdns_pkt *pkt, void *addr_ipv4)
{
	return iothdns_get_data(pkt, addr_ipv4, 4);
}

void *iothdns_get_aaaa(struct iothdns_pkt *pkt, void *addr_ipv6)
{
	return iothdns_get_data(pkt, addr_ipv6, 16);
}

size_t iothdns_get_left(struct iothdns_pkt *pkt)
{
	return pkt->composing || pkt->error ? 0 : wire_left(&pkt->reader);
}
