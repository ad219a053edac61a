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

static int open_stack(struct ioth **stack, const char *text, const char *role)
{
	int err;

	*stack = ioth_newstackc(text);
	if (*stack) {
		/* What failed although there is a stack: an address that another node has, say. */
		if (*ioth_config_error())
			log_warning("%s \"%s\": %s", role, text, ioth_config_error());
		return 0;
	}
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

void place_lead(struct place *place, struct loop *loop)
{
	loop_stack_add(loop, &place->lead, place->stack);
	if (place->dns_stack != place->stack)
		loop_stack_add(loop, &place->dns_lead, place->dns_stack);
}

void place_close(struct place *place)
{
	loop_stack_remove(&place->lead);
	loop_stack_remove(&place->dns_lead);
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
