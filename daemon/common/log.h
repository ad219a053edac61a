/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a daemon has to say: one line an event.
 *
 * To stderr as "progname: text"; to syslog(3), with the number of the process, once it has gone to
 * the background. Levels are those of syslog(3): LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO,
 * LOG_DEBUG; the first four are shown, LOG_DEBUG only if verbose. Bytes that do not print (of a
 * name that came from the network, say) are written as \ooo, in octal.
 *
 * The place where messages go is the process's, as stderr is; it is set while there is one thread,
 * and any thread may log then.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <syslog.h>

#define LOG_TEXT_MAX 1024 /* bytes of a line; longer ones are cut */

enum log_target {
	LOG_TO_STDERR = 1,
	LOG_TO_SYSLOG = 2, /* both: a start in the background that the caller still looks at */
};

/* `program` is borrowed for ever. */
void log_init(const char *program);
void log_set_targets(unsigned int targets); /* of enum log_target */
void log_set_verbose(bool verbose);
bool log_is_verbose(void);

/* Who wants the lines instead (a test); NULL: nobody. `text` is without the program's name. */
typedef void log_hook(int level, const char *text, void *argument);
void log_set_hook(log_hook *hook, void *argument);

/* Who started something gets a copy of what is said about it, "text\n" a line; NULL: no longer. For
 * the thread that sets it. */
void log_set_copy(FILE *copy);

__attribute__((format(printf, 2, 3))) void log_message(int level, const char *format, ...);

/* For what others can provoke: LOG_LIMIT lines a second, and how many there were beyond. Begins as
 * {0}; one thread. */
#define LOG_LIMIT 20

struct log_limit {
	uint64_t second; /* of CLOCK_MONOTONIC */
	unsigned int told, untold;
};

__attribute__((format(printf, 3, 4))) void log_limited(
    struct log_limit *limit, int level, const char *format, ...);

#define log_error(...)   log_message(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)  log_message(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)    log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_DEBUG, __VA_ARGS__)

#endif
