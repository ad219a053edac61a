/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings on their way into use: the hosts that they name are asked for, by the resolver that they
 * describe, and then all of them takes effect at once. Until then clients are served as before; so
 * a name server that does not answer delays a reload, and nobody else.
 */
#ifndef CHANGE_H
#define CHANGE_H

#include "config.h"
#include "hosts.h"
#include "service.h"

struct change {
	struct settings *settings;
	struct dns dns; /* its resolver is the new one */
	struct names names;
	struct hosts dns_servers, ntp_servers, server_id;
	struct loop_job job;
	struct service *service;
	void (*ready)(struct service *service);
};

/* Begins to ask, in a loop. Unless all is known already, `ready` (may be NULL) is called from the
 * loop when it is. The settings are the caller's if this returns -errno, which has been logged; if
 * it returns 0 they are the change's. */
int change_begin(struct change **change, struct loop *loop, struct service *service,
    struct settings *settings, void (*ready)(struct service *service));
bool change_is_ready(const struct change *change);

/* The service's settings and resolver are these from now on. */
void change_apply(struct change *change);

/* What clients of either family are told, once it has been applied: options of addresses, with
 * these codes, and times of leases. */
void change_fill_config(
    const struct change *change, struct config *config, uint16_t dns_code, uint16_t ntp_code);

/* With its settings, unless they have been applied. NULL: harmless. */
void change_free(struct change *change);

#endif
