/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a daemon: command line and file of options, declared once, in one table.
 *
 * A line of the table gives an option's long name, which is its tag in the file, its letter, what
 * kind of value it has and where that goes, and what --help says. The values lie in a struct of the
 * daemon's, zero before; numbers have their default there. A daemon has two groups: its own options
 * and those that all daemons share (daemon.c).
 *
 * What the command line says counts more than the file; in each of them the first mention counts,
 * and later ones are checked and ignored; lists take all, those of the command line first. Relative
 * paths are made absolute, since a daemon goes to the root directory.
 *
 * In names `-` and `_` are one letter: what one program calls password-file, and another one
 * password_file, is the same to both.
 *
 * Reading again into a fresh struct is how options are reloaded: the command line is kept.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,   /* bool; no value */
	OPTION_STRING, /* char *, owned; NULL: not given */
	OPTION_PATH,   /* char *, owned: an absolute path */
	OPTION_NUMBER, /* int64_t; decimal, 0x hexadecimal or 0 octal, from min to max */
	OPTION_LIST,   /* struct option_list: may be given many times */
};

enum option_place {
	OPTION_ANYWHERE,
	OPTION_COMMAND_LINE, /* not in the file */
	OPTION_FILE,         /* not on the command line */
};

struct option_list {
	size_t count;
	char **values; /* owned */
};

#define OPTION_WHY_SIZE 256

struct option_spec {
	const char *name;
	const char *aliases; /* other names for the same, with blanks between; NULL: none */
	char letter;         /* '\0': none */
	enum option_type type;
	const char *value; /* what --help calls it: "FILE" */
	const char *help;  /* one line */
	size_t offset;     /* of the value in the struct */
	int64_t min, max;  /* of a number */
	enum option_place place;
	bool secret; /* a string that others are not to see: options->hide */
	/* Of a string, a path or each value of a list: is it one? If not, `why` says so, and the line
	 * that it stands on is told. NULL: any will do. */
	bool (*check)(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE]);
};

struct option_group {
	const struct option_spec *specs;
	size_t count;
	void *values; /* the struct */
};

#define OPTION_GROUPS 2

struct options {
	const char *synopsis; /* what follows the options: "CONFFILE"; NULL: nothing may */
	const char *purpose;  /* one line under it; NULL: none */
	char *directory;      /* relative paths begin here; owned */
	struct option_group groups[OPTION_GROUPS];
	bool hide;        /* secrets are wiped out of argv when they have been read */
	char **arguments; /* what is no option, borrowed from argv */
	size_t argument_count;
	/* By group and line: whose value it is. */
	uint64_t on_command_line[OPTION_GROUPS], in_file[OPTION_GROUPS];
};

#define OPTIONS_MAX 64 /* lines of a group */

/* Relative paths begin at `directory`, which is copied; NULL: the working directory as it is now. 0
 * or -errno. */
int options_init(
    struct options *options, const char *directory, const char *synopsis, const char *purpose);

/* Frees everything, the strings in the structs included, and zeroes them. */
void options_fini(struct options *options);

/* The command line. Returns 0, -EINVAL if it is wrong, which has been told on stderr, or -ENOMEM.
 * argv's pointers are reordered: what is no option comes last. */
int options_parse_arguments(struct options *options, int argc, char *argv[]);

/* A file of options, after the command line. Returns the number of mistakes, all logged. */
unsigned int options_read_file(struct options *options, const char *path);

/* Is there a mention of the option, right or wrong? One that was wrong has been told, and need not
 * be missed as well. */
bool options_mention(const struct options *options, const char *name);

/* The usage, made of the table. */
void options_usage(const struct options *options, const char *program, FILE *to);

/* `path` as seen from the directory that was the working directory at the start: a new string, or
 * NULL (no memory). One that begins with $CREDENTIALS_DIRECTORY/ is where the service manager puts
 * what is secret: systemd.exec(5), LoadCredential=; where that is not set it stays as it is. */
char *options_absolute(const struct options *options, const char *path);

/* A number as options have it: all of `text`. 0, -EINVAL, or -ERANGE. */
int option_number(const char *text, int64_t min, int64_t max, int64_t *number);

#endif
