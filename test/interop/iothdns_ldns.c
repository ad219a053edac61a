/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader against libldns: of many messages, changed at random, both read the same records, or
 * ours refuses one that it must refuse: ldns_compare.h. libldns looks at the data of records, so
 * they are of a type whose data are any bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ldns_compare.h"
#include "packet.h"

#define MESSAGES 100000
#define TYPE     LDNS_COMPARE_TYPE

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

int main(void)
{
	size_t both = 0, records = 0, refused = 0, differ = 0;

	for (int i = 0; i < MESSAGES; i++) {
		uint8_t bytes[1024];
		size_t len = compose(bytes);

		for (unsigned int changes = pseudo_random(4); changes > 0; changes--)
			bytes[pseudo_random((unsigned int)len)] = (uint8_t)pseudo_random(256);
		if (pseudo_random(8) == 0)
			len = pseudo_random((unsigned int)len);
		switch (ldns_compare(bytes, len, &records)) {
		case LDNS_NOT_READ:
			break;
		case LDNS_SAME:
			both++;
			break;
		case LDNS_REFUSED:
			refused++;
			break;
		case LDNS_DIFFERENT:
			differ++;
			printf("differ:");
			for (size_t k = 0; k < len; k++)
				printf(" %02x", bytes[k]);
			putchar('\n');
		}
	}
	printf("%d messages, %zu read by both with %zu records, %zu refused, %zu differ\n", MESSAGES,
	    both, records, refused, differ);
	return differ > 0 || both < MESSAGES / 4 || refused > both / 100;
}
