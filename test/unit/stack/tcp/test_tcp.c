/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP, state by state: opening, data, closing. */
#include "stream.h"

static void test_open_and_close(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	struct pair pair;

	pair_hosts(&pair);
	for (unsigned int i = 0; i < 2; i++) {
		pair_connect(&pair, targets[i]);
		assert_true(pair.a->sack_ok && pair.a->ts_ok && pair.a->wscale_ok);
		assert_true(pair.b->sack_ok && pair.b->ts_ok && pair.b->wscale_ok);
		assert_int_equal(stream_write(pair.a, &pair.ab, 5, 0), 5);
		sim_run(sim, PX_SEC);
		assert_int_equal(stream_read(pair.b, &pair.ab, 100), -EAGAIN);
		assert_int_equal(pair.ab.received, pair.ab.sent);
		assert_int_equal(tcp_shutdown(pair.a, SHUT_WR), 0);
		assert_int_equal(pair.a->state, TCP_STATE_FIN_WAIT_1);
		sim_run(sim, PX_SEC);
		assert_int_equal(pair.a->state, TCP_STATE_FIN_WAIT_2);
		assert_int_equal(pair.b->state, TCP_STATE_CLOSE_WAIT);
		/* Half-closed: the other way works on. */
		assert_int_equal(stream_write(pair.b, &pair.ba, 3000, 0), 3000);
		sim_run(sim, PX_SEC);
		assert_int_equal(stream_read(pair.a, &pair.ba, 3000), 1);
		assert_int_equal(stream_read(pair.b, &pair.ab, 1), 0);
		tcp_close(pair.b);
		sim_run(sim, PX_SEC);
		assert_int_equal(pair.a->state, TCP_STATE_CLOSED);
		assert_int_equal(pair.ia->stack->tcp->timewait_count, 1);
		assert_int_equal(pair.ib->stack->tcp->orphan_count, 0);
		tcp_close(pair.a);
		sim_run(sim, 61 * PX_SEC);
		assert_int_equal(pair.ia->stack->tcp->timewait_count, 0);
		assert_int_equal(pair.ia->stack->tcp->connections.count, 0);
		assert_int_equal(pair.ia->stack->tcp->ports.count, 0);
		assert_int_equal(pair.ib->stack->tcp->connections.count, 0);
		pair.ab = pair.ba = (struct stream){0};
	}
}

static void transfer(struct pair *pair, uint64_t total, size_t chunk)
{
	px_time end = sim->now + 600 * PX_SEC;

	pair->ab = (struct stream){.total = total};
	pair->ba = (struct stream){.total = total / 3};
	while ((pair->ab.received < pair->ab.total || pair->ba.received < pair->ba.total) &&
	       sim->now < end) {
		stream_pump(pair->a, &pair->ab, chunk);
		stream_pump(pair->b, &pair->ba, chunk);
		sim_run(sim, 2 * PX_MSEC);
		stream_read(pair->b, &pair->ab, SIZE_MAX);
		stream_read(pair->a, &pair->ba, SIZE_MAX);
	}
	assert_int_equal(pair->ab.received, pair->ab.total);
	assert_int_equal(pair->ba.received, pair->ba.total);
}

static void test_transfer(void **state)
{
	static const size_t chunks[] = {1, 100, 1000, 1448, 5000, 65000};
	struct pair pair;

	pair_open(&pair);
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++)
		transfer(&pair, chunks[i] == 1 ? 30000 : 3000000, chunks[i]);
	assert_int_equal(net_stat(pair.ia, PX_TcpRetransSegs), 0);
	assert_int_equal(net_stat(pair.ib, PX_TcpRetransSegs), 0);
}

static void test_loopback(void **state)
{
	struct pair pair = {0};

	pair.ia = pair.ib = net_host(tcp_host_attach, 1);
	pair.listener = listener_on(pair.ib, 7000, 10);
	sim_run(sim, 3 * PX_SEC);
	pair_connect(&pair, "127.0.0.1");
	transfer(&pair, 10000000, 60000);
	pair_connect(&pair, "::1");
	transfer(&pair, 1000000, 333);
}

/* Links that take frames of 64 KiB: segments as large. */
static void test_jumbo(void **state)
{
	struct pair pair;

	pair_hosts(&pair);
	assert_int_equal(px_iface_set_mtu(pair.ia, 65000), 0);
	assert_int_equal(px_iface_set_mtu(pair.ib, 65000), 0);
	pair_connect(&pair, "10.0.0.2");
	transfer(&pair, 5000000, 100000);
	assert_true(pair.a->cc.mss > 64900);
	assert_true(pair.a->data_segs_out < 2 * 5000000 / 64900);
	pair_connect(&pair, "2001:db8::2");
	transfer(&pair, 5000000, 3000);
	wire->loss = 20000;
	transfer(&pair, 5000000, 30000);
}

static void test_loss(void **state)
{
	struct pair pair;

	pair_open(&pair);
	wire->loss = 20000; /* 2 % */
	wire->delay = 5 * PX_MSEC;
	transfer(&pair, 3000000, 5000);
	assert_true(net_stat(pair.ia, PX_TcpRetransSegs) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_open_and_close, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_transfer, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_loopback, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_jumbo, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_loss, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
