/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of lines of words: resolv.conf, hosts, services.
 *
 * A text is a piece of memory that is only read; words are pieces of it. Lines end with LF, CR LF
 * or the text; blanks separate words; a comment lasts to the end of its line.
 */
#ifndef IOTHDNS_TEXT_H
#define IOTHDNS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *at;
	size_t len;
};

/* Takes the next line off a text, without what follows one of the characters `comment`. */
bool text_line(struct text *text, const char *comment, struct text *line);

/* Takes the next word off a line. */
bool text_word(struct text *line, struct text *word);

bool text_is(const struct text *word, const char *string);        /* as it is written */
bool text_is_folded(const struct text *word, const char *string); /* ASCII case apart */
bool text_starts(const struct text *word, const char *start);

/* Copies a word and a NUL. False if it does not fit, or has a NUL itself. */
bool text_copy(const struct text *word, char *buffer, size_t size);

/* The decimal number at `at` of a word, to its end, not above `max`; false if there is none. */
bool text_number(const struct text *word, size_t at, unsigned int max, unsigned int *number);

/* A whole file, in memory that the caller frees: 0 or -errno; -EFBIG beyond TEXT_FILE_MAX. */
#define TEXT_FILE_MAX (16U << 20)
int text_read_file(const char *path, char **memory, struct text *text);

#endif
