/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Takes the command string of vde_stackcmd apart. */
#include "command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_SIZE_MAX (1U << 30) /* no kernel passes more than that to execve */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Reads the inside of "..." up to the closing quote; `in` is behind the opening one. */
static const char *parse_double_quoted(const char *in, char **out)
{
	while (*in != '"') {
		if (*in == '\0')
			return NULL;
		if (*in == '\\' && in[1] != '\0' && strchr("$`\"\\\n", in[1]) != NULL) {
			in++;
			if (*in == '\n') {
				in++;
				continue;
			}
		}
		*(*out)++ = *in++;
	}
	return in + 1;
}

/* Reads one word, which begins at `in`; returns where it ends, NULL if a quotation does not. */
static const char *parse_word(const char *in, char **out)
{
	while (in != NULL && *in != '\0' && *in != ';' && !is_blank(*in)) {
		const char *end;

		switch (*in) {
		case '\'':
			end = strchr(in + 1, '\'');
			if (end != NULL) {
				memcpy(*out, in + 1, (size_t)(end - in - 1));
				*out += end - in - 1;
				end++;
			}
			in = end;
			break;
		case '"':
			in = parse_double_quoted(in + 1, out);
			break;
		case '\\':
			if (in[1] == '\0')
				return NULL;
			if (in[1] != '\n')
				*(*out)++ = in[1];
			in += 2;
			break;
		default:
			*(*out)++ = *in++;
		}
	}
	return in;
}

/* An escaped newline is nothing, so it does not begin a word. */
static const char *skip_blanks(const char *in)
{
	for (;;) {
		if (is_blank(*in))
			in++;
		else if (in[0] == '\\' && in[1] == '\n')
			in += 2;
		else
			return in;
	}
}

int command_parse(const char *text, struct command_list *list)
{
	size_t len = strlen(text);
	uint32_t words = 0;
	char *out;

	if (len > COMMAND_SIZE_MAX)
		return -E2BIG;
	/* A word and the character that separates it from the next are at least as long as the word
	 * and its NUL; a command and its ';' have two characters. */
	list->commands = 0;
	list->argc = calloc(len / 2 + 1, sizeof(*list->argc));
	list->words = malloc(len + 1);
	if (list->argc == NULL || list->words == NULL) {
		command_list_free(list);
		return -ENOMEM;
	}
	out = list->words;
	for (;;) {
		text = skip_blanks(text);
		if (*text == ';' || *text == '\0') {
			if (words > 0)
				list->argc[list->commands++] = words;
			words = 0;
			if (*text++ == '\0')
				break;
			continue;
		}
		text = parse_word(text, &out);
		if (text == NULL) {
			command_list_free(list);
			return -EINVAL;
		}
		*out++ = '\0';
		words++;
	}
	list->len = (size_t)(out - list->words);
	return 0;
}

void command_list_free(struct command_list *list)
{
	free(list->argc);
	free(list->words);
	list->argc = NULL;
	list->words = NULL;
}

int command_block_new(
    const struct command_list *list, char *const environment[], struct command_block **block)
{
	size_t size = sizeof(**block) + list->commands * sizeof(list->argc[0]) + list->len;
	uint32_t strings = 0;
	char *out;

	if (environment != NULL)
		for (; environment[strings] != NULL && size <= COMMAND_SIZE_MAX; strings++)
			size += strlen(environment[strings]) + 1;
	if (size > COMMAND_SIZE_MAX)
		return -E2BIG;
	*block = malloc(size);
	if (*block == NULL)
		return -ENOMEM;
	(*block)->size = (uint32_t)size;
	(*block)->commands = list->commands;
	(*block)->environment = strings;
	memcpy((*block)->argc, list->argc, list->commands * sizeof(list->argc[0]));
	out = (char *)&(*block)->argc[list->commands];
	memcpy(out, list->words, list->len);
	out += list->len;
	for (uint32_t i = 0; i < strings; i++)
		out = stpcpy(out, environment[i]) + 1;
	return 0;
}
