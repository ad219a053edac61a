/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the user-space stack costs, each figure beside what it is to be compared with.
 *
 *   picox roundtrip SECONDS     64 bytes there and back between two processes over ptp://: a bare
 *                               pair of datagram sockets, blocked calls, busy polling
 *   picox stacks COUNT          create + address + delete on mem://; memory and time of many
 *
 * It configures stacks by the core's own calls.
 */
#include "bench.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "runtime.h"

#include <picoxnet.h>

#define MESSAGE     64
#define SAMPLES_MAX 200000

static void address(struct picox *stack, uint32_t host)
{
	struct px_address_config config = {
	    .ip = px_ip4_host(0x0a000000 + host), .prefix = PX_IP4_OFFSET + 8, .scope = -1};
	struct px_iface *iface;

	runtime_lock(stack);
	iface = px_iface_by_index(stack->px, 2);
	if (!iface || px_address_add(iface, &config, NULL) || px_iface_up(iface))
		bench_die(1, "address");
	runtime_leave(stack);
}

/* ---- round trip ---- */

struct end {
	int fd;
	ssize_t (*send)(int fd, const void *data, size_t len, int flags);
	ssize_t (*recv)(int fd, void *data, size_t len, int flags);
};

static void serve(const struct end *end)
{
	char message[MESSAGE];

	while (end->recv(end->fd, message, MESSAGE, 0) == MESSAGE)
		end->send(end->fd, message, MESSAGE, 0);
}

static void measure(const struct end *end, const char *name, double seconds)
{
	static uint64_t sample[SAMPLES_MAX];
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9);
	char message[MESSAGE] = "ping";
	size_t count = 0;

	while (count < SAMPLES_MAX) {
		uint64_t start = bench_now();

		if (start >= until)
			break;
		if (end->send(end->fd, message, MESSAGE, 0) != MESSAGE ||
		    end->recv(end->fd, message, MESSAGE, 0) != MESSAGE)
			bench_die(1, "%s", name);
		sample[count++] = bench_now() - start;
	}
	bench_print_times(name, sample, count);
	fflush(stdout);
}

static struct end picox_end(const char *vnl, const char *options, uint32_t host)
{
	const char *vnlv[] = {vnl, NULL};
	struct picox *stack = picox_newstackv(vnlv, options);
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(7)};
	int fd;

	if (!stack)
		bench_die(BENCH_SKIP, "%s", picox_error());
	address(stack, host);
	fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	name.sin_addr.s_addr = htonl(0x0a000000 + host);
	if (picox_bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		bench_die(1, "bind");
	name.sin_addr.s_addr = htonl(0x0a000000 + 3 - host);
	if (picox_connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		bench_die(1, "connect");
	return (struct end){fd, picox_send, picox_recv};
}

static void roundtrip(const char *name, const char *vnl, const char *options, double seconds)
{
	struct end end = {-1, send, recv};
	int ready[2], pair[2];
	pid_t child;
	char byte;

	if (pipe(ready) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		bench_die(1, "pipe");
	child = fork();
	if (child == 0) {
		if (vnl)
			end = picox_end(vnl, options, 1);
		else
			end.fd = pair[0];
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		serve(&end);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		bench_die(1, "child");
	if (vnl)
		end = picox_end(vnl, options, 2);
	else
		end.fd = pair[1];
	measure(&end, name, seconds);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* ---- many stacks ---- */

static void create(uint64_t *sample, size_t count)
{
	struct picox *keep = picox_newstack((char *)(uintptr_t) "mem://bench");

	for (size_t i = 0; i < count; i++) {
		uint64_t start = bench_now();
		struct picox *stack = picox_newstack((char *)(uintptr_t) "mem://bench");

		if (!stack)
			bench_die(1, "%s", picox_error());
		address(stack, 1);
		if (picox_delstack(stack) < 0)
			bench_die(1, "delstack");
		sample[i] = bench_now() - start;
	}
	picox_delstack(keep);
	bench_print_times("create_delete", sample, count);
}

static void many(struct picox **stack, size_t count)
{
	size_t before = mallinfo2().uordblks;
	uint64_t start = bench_now(), made, ended;

	for (size_t i = 0; i < count; i++) {
		stack[i] = picox_newstack((char *)(uintptr_t) "mem://bench");
		if (!stack[i])
			bench_die(1, "%s", picox_error());
		address(stack[i], (uint32_t)i + 1);
	}
	made = bench_now();
	printf("{\"stacks\": %zu, \"create_ns\": %llu, \"bytes_each\": %zu}\n", count,
	    (unsigned long long)(made - start), count ? (mallinfo2().uordblks - before) / count : 0);
	for (size_t i = 0; i < count; i++)
		picox_delstack(stack[i]);
	ended = bench_now();
	printf("{\"delete_ns\": %llu}\n", (unsigned long long)(ended - made));
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "roundtrip") == 0) {
		double seconds = bench_number(argv[2], 0, 3600);
		char dir[] = "/tmp/picox.XXXXXX", vnl[64];

		if (!mkdtemp(dir))
			bench_die(1, "%s", dir);
		snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
		roundtrip("bare", NULL, NULL, seconds);
		roundtrip("blocking", vnl, NULL, seconds);
		snprintf(vnl, sizeof(vnl), "ptp://%s/q", dir);
		roundtrip("busy", vnl, "busy_poll=1000", seconds);
		execlp("rm", "rm", "-r", dir, (char *)NULL);
		return 1;
	}
	if (argc == 3 && strcmp(argv[1], "stacks") == 0) {
		size_t count = (size_t)bench_number(argv[2], 1, 100000);
		uint64_t *sample = calloc(count, sizeof(*sample));
		struct picox **stack = calloc(count, sizeof(*stack));

		if (!sample || !stack)
			bench_die(1, "memory");
		create(sample, count < 1000 ? count : 1000);
		many(stack, count);
		free(sample);
		free(stack);
		return 0;
	}
	fprintf(stderr, "usage: picox roundtrip SECONDS | picox stacks COUNT\n");
	return 1;
}
