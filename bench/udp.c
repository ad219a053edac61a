/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP between two processes, each with a stack of its own; or the datagram sockets below, bare.
 *
 *   udp roundtrip PLACE SECONDS VNL STACK LIBIOTH    64 bytes there and back, one at a time
 *   udp rate PLACE SECONDS VNL STACK LIBIOTH         64-byte datagrams that arrive in a second
 *   udp bursts PLACE SECONDS VNL STACK LIBIOTH       the same between two threads of one process,
 *                                                    by sendmmsg and recvmmsg
 *   udp roundtrip|rate PLACE SECONDS bare            the same of a pair of AF_UNIX datagram
 * sockets, which carry what the frame would be
 *
 * PLACE says where the two run (place.h).
 *
 * libioth is loaded by name, so the stacks are measured through the same calls.
 */
#include "bench.h"
#include "library.h"
#include "place.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define MESSAGE     64
#define HEADERS     42 /* Ethernet, IPv4, UDP */
#define SAMPLES_MAX 1000000
#define ECHO        'p'
#define COUNT       'd'
#define END         'e'
#define ATTEMPTS    100
#define BURST       64

struct end {
	int fd;
	size_t size;
	int (*setsockopt)(int fd, int level, int option, const void *value, socklen_t len);
	ssize_t (*send)(int fd, const void *data, size_t len, int flags);
	ssize_t (*recv)(int fd, void *data, size_t len, int flags);
	int (*sendmmsg)(int fd, struct mmsghdr *messages, unsigned int count, int flags);
	int (*recvmmsg)(
	    int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
};

static char message[MESSAGE + HEADERS];

/* ---- the two ends ---- */

/* A connected socket of a new stack at 10.0.0.`host`; the other's is 3 - `host`. */
static struct end open_end(const char *vnl, const char *name, const char *path, unsigned int host)
{
	struct library library = library_load(path);
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_port = htons(7), .sin_addr = {htonl(0x0a000000 + host)}};
	void *stack = library_host(&library, name, vnl, address.sin_addr, 0);
	int fd = library.msocket(stack, AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || library.bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		bench_die(1, "%s: bind", name);
	address.sin_addr.s_addr = htonl(0x0a000000 + 3 - host);
	if (library.connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		bench_die(1, "%s: connect", name);
	return (struct end){fd, MESSAGE, library.setsockopt, library.send, library.recv,
	    library.sendmmsg, library.recvmmsg};
}

/* ---- what they do ---- */

/* Echoes, counts, ends when told to. */
static void serve(const struct end *end)
{
	uint64_t first = 0, last = 0, count = 0;

	while (end->recv(end->fd, message, end->size, 0) == (ssize_t)end->size && message[0] != END) {
		if (message[0] == ECHO) {
			end->send(end->fd, message, end->size, 0);
			continue;
		}
		last = bench_now();
		if (first == 0)
			first = last;
		else
			count++;
	}
	if (last > first)
		printf("{\"per_second\": %.0f}\n", (double)count * 1e9 / (double)(last - first));
}

static void limit_patience(const struct end *end, suseconds_t microseconds)
{
	struct timeval patience = {.tv_usec = microseconds};

	if (end->setsockopt(end->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		bench_die(1, "SO_RCVTIMEO");
}

/* The first ones may be lost, while an interface comes up. */
static void meet(const struct end *end)
{
	message[0] = ECHO;
	limit_patience(end, 100000);
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		if (end->send(end->fd, message, end->size, 0) == (ssize_t)end->size &&
		    end->recv(end->fd, message, end->size, 0) == (ssize_t)end->size) {
			/* An answer that comes late must not be taken for that of the next one. */
			while (end->recv(end->fd, message, end->size, 0) > 0)
				;
			limit_patience(end, 0);
			return;
		}
	}
	bench_die(1, "no answer");
}

static void measure_roundtrip(const struct end *end, double seconds)
{
	static uint64_t sample[SAMPLES_MAX];
	uint64_t now = bench_now(), until = now + (uint64_t)(seconds * 1e9);
	size_t count = 0;

	while (count < SAMPLES_MAX && now < until) {
		uint64_t start = now;

		if (end->send(end->fd, message, end->size, 0) != (ssize_t)end->size ||
		    end->recv(end->fd, message, end->size, 0) != (ssize_t)end->size)
			bench_die(1, "no answer");
		now = bench_now();
		sample[count++] = now - start;
	}
	bench_print_times("rtt", sample, count);
}

static void send_all(const struct end *end, double seconds)
{
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9);

	message[0] = COUNT;
	while (bench_now() < until)
		for (unsigned int i = 0; i < 32; i++)
			if (end->send(end->fd, message, end->size, 0) < 0 && errno != ENOBUFS)
				bench_die(1, "send");
}

/* ---- bursts, between threads ---- */

struct burst {
	struct mmsghdr messages[BURST];
	struct iovec iov[BURST];
	char bytes[BURST][MESSAGE];
};

static void prepare(struct burst *burst)
{
	memset(burst, 0, sizeof(*burst));
	for (unsigned int i = 0; i < BURST; i++) {
		burst->iov[i] = (struct iovec){burst->bytes[i], MESSAGE};
		burst->messages[i].msg_hdr.msg_iov = &burst->iov[i];
		burst->messages[i].msg_hdr.msg_iovlen = 1;
	}
}

struct receiver {
	struct end end;
	const char *place;
};

/* Counts until one of the messages is another's. */
static void *receive_bursts(void *argument)
{
	const struct receiver *receiver = argument;
	uint64_t first = 0, count = 0;
	struct burst burst;
	bool end = false;

	place_run_on(receiver->place, 1);
	prepare(&burst);
	while (!end) {
		int got =
		    receiver->end.recvmmsg(receiver->end.fd, burst.messages, BURST, MSG_WAITFORONE, NULL);

		if (got < 0)
			bench_die(1, "recvmmsg");
		if (!first)
			first = bench_now();
		else
			count += (uint64_t)got;
		for (int i = 0; i < got; i++)
			end |= burst.bytes[i][0] == END;
	}
	printf("{\"per_second\": %.0f}\n", (double)count * 1e9 / (double)(bench_now() - first));
	fflush(stdout);
	_exit(0);
}

static void run_bursts(const char *place, double seconds, char *const stack[])
{
	struct receiver receiver = {open_end(stack[0], stack[1], stack[2], 1), place};
	struct end end = open_end(stack[0], stack[1], stack[2], 2);
	uint64_t until = bench_now() + (uint64_t)(seconds * 1e9);
	struct burst burst;
	pthread_t thread;

	errno = pthread_create(&thread, NULL, receive_bursts, &receiver);
	if (errno)
		bench_die(1, "thread");
	place_run_on(place, 0);
	prepare(&burst);
	while (bench_now() < until)
		if (end.sendmmsg(end.fd, burst.messages, BURST, 0) < 0 && errno != ENOBUFS)
			bench_die(1, "sendmmsg");
	memset(burst.bytes, END, sizeof(burst.bytes));
	for (;;) {
		end.sendmmsg(end.fd, burst.messages, BURST, 0);
		usleep(1000);
	}
}

static void finish(const struct end *end, pid_t child)
{
	message[0] = END;
	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
		if (end->send(end->fd, message, end->size, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED)
			break;
		usleep(10000);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int main(int argc, char *argv[])
{
	struct end end = {-1, MESSAGE + HEADERS, setsockopt, send, recv, sendmmsg, recvmmsg};
	int pair[2], ready[2];
	char byte;
	pid_t child;

	if (argc != 7 && !(argc == 5 && strcmp(argv[4], "bare") == 0)) {
		fprintf(stderr, "usage: udp roundtrip|rate|bursts one|two|any SECONDS"
		                " VNL STACK LIBIOTH|bare\n");
		return 1;
	}
	if (argc == 7 && strcmp(argv[1], "bursts") == 0)
		run_bursts(argv[2], bench_number(argv[3], 0, 3600), argv + 4);
	if (pipe(ready) < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0)
		bench_die(1, "pipe");
	child = fork();
	if (child < 0)
		bench_die(1, "fork");
	place_run_on(argv[2], child == 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		end.fd = pair[1];
		if (argc == 7)
			end = open_end(argv[4], argv[5], argv[6], 1);
		if (write(ready[1], "", 1) != 1)
			bench_die(1, "ready");
		serve(&end);
		return 0;
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		return BENCH_SKIP;
	end.fd = pair[0];
	if (argc == 7)
		end = open_end(argv[4], argv[5], argv[6], 2);
	meet(&end);
	if (strcmp(argv[1], "rate") == 0)
		send_all(&end, bench_number(argv[3], 0, 3600));
	else
		measure_roundtrip(&end, bench_number(argv[3], 0, 3600));
	fflush(stdout);
	finish(&end, child);
	return 0;
}
