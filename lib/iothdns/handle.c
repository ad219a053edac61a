/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handles: see handle.h. */
#include "handle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"

static const char *const default_paths[IOTHDNS_PATH_SIZE] = {
    [IOTHDNS_HOSTS] = IOTHDNS_DEFAULT_HOSTS,
    [IOTHDNS_SERVICES] = IOTHDNS_DEFAULT_SERVICES,
};

/* A cache for a configuration; one that cannot be had is none. */
static struct cache *cache_for(const struct config *config)
{
	return config->cache ? cache_new(config->cache) : NULL;
}

/* Takes the configuration over. */
static struct iothdns *handle_new(struct ioth *stack, struct config *config)
{
	struct iothdns *dns;

	if (!config)
		return NULL;
	dns = calloc(1, sizeof(*dns));
	if (!dns) {
		config_unref(config);
		errno = ENOMEM;
		return NULL;
	}
	dns->stack = stack;
	pthread_mutex_init(&dns->lock, NULL);
	dns->config = config;
	dns->cache = cache_for(config);
	return dns;
}

static int handle_update(struct iothdns *dns, struct config *config)
{
	struct config *old_config;
	struct cache *cache, *old_cache;

	if (!config)
		return -1;
	cache = cache_for(config);
	pthread_mutex_lock(&dns->lock);
	old_config = dns->config;
	old_cache = dns->cache;
	dns->config = config;
	dns->cache = cache;
	pthread_mutex_unlock(&dns->lock);
	config_unref(old_config);
	cache_unref(old_cache);
	return 0;
}

struct iothdns *iothdns_init(struct ioth *stack, char *path_config)
{
	return handle_new(stack, config_from_file(path_config));
}

struct iothdns *iothdns_init_strcfg(struct ioth *stack, char *config)
{
	return handle_new(stack, config_from_string(config));
}

int iothdns_update(struct iothdns *dns, char *path_config)
{
	return handle_update(dns, config_from_file(path_config));
}

int iothdns_update_strcfg(struct iothdns *dns, char *config)
{
	return handle_update(dns, config_from_string(config));
}

int iothdns_add_nameserver(struct iothdns *dns, int af, void *in46_addr)
{
	struct config *config;

	if (addrtext_family_len(af) == 0) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	/* Under the lock: two of them at the same time are to add two. */
	pthread_mutex_lock(&dns->lock);
	config = config_with_server(dns->config, af, in46_addr);
	if (config) {
		config_unref(dns->config);
		dns->config = config;
	}
	pthread_mutex_unlock(&dns->lock);
	return config ? 0 : -1;
}

void iothdns_setpath(struct iothdns *dns, enum iothdns_pathtag tag, char *newvalue)
{
	char *copy = newvalue ? strdup(newvalue) : NULL, *old;

	if ((unsigned int)tag >= IOTHDNS_PATH_SIZE || (newvalue && !copy)) {
		free(copy);
		return;
	}
	pthread_mutex_lock(&dns->lock);
	old = dns->paths[tag];
	dns->paths[tag] = copy;
	pthread_mutex_unlock(&dns->lock);
	free(old);
}

int iothdns_getpath(struct iothdns *dns, enum iothdns_pathtag tag, char *buf, size_t size)
{
	int len;

	if ((unsigned int)tag >= IOTHDNS_PATH_SIZE) {
		errno = EINVAL;
		return -1;
	}
	pthread_mutex_lock(&dns->lock);
	len = snprintf(buf, size, "%s", dns->paths[tag] ? dns->paths[tag] : default_paths[tag]);
	pthread_mutex_unlock(&dns->lock);
	return len;
}

void iothdns_fini(struct iothdns *dns)
{
	if (!dns)
		return;
	config_unref(dns->config);
	cache_unref(dns->cache);
	for (int i = 0; i < IOTHDNS_PATH_SIZE; i++)
		free(dns->paths[i]);
	pthread_mutex_destroy(&dns->lock);
	free(dns);
}

struct config *handle_config(struct iothdns *dns)
{
	struct config *config;

	pthread_mutex_lock(&dns->lock);
	config = config_ref(dns->config);
	pthread_mutex_unlock(&dns->lock);
	return config;
}

int handle_read(struct iothdns *dns, enum iothdns_pathtag tag, char **memory, struct text *text)
{
	char *path = NULL;
	int error;

	pthread_mutex_lock(&dns->lock);
	if (dns->paths[tag])
		path = strdup(dns->paths[tag]);
	error = dns->paths[tag] && !path ? -ENOMEM : 0;
	pthread_mutex_unlock(&dns->lock);
	if (error == 0)
		error = text_read_file(path ? path : default_paths[tag], memory, text);
	free(path);
	return error;
}

int handle_dialog(
    struct iothdns *dns, struct dialog *dialog, const char *name, uint16_t type, unsigned int flags)
{
	struct config *config;
	struct cache *cache;
	unsigned int first = 0;
	int error;

	pthread_mutex_lock(&dns->lock);
	config = config_ref(dns->config);
	cache = cache_ref(dns->cache);
	pthread_mutex_unlock(&dns->lock);
	if (config->rotate)
		first = atomic_fetch_add_explicit(&dns->turn, 1, memory_order_relaxed);
	error = query_init(&dialog->query, config, cache, first, name, type, flags, dialog_now());
	if (error == 0)
		dialog_init(dialog, dns->stack, config->spare);
	config_unref(config);
	cache_unref(cache);
	return error == -ENAMETOOLONG ? -EINVAL : error;
}
