/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private namespaces of the loader, one for each stack of a plugin with global state.
 *
 * The C library has about a dozen (DL_NNS), and one is free again when nothing is loaded in it any
 * more. An object linked with -z nodelete stays for ever: our re-entrant plugins do, when they are
 * loaded here by their other name (ioth_NAME_n.so). Such a namespace is kept, and the next stack of
 * the same plugin gets it: a re-entrant plugin does not mind.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plugin.h"
#include "table.h"

/* A namespace whose plugin cannot be unloaded and that no stack uses. */
struct spare {
	struct spare *next;
	void *handle;
	char path[];
};

static struct spare *spares; /* under table_lock */

static void *spare_take(const char *path)
{
	struct spare **link, *spare;
	void *handle = NULL;

	table_lock();
	for (link = &spares; *link && strcmp((*link)->path, path) != 0; link = &(*link)->next)
		;
	spare = *link;
	if (spare)
		*link = spare->next;
	table_unlock();
	if (spare)
		handle = spare->handle;
	free(spare);
	return handle;
}

static void spare_keep(void *handle, const char *path)
{
	size_t size = strlen(path) + 1;
	struct spare *spare = malloc(sizeof(*spare) + size);

	if (!spare)
		return; /* one namespace less */
	spare->handle = handle;
	memcpy(spare->path, path, size);
	table_lock();
	spare->next = spares;
	spares = spare;
	table_unlock();
}

static bool is_nodelete(void *handle)
{
	struct link_map *map;

	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		return false;
	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_FLAGS_1)
			return entry->d_un.d_val & DF_1_NODELETE;
	}
	return false;
}

void *namespace_load(const char *path)
{
	void *handle = spare_take(path);

	return handle ? handle : dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
}

bool namespace_is_left(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);
	void *handle;

	/* Without a descriptor nothing can be loaded at all. */
	if (fd < 0)
		return true;
	close(fd);
	handle = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_LAZY);
	if (!handle)
		return false;
	dlclose(handle);
	return true;
}

void namespace_unload(void *handle, const char *path)
{
	if (is_nodelete(handle))
		spare_keep(handle, path);
	else
		dlclose(handle);
}
