/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a stack: what follows "vdestack," in its name. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

struct options {
	unsigned int mtu; /* bytes; 0: not given */
};

/* "mtu=9000,..."; NULL and "" are no options. Returns 0, or -EINVAL and what is wrong in `reason`.
 */
int options_parse(const char *text, struct options *options, char *reason, size_t size);

#endif
