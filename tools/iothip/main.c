/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothip: what ip(8) does for the kernel's stack, for one that lives in another program, through
 * its control socket. */
#include "iothip.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char usage[] =
    "Usage: iothip [-c PATH] [-4 | -6] [-j] [-p] [-br] [-o] [-s] OBJECT [COMMAND]\n"
    "OBJECT: link | addr | route | neigh | monitor | stats\n"
    "PATH is the socket that the stack's option ctl=PATH has made; default: $IOTHIP_CTL.\n"
    "See iothip(1).\n";

static void read_option(struct iothip *ip, const char *option, const char **path, struct args *args)
{
	const char *name = option + (option[1] == '-' ? 2 : 1);

	if (strcmp(name, "4") == 0)
		ip->family = AF_INET;
	else if (strcmp(name, "6") == 0)
		ip->family = AF_INET6;
	else if (strcmp(name, "c") == 0 || strcmp(name, "ctl") == 0)
		*path = args_value(args, "-c");
	else if (strcmp(name, "h") == 0 || strcmp(name, "help") == 0) {
		fputs(usage, stdout);
		exit(0);
	} else if (strcmp(name, "V") == 0 || word_is(name, "Version") || word_is(name, "version")) {
		puts("iothip " VERSION);
		exit(0);
	} else if (word_is(name, "brief") && name[1] == 'r')
		ip->brief = true;
	else if (word_is(name, "json"))
		ip->out.json = true;
	else if (word_is(name, "oneline"))
		ip->out.one_line = true;
	else if (word_is(name, "pretty"))
		ip->out.pretty = true;
	else if (word_is(name, "statistics"))
		ip->statistics = true;
	else
		fail_usage("option \"%s\" is unknown; try iothip -h", option);
}

int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		void (*command)(struct iothip *ip, struct args *args);
	} objects[] = {
	    {"link", link_command},
	    {"address", address_command},
	    {"route", route_command},
	    {"neighbour", neighbour_command},
	    {"neighbor", neighbour_command},
	    {"monitor", monitor_command},
	    {"stats", stats_command},
	};
	struct iothip ip = {.out = {.file = stdout}};
	struct args args = {.word = argv + (argc > 0)};
	const char *path = getenv("IOTHIP_CTL"), *object;

	while (!args_end(&args) && **args.word == '-')
		read_option(&ip, *args.word++, &path, &args);
	ip.out.pretty = ip.out.pretty && ip.out.json;
	ip.out.one_line = ip.out.one_line && !ip.out.json;
	if (args_end(&args) || word_is(*args.word, "help")) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	object = *args.word++;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (!word_is(object, objects[i].name))
			continue;
		if (!path || *path == '\0')
			fail_usage("which stack? -c PATH, or $IOTHIP_CTL");
		connection_open(&ip, path);
		objects[i].command(&ip, &args);
		free(ip.names.list);
		return fflush(stdout) == 0 && !ferror(stdout) ? 0 : EXIT_STACK;
	}
	fail_usage(
	    "object \"%s\" is unknown; there are link, addr, route, neigh, monitor, stats", object);
}
