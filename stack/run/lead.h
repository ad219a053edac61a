/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program's own event loop that receives for a stack: lead.c. The stack's lock is held, but for
 * lead_begin, lead_end and lead_drive. */
#ifndef RUN_LEAD_H
#define RUN_LEAD_H

#include "runtime.h"

struct epoll_event;

/* The links are in the epoll set `set`, too, from now on. 0, -EBUSY (another set has them),
 * -ENOMEM, or -errno of epoll_ctl(2). */
int lead_begin(struct picox *stack, int set, const struct epoll_event *event);
/* 0, or -EINVAL: there is none. */
int lead_end(struct picox *stack);

/* Takes in what the links have; returns how many sockets became readable by that without polling
 * so, and writes their descriptors. `max` 0: takes nothing in. Afterwards all that were told of
 * before do poll so. */
unsigned int lead_drive(struct picox *stack, int *fds, unsigned int max);

/* A link came, or goes. 0 or -errno. */
int lead_add(const struct picox *stack, int fd);
void lead_remove(const struct picox *stack, int fd);

/* What is to be shown of `mask`: all of it but that the socket is readable, if the program is told
 * so, or was. */
unsigned int lead_hide(struct file *file, unsigned int mask);
/* The same, at the end of a call on the socket. */
unsigned int lead_keep_hidden(struct file *file, unsigned int mask);

/* The program has not looked at sockets that it was told of. */
void lead_show(struct picox *stack);

void lead_free(struct picox *stack);

#endif
