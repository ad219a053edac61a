/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otip_rproxy: services behind addresses that live half a minute: otip_rproxy(8). */
#include "conf.h"
#include "server.h"
#include "words.h"

int main(int argc, char *argv[])
{
	const struct daemon_program program = {
	    .name = "otip_rproxy",
	    .purpose = "A reverse proxy for TCP and UDP, at addresses that change with the time.",
	    .version = VERSION,
	    .needs_argument = true,
	    .rcfile = true,
	    .options = rproxy_options,
	    .option_count = rproxy_option_count,
	    .values_size = sizeof(struct rproxy_values),
	    .set_defaults = rproxy_option_defaults,
	    .capabilities = server_capabilities,
	    .capability_count = SERVER_CAPABILITIES,
	    .configure = rproxy_configure,
	    .configuration_free = rproxy_conf_free,
	    .start = server_start,
	    .reload = server_reload,
	    .stop = server_stop,
	    .may_be_filtered = server_may_be_filtered,
	    .print_status = server_print_status,
	    .print_stats = server_print_stats,
	};

	return daemon_main(&program, argc, argv);
}
