/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors of the library that a child gets by fork(2) and can do nothing with.
 *
 * A link is its maker's: threads that serve it are not in the child. But as long as a child that
 * does not call exec has a link's socket open, a switch has a port that nobody reads, and a network
 * does not see that the parent has left. So they are closed there, in the child of the fork, by
 * number; so are the ends that the user-space stack keeps of its sockets' pairs
 * (stack/run/inner.c).
 *
 * A set of numbers, without a lock: one bit each. What is made or closed at the moment of the fork
 * by another thread may stay open in the child, as it did always; nothing else is closed in its
 * place, since a number leaves the set before it is closed.
 */
#include "forked.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define BITS        64
#define CHUNK_WORDS 64 /* 4096 descriptors */
#define CHUNKS      256

typedef _Atomic uint64_t word;

static _Atomic(word *) chunks[CHUNKS]; /* never freed */

static word *word_of(int fd)
{
	size_t index = (size_t)fd / BITS / CHUNK_WORDS;
	word *chunk, *expected = NULL;

	if (index >= CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[index], memory_order_acquire);
	if (!chunk) {
		chunk = calloc(CHUNK_WORDS, sizeof(*chunk));
		if (chunk && !atomic_compare_exchange_strong(&chunks[index], &expected, chunk)) {
			free(chunk);
			chunk = expected;
		}
	}
	return chunk ? &chunk[(size_t)fd / BITS % CHUNK_WORDS] : NULL;
}

static void fork_child(void)
{
	for (size_t i = 0; i < CHUNKS; i++) {
		word *chunk = atomic_load(&chunks[i]);

		for (size_t j = 0; chunk && j < CHUNK_WORDS; j++) {
			uint64_t bits = atomic_exchange(&chunk[j], 0);

			for (; bits; bits &= bits - 1)
				close((int)((i * CHUNK_WORDS + j) * BITS) + __builtin_ctzll(bits));
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
	word *bits = fd >= 0 ? word_of(fd) : NULL;

	pthread_once(&once, hook_fork);
	if (bits)
		atomic_fetch_or(bits, UINT64_C(1) << (unsigned int)fd % BITS);
}

void forked_remove(int fd)
{
	word *bits = fd >= 0 ? word_of(fd) : NULL;

	if (bits)
		atomic_fetch_and(bits, ~(UINT64_C(1) << (unsigned int)fd % BITS));
}
