/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Congestion control with a path that is a few numbers: rounds of acknowledgements. */
#include "cc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define MSS 1000u
#define RTT (100 * PX_MSEC)

struct path {
	struct tcp_cc cc;
	struct px_mem *mem;
	struct tcp_rate rate;
	px_time now;
	uint32_t una;
	px_time rtt;
};

static struct tcp_cc_env environment(struct path *path)
{
	return (struct tcp_cc_env){.mem = path->mem, .rate = &path->rate, .now = path->now};
}

static void open_path(struct path *path, const struct tcp_cc_ops *ops)
{
	struct tcp_cc_env env;

	*path = (struct path){.now = 1000 * PX_SEC, .rtt = RTT};
	path->mem = px_mem_new(NULL, 0);
	env = environment(path);
	assert_int_equal(tcp_cc_init(&path->cc, ops, &env), 0);
	tcp_cc_start(&path->cc, MSS, 0, 0, path->now);
}

static void close_path(struct path *path)
{
	tcp_cc_release(&path->cc);
	px_mem_drop(path->mem);
}
#define PATH struct path __attribute__((cleanup(close_path)))

/* One acknowledgement of `bytes`, with `flight` sent before it. */
static void ack_bytes(struct path *path, uint32_t bytes, uint32_t flight, bool limited)
{
	static const struct tcp_rate_sample none;
	struct tcp_cc_ack ack = {
	    .now = path->now,
	    .una = path->una += bytes,
	    .acked = bytes,
	    .prior_flight = flight,
	    .in_flight = flight - bytes,
	    .rtt = path->rtt,
	    .srtt = path->rtt,
	    .min_rtt = RTT,
	    .cwnd_limited = limited,
	    .rate = &none,
	};

	ack.nxt = path->una + flight - bytes;
	tcp_cc_acked(&path->cc, &ack);
}

/* A round trip with a full window, or `use` of it: an ACK a segment. */
static void round_trip(struct path *path, uint32_t use)
{
	uint32_t window = use < path->cc.cwnd ? use : path->cc.cwnd;
	uint32_t segments = window / MSS;

	for (uint32_t i = 0; i < segments; i++) {
		path->now += path->rtt / segments;
		ack_bytes(path, MSS, window, window >= path->cc.cwnd - MSS || use >= path->cc.cwnd);
	}
}

#define FULL UINT32_MAX

static void test_registry(void **state)
{
	assert_ptr_equal(tcp_cc_find("reno"), &tcp_cc_reno);
	assert_ptr_equal(tcp_cc_find("cubic"), &tcp_cc_cubic);
	assert_null(tcp_cc_find("vegas"));
	assert_null(tcp_cc_find(""));
	assert_ptr_equal(tcp_cc_listed(0), &tcp_cc_cubic);
	assert_ptr_equal(tcp_cc_find("bbr"), &tcp_cc_bbr);
	assert_null(tcp_cc_listed(3));
}

/* RFC 6928. */
static void test_initial_window(void **state)
{
	assert_int_equal(tcp_cc_initial_window(1460), 14600);
	assert_int_equal(tcp_cc_initial_window(536), 5360);
	assert_int_equal(tcp_cc_initial_window(1), 10);
	assert_int_equal(tcp_cc_initial_window(2000), 14600);
	assert_int_equal(tcp_cc_initial_window(8960), 17920);
	assert_int_equal(tcp_cc_initial_window(65495), 130990);
}

static void test_reno_grows(void **state)
{
	PATH path;
	uint32_t before;

	open_path(&path, &tcp_cc_reno);
	assert_int_equal(path.cc.cwnd, 10 * MSS);
	assert_true(tcp_cc_in_slow_start(&path.cc));
	round_trip(&path, FULL);
	assert_int_equal(path.cc.cwnd, 20 * MSS);
	round_trip(&path, FULL);
	assert_int_equal(path.cc.cwnd, 40 * MSS);
	/* Loss: half of what was in flight, and from there a segment a round trip. */
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 40 * MSS, path.now);
	assert_int_equal(path.cc.ssthresh, 20 * MSS);
	assert_int_equal(path.cc.cwnd, 40 * MSS); /* PRR's, meanwhile */
	tcp_cc_recovered(&path.cc, path.now);
	assert_int_equal(path.cc.cwnd, 20 * MSS);
	for (uint32_t i = 1; i <= 10; i++) {
		before = path.cc.cwnd;
		round_trip(&path, FULL);
		assert_int_equal(path.cc.cwnd, before + MSS);
	}
}

static void test_reno_timed_out(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_reno);
	tcp_cc_timed_out(&path.cc, 10 * MSS, false, path.now);
	assert_int_equal(path.cc.cwnd, MSS);
	assert_int_equal(path.cc.ssthresh, 5 * MSS);
	/* RFC 5681 section 3.1: the same segment again changes ssthresh no more. */
	tcp_cc_timed_out(&path.cc, MSS, true, path.now);
	assert_int_equal(path.cc.cwnd, MSS);
	assert_int_equal(path.cc.ssthresh, 5 * MSS);
	/* Slow start up to ssthresh, the rest of the ACK additively. */
	ack_bytes(&path, MSS, MSS, true);
	ack_bytes(&path, 2 * MSS, 2 * MSS, true);
	assert_int_equal(path.cc.cwnd, 4 * MSS);
	ack_bytes(&path, 4 * MSS, 4 * MSS, true);
	assert_int_equal(path.cc.cwnd, 5 * MSS);
	assert_int_equal(path.cc.acked_rest, 3 * MSS);
	/* Spurious after all. */
	tcp_cc_undo(&path.cc, path.now);
	assert_int_equal(path.cc.cwnd, 10 * MSS);
	assert_int_equal(path.cc.ssthresh, TCP_CC_INFINITE);
	path.cc.cwnd = MSS;
	tcp_cc_undo(&path.cc, path.now); /* once */
	assert_int_equal(path.cc.cwnd, MSS);
}

static void test_least_ssthresh(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_reno);
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, MSS, path.now);
	assert_int_equal(path.cc.ssthresh, 2 * MSS);
	close_path(&path);
	open_path(&path, &tcp_cc_cubic);
	tcp_cc_reduce(&path.cc, TCP_CC_ECN, 0, path.now);
	assert_int_equal(path.cc.ssthresh, 2 * MSS);
}

/* In fast recovery the window is PRR's: nobody grows it. After a time-out slow start does. */
static void test_recovery(void **state)
{
	static const struct tcp_rate_sample none;
	static const struct tcp_cc_ops *const all[] = {&tcp_cc_reno, &tcp_cc_cubic};

	for (size_t i = 0; i < 2; i++) {
		struct tcp_cc_ack ack = {.now = 1000 * PX_SEC,
		    .una = MSS,
		    .nxt = 9 * MSS,
		    .acked = MSS,
		    .prior_flight = 10 * MSS,
		    .in_flight = 8 * MSS,
		    .cwnd_limited = true,
		    .recovery = true,
		    .rate = &none};
		PATH path;

		open_path(&path, all[i]);
		tcp_cc_acked(&path.cc, &ack);
		assert_int_equal(path.cc.cwnd, 10 * MSS);
		ack.loss_recovery = true;
		tcp_cc_acked(&path.cc, &ack);
		assert_int_equal(path.cc.cwnd, 11 * MSS);
	}
}

/* A window that is not used does not grow. */
static void test_not_limited(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_reno);
	for (int i = 0; i < 100; i++)
		ack_bytes(&path, MSS, 3 * MSS, false);
	assert_int_equal(path.cc.cwnd, 10 * MSS);
	/* In slow start more than half in use is enough. */
	ack_bytes(&path, MSS, 6 * MSS, false);
	assert_int_equal(path.cc.cwnd, 11 * MSS);
}

/* RFC 7661: a burst, then little: kept for five minutes, then halved each five. */
static void test_validation(void **state)
{
	PATH path;
	uint32_t window;
	px_time until;

	open_path(&path, &tcp_cc_reno);
	for (int i = 0; i < 4; i++)
		round_trip(&path, FULL);
	window = path.cc.cwnd;
	assert_int_equal(window, 160 * MSS);
	for (until = path.now + 280 * PX_SEC; path.now < until;)
		round_trip(&path, 5 * MSS);
	assert_int_equal(path.cc.cwnd, window);
	for (until = path.now + 30 * PX_SEC; path.now < until;)
		round_trip(&path, 5 * MSS);
	assert_int_equal(path.cc.cwnd, window / 2);
	/* Silence: at the restart, what the time brought at once. */
	path.now += 301 * PX_SEC;
	tcp_cc_restart(&path.cc, 301 * PX_SEC, path.now);
	assert_int_equal(path.cc.cwnd, window / 4);
	path.now += 100000 * PX_SEC;
	tcp_cc_restart(&path.cc, 100000 * PX_SEC, path.now);
	assert_int_equal(path.cc.cwnd, 10 * MSS);
}

/* A loss at the end of a burst: what the path carried a moment ago counts, not the three segments
 * that are left. */
static void test_loss_at_tail(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_reno);
	path.cc.ssthresh = path.cc.cwnd = 80 * MSS;
	round_trip(&path, FULL);
	round_trip(&path, FULL);
	assert_int_equal(path.cc.cwnd, 82 * MSS);
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 3 * MSS, path.now);
	assert_in_range(path.cc.ssthresh, 39 * MSS, 41 * MSS);
}

/* ---- CUBIC ---- */

/* After a loss at 100 segments: 70, back at 100 after K = cbrt(30 / 0.4) = 4.2 s, flat there, then
 * faster and faster. */
static void test_cubic_curve(void **state)
{
	PATH path;
	px_time start;

	open_path(&path, &tcp_cc_cubic);
	path.cc.cwnd = 100 * MSS;
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 100 * MSS, path.now);
	assert_int_equal(path.cc.ssthresh, 70 * MSS);
	tcp_cc_recovered(&path.cc, path.now);
	assert_int_equal(path.cc.cwnd, 70 * MSS);
	start = path.now;
	while (path.now < start + 2100 * PX_MSEC)
		round_trip(&path, FULL);
	/* 100 - 0.4 * 2.1^3 = 96.3 at half of K; the target is a round trip ahead */
	assert_in_range(path.cc.cwnd, 95 * MSS, 98 * MSS);
	while (path.now < start + 4200 * PX_MSEC)
		round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, 99 * MSS, 101 * MSS);
	while (path.now < start + 8400 * PX_MSEC)
		round_trip(&path, FULL);
	/* 100 + 0.4 * 4.2^3 = 129.6 */
	assert_in_range(path.cc.cwnd, 127 * MSS, 135 * MSS);
	/* Fast convergence: lost again below the old maximum. */
	path.cc.cwnd = 60 * MSS;
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 60 * MSS, path.now);
	assert_int_equal(path.cc.ssthresh, 42 * MSS);
}

/* Short round trips: not slower than Reno (section 4.3). */
static void test_cubic_reno_friendly(void **state)
{
	PATH path;
	uint32_t before;

	open_path(&path, &tcp_cc_cubic);
	path.rtt = PX_MSEC;
	path.cc.cwnd = 20 * MSS;
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 20 * MSS, path.now);
	tcp_cc_recovered(&path.cc, path.now);
	assert_int_equal(path.cc.cwnd, 14 * MSS);
	for (int i = 0; i < 100; i++)
		round_trip(&path, FULL);
	/* 0.53 a round trip up to 20, one a round trip from there: 12 and 88 round trips */
	assert_in_range(path.cc.cwnd, 95 * MSS, 112 * MSS);
	before = path.cc.cwnd;
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, before + MSS / 2, before + 2 * MSS);
}

/* At most half as much again in a round trip, however long nothing was acknowledged. */
static void test_cubic_jump(void **state)
{
	PATH path;
	uint32_t before;

	open_path(&path, &tcp_cc_cubic);
	path.cc.ssthresh = path.cc.cwnd = 100 * MSS;
	round_trip(&path, FULL);
	path.now += 1000 * PX_SEC;
	before = path.cc.cwnd;
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, before, before * 165 / 100);
	/* A pause without anything to send is no time of the curve. */
	close_path(&path);
	open_path(&path, &tcp_cc_cubic);
	path.cc.ssthresh = path.cc.cwnd = 100 * MSS;
	round_trip(&path, FULL);
	before = path.cc.cwnd;
	path.now += 60 * PX_SEC;
	tcp_cc_restart(&path.cc, 60 * PX_SEC, path.now);
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, before, before + 2 * MSS);
}

static void test_cubic_undo(void **state)
{
	PATH path;
	PATH twin;

	open_path(&path, &tcp_cc_cubic);
	open_path(&twin, &tcp_cc_cubic);
	path.cc.ssthresh = path.cc.cwnd = twin.cc.ssthresh = twin.cc.cwnd = 50 * MSS;
	for (int i = 0; i < 20; i++) {
		round_trip(&path, FULL);
		round_trip(&twin, FULL);
	}
	tcp_cc_timed_out(&path.cc, path.cc.cwnd, false, path.now);
	assert_int_equal(path.cc.cwnd, MSS);
	tcp_cc_undo(&path.cc, path.now);
	/* As if it had not been. */
	for (int i = 0; i < 20; i++) {
		round_trip(&path, FULL);
		round_trip(&twin, FULL);
	}
	assert_int_equal(path.cc.cwnd, twin.cc.cwnd);
}

/* Section 4.8: the first stage after a time-out begins where slow start ended. */
static void test_cubic_after_timeout(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_cubic);
	path.cc.cwnd = 100 * MSS;
	tcp_cc_timed_out(&path.cc, 100 * MSS, false, path.now);
	assert_int_equal(path.cc.ssthresh, 70 * MSS);
	while (path.cc.cwnd < 70 * MSS)
		round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, 70 * MSS, 71 * MSS);
	for (int i = 0; i < 10; i++)
		round_trip(&path, FULL);
	/* No jump back to 100: K is 0. */
	assert_in_range(path.cc.cwnd, 72 * MSS, 80 * MSS);
}

/* ---- HyStart++ ---- */

static void test_hystart_leaves(void **state)
{
	PATH path;
	uint32_t window;

	open_path(&path, &tcp_cc_cubic);
	round_trip(&path, FULL);
	round_trip(&path, FULL);
	window = path.cc.cwnd;
	assert_int_equal(window, 40 * MSS);
	/* The queue fills: 13 ms more is an eighth. */
	path.rtt = RTT + 13 * PX_MSEC;
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, window + 8 * MSS, window + 25 * MSS); /* a quarter, nearly */
	assert_int_equal(path.cc.ssthresh, TCP_CC_INFINITE);
	for (int i = 0; i < 5; i++)
		round_trip(&path, FULL);
	assert_false(tcp_cc_in_slow_start(&path.cc));
	window = path.cc.cwnd;
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, window, window + 3 * MSS);
}

static void test_hystart_resumes(void **state)
{
	PATH path;
	uint32_t window;

	open_path(&path, &tcp_cc_cubic);
	round_trip(&path, FULL);
	round_trip(&path, FULL);
	path.rtt = RTT + 13 * PX_MSEC;
	round_trip(&path, FULL);
	path.rtt = RTT; /* it was jitter */
	round_trip(&path, FULL);
	window = path.cc.cwnd;
	round_trip(&path, FULL);
	assert_in_range(path.cc.cwnd, 2 * window - MSS, 2 * window);
	assert_int_equal(path.cc.ssthresh, TCP_CC_INFINITE);
}

/* ---- both ---- */

static void test_change(void **state)
{
	struct tcp_cc_env env;
	PATH path;

	open_path(&path, &tcp_cc_cubic);
	round_trip(&path, FULL);
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, 20 * MSS, path.now);
	tcp_cc_recovered(&path.cc, path.now);
	env = environment(&path);
	assert_int_equal(tcp_cc_change(&path.cc, &tcp_cc_reno, &env), 0);
	assert_int_equal(path.cc.cwnd, 14 * MSS);
	assert_int_equal(path.cc.ssthresh, 14 * MSS);
	round_trip(&path, FULL);
	assert_int_equal(path.cc.cwnd, 15 * MSS);
}

/* Who exchanges a message now and then needs no state of the algorithm. */
static void test_no_state_at_rest(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_cubic);
	for (int i = 0; i < 100; i++) {
		path.now += PX_SEC;
		tcp_cc_restart(&path.cc, PX_SEC, path.now);
		ack_bytes(&path, 100, 100, false);
	}
	assert_null(path.cc.state);
	round_trip(&path, FULL);
	assert_non_null(path.cc.state);
}

/* Without memory for its state, cubic is reno. */
static void test_refused_state(void **state)
{
	PATH path;
	uint32_t window;

	open_path(&path, &tcp_cc_cubic);
	px_mem_set_limit(path.mem, 1);
	round_trip(&path, FULL);
	assert_int_equal(path.cc.cwnd, 20 * MSS);
	window = path.cc.cwnd;
	tcp_cc_reduce(&path.cc, TCP_CC_LOSS, window, path.now);
	tcp_cc_undo(&path.cc, path.now);
	assert_null(path.cc.state);
}

/* No number of acknowledgements makes a window overflow, whatever the MSS. */
static void test_greatest_window(void **state)
{
	static const struct tcp_cc_ops *const all[] = {&tcp_cc_reno, &tcp_cc_cubic};
	static const uint32_t sizes[] = {1, 64, 1460, 65495};

	for (size_t i = 0; i < 8; i++) {
		PATH path;

		open_path(&path, all[i % 2]);
		tcp_cc_mss(&path.cc, sizes[i / 2]);
		for (int j = 0; j < 2000; j++) {
			path.now += 10 * PX_SEC;
			ack_bytes(&path, path.cc.cwnd, path.cc.cwnd, true);
			assert_in_range(path.cc.cwnd, sizes[i / 2], TCP_CC_WINDOW_MAX);
		}
		tcp_cc_reduce(&path.cc, TCP_CC_LOSS, UINT32_MAX, path.now);
		assert_in_range(path.cc.ssthresh, 1, TCP_CC_WINDOW_MAX);
	}
}

static void test_pacing(void **state)
{
	PATH path;

	open_path(&path, &tcp_cc_cubic);
	assert_int_equal(tcp_cc_pacing(&path.cc), 0);
	path.cc.pacing_max = 1000;
	assert_int_equal(tcp_cc_pacing(&path.cc), 1000);
	path.cc.pacing_rate = 500;
	assert_int_equal(tcp_cc_pacing(&path.cc), 500);
	path.cc.pacing_rate = 5000;
	assert_int_equal(tcp_cc_pacing(&path.cc), 1000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_registry),
	    cmocka_unit_test(test_initial_window),
	    cmocka_unit_test(test_reno_grows),
	    cmocka_unit_test(test_reno_timed_out),
	    cmocka_unit_test(test_least_ssthresh),
	    cmocka_unit_test(test_recovery),
	    cmocka_unit_test(test_not_limited),
	    cmocka_unit_test(test_validation),
	    cmocka_unit_test(test_loss_at_tail),
	    cmocka_unit_test(test_cubic_curve),
	    cmocka_unit_test(test_cubic_reno_friendly),
	    cmocka_unit_test(test_cubic_jump),
	    cmocka_unit_test(test_cubic_undo),
	    cmocka_unit_test(test_cubic_after_timeout),
	    cmocka_unit_test(test_hystart_leaves),
	    cmocka_unit_test(test_hystart_resumes),
	    cmocka_unit_test(test_no_state_at_rest),
	    cmocka_unit_test(test_refused_state),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_greatest_window),
	    cmocka_unit_test(test_pacing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
