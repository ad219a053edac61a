/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vdens outside: it holds the networks and waits for the command. */
#ifndef VDENS_OUTSIDE_H
#define VDENS_OUTSIDE_H

#include "namespace.h"
#include "options.h"

/* Runs the command inside and relays its frames until it ends; returns the exit status. */
int outside_run(struct vdens_options *options, const struct namespace_ids *ids);

#endif
