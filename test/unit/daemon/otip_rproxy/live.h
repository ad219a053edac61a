/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* otip_rproxy as it is, but for its main, in this process: between real stacks, by a clock that the
 * test sets, in one thread.
 *
 *     client ------ network "outside" ------ otip_rproxy ------ echo servers
 *     fd01::1       (picox)                  TEST_OUTER         on TEST_INNER
 *
 * The client's stack is picox whatever the proxy's is, so that no kernel has to learn of the many
 * addresses. The linker puts the clock in the place of lib/iothotip's (clock.h), and shifts the
 * loop's: what waits for seconds to pass waits for live_set.
 */
#ifndef TEST_RPROXY_LIVE_H
#define TEST_RPROXY_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define LIVE_NAME     "renzo.otip"
#define LIVE_PASSWORD "mypassword"
#define LIVE_PORT     4242 /* an echo server, TCP and UDP */
#define LIVE_DOWN     4299 /* nobody is there, TCP */
#define LIVE_DRAIN    1    /* seconds */
#define LIVE_PATIENCE 30   /* seconds: only to end, never to decide */

struct live_schedule {
	int64_t period, preactive, postactive;
};

/* Stacks and servers, of a group of tests. Exits with 77 if the machine has no such stack. */
int live_begin(void **state);
int live_end(void **state);
bool live_outer_is(const char *stack);

/* The proxy. `first_second` is what the clock says; the name is the test's own, so that no address
 * of it was there before. */
void live_start(const struct live_schedule *schedule, const char *name, int64_t first_second);
void live_stop(void);
/* Another schedule or name, as by a reload. */
void live_reload(const struct live_schedule *schedule, const char *name);

/* The same, but this allocation fails (allocations.h), and with it the start or reload, or not. */
bool live_start_without(const struct live_schedule *schedule, const char *name,
    int64_t first_second, int failing_allocation);
bool live_reload_without(
    const struct live_schedule *schedule, const char *name, int failing_allocation);
bool live_allocation_failed(void); /* there were as many, in the last one */

/* Time passes until `now`: all that is due by then happens, when it is due. */
void live_set(int64_t now);
/* Somebody sets the clock; no time passes. */
void live_step(int64_t now);
int64_t live_now(void);

/* A turn of the loop, and what follows at once. */
void live_turn(void);

/* The address of the window of a name. */
struct in6_addr live_address(const char *name, const char *password, int64_t window);

/* A client's connection, made and answered; -1: there was no answer, or a bad one. */
int live_connect(const struct in6_addr *address);
/* One that has been asked for; and what has become of it: 1 it is there, 0 nothing, or -errno. */
int live_call(const struct in6_addr *address, uint16_t port);
int live_state_of(int fd);
/* A byte there and back. */
bool live_echoes(int fd);
/* A client that sends until nobody takes any more, and receives nothing; and one that sends a byte
 * now and then, while the loop turns: until it is asked how many there were. */
void live_fill(int fd);
void live_nibble(int fd);
size_t live_nibbled(void);
/* Ends a connection, and nothing is left of it. */
void live_hang_up(int fd);
/* A datagram there and back, from a client's socket of its own: the socket, or -1. */
int live_ask(const struct in6_addr *address);
bool live_asks_again(int fd);
void live_forget(int fd);

/* The interface of the outer stack goes down, or comes up; an address of it: is it there, does it
 * come within some time, and somebody takes it away. */
void live_outer_link(bool up);
bool live_outer_has(const struct in6_addr *address);
bool live_outer_comes_to(const struct in6_addr *address, bool is_there);
void live_outer_lose(const struct in6_addr *address);

/* What the proxy answers to `status`; valid until the next call. */
const char *live_status(void);
/* Figures of the proxy's own: "tcp_open", ... */
uint64_t live_metric(const char *name);
/* Waits until one is so. */
bool live_comes_to(const char *name, uint64_t value);

struct live_usage {
	size_t descriptors, threads, addresses; /* of the outer stack */
	long blocks;                            /* the proxy's, and the test's */
	size_t resident;                        /* KiB: of all stacks in the process, too */
};
struct live_usage live_usage(void);

#endif
