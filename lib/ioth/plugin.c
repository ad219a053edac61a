/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins: names, loading, checking.
 *
 * ioth_NAME-r.so is re-entrant: the loader keeps one copy in the program's namespace, whatever the
 * number of stacks. ioth_NAME.so may have global state: each stack gets a copy of its own, with all
 * the libraries that it needs, in a private namespace (namespace.c).
 */
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include "error.h"
#include "license.h"
#include "plugin.h"

typedef void *newstack_2_prototype(const char *vnlv[], struct ioth_functions *functions);

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void plugin_lock(void)
{
	pthread_mutex_lock(&lock);
}

void plugin_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void plugin_lock_reset(void)
{
	static const pthread_mutex_t fresh = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

	/* It is locked by the parent's thread, which has another number: nobody can unlock it. */
	memcpy(&lock, &fresh, sizeof(lock));
}

int plugin_name(const char *stack, char name[NAME_MAX], const char **options)
{
	size_t len = strcspn(stack, ",");

	*options = stack[len] == ',' ? stack + len + 1 : NULL;
	/* The name becomes part of a file's name and of C identifiers: with letters, digits and '_'
	 * alone it can leave neither the directory nor the symbols that are its own. */
	for (size_t i = 0; i < len; i++) {
		if (!isascii(stack[i]) || (!isalnum((unsigned char)stack[i]) && stack[i] != '_')) {
			error_set(
			    "the name of a stack has letters, digits and '_' only, then a comma and options");
			return -EINVAL;
		}
	}
	if (len == 0) {
		error_set("a stack's options without its name");
		return -EINVAL;
	}
	if (len + strlen("ioth_-r.so") > NAME_MAX) {
		error_set("the name of a stack is longer than the name of a file can be");
		return -ENAMETOOLONG;
	}
	memcpy(name, stack, len);
	name[len] = '\0';
	return 0;
}

static void *symbol(const struct plugin *plugin, const char *name, const char *function)
{
	char text[sizeof("ioth_") + NAME_MAX + 64];

	snprintf(text, sizeof(text), "ioth_%s_%s", name, function);
	return dlsym(plugin->handle, text);
}

void *plugin_symbol(const struct plugin *plugin, const char *function)
{
	return symbol(plugin, plugin->name, function);
}

/* The licence that the plugin declares, or NULL. NAME_n is another name of NAME: where it has no
 * symbol of its own, the original's counts. */
static const char *plugin_license(const struct plugin *plugin)
{
	const char *const *license = plugin_symbol(plugin, "license");
	size_t len = strlen(plugin->name);
	char original[NAME_MAX];

	if (!license && len > 2 && strcmp(plugin->name + len - 2, "_n") == 0) {
		snprintf(original, sizeof(original), "%.*s", (int)(len - 2), plugin->name);
		license = symbol(plugin, original, "license");
	}
	return license ? *license : NULL;
}

static void load_failed(const struct plugin *plugin, int error)
{
	const char *reason = dlerror();

	if (error == -ENOMEM)
		error_set("no memory");
	else if (error == -EAGAIN)
		error_set("%s: no private namespace is left (the C library has about a dozen, one for each "
		          "stack of a plugin that is not re-entrant)",
		    plugin->path);
	else
		error_set("%s: cannot be loaded: %s", plugin->path, reason ? reason : "unknown reason");
}

/* Was the source of newstack compiled with libioth.h, which means two arguments? The mark that the
 * header leaves counts only in the very object that newstack lies in: dlsym searches the libraries
 * that the plugin needs, too. */
static bool has_two_arguments(const struct plugin *plugin)
{
	const char *mark = dlsym(plugin->handle, "ioth_plugin_abi2");
	Dl_info of_mark, of_newstack;

	return mark && *mark == 2 && dladdr(mark, &of_mark) && dladdr(plugin->newstack, &of_newstack) &&
	       of_mark.dli_fbase == of_newstack.dli_fbase;
}

void plugin_unload(struct plugin *plugin)
{
	if (!plugin->handle)
		return;
	plugin_lock();
	if (plugin->namespace)
		namespace_unload(plugin->namespace, plugin->handle, plugin->path);
	else
		dlclose(plugin->handle);
	plugin_unlock();
	free(plugin->path);
	plugin->handle = NULL;
	plugin->path = NULL;
}

/* A re-entrant plugin stays, linked with -z nodelete or not: it may have threads, and the next
 * stack need not load it again. (Not before it was found to be one: a broken file may be replaced.)
 */
static void keep_for_ever(const struct plugin *plugin)
{
	void *handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);

	if (handle)
		dlclose(handle);
}

static int load(struct plugin *plugin)
{
	bool reentrant;
	int error;

	error = plugin_search(plugin->name, &plugin->path, &reentrant);
	if (error)
		return error;
	plugin->errno_location = NULL;
	plugin->namespace = NULL;
	if (reentrant) {
		plugin->handle = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
		error = plugin->handle ? 0 : -ENOEXEC;
	} else {
		error = namespace_load(plugin->path, &plugin->namespace, &plugin->handle);
	}
	if (error) {
		load_failed(plugin, error);
		goto free_path;
	}
	if (plugin->namespace)
		*(void **)&plugin->errno_location = dlsym(plugin->handle, "__errno_location");
	plugin->newstack = plugin_symbol(plugin, "newstack");
	if (!plugin->newstack) {
		error_set("%s: defines no function ioth_%s_newstack", plugin->path, plugin->name);
		error = -ENOEXEC;
		goto unload;
	}
	*(void **)&plugin->reason = plugin_symbol(plugin, "error");
	*(void **)&plugin->owner = plugin_symbol(plugin, "owner");
	plugin->two_arguments = has_two_arguments(plugin);
	error = license_check(plugin_license(plugin));
	if (error) {
		error_set("%s: its licence, %s, asks for a program that declares a licence compatible with "
		          "it (ioth_set_license)",
		    plugin->path, plugin_license(plugin));
		goto unload;
	}
	if (reentrant)
		keep_for_ever(plugin);
	return 0;

unload:
	plugin_unload(plugin);
	return error;
free_path:
	free(plugin->path);
	plugin->path = NULL;
	return error;
}

int plugin_load(struct plugin *plugin)
{
	int error;

	plugin_lock();
	error = load(plugin);
	plugin_unlock();
	return error;
}

void *plugin_newstack(const struct plugin *plugin, const char *vnlv[], const char *options,
    struct ioth_functions *functions)
{
	union {
		void *symbol;
		newstack_prototype *three;
		newstack_2_prototype *two;
	} newstack = {.symbol = plugin->newstack};
	void *data;

	errno = 0;
	if (plugin->errno_location)
		*plugin->errno_location() = 0;
	if (plugin->two_arguments)
		data = newstack.two(vnlv, functions);
	else
		data = newstack.three(vnlv, options, functions);
	if (data)
		return data;
	if (plugin->errno_location)
		errno = *plugin->errno_location();
	/* Libraries exist that say no without a reason. */
	if (errno == 0)
		errno = EINVAL;
	return NULL;
}

void plugin_newstack_failed(const struct plugin *plugin)
{
	int error = errno;
	const char *reason = plugin->reason ? plugin->reason() : NULL;

	errno = error;
	if (reason && *reason)
		error_set("%s: %s", plugin->path, reason);
	else
		error_set("%s: the plugin makes no stack: %m", plugin->path);
}
