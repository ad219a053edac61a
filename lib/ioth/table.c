/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor table: registering, finding and forgetting descriptors. See table.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "stack.h"
#include "table.h"

_Atomic(struct slot *) table_chunks[TABLE_CHUNKS];

static unsigned int chunks_used; /* one more than the highest chunk that exists; under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void table_lock(void)
{
	pthread_mutex_lock(&lock);
}

void table_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* As table_slot, making the chunk. */
static int slot_new(int fd, struct slot **slot)
{
	unsigned int index = (unsigned int)fd >> TABLE_CHUNK_BITS;
	struct slot *chunk;

	*slot = table_slot(fd);
	if (*slot)
		return 0;
	if (fd < 0 || index >= TABLE_CHUNKS)
		return -EMFILE;
	chunk = aligned_alloc(_Alignof(struct slot), TABLE_CHUNK_SIZE * sizeof(*chunk));
	if (!chunk)
		return -ENOMEM;
	memset(chunk, 0, TABLE_CHUNK_SIZE * sizeof(*chunk));
	atomic_store_explicit(&table_chunks[index], chunk, memory_order_release);
	if (chunks_used <= index)
		chunks_used = index + 1;
	*slot = table_slot(fd);
	return 0;
}

static bool slot_live(struct slot *slot)
{
	return slot_is_live(atomic_load_explicit(&slot->state, memory_order_relaxed));
}

static struct ioth *slot_stack(struct slot *slot)
{
	return atomic_load_explicit(&slot->stack, memory_order_relaxed);
}

static bool slot_is_of(const struct slot *slot, const struct stat *status)
{
	return slot->device == status->st_dev && slot->inode == status->st_ino;
}

static bool slot_is_stale(const struct slot *slot, int fd)
{
	struct stat status;

	return fstat(fd, &status) < 0 || !slot_is_of(slot, &status);
}

/* live -> ghost */
static void slot_close(struct slot *slot)
{
	uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
	uint64_t closed = (uint64_t)(slot_generation(state) + 1) << 32;

	state = atomic_exchange_explicit(&slot->state, closed, memory_order_acq_rel);
	atomic_fetch_add_explicit(
	    &slot_stack(slot)->inside, (int)(uint32_t)state, memory_order_relaxed);
}

/* ghost -> live */
static void slot_revive(struct slot *slot)
{
	uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);

	slot->closing = false;
	atomic_store_explicit(
	    &slot->state, (uint64_t)(slot_generation(state) + 1) << 32, memory_order_release);
}

/* any -> empty */
static void slot_clear(struct slot *slot)
{
	if (slot_live(slot))
		slot_close(slot);
	if (slot_stack(slot))
		slot_stack(slot)->slots--;
	atomic_store_explicit(&slot->stack, NULL, memory_order_relaxed);
	slot->device = 0;
	slot->inode = 0;
	slot->unique = false;
	slot->closing = false;
}

/* any -> live */
static void slot_set(struct slot *slot, struct ioth *stack, const struct stat *status)
{
	slot_clear(slot);
	atomic_store_explicit(&slot->stack, stack, memory_order_relaxed);
	stack->slots++;
	slot->device = status->st_dev;
	slot->inode = status->st_ino;
	/* Anonymous inodes (eventfd, epoll) are shared by all of their kind, those of a pipe by its
	 * two ends: they cannot tell whose a descriptor is. */
	slot->unique = S_ISSOCK(status->st_mode);
	slot_revive(slot);
}

int table_add(int fd, struct ioth *stack)
{
	struct stat status;
	struct slot *slot;
	int error;

	if (fstat(fd, &status) < 0)
		return -errno;
	table_lock();
	error = slot_new(fd, &slot);
	if (!error)
		/* Whatever lived here was closed behind our back: the number is new. */
		slot_set(slot, stack, &status);
	table_unlock();
	return error;
}

static struct slot *find_inode(const struct stat *status)
{
	for (unsigned int i = 0; i < chunks_used; i++) {
		struct slot *chunk = atomic_load_explicit(&table_chunks[i], memory_order_relaxed);

		for (unsigned int j = 0; chunk && j < TABLE_CHUNK_SIZE; j++) {
			if (chunk[j].unique && slot_is_of(&chunk[j], status))
				return &chunk[j];
		}
	}
	return NULL;
}

int table_find(int fd)
{
	struct slot *slot, *twin;
	struct stat status;
	int error;

	if (fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
		return -EBADF;
	table_lock();
	error = -EBADF;
	slot = table_slot(fd);
	if (slot && slot_live(slot)) {
		error = 0; /* another thread was here first */
		goto out;
	}
	if (slot && slot->closing && slot_is_of(slot, &status))
		goto out; /* its ghost: another thread is about to close this very descriptor */
	twin = find_inode(&status);
	if (!twin)
		goto out;
	error = slot_new(fd, &slot);
	if (!error)
		slot_set(slot, slot_stack(twin), &status);
out:
	table_unlock();
	return error;
}

int table_close_begin(int fd, struct slot *slot, uint32_t generation)
{
	int error = 0;

	table_lock();
	if (slot_generation(atomic_load(&slot->state)) != generation) {
		error = -EBADF;
	} else if (slot_is_stale(slot, fd)) {
		slot_clear(slot);
		error = -ESTALE;
	} else {
		slot_close(slot);
		slot->closing = true;
	}
	table_unlock();
	return error;
}

void table_close_end(int fd, struct slot *slot, uint32_t generation, bool failed)
{
	table_lock();
	/* If it moved on, the number is in use again. */
	if (slot_generation(atomic_load(&slot->state)) == generation + 1) {
		slot->closing = false;
		if (failed && !slot_is_stale(slot, fd))
			slot_revive(slot);
	}
	table_unlock();
}

bool table_check(int fd, struct slot *slot, uint32_t generation)
{
	bool stale = false;

	table_lock();
	if (slot_generation(atomic_load(&slot->state)) == generation)
		stale = slot_is_stale(slot, fd);
	if (stale)
		slot_clear(slot);
	table_unlock();
	return stale;
}

int table_forget_stack(struct ioth *stack)
{
	bool open = false;

	/* Twice over: first the stale ones, then, if nothing is in the way, the ghosts. */
	for (int pass = 0; pass < 2 && stack->slots; pass++) {
		for (unsigned int i = 0; i < TABLE_CHUNK_SIZE * chunks_used; i++) {
			struct slot *slot = table_slot((int)i);

			if (!slot || slot_stack(slot) != stack)
				continue;
			if (slot_live(slot) && !slot_is_stale(slot, (int)i))
				open = true;
			else if (slot_live(slot) || pass == 1)
				slot_clear(slot);
		}
		if (open || atomic_load_explicit(&stack->inside, memory_order_acquire))
			return -EBUSY;
	}
	return atomic_load_explicit(&stack->inside, memory_order_acquire) ? -EBUSY : 0;
}

void table_reset_calls(void)
{
	for (unsigned int i = 0; i < TABLE_CHUNK_SIZE * chunks_used; i++) {
		struct slot *slot = table_slot((int)i);

		if (slot)
			atomic_fetch_and(&slot->state, ~(uint64_t)UINT32_MAX);
	}
}
