/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services across windows: see backend.h. */
#include "backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "flows.h"
#include "log.h"

struct key {
	uint8_t type;
	uint16_t port;
} __attribute__((packed));

static struct key key_of(const struct service *service)
{
	return (struct key){.type = (uint8_t)service->type, .port = service->port};
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct key own = key_of(&hashtable_entry(link, struct backend, link)->service);

	return memcmp(&own, key, sizeof(own)) == 0;
}

/* ---- what is told ---------------------------------------------------------------------------- */

static const char *word_for(const struct service *service)
{
	return service->type == SOCK_STREAM ? "tcp" : "udp";
}

static void say_doors(const struct complaint *complaint, int error)
{
	const struct backend *backend = list_entry(complaint, struct backend, doors);
	const struct service *service = &backend->service;

	if (error)
		log_limited(&backend->flows->told, LOG_ERR, "%s %u: the port cannot be opened: %s",
		    word_for(service), service->port, strerror(-error));
	else
		log_limited(&backend->flows->told, LOG_NOTICE, "%s %u: the port is open", word_for(service),
		    service->port);
}

static void say_server(const struct complaint *complaint, int error)
{
	const struct backend *backend = list_entry(complaint, struct backend, server);
	const struct service *service = &backend->service;
	int family = service->inner.any.sa_family;
	char text[ADDRTEXT_IP_SIZE];

	(void)addrtext_print_ip(text, sizeof(text), family,
	    family == AF_INET6 ? (const void *)&service->inner.in6.sin6_addr
	                       : (const void *)&service->inner.in.sin_addr);
	log_limited(&backend->flows->told, error ? LOG_ERR : LOG_NOTICE,
	    "%s %u: server %s (%s port %u): %s", word_for(service), service->port, service->host, text,
	    service->inner_port, error ? strerror(-error) : "well again");
}

/* ---- begin, end ------------------------------------------------------------------------------ */

static struct backend *new_backend(
    struct flows *flows, const struct service *service, uint64_t hash)
{
	struct backend *backend = calloc(1, sizeof(*backend));

	if (!backend)
		return NULL;
	backend->flows = flows;
	backend->service = *service;
	complaint_init(&backend->doors, flows->loop, say_doors);
	complaint_init(&backend->server, flows->loop, say_server);
	hashtable_insert(&flows->backends, &backend->link, hash);
	return backend;
}

static bool is_same_server(const struct service *a, const struct service *b)
{
	return a->inner_len == b->inner_len && memcmp(&a->inner, &b->inner, a->inner_len) == 0;
}

struct backend *backend_get(struct flows *flows, const struct service *service)
{
	const struct key key = key_of(service);
	uint64_t hash = hashtable_hash(&flows->backends, &key, sizeof(key));
	struct hashtable_link *link = hashtable_find(&flows->backends, hash, matches, &key);
	struct backend *backend;

	if (!link) {
		backend = new_backend(flows, service, hash);
		return backend ? backend_ref(backend) : NULL;
	}
	backend = hashtable_entry(link, struct backend, link);
	if (!is_same_server(&backend->service, service))
		complaint_forget(&backend->server);
	backend->service = *service;
	return backend_ref(backend);
}

struct backend *backend_ref(struct backend *backend)
{
	backend->references++;
	return backend;
}

void backend_put(struct backend *backend)
{
	if (--backend->references > 0)
		return;
	complaint_fini(&backend->doors);
	complaint_fini(&backend->server);
	hashtable_remove(&backend->flows->backends, &backend->link);
	free(backend);
}

/* ---- the server ------------------------------------------------------------------------------ */

bool backend_is_our_lack(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -ENOBUFS;
}

void backend_server_is(struct backend *backend, int error)
{
	if (!backend_is_our_lack(error))
		complaint_set(&backend->server, error);
}
