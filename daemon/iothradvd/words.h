/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of iothradvd, in one table. Those that say what is advertised are the words of
 * libiothradvd (iothradvd_config_set), which looks at their values, too; the first lines of the
 * table say where, and have no place in the file of an interface.
 */
#ifndef RADVD_WORDS_H
#define RADVD_WORDS_H

#include "options.h"

struct iothradvd_config;

struct radvd_words {
	char *period, *minperiod, *final, *hoplimit, *flags, *lifetime, *reachable, *retransmit, *mtu,
	    *raflags, *captive;
	struct option_list prefix, route, rdnss, dnssl, pref64;
};

struct radvd_values {
	char *stack, *macaddr;
	struct option_list iface;
	struct radvd_words words;
};

extern const struct option_spec radvd_options[];
extern const size_t radvd_option_count;

/* The same table for a struct radvd_words alone. */
extern const struct option_spec radvd_word_options[];
extern const size_t radvd_word_count;

/* A configuration that says what the words say; with prefixes of the command line, those take the
 * place of the words'. Whatever is wrong is logged, after `where`. NULL: there was something. */
struct iothradvd_config *radvd_words_config(
    const struct radvd_words *words, char *const *prefixes, size_t prefix_count, const char *where);

#endif
