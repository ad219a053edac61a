/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Making the path in a virtual network locator absolute, so that opening it again later finds the
 * same network whatever the program's working directory is then.
 *
 * Only the modules whose address is a path: ptp, hub, switch, vde. A relative name of the last (or
 * without module) may also be that of a switch in one of libvdeplug's default places; it is a path
 * if it exists here. The paths in a "=command" are the shell's business and stay as they are.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"

static const char *const path_modules[] = {"ptp://", "hub://", "switch://"};

static bool exists_here(const char *address)
{
	char *path = strndup(address, strcspn(address, "["));
	bool exists = path != NULL && access(path, F_OK) == 0;

	free(path);
	return exists;
}

/* Where the relative path in `vnl` begins, or NULL if there is none. */
static const char *relative_path(const char *vnl)
{
	const char *address;

	for (size_t i = 0; i < sizeof path_modules / sizeof path_modules[0]; i++) {
		size_t len = strlen(path_modules[i]);

		if (strncmp(vnl, path_modules[i], len) == 0)
			return vnl[len] == '/' || vnl[len] == '\0' ? NULL : vnl + len;
	}
	if (strncmp(vnl, "vde://", 6) == 0)
		address = vnl + 6;
	else if (strstr(vnl, "://") == NULL && vnl[0] != '=')
		address = vnl;
	else
		return NULL;
	return address[0] != '/' && address[0] != '\0' && exists_here(address) ? address : NULL;
}

char *vnl_absolute(const char *vnl)
{
	const char *path = relative_path(vnl);
	char *here, *absolute;

	if (path == NULL)
		return strdup(vnl);
	here = getcwd(NULL, 0);
	if (here == NULL) /* a directory that was removed: nothing better to say than the name */
		return strdup(vnl);
	if (asprintf(&absolute, "%.*s%s/%s", (int)(path - vnl), vnl, here, path) < 0)
		absolute = NULL;
	free(here);
	return absolute;
}
