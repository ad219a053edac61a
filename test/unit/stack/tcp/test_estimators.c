/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sequence numbers, round-trip times, delivery rates, PRR. */
#include "prr.h"
#include "rate.h"
#include "rtt.h"
#include "seq.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define MSS 1000u

static void test_seq(void **state)
{
	static const uint32_t starts[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint32_t a = starts[i], b = a + 1, far = a + 0x7fffffff;

		assert_true(seq_lt(a, b) && seq_gt(b, a) && seq_le(a, a) && seq_ge(a, a));
		assert_true(seq_lt(a, far) && !seq_lt(far, a) && !seq_lt(a, a));
		assert_int_equal(seq_diff(b, a), 1);
		assert_int_equal(seq_diff(a, b), -1);
		assert_int_equal(seq_max(a, b), b);
		assert_int_equal(seq_min(a, b), a);
		assert_true(seq_in(a, a, b) && !seq_in(b, a, b) && !seq_in(a, a, a));
		assert_true(seq_in(a + 5, a, a + 10) && !seq_in(a - 1, a, a + 10));
	}
}

/* RFC 6298 (2.2), (2.3) with numbers by hand. */
static void test_rto(void **state)
{
	struct tcp_rtt rtt;

	tcp_rtt_init(&rtt, 1, 0);
	assert_int_equal(tcp_rtt_rto(&rtt), 1 * PX_SEC);
	tcp_rtt_sample(&rtt, 100 * PX_MSEC, 1, 0);
	assert_int_equal(rtt.srtt, 100 * PX_MSEC);
	assert_int_equal(rtt.rttvar, 50 * PX_MSEC);
	assert_int_equal(tcp_rtt_rto(&rtt), 300 * PX_MSEC);
	tcp_rtt_sample(&rtt, 180 * PX_MSEC, 1, 0);
	assert_int_equal(rtt.rttvar, 57500000);    /* 50 + (80 - 50) / 4 */
	assert_int_equal(rtt.srtt, 110 * PX_MSEC); /* 100 + 80 / 8 */
	assert_int_equal(tcp_rtt_rto(&rtt), 340 * PX_MSEC);
	tcp_rtt_sample(&rtt, 30 * PX_MSEC, 1, 0);
	assert_int_equal(rtt.rttvar, 63125000); /* 57.5 + (80 - 57.5) / 4 */
	assert_int_equal(rtt.srtt, 100 * PX_MSEC);
}

static void test_rto_limits(void **state)
{
	struct tcp_rtt rtt;

	tcp_rtt_init(&rtt, 0, 0);
	for (int i = 0; i < 200; i++)
		tcp_rtt_sample(&rtt, 50 * PX_MSEC, 1, 0);
	assert_true(rtt.rttvar < PX_MSEC);
	assert_int_equal(tcp_rtt_rto(&rtt), 50 * PX_MSEC + TCP_RTO_MIN);
	/* Back-off: doubled up to the limit, for as often as one likes. */
	tcp_rtt_back_off(&rtt);
	assert_int_equal(tcp_rtt_rto(&rtt), 500 * PX_MSEC);
	tcp_rtt_back_off(&rtt);
	assert_int_equal(tcp_rtt_rto(&rtt), 1000 * PX_MSEC);
	for (int i = 0; i < 1000; i++)
		tcp_rtt_back_off(&rtt);
	assert_int_equal(tcp_rtt_rto(&rtt), TCP_RTO_MAX);
	tcp_rtt_sample(&rtt, 50 * PX_MSEC, 1, 0);
	assert_int_equal(tcp_rtt_rto(&rtt), 50 * PX_MSEC + TCP_RTO_MIN);
	/* A round trip that nobody has: no overflow. */
	tcp_rtt_sample(&rtt, UINT64_MAX / 2, 1, 0);
	assert_int_equal(tcp_rtt_rto(&rtt), TCP_RTO_MAX);
	/* A limit below the first value. */
	tcp_rtt_init(&rtt, 1, 100 * PX_MSEC);
	assert_int_equal(tcp_rtt_rto(&rtt), 100 * PX_MSEC);
}

static void test_rto_of_handshake(void **state)
{
	struct tcp_rtt rtt;

	tcp_rtt_init(&rtt, 0, 0);
	tcp_rtt_back_off(&rtt);
	tcp_rtt_syn_timed_out(&rtt);
	assert_int_equal(tcp_rtt_rto(&rtt), 3 * PX_SEC);
}

/* A hundred samples a round trip move the estimate by no more than one would. */
static void test_many_samples(void **state)
{
	struct tcp_rtt one, many;

	tcp_rtt_init(&one, 1, 0);
	tcp_rtt_init(&many, 1, 0);
	tcp_rtt_sample(&one, 100 * PX_MSEC, 1, 0);
	tcp_rtt_sample(&many, 100 * PX_MSEC, 1, 0);
	tcp_rtt_sample(&one, 200 * PX_MSEC, 1, 0);
	for (int i = 0; i < 100; i++)
		tcp_rtt_sample(&many, 200 * PX_MSEC, 100, 0);
	assert_in_range(many.srtt, one.srtt - 2 * PX_MSEC, one.srtt);
	assert_in_range(many.rttvar, one.rttvar - 5 * PX_MSEC, one.rttvar);
}

static void test_min_rtt(void **state)
{
	struct tcp_rtt rtt;
	px_time now = 5 * PX_SEC;

	tcp_rtt_init(&rtt, 0, 0);
	assert_int_equal(tcp_rtt_min(&rtt, now), 0);
	tcp_rtt_sample(&rtt, 10 * PX_MSEC, 1, now);
	tcp_rtt_sample(&rtt, 30 * PX_MSEC, 1, now);
	assert_int_equal(tcp_rtt_min(&rtt, now), 10 * PX_MSEC);
	/* The old value is forgotten between half a window and a window after it was seen last. */
	now += TCP_MIN_RTT_WINDOW / 2;
	tcp_rtt_sample(&rtt, 20 * PX_MSEC, 1, now);
	assert_int_equal(tcp_rtt_min(&rtt, now), 10 * PX_MSEC);
	now += TCP_MIN_RTT_WINDOW / 2;
	tcp_rtt_sample(&rtt, 25 * PX_MSEC, 1, now);
	assert_int_equal(tcp_rtt_min(&rtt, now), 20 * PX_MSEC);
	/* After a long silence nothing of before counts. */
	now += 10 * TCP_MIN_RTT_WINDOW;
	tcp_rtt_sample(&rtt, 40 * PX_MSEC, 1, now);
	assert_int_equal(tcp_rtt_min(&rtt, now), 40 * PX_MSEC);
}

/* ---- delivery rate ---- */

#define BURST 10

static void test_rate(void **state)
{
	struct tcp_rate rate;
	struct tcp_rate_mark marks[BURST];
	struct tcp_rate_sample sample;
	px_time now = PX_SEC;

	/* Ten segments at once, acknowledged one a millisecond from 10 ms on: 1 MB/s. */
	tcp_rate_init(&rate);
	for (int i = 0; i < BURST; i++)
		tcp_rate_sent(&rate, &marks[i], i ? MSS : 0, MSS, now);
	now += 10 * PX_MSEC;
	for (int i = 0; i < BURST; i++) {
		tcp_rate_ack_begin(&rate, &sample);
		tcp_rate_delivered(&rate, &sample, &marks[i], MSS, false, now);
		tcp_rate_ack_end(&rate, &sample, 10 * PX_MSEC);
		assert_int_equal(sample.newly, MSS);
		assert_int_equal(sample.delivered, (i + 1) * (int)MSS);
		assert_int_equal(sample.interval, (10 + i) * PX_MSEC);
		assert_int_equal(sample.rtt, (10 + i) * PX_MSEC);
		assert_int_equal(sample.rate, (uint64_t)(i + 1) * MSS * PX_SEC / ((10 + i) * PX_MSEC));
		assert_false(sample.app_limited);
		/* The next round: sent as the acknowledgements come. */
		tcp_rate_sent(&rate, &marks[i], MSS, MSS, now);
		now += PX_MSEC;
	}
	assert_int_equal(rate.delivered, BURST * MSS);
	/* The second round still knows the burst as its start; the third shows the path. */
	for (int i = 0; i < 2 * BURST; i++) {
		tcp_rate_ack_begin(&rate, &sample);
		tcp_rate_delivered(&rate, &sample, &marks[i % BURST], MSS, false, now);
		tcp_rate_ack_end(&rate, &sample, 10 * PX_MSEC);
		assert_in_range(sample.rate, i < BURST ? 500000 : 1000000, 1000000);
		tcp_rate_sent(&rate, &marks[i % BURST], MSS, MSS, now);
		now += PX_MSEC;
	}
}

/* Acknowledgements that were held up and come at once do not make the path fast: the interval of
 * sending counts. */
static void test_rate_of_compressed_acks(void **state)
{
	struct tcp_rate rate;
	struct tcp_rate_mark marks[BURST];
	struct tcp_rate_sample sample;
	px_time now = PX_SEC;

	tcp_rate_init(&rate);
	for (int i = 0; i < BURST; i++, now += PX_MSEC)
		tcp_rate_sent(&rate, &marks[i], i ? MSS : 0, MSS, now);
	tcp_rate_ack_begin(&rate, &sample);
	for (int i = 0; i < BURST; i++)
		tcp_rate_delivered(&rate, &sample, &marks[i], MSS, false, now);
	tcp_rate_ack_end(&rate, &sample, 0);
	assert_int_equal(sample.newly, BURST * MSS);
	assert_int_equal(sample.interval, 10 * PX_MSEC);
	assert_int_equal(sample.rate, 1000000);
}

static void test_rate_limited_by_program(void **state)
{
	struct tcp_rate rate;
	struct tcp_rate_mark marks[3];
	struct tcp_rate_sample sample;
	px_time now = PX_SEC;

	tcp_rate_init(&rate);
	tcp_rate_app_limited(&rate, 0);
	tcp_rate_sent(&rate, &marks[0], 0, MSS, now);
	tcp_rate_app_limited(&rate, MSS);
	tcp_rate_sent(&rate, &marks[1], MSS, MSS, now);
	tcp_rate_ack_begin(&rate, &sample);
	tcp_rate_delivered(&rate, &sample, &marks[0], MSS, false, now + PX_MSEC);
	tcp_rate_ack_end(&rate, &sample, 0);
	assert_true(sample.app_limited);
	tcp_rate_ack_begin(&rate, &sample);
	tcp_rate_delivered(&rate, &sample, &marks[1], MSS, false, now + PX_MSEC);
	tcp_rate_ack_end(&rate, &sample, 0);
	assert_true(sample.app_limited);
	/* What was sent under the limit is through: the next one is not limited. */
	tcp_rate_sent(&rate, &marks[2], 0, MSS, now + 2 * PX_MSEC);
	assert_false(marks[2].app_limited);
}

static void test_rate_without_sample(void **state)
{
	struct tcp_rate rate;
	struct tcp_rate_mark mark;
	struct tcp_rate_sample sample;

	tcp_rate_init(&rate);
	tcp_rate_sent(&rate, &mark, 0, MSS, 0);
	tcp_rate_ack_begin(&rate, &sample);
	tcp_rate_lost(&rate, 300);
	tcp_rate_ack_end(&rate, &sample, 0);
	assert_int_equal(sample.rate, 0);
	assert_int_equal(sample.newly_lost, 300);
	/* Faster than any round trip was: not believed. */
	tcp_rate_ack_begin(&rate, &sample);
	tcp_rate_delivered(&rate, &sample, &mark, MSS, false, 5);
	tcp_rate_ack_end(&rate, &sample, 10);
	assert_int_equal(sample.rate, 0);
	assert_int_equal(sample.newly, MSS);
	/* In no time at all: no division. */
	tcp_rate_sent(&rate, &mark, 0, MSS, 7);
	tcp_rate_ack_begin(&rate, &sample);
	tcp_rate_delivered(&rate, &sample, &mark, MSS, false, 7);
	tcp_rate_ack_end(&rate, &sample, 0);
	assert_int_equal(sample.rate, 0);
}

/* ---- PRR ---- */

/* One loss of a window of 20: RFC 6937 section 4's example in numbers: every other ACK lets one
 * segment go, and recovery ends with ssthresh in flight. */
static void test_prr_proportional(void **state)
{
	struct tcp_prr prr;
	uint32_t ssthresh = 10 * MSS, pipe = 19 * MSS, sent = 0;

	tcp_prr_begin(&prr, 20 * MSS);
	for (int i = 0; i < 19; i++) {
		uint32_t cwnd;

		pipe -= MSS;
		cwnd = tcp_prr_ack(&prr, MSS, pipe, ssthresh, MSS, true);
		while (pipe + MSS <= cwnd) {
			pipe += MSS;
			sent += MSS;
			tcp_prr_sent(&prr, MSS);
		}
	}
	assert_int_equal(pipe, ssthresh);
	assert_int_equal(sent, 10 * MSS);
}

/* Heavy loss: what is in flight is far below ssthresh. */
static void test_prr_bounds(void **state)
{
	struct tcp_prr prr;
	uint32_t cwnd;

	/* Conservation: no more than what was delivered (the first is the fast retransmit). */
	tcp_prr_begin(&prr, 20 * MSS);
	cwnd = tcp_prr_ack(&prr, MSS, 2 * MSS, 10 * MSS, MSS, false);
	assert_int_equal(cwnd, 3 * MSS);
	tcp_prr_sent(&prr, MSS);
	cwnd = tcp_prr_ack(&prr, MSS, 2 * MSS, 10 * MSS, MSS, false);
	assert_int_equal(cwnd, 3 * MSS);
	tcp_prr_sent(&prr, MSS);
	/* Slow start: one segment more. */
	cwnd = tcp_prr_ack(&prr, MSS, 2 * MSS, 10 * MSS, MSS, true);
	assert_int_equal(cwnd, 4 * MSS);
	/* Never beyond ssthresh. */
	cwnd = tcp_prr_ack(&prr, 8 * MSS, 9 * MSS, 10 * MSS, MSS, true);
	assert_int_equal(cwnd, 10 * MSS);
	/* Nothing delivered, nothing sent yet: still the fast retransmit. */
	tcp_prr_begin(&prr, 0);
	cwnd = tcp_prr_ack(&prr, 0, 0, 2 * MSS, MSS, false);
	assert_int_equal(cwnd, MSS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_seq),
	    cmocka_unit_test(test_rto),
	    cmocka_unit_test(test_rto_limits),
	    cmocka_unit_test(test_rto_of_handshake),
	    cmocka_unit_test(test_many_samples),
	    cmocka_unit_test(test_min_rtt),
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_rate_of_compressed_acks),
	    cmocka_unit_test(test_rate_limited_by_program),
	    cmocka_unit_test(test_rate_without_sample),
	    cmocka_unit_test(test_prr_proportional),
	    cmocka_unit_test(test_prr_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
