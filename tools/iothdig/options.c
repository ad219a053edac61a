/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of iothdig: dig's habits, where arguments come in any order, options may be cut
 * short (+noall +ans), and the first word that is a type is the type. What dig can and iothdig
 * cannot is told so, one thing by its name. */
#include "options.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <iothdns.h>

#include "types.h"

#define TIMEOUT_MAX 30
#define TRIES_MAX   5

static void usage(FILE *to)
{
	fputs("usage: iothdig [-s STACK] [-r FILE] [@SERVER] [+OPTION...] NAME [TYPE]\n"
	      "       iothdig ... -x ADDRESS\n"
	      "  -s STACK    the stack to ask from, as for ioth_newstackc(3):\n"
	      "              \"stack=picox,vnl=vde:///tmp/sw,eth,dhcp\"; default: the system's\n"
	      "  -r FILE     a file like resolv.conf(5); default: what the stack's configuration\n"
	      "              has learnt, or /etc/resolv.conf\n"
	      "  -x ADDRESS  the name of an address\n"
	      "  -q NAME     the name, if it could be taken for a type\n"
	      "  -t TYPE     the type, if it could be taken for the name\n"
	      "  @SERVER     a name server (fe80::1%vde0 with its interface)\n"
	      "  +tcp +short +search +noedns +timeout=SECONDS +tries=N\n"
	      "  +[no]all, cmd, comments, question, answer, authority, additional, stats:\n"
	      "              what is printed\n",
	    to);
}

/* Says what is wrong. */
__attribute__((format(printf, 1, 2))) static bool wrong(const char *format, ...)
{
	va_list args;

	fputs("iothdig: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool set_name(struct options *options, const char *name)
{
	if (options->name)
		return wrong("'%s': there is a name already, '%s', and one is asked for at a time", name,
		    options->name);
	options->name = name;
	return true;
}

static bool set_reverse(struct options *options, const char *text)
{
	static const int families[] = {AF_INET, AF_INET6};
	uint8_t address[16];

	for (size_t i = 0; i < 2; i++) {
		if (inet_pton(families[i], text, address) != 1)
			continue;
		reverse_name(options->reverse, families[i], address);
		if (options->type < 0)
			options->type = IOTHDNS_TYPE_PTR;
		return set_name(options, options->reverse);
	}
	return wrong("-x %s: this is not an IPv4 or IPv6 address", text);
}

static bool set_type(struct options *options, int type, const char *word)
{
	if (type == TYPE_AXFR || type == TYPE_IXFR)
		return wrong("%s: zone transfers are not supported", word);
	options->type = type;
	return true;
}

static bool set_class(const char *word)
{
	if (strcasecmp(word, "IN") == 0)
		return true;
	return wrong("class %s: only IN is supported", word);
}

static bool is_class(const char *word)
{
	return strcasecmp(word, "IN") == 0 || strcasecmp(word, "CH") == 0 ||
	       strcasecmp(word, "HS") == 0;
}

static bool set_number(const char *option, const char *text, unsigned int max, unsigned int *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*value = (unsigned int)n;
	if (*text >= '0' && *text <= '9' && !*end && n >= 1 && n <= max)
		return true;
	return wrong("+%s=%s: a number from 1 to %u is expected", option, text, max);
}

/* ---- +OPTION --------------------------------------------------------------------------------- */

enum kind { BRIEF, EDNS, SEARCH, TCP, TIMEOUT, TRIES, SHOW, ONLY_ON, ONLY_OFF, UNSUPPORTED };

/* The first one that a word is the beginning of is meant. */
static const struct plus {
	const char *name;
	enum kind kind;
	unsigned int show;
} pluses[] = {
    {"short", BRIEF, 0},
    {"tcp", TCP, 0},
    {"vc", TCP, 0},
    {"all", SHOW, SHOW_ALL},
    {"answer", SHOW, SHOW_ANSWER},
    {"authority", SHOW, SHOW_AUTHORITY},
    {"additional", SHOW, SHOW_ADDITIONAL},
    {"question", SHOW, SHOW_QUESTION},
    {"comments", SHOW, SHOW_COMMENTS},
    {"cmd", SHOW, SHOW_COMMAND},
    {"stats", SHOW, SHOW_STATS},
    {"search", SEARCH, 0},
    {"defname", SEARCH, 0},
    {"edns", EDNS, 0},
    {"timeout", TIMEOUT, 0},
    {"time", TIMEOUT, 0},
    {"tries", TRIES, 0},
    {"recurse", ONLY_ON, 0},
    /* What is the case here with "no" before it. */
    {"aaonly", ONLY_OFF, 0},
    {"adflag", ONLY_OFF, 0},
    {"besteffort", ONLY_OFF, 0},
    {"cdflag", ONLY_OFF, 0},
    {"cookie", ONLY_OFF, 0},
    {"dnssec", ONLY_OFF, 0},
    {"identify", ONLY_OFF, 0},
    {"multiline", ONLY_OFF, 0},
    {"nsid", ONLY_OFF, 0},
    {"nssearch", ONLY_OFF, 0},
    {"qr", ONLY_OFF, 0},
    {"showsearch", ONLY_OFF, 0},
    {"trace", ONLY_OFF, 0},
    {"ttlunits", ONLY_OFF, 0},
    {"yaml", ONLY_OFF, 0},
    {"bufsize", UNSUPPORTED, 0},
    {"domain", UNSUPPORTED, 0},
    {"fail", UNSUPPORTED, 0},
    {"ignore", UNSUPPORTED, 0},
    {"keepopen", UNSUPPORTED, 0},
    {"ndots", UNSUPPORTED, 0},
    {"opcode", UNSUPPORTED, 0},
    {"padding", UNSUPPORTED, 0},
    {"retry", UNSUPPORTED, 0},
    {"subnet", UNSUPPORTED, 0},
    {"tls", UNSUPPORTED, 0},
    {"https", UNSUPPORTED, 0},
};
#define PLUSES (sizeof(pluses) / sizeof(pluses[0]))

static const struct plus *find_plus(const char *name, size_t len)
{
	for (size_t i = 0; len > 1 && i < PLUSES; i++) {
		if (strncmp(pluses[i].name, name, len) == 0)
			return &pluses[i];
	}
	return NULL;
}

static bool set_plus(struct options *options, const char *word)
{
	bool on = strncmp(word, "no", 2) != 0;
	const char *name = on ? word : word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct plus *plus = find_plus(name, len);
	bool numeric = plus && (plus->kind == TIMEOUT || plus->kind == TRIES);

	if (!plus)
		return wrong("+%s is not an option", word);
	if (numeric && (!on || !value))
		return wrong("+%s: +%s=NUMBER is expected", word, plus->name);
	if (plus->kind == UNSUPPORTED || (plus->kind == ONLY_ON && !on) ||
	    (plus->kind == ONLY_OFF && on))
		return wrong("+%s is not supported", word);
	if (value && !numeric && plus->kind != EDNS)
		return wrong("+%s: there is no value of +%s", word, plus->name);
	switch (plus->kind) {
	case BRIEF:
		options->brief = on;
		return true;
	case EDNS:
		if (value && strcmp(value, "0") != 0)
			return wrong("+%s: only version 0 is supported", word);
		options->edns = on;
		return true;
	case SEARCH:
		options->search = on;
		return true;
	case TCP:
		options->tcp = on;
		return true;
	case TIMEOUT:
		return set_number(plus->name, value, TIMEOUT_MAX, &options->timeout);
	case TRIES:
		return set_number(plus->name, value, TRIES_MAX, &options->tries);
	case SHOW:
		options->show = on ? options->show | plus->show : options->show & ~plus->show;
		return true;
	default:
		return true;
	}
}

/* ---- words and letters ------------------------------------------------------------------------
 */

/* NAME, TYPE, CLASS, @SERVER, +OPTION. */
static bool set_word(struct options *options, const char *word)
{
	if (word[0] == '@') {
		options->server = word + 1;
		return word[1] || wrong("@: the server is missing");
	}
	if (word[0] == '+')
		return set_plus(options, word + 1);
	if (options->type < 0 && type_number(word) >= 0)
		return set_type(options, type_number(word), word);
	if (is_class(word))
		return set_class(word);
	return set_name(options, word);
}

static bool set_letter(struct options *options, char letter, const char *value)
{
	switch (letter) {
	case 's':
		options->stack = value;
		return true;
	case 'r':
		options->config = value;
		return true;
	case 'x':
		return set_reverse(options, value);
	case 'q':
		return set_name(options, value);
	case 't':
		if (type_number(value) < 0)
			return wrong("-t %s: this is not a type", value);
		return set_type(options, type_number(value), value);
	case 'c':
		return set_class(value);
	case 'p':
		return strcmp(value, "53") == 0 ||
		       wrong("-p %s: name servers are asked at port 53 only", value);
	default:
		return false;
	}
}

/* -X VALUE or -XVALUE. `used`: it is the next argument. */
static bool set_option(struct options *options, const char *word, const char *next, bool *used)
{
	static const char known[] = "crpqstx";

	*used = false;
	if (!word[1] || !strchr(known, word[1]))
		return wrong("'%s' is not supported", word);
	*used = word[2] == '\0';
	if (*used && !next)
		return wrong("%s: its value is missing", word);
	return set_letter(options, word[1], *used ? next : word + 2);
}

int options_parse(struct options *options, int argc, char *argv[])
{
	*options =
	    (struct options){.type = -1, .edns = true, .timeout = 1, .tries = 1, .show = SHOW_ALL};
	for (int i = 1; i < argc; i++) {
		bool good, used = false;

		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return 0;
		}
		if (strcmp(argv[i], "-V") == 0 || strcmp(argv[i], "-v") == 0 ||
		    strcmp(argv[i], "--version") == 0) {
			puts("iothdig " VERSION);
			return 0;
		}
		if (argv[i][0] == '-')
			good = set_option(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used);
		else
			good = set_word(options, argv[i]);
		if (!good) {
			fputs("(iothdig -h shows what there is)\n", stderr);
			return 1;
		}
		i += used;
	}
	if (!options->name && options->type < 0) {
		usage(stderr);
		return 1;
	}
	if (!options->name)
		options->name = "."; /* as dig: a type alone is asked of the root */
	if (options->type < 0)
		options->type = IOTHDNS_TYPE_A;
	return -1;
}
