/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Composing a message.
 *
 * Bytes go to a buffer that begins inside the message's structure and grows to MESSAGE_MAX. The
 * length of a record's data is filled in when the next record begins or the message is asked for.
 * The first thing that goes wrong stays as the error; nothing is written after it.
 */
#include "packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `len` bytes more. */
static bool reserve(struct iothdns_pkt *pkt, size_t len)
{
	struct wire_writer *w = &pkt->writer;
	size_t size = w->size;
	uint8_t *bigger;

	if (pkt->error)
		return false;
	if (len <= w->size - w->at)
		return true;
	if (len > MESSAGE_MAX - w->at) {
		packet_fail(pkt, EMSGSIZE);
		return false;
	}
	while (size < w->at + len)
		size *= 2;
	if (size > MESSAGE_MAX)
		size = MESSAGE_MAX;
	bigger = realloc(w->data == pkt->first ? NULL : w->data, size);
	if (!bigger) {
		packet_fail(pkt, ENOMEM);
		return false;
	}
	if (w->data == pkt->first)
		memcpy(bigger, pkt->first, w->at);
	w->data = bigger;
	w->size = size;
	return true;
}

/* Puts the length of the data of the record that is open. */
static void end_record(struct iothdns_pkt *pkt)
{
	if (pkt->rdata)
		wire_end_u16(&pkt->writer, pkt->rdata);
	pkt->rdata = 0;
}

static void put_name(struct iothdns_pkt *pkt, const char *text, bool compressed)
{
	struct dns_name name;
	struct compress_ends ends;
	unsigned int found;
	uint16_t place;
	int error;

	if (pkt->error)
		return;
	error = text ? name_from_text(&name, text) : -EINVAL;
	if (error < 0) {
		packet_fail(pkt, -error);
		return;
	}
	if (!reserve(pkt, name.len))
		return;
	compress_ends(&ends, &name);
	found = ends.count;
	if (compressed)
		found = compress_find(&pkt->names, &ends, &name, pkt->writer.data, pkt->writer.at, &place);
	/* A name that was not compressed may be what later ones point to. */
	for (unsigned int i = 0; i < found; i++)
		compress_add(&pkt->names, ends.hash[i], pkt->writer.at + ends.at[i]);
	if (found < ends.count) {
		wire_put_bytes(&pkt->writer, name.wire, ends.at[found]);
		wire_put_u16(&pkt->writer, (uint16_t)(0xc000 | place));
	} else {
		wire_put_bytes(&pkt->writer, name.wire, name.len);
	}
}

struct iothdns_pkt *iothdns_put_header(struct iothdns_header *h)
{
	struct iothdns_pkt *pkt = malloc(sizeof(*pkt));

	if (!pkt) {
		errno = ENOMEM;
		return NULL;
	}
	pkt->composing = true;
	pkt->left_out = false;
	pkt->section = IOTHDNS_SEC_QUERY;
	pkt->error = 0;
	pkt->rdata = 0;
	memset(pkt->counts, 0, sizeof(pkt->counts));
	pkt->reader = wire_reader(NULL, 0);
	pkt->writer = wire_writer(pkt->first, sizeof(pkt->first));
	compress_init(&pkt->names);
	wire_put_u16(&pkt->writer, h->id);
	wire_put_u16(&pkt->writer, h->flags);
	wire_put_zeros(&pkt->writer, HEADER_LEN - HEADER_COUNTS);
	if (h->qname) {
		put_name(pkt, h->qname, true);
		if (reserve(pkt, 4)) {
			wire_put_u16(&pkt->writer, h->qtype);
			wire_put_u16(&pkt->writer, h->qclass);
			pkt->counts[IOTHDNS_SEC_QUERY] = 1;
		}
	}
	return pkt;
}

void iothdns_put_rr(int section, struct iothdns_pkt *pkt, struct iothdns_rr *rr)
{
	if (!pkt->composing || section < IOTHDNS_SEC_ANSWER || section >= IOTHDNS_SECTIONS) {
		packet_fail(pkt, EINVAL);
		return;
	}
	pkt->left_out = section < pkt->section;
	if (pkt->left_out)
		return;
	end_record(pkt);
	put_name(pkt, rr->name, true);
	if (!reserve(pkt, 10))
		return;
	if (pkt->counts[section] == UINT16_MAX) {
		packet_fail(pkt, EMSGSIZE);
		return;
	}
	pkt->section = section;
	wire_put_u16(&pkt->writer, rr->type);
	wire_put_u16(&pkt->writer, rr->class);
	wire_put_u32(&pkt->writer, rr->ttl);
	pkt->rdata = wire_begin_u16(&pkt->writer);
	pkt->counts[section]++;
}

/* May data be put now? Those of a record that is left out are left out, too. */
static bool in_record(struct iothdns_pkt *pkt, size_t len)
{
	if (!pkt->composing || (!pkt->left_out && !pkt->rdata))
		packet_fail(pkt, EINVAL);
	return !pkt->error && !pkt->left_out && reserve(pkt, len);
}

void iothdns_put_int8(struct iothdns_pkt *pkt, uint8_t value)
{
	if (in_record(pkt, 1))
		wire_put_u8(&pkt->writer, value);
}

void iothdns_put_int16(struct iothdns_pkt *pkt, uint16_t value)
{
	if (in_record(pkt, 2))
		wire_put_u16(&pkt->writer, value);
}

void iothdns_put_int32(struct iothdns_pkt *pkt, uint32_t value)
{
	if (in_record(pkt, 4))
		wire_put_u32(&pkt->writer, value);
}

void iothdns_put_data(struct iothdns_pkt *pkt, void *data, uint16_t len)
{
	if (in_record(pkt, len))
		wire_put_bytes(&pkt->writer, data, len);
}

void iothdns_put_name(struct iothdns_pkt *pkt, const char *name)
{
	if (in_record(pkt, 0))
		put_name(pkt, name, true);
}

void iothdns_put_name_uncompressed(struct iothdns_pkt *pkt, const char *name)
{
	if (in_record(pkt, 0))
		put_name(pkt, name, false);
}

void iothdns_put_string(struct iothdns_pkt *pkt, char *string)
{
	size_t len = strnlen(string, IOTHDNS_MAXSTRING);

	if (in_record(pkt, 1 + len)) {
		wire_put_u8(&pkt->writer, (uint8_t)len);
		wire_put_bytes(&pkt->writer, string, len);
	}
}

void iothdns_put_a(struct iothdns_pkt *pkt, void *addr_ipv4)
{
	iothdns_put_data(pkt, addr_ipv4, 4);
}

void iothdns_put_aaaa(struct iothdns_pkt *pkt, void *addr_ipv6)
{
	iothdns_put_data(pkt, addr_ipv6, 16);
}

void compose_finish(struct iothdns_pkt *pkt)
{
	end_record(pkt);
	for (size_t i = 0; i < IOTHDNS_SECTIONS; i++)
		wire_patch_u16(&pkt->writer, HEADER_COUNTS + 2 * i, pkt->counts[i]);
}

void compose_truncate(struct iothdns_pkt *pkt, size_t limit)
{
	static const size_t opt_len = 11; /* without options, which are left out */
	struct iothdns_header h;
	struct iothdns_rr rr, opt;
	struct iothdns_pkt whole;
	uint16_t kept[IOTHDNS_SECTIONS] = {pkt->counts[IOTHDNS_SEC_QUERY]};
	size_t end;
	bool has_opt = false;
	int section;

	compose_finish(pkt);
	if (pkt->writer.at <= limit)
		return;
	section = read_open(&whole, &h, pkt->writer.data, pkt->writer.at, NULL);
	if (section < 0) {
		packet_fail(pkt, -section);
		return;
	}
	end = whole.next;
	while (read_rr(&whole, &rr, NULL)) {
		if (rr.type != IOTHDNS_TYPE_OPT)
			continue;
		opt = rr;
		has_opt = true;
		limit -= limit < opt_len ? limit : opt_len;
	}
	(void)read_open(&whole, &h, pkt->writer.data, pkt->writer.at, NULL);
	while ((section = read_rr(&whole, &rr, NULL)) != 0 && whole.next <= limit &&
	       rr.type != IOTHDNS_TYPE_OPT) {
		end = whole.next;
		kept[section]++;
	}
	if (kept[IOTHDNS_SEC_ANSWER] < pkt->counts[IOTHDNS_SEC_ANSWER] ||
	    kept[IOTHDNS_SEC_AUTH] < pkt->counts[IOTHDNS_SEC_AUTH])
		iothdns_rewrite_header(pkt, h.id, h.flags | IOTHDNS_TRUNC);
	memcpy(pkt->counts, kept, sizeof(kept));
	pkt->writer.at = end;
	if (has_opt) {
		opt.name = "";
		pkt->section = IOTHDNS_SEC_ADDITIONAL;
		iothdns_put_rr(IOTHDNS_SEC_ADDITIONAL, pkt, &opt);
	}
	compose_finish(pkt);
}
