/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the public calls share. */
#ifndef RUN_CALLS_H
#define RUN_CALLS_H

#include "runtime.h"

#include <errno.h>
#include <picoxnet.h>

#define PICOX_PUBLIC __attribute__((visibility("default")))

/* 0 or more, or -errno, as the public edge has it. */
static inline int result_int(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static inline ssize_t result_size(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

/* calls_netdevice.c: `argument` is the user's. 0 or -errno. */
bool netdevice_knows(unsigned long cmd);
int netdevice_ioctl(int fd, unsigned long cmd, void *argument);

/* ---- names, copied from and to the user (calls.c) ---- */

struct name {
	struct sockaddr_storage bytes;
	socklen_t len;
};

/* 0, -EFAULT or -EINVAL. */
int name_read(struct name *name, const struct sockaddr *addr, socklen_t addrlen);

/* ---- waiting (calls_message.c) ---- */

/* Whether the call may wait: asked of the descriptor only now, since O_NONBLOCK can be changed by
 * plain fcntl(2). */
bool call_may_block(int fd, int flags);

/* SO_RCVTIMEO, SO_SNDTIMEO as a time; zero is for ever. */
px_time call_time_limit(const struct timeval *timeout);

/* Waits while the transmit queue is full. 0, or -errno. The lock is held. */
int call_wait_for_room(struct call *call, int flags);

/* ---- messages (calls_message.c) ---- */

/* An iovec of the user's, and how many bytes it is. 0 or -errno. */
int iov_check(const struct iovec *iov, size_t count, size_t *total);

/* Takes the lock, then a packet, waiting for it if need be. Its length, or -errno. */
ssize_t message_take(struct call *call, struct msghdr *msg, struct px_pkt **pkt, int flags);

/* Copies to the user what was received beside the data. */
void message_give_rest(struct msghdr *user, const struct msghdr *msg);

/* What a call holds while it may be cancelled. */
static inline void release_packet(struct px_pkt **pkt)
{
	px_pkt_free(*pkt);
}
#define PACKET_SCOPE __attribute__((cleanup(release_packet))) struct px_pkt

/* ---- streams (calls_stream.c) ---- */

/* The lock is not held before. Bytes, or -errno. */
ssize_t stream_send(struct call *call, const struct msghdr *msg, size_t total, int flags);
ssize_t stream_receive(struct call *call, const struct msghdr *msg, size_t total, int flags);

#endif
