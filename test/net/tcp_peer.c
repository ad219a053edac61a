/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tcp_peer: TCP connections with known contents, on any stack.
 *
 *     tcp_peer STACK VNL CONFIG serve [WORD=VALUE ...]
 *     tcp_peer STACK VNL CONFIG connect ADDRESS [WORD=VALUE ...]
 *
 *     up=BYTES down=BYTES   each way, at once (default 0: a connection without data)
 *     count=N parallel=P    so many connections, P of them at a time (default 1)
 *     chunk=BYTES           of one send (default 65536)
 *     congestion=NAME       TCP_CONGESTION
 *     sndbuf=BYTES rcvbuf=BYTES
 *     port=PORT             (default 5000)
 *     hold=1                all `parallel` connections are open before the first one sends
 *
 * STACK, VNL, CONFIG: examples/own_address.h. One thread, epoll, no call blocks.
 *
 * The client says in a header of four words what it will send and wants. What goes over the
 * connection is a function of a seed and the position, compared byte by byte at the other end; then
 * each side expects an end of file. The server's comes when it has seen all, so that a client which
 * is content speaks for both. The client prints one line when all is
 * done: connections, failures, seconds, and megabits a second of both directions. The server goes
 * on until its stdin ends or SIGTERM comes; it prints a line for each failure.
 */
#include "../../examples/own_address.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define MAGIC     UINT64_C(0x746370706565723a)
#define CHUNK_MAX 262144
#define EVENTS    256

struct header {
	uint64_t magic, seed, up, down;
};

struct stream {
	uint64_t seed, length, done;
};

struct connection {
	int fd;
	bool server, connecting, eof, shut;
	struct header header;
	size_t header_done;
	struct stream out, in;
	uint32_t events; /* asked for */
};

struct run {
	struct ioth *stack;
	int epoll_fd, listener;
	uint64_t up, down;
	uint32_t count, parallel, started, ended, open, failed, waiting;
	size_t chunk;
	int sndbuf, rcvbuf, port;
	bool hold;
	const char *congestion;
	struct sockaddr_storage peer;
	socklen_t peer_len;
	struct connection *conns[65536]; /* by descriptor */
	char buffer[CHUNK_MAX], expected[CHUNK_MAX];
};

static volatile sig_atomic_t ended;

static uint64_t word_at(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + index * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	return z ^ (z >> 29);
}

/* The bytes of a stream from its position `done` on. */
static void generate(const struct stream *stream, char *to, size_t len)
{
	uint64_t position = stream->done;

	while (len > 0) {
		uint64_t word = word_at(stream->seed, position / 8);
		size_t skip = position % 8, n = len < 8 - skip ? len : 8 - skip;

		memcpy(to, (char *)&word + skip, n);
		to += n;
		position += n;
		len -= n;
	}
}

static void finish(struct run *run, struct connection *conn, const char *failure)
{
	if (failure) {
		printf("failed: %s: %s; sent %llu of %llu, received %llu of %llu\n", failure,
		    strerror(errno), (unsigned long long)conn->out.done,
		    (unsigned long long)conn->out.length, (unsigned long long)conn->in.done,
		    (unsigned long long)conn->in.length);
		fflush(stdout);
		run->failed++;
	}
	run->conns[conn->fd] = NULL;
	epoll_ctl(run->epoll_fd, EPOLL_CTL_DEL, conn->fd, NULL);
	ioth_close(conn->fd);
	free(conn);
	run->ended++;
	run->open--;
}

static void watch(struct run *run, struct connection *conn, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = conn->fd};

	if (conn->events == events)
		return;
	epoll_ctl(run->epoll_fd, conn->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, conn->fd, &event);
	conn->events = events;
}

static struct connection *add(struct run *run, int fd, bool server)
{
	struct connection *conn = calloc(1, sizeof(*conn));

	conn->fd = fd;
	conn->server = server;
	run->conns[fd] = conn;
	run->open++;
	run->started++;
	if (run->sndbuf)
		ioth_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &run->sndbuf, sizeof(run->sndbuf));
	if (run->congestion && ioth_setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, run->congestion,
	                           (socklen_t)strlen(run->congestion)) < 0)
		perror(run->congestion);
	return conn;
}

/* ---- one connection ---- */

/* 0: done or would block; -1: failed. */
static int receive(struct run *run, struct connection *conn)
{
	while (!conn->eof) {
		bool header = conn->server && conn->header_done < sizeof(conn->header);
		size_t want = header ? sizeof(conn->header) - conn->header_done : CHUNK_MAX;
		ssize_t got = ioth_recv(
		    conn->fd, header ? (char *)&conn->header + conn->header_done : run->buffer, want, 0);

		if (got < 0)
			return errno == EAGAIN ? 0 : -1;
		if (got == 0) {
			conn->eof = true;
		} else if (header) {
			conn->header_done += (size_t)got;
			if (conn->header_done == sizeof(conn->header)) {
				if (conn->header.magic != MAGIC) {
					errno = EBADMSG;
					return -1;
				}
				conn->in = (struct stream){conn->header.seed, conn->header.up, 0};
				conn->out = (struct stream){~conn->header.seed, conn->header.down, 0};
			}
		} else {
			if (conn->in.done + (uint64_t)got > conn->in.length) {
				errno = EMSGSIZE;
				return -1;
			}
			generate(&conn->in, run->expected, (size_t)got);
			if (memcmp(run->expected, run->buffer, (size_t)got) != 0) {
				errno = EILSEQ;
				return -1;
			}
			conn->in.done += (uint64_t)got;
		}
	}
	errno = ENODATA;
	return conn->in.done == conn->in.length ? 0 : -1;
}

static int send_more(struct run *run, struct connection *conn)
{
	if (conn->server && conn->header_done < sizeof(conn->header))
		return 0;
	while (!conn->shut) {
		ssize_t sent;

		if (!conn->server && conn->header_done < sizeof(conn->header)) {
			sent = ioth_send(conn->fd, (char *)&conn->header + conn->header_done,
			    sizeof(conn->header) - conn->header_done, MSG_NOSIGNAL | MSG_MORE);
			if (sent > 0)
				conn->header_done += (size_t)sent;
		} else if (conn->out.done < conn->out.length) {
			size_t len = run->chunk;

			if (len > conn->out.length - conn->out.done)
				len = (size_t)(conn->out.length - conn->out.done);
			generate(&conn->out, run->buffer, len);
			sent = ioth_send(conn->fd, run->buffer, len, MSG_NOSIGNAL);
			if (sent > 0)
				conn->out.done += (uint64_t)sent;
		} else if (conn->server && !conn->eof) {
			return 0;
		} else {
			sent = ioth_shutdown(conn->fd, SHUT_WR);
			conn->shut = sent == 0;
		}
		if (sent < 0)
			return errno == EAGAIN ? 0 : -1;
	}
	return 0;
}

/* The connect has ended: false if it failed. */
static bool connected(struct run *run, struct connection *conn)
{
	int error = 0;
	socklen_t len = sizeof(error);

	ioth_getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error) {
		errno = error;
		finish(run, conn, "connect");
		return false;
	}
	conn->connecting = false;
	run->waiting++;
	if (run->hold)
		watch(run, conn, EPOLLRDHUP);
	return true;
}

static void advance(struct run *run, struct connection *conn)
{
	uint32_t want;

	if (conn->connecting && !connected(run, conn))
		return;
	if (run->hold && run->waiting < run->parallel)
		return;
	if (receive(run, conn) < 0) {
		finish(run, conn, "receive");
	} else if (send_more(run, conn) < 0) {
		finish(run, conn, "send");
	} else if (conn->eof && conn->shut) {
		finish(run, conn, NULL);
	} else {
		want = conn->eof ? 0U : EPOLLIN;
		/* A server that has nothing to send yet, or no more, has nothing to do with room. */
		if (!conn->shut && (!conn->server || conn->out.done < conn->out.length))
			want |= EPOLLOUT;
		watch(run, conn, want);
	}
}

/* ---- all of them ---- */

static int open_socket(struct run *run)
{
	int fd = ioth_msocket(run->stack, run->peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0 || fd >= 65536) {
		perror("socket");
		exit(EXIT_FAILURE);
	}
	/* Before the connection: the window scale is fixed by it. */
	if (run->rcvbuf)
		ioth_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &run->rcvbuf, sizeof(run->rcvbuf));
	ioth_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static void start_one(struct run *run)
{
	int fd = open_socket(run);
	struct connection *conn = add(run, fd, false);

	conn->connecting = true;
	conn->header = (struct header){MAGIC, run->started * UINT64_C(0x51ed270b), run->up, run->down};
	conn->out = (struct stream){conn->header.seed, run->up, 0};
	conn->in = (struct stream){~conn->header.seed, run->down, 0};
	if (ioth_connect(fd, (struct sockaddr *)&run->peer, run->peer_len) < 0 && errno != EINPROGRESS)
		finish(run, conn, "connect");
	else
		watch(run, conn, EPOLLOUT);
}

static void accept_all(struct run *run)
{
	int fd;

	while ((fd = ioth_accept4(run->listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
		advance(run, add(run, fd, true));
	if (errno != EAGAIN && errno != ECONNABORTED) {
		perror("accept");
		ended = 1;
	}
}

/* One round of events; false: nothing came for a minute. */
static bool dispatch(struct run *run)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(run->epoll_fd, events, EVENTS, 60000);

	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;

		if (fd == STDIN_FILENO)
			ended = 1;
		else if (fd == run->listener)
			accept_all(run);
		else if (run->conns[fd])
			advance(run, run->conns[fd]);
	}
	return count != 0;
}

static int serve(struct run *run)
{
	struct epoll_event event = {.events = EPOLLIN};

	run->peer = (struct sockaddr_storage){.ss_family = AF_INET6};
	run->peer_len = sizeof(struct sockaddr_in6);
	((struct sockaddr_in6 *)&run->peer)->sin6_port = htons((uint16_t)run->port);
	event.data.fd = run->listener = open_socket(run);
	if (ioth_bind(run->listener, (struct sockaddr *)&run->peer, run->peer_len) < 0 ||
	    ioth_listen(run->listener, 4096) < 0) {
		perror("listen");
		return EXIT_FAILURE;
	}
	epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, run->listener, &event);
	event.data.fd = STDIN_FILENO;
	epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event); /* refused for /dev/null */
	printf("listening\n");
	fflush(stdout);
	while (!ended)
		dispatch(run);
	ioth_close(run->listener);
	printf("served %u failed %u\n", run->ended, run->failed);
	return run->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int connect_all(struct run *run)
{
	double begin = seconds_now(), seconds;

	while (!ended && run->ended < run->count) {
		while (run->started < run->count && run->open < run->parallel)
			start_one(run);
		if (run->open && !dispatch(run)) {
			printf("stuck: %u open, %u ended, %u failed\n", run->open, run->ended, run->failed);
			return EXIT_FAILURE;
		}
		/* The last to be connected lets all go. */
		for (int fd = 0; run->hold && run->waiting == run->parallel && fd < 65536; fd++)
			if (run->conns[fd])
				advance(run, run->conns[fd]);
		if (run->waiting >= run->parallel)
			run->hold = false;
	}
	seconds = seconds_now() - begin;
	printf("connections %u failed %u seconds %.3f up_mbit %.3f down_mbit %.3f\n", run->ended,
	    run->failed, seconds, (double)run->up * run->ended * 8 / 1e6 / seconds,
	    (double)run->down * run->ended * 8 / 1e6 / seconds);
	return run->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void parse(struct run *run, char *argv[])
{
	for (; *argv; argv++) {
		char *value = strchr(*argv, '=');
		unsigned long long number = value ? strtoull(value + 1, NULL, 10) : 0;

		if (!value) {
			fprintf(stderr, "%s: not understood\n", *argv);
			exit(EXIT_FAILURE);
		}
		*value++ = '\0';
		if (strcmp(*argv, "up") == 0)
			run->up = number;
		else if (strcmp(*argv, "down") == 0)
			run->down = number;
		else if (strcmp(*argv, "count") == 0)
			run->count = (uint32_t)number;
		else if (strcmp(*argv, "parallel") == 0)
			run->parallel = (uint32_t)number;
		else if (strcmp(*argv, "chunk") == 0)
			run->chunk = number < CHUNK_MAX ? (size_t)number : CHUNK_MAX;
		else if (strcmp(*argv, "congestion") == 0)
			run->congestion = value;
		else if (strcmp(*argv, "sndbuf") == 0)
			run->sndbuf = (int)number;
		else if (strcmp(*argv, "rcvbuf") == 0)
			run->rcvbuf = (int)number;
		else if (strcmp(*argv, "port") == 0)
			run->port = (int)number;
		else if (strcmp(*argv, "hold") == 0)
			run->hold = number != 0;
		else {
			fprintf(stderr, "%s: not understood\n", *argv);
			exit(EXIT_FAILURE);
		}
	}
}

static void on_signal(int number)
{
	ended = 1;
}

int main(int argc, char *argv[])
{
	static struct run run = {
	    .listener = -1, .count = 1, .parallel = 1, .chunk = 65536, .port = 5000};
	struct sigaction action = {.sa_handler = on_signal};
	struct rlimit files;
	bool client = argc > 5 && strcmp(argv[4], "connect") == 0;
	int status;

	if (argc < 5 || (!client && strcmp(argv[4], "serve") != 0)) {
		fprintf(
		    stderr, "usage: tcp_peer STACK VNL CONFIG serve|connect ADDRESS [WORD=VALUE ...]\n");
		return EXIT_FAILURE;
	}
	sigaction(SIGTERM, &action, NULL);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	parse(&run, argv + (client ? 6 : 5));
	if (run.parallel > run.count)
		run.parallel = run.count;
	run.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	run.stack = own_stack(argv[1], argv[2], argv[3]);
	if (!run.stack)
		return EXIT_FAILURE;
	if (client)
		run.peer_len = own_peer(argv[5], (uint16_t)run.port, &run.peer);
	status = client ? run.peer_len ? connect_all(&run) : EXIT_FAILURE : serve(&run);
	fflush(stdout);
	for (int fd = 0; fd < 65536; fd++)
		if (run.conns[fd])
			finish(&run, run.conns[fd], NULL);
	close(run.epoll_fd);
	if (ioth_delstack(run.stack) < 0) {
		perror("delstack");
		status = EXIT_FAILURE;
	}
	return status;
}
