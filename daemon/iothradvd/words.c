/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of iothradvd: see words.h. */
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <iothradvd.h>

#include "addrtext.h"
#include "log.h"

/* ---- is a value one? ------------------------------------------------------------------------- */

static bool is_word(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	struct iothradvd_config *config = iothradvd_config_new(0, NULL, NULL, 0);
	bool right = config && iothradvd_config_set(config, spec->name, text) == 0;
	const char *reason = iothradvd_error();
	size_t name = strlen(spec->name);

	if (!*text) { /* as in the file */
		snprintf(why, OPTION_WHY_SIZE, "a value is expected");
		iothradvd_config_free(config);
		return false;
	}
	/* The library begins with the word, and so does who shows this. */
	if (strncmp(reason, spec->name, name) == 0 && strncmp(reason + name, ": ", 2) == 0)
		reason += name + 2;
	if (!right)
		snprintf(why, OPTION_WHY_SIZE, "%s", reason);
	iothradvd_config_free(config);
	return right;
}

static bool is_mac(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	uint8_t mac[ADDRTEXT_MAC_LEN];

	if (addrtext_parse_mac(text, mac) == 0 && !(mac[0] & 1))
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not the MAC address of a node", text);
	return false;
}

static bool is_iface(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	const char *file = strchr(text, '=');

	if (*text && file != text && !(file && !file[1]))
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not NAME or NAME=FILE", text);
	return false;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define WORD(offset_, name_, letter_, type_, place_, value_, help_)                                \
	{                                                                                              \
		.name = #name_, .letter = (letter_), .type = (type_), .value = (value_), .help = (help_),  \
		.offset = (offset_) + offsetof(struct radvd_words, name_), .place = (place_),              \
		.check = is_word                                                                           \
	}
#define ONE(offset, name, letter, value, help)                                                     \
	WORD(offset, name, letter, OPTION_STRING, OPTION_ANYWHERE, value, help)
#define LIST(offset, name, place, value, help)                                                     \
	WORD(offset, name, '\0', OPTION_LIST, place, value, help)

/* With the offset of the words in the struct that the options lie in. */
#define WORDS(offset)                                                                              \
	ONE(offset, period, 'P', "SECONDS", "between unsolicited advertisements; 0: none"),            \
	    ONE(offset, minperiod, '\0', "SECONDS", "the same at least"),                              \
	    ONE(offset, final, '\0', "NUMBER", "advertisements at the end (1)"),                       \
	    ONE(offset, hoplimit, 'H', "NUMBER", "of the hosts' packets"),                             \
	    ONE(offset, flags, 'F', "LETTERS", "M O managed, other; h l preference; H P"),             \
	    ONE(offset, lifetime, 'L', "SECONDS", "of a default router; 0: none"),                     \
	    ONE(offset, reachable, 'r', "MS", "how long a neighbour counts as reachable"),             \
	    ONE(offset, retransmit, 'R', "MS", "between neighbour solicitations"),                     \
	    ONE(offset, mtu, 'M', "BYTES", "of the link"),                                             \
	    ONE(offset, raflags, '\0', "NUMBER", "48 more flags (RFC 5175)"),                          \
	    ONE(offset, captive, '\0', "URI", "of a captive portal's API"),                            \
	    LIST(offset, prefix, OPTION_FILE, "PREFIX", "ADDRESS[/LEN[/FLAGS[/VALID[/PREFERRED]]]]"),  \
	    LIST(offset, route, OPTION_ANYWHERE, "ROUTE", "PREFIX[/LEN[/h|m|l[/LIFETIME]]]"),          \
	    LIST(offset, rdnss, OPTION_ANYWHERE, "SERVERS", "ADDRESS[,ADDRESS...][/LIFETIME]"),        \
	    LIST(offset, dnssl, OPTION_ANYWHERE, "DOMAINS", "DOMAIN[,DOMAIN...][/LIFETIME]"),          \
	    LIST(offset, pref64, OPTION_ANYWHERE, "PREFIX", "of a NAT64: PREFIX[/LEN[/LIFETIME]]")

const struct option_spec radvd_word_options[] = {WORDS(0)};
const size_t radvd_word_count = sizeof(radvd_word_options) / sizeof(radvd_word_options[0]);

const struct option_spec radvd_options[] = {
    {.name = "stack",
        .letter = 's',
        .type = OPTION_STRING,
        .value = "STACK",
        .help = "a network (vde://...), or a stack as in iothconf(7)",
        .offset = offsetof(struct radvd_values, stack)},
    {.name = "iface",
        .letter = 'i',
        .type = OPTION_LIST,
        .value = "NAME[=FILE]",
        .help = "an interface of the stack (vde0), and its own words",
        .offset = offsetof(struct radvd_values, iface),
        .check = is_iface},
    {.name = "macaddr",
        .letter = 'm',
        .type = OPTION_STRING,
        .value = "MAC",
        .help = "our MAC address on a network",
        .offset = offsetof(struct radvd_values, macaddr),
        .check = is_mac},
    WORDS(offsetof(struct radvd_values, words)),
};
const size_t radvd_option_count = sizeof(radvd_options) / sizeof(radvd_options[0]);

/* ---- words become a configuration ------------------------------------------------------------ */

static bool set(
    struct iothradvd_config *config, const char *name, const char *text, const char *where)
{
	if (iothradvd_config_set(config, name, text) == 0)
		return true;
	log_error("%s%s", where, iothradvd_error());
	return false;
}

/* Hosts pass over a prefix that has none of its flags: it is right, and seldom meant. */
static void warn_of_prefix(const char *text, const char *where)
{
	const char *flags = strchr(text, '/');

	flags = flags ? strchr(flags + 1, '/') : NULL;
	if (!flags || strcspn(flags + 1, "LAR") >= strcspn(flags + 1, "/"))
		log_warning("%sprefix %s has no flags (L, A, as in fd00::/64/LA): hosts make nothing of it",
		    where, text);
}

/* All of them, so that all mistakes are told. */
static bool set_list(struct iothradvd_config *config, const char *name, char *const *values,
    size_t count, const char *where)
{
	bool right = true;

	for (size_t i = 0; i < count; i++) {
		bool is_set = set(config, name, values[i], where);

		if (is_set && strcmp(name, "prefix") == 0)
			warn_of_prefix(values[i], where);
		right = is_set && right;
	}
	return right;
}

struct iothradvd_config *radvd_words_config(
    const struct radvd_words *words, char *const *prefixes, size_t prefix_count, const char *where)
{
	struct iothradvd_config *config = iothradvd_config_new(0, NULL, NULL, 0);
	bool right = config;

	if (!config)
		log_error("%s%s", where, iothradvd_error());
	for (size_t i = 0; i < radvd_word_count && config; i++) {
		const struct option_spec *spec = &radvd_word_options[i];
		const void *value = (const char *)words + spec->offset;

		if (spec->type == OPTION_LIST) {
			const struct option_list *list = value;
			bool replaced = strcmp(spec->name, "prefix") == 0 && prefix_count > 0;

			right = set_list(config, spec->name, replaced ? prefixes : list->values,
			            replaced ? prefix_count : list->count, where) &&
			        right;
		} else if (*(char *const *)value) {
			right = set(config, spec->name, *(char *const *)value, where) && right;
		}
	}
	/* What makes no sense together. */
	if (right && iothradvd_config_check(config) < 0) {
		log_error("%s%s", where, iothradvd_error());
		right = false;
	}
	if (right)
		return config;
	iothradvd_config_free(config);
	return NULL;
}
