/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaders that look for a moment before they sleep: when that is decided, when no more, and that
 * whoever has something for one who looks finds it.
 *
 *     here 10.0.0.1 ---- mem:// or ptp:// ---- there 10.0.0.2        both in this process
 *
 * A look may be over before a test has done what it wanted to do during it; the result must be the
 * same.
 */
#include "host.h"
#include "look.h"
#include "reader.h"

#define MICROSECONDS 50
#define LIMIT        (MICROSECONDS * UINT64_C(1000))
#define LONG         UINT32_C(50000000) /* ns */

/* ---- the decision ---- */

static struct spin decided_by(px_time wait, unsigned int times)
{
	struct spin spin;

	spin_init(&spin, MICROSECONDS, 2);
	while (times--)
		spin_waited(&spin, wait);
	return spin;
}

static void test_nothing_known(void **state)
{
	struct spin spin = decided_by(0, 0);

	assert_int_equal(spin_begin(&spin), 0);
}

static void test_short_waits(void **state)
{
	struct spin spin = decided_by(LIMIT / 2, 30);

	assert_int_equal(spin_begin(&spin), LIMIT);
	/* A single long one is an exception, some are not. */
	spin_waited(&spin, PX_SEC);
	assert_int_equal(spin_begin(&spin), LIMIT);
	for (int i = 0; i < 5; i++)
		spin_waited(&spin, PX_SEC);
	assert_int_equal(spin_begin(&spin), 0);
	/* And it is not for ever. */
	for (int i = 0; i < 30; i++)
		spin_waited(&spin, LIMIT / 2);
	assert_int_equal(spin_begin(&spin), LIMIT);
}

static void test_long_waits(void **state)
{
	struct spin spin = decided_by(PX_MSEC, 1000);

	assert_int_equal(spin_begin(&spin), 0);
	spin = decided_by(LIMIT * 3, 1000);
	assert_int_equal(spin_begin(&spin), 0);
}

static void test_off(void **state)
{
	struct spin spin;

	spin_init(&spin, 0, 2);
	for (int i = 0; i < 100; i++) {
		spin_waited(&spin, 0);
		assert_int_equal(spin_begin(&spin), 0);
	}
	spin_init(&spin, MICROSECONDS, 1);
	for (int i = 0; i < 100; i++) {
		spin_waited(&spin, 0);
		assert_int_equal(spin_begin(&spin), 0);
	}
}

/* How many of so many waits look. */
static unsigned int looks(struct spin *spin, unsigned int waits, bool found)
{
	unsigned int count = 0;

	while (waits--) {
		if (spin_begin(spin)) {
			spin_end(spin, found);
			count++;
		}
		spin_waited(spin, LIMIT / 2);
	}
	return count;
}

static void test_in_vain(void **state)
{
	struct spin spin = decided_by(LIMIT / 2, 30);

	assert_true(looks(&spin, 2000, false) < 12);
	/* One of a thousand, not none. */
	assert_in_range(looks(&spin, 10000, false), 5, 11);
	/* Until it is worth it again. */
	looks(&spin, 10000, true);
	assert_int_equal(looks(&spin, 1000, true), 1000);
}

/* ---- looking ---- */

static char dir[] = "/tmp/test_spin_XXXXXX";
static struct picox *here, *there;
static int here_fd, there_fd;

static void open_hosts(const char *vnl)
{
	here = host_new(vnl, NULL, "10.0.0.1");
	there = host_new(vnl, NULL, "10.0.0.2");
	here_fd = host_udp4(here, "10.0.0.1", 7);
	there_fd = host_udp4(there, "10.0.0.2", 7);
}

static int setup_mem(void **state)
{
	open_hosts("mem://spin");
	return 0;
}

static int setup_ptp(void **state)
{
	char vnl[64];

	if (!mkdtemp(dir))
		return -1;
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	open_hosts(vnl);
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(picox_close(here_fd), 0);
	assert_int_equal(picox_close(there_fd), 0);
	assert_int_equal(picox_delstack(here), 0);
	assert_int_equal(picox_delstack(there), 0);
	return 0;
}

static int teardown_ptp(void **state)
{
	teardown(state);
	rmdir(dir);
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	return 0;
}

/* Makes a leader believe that something comes soon, whatever the machine. */
static void encourage(struct picox *stack)
{
	stack->spin = (struct spin){.limit = LONG};
	stack->input_large = false;
	stack->input_count = 1;
	stack->input_at = stack->px->now;
	stack->doze_from = 0;
}

/* Until the one who is blocked looks. A call looks some times only: then another one is begun. */
static void start_looking(struct reader *reader, int fd, int from_fd, struct picox *stack)
{
	for (;;) {
		start(reader, fd);
		for (int turn = 0; turn < 1000; turn++) {
			bool asleep;

			runtime_lock(stack);
			asleep = stack->leader && stack->leader->asleep;
			if (asleep && atomic_load(&stack->driver) == DRIVER_SPINS) {
				runtime_unlock(stack);
				return;
			}
			encourage(stack);
			runtime_unlock(stack);
			if (asleep)
				runtime_notify(stack);
			sched_yield();
		}
		host_send4(from_fd, "10.0.0.1", 7, "x", 1);
		pthread_join(reader->thread, NULL);
	}
}

static void test_frame(void **state)
{
	struct reader reader;

	for (int i = 0; i < 20; i++) {
		start_looking(&reader, here_fd, there_fd, here);
		host_send4(there_fd, "10.0.0.1", 7, "x", 1);
		pthread_join(reader.thread, NULL);
		assert_int_equal(reader.result, 1);
	}
}

/* From another thread of the same stack. */
static void test_ready(void **state)
{
	int from = host_udp4(here, "10.0.0.1", 8);
	struct reader reader;

	for (int i = 0; i < 20; i++) {
		start_looking(&reader, here_fd, there_fd, here);
		host_send4(from, "10.0.0.1", 7, "x", 1);
		pthread_join(reader.thread, NULL);
		assert_int_equal(reader.result, 1);
	}
	assert_int_equal(picox_close(from), 0);
}

static void wait_asleep(struct picox *stack)
{
	bool asleep = false;

	while (!asleep) {
		runtime_lock(stack);
		asleep = stack->leader && stack->leader->asleep &&
		         atomic_load(&stack->driver) != DRIVER_SPINS && !atomic_load(&stack->news);
		runtime_unlock(stack);
		sched_yield();
	}
}

/* It ends, after it the call can be woken, and it is heeded; unless it was called away before. */
static void test_nothing_comes(void **state)
{
	struct reader reader;

	do {
		start_looking(&reader, here_fd, there_fd, here);
		wait_asleep(here);
		host_send4(there_fd, "10.0.0.1", 7, "x", 1);
		pthread_join(reader.thread, NULL);
		assert_int_equal(reader.result, 1);
	} while (!here->spin.pause);
}

/* A look of a call that nobody else takes part in. */
static void look_once(struct spin before)
{
	struct call call = {.stack = here};
	struct look look;

	runtime_lock(here);
	here->spin = before;
	look = look_begin(&call, 0, PX_TIME_NEVER);
	assert_int_not_equal(look.end, 0);
	look_around(here, NULL, &look);
	look_end(here, &look);
	runtime_unlock(here);
}

/* What lay there already was not waited for: no bet was won. */
static void test_at_once(void **state)
{
	const struct spin before = {.limit = LIMIT, .typical = 1000, .pause = 8};

	atomic_store(&here->news, NEWS_READY);
	look_once(before);
	assert_int_equal(here->spin.pause, 8);
	assert_int_equal(here->spin.typical, 1000);
	atomic_store(&here->news, 0);
	look_once(before);
	assert_int_equal(here->spin.pause, 16);
}

/* Neither who takes bulk nor who sends it looks. */
static void test_bulk(void **state)
{
	struct call call = {.stack = here};

	runtime_lock(here);
	encourage(here);
	here->input_large = true;
	assert_int_equal(look_begin(&call, 0, PX_TIME_NEVER).end, 0);
	here->input_large = false;
	call.looks = LOOKS_MAX;
	assert_int_equal(look_begin(&call, 0, PX_TIME_NEVER).end, 0);
	call.looks = 0;
	assert_int_not_equal(look_begin(&call, 0, PX_TIME_NEVER).end, 0);
	/* But who is told to does. */
	here->input_large = true;
	assert_int_not_equal(look_begin(&call, 1000, PX_TIME_NEVER).end, 0);
	here->input_large = false;
	runtime_unlock(here);
}

static void test_cancelled(void **state)
{
	struct reader reader;
	void *result;

	for (int i = 0; i < 20; i++) {
		start_looking(&reader, here_fd, there_fd, here);
		pthread_cancel(reader.thread);
		pthread_join(reader.thread, &result);
		assert_ptr_equal(result, PTHREAD_CANCELED);
		assert_null(here->leader);
		assert_null(here->doze.room);
	}
	test_frame(state);
}

/* Without help: both are in the mood to look, or not; one never does. */
static void test_conversation(void **state)
{
	pthread_t thread;
	char byte;

	runtime_lock(here);
	spin_init(&here->spin, 0, 2);
	runtime_unlock(here);
	runtime_lock(there);
	spin_init(&there->spin, 1000, 2);
	runtime_unlock(there);
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &there_fd), 0);
	for (int i = 0; i < 500; i++) {
		host_send4(here_fd, "10.0.0.2", 7, "a", 1);
		assert_int_equal(picox_recv(here_fd, &byte, 1, 0), 1);
		assert_int_not_equal(atomic_load(&here->driver), DRIVER_SPINS);
	}
	assert_int_equal(here->spin.pause | here->spin.left | here->spin.typical, 0);
	host_send4(here_fd, "10.0.0.2", 7, "e", 1);
	pthread_join(thread, NULL);
}

static const struct call *call_of(const struct waiter *waiter)
{
	return (
	    const struct call *)(const void *)((const char *)waiter - offsetof(struct call, waiter));
}

/* A call that is blocked for long sleeps, whatever comes for others: a signal finds it so. */
static void test_looks_end(void **state)
{
	struct reader reader;
	bool asleep = false;

	start(&reader, here_fd);
	while (!asleep) {
		runtime_lock(here);
		asleep = here->leader && here->leader->asleep &&
		         atomic_load(&here->driver) != DRIVER_SPINS &&
		         call_of(here->leader)->looks >= LOOKS_MAX;
		encourage(here);
		runtime_unlock(here);
		runtime_notify(here);
		sched_yield();
	}
	host_send4(there_fd, "10.0.0.1", 7, "x", 1);
	pthread_join(reader.thread, NULL);
}

int main(void)
{
	static const struct CMUnitTest decision[] = {
	    cmocka_unit_test(test_nothing_known),
	    cmocka_unit_test(test_short_waits),
	    cmocka_unit_test(test_long_waits),
	    cmocka_unit_test(test_off),
	    cmocka_unit_test(test_in_vain),
	};
	static const struct CMUnitTest mem[] = {
	    cmocka_unit_test_setup_teardown(test_frame, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_ready, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_nothing_comes, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_cancelled, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_conversation, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_at_once, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_bulk, setup_mem, teardown),
	    cmocka_unit_test_setup_teardown(test_looks_end, setup_mem, teardown),
	};
	static const struct CMUnitTest ptp[] = {
	    cmocka_unit_test_setup_teardown(test_frame, setup_ptp, teardown_ptp),
	    cmocka_unit_test_setup_teardown(test_ready, setup_ptp, teardown_ptp),
	    cmocka_unit_test_setup_teardown(test_nothing_comes, setup_ptp, teardown_ptp),
	    cmocka_unit_test_setup_teardown(test_cancelled, setup_ptp, teardown_ptp),
	    cmocka_unit_test_setup_teardown(test_conversation, setup_ptp, teardown_ptp),
	};
	int failed = cmocka_run_group_tests(decision, NULL, NULL);

	failed += cmocka_run_group_tests(mem, NULL, NULL);
	/* libvdeplug's plugins cannot be loaded under a sanitizer. */
	return HOST_HAS_VDEPLUG ? failed + cmocka_run_group_tests(ptp, NULL, NULL) : failed;
}
