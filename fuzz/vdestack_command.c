/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as the commands of vde_stackcmd: what comes out is consistent, and quoting it gives it
 * back. */
#include <command.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

/* Each word in '...', its own quotes as '\''; commands separated by ';'. */
static char *quote(const struct command_list *list)
{
	char *text = malloc(4 * list->len + 4 * list->len + list->commands + 1), *out = text;
	const char *word = list->words;

	check(text != NULL);
	for (unsigned int i = 0; i < list->commands; i++) {
		check(list->argc[i] > 0);
		for (uint32_t j = 0; j < list->argc[i]; j++) {
			*out++ = '\'';
			for (; *word != '\0'; word++)
				if (*word == '\'')
					out = stpcpy(out, "'\\''");
				else
					*out++ = *word;
			word++;
			out = stpcpy(out, "' ");
		}
		*out++ = ';';
	}
	*out = '\0';
	check(word == list->words + list->len);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_list list, again;
	char *text = malloc(size + 1), *quoted;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (command_parse(text, &list) == 0) {
		quoted = quote(&list);
		check(command_parse(quoted, &again) == 0);
		check(again.commands == list.commands && again.len == list.len);
		check(memcmp(again.words, list.words, list.len) == 0);
		check(list.commands == 0 ||
		      memcmp(again.argc, list.argc, list.commands * sizeof(list.argc[0])) == 0);
		command_list_free(&again);
		command_list_free(&list);
		free(quoted);
	}
	free(text);
	return 0;
}
