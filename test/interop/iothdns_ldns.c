/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader against libldns: of many messages, changed at random, both read the same records, or
 * ours refuses one that it must refuse: libldns follows compression pointers that lead forward.
 *
 * The other way round, what libldns refuses and we read is right where the data of a record are not
 * those of its type: libldns looks at them, our reader leaves that to who reads them. So the
 * records are of a type whose data are any bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ldns/ldns.h>

#include "packet.h"

#define MESSAGES 100000
#define TYPE     65280 /* for private use: its data are any bytes */

static unsigned int seed = 1;

static unsigned int pseudo_random(unsigned int below)
{
	seed = seed * 1103515245U + 12345U;
	return (seed >> 8) % below;
}

static size_t compose(uint8_t *bytes)
{
	static const char *const names[] = {
	    "a.example", "www.a.example", "example", "x\\.y.example", "UPPER.Example", ""};
	struct iothdns_header h = {
	    .id = 7, .qname = names[pseudo_random(6)], .qtype = TYPE, .qclass = 1};
	struct iothdns_pkt *pkt = iothdns_put_header(&h);
	unsigned int count = pseudo_random(6);
	struct iovec iov;

	for (unsigned int i = 0; i < count; i++) {
		struct iothdns_rr rr = {
		    names[pseudo_random(6)], TYPE, IOTHDNS_CLASS_IN, pseudo_random(99999), 0};

		iothdns_put_rr((int)(1 + i / 2), pkt, &rr);
		iothdns_put_data(pkt, (void *)(uintptr_t) "some bytes", (uint16_t)pseudo_random(10));
	}
	iov = iothdns_getbuf(pkt);
	memcpy(bytes, iov.iov_base, iov.iov_len);
	iothdns_free(pkt);
	return iov.iov_len;
}

/* (libldns has a bool of its own.) */
static int same_owner(const ldns_rdf *theirs, const struct dns_name *ours)
{
	return ldns_rdf_size(theirs) == ours->len &&
	       memcmp(ldns_rdf_data(theirs), ours->wire, ours->len) == 0;
}

enum verdict { SAME, REFUSED, DIFFERENT };

static enum verdict compare(ldns_pkt *theirs, uint8_t *bytes, size_t len, size_t *records)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct dns_name owner;
	struct iothdns_pkt *ours = iothdns_get_header(&h, bytes, len, NULL);
	ldns_rr_list *lists[] = {
	    NULL, ldns_pkt_answer(theirs), ldns_pkt_authority(theirs), ldns_pkt_additional(theirs)};
	size_t at[4] = {0};
	int equal = ours && ldns_pkt_id(theirs) == h.id;
	int section, error;

	if (!ours)
		return REFUSED;

	while (equal && (section = read_rr(ours, &rr, &owner)) != 0) {
		ldns_rr *record;

		/* libldns keeps EDNS0 and signatures of transactions apart. */
		if (rr.type == LDNS_RR_TYPE_OPT || rr.type == LDNS_RR_TYPE_TSIG)
			continue;
		record = at[section] < ldns_rr_list_rr_count(lists[section])
		             ? ldns_rr_list_rr(lists[section], at[section]++)
		             : NULL;
		/* RFC 2181, 8: a TTL with the first bit set is 0. */
		equal = record && ldns_rr_get_type(record) == rr.type &&
		        same_owner(ldns_rr_owner(record), &owner) &&
		        (ldns_rr_ttl(record) == rr.ttl || ldns_rr_ttl(record) > INT32_MAX) &&
		        ldns_rr_get_class(record) == rr.class;
		(*records)++;
	}
	error = iothdns_error(ours);
	iothdns_free(ours);
	return !equal ? DIFFERENT : error ? REFUSED : SAME;
}

int main(void)
{
	size_t both = 0, records = 0, refused = 0, differ = 0;

	for (int i = 0; i < MESSAGES; i++) {
		uint8_t bytes[1024];
		size_t len = compose(bytes);
		ldns_pkt *theirs = NULL;

		for (unsigned int changes = pseudo_random(4); changes > 0; changes--)
			bytes[pseudo_random((unsigned int)len)] = (uint8_t)pseudo_random(256);
		if (pseudo_random(8) == 0)
			len = pseudo_random((unsigned int)len);
		if (ldns_wire2pkt(&theirs, bytes, len) != LDNS_STATUS_OK)
			continue;
		switch (compare(theirs, bytes, len, &records)) {
		case SAME:
			both++;
			break;
		case REFUSED:
			refused++;
			break;
		case DIFFERENT:
			differ++;
			printf("differ:");
			for (size_t k = 0; k < len; k++)
				printf(" %02x", bytes[k]);
			putchar('\n');
		}
		ldns_pkt_free(theirs);
	}
	printf("%d messages, %zu read by both with %zu records, %zu refused, %zu differ\n", MESSAGES,
	    both, records, refused, differ);
	return differ > 0 || both < MESSAGES / 4 || refused > both / 100;
}
