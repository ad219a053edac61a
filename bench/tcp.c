/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP between two ends, each with a stack of its own, or with the sockets of its namespace.
 *
 *   tcp serve PLACE ADDRESS [VNL STACK LIBIOTH]                          says "listening", echoes
 *   tcp roundtrip|connects PLACE SECONDS ADDRESS PEER [VNL STACK LIBIOTH]
 *   tcp pair roundtrip|connects PLACE SECONDS VNL STACK LIBIOTH          both, in two threads
 *   tcp bare PLACE SECONDS    what a frame with one byte would be, as AF_UNIX datagrams
 *
 * roundtrip: one byte there and back. connects: connections in a second, one after the other; each
 * is connected, accepted and closed by both, the server first, so that the client's ports are free
 * again. PLACE: "one" processor, "two", or "any" (udp.c).
 *
 * libioth is loaded by name, so the stacks are measured through the same calls.
 */
#include "bench.h"
#include "library.h"
#include "place.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define PORT            5301
#define FRAME           67 /* Ethernet, IPv4, TCP with timestamps, one byte */
#define SAMPLES_MAX     1000000
#define CONNECTIONS_MAX 20000 /* fewer than there are ports */
#define BACKLOG         64

struct end {
	struct library calls;
	void *stack; /* NULL: the kernel's */
	struct in_addr address, peer;
};

/* ---- ends ---- */

static int kernel_socket(void *stack, int domain, int type, int protocol)
{
	return socket(domain, type, protocol);
}

static struct end open_end(const char *address, const char *peer, char *const stack[])
{
	struct end end = {.calls = {.msocket = kernel_socket,
	                      .setsockopt = setsockopt,
	                      .bind = bind,
	                      .listen = listen,
	                      .accept = accept,
	                      .connect = connect,
	                      .send = send,
	                      .recv = recv,
	                      .close = close}};

	if (inet_pton(AF_INET, address, &end.address) != 1 || inet_pton(AF_INET, peer, &end.peer) != 1)
		bench_die(1, "%s, %s", address, peer);
	if (!stack)
		return end;
	end.calls = library_load(stack[2]);
	end.stack = library_host(&end.calls, stack[1], stack[0], end.address, 0);
	return end;
}

static void without_delay(const struct end *end, int fd)
{
	int one = 1;

	if (end->calls.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		bench_die(1, "TCP_NODELAY");
}

/* ---- the server ---- */

static int start_server(const struct end *end)
{
	struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = end->address};
	int fd = end->calls.msocket(end->stack, AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || end->calls.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    end->calls.bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
	    end->calls.listen(fd, BACKLOG) < 0)
		bench_die(1, "listen");
	return fd;
}

/* The first connection is echoed to; when it ends, the others are closed as they come. */
static void serve(const struct end *end, int listener)
{
	int fd = end->calls.accept(listener, NULL, NULL);
	char byte;

	if (fd < 0)
		bench_die(1, "accept");
	without_delay(end, fd);
	while (end->calls.recv(fd, &byte, 1, 0) == 1)
		end->calls.send(fd, &byte, 1, 0);
	end->calls.close(fd);
	while ((fd = end->calls.accept(listener, NULL, NULL)) >= 0)
		end->calls.close(fd);
}

/* ---- the client ---- */

static int open_connection(const struct end *end)
{
	struct sockaddr_in name = {
	    .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = end->peer};
	int fd = end->calls.msocket(end->stack, AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || end->calls.connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		bench_die(1, "connect");
	return fd;
}

static void measure_roundtrip(const struct end *end, int fd, size_t size, double seconds)
{
	static uint64_t sample[SAMPLES_MAX];
	uint64_t now = bench_now(), until = now + (uint64_t)(seconds * 1e9);
	char message[FRAME] = "";
	size_t count = 0;

	while (count < SAMPLES_MAX && now < until) {
		uint64_t start = now;

		if (end->calls.send(fd, message, size, 0) != (ssize_t)size ||
		    end->calls.recv(fd, message, size, 0) != (ssize_t)size)
			bench_die(1, "no answer");
		now = bench_now();
		sample[count++] = now - start;
	}
	bench_print_times("rtt", sample, count);
}

static void measure_connects(const struct end *end, double seconds)
{
	uint64_t begun = bench_now(), now = begun, until = begun + (uint64_t)(seconds * 1e9);
	unsigned int count = 0;
	char byte;

	while (count < CONNECTIONS_MAX && now < until) {
		int fd = open_connection(end);

		if (end->calls.recv(fd, &byte, 1, 0) != 0)
			bench_die(1, "not closed");
		end->calls.close(fd);
		count++;
		now = bench_now();
	}
	printf("{\"connects_per_second\": %.0f}\n", count * 1e9 / (double)(now - begun));
}

static void run_client(const struct end *end, const char *what, double seconds)
{
	int fd = open_connection(end);

	without_delay(end, fd);
	if (strcmp(what, "roundtrip") == 0)
		measure_roundtrip(end, fd, 1, seconds);
	end->calls.close(fd);
	if (strcmp(what, "connects") == 0)
		measure_connects(end, seconds);
	fflush(stdout);
}

/* ---- the two together ---- */

struct server {
	struct end end;
	const char *place;
	int listener;
};

static void *server_thread(void *argument)
{
	struct server *server = argument;

	place_run_on(server->place, 1);
	serve(&server->end, server->listener);
	return NULL;
}

static void run_pair(const char *what, const char *place, double seconds, char *const stack[])
{
	struct server server = {.end = open_end("10.0.0.1", "10.0.0.2", stack), .place = place};
	struct end client = open_end("10.0.0.2", "10.0.0.1", stack);
	pthread_t thread;

	server.listener = start_server(&server.end);
	errno = pthread_create(&thread, NULL, server_thread, &server);
	if (errno)
		bench_die(1, "thread");
	place_run_on(place, 0);
	run_client(&client, what, seconds);
	/* The other one waits in accept; it ends with the process. */
	_exit(0);
}

static void run_bare(const char *place, double seconds)
{
	struct end end = {.calls = {.send = send, .recv = recv}};
	char message[FRAME];
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		bench_die(1, "socketpair");
	child = fork();
	if (child < 0)
		bench_die(1, "fork");
	place_run_on(place, child == 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (recv(pair[1], message, FRAME, 0) == FRAME)
			send(pair[1], message, FRAME, 0);
		_exit(0);
	}
	measure_roundtrip(&end, pair[0], FRAME, seconds);
	fflush(stdout);
	kill(child, SIGKILL);
}

int main(int argc, char *argv[])
{
	if ((argc == 4 || argc == 7) && strcmp(argv[1], "serve") == 0) {
		struct end end;
		int listener;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		place_run_on(argv[2], 1);
		end = open_end(argv[3], argv[3], argc == 7 ? argv + 4 : NULL);
		listener = start_server(&end);
		printf("listening\n");
		fflush(stdout);
		serve(&end, listener);
	} else if (argc == 8 && strcmp(argv[1], "pair") == 0) {
		run_pair(argv[2], argv[3], bench_number(argv[4], 0, 3600), argv + 5);
	} else if (argc == 4 && strcmp(argv[1], "bare") == 0) {
		run_bare(argv[2], bench_number(argv[3], 0, 3600));
	} else if (argc == 6 || argc == 9) {
		struct end end;

		place_run_on(argv[2], 0);
		end = open_end(argv[4], argv[5], argc == 9 ? argv + 6 : NULL);
		run_client(&end, argv[1], bench_number(argv[3], 0, 3600));
	} else {
		fprintf(stderr, "usage: tcp serve PLACE ADDRESS [VNL STACK LIBIOTH]\n"
		                "       tcp roundtrip|connects PLACE SECONDS ADDRESS PEER"
		                " [VNL STACK LIBIOTH]\n"
		                "       tcp pair roundtrip|connects PLACE SECONDS VNL STACK LIBIOTH\n"
		                "       tcp bare PLACE SECONDS\n");
		return 1;
	}
	return 0;
}
