/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* own_resolver.h: a node that a string configures (iothconf(7)), with a resolver that asks the name
 * servers which the configuration has learnt.
 */
#ifndef OWN_RESOLVER_H
#define OWN_RESOLVER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#define OWN_RESOLVER_TRIES 10

static inline struct iothdns *own_resolver_of(struct ioth *stack)
{
	char *config = ioth_resolvconf(stack, NULL);
	struct iothdns *dns = NULL;

	if (config && strstr(config, "nameserver"))
		dns = iothdns_init_strcfg(stack, config);
	free(config);
	return dns;
}

/* Makes the stack and the resolver. A network whose servers are starting, or have much to do, is
 * asked again. NULL after telling why; there is no stack then. */
static inline struct iothdns *own_resolver(const char *string, struct ioth **stack)
{
	for (int i = 0; i < OWN_RESOLVER_TRIES; i++) {
		struct iothdns *dns;

		*stack = ioth_newstackc(string);
		if (!*stack) {
			fprintf(stderr, "%s\n", ioth_config_error());
			return NULL;
		}
		dns = own_resolver_of(*stack);
		if (dns)
			return dns;
		ioth_delstack(*stack);
	}
	fprintf(stderr, "no name server\n");
	return NULL;
}

#endif
