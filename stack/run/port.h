/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a stack and their links. */
#ifndef RUN_PORT_H
#define RUN_PORT_H

#include "runtime.h"

/* Hears what filtering links are to be told. */
extern const struct px_layer run_layer;

/* Opens the link of `vnl`. May block; no lock is held. 0 or -errno. */
int port_new(struct picox *stack, const char *vnl, struct port **port);

/* Adds its interface, down. `name` NULL: the VNL's; `index` 0: any. The lock is held. 0 or -errno,
 * and the port is still the caller's. */
int port_attach(struct port *port, const char *name, uint32_t index);

/* Both. */
int port_open(struct picox *stack, const char *vnl);

/* Takes it from the poller and from its interface. The lock is held. */
void port_detach(struct port *port);

/* May block; no lock is held. */
void port_close(struct port *port);

/* Closes those whose interfaces were deleted (picox.ports_gone). May block; no lock is held. */
void ports_reap(struct picox *stack);

#endif
