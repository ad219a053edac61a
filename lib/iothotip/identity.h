/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a service is: network, name and secret, from which the address of each window follows.
 *
 * Names are folded to lower case, as all our tools and iothnamed do (RFC 4343), unless told not to.
 * With MD5, the digest that everybody knows, the address is iothaddr_hash's; with HMAC-SHA-256,
 * iothaddr_hmac's, whose key is made once, here, and takes a tenth of a second or more.
 */
#ifndef OTIP_IDENTITY_H
#define OTIP_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include <iothaddr.h>

enum otip_digest { OTIP_MD5, OTIP_HMAC_SHA256 };

struct otip_identity {
	struct in6_addr base; /* a network of 64 bits */
	char *name;           /* owned */
	char *password;       /* owned, wiped when freed; NULL with a key */
	uint8_t key[IOTHADDR_KEY_LEN];
	enum otip_digest digest;
};

struct otip_identity_config {
	struct in6_addr base;
	const char *name, *password; /* no password: NULL, or "" */
	enum otip_digest digest;
	unsigned int rounds; /* of HMAC-SHA-256's key; 0: IOTHADDR_KEY_ITERATIONS */
	bool case_exact;     /* the name as it is spelled */
};

/* "md5", "hmac-sha256": 0, or -EINVAL. */
int otip_digest_parse(const char *text, enum otip_digest *digest);

/* Copies what is needed. 0, -EINVAL (no name), -ENOMEM. On error there is nothing to be freed. */
int otip_identity_init(struct otip_identity *identity, const struct otip_identity_config *config);
void otip_identity_fini(struct otip_identity *identity); /* all zero: nothing */

struct in6_addr otip_identity_address(const struct otip_identity *identity, int64_t window);

#endif
