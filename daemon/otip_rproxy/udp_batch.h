/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams, received and sent in bursts: as many as there are go through the stack at once.
 *
 * There is one batch for all sockets of a loop; what is in it has been sent when a turn goes on.
 * Each datagram has room for the longest that there can be. Memory that no datagram has ever
 * reached costs nothing.
 */
#ifndef RPROXY_UDP_BATCH_H
#define RPROXY_UDP_BATCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define UDP_BATCH_MAX 32
#define UDP_BATCH_LEN 65536 /* bytes of a datagram, and one more */

struct udp_batch {
	struct sockaddr_in6 peers[UDP_BATCH_MAX];
	struct mmsghdr in[UDP_BATCH_MAX], out[UDP_BATCH_MAX];
	struct iovec in_bytes[UDP_BATCH_MAX], out_bytes[UDP_BATCH_MAX];
	uint8_t *bytes; /* owned */
	int error;      /* -errno that the last call met, 0: none */
};

int udp_batch_new(struct udp_batch **batch); /* 0 or -ENOMEM */
void udp_batch_free(struct udp_batch *batch);

/* How many have come; their senders are in `peers` if that is asked for. An error of the socket is
 * one of a datagram that was sent: it is taken off, and is in `error`. `more`: there may be others.
 */
unsigned int udp_batch_receive(struct udp_batch *batch, int fd, bool with_peers, bool *more);

/* How many from `at` on, of `count`, have the same sender. */
unsigned int udp_batch_run(const struct udp_batch *batch, unsigned int at, unsigned int count);

/* Sends `count` datagrams from `at` on. `to` NULL: the socket is connected. How many were lost. */
unsigned int udp_batch_send(struct udp_batch *batch, unsigned int at, unsigned int count, int fd,
    const struct sockaddr_in6 *to);

#endif
