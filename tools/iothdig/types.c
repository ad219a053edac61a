/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of types and results: see types.h. */
#include "types.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
	uint16_t type;
	const char *name;
} types[] = {
    {1, "A"},
    {2, "NS"},
    {5, "CNAME"},
    {6, "SOA"},
    {10, "NULL"},
    {12, "PTR"},
    {13, "HINFO"},
    {15, "MX"},
    {16, "TXT"},
    {28, "AAAA"},
    {29, "LOC"},
    {33, "SRV"},
    {35, "NAPTR"},
    {39, "DNAME"},
    {41, "OPT"},
    {43, "DS"},
    {44, "SSHFP"},
    {46, "RRSIG"},
    {47, "NSEC"},
    {48, "DNSKEY"},
    {50, "NSEC3"},
    {51, "NSEC3PARAM"},
    {52, "TLSA"},
    {64, "SVCB"},
    {65, "HTTPS"},
    {99, "SPF"},
    {TYPE_IXFR, "IXFR"},
    {TYPE_AXFR, "AXFR"},
    {255, "ANY"},
    {256, "URI"},
    {257, "CAA"},
};
#define TYPES (sizeof(types) / sizeof(types[0]))

int type_number(const char *name)
{
	unsigned long number;
	char *end;

	for (size_t i = 0; i < TYPES; i++) {
		if (strcasecmp(name, types[i].name) == 0)
			return types[i].type;
	}
	if (strncasecmp(name, "TYPE", 4) != 0 || name[4] < '0' || name[4] > '9')
		return -1;
	number = strtoul(name + 4, &end, 10);
	return *end || number > UINT16_MAX ? -1 : (int)number;
}

const char *type_name(uint16_t type, char buffer[TYPE_NAME_SIZE])
{
	for (size_t i = 0; i < TYPES; i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	snprintf(buffer, TYPE_NAME_SIZE, "TYPE%u", type);
	return buffer;
}

const char *class_name(uint16_t class, char buffer[TYPE_NAME_SIZE])
{
	switch (class) {
	case 1:
		return "IN";
	case 3:
		return "CH";
	case 4:
		return "HS";
	default:
		snprintf(buffer, TYPE_NAME_SIZE, "CLASS%u", class);
		return buffer;
	}
}

const char *rcode_name(unsigned int rcode)
{
	static const char *const names[] = {
	    "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "RESERVED";
}
