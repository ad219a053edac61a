/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The process inside: it enters the namespaces, makes the interfaces and becomes the command. */
#ifndef VDENS_INSIDE_H
#define VDENS_INSIDE_H

#include <signal.h>
#include <stdbool.h>
#include "namespace.h"
#include "options.h"

struct inside {
	const struct vdens_options *options;
	struct namespace_ids ids;
	int channel;                     /* to vdens outside; -1: there is none */
	bool cloned;                     /* made by clone(2), in the new namespaces already */
	const struct sigaction *sigchld; /* what the command is to find, or NULL: unchanged */
};

/* With a channel: the whole life of the process. */
_Noreturn void inside_main(const struct inside *inside);

/* Without one: enters the namespaces and executes the command. Returns only on failure, after a
 * message, or (true) without one if clone(2) is to be tried. */
bool inside_execute(const struct inside *inside);

#endif
