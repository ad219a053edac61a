/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Initial sequence numbers, timestamp offsets, SYN cookies. */
#include "cookie.h"

#include "seq.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct siphash_key key = {{0x0123456789abcdef, 0xfedcba9876543210}};
static const struct siphash_key other_key = {{0x0123456789abcdef, 0xfedcba9876543211}};

static struct tcp_flow flow_between(const char *local, const char *remote)
{
	return (struct tcp_flow){
	    .local = px_ip_parse(local), .remote = px_ip_parse(remote), .lport = 80, .rport = 40000};
}

static void test_isn(void **state)
{
	struct tcp_flow flow = flow_between("10.0.0.1", "10.0.0.2"), other = flow;
	uint32_t isn = tcp_isn(&key, &flow, 1000 * PX_SEC);

	/* The same pair: rises with the clock, so a second later is far ahead, and not too far. */
	assert_int_equal(tcp_isn(&key, &flow, 1001 * PX_SEC) - isn, 1000000000 / 64);
	assert_true(seq_gt(tcp_isn(&key, &flow, 1100 * PX_SEC), isn));
	/* Anything else: elsewhere. */
	other.rport++;
	assert_int_not_equal(tcp_isn(&key, &other, 1000 * PX_SEC), isn);
	other = flow_between("10.0.0.1", "10.0.0.3");
	assert_int_not_equal(tcp_isn(&key, &other, 1000 * PX_SEC), isn);
	assert_int_not_equal(tcp_isn(&other_key, &flow, 1000 * PX_SEC), isn);
}

static void test_timestamp_offset(void **state)
{
	struct tcp_flow flow = flow_between("2001:db8::1", "2001:db8::2"), other = flow;

	other.rport++;
	assert_int_equal(tcp_timestamp_offset(&key, &flow), tcp_timestamp_offset(&key, &other));
	other = flow_between("2001:db8::1", "2001:db8::3");
	assert_int_not_equal(tcp_timestamp_offset(&key, &flow), tcp_timestamp_offset(&key, &other));
	assert_int_not_equal((uint32_t)tcp_isn(&key, &flow, 0), tcp_timestamp_offset(&key, &flow));
}

static void test_cookie_keeps(void **state)
{
	static const struct {
		struct tcp_cookie in;
		uint16_t mss;
	} rows[] = {
	    {{.mss = 1460}, 1460},
	    {{.mss = 1459}, 1440},
	    {{.mss = 536}, 536},
	    {{.mss = 535}, 64},
	    {{.mss = 1}, 64},
	    {{.mss = 65535}, 32728},
	    {{.mss = 8960, .timestamps = true}, 8940},
	    {{.mss = 1460, .timestamps = true, .has_wscale = true, .wscale = 0}, 1460},
	    {{.mss = 1460, .timestamps = true, .has_wscale = true, .wscale = 14}, 1460},
	    {{.mss = 1460, .timestamps = true, .has_wscale = true, .wscale = 7, .sack = true}, 1460},
	    {{.mss = 1460, .timestamps = true, .sack = true, .ecn = true}, 1460},
	};
	struct tcp_flow flow = flow_between("10.0.0.1", "10.0.0.2");
	px_time now = 12345 * PX_SEC;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tcp_cookie out;
		uint32_t ts = tcp_cookie_timestamp(&rows[i].in, 777777);
		uint32_t isn = tcp_cookie_make(&key, &flow, 42, &rows[i].in, now);

		assert_true(tcp_cookie_check(
		    &key, &flow, 42, isn, rows[i].in.timestamps, ts, now + 2 * PX_SEC, &out));
		assert_int_equal(out.mss, rows[i].mss);
		assert_int_equal(out.timestamps, rows[i].in.timestamps);
		assert_int_equal(out.has_wscale, rows[i].in.has_wscale);
		assert_int_equal(out.wscale, rows[i].in.wscale);
		assert_int_equal(out.sack, rows[i].in.sack);
		assert_int_equal(out.ecn, rows[i].in.ecn);
	}
}

/* The clock with the options in it is never ahead of the clock, and at most 64 behind. */
static void test_cookie_timestamp(void **state)
{
	static const uint32_t clocks[] = {0, 1, 63, 64, 100, 0x7fffffff, 0x80000000, 0xffffffff};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		for (unsigned int wscale = 0; wscale <= 14; wscale++) {
			struct tcp_cookie cookie = {
			    .timestamps = true, .has_wscale = true, .wscale = (uint8_t)wscale, .ecn = true};
			uint32_t ts = tcp_cookie_timestamp(&cookie, clocks[i]);

			assert_true(seq_le(ts, clocks[i]));
			assert_true(clocks[i] - ts < 64);
		}
	}
}

static void test_cookie_forged(void **state)
{
	struct tcp_flow flow = flow_between("10.0.0.1", "10.0.0.2"), other = flow;
	struct tcp_cookie in = {.mss = 1460, .timestamps = true, .has_wscale = true, .wscale = 7}, out;
	px_time now = 1000 * PX_SEC;
	uint32_t ts = tcp_cookie_timestamp(&in, 5000);
	uint32_t isn = tcp_cookie_make(&key, &flow, 42, &in, now);

	assert_true(tcp_cookie_check(&key, &flow, 42, isn, true, ts, now, &out));
	/* Every bit is covered: of the cookie, of the options. */
	for (unsigned int bit = 0; bit < 32; bit++)
		assert_false(tcp_cookie_check(&key, &flow, 42, isn ^ 1u << bit, true, ts, now, &out));
	for (unsigned int bit = 0; bit < 6; bit++)
		assert_false(tcp_cookie_check(&key, &flow, 42, isn, true, ts ^ 1u << bit, now, &out));
	assert_false(tcp_cookie_check(&key, &flow, 42, isn, false, ts, now, &out));
	assert_false(tcp_cookie_check(&key, &flow, 43, isn, true, ts, now, &out));
	assert_false(tcp_cookie_check(&other_key, &flow, 42, isn, true, ts, now, &out));
	other.rport++;
	assert_false(tcp_cookie_check(&key, &other, 42, isn, true, ts, now, &out));
}

static void test_cookie_expires(void **state)
{
	struct tcp_flow flow = flow_between("10.0.0.1", "10.0.0.2");
	struct tcp_cookie in = {.mss = 1460}, out;
	px_time made = 100 * TCP_COOKIE_PERIOD + 10 * PX_SEC;
	uint32_t isn = tcp_cookie_make(&key, &flow, 42, &in, made);

	for (unsigned int periods = 0; periods < 6; periods++)
		assert_int_equal(tcp_cookie_check(&key, &flow, 42, isn, false, 0,
		                     made + periods * TCP_COOKIE_PERIOD, &out),
		    periods < 2);
	/* In the first period of all there is no one before. */
	isn = tcp_cookie_make(&key, &flow, 42, &in, 0);
	assert_true(tcp_cookie_check(&key, &flow, 42, isn, false, 0, 0, &out));
	assert_false(tcp_cookie_check(&key, &flow, 42, isn ^ 1, false, 0, 0, &out));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_isn),
	    cmocka_unit_test(test_timestamp_offset),
	    cmocka_unit_test(test_cookie_keeps),
	    cmocka_unit_test(test_cookie_timestamp),
	    cmocka_unit_test(test_cookie_forged),
	    cmocka_unit_test(test_cookie_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
