/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of options in one string: "eth,ip=10.0.0.1/24,gw=10.0.0.254".
 *
 * Items are separated by spaces, tabs, newlines, commas and semicolons, one or many. An item is TAG
 * or TAG=VALUE; the first `=` splits, later ones belong to the value; TAG= has the empty value.
 * Quotes ('...', "...") and a backslash protect what would separate, split or begin a comment, and
 * are removed; inside '...' a backslash is itself. A `#` begins a comment up to the end of the
 * line. A quote that is not closed goes on to the end of the string.
 */
#ifndef BASE_OPTLIST_H
#define BASE_OPTLIST_H

#include <stdbool.h>
#include <stddef.h>

struct optlist_item {
	const char *tag;
	const char *value; /* NULL: there was no '=' */
};

struct optlist {
	size_t count;
	bool open;                  /* the last item has a quote that is not closed */
	struct optlist_item *items; /* owned, with the strings they point to */
};

/* `text` is copied; NULL is the same as "". 0 or -ENOMEM. */
int optlist_parse(struct optlist *list, const char *text);

/* The plainer form of configuration lines: items are separated by spaces and tabs alone, and only
 * quotes and the backslash are special. An item is its tag, `=` included; no item has a value. 0,
 * -ENOMEM or -EINVAL: a quote is not closed. */
int optlist_parse_words(struct optlist *list, const char *text);
void optlist_free(struct optlist *list);

/* Is `word` this keyword? Keywords are compared by their first 8 bytes: the rule of the ecosystem's
 * configuration files. Case matters. */
bool optlist_is(const char *word, const char *keyword);

/* Are two names the same? `-` and `_` are one letter, for programs spell the same thing in both
 * ways. */
bool optlist_same_name(const char *a, const char *b, bool fold_case);

/* What others call something, and we. */
struct optlist_alias {
	const char *other, *own;
};

/* Our name for what a word says by another one; or the word. */
const char *optlist_own_name(
    const struct optlist_alias *aliases, size_t count, const char *word, bool fold_case);

#endif
