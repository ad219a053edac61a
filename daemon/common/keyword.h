/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words of the ecosystem's configuration files: they are compared by their first 8 bytes.
 *
 * So `tcplisten` is `tcplistenbacklog`, and programs that were configured so go on. A word of more
 * than 8 bytes that is not spelled as documented may be a mistake: who asks is told.
 */
#ifndef DAEMON_KEYWORD_H
#define DAEMON_KEYWORD_H

#include <stdbool.h>

#define KEYWORD_LEN 8

enum keyword_match {
	KEYWORD_NO,
	KEYWORD_YES,
	KEYWORD_SPELLED_OTHERWISE, /* it is this one, by its first 8 bytes; worth a notice */
};

enum keyword_match keyword_match(const char *word, const char *keyword, bool fold_case);

#endif
