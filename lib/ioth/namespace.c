/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private namespaces of the loader, one for each stack of a plugin with global state.
 *
 * The C library has about a dozen (DL_NNS), and each has a C library of its own, whose thread-local
 * variables take a place in the static block that all threads have. That place is what makes
 * namespaces precious: unloading gives it back only if it is the last one, so where stacks are not
 * deleted in the reverse order of their making it is lost, and after some tens of stacks dlmopen
 * fails for ever ("cannot allocate memory in static TLS block"). So a namespace once made keeps its
 * C library. Only the plugin, with the libraries that it needs, is unloaded with its stack, and
 * loaded anew, as fresh as the first time, for the next.
 *
 * An object linked with -z nodelete stays for ever: our re-entrant plugins do, when they are loaded
 * here by their other name (ioth_NAME_n.so). The next stack of the same plugin gets its namespace:
 * a re-entrant plugin does not mind. Where another library refuses to go, its state is not fresh
 * any more, and the namespace is not used again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/lib-names.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "plugin.h"

struct namespace
{
	struct namespace *next; /* in `unused` */
	Lmid_t id;
	void *library;  /* its C library */
	void *plugin;   /* one that cannot be unloaded, or NULL */
	char *path;     /* of that plugin */
	size_t objects; /* of the C library alone */
};

/* Of all stacks: what is here must be found by the next one. Under plugin_lock. */
static struct namespace *unused;

/* How many objects are loaded where this one is? */
static size_t count_objects(void *handle)
{
	struct link_map *map;
	size_t count = 0;

	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) < 0)
		return 0;
	while (map->l_prev)
		map = map->l_prev;
	for (; map; map = map->l_next)
		count++;
	return count;
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

/* Takes one that has the plugin, or one that has none. */
static struct namespace *take_unused(const char *path)
{
	struct namespace **found = NULL, *namespace;

	for (struct namespace **link = &unused; *link; link = &(*link)->next) {
		if ((*link)->plugin && strcmp((*link)->path, path) != 0)
			continue;
		found = link;
		if ((*link)->plugin)
			break;
	}
	if (!found)
		return NULL;
	namespace = *found;
	*found = namespace->next;
	return namespace;
}

/* Nothing of it is used any more; it is used again if nothing is left there but what may be. */
static void release(struct namespace *namespace)
{
	if (namespace->plugin || count_objects(namespace->library) == namespace->objects) {
		namespace->next = unused;
		unused = namespace;
		return;
	}
	dlclose(namespace->library);
	free(namespace);
}

/* Why is there none? The loader's message is translated and cannot be compared, but without a
 * descriptor nothing can be loaded at all. */
static int creation_error(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd < 0)
		return -ENOEXEC;
	close(fd);
	return -EAGAIN;
}

static int namespace_new(struct namespace **made)
{
	struct namespace *namespace = calloc(1, sizeof(*namespace));
	int error;

	if (!namespace)
		return -ENOMEM;
	namespace->library = dlmopen(LM_ID_NEWLM, LIBC_SO, RTLD_NOW | RTLD_LOCAL);
	if (!namespace->library) {
		error = creation_error();
		goto free_namespace;
	}
	if (dlinfo(namespace->library, RTLD_DI_LMID, &namespace->id) < 0) {
		error = -ENOEXEC;
		goto unload;
	}
	namespace->objects = count_objects(namespace->library);
	*made = namespace;
	return 0;

unload:
	dlclose(namespace->library);
free_namespace:
	free(namespace);
	return error;
}

int namespace_load(const char *path, struct namespace **result, void **handle)
{
	struct namespace *namespace = take_unused(path);
	int error;

	if (!namespace) {
		error = namespace_new(&namespace);
		if (error)
			return error;
	}
	*handle = namespace->plugin;
	if (!*handle)
		*handle = dlmopen(namespace->id, path, RTLD_NOW | RTLD_LOCAL);
	if (!*handle) {
		release(namespace);
		return -ENOEXEC;
	}
	*result = namespace;
	return 0;
}

void namespace_unload(struct namespace *namespace, void *handle, const char *path)
{
	char *kept = NULL;

	if (!namespace->plugin && is_nodelete(handle))
		kept = strdup(path);
	if (kept) {
		namespace->plugin = handle;
		namespace->path = kept;
	} else if (!namespace->plugin) {
		dlclose(handle);
	}
	release(namespace);
}
