/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BBR alone, with a fake clock: acknowledgements whose samples the test makes up. */
#ifndef TEST_BBR_PATH_H
#define TEST_BBR_PATH_H

#include "bbr.h"
#include "mem.h"
#include "random.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define MSS 1000u
#define RTT (100 * PX_MSEC)
#define BW  UINT64_C(1000000) /* bytes a second: with RTT, 100 segments */
#define BDP ((uint32_t)(BW / 10))

struct path {
	struct tcp_cc cc;
	struct tcp_rate rate;
	struct px_mem *mem;
	struct px_random random;
	struct bbr *bbr;
	px_time now, rtt;
	uint32_t una, in_flight;
	bool limited, recovery, loss_recovery, no_sack, app_limited;
	uint32_t lost_before; /* rate.lost at the last round */
};

static inline void path_close(struct path *path)
{
	tcp_cc_release(&path->cc);
	px_mem_drop(path->mem);
}
#define PATH struct path __attribute__((cleanup(path_close)))

static inline struct tcp_cc_env path_env(struct path *path)
{
	return (struct tcp_cc_env){
	    .mem = path->mem, .random = &path->random, .rate = &path->rate, .now = path->now};
}

static inline void path_open(struct path *path, px_time srtt)
{
	uint64_t seed[2] = {1, 2};
	struct tcp_cc_env env;

	*path = (struct path){.now = 1000 * PX_SEC, .rtt = RTT, .mem = px_mem_new(NULL, 0)};
	px_random_init(&path->random, seed);
	env = path_env(path);
	assert_int_equal(tcp_cc_init(&path->cc, &tcp_cc_bbr, &env), 0);
	tcp_cc_start(&path->cc, MSS, 0, srtt, path->now);
	path->bbr = path->cc.state;
}

/* An acknowledgement of `bytes` that measured `rate`. `round`: of something sent in this round, so
 * that the next one begins. */
static inline void path_ack(struct path *path, uint64_t rate, uint32_t bytes, bool round)
{
	uint64_t before = path->rate.delivered;
	struct tcp_rate_sample sample = {.rate = rate,
	    .interval = path->rtt,
	    .rtt = path->rtt,
	    .newly = bytes,
	    .delivered = (uint32_t)(rate * path->rtt / PX_SEC),
	    .tx_in_flight = path->in_flight,
	    .lost = path->rate.lost - path->lost_before,
	    .app_limited = path->app_limited,
	    .prior_delivered = round                             ? before
	                       : path->bbr->next_round_delivered ? 0
	                                                         : before};
	struct tcp_cc_ack ack = {.now = path->now,
	    .una = path->una += bytes,
	    .acked = bytes,
	    .prior_flight = path->in_flight + bytes,
	    .in_flight = path->in_flight,
	    .rtt = path->rtt,
	    .srtt = path->rtt,
	    .min_rtt = RTT,
	    .cwnd_limited = path->limited,
	    .recovery = path->recovery || path->loss_recovery,
	    .loss_recovery = path->loss_recovery,
	    .sack = !path->no_sack,
	    .rate = &sample};

	path->rate.delivered += bytes;
	ack.nxt = ack.una + path->in_flight;
	tcp_cc_acked(&path->cc, &ack);
	if (round)
		path->lost_before = path->rate.lost;
}

/* A round trip: time passes, one acknowledgement of what was in flight. */
static inline void path_round(struct path *path, uint64_t rate)
{
	path->now += path->rtt;
	path_ack(path, rate, (uint32_t)(rate * path->rtt / PX_SEC), true);
}

/* `segments` lost, each a range of its own, sent with what is in flight now. */
static inline void path_lose(struct path *path, unsigned int segments)
{
	struct tcp_rate_mark mark = {.delivered = (uint32_t)path->rate.delivered,
	    .lost = path->lost_before,
	    .in_flight = path->in_flight,
	    .app_limited = path->app_limited};

	for (unsigned int i = 0; i < segments; i++) {
		struct tcp_cc_loss loss = {
		    .mark = &mark, .seq = path->una + 2 * i * MSS, .bytes = MSS, .now = path->now};
		path->rate.lost += MSS;
		tcp_cc_lost(&path->cc, &loss);
	}
}

static inline void path_recover(struct path *path)
{
	tcp_cc_reduce(&path->cc, TCP_CC_LOSS, path->in_flight, path->now);
	path->recovery = true;
}

#define assert_state(path, wanted)                                                                 \
	assert_string_equal(bbr_state_text((path)->bbr->state), bbr_state_text(wanted))

/* ---- the way to each state ---- */

static inline void path_to_drain(struct path *path)
{
	path_open(path, RTT);
	path->in_flight = 2 * BDP;
	for (unsigned int i = 0; i < 8 && path->bbr->state == BBR_STARTUP; i++)
		path_round(path, BW);
	assert_state(path, BBR_DRAIN);
}

static inline void path_to_down(struct path *path)
{
	path_to_drain(path);
	path->in_flight = BDP;
	path_ack(path, BW, MSS, false);
	assert_true(bbr_in_probe_bw(path->bbr));
	path->in_flight = 2 * BDP; /* so that it stays there */
	if (path->bbr->state == BBR_PROBE_BW_CRUISE)
		path->bbr->state = BBR_PROBE_BW_DOWN;
}

static inline void path_to_cruise(struct path *path)
{
	path_to_down(path);
	path->in_flight = BDP;
	path_round(path, BW);
	assert_state(path, BBR_PROBE_BW_CRUISE);
}

static inline void path_to_refill(struct path *path)
{
	path_to_cruise(path);
	for (unsigned int i = 0; i < 100 && path->bbr->state == BBR_PROBE_BW_CRUISE; i++) {
		path->rtt = i == 20 ? RTT - 1 : RTT; /* no ProbeRTT */
		path_round(path, BW);
	}
	path->rtt = RTT;
	assert_state(path, BBR_PROBE_BW_REFILL);
}

static inline void path_to_up(struct path *path)
{
	path_to_refill(path);
	path_round(path, BW);
	assert_state(path, BBR_PROBE_BW_UP);
}

#endif
