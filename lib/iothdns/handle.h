/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A resolver's handle. Its lock guards which configuration, cache and paths it has now; whoever
 * looks something up takes references, or a copy, and lets it go. */
#ifndef IOTHDNS_HANDLE_H
#define IOTHDNS_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <iothdns.h>

#include "cache.h"
#include "config.h"
#include "dialog.h"
#include "text.h"

struct iothdns {
	struct ioth *stack;
	pthread_mutex_t lock;
	struct config *config;
	struct cache *cache;            /* NULL: none */
	char *paths[IOTHDNS_PATH_SIZE]; /* NULL: the default one */
	atomic_uint turn;               /* options rotate */
};

/* The configuration now: a reference. */
struct config *handle_config(struct iothdns *dns);

/* A file of the handle, as text_read_file. */
int handle_read(struct iothdns *dns, enum iothdns_pathtag tag, char **memory, struct text *text);

/* Begins a look-up. 0 or -errno; then there is nothing to end. */
int handle_dialog(struct iothdns *dns, struct dialog *dialog, const char *name, uint16_t type,
    unsigned int flags);

#endif
