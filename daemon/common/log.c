/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages of a daemon: see log.h. */
#include "log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/uio.h>

/* Of the process, as stderr and the connection to syslog are. */
static struct {
	const char *program;
	unsigned int targets;
	atomic_bool verbose; /* a control socket may change it while threads run */
	log_hook *hook;
	void *argument;
	FILE *_Atomic copy;
	pid_t copied; /* whose lines: valid while there is a copy */
} log_state = {.program = "daemon", .targets = LOG_TO_STDERR};

void log_init(const char *program)
{
	log_state.program = program;
}

void log_set_targets(unsigned int targets)
{
	if ((targets & LOG_TO_SYSLOG) && !(log_state.targets & LOG_TO_SYSLOG))
		openlog(log_state.program, LOG_PID, 0);
	if (!(targets & LOG_TO_SYSLOG) && (log_state.targets & LOG_TO_SYSLOG))
		closelog();
	log_state.targets = targets;
}

void log_set_verbose(bool verbose)
{
	atomic_store_explicit(&log_state.verbose, verbose, memory_order_relaxed);
}

bool log_is_verbose(void)
{
	return atomic_load_explicit(&log_state.verbose, memory_order_relaxed);
}

void log_set_hook(log_hook *hook, void *argument)
{
	log_state.hook = hook;
	log_state.argument = argument;
}

void log_set_copy(FILE *copy)
{
	if (copy)
		log_state.copied = gettid();
	atomic_store(&log_state.copy, copy);
}

/* One line that prints; what does not fit is left out. */
static void escape(char line[LOG_TEXT_MAX], const char *text)
{
	size_t len = 0;

	for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++) {
		bool prints = *byte >= ' ' && *byte != 0x7f;

		if (len + (prints ? 1 : 4) >= LOG_TEXT_MAX)
			break;
		if (prints) {
			line[len++] = (char)*byte;
			continue;
		}
		line[len++] = '\\';
		line[len++] = (char)('0' + (*byte >> 6));
		line[len++] = (char)('0' + (*byte >> 3 & 7));
		line[len++] = (char)('0' + (*byte & 7));
	}
	line[len] = '\0';
}

/* One call of the system a line: lines of several threads do not mix. */
static void write_line(const char *line)
{
	struct iovec parts[] = {
	    {.iov_base = (void *)log_state.program, .iov_len = strlen(log_state.program)},
	    {.iov_base = (void *)": ", .iov_len = 2},
	    {.iov_base = (void *)line, .iov_len = strlen(line)},
	    {.iov_base = (void *)"\n", .iov_len = 1},
	};

	if (writev(STDERR_FILENO, parts, 4) < 0)
		return; /* nobody is left to be told */
}

static void log_vmessage(int level, const char *format, va_list arguments)
{
	char text[LOG_TEXT_MAX], line[LOG_TEXT_MAX];
	int saved = errno;
	FILE *copy;

	if (level >= LOG_DEBUG && !log_is_verbose())
		return;
	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		return;
	escape(line, text);
	copy = atomic_load(&log_state.copy);
	if (copy && log_state.copied == gettid())
		fprintf(copy, "%s\n", line);
	if (log_state.hook) {
		log_state.hook(level, line, log_state.argument);
	} else {
		if (log_state.targets & LOG_TO_STDERR)
			write_line(line);
		if (log_state.targets & LOG_TO_SYSLOG)
			syslog(level, "%s", line);
	}
	errno = saved;
}

void log_message(int level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vmessage(level, format, arguments);
	va_end(arguments);
}

void log_limited(struct log_limit *limit, int level, const char *format, ...)
{
	va_list arguments;
	struct timespec now;

	if (level >= LOG_DEBUG && !log_is_verbose())
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if ((uint64_t)now.tv_sec != limit->second) {
		if (limit->untold > 0)
			log_message(level, "(and %u more, which are not told)", limit->untold);
		*limit = (struct log_limit){.second = (uint64_t)now.tv_sec};
	}
	if (limit->told == LOG_LIMIT) {
		limit->untold++;
		return;
	}
	limit->told++;
	va_start(arguments, format);
	log_vmessage(level, format, arguments);
	va_end(arguments);
}
