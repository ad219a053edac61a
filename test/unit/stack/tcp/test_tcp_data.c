/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When data, acknowledgements and probes are sent: Nagle, windows, delayed ACKs, urgent data,
 * keepalive; options of a connection. */
#include "peer.h"

static int setup(void **state)
{
	net_setup(state);
	peer_start();
	return 0;
}

/* Nagle's rule in Minshall's form (RFC 9293 section 3.7.4). */
static void test_nagle(void **state)
{
	peer_open_with(1000, 0, true);
	assert_int_equal(peer_write(10, 0), 10);
	peer_expect(TCP_ACK | TCP_PSH, 1, 1, 10);
	peer_write(10, 0);
	peer_write(20, 0);
	assert_true(peer_quiet()); /* a small one is on its way */
	peer_write(970, 0);
	peer_expect(TCP_ACK | TCP_PSH, 11, 1, 1000); /* full */
	peer_write(5, 0);
	assert_true(peer_quiet());
	peer_send(TCP_ACK, 1, 11, 60000, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1011, 1, 5); /* Minshall: the small one is acknowledged */
	tcp_set_option(peer.end, TCP_NODELAY, 1);
	peer_write(5, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1016, 1, 5);
	/* PSH with the last only. */
	peer_send(TCP_ACK, 1, 1021, 60000, 0);
	peer_write(2500, 0);
	peer_expect(TCP_ACK, 1021, 1, 1000);
	peer_expect(TCP_ACK, 2021, 1, 1000);
	peer_expect(TCP_ACK | TCP_PSH, 3021, 1, 500);
}

static void test_cork(void **state)
{
	peer_open_with(1000, 0, true);
	tcp_set_option(peer.end, TCP_CORK, 1);
	peer_write(10, 0);
	peer_write(10, 0);
	assert_true(peer_quiet());
	tcp_set_option(peer.end, TCP_CORK, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1, 1, 20);
	peer_send(TCP_ACK, 1, 21, 60000, 0);
	peer_write(10, MSG_MORE);
	assert_true(peer_quiet());
	peer_write(10, 0);
	peer_expect(TCP_ACK | TCP_PSH, 21, 1, 20);
	peer_send(TCP_ACK, 1, 41, 60000, 0);
	/* tcp(7): 200 ms at most. */
	tcp_set_option(peer.end, TCP_CORK, 1);
	peer_write(10, 0);
	sim_run(sim, 190 * PX_MSEC);
	assert_true(peer_quiet());
	sim_run(sim, 20 * PX_MSEC);
	peer_expect(TCP_ACK | TCP_PSH, 41, 1, 10);
}

/* RFC 9293 section 3.8.6.1: probes of a closed window, for ever while they are answered. */
static void test_zero_window(void **state)
{
	px_time last, gap = 0;

	peer_open_with(1000, 0, true);
	peer_send(TCP_ACK, 1, 1, 0, 0);
	peer_write(100, 0);
	assert_true(peer_quiet());
	last = sim->now;
	for (unsigned int i = 0; i < 12; i++) {
		struct captured *probe;
		while (peer_quiet())
			sim_run(sim, PX_MSEC);
		probe = peer_expect(TCP_ACK, 0, 1, 0); /* a number that the peer has */
		assert_true(probe->time - last >= gap);
		gap = probe->time - last < 100 * PX_SEC ? (probe->time - last) * 3 / 2 : 0;
		last = probe->time;
		peer_send(TCP_ACK, 1, 1, 0, 0);
	}
	for (unsigned int i = 0; i < 40; i++) {
		peer_skip();
		peer_send(TCP_ACK, 1, 1, 0, 0);
		sim_run(sim, 121 * PX_SEC);
		assert_false(peer_quiet());
	}
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	peer_skip();
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1, 1, 100);
}

/* A peer that vanishes behind a closed window. */
static void test_zero_window_silence(void **state)
{
	peer_open_with(1000, 0, true);
	peer_send(TCP_ACK, 1, 1, 0, 0);
	peer_write(100, 0);
	sim_run(sim, 3600 * PX_SEC);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer.end->endpoint.error, ETIMEDOUT);
}

/* A window taken back (RFC 9293 section 3.8.6: SHLD-14 asks not to, MUST-34 to survive it). */
static void test_shrunk_window(void **state)
{
	peer_open_with(1000, 0, true);
	peer_write(4000, 0);
	peer_skip();
	peer_send(TCP_ACK, 1, 1001, 0, 0);
	peer_write(1000, 0);
	assert_true(peer_quiet());
	sim_run(sim, 5 * PX_SEC);
	peer_skip();
	peer_send(TCP_ACK, 1, 1001, 10000, 0);
	sim_run(sim, 5 * PX_SEC);
	peer_send(TCP_ACK, 1, 4001, 10000, 0);
	sim_run(sim, PX_SEC);
	peer_send(TCP_ACK, 1, 5001, 10000, 0);
	sim_run(sim, PX_SEC);
	assert_int_equal(peer.end->snd_una, peer.end->write_seq);
}

/* The sender's half of silly window avoidance. */
static void test_small_window(void **state)
{
	peer_open_with(1000, 0, true);
	peer_send(TCP_ACK, 1, 1, 300, 0);
	peer_write(2000, 0);
	assert_true(peer_quiet()); /* neither a segment, nor half of the largest window */
	sim_run(sim, 300 * PX_MSEC);
	peer_expect(TCP_ACK, 1, 1, 300); /* the override */
	peer_send(TCP_ACK, 1, 301, 60000, 0);
	peer_expect(TCP_ACK, 301, 1, 1000);
	peer_expect(TCP_ACK | TCP_PSH, 1301, 1, 700);
}

/* RFC 9293 section 3.8.6.3, RFC 5681 section 4.2. */
static void test_delayed_ack(void **state)
{
	px_time then;

	peer_open();
	/* The first ones at once: the peer is in slow start. */
	for (unsigned int i = 0; i < 20; i++) {
		peer_send(TCP_ACK, 1 + i * 100, 1, 60000, 100);
		peer_read(1000);
		sim_run(sim, 10 * PX_MSEC);
	}
	sim_run(sim, PX_SEC / 10);
	peer_skip();
	then = sim->now;
	peer_send(TCP_ACK, 2001, 1, 60000, 100);
	sim_run(sim, 150 * PX_MSEC); /* after a pause of a time-out the quick ones begin again */
	assert_in_range(peer_expect(TCP_ACK, 1, 2101, 0)->time - then, 35 * PX_MSEC, 250 * PX_MSEC);
	/* Two full ones: at once. */
	peer_send(TCP_ACK, 2101, 1, 60000, 1460);
	peer_send(TCP_ACK, 3561, 1, 60000, 1460);
	sim_run(sim, 0);
	peer_expect(TCP_ACK, 1, 5021, 0);
	/* An answer takes it along. */
	peer_skip();
	peer_read(100000);
	peer_skip();
	peer_send(TCP_ACK, 5021, 1, 60000, 100);
	peer_write(10, 0);
	peer_expect(TCP_ACK | TCP_PSH, 1, 5121, 10);
	sim_run(sim, PX_SEC / 10);
	assert_true(peer_quiet());
	/* Out of order: at once, one with the block; and when the gap closes. */
	peer_send(TCP_ACK, 5221, 11, 60000, 100);
	assert_int_equal(peer_expect(TCP_ACK, 11, 5121, 0)->header.options.sacks, 1);
	peer_send(TCP_ACK, 5121, 11, 60000, 100);
	assert_int_equal(peer_expect(TCP_ACK, 11, 5321, 0)->header.options.sacks, 0);
}

/* RFC 2018 section 4, RFC 2883 section 4. */
static void test_sack_blocks(void **state)
{
	struct captured *seen;

	peer_open();
	peer_send(TCP_ACK, 201, 1, 60000, 100);
	peer_send(TCP_ACK, 401, 1, 60000, 100);
	peer_send(TCP_ACK, 601, 1, 60000, 100);
	peer_skip();
	peer_send(TCP_ACK, 301, 1, 60000, 50);
	seen = peer_expect(TCP_ACK, 1, 1, 0);
	assert_int_equal(seen->header.options.sacks, 3);
	assert_int_equal(seen->header.options.sack[0].left - PEER_ISN, 201);
	assert_int_equal(seen->header.options.sack[0].right - PEER_ISN, 351);
	assert_int_equal(seen->header.options.sack[1].left - PEER_ISN, 601);
	assert_int_equal(seen->header.options.sack[2].left - PEER_ISN, 401);
	/* A duplicate: first block. */
	peer_send(TCP_ACK, 421, 1, 60000, 50);
	seen = peer_expect(TCP_ACK, 1, 1, 0);
	assert_int_equal(seen->header.options.sack[0].left - PEER_ISN, 421);
	assert_int_equal(seen->header.options.sack[0].right - PEER_ISN, 471);
	assert_int_equal(seen->header.options.sack[1].left - PEER_ISN, 401);
	/* One that overlaps all of them. */
	peer_send(TCP_ACK, 151, 1, 60000, 600);
	peer_skip();
	peer_send(TCP_ACK, 1, 1, 60000, 150);
	peer_expect(TCP_ACK, 1, 751, 0);
	assert_int_equal(peer_read(1000), 750);
	peer_send(TCP_ACK, 1, 1, 60000, 150); /* all of it old */
	seen = peer_expect(TCP_ACK, 1, 751, 0);
	assert_int_equal(seen->header.options.sacks, 1);
	assert_int_equal(seen->header.options.sack[0].left - PEER_ISN, 1);
	/* FIN out of order. */
	peer_send(TCP_ACK | TCP_FIN, 801, 1, 60000, 10);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	peer_send(TCP_ACK, 751, 1, 60000, 50);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSE_WAIT);
	assert_int_equal(peer_read(1000), 60);
	assert_int_equal(peer_read(1000), 0);
}

/* The receiver's window: never taken back, opened in steps. */
static void test_receive_window(void **state)
{
	uint32_t seq = 1, edge = 0;

	tcp_sysctl(peer.iface->stack)->rmem[1] = 16384;
	peer.listener->endpoint.rcvbuf = 16384;
	peer.listener->rcvbuf_locked = true;
	peer_open_with(1460, -1, true);
	for (unsigned int i = 0; i < 200; i++) {
		struct captured *seen = &peer.seen[(peer.count - 1) % PEER_MAX];
		uint32_t right = seen->header.ack - PEER_ISN + seen->header.window;
		uint32_t len;
		assert_true(right >= edge);
		edge = right;
		len = edge - seq < 1460 ? edge - seq : 1460;
		if (len)
			peer_send(TCP_ACK, seq, 1, 60000, len);
		seq += len;
		sim_run(sim, PX_SEC / 3);
		if (i % 3 == 2)
			peer_read(1000);
	}
	assert_true(peer.end->endpoint.rx_truesize <= 32768);
	/* Full: what comes is not taken, but answered. */
	while (tcp_rcv_window(peer.end)) {
		uint32_t len = tcp_rcv_window(peer.end) < 1460 ? tcp_rcv_window(peer.end) : 1460;
		peer_send(TCP_ACK, seq, 1, 60000, len);
		seq += len;
		sim_run(sim, PX_SEC / 3);
	}
	peer_skip();
	peer_send(TCP_ACK, seq, 1, 60000, 1);
	assert_int_equal(peer_expect(TCP_ACK, 1, seq, 0)->header.window, 0);
	/* A few bytes read: no silly window. All read: told at once. */
	peer_read(10);
	assert_true(peer_quiet());
	peer_read(100000);
	assert_true(peer_expect(TCP_ACK, 1, seq, 0)->header.window >= 1460);
}

/* RFC 6093. */
static void test_urgent(void **state)
{
	struct tcp_header header;
	uint8_t byte;

	peer_open();
	header = peer_header(TCP_ACK | TCP_URG, 1, 1, 60000);
	header.urgent = 4; /* behind 'c', 'd' */
	assert_int_equal(tcp_receive_urgent(peer.end, 0, &byte), -EINVAL);
	peer_raw(&header, 10);
	assert_true(tcp_poll(peer.end) & POLLPRI);
	assert_int_equal(tcp_receive_urgent(peer.end, MSG_PEEK, &byte), 1);
	assert_int_equal(tcp_receive_urgent(peer.end, 0, &byte), 1);
	assert_int_equal(byte, 'd');
	assert_int_equal(tcp_receive_urgent(peer.end, 0, &byte), -EINVAL);
	assert_int_equal(tcp_inq(peer.end), 3);
	assert_int_equal(peer_read(100), 3); /* up to the mark */
	assert_true(tcp_at_mark(peer.end));
	assert_int_equal(peer_read(100), 6);
	assert_false(tcp_at_mark(peer.end));
	/* Announced before it is there; in line. */
	tcp_set_oobinline(peer.end, true);
	header = peer_header(TCP_ACK | TCP_URG, 11, 1, 60000);
	header.urgent = 11;
	peer_raw(&header, 5);
	assert_int_equal(peer_read(100), 5);
	peer_send(TCP_ACK, 16, 1, 60000, 10);
	assert_int_equal(peer_read(100), 5);
	assert_true(tcp_at_mark(peer.end));
	assert_int_equal(peer_read(100), 5);
	/* Sending. */
	peer_skip();
	peer_write(5, 0);
	peer_write(3, MSG_OOB);
	assert_int_equal(peer_expect(TCP_ACK | TCP_PSH, 1, 26, 5)->header.urgent, 0);
	assert_int_equal(peer_expect(TCP_ACK | TCP_PSH | TCP_URG, 6, 26, 3)->header.urgent, 3);
	peer_send(TCP_ACK, 26, 9, 60000, 0);
	peer_write(3, 0);
	peer_expect(TCP_ACK | TCP_PSH, 9, 26, 3);
}

static void test_keepalive(void **state)
{
	peer_open();
	tcp_set_keepalive(peer.end, true);
	tcp_set_option(peer.end, TCP_KEEPIDLE, 100);
	tcp_set_option(peer.end, TCP_KEEPINTVL, 10);
	tcp_set_option(peer.end, TCP_KEEPCNT, 3);
	sim_run(sim, 99 * PX_SEC);
	assert_true(peer_quiet());
	sim_run(sim, 2 * PX_SEC);
	peer_expect(TCP_ACK, 0, 1, 0);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	sim_run(sim, 98 * PX_SEC);
	assert_true(peer_quiet());
	sim_run(sim, 60 * PX_SEC);
	for (unsigned int i = 0; i < 3; i++)
		peer_expect(TCP_ACK, 0, 1, 0);
	peer_expect(TCP_RST | TCP_ACK, 1, 1, 0);
	assert_int_equal(peer_read(1), -ETIMEDOUT);
}

/* How long we try: RFC 9293 section 3.8.3, RFC 5482. */
static void test_giving_up(void **state)
{
	px_time began = sim->now;
	struct tcp_info info;

	peer_open();
	peer_write(10, 0);
	while (peer.end->state == TCP_STATE_ESTABLISHED && sim->now - began < 2000 * PX_SEC)
		sim_run(sim, PX_SEC);
	assert_in_range(sim->now - began, 900 * PX_SEC, 1100 * PX_SEC);
	assert_int_equal(peer.end->endpoint.error, ETIMEDOUT);
	tcp_close(peer.end);
	peer_skip();
	peer.rport++;
	peer_open();
	tcp_set_option(peer.end, TCP_USER_TIMEOUT, 5000);
	began = sim->now;
	peer_write(10, 0);
	while (peer.end->state == TCP_STATE_ESTABLISHED && sim->now - began < 2000 * PX_SEC)
		sim_run(sim, PX_SEC / 10);
	assert_in_range(sim->now - began, 5 * PX_SEC, 12 * PX_SEC);
	tcp_get_info(peer.end, &info);
	assert_true(info.tcpi_total_retrans >= 3);
}

/* RFC 7323 section 5: PAWS. */
static void test_paws(void **state)
{
	peer.timestamps = true;
	peer.tsval = 1000;
	peer_open();
	peer_send(TCP_ACK, 1, 1, 60000, 10);
	assert_int_equal(peer_read(100), 10);
	peer_skip();
	peer.tsval = 900;
	peer_send(TCP_ACK, 11, 1, 60000, 10);
	assert_int_equal(peer_read(100), -EAGAIN);
	peer_expect(TCP_ACK, 1, 11, 0);
	peer_send(TCP_RST, 11, 1, 60000, 0); /* a RST is not checked */
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
}

/* After 24 days without a word any timestamp is new. */
static void test_paws_idle(void **state)
{
	peer.timestamps = true;
	peer.tsval = 1000;
	peer_open();
	sim_run(sim, 25 * UINT64_C(86400) * PX_SEC);
	peer.tsval = 900;
	peer_send(TCP_ACK, 1, 1, 60000, 10);
	assert_int_equal(peer_read(100), 10);
}

static void test_mss(void **state)
{
	static const struct {
		uint16_t offered, used;
	} cases[] = {{1460, 1460}, {9000, 1460}, {536, 536}, {0, 536}, {1, 48}, {100, 100}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		peer_open_with(cases[i].offered, 0, true);
		peer_write(5000, 0);
		assert_int_equal(peer_next()->len, cases[i].used);
		tcp_abort(peer.end);
		peer_skip();
		peer.rport++;
	}
}

/* A SYN that was sent twice: one segment to begin with (RFC 6928 section 2), and no sample. */
static void test_initial_window(void **state)
{
	peer_open_with(1000, 0, true);
	peer_write(15000, 0);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(peer_next()->len, 1000);
	assert_true(peer_quiet());
	tcp_abort(peer.end);
	peer.rport++;
	peer_skip();
	peer_syn(TCP_SYN, 1000, 0, true);
	sim_run(sim, 1500 * PX_MSEC);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	peer_skip();
	peer_write(15000, 0);
	assert_int_equal(peer_next()->len, 1000);
	assert_true(peer_quiet());
}

/* A link whose neighbours take segments of many times the MSS; but no router does. */
static void test_super(void **state)
{
	static const struct ip_send ip = {.pmtu = IP_PMTUDISC_DO};

	peer.iface->caps |= PX_LINK_SUPER;
	peer_open_with(1000, 7, true);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	peer_write(20500, 0);
	peer_expect(TCP_ACK, 1, 1, 10000); /* the initial window */
	assert_true(peer_quiet());
	peer_send(TCP_ACK, 1, 10001, 60000, 0);
	peer_expect(TCP_ACK, 10001, 1, 10000);
	peer_expect(TCP_ACK | TCP_PSH, 20001, 1, 500);
	/* Lost: what is sent again fits the path. */
	sim_run(sim, 3 * PX_SEC);
	peer_skip();
	peer_send(TCP_ACK, 1, 12001, 60000, 0);
	peer_expect(TCP_ACK, 12001, 1, 1000);
	peer_send(TCP_ACK, 1, 20501, 60000, 0);
	peer_skip();
	/* The most that an IP packet holds. */
	peer.end->cc.cwnd = 1000000;
	peer_write(200000, 0);
	peer_expect(TCP_ACK, 20501, 1, 65000);
	peer.end->endpoint.dst.via = px_ip_parse("10.0.0.77");
	assert_int_equal(tcp_super(peer.end, &peer.end->endpoint.dst, &ip), TCP_SUPER_CUT);
}

/* What the link cuts looks like what TCP makes piece by piece: frames, figures, the growth that an
 * acknowledgement of a part brings. */
static void cut_or_not(bool tso, bool link)
{
	uint64_t before, frames;
	struct tcp_info info;
	uint32_t cwnd;

	peer.iface->stack->options.tso = tso;
	if (link)
		peer.iface->caps |= PX_LINK_CUT;
	peer_open_with(1000, 7, true);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	before = net_stat(peer.iface, PX_TcpOutSegs);
	tcp_get_info(peer.end, &info);
	frames = wire->frames;
	peer_write(9300, 0);
	for (uint32_t i = 0; i < 9; i++)
		peer_expect(TCP_ACK, 1 + i * 1000, 1, 1000);
	peer_expect(TCP_ACK | TCP_PSH, 9001, 1, 300);
	assert_int_equal(peer.end->segment_count, tso ? 2 : 10);
	assert_int_equal(wire->frames - frames, 10);
	assert_int_equal(net_stat(peer.iface, PX_TcpOutSegs) - before, 10);
	before = info.tcpi_segs_out;
	tcp_get_info(peer.end, &info);
	assert_int_equal(info.tcpi_segs_out - before, 10);
	assert_int_equal(info.tcpi_data_segs_out, 10);
	assert_int_equal(info.tcpi_unacked, 10);
	cwnd = peer.end->cc.cwnd;
	peer_send(TCP_ACK, 1, 2001, 60000, 0);
	assert_int_equal(peer.end->cc.cwnd, cwnd + 2000);
	peer_send(TCP_ACK, 1, 9301, 60000, 0);
	assert_int_equal(peer.end->rate.delivered, 9300);
	assert_int_equal(peer.end->segment_count, 0);
}

static void test_cut_none(void **state)
{
	cut_or_not(false, false);
}

static void test_cut_before(void **state)
{
	cut_or_not(true, false);
}

static void test_cut_by_link(void **state)
{
	cut_or_not(true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_nagle, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_cork, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_zero_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_zero_window_silence, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_shrunk_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_small_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_delayed_ack, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_sack_blocks, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_receive_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_urgent, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_keepalive, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_giving_up, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_paws, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_paws_idle, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_mss, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_initial_window, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_super, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_cut_none, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_cut_before, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_cut_by_link, setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
