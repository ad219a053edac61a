/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words by their first 8 bytes: see keyword.h. */
#include "keyword.h"

#include <string.h>
#include <strings.h>

enum keyword_match keyword_match(const char *word, const char *keyword, bool fold_case)
{
	int (*compare)(const char *, const char *) = fold_case ? strcasecmp : strcmp;
	int (*compare_part)(const char *, const char *, size_t) = fold_case ? strncasecmp : strncmp;

	if (compare_part(word, keyword, KEYWORD_LEN) != 0)
		return KEYWORD_NO;
	return compare(word, keyword) == 0 ? KEYWORD_YES : KEYWORD_SPELLED_OTHERWISE;
}
