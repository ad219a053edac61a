/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The help for servers: what is passed on, what is answered, over UDP and TCP, on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <ioth.h>
#include <iothdns.h>

#include "hex.h"

static int calls;
static enum { NO_REPLY, SHORT, LONG, WRONG } behaviour;

static struct iothdns_pkt *reply_to(struct iothdns_header *h, void *arg)
{
	struct iothdns_rr rr = {h->qname, IOTHDNS_TYPE_A, IOTHDNS_CLASS_IN, 60, 0};
	struct iothdns_pkt *pkt;

	calls++;
	assert_ptr_equal(arg, &calls);
	if (behaviour == NO_REPLY)
		return NULL;
	h->flags |= IOTHDNS_RESPONSE;
	pkt = iothdns_put_header(h);
	for (int i = 0; i < (behaviour == LONG ? 100 : 1); i++) {
		iothdns_put_rr(IOTHDNS_SEC_ANSWER, pkt, &rr);
		iothdns_put_int32(pkt, (uint32_t)i);
	}
	if (behaviour == WRONG)
		iothdns_put_name(pkt, "not..a.name");
	return pkt;
}

/* Two sockets of the native stack that are connected to each other. */
static void new_pair(int type, int fds[2])
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(addr);
	int server = ioth_msocket(NULL, AF_INET, type, 0);

	assert_int_equal(ioth_bind(server, (void *)&addr, len), 0);
	assert_int_equal(ioth_getsockname(server, (void *)&addr, &len), 0);
	fds[0] = ioth_msocket(NULL, AF_INET, type, 0);
	fds[1] = server;
	if (type == SOCK_STREAM)
		assert_int_equal(ioth_listen(server, 1), 0);
	assert_int_equal(ioth_connect(fds[0], (void *)&addr, len), 0);
	if (type == SOCK_STREAM) {
		fds[1] = ioth_accept(server, NULL, NULL);
		ioth_close(server);
	}
}

static const char question[] = "abcd 0100 0001 0000 0000 0000 0161 0178 00 0001 0001";
static const char with_opt[] = "abcd 0100 0001 0000 0000 0001 0161 0178 00 0001 0001"
                               " 00 0029 0320 00000000 0000"; /* 800 bytes */

static void test_udp(void **state)
{
	/* What comes, what the server then sends: 0 nothing, or the flags' second byte's rcode. */
	static const struct {
		const char *what, *bytes;
		int called, length, rcode;
	} cases[] = {
	    {"a query", question, 1, 37, 0},
	    {"one byte", "ab", 0, 0, 0},
	    {"nothing", "", 0, 0, 0},
	    {"a header that is cut", "abcd 0100 0001", 0, 0, 0},
	    {"no question", "abcd 0100 0000 0000 0000 0000", 0, 12, 1},
	    {"the 18 bytes", "abcd 0100 0001 0000 0000 0000 c00c 0001 0001", 0, 12, 1},
	    {"a record that is cut", "abcd 0100 0001 0001 0000 0000 0161 0178 00 0001 0001 00", 0, 12,
	        1},
	    {"a response", "abcd 8100 0001 0000 0000 0000 0161 0178 00 0001 0001", 0, 0, 0},
	    {"a response that is cut", "abcd 8100 0001 0000 0000 0000 0161", 0, 0, 0},
	    {"EDNS0", with_opt, 1, 37 + 11, 0},
	};
	unsigned char bytes[1024];
	int fds[2];

	(void)state;
	new_pair(SOCK_DGRAM, fds);
	behaviour = SHORT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = from_hex(cases[i].bytes, bytes);
		ssize_t got;

		calls = 0;
		assert_int_equal(ioth_send(fds[0], bytes, len, 0), len);
		assert_int_equal(iothdns_udp_process_request(fds[1], reply_to, &calls), len);
		got = ioth_recv(fds[0], bytes, sizeof(bytes), MSG_DONTWAIT);
		if (calls != cases[i].called || (got < 0 ? 0 : got) != cases[i].length)
			fail_msg("%s: %d calls, %zd bytes", cases[i].what, calls, got);
		if (got > 0) {
			assert_int_equal(bytes[0] << 8 | bytes[1], 0xabcd);
			assert_int_equal(bytes[3] & 0xf, cases[i].rcode);
			assert_true(bytes[2] & 0x80);
		}
	}
	ioth_close(fds[0]);
	ioth_close(fds[1]);
}

static ssize_t ask_udp(const char *hex, unsigned char *bytes)
{
	int fds[2];
	size_t len = from_hex(hex, bytes);
	ssize_t got;

	new_pair(SOCK_DGRAM, fds);
	ioth_send(fds[0], bytes, len, 0);
	assert_int_equal(iothdns_udp_process_request(fds[1], reply_to, &calls), len);
	got = ioth_recv(fds[0], bytes, 2048, MSG_DONTWAIT);
	ioth_close(fds[0]);
	ioth_close(fds[1]);
	return got;
}

/* Cut after a whole record, and marked. */
static void test_truncated(void **state)
{
	unsigned char bytes[2048];
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt *pkt;
	int records = 0, last = 0;
	ssize_t len;

	(void)state;
	behaviour = LONG;
	len = ask_udp(question, bytes);
	assert_int_equal(len, 12 + 9 + 16 * 30);
	assert_true(bytes[2] & 2);
	assert_int_equal(bytes[7], 30);
	len = ask_udp(with_opt, bytes);
	assert_int_equal(len, 12 + 9 + 16 * 48 + 11);
	pkt = iothdns_get_header(&h, bytes, (size_t)len, NULL);
	assert_true(h.flags & IOTHDNS_TRUNC);
	while (iothdns_get_rr(pkt, &rr, NULL)) {
		records++;
		last = rr.type;
	}
	assert_int_equal(iothdns_error(pkt), 0);
	assert_int_equal(last, IOTHDNS_TYPE_OPT);
	assert_int_equal(records, 49);
	iothdns_free(pkt);
	behaviour = NO_REPLY;
	assert_int_equal(ask_udp(question, bytes), -1);
	behaviour = WRONG; /* what could not be composed is SERVFAIL, with the question */
	assert_int_equal(ask_udp(question, bytes), 12 + 9);
	assert_int_equal(bytes[5], 1);
	assert_int_equal(bytes[3] & 0xf, IOTHDNS_RCODE_EFAIL);
}

static void test_tcp(void **state)
{
	unsigned char bytes[2048];
	size_t len;
	int fds[2];

	(void)state;
	behaviour = LONG;
	calls = 0;
	new_pair(SOCK_STREAM, fds);
	/* Two requests, in pieces. */
	len = from_hex("0015", bytes) + from_hex(question, bytes + 2);
	ioth_send(fds[0], bytes, len, 0);
	ioth_send(fds[0], bytes, 1, 0);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), len);
	ioth_send(fds[0], bytes + 1, len - 1, 0);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), len);
	assert_int_equal(calls, 2);
	assert_int_equal(ioth_recv(fds[0], bytes, 2, 0), 2);
	assert_int_equal(bytes[0] << 8 | bytes[1], 12 + 9 + 1600); /* whole: no limit */
	/* An empty message, then the end amid one. */
	ioth_send(fds[0], "\0\0\0\5abc", 7, 0);
	ioth_shutdown(fds[0], SHUT_WR);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), 2);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), 0);
	assert_int_equal(calls, 2);
	ioth_close(fds[0]);
	ioth_close(fds[1]);
	assert_int_equal(iothdns_tcp_process_request(fds[1], reply_to, &calls), -1);
	assert_int_equal(iothdns_udp_process_request(fds[1], reply_to, &calls), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_udp),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_tcp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
