/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Data of records: see rdata.h. */
#include "rdata.h"

#include <string.h>

#include "dnsname.h"
#include "name.h"
#include "query.h"

#define ANY_LENGTH (-1)

/* What the data of a type begins with, and how many bytes follow. */
struct form {
	uint16_t type;
	uint8_t before;  /* bytes */
	uint8_t strings; /* character strings (RFC 1035, 3.3) */
	uint8_t names;
	int16_t rest; /* bytes, or ANY_LENGTH */
};

static const struct form forms[] = {
    {NAMED_TYPE_A, 4, 0, 0, 0}, {NAMED_TYPE_NS, 0, 0, 1, 0}, {NAMED_TYPE_CNAME, 0, 0, 1, 0},
    {NAMED_TYPE_SOA, 0, 0, 2, 20}, {NAMED_TYPE_PTR, 0, 0, 1, 0}, {NAMED_TYPE_HINFO, 0, 2, 0, 0},
    {NAMED_TYPE_MX, 2, 0, 1, 0}, {NAMED_TYPE_TXT, 0, 1, 0, ANY_LENGTH}, {17, 0, 0, 2, 0}, /* RP */
    {18, 2, 0, 1, 0},                                                               /* AFSDB */
    {21, 2, 0, 1, 0},                                                               /* RT */
    {26, 2, 0, 2, 0},                                                               /* PX */
    {NAMED_TYPE_AAAA, 16, 0, 0, 0}, {NAMED_TYPE_SRV, 6, 0, 1, 0}, {35, 4, 3, 1, 0}, /* NAPTR */
    {36, 2, 0, 1, 0},                                                               /* KX */
    {39, 0, 0, 1, 0},                                                               /* DNAME */
};

static const struct form opaque = {.rest = ANY_LENGTH};

static const struct form *form_of(uint16_t type)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return &forms[i];
	}
	return &opaque;
}

bool named_rdata_is_cacheable(uint16_t type)
{
	switch (type) {
	case 0:
	case 3: /* MD, MF, MB, MG, MR, NULL, MINFO: of the time of RFC 1035 */
	case 4:
	case 7:
	case 8:
	case 9:
	case 10:
	case 14:
	case 24: /* SIG, KEY, NXT: RFC 3755 */
	case 25:
	case 30:
	case NAMED_TYPE_OPT:
	case 46: /* RRSIG, NSEC, NSEC3: who asks for these asks with DO for others */
	case 47:
	case 50:
		return false;
	default:
		return type < 128 || type > 255; /* RFC 6895, 3.1: questions' types and meta types */
	}
}

static void copy(struct wire_reader *from, size_t len, struct wire_writer *out)
{
	const uint8_t *bytes = wire_take(from, len);

	if (bytes)
		wire_put_bytes(out, bytes, len);
}

bool named_rdata_copy(
    struct wire_reader *message, uint16_t type, size_t len, struct wire_writer *out)
{
	const struct form *form = form_of(type);
	/* Names point to what is before them in the message, and end with the data. */
	struct wire_reader reader = wire_reader(message->data, message->at + len);
	size_t left;

	if (message->error || len > wire_left(message))
		goto bad;
	reader.at = message->at;
	copy(&reader, form->before, out);
	for (int i = 0; i < form->strings; i++) {
		uint8_t string = wire_u8(&reader);

		wire_put_u8(out, string);
		copy(&reader, string, out);
	}
	for (int i = 0; i < form->names; i++) {
		struct dns_name name;

		if (name_read(&reader, &name) < 0)
			goto bad;
		wire_put_bytes(out, name.wire, name.len);
	}
	left = wire_left(&reader);
	if (form->rest != ANY_LENGTH && left != (size_t)form->rest)
		goto bad;
	copy(&reader, left, out);
	if (reader.error || out->error)
		goto bad;
	message->at += len;
	return true;
bad:
	message->error = true;
	return false;
}

bool named_rdata_equal(uint16_t type, const uint8_t *a, const uint8_t *b, size_t len)
{
	const struct form *form = form_of(type);
	size_t names = form->before, rest;

	if (form->names == 0)
		return memcmp(a, b, len) == 0;
	for (int i = 0; i < form->strings && names < len; i++)
		names += 1 + (size_t)a[names];
	rest = len - (size_t)form->rest; /* behind names there is no data of any length */
	if (len < (size_t)form->rest || names > rest)
		return false; /* it was not written by us */
	return memcmp(a, b, names) == 0 && named_wire_equal(a + names, b + names, rest - names) &&
	       memcmp(a + rest, b + rest, len - rest) == 0;
}
