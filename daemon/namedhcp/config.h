/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both servers tell clients besides their addresses: options, ready to be sent to those who
 * ask for them, and for how long they have what they get. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_OPTIONS_MAX 8
#define CONFIG_BYTES_MAX   512
#define CONFIG_FOREVER     UINT32_MAX /* RFC 2131, 3.3; RFC 8415, 7.7 */

struct config_option {
	uint16_t code, len;
	uint8_t bytes[CONFIG_BYTES_MAX];
};

enum lease { LEASE_FOREVER, LEASE_TTL, LEASE_SECONDS };

struct config {
	size_t options;
	struct config_option option[CONFIG_OPTIONS_MAX];
	enum lease lease;
	uint32_t lease_seconds;
	bool refuse_rapid; /* RFC 4039; RFC 8415, 21.14 */
	bool answer_fqdn;  /* RFC 4702, 3.1; RFC 4704, 4.1; otherwise as the original does */
};

/* Appends an option, unless it is empty, too long or one too many. */
void config_add(struct config *config, uint16_t code, const void *bytes, size_t len);

/* How long a client has an address which the DNS knows for `ttl` seconds. */
uint32_t config_lease(const struct config *config, uint32_t ttl);

#endif
