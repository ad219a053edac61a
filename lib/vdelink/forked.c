/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors of the library that a child gets by fork(2) and can do nothing with.
 *
 * A link is its maker's: threads that serve it are not in the child. But as long as a child that
 * does not call exec has a link's socket open, a switch has a port that nobody reads, and a network
 * does not see that the parent has left. So they are closed there, in the child of the fork, by
 * number; so are the ends that the user-space stack keeps of its sockets' pairs
 * (stack/run/inner.c).
 *
 * A table of what each number means, without a lock. What is made or closed at the moment of the
 * fork by another thread may stay open in the child, as it did always. Programs may close what they
 * did not open (closefrom(3)) and get the same numbers for files of their own: those are let alone.
 */
#include "forked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>

#define CHUNK  512
#define CHUNKS 2048 /* a million descriptors */

/* What a number means; 0: nothing of ours. */
typedef _Atomic uint64_t slot;

static _Atomic(slot *) chunks[CHUNKS]; /* never freed */

static slot *slot_of(int fd)
{
	size_t index = (size_t)fd / CHUNK;
	slot *chunk, *expected = NULL;

	if (fd < 0 || index >= CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[index], memory_order_acquire);
	if (!chunk) {
		chunk = calloc(CHUNK, sizeof(*chunk));
		if (chunk && !atomic_compare_exchange_strong(&chunks[index], &expected, chunk)) {
			free(chunk);
			chunk = expected;
		}
	}
	return chunk ? &chunk[(size_t)fd % CHUNK] : NULL;
}

/* 0: it is not open. FNV-1a over what tells files apart; those without an inode of their own
 * (eventfd, io_uring) differ by kind. */
static uint64_t identity(int fd)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char path[32], kind[64];
	struct stat status;
	ssize_t len = 0;

	if (fstat(fd, &status) < 0)
		return 0;
	if (!(status.st_mode & S_IFMT)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, kind, sizeof(kind));
	}
	hash = (hash ^ (uint64_t)status.st_dev) * UINT64_C(0x100000001b3);
	hash = (hash ^ (uint64_t)status.st_ino) * UINT64_C(0x100000001b3);
	for (ssize_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)kind[i]) * UINT64_C(0x100000001b3);
	return hash ? hash : 1;
}

static void fork_child(void)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);

		for (size_t j = 0; chunk && j < CHUNK; j++) {
			uint64_t was = atomic_exchange(&chunk[j], 0);
			int fd = (int)(i * CHUNK + j);

			if (was && identity(fd) == was)
				close(fd);
		}
	}
}

static void hook_fork(void)
{
	pthread_atfork(NULL, NULL, fork_child);
}

void forked_add(int fd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	slot *at = slot_of(fd);

	pthread_once(&once, hook_fork);
	if (at)
		atomic_store(at, identity(fd));
}

void forked_remove(int fd)
{
	slot *at = slot_of(fd);

	if (at)
		atomic_store(at, 0);
}
