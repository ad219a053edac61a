/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothnamed: a DNS server whose names are addresses: iothnamed(8), iothnamed.rc(5). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#include "log.h"

static void *configure(
    const struct daemon *daemon, const struct options *options, const void *values)
{
	char *path = daemon_path(daemon, options, options->arguments[0]);
	struct named_conf *conf = path ? named_conf_load(path, options) : NULL;

	if (!path)
		log_error("%s", strerror(ENOMEM));
	free(path);
	return conf;
}

static void configuration_free(void *configuration)
{
	named_conf_unref(configuration);
}

static bool may_be_filtered(const struct daemon *daemon)
{
	const struct named_server *server = daemon->state;

	return server->stacks.all_kernel;
}

int main(int argc, char *argv[])
{
	static const cap_value_t capabilities[] = {CAP_NET_BIND_SERVICE};
	const struct daemon_program program = {
	    .name = "iothnamed",
	    .synopsis = "CONFFILE",
	    .purpose = "DNS server, forwarder and cache; names that are addresses.",
	    .version = VERSION,
	    .arguments_min = 1,
	    .arguments_max = 1,
	    .capabilities = capabilities,
	    .capability_count = 1,
	    .verbs = named_verbs,
	    .verb_count = named_verb_count,
	    .configure = configure,
	    .configuration_free = configuration_free,
	    .start = named_server_start,
	    .reload = named_server_reload,
	    .stop = named_server_stop,
	    .may_be_filtered = may_be_filtered,
	    .print_status = named_print_status,
	    .print_stats = named_print_stats,
	};

	return daemon_main(&program, argc, argv);
}
