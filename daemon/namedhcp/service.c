/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both servers are made of: see service.h. */
#include "service.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

#include "descriptors.h"
#include "log.h"
#include "metrics.h"

#define ADDRESSES_MAX 16 /* of an option for clients */

int service_open(struct service *service, struct daemon *daemon, struct settings *settings)
{
	struct iothdns *resolver;
	int err;

	*service = (struct service){.daemon = daemon};
	descriptors_allow(4 * (uint64_t)NAMES_MAX); /* a query has three */
	/* All three plugins are ours, and LGPL; others may be loaded, too. */
	ioth_set_license("GPL-2.0-or-later");
	err = place_open(&service->place, settings);
	if (err)
		return err;
	resolver = place_resolver(&service->place, settings);
	err = -EINVAL;
	if (!resolver)
		goto close_place;
	dns_init(&service->dns, &daemon->loop, resolver);
	err = names_init(&service->names, &dns_names_ops, &service->dns);
	if (err) {
		log_error("%s", strerror(-err));
		goto close_dns;
	}
	service->settings = settings;
	return 0;

close_dns:
	dns_fini(&service->dns);
close_place:
	place_close(&service->place);
	return err;
}

int service_reload(struct service *service, struct settings *settings)
{
	struct iothdns *resolver;

	if (!settings_same_place(service->settings, settings)) {
		log_error("stack, interface, MAC address and server identifier change by a restart only");
		return -EINVAL;
	}
	resolver = place_resolver(&service->place, settings);
	if (!resolver)
		return -EINVAL;
	/* Queries that are under way go on without their resolver. */
	iothdns_fini(service->dns.resolver);
	service->dns.resolver = resolver;
	names_forget(&service->names);
	settings_free(service->settings);
	service->settings = settings;
	return 0;
}

void service_close(struct service *service)
{
	if (service->transport)
		service->transport->ops->close(service->transport);
	names_fini(&service->names);
	dns_fini(&service->dns);
	place_close(&service->place);
	settings_free(service->settings);
}

int service_find_mac(struct service *service)
{
	const struct settings *settings = service->settings;
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

size_t service_add_addresses(const struct service *service,
    struct config_option option[CONFIG_OPTIONS_MAX], size_t count, uint16_t code, int family,
    const char *text)
{
	uint8_t addresses[ADDRESSES_MAX * 16];
	size_t found = place_resolve(service->dns.resolver, family, text, addresses, ADDRESSES_MAX);

	return config_option_add(option, count, code, addresses, found * (family == AF_INET6 ? 16 : 4));
}

void service_print_stats(const struct service *service, const char *program, FILE *out)
{
	const struct {
		const char *name, *help;
		enum metric_type type;
		uint64_t value;
	} metrics[] = {
	    {"dns_queries_total", "Questions to the DNS.", METRIC_COUNTER, service->names.asked_total},
	    {"dns_failures_total", "Questions that the DNS did not answer.", METRIC_COUNTER,
	        service->names.failed_total},
	    {"dns_dropped_total", "Questions given up for newer ones.", METRIC_COUNTER,
	        service->names.dropped_total},
	    {"names", "Questions under way, and answers that are known.", METRIC_GAUGE,
	        service->names.count},
	    {"sent_total", "Messages to clients.", METRIC_COUNTER, service->transport->sent},
	    {"send_errors_total", "Messages that could not be sent.", METRIC_COUNTER,
	        service->transport->send_errors},
	};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_%s", program, metrics[i].name);
		metric_print_one(out, name, metrics[i].help, metrics[i].type, (double)metrics[i].value);
	}
}

bool service_is_kernel(const struct service *service)
{
	return !service->place.stack && !service->place.dns_stack && !service->settings->is_vnl;
}
