/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Queries that wait for the key of a one-time address (hash.h), which takes a tenth of a second or
 * more to make: they are kept, and looked at again when a key is there. Who asks would wait for
 * seconds before he asks again.
 *
 * There are few places, since there are few keys that may wait; a query for which there is none is
 * not answered. Neither is one a second time, if it comes again meanwhile. One that has waited for
 * NAMED_WAITING_TIME is told that the server has failed.
 */
#ifndef NAMED_WAITING_H
#define NAMED_WAITING_H

#include "hash.h"
#include "worker.h"

#define NAMED_WAITING_MAX  64 /* queries of a worker */
#define NAMED_WAITING_TIME (10 * LOOP_SEC)

struct named_waiting;

/* In the worker's loop, whose thread alone makes the other calls. 0 or -errno. */
int named_waiting_new(struct named_waiting **waiting, struct named_worker *worker);
void named_waiting_free(struct named_waiting *waiting); /* those that wait get no answer */

/* Keeps a query. False: it cannot. */
bool named_waiting_add(
    struct named_waiting *waiting, const struct named_path *path, const uint8_t *bytes, size_t len);

/* Looks at all of them again: a key is there, or they need none any more. */
void named_waiting_look(struct named_waiting *waiting);

#endif
