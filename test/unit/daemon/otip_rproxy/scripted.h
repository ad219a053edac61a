/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two sockets that do as a script says, in the place of libioth's calls: what one has to give, what
 * the other takes at a time, and where they fail. */
#ifndef TEST_RPROXY_SCRIPTED_H
#define TEST_RPROXY_SCRIPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPTED_FROM 1000 /* descriptors */
#define SCRIPTED_TO   1001
#define SCRIPTED_MAX  (1u << 20)

struct scripted {
	size_t size;                 /* bytes that there are to be had */
	size_t given;                /* and that have been */
	size_t come;                 /* bytes that have arrived and wait; the end comes after `size` */
	size_t room;                 /* bytes that the other side takes before it would block */
	size_t taken;                /* bytes that it has */
	int receive_error;           /* errno of the next receive; 0: none */
	int send_error;              /* and of the next send */
	bool ended;                  /* the other side has got the end */
	unsigned int receives;       /* calls */
	uint8_t bytes[SCRIPTED_MAX]; /* what it has got */
};

extern struct scripted scripted;

/* The byte at a place of the stream. */
static inline uint8_t scripted_byte(size_t at)
{
	return (uint8_t)(at * 2654435761u >> 13);
}

void scripted_begin(size_t size);
bool scripted_is_intact(void); /* what has arrived is what was given */

#endif
