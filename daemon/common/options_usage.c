/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The usage of a daemon, made of its table of options. */
#include "options.h"

#include <string.h>

#define COLUMN_MAX 28 /* a longer option has its text on the next line */

static void describe_option(const struct option_spec *spec, char *text, size_t size)
{
	char letter[] = {'-', spec->letter, ',', ' ', '\0'};
	bool valued = spec->type != OPTION_FLAG;

	snprintf(text, size, "%s--%s%s%s", spec->letter ? letter : "    ", spec->name,
	    valued ? " " : "", valued ? spec->value : "");
}

static void print_options(const struct option_group *group, size_t column, FILE *to)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct option_spec *spec = &group->specs[i];
		char text[128];

		if (spec->place == OPTION_FILE)
			continue;
		describe_option(spec, text, sizeof(text));
		if (strlen(text) > column)
			fprintf(to, "  %s\n  %*s  %s\n", text, (int)column, "", spec->help);
		else
			fprintf(to, "  %-*s  %s\n", (int)column, text, spec->help);
	}
}

static size_t widest(const struct options *options)
{
	size_t column = 0;

	for (size_t group = 0; group < OPTION_GROUPS; group++) {
		for (size_t i = 0; i < options->groups[group].count; i++) {
			char text[128];

			describe_option(&options->groups[group].specs[i], text, sizeof(text));
			if (strlen(text) > column && strlen(text) <= COLUMN_MAX)
				column = strlen(text);
		}
	}
	return column;
}

void options_usage(const struct options *options, const char *program, FILE *to)
{
	size_t column = widest(options);

	fprintf(to, "Usage: %s [OPTIONS]%s%s\n", program, options->synopsis ? " " : "",
	    options->synopsis ? options->synopsis : "");
	if (options->purpose)
		fprintf(to, "%s\n", options->purpose);
	for (size_t group = 0; group < OPTION_GROUPS; group++)
		print_options(&options->groups[group], column, to);
}
