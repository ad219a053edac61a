/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configurations: see config.h. Keywords and limits are resolv.conf(5)'s; what is not understood is
 * left out, line by line, because such files are written for many readers. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"

#define TIMEOUT_MAX   30 /* seconds; as the C library limits it */
#define TOTAL_MAX     3600
#define TOTAL_MIN_MS  30000U /* where nothing was told */
#define ATTEMPTS_MAX  5
#define NDOTS_MAX     15
#define CACHE_DEFAULT 256
#define CACHE_MAX     65536
#define SEARCH_MAX    64

static struct config *config_new(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config) {
		errno = ENOMEM;
		return NULL;
	}
	atomic_init(&config->refs, 1);
	config->timeout_ms = IOTHDNS_TIMEOUT_MS;
	config->attempts = 1;
	config->ndots = 1;
	config->cache = CACHE_DEFAULT;
	config->edns = true;
	return config;
}

uint64_t config_total_ms(const struct config *config)
{
	/* Once more without EDNS0: query.h. */
	uint64_t mute = (uint64_t)config->timeout_ms * config->n_servers * (config->attempts + 1);

	if (config->total_ms)
		return config->total_ms;
	return mute < TOTAL_MIN_MS ? TOTAL_MIN_MS : mute;
}

struct config *config_ref(struct config *config)
{
	atomic_fetch_add_explicit(&config->refs, 1, memory_order_relaxed);
	return config;
}

void config_unref(struct config *config)
{
	if (!config || atomic_fetch_sub_explicit(&config->refs, 1, memory_order_acq_rel) != 1)
		return;
	spare_free(config->spare);
	free(config->search);
	free(config);
}

/* ADDRESS or ADDRESS%SCOPE; those beyond the first three are not kept. */
static void add_server(struct config *config, const struct text *word)
{
	struct server *server = &config->servers[config->n_servers];
	struct addrtext_prefix prefix;
	char text[ADDRTEXT_IP_SIZE + CONFIG_SCOPE_SIZE], *scope;

	if (config->n_servers == IOTHDNS_MAXNS || !text_copy(word, text, sizeof(text)))
		return;
	scope = strchr(text, '%');
	if (scope)
		*scope++ = '\0';
	if (addrtext_parse_ip(text, &prefix) < 0)
		return;
	if (scope && (prefix.family != AF_INET6 || !*scope || strlen(scope) >= CONFIG_SCOPE_SIZE))
		return;
	server->family = prefix.family;
	memcpy(server->address, prefix.address, sizeof(server->address));
	if (scope)
		memcpy(server->scope, scope, strlen(scope) + 1);
	config->n_servers++;
}

/* The last of such lines counts. -ENOMEM or 0. */
static int set_search(struct config *config, struct text *line, unsigned int max)
{
	struct text word;

	config->n_search = 0;
	while (config->n_search < max && text_word(line, &word)) {
		struct dns_name *bigger, name;
		char text[IOTHDNS_MAXNAME * 4];

		if (!text_copy(&word, text, sizeof(text)) || name_from_text(&name, text) < 0)
			continue;
		bigger = realloc(config->search, (config->n_search + 1) * sizeof(name));
		if (!bigger)
			return -ENOMEM;
		config->search = bigger;
		config->search[config->n_search++] = name;
	}
	return 0;
}

/* "name:NUMBER", the number cut to a limit. */
static bool number_option(
    const struct text *word, const char *name, unsigned int max, unsigned int *number)
{
	unsigned int value;

	if (!text_starts(word, name) || !text_number(word, strlen(name), 1000000, &value))
		return false;
	*number = value < max ? value : max;
	return true;
}

static void set_options(struct config *config, struct text *line)
{
	struct text word;
	unsigned int value;

	while (text_word(line, &word)) {
		if (number_option(&word, "timeout:", TIMEOUT_MAX, &value) && value > 0)
			config->timeout_ms = value * 1000;
		else if (number_option(&word, "deadline:", TOTAL_MAX, &value))
			config->total_ms = value * 1000;
		else if (number_option(&word, "attempts:", ATTEMPTS_MAX, &value) && value > 0)
			config->attempts = value;
		else if (number_option(&word, "ndots:", NDOTS_MAX, &value))
			config->ndots = value;
		else if (number_option(&word, "cache:", CACHE_MAX, &value))
			config->cache = value;
		else if (text_is(&word, "no-cache"))
			config->cache = 0;
		else if (text_is(&word, "rotate"))
			config->rotate = true;
		else if (text_is(&word, "edns0"))
			config->edns = true;
		else if (text_is(&word, "no-edns0"))
			config->edns = false;
		else if (text_is(&word, "use-vc"))
			config->use_tcp = true;
		else if (text_is(&word, "0x20"))
			config->x20 = true;
		else if (text_is(&word, "rfc6724"))
			config->rfc6724 = true;
		else if (text_is(&word, "keep-port") && !config->spare)
			config->spare = spare_new(); /* without memory: a port each */
	}
}

struct config *config_from_text(const struct text *text)
{
	struct config *config = config_new();
	struct text rest = *text, line, word;
	int error = 0;

	if (!config)
		return NULL;
	while (error == 0 && text_line(&rest, "#;", &line)) {
		if (!text_word(&line, &word))
			continue;
		if (text_is(&word, "nameserver") && text_word(&line, &word))
			add_server(config, &word);
		else if (text_is(&word, "search"))
			error = set_search(config, &line, SEARCH_MAX);
		else if (text_is(&word, "domain"))
			error = set_search(config, &line, 1);
		else if (text_is(&word, "options"))
			set_options(config, &line);
	}
	if (error < 0) {
		config_unref(config);
		errno = -error;
		return NULL;
	}
	return config;
}

struct config *config_from_file(const char *path)
{
	struct config *config;
	struct text text;
	char *memory;
	int error = text_read_file(path ? path : IOTHDNS_DEFAULT_RESOLV_CONF, &memory, &text);

	if (error < 0) {
		errno = -error;
		return NULL;
	}
	config = config_from_text(&text);
	free(memory);
	return config;
}

/* "8.8.8.8,2620:0:ccc::2,fe80::1%vde0". No line of the other form is without a blank. */
static struct config *config_from_list(const char *list)
{
	struct config *config = config_new();

	while (config && *list) {
		struct text word = {list, strcspn(list, ",")};

		add_server(config, &word);
		list += word.len + (list[word.len] == ',');
	}
	return config;
}

struct config *config_from_string(const char *string)
{
	struct text text;

	if (!string)
		return config_from_file(NULL);
	text = (struct text){string, strlen(string)};
	return strpbrk(string, " \t\r\n#;") ? config_from_text(&text) : config_from_list(string);
}

struct config *config_with_server(const struct config *config, int family, const void *address)
{
	struct config *copy;
	struct server *server;

	if (config->n_servers == IOTHDNS_MAXNS) {
		errno = ENOSPC;
		return NULL;
	}
	copy = malloc(sizeof(*copy));
	if (!copy)
		goto no_memory;
	*copy = *config;
	atomic_init(&copy->refs, 1);
	copy->spare = config->spare ? spare_new() : NULL;
	copy->search = NULL;
	if (config->n_search) {
		copy->search = malloc(config->n_search * sizeof(*copy->search));
		if (!copy->search)
			goto no_memory;
		memcpy(copy->search, config->search, config->n_search * sizeof(*copy->search));
	}
	server = &copy->servers[copy->n_servers++];
	server->family = family;
	memcpy(server->address, address, addrtext_family_len(family));
	return copy;

no_memory:
	if (copy)
		spare_free(copy->spare);
	free(copy);
	errno = ENOMEM;
	return NULL;
}
