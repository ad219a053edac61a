/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io_uring(7) without a library: three system calls, two mappings. See uring.h. */
#include "uring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *map(const struct uring *ring, size_t size, off_t what)
{
	void *memory =
	    mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, what);

	/* In a forked child it would be the parent's. */
	if (memory != MAP_FAILED)
		madvise(memory, size, MADV_DONTFORK);
	return memory;
}

static int map_rings(struct uring *ring, const struct io_uring_params *params)
{
	size_t submit = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	size_t complete = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	char *memory;
	int err;

	ring->memory_size = submit > complete ? submit : complete;
	ring->memory = memory = map(ring, ring->memory_size, IORING_OFF_SQ_RING);
	if (memory == MAP_FAILED)
		return -errno;
	ring->entries_size = params->sq_entries * sizeof(struct io_uring_sqe);
	ring->entries = map(ring, ring->entries_size, IORING_OFF_SQES);
	if (ring->entries == MAP_FAILED) {
		err = -errno;
		munmap(ring->memory, ring->memory_size);
		return err;
	}
	ring->submit_tail = (void *)(memory + params->sq_off.tail);
	ring->submit_array = (void *)(memory + params->sq_off.array);
	ring->submit_mask = params->sq_entries - 1;
	ring->complete_head = (void *)(memory + params->cq_off.head);
	ring->complete_tail = (void *)(memory + params->cq_off.tail);
	ring->complete_mask = params->cq_entries - 1;
	ring->completions = (void *)(memory + params->cq_off.cqes);
	return 0;
}

int uring_open(struct uring *ring, unsigned int files)
{
	struct io_uring_rsrc_register room = {.nr = files, .flags = IORING_RSRC_REGISTER_SPARSE};
	struct io_uring_params params = {0};
	int err;

	*ring = (struct uring){.fd = (int)syscall(SYS_io_uring_setup, 1, &params)};
	if (ring->fd < 0)
		return -errno;
	err = params.features & IORING_FEAT_SINGLE_MMAP ? map_rings(ring, &params) : -ENOSYS;
	if (err)
		goto close_ring;
	/* The descriptor itself is close-on-exec: io_uring_setup(2). */
	if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES2, &room, sizeof(room)) < 0) {
		err = -errno;
		uring_close(ring);
		return err;
	}
	return 0;

close_ring:
	close(ring->fd);
	return err;
}

void uring_close(struct uring *ring)
{
	munmap(ring->entries, ring->entries_size);
	munmap(ring->memory, ring->memory_size);
	close(ring->fd);
}

int uring_put(struct uring *ring, unsigned int place, int fd)
{
	struct io_uring_files_update update = {.offset = place, .fds = (uintptr_t)&fd};
	long done = syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES_UPDATE, &update, 1);

	if (done < 0)
		return -errno;
	return done == 1 ? 0 : -EBADF;
}

int uring_do(struct uring *ring, const struct io_uring_sqe *operation)
{
	uint32_t tail = atomic_load_explicit(ring->submit_tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(ring->complete_head, memory_order_relaxed);
	long taken;
	int result;

	ring->entries[tail & ring->submit_mask] = *operation;
	ring->submit_array[tail & ring->submit_mask] = tail & ring->submit_mask;
	atomic_store_explicit(ring->submit_tail, tail + 1, memory_order_release);
	do
		taken = syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0);
	while (taken < 0 && errno == EINTR);
	if (taken != 1) {
		atomic_store_explicit(ring->submit_tail, tail, memory_order_release);
		return taken < 0 ? -errno : -EAGAIN;
	}
	/* Nearly all are done by now; a signal only lets us look again. */
	while (atomic_load_explicit(ring->complete_tail, memory_order_acquire) == head)
		syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	result = ring->completions[head & ring->complete_mask].res;
	atomic_store_explicit(ring->complete_head, head + 1, memory_order_release);
	return result;
}
