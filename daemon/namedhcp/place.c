/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks and resolver: see place.h. */
#include "place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#include "log.h"
#include "optlist.h"

static int open_stack(struct ioth **stack, const char *text, const char *role)
{
	int err;

	*stack = ioth_newstackc(text);
	if (*stack)
		return 0;
	err = -errno;
	log_error(
	    "%s \"%s\": %s", role, text, *ioth_config_error() ? ioth_config_error() : strerror(-err));
	return err ? err : -EINVAL;
}

int place_open(struct place *place, const struct settings *settings)
{
	int err;

	*place = (struct place){0};
	if (settings->stack && !settings->is_vnl) {
		err = open_stack(&place->stack, settings->stack, "stack");
		if (err)
			return err;
	}
	place->dns_stack = place->stack;
	if (!settings->dnsstack)
		return 0;
	err = open_stack(&place->dns_stack, settings->dnsstack, "dnsstack");
	if (err) {
		place->dns_stack = NULL;
		place_close(place);
	}
	return err;
}

void place_close(struct place *place)
{
	if (place->dns_stack && place->dns_stack != place->stack && ioth_delstack(place->dns_stack) < 0)
		log_error("dnsstack: %s", ioth_error());
	if (place->stack && ioth_delstack(place->stack) < 0)
		log_error("stack: %s", ioth_error());
	*place = (struct place){0};
}

struct iothdns *place_resolver(const struct place *place, const struct settings *settings)
{
	struct iothdns *resolver;
	char *text = NULL;

	if (settings->nameservers)
		resolver = iothdns_init_strcfg(place->dns_stack, settings->nameservers);
	else if (settings->resolvconf)
		resolver = iothdns_init(place->dns_stack, settings->resolvconf);
	else {
		if (place->dns_stack)
			text = ioth_resolvconf(place->dns_stack, NULL);
		resolver = text && *text ? iothdns_init_strcfg(place->dns_stack, text)
		                         : iothdns_init(place->dns_stack, NULL);
	}
	if (!resolver)
		log_error("resolver: %s: %s",
		    settings->resolvconf && !settings->nameservers ? settings->resolvconf : "configuration",
		    strerror(errno));
	free(text);
	return resolver;
}

static size_t resolve_one(
    struct iothdns *resolver, int family, const char *name, uint8_t *addresses, size_t max)
{
	struct in6_addr of6[NAMES_ADDRESSES];
	struct in_addr of4[NAMES_ADDRESSES];
	size_t size = family == AF_INET6 ? 16 : 4;
	int found = family == AF_INET6 ? iothdns_lookup_aaaa(resolver, name, of6, NAMES_ADDRESSES)
	                               : iothdns_lookup_a(resolver, name, of4, NAMES_ADDRESSES);

	if (found <= 0) {
		log_warning("%s: %s", name, found < 0 ? strerror(errno) : "no address of this family");
		return 0;
	}
	/* A name stands for one server: its first address. */
	if (max == 0)
		return 0;
	memcpy(addresses, family == AF_INET6 ? (const void *)of6 : (const void *)of4, size);
	return 1;
}

size_t place_resolve(
    struct iothdns *resolver, int family, const char *text, uint8_t *addresses, size_t max)
{
	size_t count = 0, size = family == AF_INET6 ? 16 : 4;
	struct optlist list;

	if (!text || optlist_parse(&list, text) < 0)
		return 0;
	for (size_t i = 0; i < list.count; i++)
		count +=
		    resolve_one(resolver, family, list.items[i].tag, addresses + count * size, max - count);
	optlist_free(&list);
	return count;
}
