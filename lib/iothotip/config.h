/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service's configuration text: a list of options, told in iothotip.h. */
#ifndef OTIP_CONFIG_H
#define OTIP_CONFIG_H

#include "identity.h"
#include "optlist.h"
#include "schedule.h"

#define OTIP_WHY_SIZE 256

struct otip_config {
	struct otip_identity_config identity;
	struct otip_schedule schedule;
	const char *interface; /* NULL: the usual one */
	uint32_t udp_time;     /* seconds */
	uint32_t udp_clients;
	struct optlist list; /* owned: the strings */
	char *secret;        /* owned: what the password file says */
};

/* 0 or -errno, and the reason in words; `config` is to be freed in both cases. */
int otip_config_parse(struct otip_config *config, const char *text, char why[OTIP_WHY_SIZE]);
/* Wipes the password. */
void otip_config_free(struct otip_config *config);

#endif
