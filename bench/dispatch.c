/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libioth adds to a call: ioth_recv on a stack (plugin `bench`, beside this program) whose
 * recv returns at once.
 *
 *   dispatch PATH        of libioth.so
 *
 * IOTH_PLUGIN_PATH leads to the plugin. The time is that of the whole call, the plugin's own part
 * included; the same function called directly is printed beside it.
 */
#include "bench.h"
#include "library.h"

#include <sys/socket.h>

#define BATCHES 2000
#define CALLS   2000

typedef ssize_t recv_call(int, void *, size_t, int);

static uint64_t sample[BATCHES];

static ssize_t at_once(int fd, void *buffer, size_t len, int flags)
{
	return (ssize_t)len + (fd == -1 && !buffer && !flags);
}

/* Median time of one call, in picoseconds. */
static uint64_t measure(recv_call *volatile call, int fd)
{
	char buffer[8];

	for (unsigned int batch = 0; batch < BATCHES; batch++) {
		uint64_t start = bench_now();
		for (unsigned int i = 0; i < CALLS; i++)
			if (call(fd, buffer, sizeof(buffer), 0) < 0)
				bench_die(1, "ioth_recv");
		sample[batch] = (bench_now() - start) * 1000 / CALLS;
	}
	qsort(sample, BATCHES, sizeof(sample[0]), bench_compare);
	return sample[BATCHES / 2];
}

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "usage: dispatch PATH\n");
		return 1;
	}
	struct library library = library_load(argv[1]);
	void *stack = library.newstack("bench", NULL);
	if (!stack)
		bench_die(1, "ioth_newstack");
	int fd = library.msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		bench_die(1, "ioth_msocket");
	uint64_t through = measure(library.recv, fd), direct = measure(at_once, fd);
	printf("{\"call_ps\": %llu, \"direct_ps\": %llu}\n", (unsigned long long)through,
	    (unsigned long long)direct);
	if (library.close(fd) < 0 || library.delstack(stack) < 0)
		bench_die(1, "end");
	return 0;
}
