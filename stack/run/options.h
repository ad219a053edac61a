/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a stack: "mem=16M,linger=5,...". */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
	size_t mem;         /* bytes; 0: the default */
	uint64_t linger;    /* nanoseconds */
	uint32_t busy_poll; /* microseconds */
	uint32_t spin;      /* the same */
	uint32_t pollers;   /* threads; 0: the default */
	char *pcap, *ctl;   /* paths; NULL: none */
	bool forwarding, accept_ra, arp_probe, optimistic_dad;
	bool tso, gro;
};

/* NULL and "" are no options. 0, or -EINVAL, -ENOMEM and the reason. */
int options_parse(const char *text, struct options *options, char *reason, size_t size);
void options_free(struct options *options);

#endif
