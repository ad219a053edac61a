/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Domains that names may lie in: see domains.h. */
#include "domains.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int domains_add(struct domains *domains, const char *name)
{
	if (name[0] == '.')
		name++;
	if (!dhcp_name_is_valid(name))
		return -EINVAL;
	if (domains->count == DOMAINS_MAX)
		return -ENOSPC;
	return dhcp_name_copy(domains->name[domains->count++], name, strlen(name));
}

bool domains_have(const struct domains *domains, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < domains->count; i++) {
		size_t of = strlen(domains->name[i]);

		if (len >= of && strcasecmp(name + len - of, domains->name[i]) == 0 &&
		    (len == of || name[len - of - 1] == '.'))
			return true;
	}
	return domains->count == 0;
}
