/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Duplicate address detection (RFC 4862, 5.4) as an engine without I/O, before an address is given
 * to the stack at all.
 *
 * Stacks do it themselves, too, but Linux's waits for a random time first, of up to a second, and
 * says only by and by how it went. Done here it takes the one second that the RFC asks for, the
 * same on every stack, and the address can be used as soon as the stack has it (IFA_F_NODAD).
 */
#ifndef DAD_H
#define DAD_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "nd.h"

#define DAD_MAX 16 /* addresses at a time */

struct dad_ops {
	engine_random *random;
	/* Sends a neighbour solicitation for `target` from :: to its solicited-node group. */
	void (*solicit)(void *context, const uint8_t target[16], const uint8_t nonce[6]);
	/* The address is nobody else's, or it is somebody's. */
	void (*done)(void *context, const uint8_t target[16], bool duplicate);
};

struct dad {
	const struct dad_ops *ops;
	void *context;
	size_t count;
	struct dad_target {
		uint8_t address[16];
		uint8_t nonce[6];
		bool sent;
		engine_time deadline;
	} target[DAD_MAX];
	engine_time deadline;
};

void dad_init(struct dad *dad, const struct dad_ops *ops, void *context);
/* Begins, after a random time of up to a second if `delay`. An address that is being looked for
 * already goes on. 0 or -ENOSPC. */
int dad_add(struct dad *dad, engine_time now, const uint8_t address[16], bool delay);
/* Ends without a word. */
void dad_cancel(struct dad *dad, const uint8_t address[16]);
/* A neighbour solicitation or advertisement; `from_unspecified`: its source is ::. */
void dad_input(struct dad *dad, const struct nd_neighbour *message, bool from_unspecified);
void dad_timer(struct dad *dad, engine_time now);

#endif
