/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket of a stack (ctl=PATH). */
#ifndef RUN_CTL_H
#define RUN_CTL_H

#include "runtime.h"

struct ctl;

/* Listens at `path`. 0, or -errno: -EEXIST: there is something that is no socket; -EADDRINUSE:
 * somebody listens there; -ENAMETOOLONG. */
int ctl_open(const char *path, struct picox *stack, struct ctl **ctl);

/* Ends all connections, removes the socket. No lock is held. NULL is allowed. */
void ctl_close(struct ctl *ctl);

/* At the process's end: nobody is to find the socket. NULL is allowed. */
void ctl_unlink(const struct ctl *ctl);

/* In a forked child: closes the descriptors. NULL is allowed. */
void ctl_forget(struct ctl *ctl);

#endif
