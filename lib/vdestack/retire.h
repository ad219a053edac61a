/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retired addresses of a stack (ioth_ipaddr_retire(3)). */
#ifndef RETIRE_H
#define RETIRE_H

#include <relay.h>

#include "vdestack_internal.h"

/* A stack's retired addresses: its gate, and the sockets that ask the kernel about flows. */
struct retire;

/* NULL is allowed. The stack's lines must be gone. */
void retire_free(struct retire *retire);

/* An IPv6 address of the interface `ifindex` is left to its flows; *retire is made at first. 0 or
 * -errno. One call at a time. */
int retire_address(struct retire **retire, struct vdestack *stack, struct relay *relay,
    struct relay_line **lines, unsigned int count, const uint8_t address[16], int prefixlen,
    unsigned int ifindex);

/* Undoes that for one that is being added (vdestack_ipaddr_reopen). NULL is allowed. */
int retire_reopen(
    struct retire *retire, const uint8_t address[16], int prefixlen, unsigned int ifindex);

#endif
