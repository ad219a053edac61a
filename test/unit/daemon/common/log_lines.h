/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is logged, kept by a test: log_set_hook(log_lines_keep, &lines). */
#ifndef TEST_LOG_LINES_H
#define TEST_LOG_LINES_H

#include <stdio.h>
#include <string.h>

struct log_lines {
	unsigned int count;
	int level; /* of the last one */
	char last[1024];
	char all[8192]; /* each followed by a newline */
};

static inline void log_lines_keep(int level, const char *text, void *argument)
{
	struct log_lines *lines = argument;
	size_t len = strlen(lines->all);

	lines->count++;
	lines->level = level;
	snprintf(lines->last, sizeof(lines->last), "%s", text);
	snprintf(lines->all + len, sizeof(lines->all) - len, "%s\n", text);
}

#endif
