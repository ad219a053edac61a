/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of iothradvd: where it advertises, and what on each interface. */
#ifndef RADVD_CONF_H
#define RADVD_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;
struct options;
struct iothradvd_config;

struct radvd_conf {
	char *stack; /* NULL: the kernel's; else a VNL, or a string of iothconf(7) */
	bool is_vnl; /* then there is one interface, without a name */
	bool has_mac;
	uint8_t mac[6];
	size_t count;
	struct radvd_conf_interface {
		char *name; /* that of a network is the VNL */
		struct iothradvd_config *config;
	} * interfaces;
};

/* Checks options and files; mistakes are logged. NULL: there were some. `values` is a struct
 * radvd_values. */
void *radvd_configure(
    const struct daemon *daemon, const struct options *options, const void *values);
void radvd_conf_free(void *configuration);

#endif
