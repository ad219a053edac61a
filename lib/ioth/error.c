/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reason of a failure, and the log.
 *
 * errno has no number for "undefined symbol: foo_init": the text goes to the user through
 * ioth_error(), one for each thread.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include "error.h"
#include "table.h"

#define TEXT_SIZE 1024

/* Not an array: the library's thread-local block is kept small (call.h). */
static _Thread_local char *text __attribute__((tls_model("initial-exec")));

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key; /* frees the text when its thread ends */
static int key_error;

static struct {
	ioth_log_function *function;
	void *argument;
} log_to; /* under table_lock */

static void key_new(void)
{
	key_error = pthread_key_create(&key, free);
}

static char *text_new(void)
{
	char *buffer;

	pthread_once(&key_once, key_new);
	if (key_error)
		return NULL;
	buffer = calloc(1, TEXT_SIZE);
	if (buffer && pthread_setspecific(key, buffer) != 0) {
		free(buffer);
		buffer = NULL;
	}
	return buffer;
}

/* The length of the character at `bytes` if it prints: ASCII, or UTF-8 (RFC 3629, section 4) that
 * is no control; 0 if not. Whatever the locale: a library does not know what the program set. */
static size_t printing(const unsigned char *bytes)
{
	size_t length, i;

	if (bytes[0] < 0x80)
		return bytes[0] >= ' ' && bytes[0] != 0x7f;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || (bytes[0] == 0xc2 && bytes[1] < 0xa0))
		return 0;
	length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	}
	return length;
}

/* A user may have chosen the bytes (of a VNL, say), and a terminal obeys some: those that do not
 * print are written in octal. The loader's messages may have several lines, which become one. */
static void to_one_line(char out[TEXT_SIZE], const char *raw)
{
	const unsigned char *bytes = (const unsigned char *)raw;
	size_t length, room = TEXT_SIZE - 1;

	while (*bytes) {
		char octal[] = {'\\', (char)('0' + (*bytes >> 6)), (char)('0' + (*bytes >> 3 & 7)),
		    (char)('0' + (*bytes & 7))};
		const void *written = bytes;
		size_t used;

		length = printing(bytes);
		used = length;
		if (*bytes == '\n') {
			written = " ";
			used = 1;
		} else if (length == 0) {
			written = octal;
			used = sizeof(octal);
		}
		if (used > room)
			break;
		memcpy(out, written, used);
		out += used;
		room -= used;
		bytes += length ? length : 1;
	}
	*out = '\0';
}

void error_set(const char *format, ...)
{
	int saved = errno;
	char line[TEXT_SIZE];
	va_list arguments;

	if (!text)
		text = text_new();
	if (text) {
		errno = saved; /* for %m */
		va_start(arguments, format);
		vsnprintf(line, sizeof(line), format, arguments);
		va_end(arguments);
		to_one_line(text, line);
	}
	errno = saved;
}

void error_clear(void)
{
	if (text)
		text[0] = '\0';
}

const char *ioth_error(void)
{
	return text ? text : "";
}

void ioth_set_log(ioth_log_function *function, void *argument)
{
	table_lock();
	log_to.function = function;
	log_to.argument = argument;
	table_unlock();
}

void ioth_log(int level, const char *format, ...)
{
	ioth_log_function *function;
	int saved = errno;
	char raw[TEXT_SIZE], line[TEXT_SIZE];
	va_list arguments;
	void *argument;

	table_lock();
	function = log_to.function;
	argument = log_to.argument;
	table_unlock();
	if (!function)
		return;
	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	to_one_line(line, raw);
	function(level, line, argument);
	errno = saved;
}
