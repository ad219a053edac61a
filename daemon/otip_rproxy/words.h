/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of otip_rproxy, in one table. */
#ifndef RPROXY_WORDS_H
#define RPROXY_WORDS_H

#include "options.h"

struct rproxy_values {
	char *extstack, *intstack, *name, *base, *passwd, *password_file, *digest, *dns;
	char *letters; /* case */
	struct option_list udp, tcp;
	bool case_exact;
	int64_t otip_period, otip_preactive, otip_postactive, rounds; /* rounds 0: not given */
	int64_t tcp_listen_backlog, tcp_timeout, udp_timeout, connect_timeout, drain;
	int64_t max_connections, max_mappings, max_per_source, source_prefix;
	int64_t tcp_full_timeout, udp_full_timeout;
};

extern const struct option_spec rproxy_options[];
extern const size_t rproxy_option_count;

void rproxy_option_defaults(void *values);

#endif
