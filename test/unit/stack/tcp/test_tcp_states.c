/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* States and segments of RFC 9293 section 3.10.7 against a peer made by hand; RFC 5961. */
#include "peer.h"

static int setup(void **state)
{
	net_setup(state);
	peer_start();
	return 0;
}

/* 3.10.7.1: nothing there. */
static void test_closed(void **state)
{
	peer.lport = 81;
	peer_send(TCP_SYN, 0, 0, 1000, 0);
	peer_next();
	assert_int_equal(peer.seen[0].header.flags, TCP_RST | TCP_ACK);
	assert_int_equal(peer.seen[0].header.seq, 0);
	assert_int_equal(peer.seen[0].header.ack, PEER_ISN + 1);
	peer_send(TCP_ACK | TCP_FIN, 5, 77, 1000, 10);
	peer_next();
	assert_int_equal(peer.seen[1].header.flags, TCP_RST);
	assert_int_equal(peer.seen[1].header.seq, 77);
	peer_send(TCP_RST, 5, 0, 1000, 0);
	peer_send(TCP_RST | TCP_ACK, 5, 5, 1000, 0);
	assert_true(peer_quiet());
}

/* 3.10.7.2 */
static void test_listen(void **state)
{
	peer_send(TCP_RST, 0, 0, 1000, 0);
	assert_true(peer_quiet());
	peer_send(TCP_ACK, 0, 5, 1000, 0);
	peer_expect(TCP_RST, 5, 0, 0);
	peer_send(TCP_SYN | TCP_FIN, 0, 0, 1000, 0);
	peer_send(TCP_FIN, 0, 0, 1000, 0);
	peer_send(0, 0, 0, 1000, 10);
	assert_true(peer_quiet());
	assert_int_equal(peer.listener->listener->request_count, 0);
	peer_syn(TCP_SYN, 1000, 7, true);
	assert_int_equal(peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0)->header.options.mss, 1460);
	assert_true(peer.seen[1].header.options.has_wscale);
	assert_false(peer.seen[1].header.options.has_timestamp); /* was not offered */
	assert_int_equal(peer.listener->listener->request_count, 1);
}

static void test_syn_received(void **state)
{
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	/* The SYN again; out of window; RST at the wrong place; SYN in the window; no ACK. */
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	sim_run(sim, PX_SEC / 2);
	peer_send(TCP_ACK, 100000, 1, 1000, 5);
	peer_expect(TCP_ACK, 1, 1, 0);
	sim_run(sim, PX_SEC / 4);
	peer_skip();
	peer_send(TCP_RST, 2, 0, 0, 0);
	assert_true(peer_quiet());
	assert_int_equal(peer.listener->listener->request_count, 1);
	peer_send(TCP_FIN, 1, 0, 1000, 0);
	assert_true(peer_quiet());
	/* A wrong acknowledgement. */
	peer_send(TCP_ACK, 1, 2, 1000, 0);
	peer_expect(TCP_RST, 2, 0, 0);
	assert_int_equal(peer.listener->listener->request_count, 1);
	/* The right RST: back to LISTEN. */
	peer_send(TCP_RST, 1, 0, 0, 0);
	assert_int_equal(peer.listener->listener->request_count, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), -EAGAIN);
	/* Nobody answers: five times again, then forgotten. */
	peer_skip();
	peer_syn(TCP_SYN, 1460, 0, true);
	sim_run(sim, 100 * PX_SEC);
	for (unsigned int i = 0; i < 6; i++)
		peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_true(peer_quiet());
	assert_int_equal(peer.listener->listener->request_count, 0);
	/* Data and FIN with the ACK. */
	peer_skip();
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_send(TCP_ACK | TCP_FIN | TCP_PSH, 1, 1, 1000, 10);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSE_WAIT);
	assert_int_equal(peer_read(100), 10);
	assert_int_equal(peer_read(100), 0);
}

static void active_open(void)
{
	assert_int_equal(tcp_new(peer.iface->stack, AF_INET, &peer.end), 0);
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -EINPROGRESS);
	sim_run(sim, 0);
	peer.lport = peer.end->endpoint.lport;
	peer_expect(TCP_SYN, 0, 0, 0);
}

/* 3.10.7.3 */
static void test_syn_sent(void **state)
{
	active_open();
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -EALREADY);
	assert_int_equal(tcp_poll(peer.end), 0);
	/* Wrong acknowledgements. */
	peer_send(TCP_ACK, 0, 5, 1000, 0);
	peer_expect(TCP_RST, 5, 0, 0);
	peer_send(TCP_SYN | TCP_ACK, 0, 0, 1000, 0);
	peer_expect(TCP_RST, 0, 0, 0);
	/* A blind RST; one that acknowledges nothing of ours. */
	peer_send(TCP_RST, 0, 0, 0, 0);
	peer_send(TCP_RST | TCP_ACK, 0, 9, 0, 0);
	/* Nor does an ACK alone, or a FIN, move anything. */
	peer_send(TCP_ACK, 1, 1, 1000, 0);
	peer_send(TCP_FIN, 1, 0, 1000, 0);
	assert_int_equal(peer.end->state, TCP_STATE_SYN_SENT);
	assert_true(peer_quiet());
	/* Refused. */
	peer_send(TCP_RST | TCP_ACK, 0, 1, 0, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_true(tcp_poll(peer.end) & POLLERR && tcp_poll(peer.end) & POLLHUP);
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -ECONNREFUSED);
	/* And again, with the same end: nobody answers. */
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -EINPROGRESS);
	peer_skip();
	sim_run(sim, 200 * PX_SEC);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(endpoint_get_error(&peer.end->endpoint), ETIMEDOUT);
	assert_int_equal(peer.count - peer.read, 6); /* syn_retries: 127 s with the first */
	tcp_close(peer.end);
}

/* Figure 7, with data behind. */
static void test_simultaneous_open(void **state)
{
	active_open();
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_int_equal(peer.end->state, TCP_STATE_SYN_RECEIVED);
	/* The peer's SYN-ACK. */
	peer_syn(TCP_SYN | TCP_ACK, 1460, 0, true);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), 0);
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -EISCONN);
	peer_skip();
	assert_int_equal(peer_write(10, 0), 10);
	peer_expect(TCP_ACK | TCP_PSH, 1, 1, 10);
	peer_send(TCP_ACK, 1, 11, 1000, 10);
	assert_int_equal(peer_read(100), 10);
}

static void test_simultaneous_open_lost(void **state)
{
	active_open();
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	sim_run(sim, 1100 * PX_MSEC); /* sent again */
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	peer_send(TCP_ACK, 1, 1, 1000, 0);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	tcp_abort(peer.end);
	/* And one that is reset, and one that is closed by its owner, in SYN-RECEIVED. */
	peer_skip();
	peer.end = NULL;
	active_open();
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_send(TCP_RST, 1, 0, 0, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(endpoint_get_error(&peer.end->endpoint), ECONNREFUSED);
	tcp_close(peer.end);
	peer_skip();
	active_open();
	peer_syn(TCP_SYN, 1460, 0, true);
	tcp_close(peer.end);
	peer_skip();
	peer_send(TCP_ACK, 1, 1, 1000, 0);
	peer_expect(TCP_FIN | TCP_ACK, 1, 1, 0);
	assert_int_equal(peer.end->state, TCP_STATE_FIN_WAIT_1);
}

/* RFC 5961 section 3: RST by the exact number only. */
static void test_reset(void **state)
{
	peer_open();
	peer_send(TCP_RST, 2, 0, 0, 0);
	peer_expect(TCP_ACK, 1, 1, 0);
	peer_send(TCP_RST, 0, 0, 0, 0);
	peer_send(TCP_RST, 70000, 0, 0, 0);
	peer_send(TCP_RST, 3, 0, 0, 0); /* challenges are limited */
	assert_true(peer_quiet());
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	peer_send(TCP_RST, 1, 0, 0, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer_read(1), -ECONNRESET);
	assert_int_equal(peer_read(1), 0);
	assert_int_equal(peer_write(1, 0), -EPIPE);
}

/* RFC 5961 section 4 and 5. */
static void test_injection(void **state)
{
	peer_open();
	peer_send(TCP_SYN, 1, 0, 1000, 0);
	peer_expect(TCP_ACK, 1, 1, 0);
	sim_run(sim, PX_SEC);
	peer_send(TCP_SYN | TCP_ACK, 90000, 1, 1000, 0);
	peer_expect(TCP_ACK, 1, 1, 0);
	sim_run(sim, PX_SEC);
	/* Acknowledgements of what was not sent, or long ago: challenged, and the data with them is
	 * not taken. */
	peer_send(TCP_ACK, 1, 5000, 1000, 5);
	peer_expect(TCP_ACK, 1, 1, 0);
	sim_run(sim, PX_SEC);
	peer_send(TCP_ACK, 1, (uint32_t)-100000, 1000, 5);
	peer_expect(TCP_ACK, 1, 1, 0);
	assert_int_equal(peer_read(1), -EAGAIN);
	/* Without ACK: dropped. */
	peer_send(0, 1, 0, 1000, 5);
	peer_send(TCP_FIN, 1, 0, 1000, 0);
	assert_true(peer_quiet());
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	/* Data outside of the window. */
	peer_send(TCP_ACK, 200000, 1, 1000, 5);
	peer_expect(TCP_ACK, 1, 1, 0);
}

/* Figure 12, 13; what is left when it is over. */
static void test_close_states(void **state)
{
	peer_open();
	tcp_shutdown(peer.end, SHUT_WR);
	peer_expect(TCP_FIN | TCP_ACK, 1, 1, 0);
	assert_int_equal(peer.end->state, TCP_STATE_FIN_WAIT_1);
	assert_int_equal(peer_write(1, 0), -EPIPE);
	/* Data in FIN-WAIT-1 and FIN-WAIT-2. */
	peer_send(TCP_ACK, 1, 1, 1000, 10);
	assert_int_equal(peer_read(10), 10);
	peer_send(TCP_ACK, 11, 2, 1000, 10);
	assert_int_equal(peer.end->state, TCP_STATE_FIN_WAIT_2);
	assert_int_equal(peer_read(10), 10);
	peer_skip();
	peer_send(TCP_FIN | TCP_ACK, 21, 2, 1000, 5);
	peer_expect(TCP_ACK, 2, 27, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer_read(10), 5);
	assert_int_equal(peer_read(10), 0);
	tcp_close(peer.end);
	/* TIME-WAIT: the FIN again, and what else comes. */
	peer_send(TCP_FIN | TCP_ACK, 21, 2, 1000, 5);
	peer_expect(TCP_ACK, 2, 27, 0);
	sim_run(sim, PX_SEC);
	peer_send(TCP_ACK, 27, 2, 1000, 5);
	peer_expect(TCP_ACK, 2, 27, 0);
	peer_send(TCP_ACK, 27, 2, 1000, 0);
	assert_true(peer_quiet());
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 1);
	sim_run(sim, 61 * PX_SEC);
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 0);
}

static void test_simultaneous_close(void **state)
{
	peer_open();
	tcp_shutdown(peer.end, SHUT_WR);
	peer_expect(TCP_FIN | TCP_ACK, 1, 1, 0);
	peer_send(TCP_FIN | TCP_ACK, 1, 1, 1000, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSING);
	peer_expect(TCP_ACK, 2, 2, 0);
	peer_send(TCP_ACK, 2, 2, 1000, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 1);
}

static void test_passive_close(void **state)
{
	peer_open();
	peer_send(TCP_FIN | TCP_ACK, 1, 1, 1000, 0);
	peer_expect(TCP_ACK, 1, 2, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSE_WAIT);
	assert_true(tcp_poll(peer.end) & POLLRDHUP);
	assert_false(tcp_poll(peer.end) & POLLHUP);
	peer_write(10, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1, 2, 10);
	/* The FIN once more; data behind it is nobody's. */
	peer_send(TCP_FIN | TCP_ACK, 1, 1, 1000, 0);
	peer_expect(TCP_ACK, 11, 2, 0);
	peer_send(TCP_ACK, 2, 11, 1000, 10);
	assert_int_equal(peer_read(10), 0);
	peer_skip();
	tcp_shutdown(peer.end, SHUT_RDWR);
	peer_expect(TCP_FIN | TCP_ACK, 11, 2, 0);
	assert_int_equal(peer.end->state, TCP_STATE_LAST_ACK);
	peer_send(TCP_ACK, 2, 12, 1000, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 0);
	assert_int_equal(peer.end->endpoint.error, 0);
}

/* RFC 2525 section 2.17, RFC 1122 section 4.2.2.13. */
static void test_unread(void **state)
{
	peer_open();
	peer_send(TCP_ACK, 1, 1, 1000, 10);
	peer_skip();
	tcp_close(peer.end);
	peer_expect(TCP_RST | TCP_ACK, 1, 11, 0);
	sim_run(sim, 0);
	assert_int_equal(peer.iface->stack->tcp->orphan_count, 0);
	/* Data that comes when nobody can read it any more. */
	peer.rport++;
	peer_open();
	tcp_close(peer.end);
	peer_expect(TCP_FIN | TCP_ACK, 1, 1, 0);
	peer_send(TCP_ACK, 1, 2, 1000, 10);
	peer_expect(TCP_RST, 2, 0, 0);
	assert_int_equal(peer.iface->stack->tcp->orphan_count, 0);
	/* FIN-WAIT-2 without an owner ends by itself. */
	peer.rport++;
	peer_open();
	tcp_close(peer.end);
	peer_send(TCP_ACK, 1, 2, 1000, 0);
	assert_int_equal(peer.iface->stack->tcp->orphan_count, 1);
	sim_run(sim, 61 * PX_SEC);
	assert_int_equal(peer.iface->stack->tcp->orphan_count, 0);
}

/* RFC 6191, RFC 1122 section 4.2.2.13: a new connection over TIME-WAIT. */
static void test_reopen(void **state)
{
	uint32_t old;

	peer.timestamps = true;
	peer_open();
	tcp_close(peer.end);
	old = peer.iss;
	peer_send(TCP_FIN | TCP_ACK, 1, 2, 1000, 0);
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 1);
	peer_skip();
	/* An old SYN: answered with an ACK (not yet: the limit). A newer timestamp: taken. */
	peer.tsval -= 20;
	peer_syn(TCP_SYN, 1460, 0, true);
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 1);
	peer_skip();
	peer.tsval += 40;
	peer_syn(TCP_SYN, 1460, 0, true);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_true(seq_gt(peer.iss, old + 65535));
	assert_int_equal(peer.iface->stack->tcp->timewait_count, 0);
}

static void inject_syn(const char *from, const char *to, uint16_t error)
{
	struct tcp_header header = {.seq = 1, .flags = TCP_SYN, .dport = 80, .sport = 9};
	struct px_ip src = px_ip_parse(from), dst = px_ip_parse(to);
	uint8_t bytes[TCP_HEADER_MAX];
	size_t len = tcp_write(bytes, &header);
	uint16_t sum = checksum_finish(
	    checksum_add(ip_pseudo_header(&src, &dst, IPPROTO_TCP, (uint32_t)len), bytes, len));

	sum ^= error;
	memcpy(bytes + TCP_CHECKSUM_OFFSET, &sum, 2);
	net_inject4(from, to, IPPROTO_TCP, 64, 0, NULL, 0, bytes, len);
	sim_run(sim, 100 * PX_MSEC);
}

/* RFC 9293 MUST-57 and its like: only between two hosts. */
static void test_addresses(void **state)
{
	static const char *const bad[][2] = {
	    {"10.0.0.9", "10.0.0.255"},
	    {"10.0.0.9", "255.255.255.255"},
	    {"10.0.0.9", "224.0.0.1"},
	    /* MUST-63: nobody has these. */
	    {"255.255.255.255", "10.0.0.1"},
	    {"10.0.0.255", "10.0.0.1"},
	    {"224.0.0.1", "10.0.0.1"},
	    {"0.0.0.0", "10.0.0.1"},
	    {"127.0.0.1", "10.0.0.1"},
	    {"10.0.0.1", "10.0.0.1"},
	};
	static const char *const targets[] = {"10.0.0.255", "255.255.255.255", "224.0.0.1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		inject_syn(bad[i][0], bad[i][1], 0);
	/* A wrong checksum. */
	inject_syn("10.0.0.9", "10.0.0.1", 1);
	assert_true(peer_quiet());
	assert_int_equal(peer.listener->listener->request_count, 0);
	assert_int_equal(net_stat(peer.iface, PX_TcpInCsumErrors), 1);
	inject_syn("10.0.0.9", "10.0.0.1", 0); /* what all of them would have made */
	assert_int_equal(peer.listener->listener->request_count, 1);
	/* MUST-46. */
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct tcp_end *end = new_end(peer.iface, AF_INET);
		assert_int_equal(connect_text(end, targets[i], 80), -ENETUNREACH);
		assert_int_equal(tcp_state(end), TCP_STATE_CLOSED);
		tcp_close(end);
	}
}

/* RFC 9293 MUST-48, MUST-49, SHLD-21, SHLD-22: both are the program's, at any time, and reach the
 * wire as they are. */
static void test_tos_and_ttl(void **state)
{
	peer_open();
	assert_int_equal(peer_write(10, 0), 10);
	assert_int_equal(peer_next()->ttl, 64);
	peer_send(TCP_ACK, 1, 11, 60000, 0);
	peer.end->endpoint.ttl = 7;
	peer.end->endpoint.tos = 0xb8;
	assert_int_equal(peer_write(10, 0), 10);
	assert_int_equal(peer.seen[peer.read].ttl, 7);
	assert_int_equal(peer_next()->tos, 0xb8);
	peer_send(TCP_ACK, 1, 21, 60000, 0);
	peer.end->endpoint.tos = 0x28;
	assert_int_equal(peer_write(10, 0), 10);
	assert_int_equal(peer_next()->tos, 0x28);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_closed, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_listen, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_syn_received, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_syn_sent, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_simultaneous_open, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_simultaneous_open_lost, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reset, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_injection, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_close_states, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_simultaneous_close, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_passive_close, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_unread, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reopen, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_addresses, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_tos_and_ttl, setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
