/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Berkeley sockets over the stack: the non-blocking core.
 *
 * Every call returns at once: 0 or more, or a negative errno value of those that Linux gives; what
 * would block is -EAGAIN (a reader that may block asks the poll mask first: POLLRDHUP means that
 * there is nothing to wait for, and the result is 0), and the runtime waits for the readiness that
 * sock->wake tells of. `wake` is called from px_run, once a burst, when the poll mask of a socket
 * changed or something new came.
 *
 * User memory is not touched here where it could fault with the lock held: px_sock_send takes a
 * packet that the caller filled before, px_sock_receive gives a packet that the caller copies from
 * afterwards. Names, control messages and option values are the caller's own copies.
 * px_sock_sendmsg and px_sock_recvmsg do all at once, for callers whose memory is their own (tests,
 * examples).
 */
#ifndef SOCKET_SOCKET_H
#define SOCKET_SOCKET_H

#include "endpoint.h"
#include "netlink.h"
#include "packet.h"
#include "ping.h"
#include "px.h"
#include "raw.h"
#include "tcp.h"
#include "udp.h"

#include <poll.h>
#include <sys/time.h>

/* A whole stack: all layers and the loopback interface, up. 0 or -errno. */
int px_open(const struct px_config *config, struct px_stack **stack);

struct px_sock;

/* What differs between protocols. */
struct sock_ops {
	int (*bind)(struct px_sock *sock, const struct sockaddr *name, socklen_t len);
	int (*connect)(struct px_sock *sock, const struct sockaddr *name, socklen_t len);
	int (*name)(struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len);
	int (*shutdown)(struct px_sock *sock, int how);
	int (*send)(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags);
	int (*receive)(struct px_sock *sock, struct msghdr *msg, struct px_pkt **pkt, int flags);
	unsigned int (*poll)(const struct px_sock *sock);
	void (*free)(struct px_sock *sock);
	/* Of streams alone; NULL elsewhere. */
	int (*listen)(struct px_sock *sock, int backlog);
	int (*accept)(struct px_sock *sock, struct px_sock **connection, struct sockaddr_storage *name,
	    socklen_t *len);
	int (*ioctl)(struct px_sock *sock, unsigned long request, int *value);
	const struct sock_option *const *options; /* tables, NULL at the end */
	const struct dgram_protocol *dgram;       /* of those that dgram.c serves */
};

struct px_sock {
	struct list node; /* socket_state.all */
	struct px_stack *stack;
	int protocol;
	uint16_t domain, type;
	const struct sock_ops *ops;
	struct endpoint *endpoint; /* NULL for AF_PACKET and AF_NETLINK */
	union {
		struct tcp_end *tcp;
		struct udp_end *udp;
		struct raw_end *raw;
		struct ping_end *ping;
		struct packet_end *packet;
		struct netlink_end *netlink;
	};

	/* SOL_SOCKET values that others look at. */
	struct timeval rcvtimeo, sndtimeo;
	struct linger linger;
	int rcvlowat, priority, mark, busy_poll;
	bool keepalive, oobinline, debug, filter_locked, passcred;
	bool corked;         /* UDP_CORK */
	bool news;           /* something came since ... */
	unsigned int polled; /* ... this mask was told */
	struct bpf_program *filter;
	struct sock_cork *cork; /* a datagram that is not whole yet (cork.c) */

	struct px_deferred deferred;
	void (*wake)(struct px_sock *sock, unsigned int mask);
	void *owner;
};

/* 0, or -EAFNOSUPPORT, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -ENOBUFS, ... `type` without flags. */
int px_sock_new(struct px_stack *stack, int domain, int type, int protocol, struct px_sock **sock);
void px_sock_free(struct px_sock *sock);

int px_sock_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len);
int px_sock_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len);
int px_sock_listen(struct px_sock *sock, int backlog);
/* -EAGAIN: none waits. The new socket has the options of the old one. `name` is its peer's. */
int px_sock_accept(struct px_sock *sock, struct px_sock **connection, struct sockaddr_storage *name,
    socklen_t *len);
int px_sock_shutdown(struct px_sock *sock, int how);

/* As getsockname(2): *len is the room, and becomes the real length. */
int px_sock_getname(struct px_sock *sock, bool peer, struct sockaddr *name, socklen_t *len);

int px_sock_setsockopt(struct px_sock *sock, int level, int name, const void *value, socklen_t len);
int px_sock_getsockopt(struct px_sock *sock, int level, int name, void *value, socklen_t *len);

/* FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK; -ENOTTY: not here. */
int px_sock_ioctl(struct px_sock *sock, unsigned long request, int *value);

/* `msg` gives name and control; iovecs are not looked at. Takes the packet, which must have
 * PX_PKT_HEADROOM before it. Returns the number of bytes sent, or -errno. */
int px_sock_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags);

/* Gives a packet to copy from, then to free (both without the lock if need be). Fills in msg_name
 * and msg_control (room given by the lengths, which become the real ones; a NULL name or control is
 * not wanted) and msg_flags but MSG_TRUNC, which the copier knows. Returns the packet's length. */
int px_sock_receive(struct px_sock *sock, struct msghdr *msg, struct px_pkt **pkt, int flags);

/* ---- streams ---- */

static inline bool px_sock_is_stream(const struct px_sock *sock)
{
	return sock->type == SOCK_STREAM;
}

/* What px_sock_send would say before it takes anything: 0 or -errno (-EAGAIN: wait for POLLOUT). A
 * stream takes a packet whole where there is any room (`room`: there must be), and has no use for
 * names. */
int px_stream_ready(struct px_sock *sock, bool room);

/* The caller is going to wait with more to send: what was sent with MSG_MORE may go. */
void px_stream_push(struct px_sock *sock);

/* Up to `len` bytes as a chain (px_pkt.next) of packets to copy from and free. MSG_OOB, MSG_PEEK,
 * MSG_ERRQUEUE. Their number, 0 at the end, or -errno. */
int px_stream_receive(struct px_sock *sock, size_t len, int flags, struct px_pkt **chain);

/* How many bytes a blocking reader of `len` waits for (SO_RCVLOWAT, MSG_WAITALL). */
size_t px_stream_target(const struct px_sock *sock, size_t len, int flags);
uint32_t px_stream_inq(const struct px_sock *sock);
/* The urgent byte is next: no call reads up to it and on. */
bool px_stream_at_mark(const struct px_sock *sock);

/* SO_LINGER: close begins, and the caller waits as long as _lingering says so, but no longer than
 * px_sock_linger_time (0: not at all); then px_sock_free. */
px_time px_sock_linger_time(const struct px_sock *sock);
void px_sock_finish(struct px_sock *sock);
bool px_sock_lingering(const struct px_sock *sock);

ssize_t px_sock_sendmsg(struct px_sock *sock, const struct msghdr *msg, int flags);
ssize_t px_sock_recvmsg(struct px_sock *sock, struct msghdr *msg, int flags);

/* POLLIN and its like, as of now. */
unsigned int px_sock_poll(const struct px_sock *sock);

#endif
