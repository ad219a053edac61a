/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of options in one string: see optlist.h. */
#include "optlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYWORD_LEN 8

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '\n';
}

/* Behind separators and comments. */
static const char *skip(const char *text)
{
	for (;;) {
		text += strspn(text, " \t,;\n");
		if (*text != '#')
			return text;
		text += strcspn(text, "\n");
	}
}

/* Copies one item without its quotes to `out`, which is as long as the text. Returns the end of the
 * item in the text; `out` is moved behind the copy and its NUL. */
static const char *copy_item(const char *text, struct optlist_item *item, char **out)
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
		} else if (is_separator(*text) || *text == '#') {
			break;
		} else if (*text == '=' && !item->value) {
			*to++ = '\0';
			item->value = to;
		} else {
			*to++ = *text;
		}
	}
	*to++ = '\0';
	*out = to;
	return text;
}

/* Items of a text: at most one for every two bytes. */
int optlist_parse(struct optlist *list, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	size_t most = len / 2 + 1;
	char *strings;

	*list = (struct optlist){0};
	if (!text || !*skip(text))
		return 0;
	list->items = malloc(most * sizeof(*list->items) + len + 1);
	if (!list->items)
		return -ENOMEM;
	strings = (char *)(list->items + most);
	for (text = skip(text); *text; text = skip(text))
		text = copy_item(text, &list->items[list->count++], &strings);
	return 0;
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
