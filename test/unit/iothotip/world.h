/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server's stack and a client's on one network, and a clock that the test sets.
 *
 * The stack is what the environment says: TEST_STACK=picox (on mem://), vdestack (on ptp://), or
 * kernel: a network namespace of the test's own, where both sides are the kernel's, on lo. */
#ifndef TEST_IOTHOTIP_WORLD_H
#define TEST_IOTHOTIP_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "instance.h"

#define NOW      1700000000 /* the beginning of a window of 32 seconds */
#define PORT     4242
#define PATIENCE 30000 /* milliseconds: only to end, never to decide */
#define CONFIG   "base=fd00::,name=renzo.otip,passwd=mypassword"

extern struct ioth *server, *client; /* stacks */
extern int64_t wall;                 /* seconds: what the service takes for the time */
extern uint64_t milliseconds;        /* the clock that never runs backwards */

/* Of a group of tests; the first exits with 77 if the machine has no such stack. */
int world_setup(void **state);
int world_teardown(void **state);
/* Without a client: the server, also at fd00::99, is alone on a network that the test may open. */
const char *world_setup_alone(void);
const char *world_stack(void); /* its name */

/* CONFIG, what the stack needs, and `more`; until the next call. */
const char *world_config(const char *more);
/* A service of it, without a thread, whose clock is `wall`. */
struct iothotip *world_service(const char *more);
/* Sets the clock and lets the service do what is due. */
void world_set(struct iothotip *otip, int64_t now);
/* Until all its addresses can be reached. */
void world_wait(struct iothotip *otip);
/* Both. */
void world_at(struct iothotip *otip, int64_t now);

struct in6_addr world_address(int64_t window);

/* A socket of the client's that connects: done, or -1 after some time. */
int world_connect(const struct in6_addr *address, int port);
/* One that has begun to, without blocking. */
int world_call(const struct in6_addr *address, int port);
/* Has it got no answer at all, neither good nor bad? */
bool world_is_silent(int fd);
/* Accepts what is there, or comes within some time. */
int world_accept(int fd);
/* Bytes go through a connection in both directions. */
void world_exchange(int one, int other);
/* Waits until there is something to read. */
bool world_readable(int fd, int timeout_ms);

#endif
