/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR: the shortest round trip, and the state that looks for it (ProbeRTT, section 5.3.4 of
 * draft-ietf-ccwg-bbr-06), with a fake clock. */
#include "bbr_path.h"

/* Five seconds without a shorter round trip, from the one that was. */
static void wait_for_probe_rtt(struct path *path)
{
	path->now = path->bbr->probe_rtt_min_stamp + 5 * PX_SEC;
	path_ack(path, BW, MSS, false);
	assert_true(path->bbr->state != BBR_PROBE_RTT);
	path->now++;
	path_ack(path, BW, MSS, false);
	assert_state(path, BBR_PROBE_RTT);
}

/* A.10. */
static void test_probe_rtt(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	before = path.cc.cwnd;
	wait_for_probe_rtt(&path);
	assert_int_equal(path.cc.cwnd, BDP / 2);
	assert_true(path.rate.app_limited_until);
	/* The time counts from when no more is in flight. */
	path.now += PX_SEC;
	path_ack(&path, BW, MSS, true);
	assert_state(&path, BBR_PROBE_RTT);
	path.in_flight = BDP / 2;
	path_ack(&path, BW, MSS, false);
	path.now += 200 * PX_MSEC + 1;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_RTT); /* and a round */
	path_ack(&path, BW, MSS, true);
	assert_state(&path, BBR_PROBE_BW_CRUISE);
	assert_true(path.cc.cwnd >= before);
	/* The next one five seconds from now. */
	path.now += 4 * PX_SEC;
	path_ack(&path, BW, MSS, false);
	assert_true(path.bbr->state != BBR_PROBE_RTT);
}

static void test_probe_rtt_lasts(void **state)
{
	PATH path;

	path_to_cruise(&path);
	wait_for_probe_rtt(&path);
	path.in_flight = BDP / 2;
	path_ack(&path, BW, MSS, false);
	path.now += 200 * PX_MSEC;
	path_ack(&path, BW, MSS, true);
	path_ack(&path, BW, MSS, true);
	assert_state(&path, BBR_PROBE_RTT); /* not yet 200 ms */
	path.now++;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_CRUISE);
}

/* A shorter round trip meanwhile: no need to ask. */
static void test_probe_rtt_not_needed(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.now += 4 * PX_SEC;
	path.rtt = RTT - 1;
	path_ack(&path, BW, MSS, false);
	path.now += 4 * PX_SEC;
	path.rtt = RTT;
	path_ack(&path, BW, MSS, false);
	assert_true(path.bbr->state != BBR_PROBE_RTT);
	assert_int_equal(path.bbr->min_rtt, RTT - 1);
}

/* A.20. */
static void test_probe_rtt_in_startup(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.app_limited = true;
	path.in_flight = BDP;
	path_round(&path, BW);
	wait_for_probe_rtt(&path);
	path.in_flight = 4 * MSS;
	path_ack(&path, BW, MSS, false);
	path.now += 200 * PX_MSEC + 1;
	path_ack(&path, BW, MSS, true);
	assert_state(&path, BBR_STARTUP);
}

/* A.11: a pause empties the queue as well. */
static void test_probe_rtt_after_idle(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.in_flight = 0;
	tcp_rate_app_limited(&path.rate, 0);
	path.now += 20 * PX_SEC;
	tcp_cc_sent(&path.cc, MSS, 0, path.now);
	path.now += RTT;
	path_ack(&path, BW, MSS, true);
	assert_true(path.bbr->state != BBR_PROBE_RTT);
	assert_true(bbr_in_probe_bw(path.bbr));
}

/* Section 5.4.1: idle in ProbeRTT, and time enough has passed. */
static void test_probe_rtt_ends_idle(void **state)
{
	PATH path;
	uint32_t before;

	path_to_cruise(&path);
	before = path.cc.cwnd;
	wait_for_probe_rtt(&path);
	path.in_flight = 0;
	path_ack(&path, BW, MSS, false);
	path.now += PX_SEC;
	tcp_cc_sent(&path.cc, MSS, 0, path.now);
	assert_state(&path, BBR_PROBE_BW_CRUISE);
	assert_true(path.cc.cwnd >= before);
}

/* Section 5.5.7: a longer path is believed after ten seconds. */
static void test_min_rtt(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.rtt = 2 * RTT;
	path.in_flight = 4 * MSS;
	for (unsigned int i = 0; i < 45; i++)
		path_round(&path, BW);
	assert_int_equal(path.bbr->min_rtt, RTT);
	for (unsigned int i = 0; i < 10; i++)
		path_round(&path, BW);
	assert_int_equal(path.bbr->min_rtt, 2 * RTT);
	/* A shorter one at once. */
	path.rtt = RTT / 2;
	path_round(&path, BW);
	assert_int_equal(path.bbr->min_rtt, RTT / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_probe_rtt),
	    cmocka_unit_test(test_probe_rtt_lasts),
	    cmocka_unit_test(test_probe_rtt_not_needed),
	    cmocka_unit_test(test_probe_rtt_in_startup),
	    cmocka_unit_test(test_probe_rtt_after_idle),
	    cmocka_unit_test(test_probe_rtt_ends_idle),
	    cmocka_unit_test(test_min_rtt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
