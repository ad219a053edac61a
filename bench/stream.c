/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One TCP stream from a client to a server, as fast as it goes, and what it costs both.
 *
 *   stream server STACK VNL MTU LIBIOTH            on 10.0.0.1; says "listening", then its figures
 *   stream client STACK VNL MTU LIBIOTH SECONDS    on 10.0.0.2
 *   stream threads STACK VNL MTU LIBIOTH SECONDS   both in one process, a thread and a stack each
 *
 * STACK "kernel" with VNL "-" takes the namespace as it is, with its addresses ("threads": over
 * loopback). Each side prints a line: the bits that it moved in a second, the processor time of its
 * process a gigabyte.
 */
#include "bench.h"
#include "library.h"

#include <pthread.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define CHUNK    131072
#define PORT     5400
#define ATTEMPTS 100

struct side {
	const struct library *library;
	const char *name, *vnl;
	unsigned int mtu;
	void *stack;
	int fd;
	struct sockaddr_in server;
};

static char data[CHUNK];

/* A stack at 10.0.0.`host` with a socket. */
static void open_side(struct side *side, unsigned int host)
{
	const struct library *l = side->library;
	struct in_addr address = {htonl(0x0a000000 + host)};

	if (strcmp(side->name, "kernel") == 0)
		side->stack = l->newstack(side->name, NULL);
	else
		side->stack = library_host(l, side->name, side->vnl, address, side->mtu);
	if (!side->stack)
		bench_die(BENCH_SKIP, "%s: %s", side->name, l->error());
	side->fd = l->msocket(side->stack, AF_INET, SOCK_STREAM, 0);
	if (side->fd < 0)
		bench_die(1, "socket");
}

static void print_figures(uint64_t bytes, uint64_t nanoseconds)
{
	struct rusage usage;
	double cpu;

	getrusage(RUSAGE_SELF, &usage);
	cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	if (bytes == 0 || nanoseconds == 0)
		bench_die(1, "nothing arrived");
	printf("{\"bits_per_second\": %.0f, \"cpu_per_gigabyte\": %.4f}\n",
	    (double)bytes * 8e9 / (double)nanoseconds, cpu / ((double)bytes / 1e9));
	fflush(stdout);
}

static void listen_side(struct side *side)
{
	const struct library *l = side->library;

	if (l->bind(side->fd, (struct sockaddr *)&side->server, sizeof(side->server)) < 0 ||
	    l->listen(side->fd, 1) < 0)
		bench_die(1, "listen");
}

static void serve(struct side *side)
{
	const struct library *l = side->library;
	int fd = l->accept(side->fd, NULL, NULL);
	uint64_t start = bench_now(), bytes = 0;
	char *buffer = malloc(CHUNK);
	ssize_t n;

	if (fd < 0 || !buffer)
		bench_die(1, "accept");
	while ((n = l->recv(fd, buffer, CHUNK, 0)) > 0)
		bytes += (uint64_t)n;
	if (n < 0)
		bench_die(1, "recv");
	print_figures(bytes, bench_now() - start);
	l->close(fd);
	free(buffer);
}

static void connect_side(struct side *side)
{
	const struct library *l = side->library;

	/* The first ones may be refused, while an interface comes up. */
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		if (l->connect(side->fd, (struct sockaddr *)&side->server, sizeof(side->server)) == 0)
			return;
		usleep(20000);
	}
	bench_die(1, "connect");
}

static uint64_t send_all(struct side *side, double seconds)
{
	const struct library *l = side->library;
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9), bytes = 0;
	char byte;

	while (bench_now() < until) {
		ssize_t n = l->send(side->fd, data, sizeof(data), 0);
		if (n < 0)
			bench_die(1, "send");
		bytes += (uint64_t)n;
	}
	l->shutdown(side->fd, SHUT_WR);
	(void)l->recv(side->fd, &byte, 1, 0); /* the server has read all */
	return bytes;
}

static void close_side(struct side *side)
{
	side->library->close(side->fd);
	side->library->delstack(side->stack);
}

static void *serve_thread(void *side)
{
	serve(side);
	return NULL;
}

int main(int argc, char *argv[])
{
	struct library library;
	struct side side = {.library = &library}, other;
	double seconds;
	uint64_t start;
	pthread_t thread;

	if (argc < 6 || (strcmp(argv[1], "server") != 0) != (argc == 7)) {
		fprintf(stderr, "usage: stream server|client|threads STACK VNL MTU LIBIOTH [SECONDS]\n");
		return 1;
	}
	side.name = argv[2];
	side.vnl = argv[3];
	side.mtu = (unsigned int)bench_number(argv[4], 576, 65535);
	library = library_load(argv[5]);
	side.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
	if (strcmp(argv[1], "server") == 0) {
		open_side(&side, 1);
		listen_side(&side);
		puts("listening");
		fflush(stdout);
		serve(&side);
		close_side(&side);
		return 0;
	}
	seconds = bench_number(argv[6], 0.1, 60);
	other = side;
	if (strcmp(argv[1], "threads") == 0) {
		open_side(&other, 1);
		listen_side(&other);
		if (pthread_create(&thread, NULL, serve_thread, &other) != 0)
			bench_die(1, "pthread_create");
	}
	side.server.sin_addr.s_addr =
	    htonl(strcmp(argv[1], "threads") == 0 && strcmp(side.name, "kernel") == 0 ? INADDR_LOOPBACK
	                                                                              : 0x0a000001);
	open_side(&side, 2);
	connect_side(&side);
	start = bench_now();
	uint64_t bytes = send_all(&side, seconds);
	if (strcmp(argv[1], "threads") == 0) {
		pthread_join(thread, NULL);
		close_side(&other);
	} else {
		print_figures(bytes, bench_now() - start);
	}
	close_side(&side);
	return 0;
}
