/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages, read by libldns and by us: what both can read has the same records. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ldns_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	size_t records = 0;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	if (ldns_compare(copy, size, &records) == LDNS_DIFFERENT)
		abort();
	free(copy);
	return 0;
}
