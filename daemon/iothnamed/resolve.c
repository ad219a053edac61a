/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Look-ups of hosts, one loop_source each: see resolve.h. */
#include "resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothdns.h>

#include "host.h"
#include "log.h"

#define LOOKUPS_MAX 8 /* at once */

struct lookup {
	struct loop_source source; /* .loop NULL: free */
	struct named_resolver *resolver;
	struct named_host *host;
	struct iothdns_query *query;
	int type;
};

struct named_resolver {
	struct loop *loop;
	struct named_conf *conf; /* a reference */
	struct iothdns *dns;     /* NULL: there is no forwarder to be asked */
	struct loop_timer timer;
	struct lookup lookups[LOOKUPS_MAX];
};

/* ---- one look-up ----------------------------------------------------------------------------- */

static void end_query(struct lookup *lookup)
{
	loop_remove(&lookup->source);
	iothdns_query_free(lookup->query);
	lookup->query = NULL;
}

/* The first address of the answer, IPv4 mapped. */
static bool find_address(
    struct iothdns_pkt *reply, int type, struct in6_addr *address, uint32_t *ttl)
{
	struct iothdns_rr rr;
	char name[IOTHDNS_MAXNAME];
	int section;

	while ((section = iothdns_get_rr(reply, &rr, name)) != 0) {
		if (section != IOTHDNS_SEC_ANSWER || rr.type != type)
			continue;
		*ttl = rr.ttl;
		if (type == IOTHDNS_TYPE_AAAA) {
			iothdns_get_aaaa(reply, address);
		} else {
			*address = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
			iothdns_get_a(reply, &address->s6_addr[12]);
		}
		return iothdns_error(reply) == 0;
	}
	return false;
}

static void lookup_ready(struct loop_source *source, uint32_t events)
{
	(void)iothdns_query_process(((struct lookup *)source)->query);
}

static iothdns_query_cb_t answered;

static int begin_query(struct lookup *lookup, int type)
{
	struct named_resolver *resolver = lookup->resolver;
	int err;

	lookup->type = type;
	lookup->query = iothdns_query_start(resolver->dns, lookup->host->text, type,
	    IOTHDNS_QUERY_FOLLOW | IOTHDNS_QUERY_EXACT, answered, lookup);
	if (!lookup->query)
		return -errno;
	err = loop_add(
	    resolver->loop, &lookup->source, iothdns_query_fd(lookup->query), EPOLLIN, lookup_ready);
	if (err) {
		iothdns_query_free(lookup->query);
		lookup->query = NULL;
	}
	return err;
}

static void report(struct named_resolver *resolver, struct named_host *host,
    const struct in6_addr *address, uint32_t ttl, int error)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (address)
		log_debug(
		    "%s is %s", host->text, inet_ntop(AF_INET6, address, text, sizeof(text)) ? text : "?");
	else
		log_warning("%s, which the configuration needs the address of, cannot be resolved: %s",
		    host->text, error ? strerror(error) : "it has none");
	named_host_found(resolver->conf->hosts, host, address, ttl, loop_clock());
}

static void answered(struct iothdns_query *query, int error, struct iothdns_header *header,
    struct iothdns_pkt *reply, void *argument)
{
	struct lookup *lookup = argument;
	struct named_resolver *resolver = lookup->resolver;
	struct in6_addr address;
	uint32_t ttl = 0;
	bool found = error == 0 && find_address(reply, lookup->type, &address, &ttl);

	end_query(lookup);
	if (!found && lookup->type == IOTHDNS_TYPE_AAAA && begin_query(lookup, IOTHDNS_TYPE_A) == 0)
		return;
	report(resolver, lookup->host, found ? &address : NULL, ttl, error);
	loop_timer_at(&resolver->timer, 0); /* for the next */
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct lookup *find_place(struct named_resolver *resolver)
{
	for (unsigned int i = 0; i < LOOKUPS_MAX; i++) {
		if (!resolver->lookups[i].query)
			return &resolver->lookups[i];
	}
	return NULL;
}

static void begin_due(struct loop_timer *timer)
{
	struct named_resolver *resolver = timerq_entry(timer, struct named_resolver, timer);
	struct named_hosts *hosts = resolver->conf->hosts;
	struct named_host *host;
	struct lookup *lookup;
	int err;

	while ((lookup = find_place(resolver)) && (host = named_hosts_next(hosts, loop_clock()))) {
		*lookup = (struct lookup){.resolver = resolver, .host = host};
		err = resolver->dns ? begin_query(lookup, IOTHDNS_TYPE_AAAA) : -EDESTADDRREQ;
		if (err)
			report(resolver, host, NULL, 0, -err);
	}
	if (lookup)
		loop_timer_at(&resolver->timer, named_hosts_deadline(hosts));
}

/* A handle that asks the forwarders. NULL, and errno 0: there are none. */
static struct iothdns *open_dns(struct ioth *stack, const struct named_conf *conf)
{
	struct iothdns *dns;
	char none[] = "# none of the system's\n";

	errno = 0;
	if (conf->dns_count == 0)
		return NULL;
	dns = iothdns_init_strcfg(stack, none);
	if (!dns)
		return NULL;
	for (unsigned int i = 0; i < conf->dns_count; i++) {
		struct in6_addr address = conf->dns[i];
		bool mapped = IN6_IS_ADDR_V4MAPPED(&address);

		if (iothdns_add_nameserver(dns, mapped ? AF_INET : AF_INET6,
		        mapped ? (void *)&address.s6_addr[12] : (void *)&address) < 0)
			log_warning("resolver: %s", strerror(errno));
	}
	return dns;
}

int named_resolver_new(
    struct named_resolver **result, struct loop *loop, struct ioth *stack, struct named_conf *conf)
{
	struct named_resolver *resolver = calloc(1, sizeof(*resolver));

	if (!resolver)
		return -ENOMEM;
	resolver->loop = loop;
	resolver->dns = open_dns(stack, conf);
	if (!resolver->dns && errno) {
		int err = -errno;

		free(resolver);
		return err;
	}
	resolver->conf = named_conf_ref(conf);
	loop_timer_init(loop, &resolver->timer, begin_due);
	loop_timer_at(&resolver->timer, 0);
	*result = resolver;
	return 0;
}

void named_resolver_free(struct named_resolver *resolver)
{
	if (!resolver)
		return;
	for (unsigned int i = 0; i < LOOKUPS_MAX; i++) {
		if (resolver->lookups[i].query)
			end_query(&resolver->lookups[i]);
	}
	loop_timer_cancel(&resolver->timer);
	if (resolver->dns)
		iothdns_fini(resolver->dns);
	named_conf_unref(resolver->conf);
	free(resolver);
}
