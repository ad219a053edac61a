/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The end of TCP sockets: SIGPIPE, signals, close and shutdown while others wait, lingering, the
 * end of a stack, duplicates. */
#include "stream_pair.h"

#include <signal.h>

/* ---- ends ---- */

static volatile sig_atomic_t pipes;

static void on_pipe(int number)
{
	pipes++;
}

static void test_sigpipe(void **state)
{
	struct sigaction action = {.sa_handler = on_pipe}, before;
	struct pair pair = open_pair();

	sigaction(SIGPIPE, &action, &before);
	pipes = 0;
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	assert_int_equal(picox_send(pair.near, "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 0);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 1);
	close_pair(&pair);
	/* A reset is told first, then the pipe. */
	pair = open_pair();
	abort_end(pair.far);
	pair.far = -1;
	await(pair.near, POLLERR);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(pipes, 1);
	assert_int_equal(picox_write(pair.near, "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(pipes, 2);
	sigaction(SIGPIPE, &before, NULL);
	close_pair(&pair);
}

static void on_signal(int number)
{
}

/* A signal before the thread sleeps interrupts nothing: again until it has. */
static void interrupt(struct blocked *blocked)
{
	while (!atomic_load(&blocked->ended)) {
		pthread_kill(blocked->thread, SIGUSR1);
		usleep(1000);
	}
}

static void test_signals(void **state)
{
	struct sigaction action = {.sa_handler = on_signal}, before;
	struct pair pair = open_pair();
	struct blocked blocked;
	int fd;

	sigaction(SIGUSR1, &action, &before);
	start(&blocked, run_recv, pair.near);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	start(&blocked, run_accept, pair.listener);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	fd = open_tcp(client, 0);
	start(&blocked, run_connect_nobody, fd);
	interrupt(&blocked);
	finish(&blocked, -1, EINTR);
	picox_close(fd);
	/* Some was sent. */
	start(&blocked, run_send_much, pair.near);
	interrupt(&blocked);
	pthread_join(blocked.thread, NULL);
	assert_in_range(blocked.result, 1, MUCH - 1);
	/* With SA_RESTART it goes on. */
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, NULL);
	start(&blocked, run_recv, pair.near);
	for (int i = 0; i < 5; i++) {
		pthread_kill(blocked.thread, SIGUSR1);
		usleep(1000);
	}
	assert_false(atomic_load(&blocked.ended));
	assert_int_equal(picox_send(pair.far, "x", 1, 0), 1);
	finish(&blocked, 1, 0);
	sigaction(SIGUSR1, &before, NULL);
	close_pair(&pair);
}

/* close(2) in one thread while another is inside. */
static void test_close_while_blocked(void **state)
{
	struct pair pair = open_pair();
	struct blocked blocked;
	int fd;

	start(&blocked, run_recv, pair.near);
	assert_int_equal(picox_close(pair.near), 0);
	finish(&blocked, -1, EBADF);
	pair.near = -1;
	assert_int_equal(picox_recv(pair.far, (char[1]){0}, 1, 0), 0); /* it was a proper close */
	start(&blocked, run_accept, pair.listener);
	assert_int_equal(picox_close(pair.listener), 0);
	finish(&blocked, -1, EBADF);
	pair.listener = -1;
	close_pair(&pair);
	fd = open_tcp(client, 0);
	start(&blocked, run_connect_nobody, fd);
	assert_int_equal(picox_close(fd), 0);
	finish(&blocked, -1, EBADF);
	pair = open_pair();
	start(&blocked, run_send_much, pair.near);
	assert_int_equal(picox_close(pair.near), 0);
	pthread_join(blocked.thread, NULL);
	assert_true(blocked.result > 0 || blocked.error == EBADF);
	pair.near = -1;
	close_pair(&pair);
}

/* shutdown(2), or the peer, ends what others wait for. */
static void test_shutdown_while_blocked(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	struct pair pair = open_pair();
	struct blocked blocked;

	sigaction(SIGPIPE, &ignore, &before);
	start(&blocked, run_recv, pair.near);
	assert_int_equal(picox_shutdown(pair.near, SHUT_RD), 0);
	finish(&blocked, 0, 0);
	start(&blocked, run_recv, pair.far);
	assert_int_equal(picox_shutdown(pair.near, SHUT_WR), 0);
	finish(&blocked, 0, 0);
	start(&blocked, run_accept, pair.listener);
	assert_int_equal(picox_shutdown(pair.listener, SHUT_RDWR), 0);
	finish(&blocked, -1, EINVAL);
	close_pair(&pair);
	pair = open_pair();
	start(&blocked, run_recv, pair.near);
	abort_end(pair.far);
	pair.far = -1;
	finish(&blocked, -1, ECONNRESET);
	close_pair(&pair);
	sigaction(SIGPIPE, &before, NULL);
}

/* ---- lingering ---- */

static void test_linger(void **state)
{
	const struct linger long_time = {1, 30}, short_time = {1, 1};
	struct pair pair = open_pair();
	struct blocked closer;
	char *bytes = calloc(1, MUCH);
	long done = 0, sent, len;

	assert_int_equal(
	    picox_setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &long_time, sizeof(long_time)), 0);
	sent = picox_send(pair.near, bytes, MUCH, MSG_DONTWAIT);
	assert_true(sent > 0);
	/* Waits until the reader has it all. */
	closer = (struct blocked){.run = run_close, .fd = pair.near};
	assert_int_equal(pthread_create(&closer.thread, NULL, blocked_main, &closer), 0);
	while ((len = picox_recv(pair.far, bytes, MUCH, 0)) > 0)
		done += len;
	assert_int_equal(len, 0);
	assert_int_equal(done, sent);
	finish(&closer, 0, 0);
	pair.near = -1;
	close_pair(&pair);
	/* Nobody reads: a second, then it goes on in the background. */
	pair = open_pair();
	assert_int_equal(
	    picox_setsockopt(pair.near, SOL_SOCKET, SO_LINGER, &short_time, sizeof(short_time)), 0);
	sent = picox_send(pair.near, bytes, MUCH, MSG_DONTWAIT);
	assert_int_equal(picox_close(pair.near), 0);
	assert_int_equal(picox_recv(pair.near, bytes, 1, 0), -1);
	assert_int_equal(errno, EBADF);
	for (done = 0; (len = picox_recv(pair.far, bytes, MUCH, 0)) > 0;)
		done += len;
	assert_int_equal(done, sent);
	pair.near = -1;
	close_pair(&pair);
	free(bytes);
}

static void *delete_main(void *stack)
{
	picox_delstack(stack);
	return NULL;
}

/* A stack that is deleted at once delivers what was sent. */
static void test_delstack(void **state)
{
	struct picox *brief = host_new("mem://tcp", "linger=30", "10.0.0.3");
	int listener = open_listener(0), fd = open_tcp(brief, 0), far;
	char *bytes = calloc(1, MUCH);
	const int small = 4096;
	long done = 0, sent, len;
	pthread_t thread;

	assert_int_equal(try_connect(fd, SERVER), 0);
	far = picox_accept(listener, NULL, NULL);
	sent = picox_send(fd, bytes, MUCH, MSG_DONTWAIT);
	assert_true(sent > 0);
	assert_int_equal(picox_delstack(brief), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(pthread_create(&thread, NULL, delete_main, brief), 0);
	while ((len = picox_recv(far, bytes, MUCH, 0)) > 0)
		done += len;
	assert_int_equal(len, 0);
	assert_int_equal(done, sent);
	pthread_join(thread, NULL);
	picox_close(far);
	picox_close(listener);
	free(bytes);
	/* With no time for it: a reset. */
	brief = host_new("mem://tcp", "linger=0", "10.0.0.3");
	listener = open_listener(0);
	assert_int_equal(picox_setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	fd = open_tcp(brief, 0);
	assert_int_equal(try_connect(fd, SERVER), 0);
	far = picox_accept(listener, NULL, NULL);
	bytes = calloc(1, MUCH);
	assert_true(picox_send(fd, bytes, MUCH, MSG_DONTWAIT) > 0);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(brief), 0);
	/* Not the end of the stream, since that is not what came; the reset, unless it was challenged
	 * (RFC 5961) when nobody was left to answer. */
	while ((len = picox_recv(far, bytes, MUCH, MSG_DONTWAIT)) > 0)
		;
	assert_int_equal(len, -1);
	assert_true(errno == ECONNRESET || errno == EAGAIN);
	picox_close(far);
	picox_close(listener);
	free(bytes);
}

/* Duplicates by dup(2) are the same socket. */
static void test_dup(void **state)
{
	struct pair pair = open_pair();
	int twin = dup(pair.near);

	assert_int_equal(picox_send(twin, "x", 1, 0), 1);
	assert_int_equal(picox_close(pair.near), 0);
	assert_int_equal(picox_send(twin, "y", 1, 0), 1);
	assert_int_equal(picox_recv(pair.far, (char[2]){0}, 2, MSG_WAITALL), 2);
	assert_int_equal(picox_close(twin), 0);
	assert_int_equal(picox_recv(pair.far, (char[1]){0}, 1, 0), 0);
	pair.near = -1;
	close_pair(&pair);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_sigpipe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_signals, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_close_while_blocked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shutdown_while_blocked, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_linger, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_delstack, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dup, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
