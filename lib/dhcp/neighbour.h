/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link-local address of a node on a network where no stack has it: it is looked for duplicates
 * (RFC 4862, 5.4), and solicitations for it are answered (RFC 4861, 7.2.4). An engine without I/O.
 *
 *     OFF -- start --> TENTATIVE --> USABLE
 *                       ^     |
 *                 a minute   somebody has it
 *                       |     v
 *                      DUPLICATE
 */
#ifndef NEIGHBOUR_H
#define NEIGHBOUR_H

#include "dad.h"

struct neighbour_ops {
	engine_random *random;
	void (*send)(void *context, const uint8_t source[16], const uint8_t destination[16],
	    const uint8_t mac[6], const void *icmp, size_t len);
	void (*changed)(void *context); /* the state */
};

enum neighbour_state { NEIGHBOUR_OFF, NEIGHBOUR_TENTATIVE, NEIGHBOUR_USABLE, NEIGHBOUR_DUPLICATE };

struct neighbour {
	const struct neighbour_ops *ops;
	void *context;
	enum neighbour_state state;
	bool is_router; /* what it says of itself */
	uint8_t mac[6], address[16];
	uint8_t nonce[6]; /* of the last solicitation */
	struct dad dad;
	engine_time retry;
	engine_time deadline;
};

void neighbour_init(struct neighbour *neighbour, const struct neighbour_ops *ops, void *context);

/* Begins, or begins anew, with the address that the MAC address makes. */
void neighbour_start(struct neighbour *neighbour, engine_time now, const uint8_t mac[6]);
void neighbour_stop(struct neighbour *neighbour);

/* A neighbour solicitation or advertisement, whose hop limit and checksum have been looked at, and
 * the MAC address of its frame. That may be our own: what a switch has sent back is known by its
 * nonce (RFC 7527), and anything else comes from a node with the same MAC address. */
void neighbour_input(struct neighbour *neighbour, engine_time now, const uint8_t source[16],
    const uint8_t destination[16], const uint8_t mac[6], const void *icmp, size_t len);

void neighbour_timer(struct neighbour *neighbour, engine_time now);

#endif
