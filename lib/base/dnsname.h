/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domain names (RFC 1035, 3.1): their text, their bytes in a message, and whether two are the same
 * one. No I/O, no allocation. */
#ifndef BASE_DNSNAME_H
#define BASE_DNSNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

#define NAME_MAX_WIRE   255 /* RFC 1035, 2.3.4: the root label included */
#define NAME_MAX_LABEL  63
#define NAME_MAX_LABELS 128

struct dns_name {
	uint8_t len; /* bytes, the root label included; never 0 once it is set */
	uint8_t wire[NAME_MAX_WIRE];
};

/* ASCII only, in no locale (RFC 4343). */
static inline uint8_t name_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

/* Text to bytes. 0, -EINVAL: an empty label or a wrong escape, or -ENAMETOOLONG. */
int name_from_text(struct dns_name *name, const char *text);

/* Bytes to text, without a final dot; the root is "". The length, or -ENAMETOOLONG. */
int name_to_text(const struct dns_name *name, char *text, size_t size);

/* Reads a name, pointers included, which must lead strictly backwards. 0 or -EBADMSG, and then the
 * reader has an error. */
int name_read(struct wire_reader *reader, struct dns_name *name);

/* The same without the name: nothing behind a pointer is looked at. */
void name_skip(struct wire_reader *reader);

bool name_equal(const struct dns_name *a, const struct dns_name *b);

/* A to Z become a to z: the form in which names are keys. */
void name_fold(struct dns_name *name);

/* Is the text what a host may be called (letters, digits, '-', '_' in not empty labels)? What
 * others have registered ends in logs and on terminals. */
bool name_is_host(const char *text);

#endif
