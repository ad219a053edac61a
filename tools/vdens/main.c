/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vdens: a command in its own user and network namespace, on VDE networks.
 *
 *	options.c    the command line
 *	outside.c    the process that stays outside: networks, relay, waiting for the command
 *	inside.c     the process that enters the namespaces and becomes the command
 *	  namespace.c interface.c resolv.c    what it does there
 *	  init.c     --pid: the first process of the PID namespace
 *	command.c    signals, stops and the exit status; terminal.c job control
 *	channel.c    messages between inside and outside
 *	hints.c      what is added to the message of a failure that looks like a mistake
 *
 * Without a network to hold, nobody has to stay outside: vdens enters the namespaces itself and
 * executes the command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "inside.h"
#include "options.h"
#include "outside.h"

static int run(struct vdens_options *options)
{
	struct inside inside = {
	    .options = options,
	    .ids = {.uid = geteuid(), .gid = getegid()},
	    .channel = -1,
	};

	if (options->network_count == 0 && !options->pid && options->method != VDENS_CLONE) {
		if (!inside_execute(&inside))
			return EXIT_FAILURE;
		options->method = VDENS_CLONE;
	}
	return outside_run(options, &inside.ids);
}

int main(int argc, char *argv[])
{
	struct vdens_options options;
	int status = EXIT_FAILURE; /* also of -h, as ever */

	switch (options_parse(argc, argv, &options)) {
	case VDENS_RUN:
		status = run(&options);
		break;
	case VDENS_HELP:
		fputs(options_usage, stderr);
		break;
	case VDENS_VERSION:
		status = puts("vdens " VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
		break;
	case VDENS_ERROR:
		break;
	}
	options_free(&options);
	return status;
}
