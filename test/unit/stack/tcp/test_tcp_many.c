/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Very many connections in one stack, and what they cost; floods and hoarding. */
#include "peer.h"

#include <stdlib.h>
#include <time.h>

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void settle(struct px_stack *stack)
{
	do
		px_run(stack, stack->now);
	while (px_deadline(stack) <= stack->now);
}

static void exchange(struct px_stack *stack, struct tcp_end **ends, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct px_pkt *pkt = px_pkt_alloc(stack, 100), *chain;
		memset(px_pkt_put(pkt, 100), 'x', 100);
		assert_int_equal(tcp_send(ends[2 * i], pkt, 0), 100);
		px_run(stack, stack->now);
		assert_int_equal(tcp_receive(ends[2 * i + 1], 200, 0, &chain), 100);
		px_pkt_free(chain);
	}
}

/* `count` connections over loopback; TCP_MANY=100000 as the issue has it. */
static void test_many(void **state)
{
	const char *many_of = getenv("TCP_MANY");
	size_t count = many_of ? strtoul(many_of, NULL, 10) : 10000;
	struct tcp_end *listeners[8], **ends = calloc(2 * count, sizeof(*ends));
	struct px_iface *iface;
	struct px_stack *stack;
	double begin, few = 0, many;
	size_t before, used;

	assert_non_null(ends);
	sim->mem_limit = (size_t)2 << 30;
	iface = net_host(tcp_host_attach, 1);
	stack = iface->stack;
	sim_run(sim, 3 * PX_SEC);
	for (uint16_t i = 0; i < 8; i++)
		listeners[i] = listener_on(iface, (uint16_t)(7000 + i), 100);
	before = px_mem_used(stack->mem);
	begin = seconds();
	for (size_t i = 0; i < count; i++) {
		ends[2 * i] = new_end(iface, AF_INET);
		assert_int_equal(
		    connect_text(ends[2 * i], "127.0.0.1", (uint16_t)(7000 + i % 8)), -EINPROGRESS);
		px_run(stack, stack->now);
		assert_int_equal(ends[2 * i]->state, TCP_STATE_ESTABLISHED);
		assert_int_equal(tcp_accept(listeners[i % 8], &ends[2 * i + 1]), 0);
		if (i == 999) {
			few = seconds();
			exchange(stack, ends, 1000);
			few = seconds() - few;
		}
	}
	settle(stack);
	used = px_mem_used(stack->mem) - before;
	print_message("%zu connections in %.2f s, %zu bytes an end (struct tcp_end: %zu)\n", count,
	    seconds() - begin, used / (2 * count), sizeof(struct tcp_end));
	many = seconds();
	exchange(stack, ends + 2 * (count - 1000), 1000);
	many = seconds() - many;
	print_message(
	    "a message: %.2f us among 1000, %.2f us among %zu\n", few * 1e3, many * 1e3, count);
	assert_true(used / (2 * count) <= 1700);
	begin = seconds();
	for (size_t i = 0; i < 2 * count; i++)
		tcp_close(ends[i]);
	settle(stack);
	print_message("all closed in %.2f s\n", seconds() - begin);
	assert_int_equal(stack->tcp->orphan_count, 0);
	sim_run(sim, 100 * PX_SEC);
	assert_int_equal(stack->tcp->connections.count, 0);
	free(ends);
}

static void syn_from(uint32_t n)
{
	peer.rport = (uint16_t)(1024 + n);
	peer_syn(TCP_SYN, 1460, 7, true);
}

/* SYNs without end: cookies when the queue is full, and a real client gets in by one. */
static void test_syn_flood(void **state)
{
	size_t used;
	struct captured *seen;

	peer_start();
	for (unsigned int i = 0; i < 11; i++)
		syn_from(i);
	assert_int_equal(peer.listener->listener->request_count, 11);
	used = px_mem_used(peer.iface->stack->mem);
	for (unsigned int i = 11; i < 2000; i++)
		syn_from(i);
	assert_int_equal(peer.listener->listener->request_count, 11);
	assert_true(px_mem_used(peer.iface->stack->mem) <= used + 4096);
	assert_true(net_stat(peer.iface, PX_TcpExtSyncookiesSent) >= 1900);
	/* One who means it; options by the timestamp. */
	peer.timestamps = true;
	peer_skip();
	syn_from(5000);
	seen = peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	assert_true(seen->header.options.has_wscale && seen->header.options.sack_permitted);
	peer_send(TCP_ACK, 1, 1, 1000, 0);
	assert_int_equal(tcp_accept(peer.listener, &peer.end), 0);
	assert_true(peer.end->sack_ok && peer.end->ts_ok);
	assert_int_equal(peer.end->snd_wscale, 7);
	assert_int_equal(peer.end->snd_wnd, 1000 << 7);
	peer_send(TCP_ACK | TCP_PSH, 1, 1, 1000, 50);
	assert_int_equal(peer_read(100), 50);
	/* And one who does not. */
	peer.rport++;
	peer_skip();
	peer_send(TCP_ACK, 1, 12345, 1000, 0);
	assert_true(peer_quiet());
	assert_int_equal(net_stat(peer.iface, PX_TcpExtSyncookiesFailed), 1);
	/* Without cookies the SYN is dropped. */
	tcp_sysctl(peer.iface->stack)->syncookies = 0;
	peer_skip();
	syn_from(6000);
	assert_true(peer_quiet());
	/* No cookie is good any more: an ACK is answered as RFC 9293 has it. */
	sim_run(sim, 200 * PX_SEC);
	peer_skip();
	peer_send(TCP_ACK, 1, 12345, 1000, 0);
	peer_expect(TCP_RST, 12345, 0, 0);
}

/* The accept queue is full: the handshake waits (listen(2)). */
static void test_accept_queue(void **state)
{
	struct tcp_end *end;

	peer_start();
	tcp_listen(peer.listener, 1);
	for (unsigned int i = 0; i < 2; i++) {
		syn_from(i);
		peer_send(TCP_ACK, 1, 1, 1000, 0);
	}
	assert_int_equal(peer.listener->listener->waiting_count, 2);
	peer_skip();
	syn_from(7);
	assert_true(peer_quiet());
	assert_int_equal(net_stat(peer.iface, PX_TcpExtListenOverflows), 1);
	assert_int_equal(tcp_accept(peer.listener, &end), 0);
	syn_from(7);
	peer_expect(TCP_SYN | TCP_ACK, 0, 1, 0);
	/* The listener goes: who waits is reset. */
	peer_skip();
	tcp_close(peer.listener);
	assert_int_equal(peer_next()->header.flags, TCP_RST | TCP_ACK);
	assert_true(peer_quiet());
}

/* Many connections whose data nobody reads: within the budget, and each still has its share. */
static void test_hoarding(void **state)
{
	struct px_stack *stack;
	struct tcp_end *ends[300];

	sim->mem_limit = 4 << 20;
	peer_start();
	stack = peer.iface->stack;
	for (unsigned int i = 0; i < 300; i++) {
		syn_from(i);
		peer_send(TCP_ACK, 1, 1, 60000, 0);
		ends[i] = NULL;
		if (tcp_accept(peer.listener, &ends[i]) < 0)
			continue;
		for (uint32_t seq = 1; tcp_rcv_window(ends[i]) >= 1400 && seq < 100000; seq += 1400)
			peer_send(TCP_ACK, seq, 1, 60000, 1400);
		assert_true(px_mem_used(stack->mem) <= 4 << 20);
	}
	assert_non_null(ends[0]);
	peer.end = ends[0];
	assert_int_equal(peer_read(1000), 1000);
}

/* The same with data that leaves a gap, which can never be read: a connection from before that has
 * a reader goes on. */
static void test_hoarding_gaps(void **state)
{
	struct px_stack *stack;
	struct tcp_end *ends[60];

	sim->mem_limit = 4 << 20;
	peer_start();
	stack = peer.iface->stack;
	for (unsigned int i = 0; i < 60; i++) {
		syn_from(i);
		peer_send(TCP_ACK, 1, 1, 60000, 0);
		assert_int_equal(tcp_accept(peer.listener, &ends[i]), 0);
	}
	for (unsigned int i = 1; i < 60; i++) {
		peer.rport = (uint16_t)(1024 + i);
		peer.iss = ends[i]->iss;
		for (uint32_t seq = 1001; seq < 60000; seq += 1400)
			peer_send(TCP_ACK, seq, 1, 60000, 1400);
	}
	assert_true(px_mem_used(stack->mem) <= 4 << 20);
	peer.rport = 1024;
	peer.end = ends[0];
	peer.iss = ends[0]->iss;
	for (uint32_t seq = 1, len; seq < 140000; seq += len) {
		len = tcp_rcv_window(ends[0]) < 1400 ? tcp_rcv_window(ends[0]) : 1400;
		assert_int_not_equal(len, 0);
		peer_send(TCP_ACK, seq, 1, 60000, len);
		assert_int_equal(peer_read(1400), len);
	}
}

/* Each allocation refused in turn: nothing is lost, and nobody crashes. */
static void refused_memory_scene(struct sim_node *node)
{
	struct pair pair = {0};
	struct tcp_end *end = NULL;

	if (tcp_new(node->stack, AF_INET6, &pair.listener) == 0 &&
	    tcp_bind(pair.listener, &PX_IP_NONE, 7000, 0) == 0 && tcp_listen(pair.listener, 5) == 0 &&
	    tcp_new(node->stack, AF_INET6, &end) == 0) {
		connect_text(end, "127.0.0.1", 7000);
		sim_run(sim, 3 * PX_SEC);
		tcp_accept(pair.listener, &pair.b);
		pair.ab.total = 100000;
		for (unsigned int i = 0; i < 200; i++) {
			stream_pump(end, &pair.ab, 3000);
			sim_run(sim, 20 * PX_MSEC);
			if (pair.b)
				stream_read(pair.b, &pair.ab, SIZE_MAX);
		}
		if (pair.b)
			assert_int_equal(pair.ab.received, pair.ab.total);
		tcp_close(end);
		if (pair.b)
			tcp_close(pair.b);
		sim_run(sim, PX_SEC);
	}
}

static void test_refused_memory(void **state)
{
	net_refuse(400, 3, tcp_host_attach, refused_memory_scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_many, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_syn_flood, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_accept_queue, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_hoarding, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_hoarding_gaps, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused_memory, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
