/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of iothradvd: see conf.h. */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iothradvd.h>

#include "addrtext.h"
#include "daemon.h"
#include "log.h"
#include "optlist.h"
#include "stack_string.h"
#include "words.h"

#define DEFAULT_INTERFACE "vde0"

/* A network is a single word with "://"; "vnl=vde://..." is a stack's. 0 or -ENOMEM. */
static int look_at_stack(struct radvd_conf *conf, const char *stack)
{
	struct optlist list;

	if (!stack)
		return 0;
	conf->stack = strdup(stack);
	if (!conf->stack || optlist_parse(&list, stack) < 0)
		return -ENOMEM;
	conf->is_vnl = list.count == 1 && strstr(list.items[0].tag, "://");
	optlist_free(&list);
	return 0;
}

/* An interface's own file has the words alone, not where. NULL: mistakes, or no memory; logged. */
static struct iothradvd_config *read_own_file(
    const struct daemon *daemon, const struct options *options, const char *file)
{
	struct radvd_words words = {0};
	struct options own;
	struct iothradvd_config *config = NULL;
	char *path = daemon_path(daemon, options, file), *where = NULL;
	int err = options_init(&own, options->directory, NULL, NULL);

	own.groups[0] = (struct option_group){
	    .specs = radvd_word_options, .count = radvd_word_count, .values = &words};
	if (err || !path || asprintf(&where, "%s: ", path) < 0)
		log_error("%s", strerror(ENOMEM));
	else if (options_read_file(&own, path) == 0)
		config = radvd_words_config(&words, NULL, 0, where);
	options_fini(&own);
	free(path);
	free(where);
	return config;
}

/* NAME, or NAME=FILE. */
static bool configure_interface(const struct daemon *daemon, const struct options *options,
    const struct radvd_values *values, struct radvd_conf *conf, const char *text)
{
	struct radvd_conf_interface *interface = &conf->interfaces[conf->count++];
	const char *file = conf->is_vnl ? NULL : strchr(text, '=');

	interface->name = file ? strndup(text, (size_t)(file - text)) : strdup(text);
	if (!interface->name) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	for (size_t i = 0; i + 1 < conf->count; i++) {
		if (strcmp(conf->interfaces[i].name, interface->name) == 0) {
			log_error("iface: %s is given twice", interface->name);
			return false;
		}
	}
	interface->config =
	    file ? read_own_file(daemon, options, file + 1)
	         : radvd_words_config(&values->words, options->arguments, options->argument_count, "");
	return interface->config;
}

static bool configure_interfaces(const struct daemon *daemon, const struct options *options,
    const struct radvd_values *values, struct radvd_conf *conf)
{
	const struct option_list *list = &values->iface;
	bool named = !conf->is_vnl && list->count > 0, right = true;
	size_t count = named ? list->count : 1;

	conf->interfaces = calloc(count, sizeof(*conf->interfaces));
	if (!conf->interfaces) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	for (size_t i = 0; i < count; i++)
		right = configure_interface(daemon, options, values, conf,
		            conf->is_vnl ? conf->stack
		            : named      ? list->values[i]
		                         : DEFAULT_INTERFACE) &&
		        right;
	return right;
}

void *radvd_configure(const struct daemon *daemon, const struct options *options, const void *given)
{
	const struct radvd_values *values = given;
	struct radvd_conf *conf = calloc(1, sizeof(*conf));
	bool right;

	if (!conf || look_at_stack(conf, values->stack) < 0) {
		log_error("%s", strerror(ENOMEM));
		goto failed;
	}
	/* Whoever sees it had a mistake logged already, if it is none. */
	conf->has_mac = values->macaddr && addrtext_parse_mac(values->macaddr, conf->mac) == 0;
	if (!conf->is_vnl && conf->has_mac)
		log_notice("macaddr: of no use with a stack");
	if (conf->is_vnl && values->iface.count > 0)
		log_notice("iface: of no use with a network");
	right = conf->is_vnl || stack_string_is(conf->stack, "stack");
	if (configure_interfaces(daemon, options, values, conf) && right)
		return conf;
failed:
	radvd_conf_free(conf);
	return NULL;
}

void radvd_conf_free(void *configuration)
{
	struct radvd_conf *conf = configuration;

	if (!conf)
		return;
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->interfaces[i].name);
		iothradvd_config_free(conf->interfaces[i].config);
	}
	free(conf->interfaces);
	free(conf->stack);
	free(conf);
}
