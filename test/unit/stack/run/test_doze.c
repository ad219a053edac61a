/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A leader that sleeps in its link's receiving, out of reach: what ends its sleep, and that it is
 * found by those who had something for it.
 *
 *     here 10.0.0.1 ---- ptp:// ---- there 10.0.0.2        both in this process
 *
 * A sleep may be over before a test has done what it wanted to do during it; the result must be
 * the same.
 */
#include "host.h"
#include "port.h"
#include "reader.h"

#include <poll.h>
#include <signal.h>

static char dir[] = "/tmp/test_doze_XXXXXX";
static struct picox *here, *there;
static int here_fd, there_fd;

static int setup(void **state)
{
	char vnl[64];

	if (!mkdtemp(dir))
		return -1;
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	here = host_new(vnl, NULL, "10.0.0.1");
	there = host_new(vnl, NULL, "10.0.0.2");
	here_fd = host_udp4(here, "10.0.0.1", 7);
	there_fd = host_udp4(there, "10.0.0.2", 7);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(picox_close(here_fd), 0);
	assert_int_equal(picox_close(there_fd), 0);
	assert_int_equal(picox_delstack(here), 0);
	assert_int_equal(picox_delstack(there), 0);
	rmdir(dir);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return 0;
}

/* Makes the one who is blocked think that it is in a conversation, until it dozes. */
static void wait_dozing(struct picox *stack)
{
	for (;;) {
		bool asleep, dozes;

		runtime_lock(stack);
		asleep = stack->leader && stack->leader->asleep;
		dozes = atomic_load(&stack->driver) == DRIVER_DOZES;
		if (asleep && dozes) {
			runtime_unlock(stack);
			return;
		}
		stack->input_count = 1;
		stack->input_at = stack->px->now;
		stack->doze_from = 0;
		runtime_unlock(stack);
		if (asleep)
			runtime_notify(stack);
		sched_yield();
	}
}

static void test_frame(void **state)
{
	struct reader reader;

	start(&reader, here_fd);
	wait_dozing(here);
	host_send4(there_fd, "10.0.0.1", 7, "x", 1);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.result, 1);
}

/* Without help, in the end: nothing is lost, and somebody dozes. */
static void test_conversation(void **state)
{
	bool dozed = false;
	pthread_t thread;
	char byte = 'a';

	assert_int_equal(pthread_create(&thread, NULL, answer_all, &there_fd), 0);
	for (int i = 0; i < 200 || !dozed; i++) {
		host_send4(here_fd, "10.0.0.2", 7, "a", 1);
		assert_int_equal(picox_recv(here_fd, &byte, 1, 0), 1);
		runtime_lock(there);
		dozed |= atomic_load(&there->driver) == DRIVER_DOZES;
		runtime_unlock(there);
	}
	host_send4(here_fd, "10.0.0.2", 7, "e", 1);
	pthread_join(thread, NULL);
}

/* Who polls is told as ever, by the poller, which takes the link back. */
static void test_poll_after(void **state)
{
	struct pollfd item = {.fd = here_fd, .events = POLLIN};
	struct reader reader;
	char byte;

	for (int i = 0; i < 20; i++) {
		start(&reader, here_fd);
		wait_dozing(here);
		host_send4(there_fd, "10.0.0.1", 7, "x", 1);
		pthread_join(reader.thread, NULL);
		host_send4(there_fd, "10.0.0.1", 7, "y", 1);
		assert_int_equal(poll(&item, 1, 30000), 1);
		assert_int_equal(picox_recv(here_fd, &byte, 1, MSG_DONTWAIT), 1);
		assert_int_equal(byte, 'y');
	}
}

/* Nothing comes: it goes to where it can be reached, and stays there. */
static void test_nothing(void **state)
{
	struct reader reader;
	bool in_bed = false;

	start(&reader, here_fd);
	wait_dozing(here);
	while (!in_bed) {
		runtime_lock(here);
		in_bed = here->leader && here->leader->asleep &&
		         atomic_load(&here->driver) == DRIVER_DESCRIPTORS;
		runtime_unlock(here);
		sched_yield();
	}
	host_send4(there_fd, "10.0.0.1", 7, "x", 1);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.result, 1);
}

/* Another thread of the stack has something for it, and it dozes no more for a while. */
static void test_missed(void **state)
{
	int from = host_udp4(here, "10.0.0.1", 8);
	px_time pause = 0;
	struct reader reader;

	for (int i = 0; i < 1000 && !pause; i++) {
		start(&reader, here_fd);
		wait_dozing(here);
		host_send4(from, "10.0.0.1", 7, "x", 1);
		pthread_join(reader.thread, NULL);
		assert_int_equal(reader.result, 1);
		/* The next one heeds it, if it was still asleep. */
		runtime_lock(here);
		here->doze_from = 0;
		here->input_count = 1;
		here->input_at = here->px->now;
		doze_begin(here, PX_TIME_NEVER, 0);
		if (here->doze.room)
			px_pkt_free(doze_leave(here, -EINTR));
		here->slept_on = NULL;
		atomic_store(&here->driver, DRIVER_POLLER);
		pause = here->doze_pause;
		if (pause)
			assert_true(here->doze_from > here->px->now);
		runtime_unlock(here);
	}
	assert_int_not_equal(pause, 0);
	assert_int_equal(picox_close(from), 0);
}

static void test_close(void **state)
{
	int fd = host_udp4(here, "10.0.0.1", 9);
	struct reader leader, follower;

	start(&leader, fd);
	wait_dozing(here);
	start(&follower, fd);
	wait_blocked(here, 2);
	assert_int_equal(picox_close(fd), 0);
	pthread_join(leader.thread, NULL);
	pthread_join(follower.thread, NULL);
	assert_int_equal(leader.error, EBADF);
	assert_int_equal(follower.error, EBADF);
}

/* The leader takes in what is somebody else's. */
static void test_follower(void **state)
{
	int fd = host_udp4(here, "10.0.0.1", 9);
	struct reader leader, follower;

	start(&leader, here_fd);
	wait_blocked(here, 1);
	start(&follower, fd);
	wait_blocked(here, 2);
	wait_dozing(here);
	host_send4(there_fd, "10.0.0.1", 9, "x", 1);
	pthread_join(follower.thread, NULL);
	assert_int_equal(follower.result, 1);
	wait_dozing(here);
	host_send4(there_fd, "10.0.0.1", 7, "x", 1);
	pthread_join(leader.thread, NULL);
	assert_int_equal(leader.result, 1);
	assert_int_equal(picox_close(fd), 0);
}

static void handler(int number)
{
}

static void test_signal(void **state)
{
	struct sigaction action = {.sa_handler = handler}, before;
	struct reader reader;

	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	start(&reader, here_fd);
	wait_dozing(here);
	/* One that comes between two sleeps interrupts none. */
	do
		pthread_kill(reader.thread, SIGUSR1);
	while (pthread_tryjoin_np(reader.thread, NULL) == EBUSY && sched_yield() == 0);
	assert_int_equal(reader.result, -1);
	assert_int_equal(reader.error, EINTR);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
}

static void test_cancelled(void **state)
{
	struct reader reader;
	void *result;

	for (int i = 0; i < 20; i++) {
		start(&reader, here_fd);
		wait_dozing(here);
		pthread_cancel(reader.thread);
		pthread_join(reader.thread, &result);
		assert_ptr_equal(result, PTHREAD_CANCELED);
		assert_null(here->doze.room);
		assert_null(here->slept_on);
	}
	test_frame(state);
}

/* A time that is shorter than such a sleep is kept, and to the millisecond. */
static void test_time_out(void **state)
{
	struct timeval limit = {.tv_usec = 5000};
	px_time begun;
	char byte;

	assert_int_equal(picox_setsockopt(here_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	runtime_lock(here);
	here->input_count = 1;
	here->input_at = here->px->now;
	assert_false(doze_begin(here, here->px->now + 5 * PX_MSEC, 0));
	runtime_unlock(here);
	begun = process_now();
	assert_int_equal(picox_recv(here_fd, &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_true(process_now() - begun >= 5 * PX_MSEC);
}

/* The interface is deleted, and its link closed when nobody is inside any more. */
static void test_link_deleted(void **state)
{
	int fd = host_udp4(here, "0.0.0.0", 9);
	struct reader reader;

	start(&reader, fd);
	wait_dozing(here);
	runtime_lock(here);
	px_iface_del(px_iface_by_index(here->px, 2));
	runtime_leave(here);
	ports_reap(here);
	assert_true(list_is_empty(&here->ports));
	host_send4(fd, "127.0.0.1", 9, "x", 1);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.result, 1);
	assert_int_equal(picox_close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_frame, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_conversation, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_poll_after, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_missed, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_close, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_follower, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_signal, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time_out, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_link_deleted, setup, teardown),
	};

	if (!HOST_HAS_VDEPLUG) {
		printf("SKIP: libvdeplug's plugins cannot be loaded under a sanitizer\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
