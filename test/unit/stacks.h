/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks of a test on networks of its own, and what must not grow while it runs. */
#ifndef TEST_STACKS_H
#define TEST_STACKS_H

#include <stddef.h>
#include <netinet/in.h>

struct ioth;

#define STACKS_VNL 100 /* bytes of a VNL */

/* A network that a stack of this kind can reach: picox has them in memory, others on ptp:// in the
 * test's own directory. Stacks of both kinds meet there only. */
void stacks_network(
    char vnl[STACKS_VNL], const char *stack, const char *directory, const char *name);

/* Gives vde0 an address, at once, and brings it up. */
void stacks_configure(struct ioth *stack, const char *address);

/* Waits until an address of a stack's can be reached from itself. Linux makes the route to it a
 * moment after the address: its detection of duplicates is put off to a thread of the kernel's,
 * even where there is none to be done. What comes before is dropped, and a client's second try
 * comes a second later. One that has gone meanwhile is not waited for. */
void stacks_wait_for_address(struct ioth *stack, const struct in6_addr *address);

size_t stacks_addresses(struct ioth *stack); /* of IPv6 */
/* Of this process. */
size_t stacks_descriptors(void);
size_t stacks_threads(void);

#endif
