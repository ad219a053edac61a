/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of options: items are strings inside the list's own memory, no longer than the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "optlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct optlist list;
	size_t total = 0;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (optlist_parse(&list, text) == 0) {
		for (size_t i = 0; i < list.count; i++) {
			total += strlen(list.items[i].tag);
			if (list.items[i].value)
				total += strlen(list.items[i].value) + 1;
			(void)optlist_is(list.items[i].tag, "broadcast");
		}
		if (total > size)
			abort();
		optlist_free(&list);
	}
	free(text);
	return 0;
}
