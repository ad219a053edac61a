/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor table: registering, finding and forgetting descriptors. See table.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "call.h"
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
	chunk = calloc(TABLE_CHUNK_SIZE, sizeof(*chunk));
	if (!chunk)
		return -ENOMEM;
	atomic_store_explicit(&table_chunks[index], chunk, memory_order_release);
	if (chunks_used <= index)
		chunks_used = index + 1;
	*slot = table_slot(fd);
	return 0;
}

static uint32_t slot_generation(struct slot *slot)
{
	return atomic_load_explicit(&slot->generation, memory_order_relaxed);
}

static bool slot_live(struct slot *slot)
{
	return slot_is_live(slot_generation(slot));
}

static struct ioth *slot_stack(struct slot *slot)
{
	return atomic_load_explicit(&slot->stack, memory_order_relaxed);
}

static bool slot_is_of(const struct slot *slot, const struct stat *status)
{
	return slot->device == status->st_dev && slot->inode == status->st_ino;
}

/* Does the number mean something else by now? A plugin knows better than we do if its descriptors
 * may become other objects of the kernel's. */
static bool slot_is_stale(struct slot *slot, int fd)
{
	const struct ioth *stack = slot_stack(slot);
	struct stat status;

	if (stack->plugin.owner)
		return stack->plugin.owner(fd) != stack->data;
	return fstat(fd, &status) < 0 || !slot_is_of(slot, &status);
}

/* live <-> ghost */
static void slot_switch(struct slot *slot)
{
	atomic_fetch_add_explicit(&slot->generation, 1, memory_order_acq_rel);
	slot->closing = false;
}

/* any -> empty */
static void slot_clear(struct slot *slot)
{
	if (slot_live(slot))
		slot_switch(slot);
	if (slot_stack(slot))
		slot_stack(slot)->slots--;
	atomic_store_explicit(&slot->stack, NULL, memory_order_release);
	slot->device = 0;
	slot->inode = 0;
	slot->unique = false;
	slot->closing = false;
}

/* any -> live */
static void slot_set(struct slot *slot, struct ioth *stack, const struct stat *status)
{
	slot_clear(slot);
	atomic_store_explicit(&slot->stack, stack, memory_order_release);
	stack->slots++;
	slot->device = status->st_dev;
	slot->inode = status->st_ino;
	/* Anonymous inodes (eventfd, epoll) are shared by all of their kind, those of a pipe by its
	 * two ends: they cannot tell whose a descriptor is. */
	slot->unique = S_ISSOCK(status->st_mode);
	slot_switch(slot);
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
	struct ioth *stack;
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
	stack = twin ? slot_stack(twin) : stack_owner(fd);
	/* A copy of what was closed meanwhile: who knows better counts (slot_is_stale). */
	if (!stack || (stack->plugin.owner && stack->plugin.owner(fd) != stack->data))
		goto out;
	error = slot_new(fd, &slot);
	if (!error)
		slot_set(slot, stack, &status);
out:
	table_unlock();
	return error;
}

int table_close_begin(int fd, struct slot *slot, uint32_t generation)
{
	int error = 0;

	table_lock();
	if (slot_generation(slot) != generation) {
		error = -EBADF;
	} else if (slot_is_stale(slot, fd)) {
		slot_clear(slot);
		error = -ESTALE;
	} else {
		slot_switch(slot);
		slot->closing = true;
	}
	table_unlock();
	return error;
}

void table_close_end(int fd, struct slot *slot, uint32_t generation, bool failed)
{
	table_lock();
	/* If it moved on, the number is in use again. */
	if (slot_generation(slot) == generation + 1) {
		slot->closing = false;
		if (failed && !slot_is_stale(slot, fd))
			slot_switch(slot);
	}
	table_unlock();
}

bool table_check(int fd, struct slot *slot, uint32_t generation)
{
	bool stale = false;

	table_lock();
	if (slot_generation(slot) == generation)
		stale = slot_is_stale(slot, fd);
	if (stale)
		slot_clear(slot);
	table_unlock();
	return stale;
}

int table_forget_stack(struct ioth *stack)
{
	/* Twice over: first the stale ones, then, if nothing is in the way, the ghosts. */
	for (int pass = 0; pass < 2; pass++) {
		bool open = false;

		for (unsigned int i = 0; stack->slots && i < TABLE_CHUNK_SIZE * chunks_used; i++) {
			struct slot *slot = table_slot((int)i);

			if (!slot || slot_stack(slot) != stack)
				continue;
			if (slot_live(slot) && !slot_is_stale(slot, (int)i))
				open = true;
			else if (slot_live(slot) || pass == 1)
				slot_clear(slot);
		}
		if (pass == 0 && (open || call_anyone_inside(stack)))
			return -EBUSY;
	}
	return 0;
}
