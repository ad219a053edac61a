/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The servers inside (live.h): what comes goes back, TCP and UDP, in the proxy's own loop. */
#ifndef TEST_RPROXY_LIVE_SERVERS_H
#define TEST_RPROXY_LIVE_SERVERS_H

#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct ioth;

extern uint16_t servers_port;      /* of both, whichever is free */
extern size_t servers_connections; /* that there are */

/* `stack` NULL: the kernel's, on ::1. */
void servers_start(struct loop *loop, struct ioth *stack);
void servers_stop(void);

#endif
