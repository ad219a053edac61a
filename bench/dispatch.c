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

#include <dlfcn.h>
#include <sys/socket.h>

#define BATCHES 2000
#define CALLS   2000

typedef ssize_t recv_call(int, void *, size_t, int);

static uint64_t sample[BATCHES];

static void *need(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (!symbol)
		bench_die(1, "%s: %s", name, dlerror());
	return symbol;
}

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
	void *library = dlopen(argv[1], RTLD_NOW);
	if (!library)
		bench_die(1, "%s", dlerror());
	void *(*newstack)(const char *, const char *) =
	    (void *(*)(const char *, const char *))need(library, "ioth_newstack");
	int (*delstack)(void *) = (int (*)(void *))need(library, "ioth_delstack");
	int (*msocket)(void *, int, int, int) =
	    (int (*)(void *, int, int, int))need(library, "ioth_msocket");
	int (*close_call)(int) = (int (*)(int))need(library, "ioth_close");
	recv_call *receive = (recv_call *)need(library, "ioth_recv");

	void *stack = newstack("bench", NULL);
	if (!stack)
		bench_die(1, "ioth_newstack");
	int fd = msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		bench_die(1, "ioth_msocket");
	uint64_t through = measure(receive, fd), direct = measure(at_once, fd);
	printf("{\"call_ps\": %llu, \"direct_ps\": %llu}\n", (unsigned long long)through,
	    (unsigned long long)direct);
	if (close_call(fd) < 0 || delstack(stack) < 0)
		bench_die(1, "end");
	return 0;
}
