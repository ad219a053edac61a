/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose clients these are: the domains that a name may lie in. */
#ifndef DOMAINS_H
#define DOMAINS_H

#include "dhcp_name.h"

#define DOMAINS_MAX 16

struct domains {
	size_t count; /* 0: all names are ours */
	char name[DOMAINS_MAX][DHCP_NAME_SIZE];
};

/* Adds a domain, with or without a dot before and behind it. 0, -EINVAL or -ENOSPC. */
int domains_add(struct domains *domains, const char *name);

/* Is the name one of these domains, or below one? Letters are equal whatever their case. */
bool domains_have(const struct domains *domains, const char *name);

#endif
