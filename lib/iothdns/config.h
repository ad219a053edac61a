/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a resolver is told by a file like resolv.conf(5).
 *
 * A configuration does not change once it is made, but for what was learnt of its servers: look-ups
 * hold a reference and need no lock. iothdns_update puts another one in its place.
 */
#ifndef IOTHDNS_CONFIG_H
#define IOTHDNS_CONFIG_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <iothdns.h>

#include "dnsname.h"
#include "spare.h"
#include "text.h"

#define CONFIG_SCOPE_SIZE 32 /* an interface's name or number */

struct server {
	int family;
	uint8_t address[16];
	char scope[CONFIG_SCOPE_SIZE]; /* "": none */
	atomic_bool plain;             /* it did not understand EDNS0 */
};

struct config {
	atomic_uint refs;
	struct server servers[IOTHDNS_MAXNS];
	unsigned int n_servers;
	struct dns_name *search;
	unsigned int n_search;
	unsigned int timeout_ms;
	unsigned int attempts;
	unsigned int total_ms; /* of a whole look-up; 0: see config_total_ms */
	unsigned int ndots;
	unsigned int cache; /* entries; 0: no cache */
	bool rotate;
	bool edns;
	bool use_tcp;
	bool x20; /* the case of the question's letters is random, and expected in the answer */
	bool rfc6724;
	struct spare *spare; /* options keep-port: sockets that wait for the next query; or NULL */
};

/* Each returns a new configuration (one reference), or NULL and errno. */
struct config *config_from_text(const struct text *text);
struct config *config_from_file(const char *path);     /* NULL: the default one */
struct config *config_from_string(const char *string); /* NULL: the default file */

/* A copy with one server more. NULL and errno: ENOSPC, ENOMEM. */
struct config *config_with_server(const struct config *config, int family, const void *address);

/* How long a look-up may take: what was told, or so long that each server can be mute in each
 * attempt, and that a search list or a chain of names can be gone through. */
uint64_t config_total_ms(const struct config *config);

struct config *config_ref(struct config *config);
void config_unref(struct config *config);

#endif
