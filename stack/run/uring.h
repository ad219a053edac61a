/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of io_uring(7) as readiness needs: files that are open without a descriptor, and calls on
 * them. inner.c says why. One operation at a time, and each is over when its call returns: nothing
 * of what io_uring is known for is used here. The caller has a lock. */
#ifndef RUN_URING_H
#define RUN_URING_H

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct uring {
	int fd;
	void *memory; /* both rings */
	size_t memory_size;
	struct io_uring_sqe *entries;
	size_t entries_size;
	_Atomic uint32_t *submit_tail, *complete_head, *complete_tail;
	uint32_t *submit_array;
	uint32_t submit_mask, complete_mask;
	const struct io_uring_cqe *completions;
};

/* A ring with places for so many files. 0, or -errno where there is no io_uring, or not enough of
 * it. */
int uring_open(struct uring *ring, unsigned int files);
void uring_close(struct uring *ring);

/* The place refers to the descriptor's file, too; -1: to none any more. 0 or -errno. */
int uring_put(struct uring *ring, unsigned int place, int fd);

/* What the operation gave: 0 or more, or -errno. */
int uring_do(struct uring *ring, const struct io_uring_sqe *operation);

#endif
