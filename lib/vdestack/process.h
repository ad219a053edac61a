/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stacks of a process share: the helper, and the relay with its thread. They are there
 * while there is a stack. */
#ifndef PROCESS_H
#define PROCESS_H

#include <relay.h>

#include "helper.h"

/* Counts a stack; the first starts the helper. The helper is valid until process_leave. Returns 0
 * or -errno. */
int process_join(struct helper **helper);

/* The relay, running; valid until process_leave. Returns 0 or -errno. */
int process_relay(struct relay **relay);

/* Takes a line away, unless the process is at its end and the relay is gone with all its lines. */
void process_remove_line(struct relay_line *line);

/* Ends it: with the last stack the relay and the helper end. In a forked child, for a stack of the
 * parent, it frees the child's view of the helper. */
void process_leave(struct helper *helper);

#endif
