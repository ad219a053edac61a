/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket for each server that waits for the next query (`options keep-port`): faster by the
 * making and closing of a socket, and with a port that who sees one query knows for the next. */
#ifndef IOTHDNS_SPARE_H
#define IOTHDNS_SPARE_H

struct spare;

struct spare *spare_new(void);        /* NULL: no memory */
void spare_free(struct spare *spare); /* closes what waits; NULL: nothing */

/* The socket that waits for a server (by its index), which is the caller's then; -1: none. */
int spare_take(struct spare *spare, unsigned int server);

/* Leaves a socket there; returns the one that had been there, to be closed, or -1. */
int spare_put(struct spare *spare, unsigned int server, int fd);

#endif
