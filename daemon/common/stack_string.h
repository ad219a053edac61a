/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strings of iothconf(7) among the options of a daemon: is it one? It is read as libiothconf will
 * read it, and nothing is made: tags and their values. Whether there is such a stack, or network,
 * shows at the start.
 */
#ifndef DAEMON_STACK_STRING_H
#define DAEMON_STACK_STRING_H

#include <stdbool.h>

#define STACK_STRING_WHY_SIZE 900 /* it lists all tags */

enum stack_string {
	STACK_STRING_NEW,  /* makes a stack: ioth_newstackc(3) */
	STACK_STRING_MORE, /* configures one that there is: ioth_config(3) */
};

/* If not, `why` says so. */
bool stack_string_check(const char *text, enum stack_string kind, char why[STACK_STRING_WHY_SIZE]);

/* The same, with a word for the log: "ROLE: why". NULL is one: there is no such option. */
bool stack_string_is(const char *text, const char *role);

#endif
