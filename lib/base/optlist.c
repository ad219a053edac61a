/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of options in one string: see optlist.h. */
#include "optlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYWORD_LEN 8

/* What is special besides quotes and the backslash. */
struct grammar {
	const char *separators;
	bool values, comments; /* '=', '#' */
	bool closed;           /* quotes have to be */
};

static const struct grammar options = {.separators = " \t,;\n", .values = true, .comments = true};
static const struct grammar words = {.separators = " \t", .closed = true};

/* Behind separators and comments. */
static const char *skip(const struct grammar *grammar, const char *text)
{
	for (;;) {
		text += strspn(text, grammar->separators);
		if (*text != '#' || !grammar->comments)
			return text;
		text += strcspn(text, "\n");
	}
}

/* Copies one item without its quotes to `out`, which is as long as the text. Returns the end of the
 * item in the text; `out` is moved behind the copy and its NUL. */
static const char *copy_item(const struct grammar *grammar, const char *text,
    struct optlist_item *item, char **out, bool *open)
{
	char *to = *out;
	char quote = '\0';

	item->tag = to;
	item->value = NULL;
	for (; *text; text++) {
		if (*text == '\\' && quote != '\'' && text[1]) {
			*to++ = *++text;
		} else if (quote) {
			if (*text == quote)
				quote = '\0';
			else
				*to++ = *text;
		} else if (*text == '\'' || *text == '"') {
			quote = *text;
		} else if (strchr(grammar->separators, *text) || (*text == '#' && grammar->comments)) {
			break;
		} else if (*text == '=' && grammar->values && !item->value) {
			*to++ = '\0';
			item->value = to;
		} else {
			*to++ = *text;
		}
	}
	*to++ = '\0';
	*out = to;
	*open = quote;
	return text;
}

/* Items of a text: at most one for every two bytes. */
static int parse(const struct grammar *grammar, struct optlist *list, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	size_t most = len / 2 + 1;
	char *strings;

	*list = (struct optlist){0};
	if (!text || !*skip(grammar, text))
		return 0;
	list->items = malloc(most * sizeof(*list->items) + len + 1);
	if (!list->items)
		return -ENOMEM;
	strings = (char *)(list->items + most);
	for (text = skip(grammar, text); *text; text = skip(grammar, text)) {
		text = copy_item(grammar, text, &list->items[list->count++], &strings, &list->open);
		if (list->open && grammar->closed) {
			optlist_free(list);
			return -EINVAL;
		}
	}
	return 0;
}

int optlist_parse(struct optlist *list, const char *text)
{
	return parse(&options, list, text);
}

int optlist_parse_words(struct optlist *list, const char *text)
{
	return parse(&words, list, text);
}

void optlist_free(struct optlist *list)
{
	free(list->items);
	*list = (struct optlist){0};
}

bool optlist_is(const char *word, const char *keyword)
{
	return strncmp(word, keyword, KEYWORD_LEN) == 0;
}

/* ASCII alone, whatever the locale. */
static char letter(char c, bool fold_case)
{
	if (c == '-')
		return '_';
	if (fold_case && c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool optlist_same_name(const char *a, const char *b, bool fold_case)
{
	while (*a && letter(*a, fold_case) == letter(*b, fold_case)) {
		a++;
		b++;
	}
	return *a == *b;
}

const char *optlist_own_name(
    const struct optlist_alias *aliases, size_t count, const char *word, bool fold_case)
{
	for (size_t i = 0; i < count; i++) {
		if (optlist_same_name(aliases[i].other, word, fold_case))
			return aliases[i].own;
	}
	return word;
}
