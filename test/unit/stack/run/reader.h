/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A thread that is blocked in recv. */
#ifndef TEST_RUN_READER_H
#define TEST_RUN_READER_H

#include "host.h"

#include <sched.h>

struct reader {
	pthread_t thread;
	int fd;
	ssize_t result;
	int error;
	_Atomic bool inside, ended;
};

static inline void *read_one(void *argument)
{
	struct reader *reader = argument;
	char byte;

	atomic_store(&reader->inside, true);
	reader->result = picox_recv(reader->fd, &byte, 1, 0);
	reader->error = errno;
	atomic_store(&reader->ended, true);
	return NULL;
}

/* A thread that sends datagrams back, the last of which begins with 'e'. Argument: its int of a
 * descriptor. */
static inline void *answer_all(void *argument)
{
	const int *fd = argument;
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char byte;

	while (picox_recvfrom(*fd, &byte, 1, 0, (struct sockaddr *)&from, &len) == 1 && byte != 'e')
		picox_sendto(*fd, &byte, 1, 0, (struct sockaddr *)&from, len);
	return NULL;
}

static inline void wait_blocked(struct picox *stack, unsigned int count)
{
	for (;;) {
		struct waiter *waiter;
		unsigned int asleep = 0;

		runtime_lock(stack);
		list_for_each (waiter, &stack->waiters, node)
			asleep += waiter->asleep;
		runtime_unlock(stack);
		if (asleep == count)
			return;
		sched_yield();
	}
}

static inline void start(struct reader *reader, int fd)
{
	*reader = (struct reader){.fd = fd};
	assert_int_equal(pthread_create(&reader->thread, NULL, read_one, reader), 0);
}

#endif
