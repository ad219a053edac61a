/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Congestion control through a bottleneck with a queue, in virtual time: throughput, what stands in
 * the queue, who gets how much, what random loss does; and pacing.
 *
 *     a --+
 *         |-- switch: each port 10 Mbit/s, a queue; 20 ms there, 20 ms back -- b
 *     c --+
 */
#include "bbr.h"
#include "stream.h"

#define RATE    UINT64_C(1250000) /* bytes a second: 10 Mbit/s */
#define DELAY   (20 * PX_MSEC)
#define BDP     (RATE / 1000 * 40)
/* Of the rate, what is left without headers: 1448 bytes of 1514. */
#define GOODPUT (RATE / 1514 * 1448)

#define STEP (3 * PX_MSEC)

/* A stream from somebody to b; of bytes that nobody looks at, for there are many. */
struct flow {
	struct tcp_end *from, *to;
	uint64_t sent, received;
	uint64_t limit; /* bytes a second that the program has; 0: as many as there is room for */
	px_time since;  /* ... from then on */
};

static struct px_iface *ia, *ib;
static struct tcp_end *listener;

static void topology(const char *algorithm, size_t queue)
{
	ia = net_host(tcp_host_attach, 1);
	ib = net_host(tcp_host_attach, 2);
	listener = listener_on(ib, 7000, 10);
	sim_run(sim, 3 * PX_SEC);
	strcpy(tcp_sysctl(ia->stack)->congestion, algorithm);
	wire->rate = RATE;
	wire->queue = queue;
	wire->delay = DELAY;
}

static void flow_open(struct flow *flow, struct px_iface *from)
{
	*flow = (struct flow){0};
	flow->from = new_end(from, AF_INET6);
	assert_int_equal(connect_text(flow->from, "10.0.0.2", 7000), -EINPROGRESS);
	for (unsigned int i = 0; i < 1000 && tcp_accept(listener, &flow->to) < 0; i++)
		sim_run(sim, 10 * PX_MSEC);
	assert_non_null(flow->to);
}

static void flow_limit(struct flow *flow, uint64_t limit)
{
	flow->limit = limit;
	flow->since = sim->now;
	flow->sent = 0;
}

static void flow_step(struct flow *flow)
{
	struct px_pkt *chain, *pkt;

	for (;;) {
		uint64_t most = flow->limit ? (sim->now - flow->since) * flow->limit / PX_SEC : UINT64_MAX;
		size_t len = most - flow->sent < 16384 ? (size_t)(most - flow->sent) : 16384;

		if (!len || tcp_send_ready(flow->from) < 0)
			break;
		pkt = px_pkt_alloc(flow->from->endpoint.stack, len);
		assert_non_null(pkt);
		memset(px_pkt_put(pkt, len), 0, len);
		flow->sent += len;
		assert_int_equal(tcp_send(flow->from, pkt, 0), len);
	}
	while (tcp_receive(flow->to, SIZE_MAX, 0, &chain) > 0) {
		while ((pkt = chain)) {
			chain = pkt->next;
			flow->received += pkt->total;
			px_pkt_free(pkt);
		}
	}
}

/* For a time; the bytes a second that arrive of each. */
static void run_flows(struct flow *flows, unsigned int count, px_time time, uint64_t *rates)
{
	uint64_t before[4];

	for (unsigned int i = 0; i < count; i++)
		before[i] = flows[i].received;
	for (px_time end = sim->now + time; sim->now < end;) {
		for (unsigned int i = 0; i < count; i++)
			flow_step(&flows[i]);
		sim_run(sim, STEP);
	}
	for (unsigned int i = 0; i < count; i++)
		rates[i] = (flows[i].received - before[i]) * PX_SEC / time;
}

static uint64_t run_flow(struct flow *flow, px_time time)
{
	uint64_t rate;

	run_flows(flow, 1, time, &rate);
	return rate;
}

/* How long frames waited in the queues since the last call, in the mean. */
static px_time mean_wait(void)
{
	static px_time queued;
	static uint64_t frames;
	px_time time = wire->queued - queued;
	uint64_t count = wire->frames - frames;

	queued = wire->queued;
	frames = wire->frames;
	return count ? time / count : 0;
}

static struct bbr *bbr_of(const struct flow *flow)
{
	return flow->from->cc.state;
}

/* ---- alone ---- */

static void test_bbr_alone(void **state)
{
	struct flow flow;
	uint64_t rate;

	topology("bbr", 2 * BDP);
	flow_open(&flow, ia);
	assert_in_range(run_flow(&flow, 2 * PX_SEC), GOODPUT * 90 / 100, GOODPUT);
	mean_wait();
	rate = run_flow(&flow, 10 * PX_SEC);
	assert_in_range(rate, GOODPUT * 95 / 100, GOODPUT);
	/* The queue would hold 80 ms. */
	assert_true(mean_wait() < 6 * PX_MSEC);
	assert_int_equal(wire->lost, 0);
	/* What it believes is what is: 10 Mbit/s without headers, 40 ms and a frame's way. */
	assert_in_range(bbr_max_bw(bbr_of(&flow)), GOODPUT * 98 / 100, GOODPUT * 102 / 100);
	assert_in_range(bbr_of(&flow)->min_rtt, 2 * DELAY, 2 * DELAY + 3 * PX_MSEC);
}

/* A queue of a fifth of the product: there is loss in Startup, and hardly any after it. */
static void test_bbr_shallow_queue(void **state)
{
	struct flow flow;
	uint64_t lost, frames;

	topology("bbr", BDP / 5);
	flow_open(&flow, ia);
	run_flow(&flow, 2 * PX_SEC);
	lost = wire->lost;
	frames = wire->frames;
	assert_in_range(run_flow(&flow, 10 * PX_SEC), GOODPUT * 80 / 100, GOODPUT);
	assert_true((wire->lost - lost) * 100 < (wire->frames - frames) * 2);
}

/* A.10: five seconds from one ProbeRTT to the next. */
static void test_bbr_probes_rtt(void **state)
{
	px_time begins[8] = {0}, ends[8] = {0};
	unsigned int count = 0;
	struct flow flow;
	bool was = false;

	topology("bbr", 2 * BDP);
	flow_open(&flow, ia);
	while (count < 4) {
		bool is;

		flow_step(&flow);
		sim_run(sim, STEP);
		is = bbr_of(&flow)->state == BBR_PROBE_RTT;
		if (is && !was)
			begins[count] = sim->now;
		if (!is && was)
			ends[count++] = sim->now;
		was = is;
		assert_true(sim->now < 60 * PX_SEC);
	}
	for (unsigned int i = 0; i < count; i++)
		assert_in_range(ends[i] - begins[i], 200 * PX_MSEC, 400 * PX_MSEC);
	for (unsigned int i = 1; i < count; i++)
		assert_in_range(begins[i] - ends[i - 1], 4900 * PX_MSEC, 5200 * PX_MSEC);
}

/* ---- a path that changes (A.15, A.16) ---- */

static void test_bbr_ten_times_faster(void **state)
{
	struct flow flow;

	topology("bbr", 2 * BDP);
	wire->rate = RATE / 10;
	flow_open(&flow, ia);
	run_flow(&flow, 4 * PX_SEC);
	wire->rate = RATE;
	run_flow(&flow, 8 * PX_SEC);
	assert_true(run_flow(&flow, 4 * PX_SEC) > GOODPUT * 80 / 100);
}

static void test_bbr_ten_times_slower(void **state)
{
	struct flow flow;

	topology("bbr", 2 * BDP);
	flow_open(&flow, ia);
	run_flow(&flow, 4 * PX_SEC);
	wire->rate = RATE / 10;
	run_flow(&flow, 30 * PX_SEC);
	assert_in_range(run_flow(&flow, 8 * PX_SEC), GOODPUT / 10 * 85 / 100, GOODPUT / 10);
	assert_in_range(bbr_max_bw(bbr_of(&flow)), GOODPUT / 10 * 90 / 100, GOODPUT / 10 * 130 / 100);
}

/* A.14: the path holds a third of a segment. Four are in flight, and a little more. */
static void test_bbr_less_than_a_segment(void **state)
{
	struct flow flow;

	topology("bbr", 2 * BDP);
	wire->rate = RATE / 100;
	flow_open(&flow, ia);
	run_flow(&flow, 20 * PX_SEC);
	assert_in_range(run_flow(&flow, 30 * PX_SEC), GOODPUT / 100 * 90 / 100, GOODPUT / 99);
	assert_in_range(flow.from->cc.cwnd, 4 * 1448, 12 * 1448);
	assert_int_equal(wire->lost, 0);
}

/* The way gets longer by half: believed after ten seconds, and filled. */
static void test_bbr_longer_path(void **state)
{
	struct flow flow;

	topology("bbr", 2 * BDP);
	flow_open(&flow, ia);
	run_flow(&flow, 4 * PX_SEC);
	wire->delay = 3 * DELAY / 2;
	run_flow(&flow, 15 * PX_SEC);
	assert_in_range(bbr_of(&flow)->min_rtt, 3 * DELAY, 3 * DELAY + 3 * PX_MSEC);
	assert_in_range(run_flow(&flow, 10 * PX_SEC), GOODPUT * 93 / 100, GOODPUT);
}

/* ---- random loss ---- */

static uint64_t with_loss(const char *algorithm, uint32_t loss)
{
	struct flow flow;

	topology(algorithm, 2 * BDP);
	flow_open(&flow, ia);
	wire->loss = loss;
	run_flow(&flow, 4 * PX_SEC);
	return run_flow(&flow, 20 * PX_SEC);
}

static void test_bbr_one_percent_lost(void **state)
{
	assert_in_range(with_loss("bbr", 10000), GOODPUT * 70 / 100, GOODPUT);
}

static void test_reno_one_percent_lost(void **state)
{
	assert_in_range(with_loss("reno", 10000), GOODPUT * 20 / 100, GOODPUT * 50 / 100);
}

/* ---- two of them ---- */

static void share(const char *second, size_t queue, uint64_t *rates)
{
	struct px_iface *ic = net_host(tcp_host_attach, 3);
	struct flow flows[2];

	topology("bbr", queue);
	strcpy(tcp_sysctl(ic->stack)->congestion, second);
	flow_open(&flows[0], ia);
	run_flow(&flows[0], 5 * PX_SEC); /* has the path to itself, and gives half of it away */
	flow_open(&flows[1], ic);
	run_flows(flows, 2, 15 * PX_SEC, rates);
	run_flows(flows, 2, 25 * PX_SEC, rates);
}

static void test_two_bbr(void **state)
{
	uint64_t rates[2];

	share("bbr", 2 * BDP, rates);
	assert_in_range(rates[0] + rates[1], GOODPUT * 93 / 100, GOODPUT);
	assert_true(rates[0] * 3 > rates[1] * 2);
	assert_true(rates[1] * 3 > rates[0] * 2);
}

/* Neither starves beside the other. */
static void test_bbr_and_cubic(void **state)
{
	uint64_t rates[2];

	share("cubic", BDP, rates);
	assert_true(rates[0] + rates[1] > GOODPUT * 85 / 100);
	assert_true(rates[0] > GOODPUT / 6);
	assert_true(rates[1] > GOODPUT / 6);
}

/* ---- a program that has less to send ---- */

static void test_bbr_app_limited(void **state)
{
	struct flow flow;
	struct tcp_info info;

	topology("bbr", 2 * BDP);
	flow_open(&flow, ia);
	run_flow(&flow, 2 * PX_SEC);
	flow_limit(&flow, GOODPUT / 10);
	run_flow(&flow, 30 * PX_SEC);
	/* What was measured before is still believed. */
	assert_in_range(bbr_max_bw(bbr_of(&flow)), GOODPUT * 80 / 100, GOODPUT * 102 / 100);
	tcp_get_info(flow.from, &info);
	assert_in_range(info.tcpi_delivery_rate, GOODPUT * 80 / 100, GOODPUT * 102 / 100);
	assert_in_range(info.tcpi_min_rtt, 40000, 43000);
	flow_limit(&flow, 0);
	assert_true(run_flow(&flow, 2 * PX_SEC) > GOODPUT * 90 / 100);
}

/* ---- pacing ---- */

/* SO_MAX_PACING_RATE holds for every algorithm, and no more than a millisecond's worth of it goes
 * at once. */
static size_t burst, burst_max;
static px_time burst_at;

static bool see_burst(struct sim_wire *on, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument)
{
	(void)frame;
	(void)argument;
	if (!from || from->iface != ia)
		return true;
	if (on->sim->now != burst_at) {
		burst_at = on->sim->now;
		burst = 0;
	}
	burst += len;
	if (burst > burst_max)
		burst_max = burst;
	return true;
}

static void limited_rate(const char *algorithm, uint64_t rate)
{
	struct flow flow;

	topology(algorithm, 20 * BDP);
	wire->rate = 5 * RATE;
	wire->delay = PX_MSEC;
	wire->probe = see_burst;
	flow_open(&flow, ia);
	tcp_set_max_pacing(flow.from, rate);
	assert_int_equal(tcp_get_max_pacing(flow.from), rate);
	run_flow(&flow, PX_SEC);
	burst_max = 0;
	assert_in_range(run_flow(&flow, 4 * PX_SEC), rate * 97 / 100, rate * 101 / 100);
	assert_true(burst_max <= rate / 1000 * 12 / 10 + (size_t)2 * 1514);
	tcp_set_max_pacing(flow.from, UINT64_MAX);
	run_flow(&flow, 3 * PX_SEC); /* BBR must find out */
	assert_true(run_flow(&flow, PX_SEC) > 2 * rate);
}

static void test_pacing_cubic(void **state)
{
	limited_rate("cubic", 100000);
}

static void test_pacing_bbr(void **state)
{
	limited_rate("bbr", 400000);
}

static void test_pacing_fast(void **state)
{
	limited_rate("cubic", 2000000);
}

/* Option pacing: bursts of cubic's slow start that a switch's short queue has no room for would end
 * it early. */
static uint64_t start_of_cubic(bool pacing)
{
	struct flow flow;

	topology("cubic", BDP / 4);
	tcp_sysctl(ia->stack)->pacing = pacing;
	flow_open(&flow, ia);
	return run_flow(&flow, 3 * PX_SEC);
}

static void test_pacing_of_windows(void **state)
{
	uint64_t at_once = start_of_cubic(false);

	net_teardown(state);
	net_setup(state);
	assert_true(start_of_cubic(true) > at_once * 105 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_bbr_alone, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_shallow_queue, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_probes_rtt, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_ten_times_faster, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_ten_times_slower, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_less_than_a_segment, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_longer_path, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_one_percent_lost, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_reno_one_percent_lost, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_two_bbr, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_and_cubic, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_bbr_app_limited, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_pacing_cubic, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_pacing_bbr, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_pacing_fast, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_pacing_of_windows, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
