/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A window of the world's (world.h), for tests of what goes through it; and what is said meanwhile.
 */
#ifndef TEST_RPROXY_FIXTURE_H
#define TEST_RPROXY_FIXTURE_H

#include "window.h"
#include "world.h"

#define FIXTURE_PORT 4242 /* of the first service; the second has the next one */

extern struct in6_addr fixture_address;
extern struct service fixture_services[2];

/* A world, and a window in it that offers both services, of one type. `limits` NULL: generous. */
void fixture_begin(const struct flow_limits *limits, int type);
/* Opens it again, or a second one. */
void fixture_open(int type);
/* Of each test. */
int fixture_end(void **state);

/* A client's connection to the first service, accepted; of source 1, or another one. */
int fixture_call(void);
int fixture_call_from(unsigned int source);

/* Lines that have been logged with this text in them, since the world began. */
size_t fixture_lines(const char *text);

uint64_t fixture_count(const metric *counter);

#endif
