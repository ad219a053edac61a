/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Both sides of a reverse proxy, for what it costs: an echo server, and clients that wait for their
 * answers, so that nothing is lost and no queue is longer than what they have under way.
 *
 *   relay_load serve PORT                              TCP and UDP on [::1]; says "serving"
 *   relay_load udp ADDRESS PORT SECONDS CLIENTS SIZE   datagrams there and back in a second
 *   relay_load connects ADDRESS PORT SECONDS CLIENTS   connections in a second, each with a byte
 *                                                      there and back
 *   relay_load hold ADDRESS PORT COUNT                 so many connections, each with an echo; says
 *                                                      "held", and ends with its stdin
 *
 * Clients are sockets of one thread: each has 8 datagrams, or one connection, under way.
 */
#include "bench.h"

#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define BURST       32
#define WINDOW      8    /* datagrams of a client */
#define CLIENTS_MAX 1000 /* of udp, connects */
#define LENGTH      2048
#define PATIENCE    200 /* ms until a datagram is taken for lost */

static struct sockaddr_in6 address(const char *host, const char *port)
{
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)strtoul(port, NULL, 10))};

	if (inet_pton(AF_INET6, host, &to.sin6_addr) != 1)
		bench_die(2, "%s", host);
	return to;
}

static int socket_of(int type)
{
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		bench_die(1, "socket");
	if (type & SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void watch(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = {.events = events, .data.u64 = data};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		bench_die(1, "epoll_ctl");
}

/* ---- the server ------------------------------------------------------------------------------ */

static struct mmsghdr headers[BURST];
static struct iovec pieces[BURST];
static struct sockaddr_in6 peers[BURST];
static char buffers[BURST][LENGTH];

static void prepare(size_t name_len)
{
	for (int i = 0; i < BURST; i++) {
		pieces[i] = (struct iovec){buffers[i], LENGTH};
		headers[i].msg_hdr = (struct msghdr){.msg_name = name_len ? &peers[i] : NULL,
		    .msg_namelen = (socklen_t)name_len,
		    .msg_iov = &pieces[i],
		    .msg_iovlen = 1};
	}
}

static void echo_datagrams(int fd)
{
	int count;

	prepare(sizeof(peers[0]));
	count = recvmmsg(fd, headers, BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		pieces[i].iov_len = headers[i].msg_len;
	if (count > 0)
		sendmmsg(fd, headers, (unsigned int)count, 0);
}

static void serve(const char *port)
{
	struct sockaddr_in6 own = address("::1", port);
	int epoll = epoll_create1(EPOLL_CLOEXEC), tcp = socket_of(SOCK_STREAM), on = 1;
	int udp = socket_of(SOCK_DGRAM), size = 1 << 20;
	char byte[LENGTH];

	setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(tcp, (struct sockaddr *)&own, sizeof(own)) < 0 || listen(tcp, 4096) < 0 ||
	    bind(udp, (struct sockaddr *)&own, sizeof(own)) < 0)
		bench_die(1, "port %s", port);
	watch(epoll, tcp, EPOLLIN, (uint64_t)tcp);
	watch(epoll, udp, EPOLLIN, (uint64_t)udp);
	printf("serving\n");
	fflush(stdout);
	for (;;) {
		struct epoll_event events[64];
		int count = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < count; i++) {
			int fd = (int)events[i].data.u64;
			ssize_t len;

			if (fd == udp) {
				echo_datagrams(udp);
			} else if (fd == tcp) {
				fd = accept(tcp, NULL, NULL);
				if (fd >= 0)
					watch(epoll, fd, EPOLLIN, (uint64_t)fd);
			} else {
				len = recv(fd, byte, sizeof(byte), 0);
				if (len <= 0 || send(fd, byte, (size_t)len, MSG_NOSIGNAL) < 0)
					close(fd);
			}
		}
	}
}

/* ---- clients --------------------------------------------------------------------------------- */

static void send_burst(int fd, size_t len, int count)
{
	prepare(0);
	for (int i = 0; i < count; i++)
		pieces[i].iov_len = len;
	sendmmsg(fd, headers, (unsigned int)count, 0);
}

static void udp(const struct sockaddr_in6 *to, double seconds, unsigned int clients, size_t len)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), fds[CLIENTS_MAX];
	uint64_t begin = bench_now(), end = begin + (uint64_t)(seconds * 1e9), answers = 0;

	for (unsigned int i = 0; i < clients; i++) {
		fds[i] = socket_of(SOCK_DGRAM | SOCK_NONBLOCK);
		if (connect(fds[i], (const struct sockaddr *)to, sizeof(*to)) < 0)
			bench_die(1, "connect");
		watch(epoll, fds[i], EPOLLIN, (uint64_t)fds[i]);
		send_burst(fds[i], len, WINDOW);
	}
	while (bench_now() < end) {
		struct epoll_event events[64];
		int count = epoll_wait(epoll, events, 64, PATIENCE);

		for (unsigned int i = 0; count == 0 && i < clients; i++)
			send_burst(fds[i], len, WINDOW);
		for (int i = 0; i < count; i++) {
			int came;

			prepare(0);
			came = recvmmsg((int)events[i].data.u64, headers, BURST, MSG_DONTWAIT, NULL);
			if (came <= 0)
				continue;
			answers += (uint64_t)came;
			send_burst((int)events[i].data.u64, len, came);
		}
	}
	printf("{\"per_second\": %.0f, \"count\": %llu}\n",
	    (double)answers * 1e9 / (double)(bench_now() - begin), (unsigned long long)answers);
}

static void begin_connection(int epoll, const struct sockaddr_in6 *to)
{
	int fd = socket_of(SOCK_STREAM | SOCK_NONBLOCK);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 && errno != EINPROGRESS)
		bench_die(1, "connect");
	watch(epoll, fd, EPOLLOUT, (uint64_t)fd);
}

static void connects(const struct sockaddr_in6 *to, double seconds, unsigned int clients)
{
	/* The server's end closes after ours: TIME-WAIT is here, and ports are used up. */
	const struct linger at_once = {.l_onoff = 1};
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	uint64_t begin = bench_now(), end = begin + (uint64_t)(seconds * 1e9), done = 0;

	for (unsigned int i = 0; i < clients; i++)
		begin_connection(epoll, to);
	while (bench_now() < end) {
		struct epoll_event events[64];
		int count = epoll_wait(epoll, events, 64, PATIENCE);

		for (int i = 0; i < count; i++) {
			int fd = (int)events[i].data.u64;
			char byte = 'b';

			if (events[i].events & EPOLLIN && recv(fd, &byte, 1, 0) == 1) {
				done++;
			} else if (!(events[i].events & (EPOLLERR | EPOLLHUP | EPOLLIN))) {
				events[i].events = EPOLLIN;
				if (send(fd, &byte, 1, MSG_NOSIGNAL) == 1) {
					epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &events[i]);
					continue;
				}
			}
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
			close(fd);
			begin_connection(epoll, to);
		}
	}
	printf("{\"per_second\": %.0f, \"count\": %llu}\n",
	    (double)done * 1e9 / (double)(bench_now() - begin), (unsigned long long)done);
}

static void hold(const struct sockaddr_in6 *to, unsigned int count)
{
	char bytes[LENGTH] = "";
	const struct rlimit limit = {count + 64, count + 64};

	setrlimit(RLIMIT_NOFILE, &limit);
	for (unsigned int i = 0; i < count; i++) {
		int fd = socket_of(SOCK_STREAM);

		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0 ||
		    send(fd, bytes, LENGTH, MSG_NOSIGNAL) != LENGTH ||
		    recv(fd, bytes, LENGTH, MSG_WAITALL) != LENGTH)
			bench_die(1, "connection %u", i);
	}
	printf("held\n");
	fflush(stdout);
	while (read(0, bytes, sizeof(bytes)) > 0)
		;
}

int main(int argc, char *argv[])
{
	if (argc == 3 && strcmp(argv[1], "serve") == 0) {
		serve(argv[2]);
	} else if (argc >= 5) {
		const struct sockaddr_in6 to = address(argv[2], argv[3]);
		double number = strtod(argv[4], NULL);
		unsigned int clients = argc > 5 ? (unsigned int)strtoul(argv[5], NULL, 10) : 1;

		if (clients > CLIENTS_MAX)
			bench_die(2, "at most %d clients", CLIENTS_MAX);
		if (strcmp(argv[1], "udp") == 0 && argc == 7)
			udp(&to, number, clients, strtoul(argv[6], NULL, 10) % LENGTH);
		else if (strcmp(argv[1], "connects") == 0 && argc == 6)
			connects(&to, number, clients);
		else if (strcmp(argv[1], "hold") == 0)
			hold(&to, (unsigned int)number);
		else
			bench_die(2, "unknown: %s", argv[1]);
	} else {
		bench_die(2, "usage: see the source");
	}
	return 0;
}
