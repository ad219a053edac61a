/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for sets of addresses: in which of them is a client?
 *
 * A net is a union of prefixes; there are up to 64, and a client's are a bitmap. When all prefixes
 * are known the space of addresses is cut at their ends into ranges, each of which has one bitmap;
 * a client is found among them by bisection, however many prefixes there are.
 */
#ifndef NAMED_NET_H
#define NAMED_NET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct named_nets;

struct named_nets *named_nets_new(void); /* NULL: no memory */
void named_nets_free(struct named_nets *nets);

/* A prefix more for a net, which is new or not. 0, -ENOSPC: 64 nets are there, or -ENOMEM. */
int named_nets_add(
    struct named_nets *nets, const char *name, const struct in6_addr *address, unsigned int len);

/* The bit of a net, of `len` bytes of name; 0: there is none. */
uint64_t named_nets_bit(const struct named_nets *nets, const char *name, size_t len);

/* To be called once, when all are in. 0 or -ENOMEM. */
int named_nets_seal(struct named_nets *nets);

/* The nets of an address. */
uint64_t named_nets_of(const struct named_nets *nets, const struct in6_addr *address);

#endif
