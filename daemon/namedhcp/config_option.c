/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options for clients: see config_option.h. */
#include "config_option.h"

#include <string.h>

size_t config_option_add(struct config_option option[CONFIG_OPTIONS_MAX], size_t count,
    uint16_t code, const void *bytes, size_t len)
{
	struct config_option *added = &option[count];

	if (count == CONFIG_OPTIONS_MAX || len == 0 || len > sizeof(added->bytes))
		return count;
	added->code = code;
	added->len = (uint16_t)len;
	memcpy(added->bytes, bytes, len);
	return count + 1;
}
