/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both servers are made of: see service.h. */
#include "service.h"

#include <errno.h>
#include <string.h>
#include <ioth.h>

#include "change.h"
#include "descriptors.h"
#include "log.h"
#include "stack_state.h"

/* A query has three, four on a stack in user memory; and there are others. */
#define QUERY_DESCRIPTORS 5
#define OTHER_DESCRIPTORS 64

/* Where few are allowed, a question less is better than one that cannot be asked. */
static size_t questions_max(void)
{
	uint64_t allowed = descriptors_allowed();
	uint64_t max =
	    allowed > OTHER_DESCRIPTORS ? (allowed - OTHER_DESCRIPTORS) / QUERY_DESCRIPTORS : 0;

	return max == 0 ? 1 : max < NAMES_MAX ? (size_t)max : NAMES_MAX;
}

int service_open(struct service *service, struct daemon *daemon, const struct settings *settings)
{
	int err;

	service->daemon = daemon;
	descriptors_allow(OTHER_DESCRIPTORS + QUERY_DESCRIPTORS * (uint64_t)NAMES_MAX);
	/* All three plugins are ours, and LGPL; others may be loaded, too. */
	ioth_set_license("GPL-2.0-or-later");
	err = place_open(&service->place, settings);
	if (err)
		return err;
	dns_init(&service->dns, &daemon->loop, NULL);
	err = names_init(&service->names, &dns_names_ops, &service->dns);
	if (err) {
		log_error("%s", strerror(-err));
		place_close(&service->place);
	}
	service->names.max = questions_max();
	return err;
}

void service_close(struct service *service)
{
	change_free(service->change);
	if (service->transport)
		service->transport->ops->close(service->transport);
	names_fini(&service->names);
	dns_fini(&service->dns);
	place_close(&service->place);
	settings_free(service->settings);
}

int service_find_mac(struct service *service, const struct settings *settings)
{
	int ifindex;

	if (settings->has_mac) {
		memcpy(service->mac, settings->mac, 6);
		return 0;
	}
	ifindex = ioth_if_nametoindex(service->place.stack, settings->iface);
	if (ifindex > 0 &&
	    ioth_linkgetaddr(service->place.stack, (unsigned int)ifindex, service->mac) == 0)
		return 0;
	log_error("%s: %s", settings->iface, ifindex > 0 ? "no MAC address" : "no such interface");
	return -ENODEV;
}

void service_tell_stacks(const struct service *service, const struct settings *settings)
{
	const struct place *place = &service->place;

	if (!settings->is_vnl)
		stack_state_tell(place->stack, "stack", settings->iface, false);
	/* DHCP tells nobody's address; the DNS has to be asked from one. */
	if (place->dns_stack && place->dns_stack != place->stack)
		stack_state_tell(place->dns_stack, "dnsstack", NULL, true);
}

bool service_is_kernel(const struct service *service)
{
	return !service->place.stack && !service->place.dns_stack && !service->settings->is_vnl;
}
