/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the server is: its stacks, and the resolver that it asks. */
#ifndef PLACE_H
#define PLACE_H

#include "loop_stack.h"
#include "settings.h"

struct ioth;
struct iothdns;

struct place {
	struct ioth *stack;     /* that it serves on; NULL: the kernel's, or none (VNL mode) */
	struct ioth *dns_stack; /* NULL: the kernel's */
	struct loop_stack lead, dns_lead;
};

/* Creates and configures the stacks. 0 or -errno, which has been logged. */
int place_open(struct place *place, const struct settings *settings);
/* The loop receives for them from now on, until they are closed. */
void place_lead(struct place *place, struct loop *loop);
void place_close(struct place *place);

/* The resolver: --nameserver, --resolvconf, what the stack knows, /etc/resolv.conf. NULL: why has
 * been logged. */
struct iothdns *place_resolver(const struct place *place, const struct settings *settings);

#endif
