/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels to the helper, and the few that are kept for the next exchange. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A descriptor and the inode of the socket behind it, so that both are exchanged in one atomic
 * operation; 0 is none. The kernel numbers sockets with 32 bits, from 1 (get_next_ino). */
typedef uint64_t channel_t;

/* The channel that `fd` is; 0 if it is no socket. */
channel_t channel_of(int fd);
int channel_fd(channel_t channel);

/* Whether the descriptor is still that socket. */
bool channel_is_valid(channel_t channel);

/* Closes it if it is. */
void channel_close(channel_t channel);

/* What belongs to the process that started the helper; a forked child finds it empty. */
struct channel_pool {
	atomic_bool own; /* set by the process that made the pool */
	_Atomic channel_t kept[16];
};

/* Returns NULL and errno. channel_pool_free closes the channels. */
struct channel_pool *channel_pool_new(void);
void channel_pool_free(struct channel_pool *pool);

/* Takes a channel that nobody uses, or makes one and sends its other end over `requests`. Returns 0
 * or -errno; -ENETDOWN if `requests` is not that socket any more. Async-signal-safe, as is
 * channel_keep, which gives a channel back. */
int channel_take(struct channel_pool *pool, channel_t requests, channel_t *channel);
void channel_keep(struct channel_pool *pool, channel_t channel);

#endif
