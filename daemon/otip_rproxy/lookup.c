/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names become addresses: see lookup.h. */
#include "lookup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothdns.h>

#include "addrtext.h"
#include "log.h"

struct lookup {
	struct ioth *stack;
	const char *dns;
	struct iothdns *resolver; /* made for the first name */
};

/* NULL: logged. */
static struct iothdns *resolver_of(struct lookup *lookup)
{
	char *text = NULL;

	if (lookup->resolver)
		return lookup->resolver;
	if (!lookup->dns && lookup->stack)
		text = ioth_resolvconf(lookup->stack, NULL);
	if (lookup->dns)
		lookup->resolver = iothdns_init_strcfg(lookup->stack, (char *)lookup->dns);
	else if (text && *text)
		lookup->resolver = iothdns_init_strcfg(lookup->stack, text);
	else
		lookup->resolver = iothdns_init(lookup->stack, NULL);
	if (!lookup->resolver)
		log_error("dns: %s", strerror(errno));
	free(text);
	return lookup->resolver;
}

static void set_inner(struct service *service, int family, const void *address)
{
	if (family == AF_INET6) {
		service->inner.in6 =
		    (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(service->inner_port)};
		memcpy(&service->inner.in6.sin6_addr, address, 16);
		service->inner_len = sizeof(service->inner.in6);
		return;
	}
	service->inner.in =
	    (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(service->inner_port)};
	memcpy(&service->inner.in.sin_addr, address, 4);
	service->inner_len = sizeof(service->inner.in);
}

/* AAAA before A (spec 11.1). */
static int look_up(
    struct lookup *lookup, const char *name, bool only_ipv6, int *family, uint8_t address[16])
{
	struct iothdns *resolver = resolver_of(lookup);
	int found;

	if (!resolver)
		return -EINVAL;
	*family = AF_INET6;
	found = iothdns_lookup_aaaa(resolver, name, (struct in6_addr *)(void *)address, 1);
	if (found <= 0 && !only_ipv6) {
		*family = AF_INET;
		found = iothdns_lookup_a(resolver, name, (struct in_addr *)(void *)address, 1);
	}
	if (found > 0)
		return 0;
	log_error("%s: %s", name, found < 0 ? strerror(errno) : "it has no address");
	return -EADDRNOTAVAIL;
}

static bool find_before(struct service *service, const struct rproxy_conf *before)
{
	for (size_t i = 0; before && i < before->service_count; i++) {
		const struct service *other = &before->services[i];

		if (strcmp(other->host, service->host) != 0)
			continue;
		set_inner(service, other->inner.any.sa_family,
		    other->inner.any.sa_family == AF_INET6 ? (const void *)&other->inner.in6.sin6_addr
		                                           : (const void *)&other->inner.in.sin_addr);
		return true;
	}
	return false;
}

static int find_inner(
    struct lookup *lookup, struct service *service, const struct rproxy_conf *before)
{
	struct addrtext_prefix literal;
	_Alignas(struct in6_addr) uint8_t address[16];
	int family, err;

	if (addrtext_parse_ip(service->host, &literal) == 0) {
		set_inner(service, literal.family, literal.address);
		return 0;
	}
	if (find_before(service, before))
		return 0;
	err = look_up(lookup, service->host, false, &family, address);
	if (!err)
		set_inner(service, family, address);
	return err;
}

static int find_base(struct lookup *lookup, const struct rproxy_conf *conf, struct in6_addr *base,
    const struct rproxy_conf *before, const struct in6_addr *base_before)
{
	struct addrtext_prefix literal;
	_Alignas(struct in6_addr) uint8_t address[16];
	int family, err;

	if (addrtext_parse_ip(conf->base, &literal) == 0 && literal.family == AF_INET6) {
		memcpy(base, literal.address, sizeof(*base));
		return 0;
	}
	if (before && strcmp(before->base, conf->base) == 0) {
		*base = *base_before;
		return 0;
	}
	err = look_up(lookup, conf->base, true, &family, address);
	if (!err)
		memcpy(base, address, sizeof(*base));
	return err;
}

int lookup_all(struct ioth *stack, struct rproxy_conf *conf, struct in6_addr *base,
    const struct rproxy_conf *before, const struct in6_addr *base_before)
{
	struct lookup lookup = {.stack = stack, .dns = conf->dns};
	int err;

	if (before &&
	    (!before->dns != !conf->dns || (conf->dns && strcmp(before->dns, conf->dns) != 0)))
		before = NULL;
	err = find_base(&lookup, conf, base, before, base_before);
	for (size_t i = 0; i < conf->service_count && !err; i++)
		err = find_inner(&lookup, &conf->services[i], before);
	if (lookup.resolver)
		iothdns_fini(lookup.resolver);
	return err;
}
