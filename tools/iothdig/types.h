/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of types, classes and results, as dig writes them. */
#ifndef IOTHDIG_TYPES_H
#define IOTHDIG_TYPES_H

#include <stdint.h>

/* Not types of records: questions for a whole zone. */
#define TYPE_IXFR 251
#define TYPE_AXFR 252

/* "AAAA" or "TYPE28" (RFC 3597, 5), in any case. The type, or -1. */
int type_number(const char *name);

/* The name, or TYPEn in `buffer`. */
#define TYPE_NAME_SIZE 12
const char *type_name(uint16_t type, char buffer[TYPE_NAME_SIZE]);

/* "IN" or CLASSn (RFC 3597, 5). */
const char *class_name(uint16_t class, char buffer[TYPE_NAME_SIZE]);

const char *rcode_name(unsigned int rcode);

#endif
