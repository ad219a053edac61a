/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channels to the helper.
 *
 * A channel is kept after an exchange, for the next: that is what makes opening a socket cheap.
 * Each is used by one thread at a time; a thread that finds none makes another one.
 *
 * fork(2) duplicates the descriptors, and two processes on one channel would read each other's
 * answers. So the kept ones are noted in a page that the kernel empties for a forked child
 * (MADV_WIPEONFORK): the child makes its own. This also holds where no fork handler runs (clone,
 * _Fork). The parent's channels stay open in the child, unused, until it closes them or executes
 * another program.
 *
 * The program may close all descriptors (closefrom(3)) and open others with the same numbers. So a
 * descriptor is used only if the inode behind it is still that of our socket.
 */
#include "channel.h"

#include <errno.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "helper_protocol.h"
#include "standard.h"

#define KEPT_MAX (sizeof(((struct channel_pool *)0)->kept) / sizeof(channel_t))

channel_t channel_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	return (uint64_t)(uint32_t)st.st_ino << 32 | (uint32_t)fd;
}

int channel_fd(channel_t channel)
{
	return (int)(uint32_t)channel;
}

bool channel_is_valid(channel_t channel)
{
	return channel != 0 && channel_of(channel_fd(channel)) == channel;
}

void channel_close(channel_t channel)
{
	if (channel_is_valid(channel))
		close(channel_fd(channel));
}

struct channel_pool *channel_pool_new(void)
{
	struct channel_pool *pool;
	int err;

	pool = mmap(NULL, sizeof(*pool), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool == MAP_FAILED)
		return NULL;
	if (madvise(pool, sizeof(*pool), MADV_WIPEONFORK) < 0) {
		err = errno;
		munmap(pool, sizeof(*pool));
		errno = err;
		return NULL;
	}
	atomic_store(&pool->own, true);
	return pool;
}

void channel_pool_free(struct channel_pool *pool)
{
	size_t i;

	for (i = 0; i < KEPT_MAX; i++)
		channel_close(atomic_exchange(&pool->kept[i], 0));
	munmap(pool, sizeof(*pool));
}

static int channel_new(channel_t requests, channel_t *channel)
{
	int pair[2], err;
	char byte = 0;

	if (!channel_is_valid(requests))
		return -ENETDOWN;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	err = helper_send(channel_fd(requests), &byte, sizeof(byte), &pair[1], 1, 0);
	close(pair[1]);
	if (err < 0) {
		close(pair[0]);
		return err;
	}
	pair[0] = standard_avoid(pair[0]);
	if (pair[0] < 0)
		return pair[0];
	*channel = channel_of(pair[0]);
	return 0;
}

int channel_take(struct channel_pool *pool, channel_t requests, channel_t *channel)
{
	size_t i;

	for (i = 0; i < KEPT_MAX; i++) {
		if (atomic_load_explicit(&pool->kept[i], memory_order_relaxed) == 0)
			continue;
		*channel = atomic_exchange(&pool->kept[i], 0);
		if (channel_is_valid(*channel))
			return 0;
	}
	return channel_new(requests, channel);
}

void channel_keep(struct channel_pool *pool, channel_t channel)
{
	size_t i;

	for (i = 0; i < KEPT_MAX; i++) {
		channel_t none = 0;

		if (atomic_load_explicit(&pool->kept[i], memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&pool->kept[i], &none, channel))
			return;
	}
	close(channel_fd(channel));
}
