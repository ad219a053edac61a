/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Preloaded into the tests of instrumented builds: dlopen without RTLD_DEEPBIND.
 *
 * libvdeplug opens its modules with that flag, and the sanitizers end a program that uses it: a
 * library opened so would find the C library's malloc before theirs
 * (https://github.com/google/sanitizers/issues/611). The modules do not need it.
 */
#include <dlfcn.h>
#include <stddef.h>

typedef void *dlopen_function(const char *path, int flags);

void *dlopen(const char *path, int flags)
{
	/* The next one is the sanitizer's, which calls the loader's. */
	dlopen_function *next = (dlopen_function *)dlsym(RTLD_NEXT, "dlopen");

	return next != NULL ? next(path, flags & ~RTLD_DEEPBIND) : NULL;
}
