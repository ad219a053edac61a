/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a network cannot be opened, in words. libvdeplug says EPROTONOSUPPORT of a kind that it has
 * no module for; which modules there are is seen in the directory beside it. */
#include "vdelink.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libvdeplug.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX  "libvdeplug_"
#define SUFFIX  ".so"
#define MODULES "vdeplug" /* below the directory of the library */

static int is_module(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 && len > strlen(PREFIX SUFFIX) &&
	       strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

/* "vde, ptp, ..."; "" if that cannot be told. */
static void list_modules(char *text, size_t size)
{
	char path[PATH_MAX];
	struct dirent **entry;
	const char *slash;
	size_t used = 0;
	Dl_info info;
	int count;

	text[0] = '\0';
	if (!dladdr((void *)(uintptr_t)vde_open_real, &info) || !info.dli_fname)
		return;
	slash = strrchr(info.dli_fname, '/');
	if (!slash)
		return;
	snprintf(path, sizeof path, "%.*s/" MODULES, (int)(slash - info.dli_fname), info.dli_fname);
	count = scandir(path, &entry, is_module, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entry[i]->d_name + strlen(PREFIX);

		if (used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%.*s", i ? ", " : "",
			    (int)(strlen(name) - strlen(SUFFIX)), name);
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
}

void vdelink_reason(const char *vnl, int err, char *text, size_t size)
{
	const char *colon = strstr(vnl, "://");
	char modules[256];

	if (err != -EPROTONOSUPPORT || !colon) {
		snprintf(text, size, "%s", strerrordesc_np(-err));
		return;
	}
	list_modules(modules, sizeof modules);
	snprintf(text, size, "libvdeplug knows no network of the kind '%.*s'%s%s",
	    (int)(colon - vnl < 32 ? colon - vnl : 32), vnl, modules[0] ? "; there are " : "", modules);
}
