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

/* Where a colon may end a name: NULL if there is none in front of a module, a path or a command. */
static const char *name_end(const char *vnl)
{
	const char *colon = strchr(vnl, ':');
	const char *module_end = strstr(vnl, "://");

	if (colon == NULL || colon == module_end || vnl[0] == '=' || vnl[0] == '/')
		return NULL;
	if (module_end != NULL)
		return colon;
	if ((colon[1] != '/' && colon[1] != '=') || memchr(vnl, '/', (size_t)(colon - vnl)) != NULL)
		return NULL;
	return colon;
}

int vnl_split(const char *vnl, char name[IFNAMSIZ], const char **network)
{
	const char *colon = name_end(vnl);
	size_t len;
	int err;

	name[0] = '\0';
	*network = vnl;
	if (colon == NULL)
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
