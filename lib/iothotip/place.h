/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a keeper's addresses are: an interface of a stack of libioth, configured by netlink. */
#ifndef OTIP_PLACE_H
#define OTIP_PLACE_H

#include <stdbool.h>

#include "keeper.h"

struct ioth;

struct otip_place {
	struct ioth *stack; /* NULL: the default one */
	unsigned int ifindex;
};

/* Finds the interface (NULL: vde0) and brings it up, and lo. 0 or -errno. */
int otip_place_open(struct otip_place *place, struct ioth *stack, const char *interface);

/* A keeper's operations; the context is the place. Addresses are added with a prefix of 64 bits and
 * without duplicate address detection, so that they answer at once: nobody else can have one but by
 * knowing the secret.
 *
 * `in_use` is for stacks that cannot retire an address by themselves (the kernel's): it asks for
 * the stack's sockets. An owner that counts its flows takes the others into a table of its own. */
extern const struct otip_keeper_ops otip_place_ops;

int otip_place_add(void *place, const struct in6_addr *address);
int otip_place_retire(void *place, const struct in6_addr *address);
void otip_place_remove(void *place, const struct in6_addr *address);
bool otip_place_in_use(void *place, const struct in6_addr *address);

#endif
