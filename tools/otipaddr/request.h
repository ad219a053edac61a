/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What otipaddr or hashaddr is asked for: its command line, checked. */
#ifndef OTIPADDR_REQUEST_H
#define OTIPADDR_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

enum request_kind { REQUEST_ADDRESS, REQUEST_MAC, REQUEST_EUI64 };

struct request {
	enum request_kind kind;
	bool has_mac;    /* of EUI-64: `mac` is given, and there is no name */
	char *name;      /* what is hashed */
	char *base;      /* an address, or a host whose address is the base; NULL: kind MAC */
	char *dns;       /* NULL: what the stack has learnt, or the system's file */
	char *dnsstack;  /* NULL: the system's stack */
	char *password;  /* NULL: none */
	uint32_t window; /* number of the period; 0: no time */
	bool hmac;       /* the stronger digest */
	unsigned int rounds;
	uint8_t mac[6];
};

/* Reads the command line of `program`. Returns true if there is something to do; otherwise `status`
 * is the one to exit with, and all has been said. */
bool request_read(
    struct request *request, const char *program, int argc, char *argv[], int *status);

void request_free(struct request *request);

#endif
