/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP on bad networks: for each seed a network with its own loss, duplication, reordering, damage
 * and delay, two hosts with options of their own, and connections that carry data both ways, byte
 * by byte checked, while the MTU changes and readers pause. No connection may stand still for
 * longer than the longest time-out.
 *
 * TCP_SOAK_SEEDS=first-last runs others than the usual ones; TCP_SOAK_PCAP=file records. */
#include "invariant.h"
#include "stream.h"

#include <stdlib.h>

#define STALL (130 * PX_SEC) /* rto_max, and a little */

static uint32_t chance(uint32_t bound)
{
	return px_random_below(&sim->random, bound);
}

static void random_options(struct px_stack *stack)
{
	static const char *const algorithms[] = {"cubic", "cubic", "bbr", "reno"};
	struct tcp_sysctl *ctl = tcp_sysctl(stack);

	ctl->timestamps = (uint8_t)(chance(4) ? 1 : 0);
	ctl->sack = chance(4) != 0;
	ctl->dsack = chance(4) != 0;
	ctl->window_scaling = chance(5) != 0;
	ctl->ecn = (uint8_t)chance(3);
	ctl->frto = chance(4) ? 2 : 0;
	ctl->early_retrans = chance(4) ? 3 : 0;
	ctl->syncookies = (uint8_t)(chance(6) ? 1 : 2);
	ctl->moderate_rcvbuf = chance(4) != 0;
	stack->options.gro = chance(4) != 0;
	ctl->rmem[1] = 3000 + chance(200000);
	ctl->wmem[1] = 3000 + chance(100000);
	strcpy(ctl->congestion, algorithms[chance(4)]);
}

static void random_wire(void)
{
	wire->delay = chance(3) ? chance(5000) * UINT64_C(1000) : chance(150) * PX_MSEC;
	wire->jitter = chance(3) ? 0 : chance(20000) * UINT64_C(1000) + 1;
	wire->loss = chance(3) ? chance(30000) : chance(100000);
	wire->duplicate = chance(3) ? 0 : chance(50000);
	wire->corrupt = chance(3) ? 0 : chance(20000);
	wire->burst = chance(2) ? 0 : chance(1000) * UINT64_C(1000) + 1;
}

struct side {
	struct tcp_end *end;
	struct stream out, *in;
	size_t chunk;
	px_time paused_until;
	bool shut;
};

static void act(struct side *side)
{
	if (sim->now < side->paused_until)
		return;
	if (chance(400) == 0)
		side->paused_until = sim->now + chance(5000) * PX_MSEC;
	if (chance(50) == 0)
		side->chunk = chance(4) ? 1 + chance(3000) : 1 + chance(60000);
	stream_pump(side->end, &side->out, side->chunk);
	if (side->out.sent == side->out.total && !side->shut) {
		assert_int_equal(tcp_shutdown(side->end, SHUT_WR), 0);
		side->shut = true;
	}
	stream_read(side->end, side->in, chance(4) ? SIZE_MAX : 1 + chance(5000));
}

static uint64_t progress(const struct side *a, const struct side *b)
{
	return a->out.received + b->out.received + a->out.sent + b->out.sent + a->out.finished +
	       b->out.finished;
}

static void report(const struct tcp_end *end, const char *name)
{
	struct tcp_end *e = (struct tcp_end *)(uintptr_t)end;

	print_message(
	    "%s: %s una %u nxt %u write %u wnd %u cwnd %u flight %u lost %u sacked %u retrans %u "
	    "ca %u timer %u in %lld rcv_nxt %u window %u ooo %u truesize %zu of %u error %d\n",
	    name, tcp_state_text(end->state), end->snd_una - end->iss, end->snd_nxt - end->iss,
	    end->write_seq - end->iss, end->snd_wnd, end->cc.cwnd, tcp_in_flight(end), end->lost,
	    end->sacked, end->retrans, end->ca_state, end->send_timer,
	    (long long)(end->deadline[TCP_TIMER_SEND] - sim->now) / 1000000, end->rcv_nxt - end->irs,
	    tcp_rcv_window(end), end->ooo_count, e->endpoint.rx_truesize, e->endpoint.rcvbuf,
	    e->endpoint.error);
}

static void converse(struct pair *pair, const char *to)
{
	struct side a = {.chunk = 1 + chance(5000)}, b = {.chunk = 1 + chance(5000)};
	px_time moved = sim->now, end;
	uint64_t last = 0;

	a.end = new_end(pair->ia, AF_INET6);
	a.out.total = chance(5) ? chance(300000) : chance(2000000);
	b.out.total = chance(5) ? chance(300000) : chance(20000);
	a.in = &b.out;
	b.in = &a.out;
	if (chance(4) == 0)
		tcp_set_option(a.end, TCP_NODELAY, 1);
	assert_int_equal(connect_text(a.end, to, 7000), -EINPROGRESS);
	for (end = sim->now + 300 * PX_SEC; sim->now < end && !b.end;) {
		sim_run(sim, 10 * PX_MSEC);
		tcp_accept(pair->listener, &b.end);
		if (a.end->done) {
			/* All the SYNs were lost: that happens. */
			tcp_close(a.end);
			return;
		}
		if (!b.end && a.end->state == TCP_STATE_ESTABLISHED)
			act(&a); /* the last ACK of the handshake may be lost; data repeats it */
	}
	if (!b.end)
		fail_msg("no connection");
	while (!(a.out.finished && b.out.finished)) {
		act(&a);
		act(&b);
		sim_run(sim, chance(3) ? chance(3000) * UINT64_C(1000) : chance(50) * PX_MSEC);
		tcp_check_stack(pair->ia->stack);
		tcp_check_stack(pair->ib->stack);
		if (a.end->endpoint.error || b.end->endpoint.error) {
			report(a.end, "a");
			report(b.end, "b");
			fail_msg("a connection failed");
		}
		if (progress(&a, &b) != last) {
			last = progress(&a, &b);
			moved = sim->now;
		} else if (sim->now - moved > STALL) {
			report(a.end, "a");
			report(b.end, "b");
			fail_msg("nothing moves");
		}
		if (chance(2000) == 0)
			px_iface_set_mtu(pair->ia, 1280 + chance(221)); /* less would end IPv6 */
	}
	assert_int_equal(a.out.received, a.out.total);
	assert_int_equal(b.out.received, b.out.total);
	tcp_close(a.end);
	tcp_close(b.end);
}

static void run_seed(uint64_t seed)
{
	struct pair pair;
	void *unused = NULL;

	sim = sim_new(seed);
	wire = sim_wire_new(sim);
	if (getenv("TCP_SOAK_PCAP"))
		sim_pcap(sim, getenv("TCP_SOAK_PCAP"));
	pair_hosts(&pair);
	random_options(pair.ia->stack);
	random_options(pair.ib->stack);
	random_wire();
	switch (chance(4)) {
	case 0:
		pair.ia->caps |= PX_LINK_SUPER;
		pair.ib->caps |= PX_LINK_SUPER;
		break;
	case 1: /* cut by the link */
		pair.ia->caps |= PX_LINK_CUT;
		pair.ib->caps |= PX_LINK_CUT;
		break;
	case 2: /* before the link */
		break;
	default:
		pair.ia->stack->options.tso = chance(2);
		pair.ib->stack->options.tso = chance(2);
		break;
	}
	for (unsigned int i = 0; i < 2; i++)
		converse(&pair, chance(2) ? "10.0.0.2" : "2001:db8::2");
	/* Everything ends, and nothing is left. */
	sim_run(sim, 1000 * PX_SEC);
	assert_int_equal(pair.ia->stack->tcp->orphan_count, 0);
	assert_int_equal(pair.ib->stack->tcp->orphan_count, 0);
	assert_int_equal(pair.ia->stack->tcp->connections.count, 0);
	assert_int_equal(pair.ib->stack->tcp->connections.count, 0);
	net_teardown(&unused);
}

static void test_soak(void **state)
{
	const char *seeds = getenv("TCP_SOAK_SEEDS");
	uint64_t first = 1, last = 60;
	char *dash;

	if (seeds) {
		first = strtoull(seeds, &dash, 10);
		last = *dash == '-' ? strtoull(dash + 1, NULL, 10) : first;
	}
	for (uint64_t seed = first; seed <= last; seed++) {
		if (seeds)
			fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
		run_seed(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_soak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
