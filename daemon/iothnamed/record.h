/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records as text, the way `static` lines have them, to data in wire form. */
#ifndef NAMED_RECORD_H
#define NAMED_RECORD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"
#include "optlist.h"

#define NAMED_RECORD_DATA_MAX 65535

struct named_record_text {
	struct dns_name owner; /* as it is spelled */
	uint16_t type;
	size_t len;
	uint8_t data[NAMED_RECORD_DATA_MAX];
};

/* The words of a line: TYPE NAME DATA... NULL, or what is wrong with them. */
const char *named_record_parse(
    struct named_record_text *record, const struct optlist_item *words, size_t count);

/* IPv4 (mapped) or IPv6: 0 or -EINVAL. `len`: NULL, or all of the address's own bits. */
int named_address_from_text(const char *text, struct in6_addr *address, unsigned int *len);

#endif
