/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of lines of words: see text.h. */
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dnsname.h"
#include "shield.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

bool text_line(struct text *text, const char *comment, struct text *line)
{
	const char *end;

	if (text->len == 0)
		return false;
	end = memchr(text->at, '\n', text->len);
	*line = (struct text){text->at, end ? (size_t)(end - text->at) : text->len};
	text->at += line->len + (end != NULL);
	text->len -= line->len + (end != NULL);
	for (size_t i = 0; i < line->len; i++) {
		if (line->at[i] && strchr(comment, line->at[i]))
			line->len = i;
	}
	return true;
}

bool text_word(struct text *line, struct text *word)
{
	size_t len = 0;

	while (line->len > 0 && is_blank(*line->at)) {
		line->at++;
		line->len--;
	}
	while (len < line->len && !is_blank(line->at[len]))
		len++;
	*word = (struct text){line->at, len};
	line->at += len;
	line->len -= len;
	return len > 0;
}

bool text_is(const struct text *word, const char *string)
{
	return word->len == strlen(string) && memcmp(word->at, string, word->len) == 0;
}

bool text_is_folded(const struct text *word, const char *string)
{
	if (word->len != strlen(string))
		return false;
	for (size_t i = 0; i < word->len; i++) {
		if (name_lower((uint8_t)word->at[i]) != name_lower((uint8_t)string[i]))
			return false;
	}
	return true;
}

bool text_starts(const struct text *word, const char *start)
{
	size_t len = strlen(start);

	return word->len >= len && memcmp(word->at, start, len) == 0;
}

bool text_copy(const struct text *word, char *buffer, size_t size)
{
	if (word->len >= size || memchr(word->at, '\0', word->len))
		return false;
	memcpy(buffer, word->at, word->len);
	buffer[word->len] = '\0';
	return true;
}

bool text_number(const struct text *word, size_t at, unsigned int max, unsigned int *number)
{
	unsigned int value = 0;

	if (at >= word->len)
		return false;
	for (; at < word->len; at++) {
		if (word->at[at] < '0' || word->at[at] > '9')
			return false;
		value = value * 10 + (unsigned int)(word->at[at] - '0');
		if (value > max)
			return false;
	}
	*number = value;
	return true;
}

static int read_all(int fd, char **memory, struct text *text)
{
	size_t size = 4096, len = 0;
	char *bytes = malloc(size), *bigger;

	if (!bytes)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, bytes + len, size - len);
		int error = errno;

		if (n == 0)
			break;
		if (n < 0 && error == EINTR)
			continue;
		if (n < 0 || len + (size_t)n > TEXT_FILE_MAX) {
			free(bytes);
			return n < 0 ? -error : -EFBIG;
		}
		len += (size_t)n;
		if (len < size)
			continue;
		bigger = realloc(bytes, size * 2);
		if (!bigger) {
			free(bytes);
			return -ENOMEM;
		}
		bytes = bigger;
		size *= 2;
	}
	*memory = bytes;
	*text = (struct text){bytes, len};
	return 0;
}

static int open_and_read(const char *path, char **memory, struct text *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = read_all(fd, memory, text);
	close(fd);
	return error;
}

int text_read_file(const char *path, char **memory, struct text *text)
{
	int shield = shield_begin();
	int error = open_and_read(path, memory, text);

	shield_end(shield);
	return error;
}
