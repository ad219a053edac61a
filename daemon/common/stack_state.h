/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Can others reach the stack that a daemon has just made? */
#ifndef DAEMON_STACK_STATE_H
#define DAEMON_STACK_STATE_H

#include <stdbool.h>

struct ioth;

/* Warns, after "ROLE: ", if no interface is up but for the loopback one, or if there is to be an
 * address that others know and there is none. `interface` says which one matters; NULL: any. */
void stack_state_tell(
    struct ioth *stack, const char *role, const char *interface, bool wants_address);

#endif
