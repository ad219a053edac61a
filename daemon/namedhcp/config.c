/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients are told: see config.h. */
#include "config.h"

#include <string.h>

void config_add(struct config *config, uint16_t code, const void *bytes, size_t len)
{
	struct config_option *added = &config->option[config->options];

	if (config->options == CONFIG_OPTIONS_MAX || len == 0 || len > sizeof(added->bytes))
		return;
	added->code = code;
	added->len = (uint16_t)len;
	memcpy(added->bytes, bytes, len);
	config->options++;
}

uint32_t config_lease(const struct config *config, uint32_t ttl)
{
	switch (config->lease) {
	case LEASE_TTL:
		return ttl ? ttl : 1; /* 0 would take the address away at once */
	case LEASE_SECONDS:
		return config->lease_seconds;
	default:
		return CONFIG_FOREVER;
	}
}
