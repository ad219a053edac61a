/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commonest mistakes of a command line look like when they fail.
 *
 *	vdens ls -l                  the network is forgotten: "ls" is taken for one
 *	vdens -m VNL VNL ls -l       "--" is forgotten: "ls" is taken for a third one
 *	vdens VNL VNL ls -l          -m is forgotten: the second VNL is taken for the command
 *
 * They are no errors of the syntax, since a VNL may be the plain name of a switch.
 */
#include "hints.h"

#include <err.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_locator(const char *word)
{
	return strstr(word, "://") != NULL;
}

/* A plain word, as most commands are, or the path of a program. */
static bool looks_like_command(const char *word)
{
	struct stat status;

	if (is_locator(word) || *word == '=')
		return false;
	if (stat(word, &status) < 0)
		return strchr(word, '/') == NULL;
	return S_ISREG(status.st_mode) && access(word, X_OK) == 0;
}

void hint_network(const struct vdens_options *options, const char *vnl)
{
	bool has_command = options->command != options->default_command;

	if (!looks_like_command(vnl))
		return;
	if (!options->multi)
		warnx("the first word is the network; for none: vdens - %s%s", vnl,
		    has_command ? " ..." : "");
	else if (!has_command)
		warnx("with -m, '--' stands in front of the command: ... -- %s ...", vnl);
}

void hint_command(const struct vdens_options *options)
{
	if (!options->multi && is_locator(options->command[0]))
		warnx("several networks need -m, and '--' in front of the command");
}
