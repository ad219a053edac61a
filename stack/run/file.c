/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors: which socket a number means.
 *
 * A table of chunks that are never freed; a slot is one word, a pointer whose lowest bit is the
 * slot's own lock. A call takes it just to add a reference to the file, so that calls on different
 * descriptors share nothing here.
 *
 * Programs may treat the descriptors as what they are, the kernel's: after dup(2) a new number is
 * found by its inode, once; one that was closed by close(2) is noticed when its number is given to
 * another socket, when the pair's other end finds it gone, and when the stack is deleted.
 *
 * In a forked child the table is empty: its descriptors give EBADF.
 */
#include "lead.h"
#include "readiness_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>

#define CHUNK_SLOTS 1024
#define CHUNKS      1024 /* a million descriptors: the kernel's fs.nr_open, unless raised */
#define LOCKED      ((uintptr_t)1)

typedef _Atomic uintptr_t slot;

static _Atomic(slot *) chunks[CHUNKS];

static slot *slot_of(int fd, bool make)
{
	slot *chunk, *expected = NULL;

	if (fd < 0 || fd >= CHUNKS * CHUNK_SLOTS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[fd / CHUNK_SLOTS], memory_order_acquire);
	if (!chunk && make) {
		chunk = calloc(CHUNK_SLOTS, sizeof(*chunk));
		if (chunk && !atomic_compare_exchange_strong(&chunks[fd / CHUNK_SLOTS], &expected, chunk)) {
			free(chunk);
			chunk = expected;
		}
	}
	return chunk ? &chunk[fd % CHUNK_SLOTS] : NULL;
}

static struct file *slot_lock(slot *at)
{
	uintptr_t word;

	for (;;) {
		word = atomic_load_explicit(at, memory_order_relaxed) & ~LOCKED;
		if (atomic_compare_exchange_weak_explicit(
		        at, &word, word | LOCKED, memory_order_acquire, memory_order_relaxed))
			return (struct file *)word;
	}
}

static void slot_unlock(slot *at, struct file *file)
{
	atomic_store_explicit(at, (uintptr_t)file, memory_order_release);
}

/* ---- fork ---- */

static void fork_child(void)
{
	for (unsigned int i = 0; i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);
		for (unsigned int j = 0; chunk && j < CHUNK_SLOTS; j++)
			atomic_store(&chunk[j], 0);
	}
}

static void hook_fork(void)
{
	pthread_atfork(NULL, NULL, fork_child);
}

/* ---- files ---- */

void file_unref(struct file *file)
{
	struct picox *stack = file->stack;

	if (atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel) != 1)
		return;
	runtime_lock(stack);
	stack->file_count--;
	pthread_cond_broadcast(&stack->file_freed);
	runtime_unlock(stack);
	free(file);
}

/* Adds a reference that the table counts. */
static void put(slot *at, struct file *file)
{
	struct file *old = slot_lock(at);

	slot_unlock(at, file);
	/* Its number was closed behind our back, and the kernel gave it to this one. */
	if (old) {
		runtime_lock(old->stack);
		old->stack->file_died = true;
		old->readiness.tokens = 0;
		if (old->numbers-- == 1)
			old->readiness.shown |= POLLNVAL;
		runtime_leave(old->stack);
		file_unref(old);
	}
}

/* Closes the socket; the descriptor is the caller's business. The lock is held. */
static void shut_file(struct file *file)
{
	struct picox *stack = file->stack;

	if (!file->sock)
		return;
	px_sock_free(file->sock);
	file->sock = NULL;
	readiness_close(&file->readiness);
	list_remove(&file->node);
	list_remove(&file->hidden);
	stack->open_files--;
	if (stack->open_files == 0)
		stack_listeners_changed(stack, false);
	waiters_close(file);
}

static void clear_slots(struct file *file)
{
	for (unsigned int i = 0; i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);

		for (unsigned int j = 0; chunk && j < CHUNK_SLOTS; j++) {
			struct file *at;

			if ((atomic_load(&chunk[j]) & ~LOCKED) != (uintptr_t)file)
				continue;
			at = slot_lock(&chunk[j]);
			slot_unlock(&chunk[j], at == file ? NULL : at);
			if (at == file)
				atomic_fetch_sub(&file->refs, 1);
		}
	}
}

/* A file whose last number is gone without file_close; its memory goes when the calls inside left,
 * so a reference is held meanwhile. */
static void bury(struct file *file)
{
	atomic_fetch_add(&file->refs, 1);
	shut_file(file);
	clear_slots(file);
	/* Not file_unref: it would take the lock. */
	if (atomic_fetch_sub(&file->refs, 1) == 1) {
		file->stack->file_count--;
		free(file);
	}
}

void file_drop_dead(struct picox *stack)
{
	struct file *file;

	stack->file_died = false;
	list_for_each_safe (file, &stack->files, node) {
		if (file->readiness.shown & POLLNVAL)
			bury(file);
	}
}

static bool has_inode(const struct file *file, ino_t inode)
{
	return inode == file->inode_made || inode == atomic_load(&file->inode);
}

/* Does any number still mean this file? */
static bool is_open(const struct file *file)
{
	for (unsigned int i = 0; i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);

		for (unsigned int j = 0; chunk && j < CHUNK_SLOTS; j++) {
			struct stat status;

			if ((atomic_load(&chunk[j]) & ~LOCKED) == (uintptr_t)file &&
			    fstat((int)(i * CHUNK_SLOTS + j), &status) == 0 && has_inode(file, status.st_ino))
				return true;
		}
	}
	return false;
}

void file_sweep(struct picox *stack)
{
	struct file *file;

	list_for_each_safe (file, &stack->files, node) {
		if (!file->opening && !is_open(file))
			bury(file);
	}
}

/* ---- readiness ---- */

#define MASK ((unsigned int)(POLLIN | POLLPRI | POLLOUT | POLLERR | POLLRDHUP | POLLHUP))

static void renewed(struct file *file, int fd)
{
	struct stat status;

	if (fstat(fd, &status) == 0)
		atomic_store(&file->inode, status.st_ino);
}

void file_show(struct file *file, int fd, unsigned int mask)
{
	if (readiness_show(&file->readiness, fd, mask))
		renewed(file, fd);
}

int file_pair(struct file *file, int fd)
{
	bool fresh;
	int err = readiness_pair(&file->readiness, fd, &fresh);

	if (fresh)
		renewed(file, fd);
	return err;
}

static void file_changed(struct px_sock *sock, unsigned int mask)
{
	struct file *file = sock->owner;
	unsigned int told;

	file->mask = mask & MASK;
	/* Somebody is inside recv: the edge would be seen by nobody. On a stream others may wait for
	 * something else meanwhile. */
	told = waiters_tell(file, file->mask);
	if (told && !file->stream)
		return;
	/* Room of a link, waiters_room tells of. */
	readiness_raise(&file->readiness,
	    lead_hide(file, file->mask & ~(file->stream ? told : (unsigned int)POLLOUT)));
	if (file->readiness.shown & POLLNVAL)
		file->stack->file_died = true;
}

/* ---- opening, finding, closing ---- */

/* A file for a descriptor that was just made, without a socket. NULL: no memory. */
static struct file *new_file(struct picox *stack, int domain, bool stream)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	pthread_once(&once, hook_fork);
	file->stack = stack;
	file->domain = domain;
	file->stream = stream;
	list_init(&file->hidden);
	atomic_init(&file->numbers, 1);
	atomic_init(&file->refs, 1);
	return file;
}

/* The lock is held. */
static void begin(struct file *file, struct px_sock *sock, int fd)
{
	struct picox *stack = file->stack;

	file->sock = sock;
	file->fd = fd;
	sock->owner = file;
	sock->wake = file_changed;
	file->mask = px_sock_poll(sock) & MASK;
	list_append(&stack->files, &file->node);
	stack->file_count++;
	if (stack->open_files++ == 0)
		stack_listeners_changed(stack, true);
	file_show(file, fd, file->mask);
}

/* Its slot exists, and its inode is known. 0 or -ENFILE. */
static int prepare(struct file *file, int fd)
{
	struct stat status;

	if (!slot_of(fd, true) || fstat(fd, &status) < 0)
		return -ENFILE;
	file->inode_made = status.st_ino;
	atomic_init(&file->inode, status.st_ino);
	return 0;
}

int file_open(struct picox *stack, int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), fd, err;
	struct file *file = new_file(stack, domain, kind == SOCK_STREAM);
	struct px_sock *sock;

	if (!file)
		return -ENOBUFS;
	fd = file->stream ? readiness_open_stream(&file->readiness, type & SOCK_NONBLOCK)
	                  : readiness_open(&file->readiness, type & SOCK_NONBLOCK);
	if (fd < 0) {
		free(file);
		return fd;
	}
	err = prepare(file, fd);
	if (err)
		goto close_pair;
	runtime_lock(stack);
	err = px_sock_new(stack->px, domain, kind, protocol, &sock);
	if (!err)
		begin(file, sock, fd);
	runtime_leave(stack);
	if (err)
		goto close_pair;
	put(slot_of(fd, true), file);
	return fd;

close_pair:
	close(fd);
	readiness_close(&file->readiness);
	free(file);
	return err;
}

int file_accept(struct file *listener, bool nonblocking, struct sockaddr_storage *name,
    socklen_t *len, struct accepted *accepted)
{
	struct px_sock *sock;
	struct file *file;
	int fd, err;

	/* Nothing there, or no listener: told without making a descriptor for it. The other way
	 * round a connection would be lost where there are no more descriptors. */
	if (!(px_sock_poll(listener->sock) & POLLIN))
		return px_sock_accept(listener->sock, &sock, name, len);
	file = new_file(listener->stack, listener->domain, true);
	if (!file)
		return -ENOBUFS;
	fd = readiness_open_connected(&file->readiness, nonblocking);
	if (fd < 0) {
		free(file);
		return fd;
	}
	err = prepare(file, fd);
	if (!err)
		err = px_sock_accept(listener->sock, &sock, name, len);
	if (err) {
		close(fd);
		readiness_close(&file->readiness);
		free(file);
		return err;
	}
	file->opening = true;
	begin(file, sock, fd);
	*accepted = (struct accepted){file, fd};
	return 0;
}

void file_publish(const struct accepted *accepted)
{
	struct picox *stack = accepted->file->stack;

	put(slot_of(accepted->fd, true), accepted->file);
	runtime_lock(stack);
	accepted->file->opening = false;
	runtime_unlock(stack);
}

/* NULL: no socket with this inode. */
static struct picox *stack_of_slot(slot *at, ino_t inode)
{
	struct picox *stack = NULL;
	const struct file *file;

	if (!at || !(atomic_load(at) & ~LOCKED))
		return NULL;
	file = slot_lock(at);
	if (file && has_inode(file, inode))
		stack = file->stack;
	slot_unlock(at, (struct file *)(uintptr_t)file);
	return stack;
}

/* After dup(2). */
static struct file *find_duplicate(int fd)
{
	struct stat status;
	slot *to;

	if (fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode) || !(to = slot_of(fd, true)))
		return NULL;
	for (unsigned int i = 0; i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);

		for (unsigned int j = 0; chunk && j < CHUNK_SLOTS; j++) {
			struct file *file;
			bool found;

			if (!(atomic_load(&chunk[j]) & ~LOCKED))
				continue;
			file = slot_lock(&chunk[j]);
			found = file && has_inode(file, status.st_ino);
			if (found) {
				atomic_fetch_add(&file->refs, 2); /* the new slot's, the caller's */
				file->numbers++;
			}
			slot_unlock(&chunk[j], file);
			if (found) {
				put(to, file);
				return file;
			}
		}
	}
	return NULL;
}

struct picox *file_stack(int fd)
{
	struct picox *stack = NULL;
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISSOCK(status.st_mode))
		return NULL;
	stack = stack_of_slot(slot_of(fd, false), status.st_ino);
	for (unsigned int i = 0; !stack && i < CHUNKS; i++) {
		slot *chunk = atomic_load(&chunks[i]);

		for (unsigned int j = 0; chunk && !stack && j < CHUNK_SLOTS; j++)
			stack = stack_of_slot(&chunk[j], status.st_ino);
	}
	return stack;
}

struct file *file_get(int fd)
{
	slot *at = slot_of(fd, false);
	struct file *file = NULL;

	if (at) {
		file = slot_lock(at);
		if (file)
			atomic_fetch_add_explicit(&file->refs, 1, memory_order_relaxed);
		slot_unlock(at, file);
	}
	return file ? file : find_duplicate(fd);
}

/* SO_LINGER with a time: waits for the peer to have everything. The lock is held before and after;
 * for others the descriptor is closed meanwhile. */
static void linger(struct file *file)
{
	struct call call = {.stack = file->stack, .file = file, .fd = -1, .locked = true};
	px_time time = file->sock ? px_sock_linger_time(file->sock) : 0, until = process_now() + time;
	int state;

	if (!time)
		return;
	file->closing = true;
	waiters_close(file);
	px_sock_finish(file->sock);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	while (px_sock_lingering(file->sock) && call_wait(&call, POLLHUP, until, true) == 0)
		;
	pthread_setcancelstate(state, NULL);
}

void file_abandon(struct picox *stack)
{
	struct file *file;

	list_for_each (file, &stack->files, node) {
		if (!file->stream || !file->sock)
			continue;
		px_sock_free(file->sock);
		file->sock = NULL;
	}
}

int file_close(int fd)
{
	struct file *file = file_get(fd), *was;
	slot *at = slot_of(fd, false);
	struct picox *stack;

	if (!file)
		return -EBADF;
	stack = file->stack;
	runtime_lock(stack);
	was = slot_lock(at);
	slot_unlock(at, was == file ? NULL : was);
	if (was != file) {
		runtime_unlock(stack);
		file_unref(file);
		return -EBADF; /* another thread was faster */
	}
	/* Under the lock: no call on this number is between looking at the socket and at the
	 * descriptor, which may be somebody else's at once. */
	close(fd);
	if (--file->numbers == 0) {
		linger(file);
		shut_file(file);
	}
	atomic_fetch_sub_explicit(&file->refs, 1, memory_order_acq_rel); /* the slot's; ours is left */
	runtime_leave(stack);
	file_unref(file);
	return 0;
}
