/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hosts(5) and services(5). A number where a name is expected, and the other way round, is a line
 * that is not looked at. */
#ifndef IOTHDNS_FILES_H
#define IOTHDNS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* The first line with an address of the family that has this name (its case apart, a final dot
 * too). `canonical` (NULL, or IOTHDNS_MAXNAME bytes) gets the line's first name. */
bool hosts_find_name(
    const struct text *hosts, const char *name, int family, uint8_t *address, char *canonical);

/* The first name of the first line with this address. */
bool hosts_find_address(
    const struct text *hosts, int family, const void *address, char *name, size_t size);

/* The port of a service, by its name or an alias; the case counts, as in the C library. */
bool services_find_name(
    const struct text *services, const char *name, const char *protocol, uint16_t *port);

bool services_find_port(
    const struct text *services, uint16_t port, const char *protocol, char *name, size_t size);

#endif
