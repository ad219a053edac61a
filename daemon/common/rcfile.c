/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of configuration, line by line: see rcfile.h. */
#include "rcfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static void say(int level, const struct rcfile *rcfile, const char *format, va_list arguments)
{
	char text[LOG_TEXT_MAX];

	if (vsnprintf(text, sizeof(text), format, arguments) < 0)
		text[0] = '\0';
	log_message(level, "%s (line %u): %s", rcfile->name, rcfile->line, text);
}

void rcfile_error(struct rcfile *rcfile, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(LOG_ERR, rcfile, format, arguments);
	va_end(arguments);
	rcfile->errors++;
}

void rcfile_notice(const struct rcfile *rcfile, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(LOG_NOTICE, rcfile, format, arguments);
	va_end(arguments);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* isalnum(3) asks the locale. */
static bool is_tag(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

/* `line` is the caller's to write to, and ends with NUL. */
static void take_line(struct rcfile *rcfile, char *line, rcfile_function *function, void *argument)
{
	char *tag, *value;

	while (is_blank(*line))
		line++;
	if (*line == '\0' || *line == '#')
		return;
	tag = line;
	while (is_tag(*line))
		line++;
	if (line == tag || (*line && !is_blank(*line))) {
		rcfile_error(rcfile, "syntax error: a word of letters and digits is expected first");
		return;
	}
	value = line;
	while (is_blank(*value))
		value++;
	*line = '\0';
	function(rcfile, tag, value, argument);
}

/* A line of the text, which need not end with NUL; NULL: no memory. */
static char *copy_line(const char *text, size_t len)
{
	char *line = malloc(len + 1);

	if (line) {
		memcpy(line, text, len);
		line[len] = '\0';
	}
	return line;
}

unsigned int rcfile_parse(
    const char *name, const char *text, size_t len, rcfile_function *function, void *argument)
{
	struct rcfile rcfile = {.name = name};
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);
		char *line;

		rcfile.line++;
		if (memchr(text, '\0', line_len)) {
			rcfile_error(&rcfile, "a byte of value 0 is not text");
		} else if (!(line = copy_line(text, line_len))) {
			rcfile_error(&rcfile, "%s", strerror(ENOMEM));
		} else {
			take_line(&rcfile, line, function, argument);
			free(line);
		}
		text += line_len + 1;
	}
	return rcfile.errors;
}

/* The whole file, its length in *len; the caller frees it. */
static int read_all(int fd, char **text, size_t *len)
{
	size_t size = 4096;
	char *buffer = malloc(size);

	*len = 0;
	while (buffer) {
		ssize_t n = read(fd, buffer + *len, size - *len);
		char *more;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			free(buffer);
			return err;
		}
		if (n == 0) {
			*text = buffer;
			return 0;
		}
		*len += (size_t)n;
		if (*len < size)
			continue;
		if (size >= RCFILE_SIZE_MAX) {
			free(buffer);
			return -EFBIG;
		}
		size *= 2;
		more = realloc(buffer, size);
		if (!more)
			free(buffer);
		buffer = more;
	}
	return -ENOMEM;
}

unsigned int rcfile_read(const char *path, rcfile_function *function, void *argument)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned int errors = 1;
	char *text = NULL;
	size_t len;
	int err;

	if (fd < 0) {
		log_error("%s: %s", path, strerror(errno));
		return errors;
	}
	err = read_all(fd, &text, &len);
	if (err) {
		log_error("%s: %s", path, strerror(-err));
	} else {
		errors = rcfile_parse(path, text, len, function, argument);
		free(text);
	}
	close(fd);
	return errors;
}
