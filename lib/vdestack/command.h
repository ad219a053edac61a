/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command string of vde_stackcmd: taken apart in the program, run by the helper. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stddef.h>
#include <stdint.h>

/* Commands as words: argc[0] words of the first, then those of the second, ..., each ended by a
 * NUL. No command is empty. */
struct command_list {
	unsigned int commands;
	uint32_t *argc;
	char *words;
	size_t len; /* of all words, their NULs included */
};

/* Takes `text` apart: commands are separated by ';', words by blanks and newlines. Quoting is the
 * shell's (POSIX.1-2017, XCU 2.2): '\' takes the next character for itself, '...' all of them,
 * "..." all but '\' in front of one of $ ` " \ and newline; an escaped newline outside '...' is
 * nothing. Nothing is expanded. Returns 0, -EINVAL (a quotation without end), -E2BIG or -ENOMEM. */
int command_parse(const char *text, struct command_list *list);
void command_list_free(struct command_list *list);

/* What the helper gets: this, argc[commands], the words, the strings of the environment. */
struct command_block {
	uint32_t size; /* of all */
	uint32_t commands;
	uint32_t environment; /* its number of strings */
	uint32_t argc[];
};

/* Puts both into one piece of memory, to be freed. Returns 0, -E2BIG or -ENOMEM. */
int command_block_new(
    const struct command_list *list, char *const environment[], struct command_block **block);

#endif
