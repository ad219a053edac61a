/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothradvd at work: a stack, if there is to be one, and an advertiser for each interface. The
 * advertisers have threads of their own; the daemon's loop has signals and requests to wait for. */
#ifndef RADVD_SERVER_H
#define RADVD_SERVER_H

#include "daemon.h"

/* See struct daemon_program. */
int radvd_start(struct daemon *daemon, void *configuration);
int radvd_reload(struct daemon *daemon, void *configuration);
void radvd_stop(struct daemon *daemon);
bool radvd_may_be_filtered(const struct daemon *daemon);
void radvd_print_status(struct daemon *daemon, FILE *out);
void radvd_print_stats(struct daemon *daemon, FILE *out);

#endif
