/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: a text that is one gives bytes that give a text that gives the same bytes. And the bytes
 * as a name of a message. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dnsname.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct dns_name *name)
{
	char text[4 * NAME_MAX_WIRE];
	struct dns_name again;

	if (name_to_text(name, text, sizeof(text)) < 0 || name_from_text(&again, text) < 0)
		abort();
	if (again.len != name->len || memcmp(again.wire, name->wire, name->len) != 0)
		abort();
	(void)name_to_text(name, text, 20);
	(void)name_is_host(text);
	name_fold(&again);
	if (!name_equal(&again, name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_reader reader = wire_reader(data, size);
	struct dns_name name;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (name_from_text(&name, text) == 0)
		check(&name);
	while (!reader.error && wire_left(&reader) > 0) {
		if (name_read(&reader, &name) == 0)
			check(&name);
	}
	free(text);
	return 0;
}
