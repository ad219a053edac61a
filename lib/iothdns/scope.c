/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zones of link-local addresses: see scope.h. */
#include "scope.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <ioth.h>

#include "text.h"

int scope_index(struct ioth *stack, const char *scope, uint32_t *index)
{
	struct text word = {scope, strlen(scope)};
	unsigned int number;
	int found;

	if (text_number(&word, 0, INT32_MAX, &number)) {
		*index = number;
		return 0;
	}
	found = ioth_if_nametoindex(stack, scope);
	if (found <= 0)
		return -ENODEV;
	*index = (uint32_t)found;
	return 0;
}

int scope_name(struct ioth *stack, uint32_t index, char *name, size_t size)
{
	struct ifreq request = {.ifr_ifindex = (int)index};
	int fd = ioth_msocket(stack, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int found = fd < 0 ? -1 : ioth_ioctl(fd, SIOCGIFNAME, &request), len;

	if (fd >= 0)
		ioth_close(fd);
	if (found < 0)
		len = snprintf(name, size, "%u", index);
	else
		len = snprintf(name, size, "%.*s", IFNAMSIZ, request.ifr_name);
	return (size_t)len < size ? 0 : -EMSGSIZE;
}
