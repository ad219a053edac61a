/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets of a look-up: carries out what its query (query.h) wants done.
 *
 * Nothing here blocks but dialog_run. Each packet gets a socket of its own, connected to the server
 * that it is for, so that the stack chooses a port that nobody can know and lets through what comes
 * from that server only (RFC 5452, 9.2). With `options keep-port`, the socket stays for the next
 * packet to the same server.
 */
#ifndef IOTHDNS_DIALOG_H
#define IOTHDNS_DIALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "query.h"

struct ioth;
struct spare;

struct dialog {
	struct query query;
	struct ioth *stack;
	struct spare *spare; /* where a socket may stay, or NULL */
	unsigned int turn;   /* the query's turn that the socket is for */
	int fd;              /* -1: none */
	bool tcp;
	unsigned int server; /* that the socket is connected to */
	bool connecting;
	uint8_t prefix[2]; /* of TCP's answer: its length */
	size_t sent;       /* bytes of prefix and packet that TCP took */
	size_t received;   /* of prefix and answer */
	size_t expected;
	uint8_t *answer;
};

uint64_t dialog_now(void); /* CLOCK_MONOTONIC in milliseconds */

/* Begins; the query has been initialised. */
void dialog_init(struct dialog *dialog, struct ioth *stack, struct spare *spare);
void dialog_fini(struct dialog *dialog); /* the query too */

/* Does what can be done without waiting. Then either the query has ended, or `fd` is to be polled
 * for dialog_events until the query's deadline. */
void dialog_step(struct dialog *dialog, uint64_t now);
short dialog_events(const struct dialog *dialog);

/* Goes on until all of them have ended. */
void dialog_run(struct dialog *dialogs, unsigned int count);

#endif
