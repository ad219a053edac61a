/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commonest mistakes of a command line look like when they fail. */
#ifndef VDENS_HINTS_H
#define VDENS_HINTS_H

#include "options.h"

/* Each is called after the message of the failure, and adds a line to it if the command line looks
 * like a mistake: a network that does not open, a command that cannot be executed. */
void hint_network(const struct vdens_options *options, const char *vnl);
void hint_command(const struct vdens_options *options);

#endif
