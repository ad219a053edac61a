/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines `option NAME VALUE`: a table of them, each with its default. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_internal.h"
#include "keyword.h"
#include "options.h"

#define WORDS_MAX 4
#define WEEK      604800

enum range {
	STRICT,  /* a number outside is a mistake */
	IGNORED, /* it is ignored, as it has always been */
};

static const struct option_line {
	const char *keyword;
	size_t offset;
	int64_t value; /* the default */
	enum range range;
	int64_t min, max;
	const char *words[WORDS_MAX + 1]; /* instead of numbers: 0, 1, ... */
} lines[] = {
#define AT(field) #field, offsetof(struct named_options, field)
#define NO_YES                                                                                     \
	{                                                                                              \
		"no", "yes"                                                                                \
	}
    {AT(hrevmode), NAMED_HREV_ALWAYS, STRICT, 0, 0, {"always", "net", "same", "never"}},
    {AT(hrevmax), 65536, STRICT, 0, 1 << 24, {NULL}},
    {AT(hashttl), 600, IGNORED, 0, INT32_MAX, {NULL}},
    {AT(hashcase), 0, STRICT, 0, 0, {"fold", "exact"}},
    {AT(otipdigest), NAMED_OTIP_MD5, STRICT, 0, 0, {"md5", "hmac-sha256"}},
    {AT(otiprounds), 600000, STRICT, 1, 100000000, {NULL}},
    {AT(otipttl), NAMED_OTIP_TTL_1, STRICT, 0, 0, {"1", "left"}},
    {AT(otipperiod), 32, STRICT, 0, INT32_MAX, {NULL}},
    {AT(staticttl), INT32_MAX, STRICT, 0, INT32_MAX, {NULL}},
    {AT(negativesoa), 0, STRICT, 0, 0, NO_YES},
    {AT(ednssize), 1232, STRICT, 512, 65535, {NULL}},
    {AT(cookies), 1, STRICT, 0, 0, NO_YES},
    {AT(minimalany), 0, STRICT, 0, 0, NO_YES},
    {AT(baserefresh), 300, STRICT, 30, WEEK, {NULL}},
    {AT(tcplistenbacklog), 5, IGNORED, 0, INT32_MAX, {NULL}},
    {AT(tcptimeout), 60, IGNORED, 1, INT32_MAX, {NULL}},
    {AT(tcpclients), 1024, STRICT, 1, 1 << 20, {NULL}},
    {AT(tcpperclient), 64, STRICT, 1, 1 << 20, {NULL}},
    {AT(workers), 1, STRICT, 1, 64, {NULL}},
    {AT(fwdtimeout), 300, STRICT, 10, 60000, {NULL}},
    {AT(fwdpending), 1024, STRICT, 1, 65536, {NULL}},
    {AT(fwd0x20), 0, STRICT, 0, 0, NO_YES},
    {AT(fwdcookies), 0, STRICT, 0, 0, NO_YES},
    {AT(cachesize), 64, STRICT, 1, 1 << 20, {NULL}},
    {AT(cachemin), 0, STRICT, 0, 86400, {NULL}},
    {AT(cachemax), 86400, STRICT, 1, WEEK, {NULL}},
    {AT(cachenegative), 10800, STRICT, 1, 10800, {NULL}}, /* RFC 2308, 5 */
    {AT(cachestale), 0, STRICT, 0, WEEK, {NULL}},
    {AT(cachefailure), 5, STRICT, 1, 300, {NULL}}, /* RFC 9520, 3.2 */
    {AT(cachecut), 1, STRICT, 0, 0, NO_YES},
    {AT(cacheprefetch), 0, STRICT, 0, 0, NO_YES},
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

/* What the other programs of one-time addresses call these (iothotip(7)); `-` is as good as `_`. */
static const struct optlist_alias aliases[] = {
    {"digest", "otipdigest"},
    {"otip_digest", "otipdigest"},
    {"rounds", "otiprounds"},
    {"otip_rounds", "otiprounds"},
    {"period", "otipperiod"},
    {"otip_period", "otipperiod"},
    {"case", "hashcase"},
};

static int64_t *place(struct named_options *options, const struct option_line *line)
{
	return (int64_t *)(void *)((char *)options + line->offset);
}

void conf_option_defaults(struct named_options *options)
{
	for (size_t i = 0; i < LINES; i++)
		*place(options, &lines[i]) = lines[i].value;
}

static void set_word(struct named_options *options, const struct option_line *line,
    struct rcfile *rcfile, const char *word)
{
	const char *const *words = line->words;

	for (int64_t i = 0; words[i]; i++) {
		if (strcasecmp(words[i], word) == 0) {
			*place(options, line) = i;
			return;
		}
	}
	rcfile_error(rcfile, "option %s: %s%s%s%s%s%s%s is expected, not \"%s\"", line->keyword,
	    words[0], words[2] ? ", " : " or ", words[1], words[2] ? ", " : "",
	    words[2] ? words[2] : "", words[2] ? " or " : "", words[2] ? words[3] : "", word);
}

static void set_number(struct named_options *options, const struct option_line *line,
    struct rcfile *rcfile, const char *text)
{
	int64_t number;

	if (option_number(text, INT32_MIN, INT64_MAX, &number) < 0) {
		rcfile_error(rcfile, "option %s: a number is expected, not \"%s\"", line->keyword, text);
	} else if (number >= line->min && number <= line->max) {
		*place(options, line) = number;
	} else if (line->range == IGNORED) {
		rcfile_notice(rcfile, "option %s: %s is ignored, %lld to %lld is expected", line->keyword,
		    text, (long long)line->min, (long long)line->max);
	} else {
		rcfile_error(rcfile, "option %s: %lld to %lld is expected, not %s", line->keyword,
		    (long long)line->min, (long long)line->max, text);
	}
}

/* `option cookiesecret`: 16 bytes in hexadecimal. The first one makes cookies, the second one is
 * good for checking them, too. */
static void set_secret(
    struct named_cookie_secrets *secrets, struct rcfile *rcfile, const char *text)
{
	struct siphash_key *key = &secrets->secret[secrets->count];

	if (strlen(text) != 32 || text[strspn(text, "0123456789abcdefABCDEF")]) {
		rcfile_error(rcfile, "option cookiesecret: 32 hexadecimal digits are expected");
		return;
	}
	if (secrets->count == 2) {
		rcfile_error(rcfile, "option cookiesecret: there are two already");
		return;
	}
	for (size_t i = 16; i-- > 0;) {
		const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

		key->word[i / 8] = key->word[i / 8] << 8 | strtoul(digits, NULL, 16);
	}
	secrets->count++;
}

void conf_option_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count)
{
	const struct option_line *line = NULL;
	enum keyword_match match = KEYWORD_NO;
	const char *word;

	if (count != 2) {
		rcfile_error(rcfile, "option: NAME VALUE is expected");
		return;
	}
	word = optlist_own_name(aliases, sizeof(aliases) / sizeof(aliases[0]), words[0].tag, true);
	if (keyword_match(word, "cookiesecret", true) != KEYWORD_NO) {
		set_secret(&reader->conf->cookie, rcfile, words[1].tag);
		return;
	}
	for (size_t i = 0; i < LINES && match == KEYWORD_NO; i++) {
		line = &lines[i];
		match = keyword_match(word, line->keyword, true);
	}
	if (match == KEYWORD_NO) {
		rcfile_error(rcfile, "option: there is no \"%s\"", word);
		return;
	}
	/* `tcplisten` is as good as `tcplistenbacklog`. */
	if (match == KEYWORD_SPELLED_OTHERWISE && strncasecmp(word, line->keyword, strlen(word)) != 0)
		rcfile_notice(rcfile, "option: \"%s\" is taken as %s", word, line->keyword);
	if (line->words[0])
		set_word(&reader->conf->options, line, rcfile, words[1].tag);
	else
		set_number(&reader->conf->options, line, rcfile, words[1].tag);
}
