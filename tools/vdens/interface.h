/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of the namespace. */
#ifndef VDENS_INTERFACE_H
#define VDENS_INTERFACE_H

#include "netns.h"
#include "options.h"

/* Creates the interface of a network in the calling process's network namespace, with the MTU of
 * the options; the port's descriptor is the caller's. 0, or -errno after a message. */
int interface_create(const struct vdens_options *options, const struct vdens_network *network,
    struct netns_port *port);

/* Sets an interface up. 0, or -errno after a message. */
int interface_up(const char *name);

#endif
