/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The descriptor table: which stack a descriptor belongs to.
 *
 * Slots lie in chunks that are never freed, so a reader needs no lock to look at one. A slot is
 *
 *     empty   even generation, no stack
 *     live    odd generation; stack and inode describe the open socket
 *     ghost   even generation; stack and inode of a socket that was closed here. A duplicate made
 *             by plain dup(2) may still be open and unknown: it is found by the ghost's inode,
 *             until the number is used again or the stack is deleted.
 *
 * Who enters (call.h) reads the generation, the stack, and the generation again: if it is the same
 * odd number, the stack is the one of that time. A stack is deleted when no slot of it is live and
 * no thread is inside.
 *
 * Descriptors may also be closed, duplicated and replaced behind our back by close(2) and dup2(2).
 * A slot of such a descriptor is stale: it says live, and fstat says otherwise. Staleness is found
 * out when the number is registered again, at ioth_close, when a call fails in a way that suggests
 * it, and when the stack is deleted; the data path does not look. Where the plugin has a function
 * `owner`, that says so instead of fstat.
 */
#ifndef IOTH_TABLE_H
#define IOTH_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ioth;

struct slot {
	_Atomic(uint32_t) generation;
	_Atomic(struct ioth *) stack; /* changes while not live */

	/* Under table_lock. */
	dev_t device;
	ino_t inode;
	bool unique;  /* a socket: nothing else that is open has its inode */
	bool closing; /* ghost: ioth_close is inside the plugin, the number may still be open */
};

#define TABLE_CHUNK_BITS 8
#define TABLE_CHUNK_SIZE (1U << TABLE_CHUNK_BITS)
#define TABLE_CHUNKS     (1U << 16) /* 16 million descriptors */

extern _Atomic(struct slot *) table_chunks[TABLE_CHUNKS];

static inline bool slot_is_live(uint32_t generation)
{
	return generation & 1;
}

/* The slot of a descriptor, or NULL if there never was one. */
static inline struct slot *table_slot(int fd)
{
	unsigned int number = (unsigned int)fd;
	struct slot *chunk;

	if (number >= TABLE_CHUNK_SIZE * TABLE_CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&table_chunks[number >> TABLE_CHUNK_BITS], memory_order_acquire);
	return chunk ? &chunk[number % TABLE_CHUNK_SIZE] : NULL;
}

/* The library's one lock: the table's slots, the lists of stacks and callers, the default
 * stack, the log function. Never held across a call of a plugin (but ioth_NAME_owner, which calls
 * and waits for nobody), the loader or the user. */
void table_lock(void);
void table_unlock(void);

/* Registers a descriptor that the stack has just made. -EBADF: it is not open; -EMFILE, -ENOMEM. */
int table_add(int fd, struct ioth *stack);

/* Looks for the socket of a descriptor that has no live slot, by inode or by asking the plugins,
 * and registers it. Returns 0 if there is a live slot now, or -EBADF, -ENOMEM. */
int table_find(int fd);

/* Takes the descriptor out of the table in order to close it; only one thread succeeds. -EBADF: the
 * slot is not of that generation any more. -ESTALE: it was not true, and is dropped. */
int table_close_begin(int fd, struct slot *slot, uint32_t generation);

/* After the plugin's close: puts the slot back if `failed` and the socket is still there. */
void table_close_end(int fd, struct slot *slot, uint32_t generation, bool failed);

/* Drops the slot if it is stale; returns true if so. */
bool table_check(int fd, struct slot *slot, uint32_t generation);

/* Forgets all slots of a stack. -EBUSY: a socket of it is open, or somebody is inside. table_lock
 * is held. */
int table_forget_stack(struct ioth *stack);

#endif
