/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options and configuration of a daemon, read afresh at its start and for each reload, so that a
 * mistake leaves what is in use alone. */
#include "daemon_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drop.h"
#include "log.h"

#define OPTION(name_, letter_, type_, value_, help_, place_)                                       \
	{                                                                                              \
		.name = #name_, .letter = (letter_), .type = (type_), .value = (value_), .help = (help_),  \
		.place = (place_), .offset = offsetof(struct daemon_options, name_)                        \
	}

/* The first one is left out where a daemon has no file of options. */
static const struct option_spec common_specs[] = {
    OPTION(rcfile, 'f', OPTION_STRING, "FILE", "read more options from FILE", OPTION_COMMAND_LINE),
    OPTION(daemon, 'd', OPTION_FLAG, NULL, "go to the background; log by syslog", OPTION_ANYWHERE),
    OPTION(pidfile, 'p', OPTION_PATH, "FILE", "write the process id to FILE", OPTION_ANYWHERE),
    OPTION(user, '\0', OPTION_STRING, "USER[:GROUP]", "become this user", OPTION_ANYWHERE),
    OPTION(control, '\0', OPTION_PATH, "SOCKET", "take requests there", OPTION_ANYWHERE),
    {.name = "no-filter",
        .type = OPTION_FLAG,
        .help = "do without a filter of system calls",
        .place = OPTION_COMMAND_LINE,
        .offset = offsetof(struct daemon_options, no_filter)},
    OPTION(check, '\0', OPTION_FLAG, NULL, "check the configuration, and end", OPTION_COMMAND_LINE),
    OPTION(verbose, 'v', OPTION_FLAG, NULL, "say more", OPTION_ANYWHERE),
    OPTION(version, '\0', OPTION_FLAG, NULL, "show the version", OPTION_COMMAND_LINE),
    OPTION(help, 'h', OPTION_FLAG, NULL, "show this text", OPTION_COMMAND_LINE),
};
#define COMMON_SPECS (sizeof(common_specs) / sizeof(common_specs[0]))

static int begin(
    const struct daemon *daemon, struct daemon_settings *settings, const char *directory)
{
	const struct daemon_program *program = daemon->program;
	size_t without = program->rcfile ? 0 : 1;
	int err;

	*settings = (struct daemon_settings){0};
	/* Never of no bytes: NULL is no memory. */
	settings->values = calloc(1, program->values_size + 1);
	if (!settings->values)
		return -ENOMEM;
	if (program->set_defaults)
		program->set_defaults(settings->values);
	err = options_init(&settings->options, directory, program->synopsis, program->purpose);
	settings->options.hide = daemon->hides;
	settings->options.groups[0] = (struct option_group){
	    .specs = program->options, .count = program->option_count, .values = settings->values};
	settings->options.groups[1] = (struct option_group){.specs = common_specs + without,
	    .count = COMMON_SPECS - without,
	    .values = &settings->common};
	return err;
}

/* Of a daemon that runs it is known who it is; and its filter may not let us look. */
static bool user_is_right(const struct daemon_settings *settings, bool first)
{
	int err = first && settings->common.user ? drop_check(settings->common.user) : 0;

	if (err)
		drop_log(settings->common.user, err);
	return !err;
}

static bool arguments_are_right(const struct daemon *daemon, const struct daemon_settings *settings)
{
	const struct daemon_program *program = daemon->program;
	size_t count = settings->options.argument_count;

	return count >= program->arguments_min && count <= program->arguments_max &&
	       !(program->needs_argument && daemon->argc < 2);
}

/* False: there is none. */
static bool tell_surplus(const struct daemon *daemon, const struct daemon_settings *settings)
{
	size_t max = daemon->program->arguments_max;

	if (settings->options.argument_count <= max)
		return false;
	fprintf(stderr, "%s: unexpected argument '%s'\n", daemon->argv[0],
	    settings->options.arguments[max]);
	return true;
}

static bool read_file(const struct daemon *daemon, struct daemon_settings *settings)
{
	char *path;
	unsigned int errors;

	if (!settings->common.rcfile)
		return true;
	path = daemon_path(daemon, &settings->options, settings->common.rcfile);
	if (!path) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	errors = options_read_file(&settings->options, path);
	free(path);
	return errors == 0;
}

enum daemon_settings_result daemon_settings_read(
    struct daemon *daemon, struct daemon_settings *settings, const char *directory)
{
	const struct daemon_program *program = daemon->program;
	int err = begin(daemon, settings, directory);
	bool right;

	if (!err)
		err = options_parse_arguments(&settings->options, daemon->argc, daemon->argv);
	if (settings->common.help)
		return SETTINGS_USAGE;
	right = !err;
	if (err && err != -EINVAL) {
		log_error("%s", strerror(-err));
		return SETTINGS_WRONG;
	}
	if (right && settings->common.version)
		return SETTINGS_OK;
	if (!arguments_are_right(daemon, settings)) {
		if (right && !tell_surplus(daemon, settings))
			return SETTINGS_USAGE;
		return SETTINGS_MISTAKEN;
	}
	/* Mistakes of the command line, of the file and of what they name are told in one go. */
	right = user_is_right(settings, !directory) && right;
	right = read_file(daemon, settings) && right;
	log_set_verbose(settings->common.verbose); /* the file may say so */
	settings->configuration = program->configure(daemon, &settings->options, settings->values);
	if (err)
		return SETTINGS_MISTAKEN;
	return right && settings->configuration ? SETTINGS_OK : SETTINGS_WRONG;
}

void daemon_settings_free(const struct daemon *daemon, struct daemon_settings *settings)
{
	if (settings->configuration)
		daemon->program->configuration_free(settings->configuration);
	options_fini(&settings->options);
	free(settings->values);
	*settings = (struct daemon_settings){0};
}

void daemon_settings_use(struct daemon *daemon, struct daemon_settings *settings)
{
	options_fini(&daemon->options);
	free(daemon->values);
	daemon->options = settings->options;
	daemon->common = settings->common;
	daemon->values = settings->values;
	/* The groups point to where the values lie now. */
	daemon->options.groups[1].values = &daemon->common;
	*settings = (struct daemon_settings){0};
}

char *daemon_path(const struct daemon *daemon, const struct options *options, const char *path)
{
	return daemon->in_background ? options_absolute(options, path) : strdup(path);
}
