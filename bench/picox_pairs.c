/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What very many stacks cost that talk now and then.
 *
 *   picox_pairs STACKS SECONDS [OPTIONS]
 *
 * STACKS stacks (with OPTIONS) on one network in memory, in pairs; each pair has a TCP connection
 * between sockets, with descriptors as any program has them. Every second each of them carries a
 * message and its answer; the program sleeps in epoll between. Spread over the second, in steps of
 * STEP: so does a timer in real programs.
 *
 * Prints the share of one processor that the process took, in percent, all threads, how many
 * messages and answers were read, and descriptors a socket.
 */
#include "bench.h"

#include <dirent.h>
#include <stdbool.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <picoxnet.h>

#define STEP    UINT64_C(10000000) /* ns */
#define SECOND  UINT64_C(1000000000)
#define EVENTS  256
#define PORT    7
#define MESSAGE "how are you? fine, thank you"

struct end {
	int fd;
	bool answers;
};

struct pair {
	struct end client, server;
};

static struct pair *pairs;
static size_t pair_count;
static uint64_t asked, answered;

/* ---- making ---- */

static unsigned int descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	unsigned int count = 0;

	if (!fds)
		bench_die(1, "/proc/self/fd");
	while (readdir(fds))
		count++;
	closedir(fds);
	return count;
}

static struct picox *make(const char *options, uint32_t host)
{
	const char *const vnl[] = {"mem://pairs", NULL};
	struct picox *stack = picox_newstackv(vnl, options);
	struct ifreq request = {.ifr_name = "vde0"};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0a000000 + host)};
	int fd;

	if (!stack)
		bench_die(BENCH_SKIP, "%s", picox_error());
	fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		bench_die(BENCH_SKIP, "socket");
	memcpy(&request.ifr_addr, &at, sizeof(at));
	if (picox_ioctl(fd, SIOCSIFADDR, &request) < 0)
		bench_die(1, "address");
	request.ifr_flags = IFF_UP;
	if (picox_ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		bench_die(1, "up");
	picox_close(fd);
	return stack;
}

static void watch(int epoll, struct end *end)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = end};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, end->fd, &event) < 0)
		bench_die(1, "epoll");
}

static void connect_pair(struct pair *pair, struct picox *a, struct picox *b, uint32_t host)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons(PORT),
	    .sin_addr.s_addr = htonl(0x0a000000 + host)};
	int listener = picox_msocket(b, AF_INET, SOCK_STREAM, 0);

	pair->client.fd = picox_msocket(a, AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || pair->client.fd < 0)
		bench_die(BENCH_SKIP, "socket");
	if (picox_bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    picox_listen(listener, 1) < 0 ||
	    picox_connect(pair->client.fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		bench_die(BENCH_SKIP, "connect");
	pair->server.fd = picox_accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	if (pair->server.fd < 0)
		bench_die(BENCH_SKIP, "accept");
	pair->server.answers = true;
	picox_close(listener);
}

/* ---- talking ---- */

static void read_from(struct end *end)
{
	char text[sizeof(MESSAGE)];
	ssize_t len = picox_recv(end->fd, text, sizeof(text), MSG_DONTWAIT);

	if (len <= 0)
		bench_die(1, "recv");
	if (!end->answers) {
		answered++;
		return;
	}
	asked++;
	if (picox_send(end->fd, text, (size_t)len, 0) != len)
		bench_die(1, "answer");
}

static void ask(size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (picox_send(pairs[i].client.fd, MESSAGE, sizeof(MESSAGE), 0) != sizeof(MESSAGE))
			bench_die(1, "send");
	}
}

static int open_timer(int epoll)
{
	struct itimerspec every = {{0, STEP}, {0, STEP}};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		bench_die(1, "timer");
	return fd;
}

/* For so many seconds, each of which every pair begins to talk in once. */
static void talk(int epoll, double seconds)
{
	struct epoll_event events[EVENTS];
	uint64_t steps = (uint64_t)(seconds * (double)(SECOND / STEP)), step = 0, passed;
	int timer = open_timer(epoll);

	while (step < steps) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr) {
				read_from(events[i].data.ptr);
				continue;
			}
			if (read(timer, &passed, sizeof(passed)) != sizeof(passed))
				continue;
			for (; passed && step < steps; passed--, step++) {
				uint64_t slot = step % (SECOND / STEP);

				ask(pair_count * slot / (SECOND / STEP), pair_count * (slot + 1) / (SECOND / STEP));
			}
		}
	}
	close(timer);
}

static uint64_t cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

int main(int argc, char *argv[])
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int before;
	uint64_t start, cpu;
	double seconds;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: picox_pairs STACKS SECONDS [OPTIONS]\n");
		return 1;
	}
	pair_count = (size_t)bench_number(argv[1], 2, 20000) / 2;
	seconds = bench_number(argv[2], 1, 600);
	pairs = calloc(pair_count, sizeof(*pairs));
	if (!pairs || epoll < 0)
		bench_die(1, "memory");
	before = descriptors();
	for (size_t i = 0; i < pair_count; i++) {
		uint32_t host = 2 * (uint32_t)i + 1;
		struct picox *a = make(argc == 4 ? argv[3] : NULL, host);
		struct picox *b = make(argc == 4 ? argv[3] : NULL, host + 1);

		connect_pair(&pairs[i], a, b, host + 1);
		watch(epoll, &pairs[i].client);
		watch(epoll, &pairs[i].server);
	}
	printf("{\"sockets\": %zu, \"descriptors_each\": %.3f}\n", 2 * pair_count,
	    (double)(descriptors() - before) / (double)(2 * pair_count));
	talk(epoll, 2); /* what is said at first only */
	asked = answered = 0;
	start = bench_now();
	cpu = cpu_time();
	talk(epoll, seconds);
	cpu = cpu_time() - cpu;
	printf("{\"cpu_percent\": %.2f, \"asked\": %llu, \"answered\": %llu}\n",
	    100.0 * (double)cpu / (double)(bench_now() - start), (unsigned long long)asked,
	    (unsigned long long)answered);
	return 0;
}
