/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones of link-local addresses (RFC 4007, 11): the interfaces of a stack, by name or number. */
#ifndef IOTHDNS_SCOPE_H
#define IOTHDNS_SCOPE_H

#include <stddef.h>
#include <stdint.h>

struct ioth;

/* The index of an interface. 0, or -ENODEV. */
int scope_index(struct ioth *stack, const char *scope, uint32_t *index);

/* The name of an interface, or its number where it has none. 0, or -EMSGSIZE. */
int scope_name(struct ioth *stack, uint32_t index, char *name, size_t size);

#endif
