/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options for clients that ask for them, ready to be sent; and how long a lease is. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include <stddef.h>
#include <stdint.h>

#define CONFIG_OPTIONS_MAX 8
#define CONFIG_BYTES_MAX   512

struct config_option {
	uint16_t code, len;
	uint8_t bytes[CONFIG_BYTES_MAX];
};

/* Appends an option to `count` of them; how many there are then: nothing is added that is empty,
 * too long or one too many. */
size_t config_option_add(struct config_option option[CONFIG_OPTIONS_MAX], size_t count,
    uint16_t code, const void *bytes, size_t len);

enum lease { LEASE_FOREVER, LEASE_TTL, LEASE_SECONDS };

#endif
