/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where plugins are looked for:
 *
 *   1. the directories of IOTH_PLUGIN_PATH, separated by colons (uninstalled trees);
 *   2. ~/.ioth;
 *   3. ioth/ in the directory that libioth.so was loaded from.
 *
 * A program that has more rights than its user (set-user-ID and the like, AT_SECURE) looks at the
 * last alone: the others are the user's choice. In each directory ioth_NAME-r.so comes before
 * ioth_NAME.so. The first that exists is taken, so that one that is broken is told of and not
 * silently replaced by another.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include "error.h"
#include "plugin.h"

struct search {
	const char *name;
	char *path; /* what was found */
	bool reentrant;
	char searched[640]; /* the directories, for the message if nothing is found */
};

static void note_searched(struct search *search, const char *dir, size_t len)
{
	size_t used = strlen(search->searched);

	snprintf(search->searched + used, sizeof(search->searched) - used, "%s%.*s", used ? ", " : "",
	    (int)len, dir);
}

/* 0: found; -ENOENT: not here; -ENOMEM. `dir` need not end with NUL. */
static int search_file(struct search *search, const char *dir, size_t len, bool reentrant)
{
	struct stat status;

	if (asprintf(&search->path, "%.*s/ioth_%s%s.so", (int)len, dir, search->name,
	        reentrant ? "-r" : "") < 0)
		return -ENOMEM;
	search->reentrant = reentrant;
	if (stat(search->path, &status) == 0)
		return 0;
	free(search->path);
	return -ENOENT;
}

static int search_dir(struct search *search, const char *dir, size_t len)
{
	int error;

	if (len == 0 || len > PATH_MAX)
		return -ENOENT;
	note_searched(search, dir, len);
	error = search_file(search, dir, len, true);
	if (error == -ENOENT)
		error = search_file(search, dir, len, false);
	return error;
}

/* Empty elements mean nothing (and not, as in PATH, the current directory). */
static int search_path(struct search *search, const char *path)
{
	int error = -ENOENT;

	while (path && error == -ENOENT) {
		size_t len = strcspn(path, ":");

		error = search_dir(search, path, len);
		path = path[len] ? path + len + 1 : NULL;
	}
	return error;
}

static int search_dir_under(struct search *search, const char *base, const char *subdir)
{
	char *dir;
	int error;

	if (asprintf(&dir, "%s/%s", base, subdir) < 0)
		return -ENOMEM;
	error = search_dir(search, dir, strlen(dir));
	free(dir);
	return error;
}

/* HOME, or without it what the user database says. */
static int search_home(struct search *search)
{
	const char *home = getenv("HOME");
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (!home || !*home) {
		if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) != 0 || !found)
			return -ENOENT;
		home = entry.pw_dir;
	}
	if (home[0] != '/')
		return -ENOENT;
	return search_dir_under(search, home, ".ioth");
}

/* The loader made the directory absolute when it loaded us: dladdr's file name may be relative to
 * what was the working directory then. */
static int search_libdir(struct search *search)
{
	char origin[PATH_MAX + 1];
	Dl_info self;
	void *handle;
	int error = -ENOENT;

	if (!dladdr((void *)(uintptr_t)plugin_search, &self))
		return -ENOENT;
	handle = dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		return -ENOENT;
	if (dlinfo(handle, RTLD_DI_ORIGIN, origin) == 0)
		error = search_dir_under(search, origin, "ioth");
	dlclose(handle);
	return error;
}

int plugin_search(const char *name, char **path, bool *reentrant)
{
	struct search search = {.name = name};
	int error = -ENOENT;

	if (!getauxval(AT_SECURE)) {
		error = search_path(&search, getenv("IOTH_PLUGIN_PATH"));
		if (error == -ENOENT)
			error = search_home(&search);
	}
	if (error == -ENOENT)
		error = search_libdir(&search);
	if (error == -ENOENT)
		error_set("no plugin ioth_%s-r.so or ioth_%s.so; searched (IOTH_PLUGIN_PATH first): %s",
		    name, name, search.searched);
	else if (error)
		error_set("no memory");
	if (error)
		return error;
	*path = search.path;
	*reentrant = search.reentrant;
	return 0;
}
