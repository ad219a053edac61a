/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `otip_rproxyctl status` tells: windows and their addresses, in words. */
#ifndef RPROXY_STATUS_H
#define RPROXY_STATUS_H

#include <stdio.h>

#include "epoch.h"
#include "flows.h"

/* The window that the clock is in, by the first of the epochs; then each address: whether new flows
 * may begin there, how many flows it has, its window's number, and from when until when it takes
 * new ones. Times are UTC (ISO 8601). */
void status_print_windows(const struct list *epochs, const struct flows *flows, FILE *out);

#endif
