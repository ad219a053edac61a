/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a stack. */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 791, section 3.2: no IPv4 link carries less. The kernel's own limits depend on the interface,
 * and it says so. */
#define MTU_MIN 68
#define MTU_MAX 65535

static int parse_mtu(const char *value, size_t len, unsigned int *mtu)
{
	unsigned int number = 0;

	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9')
			return -EINVAL;
		number = number * 10 + (unsigned int)(value[i] - '0');
		if (number > MTU_MAX)
			return -EINVAL;
	}
	if (number < MTU_MIN)
		return -EINVAL;
	*mtu = number;
	return 0;
}

int options_parse(const char *text, struct options *options, char *reason, size_t size)
{
	static const char mtu[] = "mtu=";

	*options = (struct options){0};
	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, ",");

		if (strncmp(text, mtu, strlen(mtu)) == 0) {
			if (parse_mtu(text + strlen(mtu), len - strlen(mtu), &options->mtu) < 0) {
				snprintf(reason, size, "%.*s: mtu is a number from %d to %d", (int)len, text,
				    MTU_MIN, MTU_MAX);
				return -EINVAL;
			}
		} else if (len > 0) {
			snprintf(reason, size, "%.*s: unknown option; there is mtu=BYTES", (int)len, text);
			return -EINVAL;
		}
		text += len;
		text += *text == ',';
	}
	return 0;
}
