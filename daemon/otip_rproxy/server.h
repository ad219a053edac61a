/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otip_rproxy at work: two stacks, the flows between them, and the addresses outside, which a
 * keeper (lib/iothotip) adds, retires and removes as the clock says; each is a window of the
 * flows'.
 *
 * There is one outer stack, and it has several addresses: two mostly, and those of older flows. A
 * stack for each window would cost descriptors and a neighbour cache each.
 *
 * Another name, password, network or period (by a reload) is another keeper: the old one is drained
 * and stays until its flows have ended.
 */
#ifndef RPROXY_SERVER_H
#define RPROXY_SERVER_H

#include "daemon.h"

/* Addresses of the kernel's stack, if that is outside, and ports below 1024. */
#define SERVER_CAPABILITIES 2
extern const cap_value_t server_capabilities[SERVER_CAPABILITIES];

/* See struct daemon_program. */
int server_start(struct daemon *daemon, void *configuration);
int server_reload(struct daemon *daemon, void *configuration);
void server_stop(struct daemon *daemon); /* waits for connections, as long as `drain` says */
bool server_may_be_filtered(const struct daemon *daemon);
void server_print_status(struct daemon *daemon, FILE *out);
void server_print_stats(struct daemon *daemon, FILE *out);

#endif
