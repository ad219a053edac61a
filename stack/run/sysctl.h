/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of a stack that are named as Linux's sysctls: "timestamps=0,ecn=1". */
#ifndef RUN_SYSCTL_H
#define RUN_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>

struct px_stack;

/* Sets one option from "NAME=VALUE", `len` characters; `stack` NULL: only checks. 0, -ENOENT (no
 * such name), or -EINVAL and what was expected in `reason`. */
int sysctl_set(
    struct px_stack *stack, const char *text, size_t len, char *reason, size_t reason_size);

/* Whether two names, of `len` characters, mean one option ("sack", "tcp_sack"). */
bool sysctl_same(const char *a, size_t a_len, const char *b, size_t b_len);

/* Sets those of a list that are sysctls; it has been checked. */
void sysctl_set_all(struct px_stack *stack, const char *list);

#endif
