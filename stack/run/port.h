/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a stack and their links. */
#ifndef RUN_PORT_H
#define RUN_PORT_H

#include "runtime.h"

/* Hears what filtering links are to be told. */
extern const struct px_layer run_layer;

/* Opens the link and adds its interface, down. May block. 0 or -errno. */
int port_open(struct picox *stack, const char *vnl);

/* Takes it from the poller and from its interface. The lock is held. */
void port_detach(struct port *port);

/* May block; no lock is held. */
void port_close(struct port *port);

#endif
