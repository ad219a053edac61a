/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The licence check.
 *
 * A plugin under the LGPL, and one that declares nothing, is for anybody. Any other is loaded only
 * by a program that has declared (ioth_set_license) a licence compatible with the GPL; and if the
 * plugin's is a version of the GPL, the two must be able to meet in one version.
 *
 * Expressions are SPDX's (specification 2.3, annex D): identifiers, WITH exception, AND, OR and
 * parentheses, WITH binding closest and OR least. Their value is the set of terms that the whole
 * may be used under: OR lets the user choose (union), AND asks for both (intersection), an
 * exception only allows more.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <ioth.h>
#include "license.h"

#define BOTH      (LICENSE_GPL2 | LICENSE_GPL3)
#define MAX_DEPTH 16 /* of parentheses: a bound for the recursion */

/* What the program has declared. */
static _Atomic(unsigned int) program_terms;

/* From https://www.gnu.org/licenses/license-list.html. A trailing '*' stands for any end. */
static const struct {
	const char *identifier;
	unsigned int terms;
} known[] = {
    {"LGPL-*", LICENSE_ANYBODY | BOTH},
    {"GPL-2.0-or-later", BOTH},
    {"GPL-2.0+", BOTH},
    {"GPL-2.0-only", LICENSE_GPL2},
    {"GPL-2.0", LICENSE_GPL2},
    {"GPL-1.0-or-later", BOTH},
    {"GPL-1.0+", BOTH},
    {"GPL-3.0*", LICENSE_GPL3},
    {"AGPL-3.0*", LICENSE_GPL3},
    {"Apache-2.0", LICENSE_GPL3},
    {"MPL-2.0", BOTH},
    {"MIT*", BOTH},
    {"X11", BOTH},
    {"ISC", BOTH},
    {"0BSD", BOTH},
    {"BSD-1-Clause", BOTH},
    {"BSD-2-Clause*", BOTH},
    {"BSD-3-Clause", BOTH},
    {"Zlib", BOTH},
    {"BSL-1.0", BOTH},
    {"Unlicense", BOTH},
    {"CC0-1.0", BOTH},
    {"WTFPL", BOTH},
    {"Artistic-2.0", BOTH},
    {"Python-2.0*", BOTH},
    {"PostgreSQL", BOTH},
    {"curl", BOTH},
};

struct parser {
	const char *rest;
	int depth;
	bool malformed;
};

/* The length of the word at the front, blanks skipped; 0 at the end and at a parenthesis. */
static size_t next_word(struct parser *parser)
{
	parser->rest += strspn(parser->rest, " \t\n");
	return strcspn(parser->rest, " \t\n()");
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t len = next_word(parser);

	if (len != strlen(word) || strncasecmp(parser->rest, word, len) != 0)
		return false;
	parser->rest += len;
	return true;
}

static bool take_char(struct parser *parser, char c)
{
	next_word(parser);
	if (*parser->rest != c)
		return false;
	parser->rest++;
	return true;
}

static unsigned int identifier_terms(const char *identifier, size_t len)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t known_len = strlen(known[i].identifier);
		bool prefix = known[i].identifier[known_len - 1] == '*';

		known_len -= prefix;
		if ((prefix ? len >= known_len : len == known_len) &&
		    strncasecmp(identifier, known[i].identifier, known_len) == 0)
			return known[i].terms;
	}
	return 0;
}

static unsigned int parse_or(struct parser *parser);

static unsigned int parse_atom(struct parser *parser)
{
	unsigned int terms = 0;
	size_t len;

	if (take_char(parser, '(')) {
		if (++parser->depth > MAX_DEPTH)
			parser->malformed = true;
		else
			terms = parse_or(parser);
		parser->depth--;
		if (!take_char(parser, ')'))
			parser->malformed = true;
		return terms;
	}
	len = next_word(parser);
	if (len == 0)
		parser->malformed = true;
	terms = identifier_terms(parser->rest, len);
	parser->rest += len;
	if (take_word(parser, "WITH")) {
		len = next_word(parser);
		if (len == 0)
			parser->malformed = true;
		parser->rest += len;
	}
	return terms;
}

static unsigned int parse_and(struct parser *parser)
{
	unsigned int terms = parse_atom(parser);

	while (!parser->malformed && take_word(parser, "AND"))
		terms &= parse_atom(parser);
	return terms;
}

static unsigned int parse_or(struct parser *parser)
{
	unsigned int terms = parse_and(parser);

	while (!parser->malformed && take_word(parser, "OR"))
		terms |= parse_and(parser);
	return terms;
}

unsigned int license_terms(const char *expression)
{
	struct parser parser = {.rest = expression};
	unsigned int terms = parse_or(&parser);

	next_word(&parser);
	return parser.malformed || *parser.rest ? 0 : terms;
}

void ioth_set_license(const char *spdx)
{
	atomic_store(&program_terms, spdx ? license_terms(spdx) : 0);
}

int license_check(const char *license)
{
	unsigned int program = atomic_load(&program_terms) & BOTH;
	unsigned int plugin;

	if (!license)
		return 0;
	plugin = license_terms(license);
	if (plugin & LICENSE_ANYBODY)
		return 0;
	/* Of a licence that we do not know we ask no version. */
	if (!(plugin & BOTH))
		plugin = BOTH;
	return program & plugin ? 0 : -EPERM;
}
