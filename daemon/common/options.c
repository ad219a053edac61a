/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of options, and values from the command line and a file: see options.h. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "optlist.h"
#include "rcfile.h"

#define CODE_BASE   0x100 /* of options without a letter, for getopt_long(3) */
#define NAME_SIZE   32    /* of an option's name */
#define CREDENTIALS "$CREDENTIALS_DIRECTORY/"

/* Which line of which group. */
struct place {
	unsigned int group;
	size_t line;
};

static const struct option_spec *spec_at(const struct options *options, struct place place)
{
	return &options->groups[place.group].specs[place.line];
}

static void *value_at(const struct options *options, struct place place)
{
	return (char *)options->groups[place.group].values + spec_at(options, place)->offset;
}

/* The next line of the table. Begins with {0}, which is the first one if it exists. */
static bool is_there(const struct options *options, struct place *place)
{
	while (place->group < OPTION_GROUPS && place->line >= options->groups[place->group].count)
		*place = (struct place){.group = place->group + 1};
	return place->group < OPTION_GROUPS;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* An option's own name, then its others. False: there are no more. Begins with a `rest` of NULL. */
static bool next_name(const struct option_spec *spec, const char **rest, char name[NAME_SIZE])
{
	const char *from = *rest ? *rest : spec->name;
	size_t len = strcspn(from, " ");

	if (len == 0 || len >= NAME_SIZE)
		return false;
	memcpy(name, from, len);
	name[len] = '\0';
	if (!*rest)
		*rest = spec->aliases ? spec->aliases : "";
	else
		*rest = from + len + strspn(from + len, " ");
	return true;
}

static bool is_called(const struct option_spec *spec, const char *text)
{
	const char *rest = NULL;
	char name[NAME_SIZE];

	while (next_name(spec, &rest, name)) {
		if (optlist_same_name(name, text, false))
			return true;
	}
	return false;
}

/* ---- begin, end ------------------------------------------------------------------------------ */

int options_init(
    struct options *options, const char *directory, const char *synopsis, const char *purpose)
{
	*options = (struct options){.synopsis = synopsis, .purpose = purpose};
	options->directory = directory ? strdup(directory) : getcwd(NULL, 0);
	return options->directory ? 0 : -errno;
}

static void free_list(struct option_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
	*list = (struct option_list){0};
}

void options_fini(struct options *options)
{
	for (struct place place = {0}; is_there(options, &place); place.line++) {
		void *value = value_at(options, place);

		switch (spec_at(options, place)->type) {
		case OPTION_FLAG:
			*(bool *)value = false;
			break;
		case OPTION_NUMBER:
			*(int64_t *)value = 0;
			break;
		case OPTION_STRING:
		case OPTION_PATH:
			if (spec_at(options, place)->secret && *(char **)value)
				explicit_bzero(*(char **)value, strlen(*(char **)value));
			free(*(char **)value);
			*(char **)value = NULL;
			break;
		case OPTION_LIST:
			free_list(value);
			break;
		}
	}
	free(options->directory);
	*options = (struct options){0};
}

/* ---- values ---------------------------------------------------------------------------------- */

int option_number(const char *text, int64_t min, int64_t max, int64_t *number)
{
	const char *digits = text + (*text == '-' || *text == '+');
	long long n;
	char *end;

	/* strtoll would pass over blanks. */
	if (*digits < '0' || *digits > '9')
		return -EINVAL;
	errno = 0;
	n = strtoll(text, &end, 0);
	if (end[strspn(end, " \t")]) /* values of a file keep their trailing blanks */
		return -EINVAL;
	if (errno == ERANGE || n < min || n > max)
		return -ERANGE;
	*number = n;
	return 0;
}

char *options_absolute(const struct options *options, const char *path)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");
	size_t len = strlen(CREDENTIALS);
	char *absolute;

	if (strncmp(path, CREDENTIALS, len) == 0) {
		if (!directory)
			return strdup(path);
		return asprintf(&absolute, "%s/%s", directory, path + len) < 0 ? NULL : absolute;
	}
	if (path[0] == '/')
		return strdup(path);
	return asprintf(&absolute, "%s/%s", options->directory, path) < 0 ? NULL : absolute;
}

static int append(struct option_list *list, const char *text)
{
	char **values = realloc(list->values, (list->count + 1) * sizeof(*values));

	if (!values)
		return -ENOMEM;
	list->values = values;
	values[list->count] = strdup(text);
	if (!values[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

/* `text` is NULL for a flag. If `keep` is false it is checked, and that is all. 0 or -errno. */
static int set_value(const struct options *options, struct place place, const char *text, bool keep)
{
	const struct option_spec *spec = spec_at(options, place);
	void *value = value_at(options, place);
	char *string;
	int64_t number;
	char why[OPTION_WHY_SIZE];
	int err;

	if (spec->check && !spec->check(spec, text, why))
		return -EBADMSG;
	switch (spec->type) {
	case OPTION_FLAG:
		if (keep)
			*(bool *)value = true;
		return 0;
	case OPTION_NUMBER:
		err = option_number(text, spec->min, spec->max, &number);
		if (!err && keep)
			*(int64_t *)value = number;
		return err;
	case OPTION_LIST:
		return append(value, text);
	case OPTION_STRING:
	case OPTION_PATH:
		if (!keep)
			return 0;
		string = spec->type == OPTION_PATH ? options_absolute(options, text) : strdup(text);
		if (!string)
			return -ENOMEM;
		free(*(char **)value);
		*(char **)value = string;
		return 0;
	}
	return -EINVAL;
}

/* What is wrong with a value, in words. */
static void describe(
    char *text, size_t size, const struct option_spec *spec, const char *value, int err)
{
	char why[OPTION_WHY_SIZE] = "";

	if (err == -EBADMSG && spec->check && !spec->check(spec, value, why))
		snprintf(text, size, "%s: %s", spec->name, why);
	else if (err == -EBADMSG) /* It is right now: what the check lacked was memory. */
		snprintf(text, size, "%s: %s", spec->name, strerror(ENOMEM));
	else if (spec->type == OPTION_NUMBER && (err == -EINVAL || err == -ERANGE))
		snprintf(text, size, "%s: '%s' is not a number from %" PRId64 " to %" PRId64, spec->name,
		    value, spec->min, spec->max);
	else
		snprintf(text, size, "%s: %s", spec->name, strerror(-err));
}

/* ---- command line ---------------------------------------------------------------------------- */

#define NAMES_MAX (8ul * OPTION_GROUPS * OPTIONS_MAX) /* all spellings of all options */

/* getopt_long's own tables. */
struct tables {
	struct option options[NAMES_MAX + 1];
	char names[NAMES_MAX][NAME_SIZE];
	char letters[2 * OPTION_GROUPS * OPTIONS_MAX + 1];
};

/* The code of a line without a letter is its place. */
static int code_of(const struct options *options, struct place place)
{
	const struct option_spec *spec = spec_at(options, place);

	return spec->letter ? spec->letter
	                    : CODE_BASE + (int)(place.group * OPTIONS_MAX) + (int)place.line;
}

/* A name with `-` for each `_`, or the other way. */
static void swap_letters(char *name)
{
	bool to_line = !strchr(name, '-');

	for (; *name; name++) {
		if (strchr("-_", *name))
			*name = to_line ? '-' : '_';
	}
}

/* All spellings of an option have one code, so an abbreviation of several is none of another one.
 * Returns how many names there are then. */
static size_t add_names(
    struct tables *tables, size_t count, const struct option_spec *spec, int code)
{
	const char *rest = NULL;
	char name[NAME_SIZE];

	while (next_name(spec, &rest, name)) {
		size_t spellings = name[strcspn(name, "-_")] ? 2 : 1;

		for (size_t i = 0; i < spellings && count < NAMES_MAX; i++, swap_letters(name)) {
			strcpy(tables->names[count], name);
			tables->options[count] = (struct option){.name = tables->names[count],
			    .has_arg = spec->type == OPTION_FLAG ? no_argument : required_argument,
			    .val = code};
			count++;
		}
	}
	return count;
}

static void make_tables(const struct options *options, struct tables *tables)
{
	size_t count = 0, letters = 0;

	for (struct place place = {0}; is_there(options, &place); place.line++) {
		const struct option_spec *spec = spec_at(options, place);

		if (spec->place == OPTION_FILE)
			continue;
		count = add_names(tables, count, spec, code_of(options, place));
		if (!spec->letter)
			continue;
		tables->letters[letters++] = spec->letter;
		if (spec->type != OPTION_FLAG)
			tables->letters[letters++] = ':';
	}
	tables->options[count] = (struct option){0};
	tables->letters[letters] = '\0';
}

static bool find_code(const struct options *options, int code, struct place *place)
{
	for (*place = (struct place){0}; is_there(options, place); place->line++) {
		if (spec_at(options, *place)->place != OPTION_FILE && code_of(options, *place) == code)
			return true;
	}
	return false;
}

static bool was_set(const uint64_t set[OPTION_GROUPS], struct place place)
{
	return set[place.group] >> place.line & 1;
}

static void mark_set(uint64_t set[OPTION_GROUPS], struct place place)
{
	set[place.group] |= UINT64_C(1) << place.line;
}

int options_parse_arguments(struct options *options, int argc, char *argv[])
{
	struct tables *tables = malloc(sizeof(*tables));
	struct place place;
	int code, result = 0;

	if (!tables)
		return -ENOMEM;
	make_tables(options, tables);
	optind = 0; /* glibc's: begin anew */
	while ((code = getopt_long(argc, argv, tables->letters, tables->options, NULL)) != -1) {
		const struct option_spec *spec;
		char text[LOG_TEXT_MAX];
		int err;

		if (!find_code(options, code, &place)) {
			result = -EINVAL; /* getopt_long has told it */
			continue;
		}
		spec = spec_at(options, place);
		err = set_value(options, place, optarg, !was_set(options->on_command_line, place));
		mark_set(options->on_command_line, place);
		if (spec->secret && options->hide)
			explicit_bzero(optarg, strlen(optarg));
		if (!err)
			continue;
		describe(text, sizeof(text), spec, optarg, err);
		fprintf(stderr, "%s: --%s\n", argv[0], text);
		result = err == -ENOMEM ? err : -EINVAL;
	}
	free(tables);
	options->arguments = argv + optind;
	options->argument_count = argc > optind ? (size_t)(argc - optind) : 0;
	/* Of an option that there is not, it may be the value. */
	if (!options->synopsis && options->argument_count > 0 && result == 0) {
		fprintf(stderr, "%s: unexpected argument '%s'\n", argv[0], options->arguments[0]);
		result = -EINVAL;
	}
	return result;
}

/* ---- file ------------------------------------------------------------------------------------ */

static bool find_tag(const struct options *options, const char *tag, struct place *place)
{
	for (*place = (struct place){0}; is_there(options, place); place->line++) {
		const struct option_spec *spec = spec_at(options, *place);

		if (spec->place == OPTION_COMMAND_LINE)
			continue;
		if (is_called(spec, tag))
			return true;
	}
	return false;
}

static void take_directive(
    struct rcfile *rcfile, const char *tag, const char *value, void *argument)
{
	struct options *options = argument;
	const struct option_spec *spec;
	char text[LOG_TEXT_MAX];
	struct place place;
	bool keep;
	int err;

	if (!find_tag(options, tag, &place)) {
		rcfile_error(rcfile, "unknown option '%s'", tag);
		return;
	}
	spec = spec_at(options, place);
	if (spec->type == OPTION_FLAG && *value) {
		rcfile_error(rcfile, "'%s' has no value", tag);
		return;
	}
	if (spec->type != OPTION_FLAG && !*value) {
		rcfile_error(rcfile, "'%s' needs a value", tag);
		return;
	}
	keep = !was_set(options->on_command_line, place) && !was_set(options->in_file, place);
	err = set_value(options, place, value, keep);
	mark_set(options->in_file, place);
	if (err) {
		describe(text, sizeof(text), spec, value, err);
		rcfile_error(rcfile, "%s", text);
	}
}

unsigned int options_read_file(struct options *options, const char *path)
{
	return rcfile_read(path, take_directive, options);
}

bool options_mention(const struct options *options, const char *name)
{
	for (struct place place = {0}; is_there(options, &place); place.line++) {
		if (strcmp(spec_at(options, place)->name, name) == 0)
			return was_set(options->on_command_line, place) || was_set(options->in_file, place);
	}
	return false;
}
