/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothradvd: router advertisements on the interfaces of any stack, or on a VDE network:
 * iothradvd(8).
 */
#include <stdint.h>

#include "conf.h"
#include "server.h"
#include "words.h"

int main(int argc, char *argv[])
{
	static const cap_value_t capabilities[] = {CAP_NET_RAW};
	const struct daemon_program program = {
	    .name = "iothradvd",
	    .synopsis = "[PREFIX...]",
	    .purpose = "Router advertisements, on the interfaces of a stack or on a network.",
	    .version = VERSION,
	    .arguments_max = SIZE_MAX,
	    .needs_argument = true,
	    .rcfile = true,
	    .options = radvd_options,
	    .option_count = radvd_option_count,
	    .values_size = sizeof(struct radvd_values),
	    .capabilities = capabilities,
	    .capability_count = 1,
	    .configure = radvd_configure,
	    .configuration_free = radvd_conf_free,
	    .start = radvd_start,
	    .reload = radvd_reload,
	    .stop = radvd_stop,
	    .may_be_filtered = radvd_may_be_filtered,
	    .print_status = radvd_print_status,
	    .print_stats = radvd_print_stats,
	};

	return daemon_main(&program, argc, argv);
}
