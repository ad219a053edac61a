/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A name server in a thread, which does what the name in the question says: what is right, and what
 * attackers and bad servers do. It and the tests have a picox stack each, on one network in memory:
 *
 *      hostile_client               server, a thread
 *        10.0.0.1  fd00::1            10.0.0.53  fd00::53  (10.0.0.54: nobody)
 *             |                            |
 *             +--------- mem://NAME -------+
 */
#ifndef TEST_IOTHDNS_HOSTILE_SERVER_H
#define TEST_IOTHDNS_HOSTILE_SERVER_H

#include <stdatomic.h>

struct ioth;

extern struct ioth *hostile_client;
extern atomic_int hostile_queries, hostile_tcp_queries;
extern atomic_bool hostile_flooding; /* the server sends nonsense until this is cleared */
extern atomic_uint hostile_ports;    /* how often the port differed from that of the query before */

/* Of a group of cmocka tests. */
int hostile_setup(void **state);
int hostile_teardown(void **state);

#endif
