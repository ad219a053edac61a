/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Socket options of TCP: set, and read back, on a socket of the kernel and on ours, fresh,
 * listening and connected; and what TCP_INFO says of a connection. */
#include "stream_states.h"

#include <linux/inet_diag.h>

struct setting {
	const char *name;
	int level, option;
	int value;
};

#define TCP_SETTING(option, value)                                                                 \
	{                                                                                              \
#option, IPPROTO_TCP, option, value                                                        \
	}
#define SOCKET_SETTING(option, value)                                                              \
	{                                                                                              \
#option, SOL_SOCKET, option, value                                                         \
	}

static const struct setting settings[] = {
    TCP_SETTING(TCP_NODELAY, 1),
    TCP_SETTING(TCP_NODELAY, 0),
    TCP_SETTING(TCP_NODELAY, 7),
    TCP_SETTING(TCP_CORK, 1),
    TCP_SETTING(TCP_CORK, 0),
    TCP_SETTING(TCP_MAXSEG, 1000),
    TCP_SETTING(TCP_MAXSEG, 87),
    TCP_SETTING(TCP_MAXSEG, 40000),
    TCP_SETTING(TCP_KEEPIDLE, 100),
    TCP_SETTING(TCP_KEEPIDLE, 0),
    TCP_SETTING(TCP_KEEPIDLE, 32768),
    TCP_SETTING(TCP_KEEPINTVL, 10),
    TCP_SETTING(TCP_KEEPINTVL, -1),
    TCP_SETTING(TCP_KEEPCNT, 3),
    TCP_SETTING(TCP_KEEPCNT, 128),
    TCP_SETTING(TCP_SYNCNT, 3),
    TCP_SETTING(TCP_SYNCNT, 0),
    TCP_SETTING(TCP_SYNCNT, 128),
    TCP_SETTING(TCP_LINGER2, 20),
    TCP_SETTING(TCP_LINGER2, -1),
    TCP_SETTING(TCP_LINGER2, 1000),
    TCP_SETTING(TCP_DEFER_ACCEPT, 0),
    TCP_SETTING(TCP_WINDOW_CLAMP, 100000),
    TCP_SETTING(TCP_QUICKACK, 0),
    TCP_SETTING(TCP_QUICKACK, 1),
    TCP_SETTING(TCP_USER_TIMEOUT, 5000),
    TCP_SETTING(TCP_USER_TIMEOUT, -1),
    TCP_SETTING(TCP_NOTSENT_LOWAT, 10000),
    TCP_SETTING(TCP_INFO, 1),
    TCP_SETTING(999, 1),
    SOCKET_SETTING(SO_KEEPALIVE, 5),
    SOCKET_SETTING(SO_OOBINLINE, 1),
    SOCKET_SETTING(SO_RCVLOWAT, 100),
    SOCKET_SETTING(SO_RCVLOWAT, 0),
    SOCKET_SETTING(SO_RCVLOWAT, -1),
    SOCKET_SETTING(SO_SNDLOWAT, 5),
    SOCKET_SETTING(SO_RCVBUF, 50000),
    SOCKET_SETTING(SO_SNDBUF, 50000),
    SOCKET_SETTING(SO_ACCEPTCONN, 1),
    SOCKET_SETTING(SO_MAX_PACING_RATE, 100000),
    SOCKET_SETTING(SO_MAX_PACING_RATE, -1),
    SOCKET_SETTING(SO_TYPE, 1),
    SOCKET_SETTING(SO_PROTOCOL, 1),
    SOCKET_SETTING(SO_DOMAIN, 1),
    SOCKET_SETTING(SO_ERROR, 1),
};

struct answer {
	int result, error, read, value;
	socklen_t len;
};

static struct answer ask(const struct subject *s, const struct setting *setting, socklen_t len)
{
	struct answer answer = {.value = -1, .len = sizeof(int)};
	const int value = setting->value;

	answer.result = s->w->setsockopt(s->fd, setting->level, setting->option, &value, len);
	answer.error = answer.result ? errno : 0;
	answer.read =
	    s->w->getsockopt(s->fd, setting->level, setting->option, &answer.value, &answer.len);
	/* A structure begins with something else. */
	if (setting->option == TCP_INFO && setting->level == IPPROTO_TCP)
		answer.value &= 0xff;
	return answer;
}

/* Values that follow from sizes which this host's kernel was given, or from the path. */
static bool depends(
    void (*enter_state)(struct subject *s), const struct setting *setting, bool was_set)
{
	if (setting->level == SOL_SOCKET)
		return (setting->option == SO_RCVLOWAT && setting->value < 0) ||
		       ((setting->option == SO_SNDBUF || setting->option == SO_RCVBUF) && !was_set);
	return enter_state == established &&
	       (setting->option == TCP_MAXSEG || setting->option == TCP_WINDOW_CLAMP);
}

static void compare(void (*enter_state)(struct subject *s), const char *name)
{
	static const socklen_t lens[] = {sizeof(int), sizeof(int) - 1, 0};
	unsigned int wrong = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		for (size_t j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			struct answer answers[2];

			for (int w = 0; w < 2; w++) {
				struct subject s = {
				    .w = &worlds[w], .fd = -1, .peer = -1, .listener = -1, .extra = -1};

				enter_state(&s);
				answers[w] = ask(&s, &settings[i], lens[j]);
				leave(&s);
			}
			if (depends(enter_state, &settings[i], answers[0].result == 0))
				answers[0].value = answers[1].value;
			if (memcmp(&answers[0], &answers[1], sizeof(answers[0])) == 0)
				continue;
			print_message(
			    "%s, %s = %d (%u): the kernel's is %d (%s), then %d: %d (%u), ours %d (%s), "
			    "then %d: %d (%u)\n",
			    name, settings[i].name, settings[i].value, (unsigned int)lens[j], answers[0].result,
			    strerrorname_np(answers[0].error), answers[0].read, answers[0].value,
			    (unsigned int)answers[0].len, answers[1].result, strerrorname_np(answers[1].error),
			    answers[1].read, answers[1].value, (unsigned int)answers[1].len);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static void test_fresh(void **unused)
{
	compare(fresh, "fresh");
}

static void test_listening(void **unused)
{
	compare(listening, "listening");
}

static void test_established(void **unused)
{
	compare(established, "established");
}

static void test_congestion(void **unused)
{
	static const char *const names[] = {"reno", "nothing of the kind", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int results[2];
		char read[2][32] = {"", ""};
		socklen_t lens[2] = {16, 16};

		for (int w = 0; w < 2; w++) {
			struct subject s = {.w = &worlds[w], .peer = -1, .listener = -1, .extra = -1};

			fresh(&s);
			results[w] = s.w->setsockopt(
			    s.fd, IPPROTO_TCP, TCP_CONGESTION, names[i], (socklen_t)strlen(names[i]));
			if (results[w])
				results[w] = errno;
			s.w->getsockopt(s.fd, IPPROTO_TCP, TCP_CONGESTION, read[w], &lens[w]);
			leave(&s);
		}
		assert_int_equal(results[0], results[1]);
		assert_int_equal(lens[0], lens[1]);
		if (results[0] == 0)
			assert_string_equal(read[0], read[1]);
	}
}

/* What both can know of a connection over which five bytes went each way. */
static void test_info(void **unused)
{
	struct tcp_info info[2];

	memset(info, 0, sizeof(info));
	for (int w = 0; w < 2; w++) {
		struct subject s = {.w = &worlds[w], .peer = -1, .listener = -1, .extra = -1};
		socklen_t len = sizeof(info[w]);
		char bytes[5];

		established(&s);
		send_from(&s, s.peer, "hello", 0);
		await(s.fd, POLLIN);
		assert_int_equal(s.w->recv(s.fd, bytes, 5, 0), 5);
		send_from(&s, s.fd, "world", 0);
		await(s.peer, POLLIN);
		for (int i = 0; i < PATIENCE; i++) {
			len = sizeof(info[w]);
			assert_int_equal(s.w->getsockopt(s.fd, IPPROTO_TCP, TCP_INFO, &info[w], &len), 0);
			if (info[w].tcpi_unacked == 0)
				break;
			usleep(1000);
		}
		leave(&s);
	}
	for (int w = 0; w < 2; w++) {
		assert_int_equal(info[w].tcpi_state, TCP_STATE_ESTABLISHED);
		assert_int_equal(info[w].tcpi_ca_state, 0);
		assert_int_equal(info[w].tcpi_unacked, 0);
		assert_int_equal(info[w].tcpi_retransmits, 0);
		assert_int_equal(info[w].tcpi_total_retrans, 0);
		assert_true(info[w].tcpi_options & TCPI_OPT_TIMESTAMPS);
		assert_true(info[w].tcpi_options & TCPI_OPT_SACK);
		assert_true(info[w].tcpi_options & TCPI_OPT_WSCALE);
		assert_in_range(info[w].tcpi_rto, 200000, 1300000);
		assert_in_range(info[w].tcpi_rtt, 1, 1000000);
		assert_in_range(info[w].tcpi_snd_mss, 500, 65535);
		assert_in_range(info[w].tcpi_advmss, 500, 65535);
		assert_in_range(info[w].tcpi_pmtu, 576, 65536);
		/* Linux has ten segments, RFC 6928 two of this size. */
		assert_in_range(info[w].tcpi_snd_cwnd, 2, 20);
		assert_int_equal(info[w].tcpi_bytes_received, 5);
		assert_in_range(info[w].tcpi_bytes_acked, 5, 6); /* Linux counts the SYN */
		assert_int_equal(info[w].tcpi_bytes_sent, 5);
		assert_int_equal(info[w].tcpi_data_segs_in, 1);
		assert_int_equal(info[w].tcpi_data_segs_out, 1);
		assert_true(info[w].tcpi_min_rtt > 0);
		assert_int_equal(info[w].tcpi_notsent_bytes, 0);
	}
}

/* struct tcp_bbr_info, whole and cut off; of reno, nothing. The kernel may have no bbr. */
static void test_congestion_info(void **unused)
{
	static const socklen_t rooms[] = {sizeof(union tcp_cc_info), 12, 0};

	for (int w = 0; w < 2; w++) {
		struct subject s = {.w = &worlds[w], .peer = -1, .listener = -1, .extra = -1};
		union tcp_cc_info info;
		bool has_bbr;

		established(&s);
		has_bbr = s.w->setsockopt(s.fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3) == 0;
		assert_true(has_bbr || w == 0);
		for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]) && has_bbr; i++) {
			socklen_t len = rooms[i];

			assert_int_equal(s.w->getsockopt(s.fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len), 0);
			assert_int_equal(len, rooms[i] < 20 ? rooms[i] : 20);
			if (i == 0 && w == 1)
				assert_in_range(info.bbr.bbr_pacing_gain, 2 * 256, 3 * 256); /* Startup */
		}
		assert_int_equal(s.w->setsockopt(s.fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
		for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
			socklen_t len = rooms[i];

			assert_int_equal(s.w->getsockopt(s.fd, IPPROTO_TCP, TCP_CC_INFO, &info, &len), 0);
			assert_int_equal(len, 0);
		}
		leave(&s);
	}
}

/* unsigned int, or unsigned long; and what comes back. */
static void test_pacing_widths(void **unused)
{
	static const uint64_t rates[] = {1000, UINT64_C(100000000000), UINT64_MAX};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (int w = 0; w < 2; w++) {
			struct subject s = {.w = &worlds[w], .peer = -1, .listener = -1, .extra = -1};
			uint64_t rate = rates[i];
			uint32_t narrow = 0;
			socklen_t len = sizeof(rate);

			established(&s);
			assert_int_equal(
			    s.w->setsockopt(s.fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)), 0);
			rate = 0;
			assert_int_equal(s.w->getsockopt(s.fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, &len), 0);
			assert_int_equal(len, sizeof(rate));
			assert_int_equal(rate, rates[i]);
			len = sizeof(narrow);
			assert_int_equal(
			    s.w->getsockopt(s.fd, SOL_SOCKET, SO_MAX_PACING_RATE, &narrow, &len), 0);
			assert_int_equal(len, sizeof(narrow));
			assert_int_equal(narrow, rates[i] < UINT32_MAX ? rates[i] : UINT32_MAX);
			leave(&s);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fresh),
	    cmocka_unit_test(test_listening),
	    cmocka_unit_test(test_established),
	    cmocka_unit_test(test_congestion),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_congestion_info),
	    cmocka_unit_test(test_pacing_widths),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
