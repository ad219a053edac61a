/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Composing: the input is a program of calls. What they compose without an error can be read, with
 * the names that were put, and is no longer than a message may be. What is composed of that, is
 * read and is composed again, is the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORDS 64

struct composed {
	int sections[RECORDS];
	struct dns_name names[RECORDS];
	size_t count;
};

/* A name of a few labels, which are likely to be the same as others'. */
static void make_name(struct wire_reader *input, char text[IOTHDNS_MAXNAME])
{
	static const char *const labels[] = {"a", "B", "example", "org", "a\\.b", "x\\000y", "", "www",
	    "WWW", "sixty-three-bytes-are-the-most-that-a-label-may-have-and-here-xx"};
	unsigned int count = wire_u8(input) % 5;
	size_t at = 0;

	text[0] = '\0';
	while (count-- > 0) {
		const char *label = labels[wire_u8(input) % (sizeof(labels) / sizeof(labels[0]))];

		if (at + strlen(label) + 2 > IOTHDNS_MAXNAME)
			return;
		memcpy(text + at, label, strlen(label) + 1);
		at += strlen(label);
		text[at++] = '.';
		text[at] = '\0';
	}
}

static void put_record(
    struct iothdns_pkt *pkt, struct wire_reader *input, struct composed *composed)
{
	static int last;
	char name[IOTHDNS_MAXNAME];
	int section = wire_u8(input) % 5;
	struct iothdns_rr rr = {name, wire_u16(input), 1, wire_u16(input), 0};

	make_name(input, name);
	if (composed->count == 0)
		last = 0;
	iothdns_put_rr(section, pkt, &rr);
	if (iothdns_error(pkt) || section < last)
		return;
	last = section;
	composed->sections[composed->count] = section;
	if (name_from_text(&composed->names[composed->count++], name) < 0)
		abort();
}

static void put_data(struct iothdns_pkt *pkt, struct wire_reader *input, unsigned int what)
{
	static uint8_t zeros[UINT16_MAX];
	char name[IOTHDNS_MAXNAME];

	make_name(input, name);
	switch (what % 6) {
	case 0:
		iothdns_put_name(pkt, name);
		break;
	case 1:
		iothdns_put_name_uncompressed(pkt, name);
		break;
	case 2:
		iothdns_put_string(pkt, name);
		break;
	case 3:
		iothdns_put_int32(pkt, wire_u32(input));
		break;
	case 4:
		iothdns_put_data(pkt, zeros, wire_u16(input));
		break;
	default:
		compose_finish(pkt);
	}
}

static void check(struct iothdns_pkt *pkt, const struct composed *composed)
{
	struct iovec iov = iothdns_getbuf(pkt);
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct dns_name owner;
	struct iothdns_pkt *read = iothdns_get_header(&h, iov.iov_base, iov.iov_len, NULL);
	size_t i;

	if (!read || iov.iov_len > MESSAGE_MAX)
		abort();
	for (i = 0; i < composed->count; i++) {
		if (read_rr(read, &rr, &owner) != composed->sections[i] ||
		    !name_equal(&owner, &composed->names[i]))
			abort();
	}
	if (read_rr(read, &rr, NULL) || iothdns_error(read) || read->next != iov.iov_len)
		abort();
	iothdns_free(read);
}

/* A message with the records of another one; their data as they are. */
static struct iothdns_pkt *copy_of(struct iothdns_pkt *pkt)
{
	struct iovec iov = iothdns_getbuf(pkt);
	char question[IOTHDNS_MAXNAME], owner[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *read = iothdns_get_header(&h, iov.iov_base, iov.iov_len, question);
	struct iothdns_pkt *copy = read ? iothdns_put_header(&h) : NULL;
	int section;

	if (!copy)
		abort();
	while ((section = iothdns_get_rr(read, &rr, owner)) != 0) {
		uint8_t *data = malloc(rr.rdlength + 1U);

		if (!data)
			abort();
		iothdns_get_data(read, data, rr.rdlength);
		iothdns_put_rr(section, copy, &rr);
		iothdns_put_data(copy, data, rr.rdlength);
		free(data);
	}
	if (iothdns_error(read)) { /* a name whose text is too long */
		iothdns_free(copy);
		copy = NULL;
	}
	iothdns_free(read);
	return copy;
}

static void check_stable(struct iothdns_pkt *pkt)
{
	struct iothdns_pkt *first = copy_of(pkt), *second;
	struct iovec a, b;

	if (!first || iothdns_error(first)) {
		iothdns_free(first); /* too large without the names that were in the data */
		return;
	}
	second = copy_of(first);
	a = iothdns_getbuf(first);
	if (!second || iothdns_error(second))
		abort();
	b = iothdns_getbuf(second);
	if (a.iov_len != b.iov_len || memcmp(a.iov_base, b.iov_base, a.iov_len) != 0)
		abort();
	iothdns_free(first);
	iothdns_free(second);
}

static void check_truncated(struct iothdns_pkt *pkt, size_t limit)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *read;
	struct iovec iov;

	compose_truncate(pkt, limit);
	iov = iothdns_getbuf(pkt);
	read = iothdns_get_header(&h, iov.iov_base, iov.iov_len, NULL);
	if (!read || iov.iov_len > limit)
		abort();
	while (read_rr(read, &rr, NULL))
		continue;
	if (iothdns_error(read))
		abort();
	iothdns_free(read);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader input = wire_reader(data, size);
	char name[IOTHDNS_MAXNAME];
	struct iothdns_header h = {.qname = name, .qtype = 1, .qclass = 1};
	struct composed *composed = calloc(1, sizeof(*composed));
	struct iothdns_pkt *pkt;

	make_name(&input, name);
	pkt = iothdns_put_header(&h);
	while (pkt && composed && wire_left(&input) > 0 && composed->count < RECORDS) {
		unsigned int what = wire_u8(&input);

		if (what % 4 == 0)
			put_record(pkt, &input, composed);
		else
			put_data(pkt, &input, what / 4);
	}
	if (pkt && composed && !iothdns_error(pkt)) {
		check(pkt, composed);
		check_stable(pkt);
		check_truncated(pkt, 512);
	}
	iothdns_free(pkt);
	free(composed);
	return 0;
}
