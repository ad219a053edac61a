/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets that wait for the next query: see spare.h. Threads swap descriptors, without a lock. */
#include "spare.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <ioth.h>
#include <iothdns.h>

struct spare {
	atomic_int fds[IOTHDNS_MAXNS]; /* the descriptor and 1; 0: none */
};

struct spare *spare_new(void)
{
	return calloc(1, sizeof(struct spare));
}

int spare_take(struct spare *spare, unsigned int server)
{
	return spare_put(spare, server, -1);
}

int spare_put(struct spare *spare, unsigned int server, int fd)
{
	return atomic_exchange_explicit(&spare->fds[server], fd + 1, memory_order_acq_rel) - 1;
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
