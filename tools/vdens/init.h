/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --pid: the first process of a PID namespace. */
#ifndef VDENS_INIT_H
#define VDENS_INIT_H

#include "channel.h"
#include "inside.h"

/* The life of the init process. */
_Noreturn void init_main(const struct inside *inside);

/* Parts of the life of the process inside that the init process has too (inside.c): */

/* Tells vdens; 0 or -errno. */
int inside_tell(const struct inside *inside, enum channel_type type, int value);
/* Says that all is ready and waits for the order to go on; does not return if there is none. */
void inside_await_go(const struct inside *inside);
/* Executes the command; returns, after a message, only if it was not tried. */
void inside_exec(const struct inside *inside);

#endif
