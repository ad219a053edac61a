/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The helper process, from the program: starting it, asking it, ending it. */
#ifndef HELPER_H
#define HELPER_H

#include <stdbool.h>

#include "helper_protocol.h"

struct helper;

/* Starts a helper of the calling process, with one reference. Returns 0 or -errno. */
int helper_start(struct helper **helper);

/* The last reference ends it and waits for its end; in the child of a fork, frees only the child's
 * view of it. The caller sees to it that references are counted by one thread at a time. */
void helper_ref(struct helper *helper);
bool helper_is_last(const struct helper *helper);
void helper_unref(struct helper *helper);

/* Whether the calling process started it, and is not a forked child of that one. */
bool helper_is_own(const struct helper *helper);

/* Whether it could still be reached when it was last asked. */
bool helper_is_alive(const struct helper *helper);

/* Asks, and waits for the answer. Any thread of any process that shares the helper, also in a
 * signal handler. Returns reply->result (0 or more), with the descriptor that came with it in *fd
 * if `fd` is not NULL (-1: none); or -errno: reply->result, -ENETDOWN if the helper is gone or the
 * descriptors that lead to it were closed, -EMFILE, ... `flags`: MSG_CMSG_CLOEXEC or 0. */
int helper_ask(struct helper *helper, const struct helper_request *request, const int *descriptors,
    unsigned int count, struct helper_reply *reply, int *fd, int flags);

#endif
