/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR: each transition of its states but those of ProbeRTT (test_bbr_rtt.c), with a fake clock.
 * Sections, and A.1 to A.22 (its list of tests), are draft-ietf-ccwg-bbr-06's. */
#include "bbr_path.h"

/* ---- Startup ---- */

/* Section 5.6.2: the initial window in a round trip, 2.77 times as fast. */
static void test_initial_rate(void **state)
{
	PATH path;

	path_open(&path, RTT);
	assert_state(&path, BBR_STARTUP);
	assert_int_equal(path.cc.cwnd, 10 * MSS);
	assert_int_equal(tcp_cc_pacing(&path.cc), 10 * MSS * 277 / 100 * 10);
}

/* No round trip from the handshake: a millisecond, until there is one. */
static void test_initial_rate_guessed(void **state)
{
	PATH path;

	path_open(&path, 0);
	assert_int_equal(tcp_cc_pacing(&path.cc), 10 * MSS * 2770);
	path.in_flight = 9 * MSS;
	path_ack(&path, 0, MSS, false);
	assert_int_equal(tcp_cc_pacing(&path.cc), 10 * MSS * 277 / 100 * 10);
}

static void test_startup_doubles(void **state)
{
	PATH path;
	uint64_t rate = 200000;

	path_open(&path, RTT);
	for (unsigned int i = 0; i < 8; i++, rate *= 2) {
		path.in_flight = path.cc.cwnd;
		path_round(&path, rate);
		assert_state(&path, BBR_STARTUP);
		assert_int_equal(path.bbr->bw, rate);
		assert_int_equal(tcp_cc_pacing(&path.cc), rate / 100 * 277 / 100 * 99);
	}
	assert_in_range(path.cc.cwnd, rate / 2 / 10, rate);
}

/* A.1: three rounds that grow by less than a quarter. */
static void test_startup_plateau(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = 2 * BDP;
	path_round(&path, BW);
	path_round(&path, BW + BW / 5);
	path_round(&path, BW);
	assert_int_equal(path.bbr->full_bw_count, 2);
	assert_state(&path, BBR_STARTUP);
	path_round(&path, BW + BW / 4); /* grew after all */
	assert_int_equal(path.bbr->full_bw_count, 0);
	path_round(&path, BW);
	path_round(&path, BW);
	assert_false(path.bbr->full_bw_reached);
	path_round(&path, BW);
	assert_true(path.bbr->full_bw_reached);
	assert_true(path.bbr->full_bw_now);
	assert_state(&path, BBR_DRAIN);
	assert_int_equal(path.bbr->bw, BW + BW / 4);
	assert_int_equal(tcp_cc_pacing(&path.cc), (BW + BW / 4) / 100 * 50 / 100 * 99);
}

/* A plateau within one round is none. */
static void test_startup_counts_rounds(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = BDP;
	path_round(&path, BW);
	for (unsigned int i = 0; i < 20; i++)
		path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_STARTUP);
	assert_int_equal(path.bbr->round_count, 1);
}

/* A.7: what the program leaves unused shows nothing; the pacing rate does not fall. */
static void test_startup_app_limited(void **state)
{
	PATH path;
	uint64_t rate;

	path_open(&path, RTT);
	path.in_flight = BDP;
	path_round(&path, BW);
	rate = tcp_cc_pacing(&path.cc);
	path.app_limited = true;
	for (unsigned int i = 0; i < 30; i++)
		path_round(&path, BW / 10);
	assert_state(&path, BBR_STARTUP);
	assert_int_equal(bbr_max_bw(path.bbr), BW);
	assert_int_equal(tcp_cc_pacing(&path.cc), rate);
	/* More than was known counts even so (section 5.5.4). */
	path_round(&path, 2 * BW);
	assert_int_equal(bbr_max_bw(path.bbr), 2 * BW);
}

/* A.2: a round of fast recovery with more than 2 % lost in six places; even of a limited flow. */
static void test_startup_high_loss(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = 2 * BDP;
	path.app_limited = true;
	path_round(&path, BW);
	path_lose(&path, 6);
	path_recover(&path);
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_STARTUP); /* not a round of it yet */
	path_round(&path, BW);
	assert_true(path.bbr->full_bw_reached);
	assert_state(&path, BBR_DRAIN);
	assert_int_equal(path.bbr->inflight_longterm, BDP);
}

static void test_startup_little_loss(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.in_flight = BDP;
	path_round(&path, BW);
	path_lose(&path, 5); /* in five places */
	path_recover(&path);
	path_round(&path, 2 * BW);
	assert_state(&path, BBR_STARTUP);
	path.in_flight = 8 * BDP; /* 6 of 800 segments are less than 2 % */
	path_lose(&path, 6);
	path_round(&path, 4 * BW);
	assert_state(&path, BBR_STARTUP);
	/* A time-out is not fast recovery. */
	path.in_flight = BDP;
	path_lose(&path, 6);
	path.loss_recovery = true;
	path_round(&path, 8 * BW);
	assert_state(&path, BBR_STARTUP);
}

/* Section 5.3.1.3: without SACK, any. */
static void test_startup_loss_without_sack(void **state)
{
	PATH path;

	path_open(&path, RTT);
	path.no_sack = true;
	path.in_flight = 2 * BDP;
	path_round(&path, BW);
	path_lose(&path, 1);
	path_recover(&path);
	path_round(&path, 2 * BW);
	assert_state(&path, BBR_DRAIN);
}

/* ---- Drain ---- */

/* A.3. */
static void test_drain_by_inflight(void **state)
{
	PATH path;

	path_to_drain(&path);
	path.in_flight = BDP + 2 * MSS;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_DRAIN);
	path.in_flight = BDP;
	path_ack(&path, BW, MSS, false);
	/* Through DOWN, at once: there is no queue any more. */
	assert_state(&path, BBR_PROBE_BW_CRUISE);
}

/* A.4. */
static void test_drain_by_rounds(void **state)
{
	PATH path;

	path_to_drain(&path);
	for (unsigned int i = 0; i < 3; i++) {
		path_round(&path, BW);
		assert_state(&path, BBR_DRAIN);
	}
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	assert_int_equal(tcp_cc_pacing(&path.cc), BW / 100 * 90 / 100 * 99);
}

/* ---- ProbeBW ---- */

/* A.8. */
static void test_down_by_inflight(void **state)
{
	PATH path;

	path_to_down(&path);
	path.in_flight = BDP + MSS;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	/* Of what was found to be too much, 15 % stay free. */
	path.bbr->inflight_longterm = BDP;
	path.in_flight = BDP * 86 / 100;
	path.rate.lost += 10 * MSS; /* so that nobody raises it */
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	path.in_flight = BDP * 85 / 100;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_CRUISE);
	assert_int_equal(tcp_cc_pacing(&path.cc), BW / 100 * 99);
	assert_int_equal(path.cc.cwnd, BDP * 85 / 100);
}

/* A.9: two to three seconds. */
static void test_down_by_time(void **state)
{
	PATH path;

	path_to_down(&path);
	assert_in_range(path.bbr->bw_probe_wait, 2 * PX_SEC, 3 * PX_SEC);
	path.now = path.bbr->cycle_stamp + path.bbr->bw_probe_wait;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	path.now++;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_REFILL);
}

/* Section 5.3.3.8: as many rounds as Reno needs to grow a window by itself, 62 at most. */
static void test_cruise_by_rounds(void **state)
{
	PATH path;
	unsigned int rounds = 0;

	path_to_cruise(&path);
	path.bbr->bw_probe_wait = 1000 * PX_SEC;
	path.rtt = PX_MSEC;
	for (; path.bbr->state == BBR_PROBE_BW_CRUISE && rounds < 200; rounds++)
		path_round(&path, 100 * BW);
	assert_in_range(rounds, 61, 63);
	assert_state(&path, BBR_PROBE_BW_REFILL);
}

static void test_cruise_of_small_window(void **state)
{
	PATH path;
	unsigned int rounds = 0;

	path_to_cruise(&path);
	path.bbr->bw_probe_wait = 1000 * PX_SEC;
	path.bbr->inflight_shortterm = 10 * MSS;
	for (; path.bbr->state == BBR_PROBE_BW_CRUISE && rounds < 200; rounds++)
		path_round(&path, BW / 10);
	assert_in_range(rounds, 8, 11);
}

/* A round with the bounds taken off, then up. */
static void test_refill_to_up(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.bbr->bw_shortterm = BW / 2;
	path.bbr->inflight_shortterm = BDP / 2;
	path.now += 3 * PX_SEC;
	path_ack(&path, BW / 2, MSS, false);
	assert_state(&path, BBR_PROBE_BW_REFILL);
	assert_int_equal(path.bbr->bw_shortterm, BBR_INFINITE_BW);
	assert_int_equal(path.bbr->inflight_shortterm, BBR_INFINITE);
	assert_int_equal(tcp_cc_pacing(&path.cc), BW / 100 * 99);
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_REFILL);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_UP);
	assert_int_equal(tcp_cc_pacing(&path.cc), BW / 100 * 125 / 100 * 99);
}

/* A.5: three rounds without more. */
static void test_up_plateau(void **state)
{
	PATH path;

	path_to_up(&path);
	path_round(&path, BW);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_UP);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_DOWN);
}

/* A.15: more is found, and followed. */
static void test_up_finds_more(void **state)
{
	PATH path;
	uint64_t rate = BW;

	path_to_up(&path);
	for (unsigned int i = 0; i < 10; i++) {
		rate = rate * 5 / 4 + 1;
		path.in_flight = path.cc.cwnd;
		path_round(&path, rate);
		assert_state(&path, BBR_PROBE_BW_UP);
	}
	assert_int_equal(bbr_max_bw(path.bbr), rate);
	assert_true(rate > 9 * BW);
}

/* A.7. */
static void test_up_app_limited(void **state)
{
	PATH path;

	path_to_up(&path);
	path.app_limited = true;
	path.bbr->probe_rtt_min_stamp = path.now + 100 * PX_SEC;
	for (unsigned int i = 0; i < 30; i++)
		path_round(&path, BW / 2);
	assert_state(&path, BBR_PROBE_BW_UP);
}

/* A.6, A.21: what was in flight was too much; the window falls, at most to 0.7. */
static void test_up_loss(void **state)
{
	PATH path;

	path_to_up(&path);
	path.in_flight = BDP + BDP / 4;
	path_ack(&path, BW, MSS, false);
	path_lose(&path, 2); /* 2 of 125: less than 2 % */
	assert_state(&path, BBR_PROBE_BW_UP);
	path_lose(&path, 1);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	assert_true(path.bbr->prev_probe_too_high);
	assert_in_range(path.bbr->inflight_longterm, BDP + BDP / 4 - 2 * MSS, BDP + BDP / 4);
	path_ack(&path, BW, MSS, false);
	assert_true(path.cc.cwnd <= path.bbr->inflight_longterm);
	/* Once a probe. */
	path.in_flight = BDP / 4;
	path_lose(&path, 30);
	assert_true(path.bbr->inflight_longterm >= BDP);
}

static void test_up_loss_bounded(void **state)
{
	PATH path;

	path_to_up(&path);
	path.in_flight = BDP / 4;
	path_lose(&path, 10);
	assert_int_equal(path.bbr->inflight_longterm, BDP * 70 / 100);
}

static void test_up_loss_app_limited(void **state)
{
	PATH path;

	path_to_up(&path);
	path.app_limited = true;
	path_lose(&path, 10);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	assert_int_equal(path.bbr->inflight_longterm, BBR_INFINITE);
}

/* Section 5.3.3.6: the probe after one that lost too much goes up only until as much is in flight
 * again; when that does no harm, another follows without that limit. */
static void test_precautionary(void **state)
{
	PATH path;

	path_to_up(&path);
	path.in_flight = BDP + BDP / 4;
	path_lose(&path, 10);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	path.now += 4 * PX_SEC;
	path.bbr->probe_rtt_min_stamp = path.now;
	path.in_flight = BDP;
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_REFILL);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_UP);
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_UP);
	path.in_flight = path.bbr->inflight_longterm;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	assert_true(path.bbr->prev_probe_precautionary);
	assert_false(path.bbr->prev_probe_too_high);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_REFILL);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_UP);
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_UP); /* as much in flight, and on */
}

static void test_precautionary_fails(void **state)
{
	PATH path;

	path_to_up(&path);
	path.in_flight = BDP + BDP / 4;
	path_lose(&path, 10);
	path.now += 4 * PX_SEC;
	path.bbr->probe_rtt_min_stamp = path.now;
	path.in_flight = BDP;
	path_round(&path, BW);
	path_round(&path, BW);
	path.in_flight = path.bbr->inflight_longterm;
	path_ack(&path, BW, MSS, false);
	assert_state(&path, BBR_PROBE_BW_DOWN);
	path_lose(&path, 10); /* that was too much again */
	assert_true(path.bbr->prev_probe_too_high);
	path_round(&path, BW);
	assert_state(&path, BBR_PROBE_BW_DOWN);
}

/* Section 5.3.3.5: by 1, 2, 4 ... segments a round, while the limit is what limits. */
static void test_longterm_grows(void **state)
{
	PATH path;
	uint32_t before, grown = 0;

	path_to_up(&path);
	path.bbr->inflight_longterm = BDP;
	path.limited = true;
	path.in_flight = BDP / 2;
	for (unsigned int i = 0; i < 5; i++) {
		before = path.bbr->inflight_longterm;
		path.cc.cwnd = before;
		path_ack(&path, BW, MSS, true);
		for (unsigned int j = 0; j < 99; j++)
			path_ack(&path, BW, MSS, false);
		path.now += RTT;
		assert_state(&path, BBR_PROBE_BW_UP); /* and the plateau is the limit's doing */
		assert_true(path.bbr->inflight_longterm - before >= grown);
		grown = path.bbr->inflight_longterm - before;
	}
	assert_in_range(grown, 16 * MSS, 32 * MSS);
	path.limited = false;
	before = path.bbr->inflight_longterm;
	path_round(&path, BW);
	assert_int_equal(path.bbr->inflight_longterm, before);
}

/* More was in flight, and hardly anything lost. */
static void test_longterm_follows(void **state)
{
	PATH path;

	path_to_cruise(&path);
	path.bbr->inflight_longterm = BDP / 2;
	path_ack(&path, BW, MSS, false);
	assert_int_equal(path.bbr->inflight_longterm, BDP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_initial_rate),
	    cmocka_unit_test(test_initial_rate_guessed),
	    cmocka_unit_test(test_startup_doubles),
	    cmocka_unit_test(test_startup_plateau),
	    cmocka_unit_test(test_startup_counts_rounds),
	    cmocka_unit_test(test_startup_app_limited),
	    cmocka_unit_test(test_startup_high_loss),
	    cmocka_unit_test(test_startup_little_loss),
	    cmocka_unit_test(test_startup_loss_without_sack),
	    cmocka_unit_test(test_drain_by_inflight),
	    cmocka_unit_test(test_drain_by_rounds),
	    cmocka_unit_test(test_down_by_inflight),
	    cmocka_unit_test(test_down_by_time),
	    cmocka_unit_test(test_cruise_by_rounds),
	    cmocka_unit_test(test_cruise_of_small_window),
	    cmocka_unit_test(test_refill_to_up),
	    cmocka_unit_test(test_up_plateau),
	    cmocka_unit_test(test_up_finds_more),
	    cmocka_unit_test(test_up_app_limited),
	    cmocka_unit_test(test_up_loss),
	    cmocka_unit_test(test_up_loss_bounded),
	    cmocka_unit_test(test_up_loss_app_limited),
	    cmocka_unit_test(test_precautionary),
	    cmocka_unit_test(test_precautionary_fails),
	    cmocka_unit_test(test_longterm_grows),
	    cmocka_unit_test(test_longterm_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
