/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of configuration: a directive a line, `TAG [VALUE]`.
 *
 * TAG is a run of letters, digits, `_` and `-`; VALUE is the rest of the line behind the blanks that
 * follow, verbatim, trailing blanks and `#` included. Empty lines, and lines whose first character
 * that is no blank is a `#`, are passed over. Blanks before TAG are accepted.
 *
 * Every line is read, and every mistake is logged as `FILE (line N): ...`, by this file or, with
 * rcfile_error, by the function that gets the lines; the caller learns how many there were. Nothing
 * is done but reading: who calls collects the lines in a fresh struct, which takes effect when
 * there was no mistake.
 */
#ifndef DAEMON_RCFILE_H
#define DAEMON_RCFILE_H

#include <stddef.h>

#define RCFILE_SIZE_MAX (16u << 20)

struct rcfile {
	const char *name;  /* as errors are to show it; borrowed */
	unsigned int line; /* counted from 1 */
	unsigned int errors;
};

/* A directive. `tag` and `value` are valid during the call; `value` is "" where there is none.
 * Mistakes are told by rcfile_error. */
typedef void rcfile_function(
    struct rcfile *rcfile, const char *tag, const char *value, void *argument);

/* Reads a file to its end. Returns the number of mistakes, all of them logged; a file that cannot
 * be read is one. */
unsigned int rcfile_read(const char *path, rcfile_function *function, void *argument);

/* The same for text that lies in memory; `name` stands for the file. */
unsigned int rcfile_parse(
    const char *name, const char *text, size_t len, rcfile_function *function, void *argument);

/* Logs `FILE (line N): ...`; the first one counts as a mistake, the second does not. */
__attribute__((format(printf, 2, 3))) void rcfile_error(
    struct rcfile *rcfile, const char *format, ...);
__attribute__((format(printf, 2, 3))) void rcfile_notice(
    const struct rcfile *rcfile, const char *format, ...);

#endif
