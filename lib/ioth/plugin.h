/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins: shared objects that define a stack. */
#ifndef IOTH_PLUGIN_H
#define IOTH_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <limits.h>

struct ioth_functions;
struct namespace;
struct stack_calls;

/* A loaded plugin. A stack has one of its own; the loader counts for those that are shared. */
struct plugin {
	void *handle;
	char *path;
	struct namespace *namespace;  /* a private one; NULL: it shares ours */
	int *(*errno_location)(void); /* of its private namespace, or NULL */
	void *newstack;
	const char *(*reason)(void); /* ioth_NAME_error, or NULL */
	void *(*owner)(int fd);      /* ioth_NAME_owner, or NULL */
	bool two_arguments;          /* newstack is of the older form, without options */
	char name[NAME_MAX];
};

/* Whoever calls the loader holds this lock, so that no thread of ours is inside of the loader when
 * the process forks: its child could never use the loader again. Recursive: objects have
 * constructors, which may make stacks, or fork. Taken before table_lock. */
void plugin_lock(void);
void plugin_unlock(void);

/* In the child of a fork. */
void plugin_lock_reset(void);

/* Reads the name off the front of "NAME,options". Returns 0, -EINVAL (it is none) or -ENAMETOOLONG;
 * `options` is set to what follows the comma, or NULL. */
int plugin_name(const char *stack, char name[NAME_MAX], const char **options);

/* Finds, loads and checks plugin->name. 0, or -ENOENT, -ENOEXEC, -EPERM, -EAGAIN, -ENOMEM and the
 * thread's error text. plugin_unload undoes it. */
int plugin_load(struct plugin *plugin);
void plugin_unload(struct plugin *plugin);

/* The symbol ioth_NAME_<function> of a plugin, or NULL. */
void *plugin_symbol(const struct plugin *plugin, const char *function);

/* Calls the plugin's newstack, in the form that it has. Without plugin_lock: it may take long. */
void *plugin_newstack(const struct plugin *plugin, const char *vnlv[], const char *options,
    struct ioth_functions *functions);

/* Sets the thread's error text to what the plugin says, or what errno does. */
void plugin_newstack_failed(const struct plugin *plugin);

/* search.c: the file of a plugin. 0 and its path, for the caller to free, and whether it is the
 * re-entrant kind; or -ENOENT, -ENOMEM and the thread's error text. */
int plugin_search(const char *name, char **path, bool *reentrant);

/* namespace.c: loads an object in a private namespace, which is its own until it is unloaded. 0;
 * -ENOEXEC: dlerror tells why; -EAGAIN: no namespace is left; -ENOMEM. Under plugin_lock. */
int namespace_load(const char *path, struct namespace **namespace, void **handle);
void namespace_unload(struct namespace *namespace, void *handle, const char *path);

/* plugin_fill.c: gives the entries that newstack left unset the plugin's symbols, then functions
 * made from what is set. */
void plugin_fill(const struct plugin *plugin, struct stack_calls *calls);

/* fallback.c: gives entries without a function one that is made from others. */
void fallback_fill(struct stack_calls *calls);

#endif
