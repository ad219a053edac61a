/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loss and what looks like it: RFC 6298, 8985 (RACK-TLP), 6675, 6582, 5682 (F-RTO), 2883, 3168,
 * 1191, 5927; a peer that lies. */
#include "invariant.h"
#include "peer.h"

#define MSS 1000

static int setup(void **state)
{
	net_setup(state);
	peer_start();
	return 0;
}

static uint64_t count(enum px_counter counter)
{
	return net_stat(peer.iface, counter);
}

/* Opens, and lets the estimate settle at a round trip of `rtt`. */
static void open_with_rtt(px_time rtt, bool sack)
{
	peer_syn(TCP_SYN, MSS, 0, sack);
	sim_run(sim, rtt - PX_MSEC);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	tcp_set_option(peer.end, TCP_NODELAY, 1);
	for (uint32_t i = 0; i < 8; i++) {
		peer_write(100, 0);
		sim_run(sim, rtt - PX_MSEC);
		peer_send(TCP_ACK, 1, 101 + i * 100, 60000, 0);
	}
	peer_skip();
}

#define BASE 801 /* the first number after open_with_rtt */

/* RFC 6298: time-outs double; the first round trip afterwards is slow start from one segment. */
static void test_rto(void **state)
{
	px_time last, gap = 0;

	open_with_rtt(50 * PX_MSEC, false);
	peer_write((size_t)5 * MSS, 0);
	last = sim->now;
	peer_skip();
	for (unsigned int i = 0; i < 5; i++) {
		px_time now;
		while (peer_quiet())
			sim_run(sim, PX_MSEC);
		now = peer_expect(TCP_ACK, BASE, 1, MSS)->time;
		assert_true(peer_quiet()); /* one segment */
		if (gap)
			assert_in_range(now - last, gap * 19 / 10, gap * 21 / 10);
		else
			assert_in_range(now - last, 200 * PX_MSEC, 400 * PX_MSEC);
		gap = now - last;
		last = now;
	}
	assert_int_equal(peer.end->cc.cwnd, MSS);
	assert_true(peer.end->cc.ssthresh <= 5 * MSS);
	peer_send(TCP_ACK, 1, BASE + MSS, 60000, 0);
	peer_expect(TCP_ACK, BASE + MSS, 1, MSS);
	tcp_check_stack(peer.iface->stack);
}

/* Three segments sacked behind a hole: sent again at once, the window shrinks once. */
static void test_fast_recovery(void **state)
{
	uint32_t cwnd;

	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)9 * MSS, 0);
	sim_run(sim, 50 * PX_MSEC);
	peer_skip();
	cwnd = peer.end->cc.cwnd;
	peer_sack(BASE, 60000, BASE + MSS, BASE + 2 * MSS);
	peer_sack(BASE, 60000, BASE + MSS, BASE + 3 * MSS);
	assert_true(peer_quiet()); /* may be reordering */
	peer_sack(BASE, 60000, BASE + MSS, BASE + 4 * MSS);
	peer_expect(TCP_ACK, BASE, 1, MSS);
	assert_int_equal(peer.end->ca_state, TCP_RECOVERY);
	assert_true(peer.end->cc.ssthresh < cwnd);
	assert_int_equal(count(PX_TcpExtTCPSackRecovery), 1);
	/* Another hole, found in the same recovery. */
	peer_sack(BASE, 60000, BASE + 5 * MSS, BASE + 9 * MSS);
	peer_expect(TCP_ACK, BASE + 4 * MSS, 1, MSS);
	peer_send(TCP_ACK, 1, BASE + 9 * MSS, 60000, 0);
	assert_int_equal(peer.end->ca_state, TCP_OPEN);
	assert_int_equal(count(PX_TcpExtTCPSackRecovery), 1);
	assert_int_equal(peer.end->cc.cwnd, peer.end->cc.ssthresh);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
	tcp_check_stack(peer.iface->stack);
}

/* Fewer than three: by the time that reordering may take (RFC 8985 section 6.2). */
static void test_rack_timer(void **state)
{
	open_with_rtt(80 * PX_MSEC, true);
	peer_write((size_t)3 * MSS, 0);
	sim_run(sim, 80 * PX_MSEC);
	peer_skip();
	peer_sack(BASE, 60000, BASE + 2 * MSS, BASE + 3 * MSS);
	assert_true(peer_quiet());
	sim_run(sim, 40 * PX_MSEC); /* a quarter of a round trip and a little */
	peer_expect(TCP_ACK, BASE, 1, MSS);
	assert_true(peer_quiet()); /* the other one when this one has arrived (RFC 6937) */
	peer_send(TCP_ACK, 1, BASE + MSS, 60000, 0);
	peer_expect(TCP_ACK, BASE + MSS, 1, MSS);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
}

/* A retransmission that gets lost is found without a time-out. */
static void test_lost_retransmission(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)10 * MSS, 0);
	sim_run(sim, 50 * PX_MSEC);
	peer_skip();
	peer_sack(BASE, 60000, BASE + 2 * MSS, BASE + 6 * MSS);
	peer_expect(TCP_ACK, BASE, 1, MSS);
	peer_expect(TCP_ACK, BASE + MSS, 1, MSS);
	sim_run(sim, 60 * PX_MSEC);
	/* The second retransmission has arrived, the first one not. */
	peer_sack(BASE, 60000, BASE + MSS, BASE + 10 * MSS);
	sim_run(sim, 70 * PX_MSEC); /* RACK.rtt is that of the originals in the same block */
	peer_expect(TCP_ACK, BASE, 1, MSS);
	assert_int_equal(count(PX_TcpExtTCPLostRetransmit), 1);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
	peer_send(TCP_ACK, 1, BASE + 10 * MSS, 60000, 0);
	tcp_check_stack(peer.iface->stack);
}

/* Section 7: the tail of a flight. */
static void test_tail_loss(void **state)
{
	px_time then;

	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)3 * MSS, 0);
	peer_skip();
	then = sim->now;
	while (peer_quiet())
		sim_run(sim, PX_MSEC);
	assert_in_range(peer_expect(TCP_ACK | TCP_PSH, BASE + 2 * MSS, 1, MSS)->time - then,
	    90 * PX_MSEC, 130 * PX_MSEC);
	assert_int_equal(count(PX_TcpExtTCPLossProbes), 1);
	sim_run(sim, 49 * PX_MSEC);
	/* It was the last but one that got lost: the probe shows it. */
	peer_sack(BASE + MSS, 60000, BASE + 2 * MSS, BASE + 3 * MSS);
	sim_run(sim, 30 * PX_MSEC);
	peer_expect(TCP_ACK, BASE + MSS, 1, MSS);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
	peer_send(TCP_ACK, 1, BASE + 3 * MSS, 60000, 0);
	peer_skip();
	/* With new data at hand, that is the probe. */
	peer_send(TCP_ACK, 1, BASE + 3 * MSS, 2 * MSS, 0);
	peer_write((size_t)2 * MSS, 0);
	peer_write(MSS, 0);
	peer_skip();
	peer_send(TCP_ACK, 1, BASE + 3 * MSS, 60000, 0);
	peer_skip();
	tcp_check_stack(peer.iface->stack);
}

/* RFC 6582: without SACK. */
static void test_newreno(void **state)
{
	open_with_rtt(50 * PX_MSEC, false);
	peer_write((size_t)9 * MSS, 0);
	sim_run(sim, 50 * PX_MSEC);
	peer_skip();
	peer_send(TCP_ACK, 1, BASE, 60000, 0);
	peer_send(TCP_ACK, 1, BASE, 60000, 0);
	assert_true(peer_quiet());
	peer_send(TCP_ACK, 1, BASE, 60000, 0);
	peer_expect(TCP_ACK, BASE, 1, MSS);
	assert_int_equal(peer.end->ca_state, TCP_RECOVERY);
	peer_skip();
	/* A partial acknowledgement: the next one was lost, too. */
	peer_send(TCP_ACK, 1, BASE + 3 * MSS, 60000, 0);
	peer_expect(TCP_ACK, BASE + 3 * MSS, 1, MSS);
	peer_send(TCP_ACK, 1, BASE + 9 * MSS, 60000, 0);
	peer_write(MSS, 0);
	peer_send(TCP_ACK, 1, BASE + 10 * MSS, 60000, 0);
	assert_int_equal(peer.end->ca_state, TCP_OPEN);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
	/* A window update is no duplicate. */
	peer_write((size_t)5 * MSS, 0);
	peer_skip();
	for (uint16_t i = 1; i < 6; i++)
		peer_send(TCP_ACK, 1, BASE + 10 * MSS, (uint16_t)(60000 - i), 0);
	assert_true(peer_quiet());
	tcp_check_stack(peer.iface->stack);
}

/* RFC 5682: the time-out was needless; nothing but the first segment goes twice. */
static void test_frto(void **state)
{
	uint32_t cwnd;

	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)8 * MSS, 0);
	peer_skip();
	cwnd = peer.end->cc.cwnd;
	/* The path stalls; the probe, then the time-out. */
	while (!count(PX_TcpExtTCPTimeouts))
		sim_run(sim, PX_MSEC);
	peer_write((size_t)6 * MSS, 0);
	peer_skip();
	peer_send(TCP_ACK, 1, BASE + 2 * MSS, 60000, 0);
	peer_expect(TCP_ACK, BASE + 8 * MSS, 1, MSS); /* new data */
	peer_expect(TCP_ACK, BASE + 9 * MSS, 1, MSS);
	peer_send(TCP_ACK, 1, BASE + 4 * MSS, 60000, 0);
	assert_int_equal(count(PX_TcpExtTCPSpuriousRTOs), 1);
	assert_true(peer.end->cc.cwnd >= cwnd);
	assert_int_equal(peer.end->ca_state, TCP_OPEN);
	tcp_check_stack(peer.iface->stack);
}

/* RFC 8985 section 6.3: what went out just before the time-out is not lost by it. */
static void test_rto_spares_late(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	peer_write(MSS, 0);
	while (peer.end->send_timer != TCP_SEND_RTO ||
	       peer.end->deadline[TCP_TIMER_SEND] > sim->now + 10 * PX_MSEC)
		sim_run(sim, PX_MSEC);
	peer_write(MSS, 0);
	assert_int_equal(count(PX_TcpExtTCPTimeouts), 0);
	while (!count(PX_TcpExtTCPTimeouts))
		sim_run(sim, PX_MSEC);
	peer_skip();
	assert_int_equal(peer.end->lost, MSS);
	peer_send(TCP_ACK, 1, BASE + MSS, 60000, 0);
	sim_run(sim, 20 * PX_MSEC);
	assert_true(peer_quiet());
	tcp_check_stack(peer.iface->stack);
	/* If it was lost nevertheless, the next time-out sees to it. */
	while (count(PX_TcpExtTCPTimeouts) < 2)
		sim_run(sim, PX_MSEC);
	peer_expect(TCP_PSH | TCP_ACK, BASE + MSS, 1, MSS);
	peer_send(TCP_ACK, 1, BASE + 2 * MSS, 60000, 0);
	assert_int_equal(peer.end->ca_state, TCP_OPEN);
	tcp_check_stack(peer.iface->stack);
}

/* RFC 3522: the echo is older than the retransmission. */
static void test_eifel(void **state)
{
	uint32_t echo, cwnd;

	peer.timestamps = true;
	open_with_rtt(50 * PX_MSEC, true);
	tcp_sysctl(peer.iface->stack)->frto = 0;
	peer_write((size_t)8 * MSS, 0);
	peer_skip();
	echo = peer.ts_echo;
	cwnd = peer.end->cc.cwnd;
	while (!count(PX_TcpExtTCPTimeouts))
		sim_run(sim, PX_MSEC);
	sim_run(sim, 20 * PX_MSEC);
	peer_skip();
	peer.ts_echo = echo;
	peer_send(TCP_ACK, 1, BASE + 2 * (MSS - 12), 60000, 0);
	assert_int_equal(count(PX_TcpExtTCPSpuriousRTOs), 1);
	assert_true(peer.end->cc.cwnd >= cwnd);
	tcp_check_stack(peer.iface->stack);
}

/* RFC 2018 section 8: the receiver threw away what it had sacked. */
static void test_reneging(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)6 * MSS, 0);
	sim_run(sim, 50 * PX_MSEC);
	peer_sack(BASE, 60000, BASE + MSS, BASE + 6 * MSS);
	peer_skip();
	peer_send(TCP_ACK, 1, BASE + MSS, 60000, 0); /* and nothing sacked any more */
	sim_run(sim, peer.end->rtt.srtt / 2 - 2 * PX_MSEC);
	assert_true(peer_quiet());
	assert_int_equal(count(PX_TcpExtTCPSACKReneging), 0);
	sim_run(sim, 4 * PX_MSEC); /* earlier than the time-out */
	assert_int_equal(count(PX_TcpExtTCPSACKReneging), 1);
	peer_expect(TCP_ACK, BASE + MSS, 1, MSS);
	assert_int_equal(peer.end->sacked, 0);
	tcp_check_stack(peer.iface->stack);
}

/* Lies: of what was not sent, of all numbers, of acknowledgements before they are due. */
static void test_lies(void **state)
{
	struct tcp_header header;

	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)5 * MSS, 0);
	peer_skip();
	peer_sack(BASE, 60000, BASE + 5 * MSS, BASE + 900 * MSS);
	peer_sack(BASE, 60000, BASE - 5, BASE - 900);
	peer_sack(BASE, 60000, BASE + 3 * MSS, BASE + 2 * MSS);
	peer_sack(BASE, 60000, BASE + 1, BASE + 2);
	peer_sack(BASE, 60000, 0, UINT32_MAX);
	assert_int_equal(peer.end->sacked, 0);
	header = peer_header(TCP_ACK, 1, BASE, 60000);
	header.options.sacks = 3;
	for (unsigned int i = 0; i < 3; i++)
		header.options.sack[i] =
		    (struct tcp_sack){peer.iss + BASE + MSS, peer.iss + BASE + 5 * MSS};
	peer_raw(&header, 0);
	assert_int_equal(peer.end->sacked, 4 * MSS);
	peer_send(TCP_ACK, 1, BASE + 50 * MSS, 60000, 0);
	assert_int_equal(peer.end->snd_una - peer.iss, BASE);
	tcp_check_stack(peer.iface->stack);
	/* Optimistic acknowledgements in a burst: growth stays within what was sent. */
	peer_send(TCP_ACK, 1, BASE + 5 * MSS, 60000, 0);
	assert_true(peer.end->cc.cwnd < 100 * MSS);
	tcp_check_stack(peer.iface->stack);
}

static unsigned int depth(const struct tcp_segment *segment) // NOLINT(misc-no-recursion)
{
	unsigned int left, right;

	if (!segment)
		return 0;
	left = depth(segment->left);
	right = depth(segment->right);
	return 1 + (left > right ? left : right);
}

/* A peer that wants tiny segments, and sacks one here and one there: what an ACK costs is a descent
 * in the tree of them, which stays low. */
static void test_hostile_sacks(void **state)
{
	uint32_t random = 1, segment, many;

	peer.iface->stack->options.tso = false; /* a record each */
	peer_open_with(1, 14, true);
	segment = peer.end->cc.mss;
	peer.end->endpoint.sndbuf = 4 << 20;
	peer.end->cc.cwnd = 1 << 24;
	while (peer.end->segment_count < 20000) {
		if (tcp_send_room(peer.end))
			peer_write(32768, 0);
		sim_run(sim, PX_MSEC);
	}
	many = peer.end->segment_count;
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t acked = peer.end->snd_una - peer.iss, at, len;

		random = random * 1664525 + 1013904223;
		at = acked + (random >> 8) % many * segment;
		len = i % 8 == 7 ? 50 * segment : segment;
		peer_sack(i % 32 == 31 ? acked + segment : acked, 60000, at, at + len);
		if (i % 50 == 0)
			tcp_check_stack(peer.iface->stack);
	}
	/* 2 ln n is what one expects; an unbalanced tree would have thousands. */
	assert_in_range(depth(peer.end->segment_tree), 14, 60);
	tcp_check_stack(peer.iface->stack);
	peer_send(TCP_ACK, 1, peer.end->snd_nxt - peer.iss, 60000, 0);
	tcp_check_stack(peer.iface->stack);
}

/* The records of what is on its way cost no more than the send buffer. */
static void records_bounded(bool super)
{
	uint32_t records;

	peer.iface->stack->options.tso = super;
	peer_open_with(1, 14, true);
	peer.end->endpoint.sndbuf = 1 << 20;
	peer.end->cc.cwnd = 1 << 24;
	for (unsigned int i = 0; i < 100; i++) {
		if (tcp_send_room(peer.end))
			peer_write(32768, 0);
		sim_run(sim, PX_MSEC / 10);
	}
	assert_true(peer.end->write_seq != peer.end->snd_nxt); /* there is more, and */
	records = super ? (peer.end->snd_nxt - peer.end->snd_una) / peer.end->cc.mss
	                : peer.end->segment_count;
	assert_in_range(records * sizeof(struct tcp_segment), 1 << 20,
	    (1 << 20) + (super ? 65536 / peer.end->cc.mss : 2) * sizeof(struct tcp_segment));
	peer_skip();
	peer_send(TCP_ACK, 1, peer.end->snd_nxt - peer.iss, 60000, 0);
	assert_false(peer_quiet()); /* it goes on */
	tcp_check_stack(peer.iface->stack);
}

static void test_records_bounded(void **state)
{
	records_bounded(false);
}

static void test_super_records_bounded(void **state)
{
	records_bounded(true);
}

/* RFC 3168. */
static void test_ecn(void **state)
{
	struct tcp_header header;
	uint32_t cwnd;

	tcp_sysctl(peer.iface->stack)->ecn = 1;
	header = peer_header(TCP_SYN | TCP_ECE | TCP_CWR, 0, 0, 60000);
	header.options.mss = MSS;
	header.options.sack_permitted = true;
	peer_raw(&header, 0);
	peer_expect(TCP_SYN | TCP_ACK | TCP_ECE, 0, 1, 0);
	peer_send(TCP_ACK, 1, 1, 60000, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	assert_true(peer.end->ecn_ok);
	peer_skip();
	peer_write((size_t)5 * MSS, 0);
	assert_int_equal(peer_next()->tos & 3, 2); /* ECT(0) */
	peer_skip();
	cwnd = peer.end->cc.cwnd;
	/* ECE: reduced once a window, CWR on the next new data. */
	peer_send(TCP_ACK | TCP_ECE, 1, 1 + MSS, 60000, 0);
	assert_int_equal(peer.end->ca_state, TCP_CWR_STATE);
	peer_send(TCP_ACK | TCP_ECE, 1, 1 + 2 * MSS, 60000, 0);
	peer_send(TCP_ACK | TCP_ECE, 1, 1 + 5 * MSS, 60000, 0);
	peer_skip();
	peer_write(MSS, 0);
	peer_expect(TCP_ACK | TCP_PSH | TCP_CWR, 1 + 5 * MSS, 1, MSS);
	assert_true(peer.end->cc.ssthresh < cwnd);
	assert_true(peer.end->cc.ssthresh >= 2 * MSS);
	peer_send(TCP_ACK, 1, 1 + 6 * MSS, 60000, 0);
	peer_skip();
	/* CE: ECE until CWR. */
	peer.ce = true;
	peer_send(TCP_ACK, 1, 1 + 6 * MSS, 60000, 500);
	peer_expect(TCP_ACK | TCP_ECE, 1 + 6 * MSS, 501, 0);
	peer.ce = false;
	peer_send(TCP_ACK, 501, 1 + 6 * MSS, 60000, 1000);
	sim_run(sim, PX_SEC / 4);
	peer_expect(TCP_ACK | TCP_ECE, 1 + 6 * MSS, 1501, 0);
	peer_send(TCP_ACK | TCP_CWR, 1501, 1 + 6 * MSS, 60000, 1000);
	sim_run(sim, PX_SEC / 4);
	peer_expect(TCP_ACK, 1 + 6 * MSS, 2501, 0);
	/* A retransmission is not ECN-capable. */
	peer_write(MSS, 0);
	assert_int_equal(peer_next()->tos & 3, 2);
	sim_run(sim, PX_SEC);
	assert_int_equal(peer_next()->tos & 3, 0);
}

static void icmp(uint8_t type, uint8_t code, uint16_t info, uint32_t seq)
{
	uint8_t bytes[8 + IP4_HEADER + 8] = {
	    type, code, 0, 0, 0, 0, (uint8_t)(info >> 8), (uint8_t)info};
	struct ip4_header header = {.protocol = IPPROTO_TCP,
	    .ttl = 60,
	    .total_len = 1040,
	    .fragment = IP4_DF,
	    .src = px_ip_parse("10.0.0.1"),
	    .dst = px_ip_parse("10.0.0.9")};
	uint32_t number = htonl(peer.iss + seq);
	uint16_t ports[2] = {htons(peer.lport), htons(peer.rport)}, sum;

	ip4_write(bytes + 8, &header, NULL, 0);
	memcpy(bytes + 28, ports, 4);
	memcpy(bytes + 32, &number, 4);
	sum = checksum_finish(checksum_add(0, bytes, sizeof(bytes)));
	memcpy(bytes + 2, &sum, 2);
	net_inject4("10.0.0.9", "10.0.0.1", IPPROTO_ICMP, 64, 0, NULL, 0, bytes, sizeof(bytes));
	sim_run(sim, PX_MSEC);
}

/* RFC 1191, RFC 5927. */
static void test_path_mtu(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	peer_write((size_t)5 * MSS, 0);
	peer_skip();
	/* Of numbers that are not on their way: ignored. */
	icmp(ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, 600, BASE - 700);
	icmp(ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, 600, BASE + 5 * MSS);
	assert_int_equal(peer.end->cc.mss, MSS);
	assert_int_equal(count(PX_TcpExtOutOfWindowIcmps), 2);
	icmp(ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, 600, BASE);
	assert_int_equal(peer.end->cc.mss, 560);
	peer_expect(TCP_ACK, BASE, 1, 560);
	for (uint32_t at = BASE; seq_lt(at, BASE + 5 * MSS);) {
		struct captured *seen;
		peer_send(TCP_ACK, 1, at += at == BASE ? 560 : 0, 60000, 0);
		if (peer_quiet()) {
			sim_run(sim, 300 * PX_MSEC);
			if (peer_quiet())
				break;
		}
		seen = peer_next();
		assert_true(seen->len <= 560);
		at = seq_max(at, seen->header.seq - peer.iss + seen->len);
	}
	peer_send(TCP_ACK, 1, BASE + 5 * MSS, 60000, 0);
	assert_int_equal(peer.end->snd_una, peer.end->snd_nxt);
	tcp_check_stack(peer.iface->stack);
}

/* TCP_USER_TIMEOUT is over, but the peer still answers, with a window that it has shut: the steps of
 * the timer go on, none of them at once. */
static void test_user_timeout_answered(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	tcp_set_option(peer.end, TCP_USER_TIMEOUT, 1000);
	peer_write((size_t)3 * MSS, 0);
	for (unsigned int i = 0; i < 100; i++) {
		sim_run(sim, 100 * PX_MSEC);
		peer_send(TCP_ACK, 1, BASE, 0, 0);
	}
	assert_in_range(count(PX_TcpExtTCPTimeouts), 3, 8);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	peer_send(TCP_ACK, 1, BASE + 3 * MSS, 60000, 0);
	assert_int_equal(peer.end->snd_una, peer.end->snd_nxt);
}

/* RFC 5927 section 5.2: no ICMP error ends a connection; but a SYN it does. */
static void test_icmp(void **state)
{
	open_with_rtt(50 * PX_MSEC, true);
	peer_write(MSS, 0);
	icmp(ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0, BASE);
	icmp(ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, 0, BASE);
	assert_int_equal(peer.end->state, TCP_STATE_ESTABLISHED);
	assert_int_equal(peer.end->endpoint.error, 0);
	sim_run(sim, 2000 * PX_SEC);
	assert_int_equal(peer.end->endpoint.error, EHOSTUNREACH); /* why it timed out */
	tcp_close(peer.end);
	assert_int_equal(tcp_new(peer.iface->stack, AF_INET, &peer.end), 0);
	peer_skip();
	assert_int_equal(connect_text(peer.end, "10.0.0.9", 5555), -EINPROGRESS);
	peer_next();
	peer.lport = peer.end->endpoint.lport;
	icmp(ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0, 7);
	assert_int_equal(peer.end->state, TCP_STATE_SYN_SENT);
	icmp(ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, 0, 0);
	assert_int_equal(peer.end->state, TCP_STATE_CLOSED);
	assert_int_equal(peer.end->endpoint.error, ECONNREFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_rto, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_fast_recovery, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_rack_timer, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_lost_retransmission, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_tail_loss, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_newreno, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_frto, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_rto_spares_late, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_eifel, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reneging, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_lies, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_hostile_sacks, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_records_bounded, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_super_records_bounded, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_ecn, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_user_timeout_answered, setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_icmp, setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
