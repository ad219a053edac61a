/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One message, read by libldns and by us. */
#ifndef TEST_INTEROP_LDNS_COMPARE_H
#define TEST_INTEROP_LDNS_COMPARE_H

#include <stddef.h>
#include <stdint.h>

enum ldns_verdict {
	LDNS_NOT_READ,  /* by libldns */
	LDNS_SAME,      /* the same records */
	LDNS_REFUSED,   /* by us: libldns follows compression pointers that lead forward */
	LDNS_DIFFERENT, /* this must not be */
};

#define LDNS_COMPARE_TYPE 65280 /* for private use */

/* Writes to the bytes. Adds the records that both have read. */
enum ldns_verdict ldns_compare(uint8_t *bytes, size_t len, size_t *records);

#endif
