/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface identifier of a stateless address (RFC 4862, 5.5.3, d). */
#ifndef SLAAC_H
#define SLAAC_H

#include <stddef.h>
#include <stdint.h>

enum slaac_kind {
	SLAAC_NONE,  /* no address */
	SLAAC_USUAL, /* the hash of the name, if there is one, or else EUI-64 */
	SLAAC_EUI64,
	SLAAC_HASH,
	SLAAC_OPAQUE, /* stable, and another one in each network: RFC 7217 */
};

#define SLAAC_SECRET_LEN 32

struct slaac {
	enum slaac_kind kind;
	uint8_t mac[6];
	const char *fqdn; /* NULL or "": none */
	const char *interface;
	uint8_t secret[SLAAC_SECRET_LEN]; /* of RFC 7217 */
};

/* Makes the address in the network `prefix`, of 64 bits. `counter` is the number of duplicates that
 * were found before; only opaque identifiers have another try. 0, or -EADDRINUSE: there is none. */
int slaac_address(
    const struct slaac *slaac, const uint8_t prefix[16], unsigned int counter, uint8_t address[16]);

/* The secret for a text of the user's (any length). */
void slaac_secret(uint8_t secret[SLAAC_SECRET_LEN], const char *text);

#endif
