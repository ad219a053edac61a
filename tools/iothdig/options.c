/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of iothdig: dig's habits, where arguments come in any order. */
#include "options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iothdns.h>

#include "types.h"

static void usage(FILE *to)
{
	fputs("usage: iothdig [-s STACK] [-r FILE] [@SERVER] [+OPTION...] NAME [TYPE]\n"
	      "       iothdig ... -x ADDRESS\n"
	      "  -s STACK    the stack to ask from, as for ioth_newstackc(3):\n"
	      "              \"stack=picox,vnl=vde:///tmp/sw,eth,dhcp\"; default: the system's\n"
	      "  -r FILE     a file like resolv.conf(5); default: what the stack's configuration\n"
	      "              has learnt, or /etc/resolv.conf\n"
	      "  -x ADDRESS  the name of an address\n"
	      "  -t TYPE     the type, if it could be taken for the name\n"
	      "  @SERVER     the address of a name server (fe80::1%vde0 with its interface)\n"
	      "  +tcp +short +search +noedns +timeout=SECONDS +tries=N\n",
	    to);
}

static bool set_reverse(struct options *options, const char *text)
{
	static const int families[] = {AF_INET, AF_INET6};
	uint8_t address[16];

	for (size_t i = 0; i < 2; i++) {
		if (inet_pton(families[i], text, address) != 1)
			continue;
		reverse_name(options->reverse, families[i], address);
		options->name = options->reverse;
		options->type = IOTHDNS_TYPE_PTR;
		return true;
	}
	return false;
}

static bool number(const char *text, unsigned int max, unsigned int *value)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*value = (unsigned int)n;
	return *text >= '0' && *text <= '9' && !*end && n >= 1 && n <= max;
}

static bool set_plus(struct options *options, const char *word)
{
	if (strcmp(word, "tcp") == 0 || strcmp(word, "vc") == 0)
		options->tcp = true;
	else if (strcmp(word, "short") == 0)
		options->brief = true;
	else if (strcmp(word, "search") == 0)
		options->search = true;
	else if (strcmp(word, "noedns") == 0)
		options->edns = false;
	else if (strncmp(word, "timeout=", 8) == 0)
		return number(word + 8, 30, &options->timeout);
	else if (strncmp(word, "tries=", 6) == 0)
		return number(word + 6, 5, &options->tries);
	else
		return false;
	return true;
}

/* NAME, TYPE, @SERVER, +OPTION. */
static bool set_word(struct options *options, const char *word)
{
	if (word[0] == '@') {
		options->server = word + 1;
		return true;
	}
	if (word[0] == '+')
		return set_plus(options, word + 1);
	if (options->name && options->type < 0 && type_number(word) >= 0) {
		options->type = type_number(word);
		return true;
	}
	if (options->name)
		return false;
	options->name = word;
	return true;
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
	case 't':
		options->type = type_number(value);
		return options->type >= 0;
	default:
		return false;
	}
}

int options_parse(struct options *options, int argc, char *argv[])
{
	*options = (struct options){.type = -1, .edns = true, .timeout = 1, .tries = 1};
	for (int i = 1; i < argc; i++) {
		bool known = false;

		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			usage(stdout);
			return 0;
		}
		if (strcmp(argv[i], "-V") == 0 || strcmp(argv[i], "--version") == 0) {
			puts("iothdig " VERSION);
			return 0;
		}
		if (argv[i][0] != '-')
			known = set_word(options, argv[i]);
		else if (argv[i][1] && !argv[i][2] && i + 1 < argc)
			known = set_letter(options, argv[i][1], argv[i + 1]);
		if (!known) {
			fprintf(stderr, "iothdig: '%s' is not understood\n", argv[i]);
			usage(stderr);
			return 1;
		}
		i += argv[i][0] == '-';
	}
	if (!options->name) {
		usage(stderr);
		return 1;
	}
	if (options->type < 0)
		options->type = IOTHDNS_TYPE_A;
	return -1;
}
