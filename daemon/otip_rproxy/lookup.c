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
	struct loop_source source; /* the query's descriptor */
	struct rproxy_conf *conf;
	struct iothdns *resolver;
	struct iothdns_query *query;
	lookup_ended *ended;
	void *context;
	struct service *service; /* whose name is looked up; NULL: the network's */
	int family;              /* of the address that is asked for */
	bool found;
	int error; /* errno of the last query */
};

/* ---- what is known --------------------------------------------------------------------------- */

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

static void set_network(struct rproxy_conf *conf, const void *address)
{
	memcpy(&conf->network, address, sizeof(conf->network));
	conf->has_network = true;
}

static void take_service(struct service *service, const struct rproxy_conf *before)
{
	struct addrtext_prefix literal;

	if (addrtext_parse_ip(service->host, &literal) == 0) {
		set_inner(service, literal.family, literal.address);
		return;
	}
	for (size_t i = 0; before && i < before->service_count; i++) {
		const struct service *other = &before->services[i];

		if (strcmp(other->host, service->host) != 0)
			continue;
		set_inner(service, other->inner.any.sa_family,
		    other->inner.any.sa_family == AF_INET6 ? (const void *)&other->inner.in6.sin6_addr
		                                           : (const void *)&other->inner.in.sin_addr);
		return;
	}
}

static void take_network(struct rproxy_conf *conf, const struct rproxy_conf *before)
{
	struct addrtext_prefix literal;

	if (addrtext_parse_ip(conf->base, &literal) == 0 && literal.family == AF_INET6)
		set_network(conf, literal.address);
	else if (before && strcmp(before->base, conf->base) == 0)
		set_network(conf, &before->network);
}

static void take_known(struct rproxy_conf *conf, const struct rproxy_conf *before)
{
	/* Another server may say something else. */
	if (before &&
	    (!before->dns != !conf->dns || (conf->dns && strcmp(before->dns, conf->dns) != 0)))
		before = NULL;
	take_network(conf, before);
	for (size_t i = 0; i < conf->service_count; i++)
		take_service(&conf->services[i], before);
}

/* ---- queries --------------------------------------------------------------------------------- */

static const char *name_of(const struct lookup *lookup)
{
	return lookup->service ? lookup->service->host : lookup->conf->base;
}

static void answered(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *argument)
{
	struct lookup *lookup = argument;
	int type = lookup->family == AF_INET6 ? IOTHDNS_TYPE_AAAA : IOTHDNS_TYPE_A, section;
	_Alignas(struct in6_addr) uint8_t address[16];
	size_t len = lookup->family == AF_INET6 ? 16 : 4;
	char name[IOTHDNS_MAXNAME];
	struct iothdns_rr rr;

	lookup->error = error;
	while (reply && !lookup->found && (section = iothdns_get_rr(reply, &rr, name)) != 0) {
		if (section != IOTHDNS_SEC_ANSWER || rr.type != type || iothdns_get_left(reply) < len)
			continue;
		(void)iothdns_get_data(reply, address, (uint16_t)len);
		lookup->found = true;
	}
	if (!lookup->found)
		return;
	if (lookup->service)
		set_inner(lookup->service, lookup->family, address);
	else
		set_network(lookup->conf, address);
}

static void end_query(struct lookup *lookup)
{
	loop_remove(&lookup->source);
	iothdns_query_free(lookup->query);
	lookup->query = NULL;
}

static loop_source_function ready;

/* 0 or -errno. */
static int ask(struct lookup *lookup, struct loop *loop, int family)
{
	int type = family == AF_INET6 ? IOTHDNS_TYPE_AAAA : IOTHDNS_TYPE_A, err;

	lookup->family = family;
	lookup->found = false;
	lookup->query = iothdns_query_start(
	    lookup->resolver, name_of(lookup), type, IOTHDNS_QUERY_FOLLOW, answered, lookup);
	if (!lookup->query)
		return -errno;
	err = loop_add(loop, &lookup->source, iothdns_query_fd(lookup->query), EPOLLIN, ready);
	if (err)
		end_query(lookup);
	return err;
}

/* The first name that is not known yet. False: there is none. */
static bool choose(struct lookup *lookup)
{
	struct rproxy_conf *conf = lookup->conf;

	lookup->service = NULL;
	if (!conf->has_network)
		return true;
	for (size_t i = 0; i < conf->service_count; i++) {
		lookup->service = &conf->services[i];
		if (!lookup->service->inner_len)
			return true;
	}
	return false;
}

static void end(struct lookup *lookup, int error)
{
	lookup->error = error;
	lookup->ended(lookup->context);
}

/* AAAA before A (spec 11.1); the network is one of IPv6. */
static void ready(struct loop_source *source, uint32_t events)
{
	struct lookup *lookup = (struct lookup *)source;
	struct loop *loop = source->loop;
	int err;

	if (!iothdns_query_process(lookup->query))
		return;
	end_query(lookup);
	if (lookup->found)
		err = choose(lookup) ? ask(lookup, loop, AF_INET6) : 0;
	else if (lookup->family == AF_INET6 && lookup->service)
		err = ask(lookup, loop, AF_INET);
	else
		err = lookup->error ? -lookup->error : -ENODATA;
	if (err || !lookup->query)
		end(lookup, -err);
}

/* ---- begin, end ------------------------------------------------------------------------------ */

/* NULL and errno. */
static struct iothdns *resolver_of(struct ioth *stack, const char *dns)
{
	struct iothdns *resolver;
	char *text = NULL;

	if (!dns && stack)
		text = ioth_resolvconf(stack, NULL);
	if (dns)
		resolver = iothdns_init_strcfg(stack, (char *)dns);
	else if (text && *text)
		resolver = iothdns_init_strcfg(stack, text);
	else
		resolver = iothdns_init(stack, NULL);
	free(text);
	return resolver;
}

int lookup_begin(struct lookup **result, struct loop *loop, struct ioth *stack,
    struct rproxy_conf *conf, const struct rproxy_conf *before, lookup_ended *ended, void *context)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int err = -ENOMEM;

	if (!lookup)
		goto failed;
	lookup->conf = conf;
	lookup->ended = ended;
	lookup->context = context;
	take_known(conf, before);
	*result = NULL;
	if (!choose(lookup)) {
		free(lookup);
		return 0;
	}
	lookup->resolver = resolver_of(stack, conf->dns);
	err = lookup->resolver ? ask(lookup, loop, AF_INET6) : -errno;
	if (err)
		goto free_lookup;
	*result = lookup;
	return 0;

free_lookup:
	lookup_free(lookup);
failed:
	log_error("dns: %s", strerror(-err));
	return err;
}

int lookup_end(struct lookup *lookup)
{
	int error = lookup->error;

	if (error)
		log_error("%s: %s", name_of(lookup),
		    error == ENODATA || error == ENOENT ? "it has no address" : strerror(error));
	lookup_free(lookup);
	return error ? -EADDRNOTAVAIL : 0;
}

void lookup_free(struct lookup *lookup)
{
	if (!lookup)
		return;
	if (lookup->query)
		end_query(lookup);
	if (lookup->resolver)
		iothdns_fini(lookup->resolver);
	free(lookup);
}
