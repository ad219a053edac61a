/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR's model and control: loss, loss that was none, ECN, pauses, filters; with a fake clock.
 * Sections, and A.1 to A.22 (its list of tests), are draft-ietf-ccwg-bbr-06's. */
#include "bbr_path.h"

/* ---- loss while nothing is tried ---- */

/* Section 5.5.10.3: once a round, towards what arrived, to 0.7 at most. */
static void test_cruise_loss(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path_lose(&path, 1);
	assert_int_equal(path.bbr->bw_shortterm, BBR_INFINITE_BW); /* at the end of the round */
	path_round(&path, BW * 9 / 10);
	assert_int_equal(path.bbr->bw_shortterm, BW); /* the fastest of the round */
	path_lose(&path, 1);
	path_round(&path, BW * 9 / 10);
	assert_int_equal(path.bbr->bw_shortterm, BW * 9 / 10);
	path_lose(&path, 30);
	path_round(&path, BW / 10);
	path_lose(&path, 30);
	path_round(&path, BW / 10);
	assert_int_equal(path.bbr->bw_shortterm, BW * 9 / 10 / 100 * 70);
	assert_int_equal(path.bbr->bw, path.bbr->bw_shortterm);
	assert_int_equal(bbr_max_bw(path.bbr), BW);
	assert_true(path.cc.cwnd <= path.bbr->inflight_shortterm);
	assert_true(path.cc.cwnd >= 4 * MSS);
}

static void test_never_below_four_segments(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.bbr->bw_probe_wait = 1000 * PX_SEC;
	path.bbr->probe_rtt_min_stamp = path.now + 1000 * PX_SEC;
	for (unsigned int i = 0; i < 100; i++) {
		path.bbr->rounds_since_probe_up = 0;
		path_lose(&path, 10);
		path_round(&path, MSS);
	}
	assert_in_range(path.cc.cwnd, 4 * MSS, 8 * MSS);
	assert_true(tcp_cc_pacing(&path.cc) >= MSS);
}

/* Section 5.6.4.4: a segment after a time-out, four with the next ACK, and when what was lost is
 * there, what was before. */
static void test_time_out(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	before = path.cc.cwnd;
	path_lose(&path, 50);
	tcp_cc_timed_out(&path.cc, path.in_flight, false, path.now);
	assert_int_equal(path.cc.cwnd, MSS);
	path.loss_recovery = true;
	path.in_flight = 0;
	path_ack(&path, 0, MSS, false);
	assert_int_equal(path.cc.cwnd, 4 * MSS);
	path.loss_recovery = false;
	path_ack(&path, 0, MSS, false);
	assert_true(path.cc.cwnd >= before - 2 * MSS);
}

static void test_recovery_keeps_window(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	before = path.cc.cwnd;
	path_lose(&path, 1);
	path_recover(&path);
	path_ack(&path, BW, MSS, false);
	assert_in_range(path.cc.cwnd, before, before + MSS); /* the model leads, not PRR */
	assert_int_equal(path.cc.ssthresh, TCP_CC_INFINITE);
}

/* ---- loss that was none (section 5.5.11) ---- */

/* A.18. */
static void test_spurious_in_startup(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = 2 * BDP;
	path_round(&path, BW);
	path_lose(&path, 6);
	path_recover(&path);
	path_round(&path, BW);
	assert_state(&path, BBR_DRAIN);
	tcp_cc_undo(&path.cc, path.now);
	assert_state(&path, BBR_STARTUP);
	assert_false(path.bbr->full_bw_reached);
	assert_int_equal(path.bbr->inflight_longterm, BBR_INFINITE);
}

static void test_spurious_in_up(void **state)
{
	PATH path;
	uint32_t before;

	path_to_up(&path);
	before = path.cc.cwnd;
	path.in_flight = BDP / 4;
	path_lose(&path, 10);
	path_recover(&path);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	path_ack(&path, BW / 4, MSS, false);
	assert_true(path.cc.cwnd < before);
	tcp_cc_undo(&path.cc, path.now);
	assert_state(&path, BBR_PROBE_BW_REFILL);
	assert_int_equal(path.bbr->inflight_longterm, BBR_INFINITE);
	assert_true(path.cc.cwnd >= before);
}

/* A.19: a time-out, in CRUISE. */
static void test_spurious_time_out(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	before = path.cc.cwnd;
	path_lose(&path, 50);
	tcp_cc_timed_out(&path.cc, path.in_flight, false, path.now);
	path.loss_recovery = true;
	path_round(&path, BW / 10);
	path_lose(&path, 1);
	path_round(&path, BW / 10);
	assert_true(path.bbr->bw_shortterm < BW);
	tcp_cc_undo(&path.cc, path.now);
	assert_state(&path, BBR_PROBE_BW_CRUISE);
	assert_int_equal(path.bbr->bw_shortterm, BBR_INFINITE_BW);
	assert_int_equal(path.bbr->inflight_shortterm, BBR_INFINITE);
	assert_true(path.cc.cwnd >= before);
}

/* ---- ECN (section 3.7) ---- */

static void test_ecn(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = BDP;
	path_round(&path, BW);
	tcp_cc_reduce(&path.cc, TCP_CC_ECN, path.in_flight, path.now);
	path_ack(&path, BW, MSS, false);
	assert_true(path.bbr->full_bw_reached);
	assert_true(path.bbr->state != BBR_STARTUP);
}

static void test_ecn_in_up(void **state)
{
	PATH path;

	path_to_up(&path);
	path.in_flight = BDP;
	tcp_cc_reduce(&path.cc, TCP_CC_ECN, path.in_flight, path.now);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	assert_int_equal(path.bbr->inflight_longterm, BDP);
}

static void test_ecn_in_cruise(void **state)
{
	PATH path;

	path_to_cruise(&path);
	tcp_cc_reduce(&path.cc, TCP_CC_ECN, path.in_flight, path.now);
	path_round(&path, BW / 10);
	tcp_cc_reduce(&path.cc, TCP_CC_ECN, path.in_flight, path.now);
	path_round(&path, BW / 10);
	assert_int_equal(path.bbr->bw_shortterm, BW / 100 * 70);
}

/* ---- after a pause (section 5.4.1) ---- */

static void test_restart_from_idle(void **state)
{
	PATH path;

	path_to_up(&path);
	tcp_rate_app_limited(&path.rate, 0);
	path.now += 3 * PX_SEC;
	tcp_cc_sent(&path.cc, MSS, 0, path.now);
	assert_int_equal(tcp_cc_pacing(&path.cc), BW / 100 * 99);
	tcp_cc_restart(&path.cc, 3 * PX_SEC, path.now);
	assert_true(path.cc.cwnd >= 2 * BDP); /* not RFC 7661's business */
	/* The pause is no time in which less came than expected. */
	assert_int_equal(path.bbr->extra_acked_interval_start, path.now);
}

/* ---- filters ---- */

/* Sections 5.5.5, 5.5.6: the greatest rate of this cycle of ProbeBW and the one before. */
static void cycle(struct path *path, uint64_t rate)
{
	path->bbr->state = BBR_PROBE_BW_UP;
	path->bbr->full_bw_now = true;
	path->limited = false;
	path_round(path, rate);
	assert_state(path, BBR_PROBE_BW_DOWN);
	path_round(path, rate);
}

static void test_max_bw(void **state)
{
	PATH path;

	path_to_up(&path);
	cycle(&path, BW / 2);
	assert_int_equal(bbr_max_bw(path.bbr), BW);
	cycle(&path, BW / 2);
	assert_int_equal(bbr_max_bw(path.bbr), BW / 2); /* A.16 */
	cycle(&path, 3 * BW);
	assert_int_equal(bbr_max_bw(path.bbr), 3 * BW);
}

/* Section 5.5.9: what comes at once beyond the rate, of ten rounds. */
static void test_extra_acked(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	path.bbr->bw_probe_wait = 1000 * PX_SEC;
	path.bbr->probe_rtt_min_stamp = path.now + 1000 * PX_SEC;
	for (unsigned int i = 0; i < 11; i++)
		path_round(&path, BW);
	before = bbr_extra_acked(path.bbr);
	path_ack(&path, BW, 40 * MSS, false);
	path_ack(&path, BW, 40 * MSS, false); /* in no time */
	assert_in_range(bbr_extra_acked(path.bbr), before + 40 * MSS, BDP + 81 * MSS);
	before = bbr_extra_acked(path.bbr);
	path.now += 10 * PX_SEC;
	for (unsigned int i = 0; i < 9; i++)
		path_ack(&path, BW, MSS, true), path.now += RTT;
	assert_int_equal(bbr_extra_acked(path.bbr), before);
	for (unsigned int i = 0; i < 3; i++)
		path_ack(&path, BW, MSS, true), path.now += RTT;
	assert_in_range(bbr_extra_acked(path.bbr), MSS, 4 * MSS);
}

/* ---- the rest ---- */

/* TCP_CC_INFO, as Linux: 8 bits of fraction. */
static void test_info(void **state)
{
	union tcp_cc_info info;
	PATH path;

	path_open(&path, 0);
	assert_int_equal(tcp_cc_info(&path.cc, &info), sizeof(info.bbr));
	assert_int_equal(info.bbr.bbr_min_rtt, UINT32_MAX);
	path_close(&path);
	path_to_up(&path);
	assert_int_equal(tcp_cc_info(&path.cc, &info), 20);
	assert_int_equal(info.bbr.bbr_bw_lo, BW);
	assert_int_equal(info.bbr.bbr_bw_hi, 0);
	assert_int_equal(info.bbr.bbr_min_rtt, RTT / 1000);
	assert_int_equal(info.bbr.bbr_pacing_gain, 320);
	assert_int_equal(info.bbr.bbr_cwnd_gain, 576);
}

static void test_names(void **state)
{
	assert_string_equal(bbr_state_text(BBR_PROBE_RTT), "ProbeRTT");
	assert_null(bbr_state_text(BBR_NONE));
}

/* From another algorithm, with a window: the model begins there. */
static void test_change(void **state)
{
	struct tcp_cc_env env;
	PATH path;

	path_to_cruise(&path);
	env = path_env(&path);
	assert_int_equal(tcp_cc_change(&path.cc, &tcp_cc_reno, &env), 0);
	assert_int_equal(tcp_cc_pacing(&path.cc), 0);
	env.srtt = RTT;
	assert_int_equal(tcp_cc_change(&path.cc, &tcp_cc_bbr, &env), 0);
	path.bbr = path.cc.state;
	assert_state(&path, BBR_STARTUP);
	assert_int_equal(tcp_cc_pacing(&path.cc), (uint64_t)path.cc.cwnd * 277 * 10 / 100);
	path_round(&path, BW);
	assert_int_equal(path.bbr->round_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cruise_loss),
	    cmocka_unit_test(test_never_below_four_segments),
	    cmocka_unit_test(test_time_out),
	    cmocka_unit_test(test_recovery_keeps_window),
	    cmocka_unit_test(test_spurious_in_startup),
	    cmocka_unit_test(test_spurious_in_up),
	    cmocka_unit_test(test_spurious_time_out),
	    cmocka_unit_test(test_ecn),
	    cmocka_unit_test(test_ecn_in_up),
	    cmocka_unit_test(test_ecn_in_cruise),
	    cmocka_unit_test(test_restart_from_idle),
	    cmocka_unit_test(test_max_bw),
	    cmocka_unit_test(test_extra_acked),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
