/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VNL that names its interface. */
#include "vnl.h"

#include <errno.h>
#include <string.h>

int vnl_check_name(const char *name, size_t len)
{
	size_t i;

	if (len >= IFNAMSIZ)
		return -ENAMETOOLONG;
	if (len == 0 || (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'))))
		return -EINVAL;
	for (i = 0; i < len; i++)
		/* The kernel would take '%' for a pattern and choose another name (dev_alloc_name). */
		if (strchr("/:% \t\n\v\f\r", name[i]) != NULL)
			return -EINVAL;
	return 0;
}

int vnl_split(const char *vnl, char name[IFNAMSIZ], const char **network)
{
	const char *colon, *module_end;
	size_t len;
	int err;

	name[0] = '\0';
	*network = vnl;
	module_end = strstr(vnl, "://");
	if (vnl[0] == '=' || vnl[0] == '/' || module_end == NULL)
		return 0;
	colon = strchr(vnl, ':');
	if (colon == module_end)
		return 0;
	len = (size_t)(colon - vnl);
	err = vnl_check_name(vnl, len);
	if (err < 0)
		return err;
	memcpy(name, vnl, len);
	name[len] = '\0';
	*network = colon + 1;
	return 0;
}
