/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Router advertisements out of settings, as bytes. Pure.
 *
 * Options come in the order prefixes, source link-layer address, MTU, routes, name servers, search
 * domains, NAT64 prefixes, captive portal, flags. "If including all options causes the size of an
 * advertisement to exceed the link MTU, multiple advertisements can be sent, each containing a
 * subset of the options" (RFC 4861, 6.2.3).
 */
#ifndef ADVERT_H
#define ADVERT_H

#include "settings.h"
#include "withdrawn.h"

#define ADVERT_MAX 1460 /* bytes of a message: Ethernet's MTU without the IPv6 header */
#define ADVERT_MIN 1240 /* the same of IPv6's least MTU */

struct advert {
	const struct settings *settings;
	const struct withdrawn *withdrawn;
	engine_time now;
	bool final;         /* the router ceases: lifetime 0, and that of its routes */
	const uint8_t *mac; /* NULL: the link has none */
	size_t size;        /* of a message; from ADVERT_MIN to ADVERT_MAX */
};

/* Gets each message; its checksum is 0. Not 0: an error, which ends it. */
typedef int advert_function(void *context, const void *icmp, size_t len);

/* Returns 0, or what `function` returned. */
int advert_write(const struct advert *advert, advert_function *function, void *context);

#endif
