/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets that wait for the next query: see spare.h. Threads swap descriptors, without a lock. */
#include "spare.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <ioth.h>
#include <iothdns.h>

/* A socket is its process's: parent and child would take each other's answers after fork(2). So a
 * slot has the process and the descriptor in one word, which is 0 without a socket. */
struct spare {
	_Atomic uint64_t sockets[IOTHDNS_MAXNS];
};

struct spare *spare_new(void)
{
	return calloc(1, sizeof(struct spare));
}

static uint64_t pack(pid_t process, int fd)
{
	return fd < 0 ? 0 : (uint64_t)process << 32 | (uint32_t)fd;
}

int spare_take(struct spare *spare, unsigned int server)
{
	return spare_put(spare, server, -1);
}

int spare_put(struct spare *spare, unsigned int server, int fd)
{
	pid_t process = getpid();
	uint64_t old =
	    atomic_exchange_explicit(&spare->sockets[server], pack(process, fd), memory_order_acq_rel);
	int old_fd = (int)(uint32_t)old;

	if (!old)
		return -1;
	if (old >> 32 == (uint64_t)process)
		return old_fd;
	ioth_close(old_fd); /* a copy of the parent's */
	return -1;
}

void spare_free(struct spare *spare)
{
	if (!spare)
		return;
	for (unsigned int i = 0; i < IOTHDNS_MAXNS; i++) {
		int fd = spare_take(spare, i);

		if (fd >= 0)
			ioth_close(fd);
	}
	free(spare);
}
