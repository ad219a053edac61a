/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of socket/ share. */
#ifndef SOCKET_INTERNAL_H
#define SOCKET_INTERNAL_H

#include "socket.h"

#include <errno.h>

struct socket_state {
	struct list all;
};

/* ---- names (name.c) ---- */

#define SIN6_LEN_RFC2133 24 /* without sin6_scope_id: programs from before RFC 2553 */

struct sock_name {
	struct px_ip ip;
	uint16_t port;
	uint32_t zone;
	uint32_t flow_info;
	bool unspecified; /* AF_UNSPEC */
};

/* Reads an address that is given to a socket of `family`. 0, -EINVAL (short), -EAFNOSUPPORT. */
int sock_name_read(
    int family, const struct sockaddr *name, socklen_t len, struct sock_name *result);

/* The same for bind(2): what AF_UNSPEC means, and what is refused. */
int sock_name_read_bind(const struct px_sock *sock, const struct sockaddr *name, socklen_t len,
    struct sock_name *result);

/* Writes one as a socket of `family` shows it. */
socklen_t sock_name_write(int family, const struct px_ip *ip, uint16_t port, uint32_t zone,
    struct sockaddr_storage *name);

/* Copies what fits `room`; *len becomes the real length (getsockname(2)). */
void sock_name_copy(
    const struct sockaddr_storage *name, socklen_t real, void *room, socklen_t *len);

/* ---- control messages (control.c) ---- */

int control_read(const struct px_sock *sock, const struct msghdr *msg, struct endpoint_send *send);

/* Appends messages to msg_control as far as there is room (MSG_CTRUNC). */
struct control_writer {
	struct msghdr *msg;
	size_t room, used;
};
struct control_writer control_writer(struct msghdr *msg);
void control_put(struct control_writer *writer, int level, int type, const void *data, size_t len);
void control_end(struct control_writer *writer);
void control_write_packet(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer);
/* IPV6_PATHMTU; also makes the name, and returns its length. */
socklen_t control_write_path_mtu(
    const struct px_sock *sock, struct control_writer *writer, struct sockaddr_storage *name);
void control_write_error(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer);
void control_write_timestamp(
    const struct px_sock *sock, const struct px_pkt *pkt, struct control_writer *writer);

/* ---- datagrams that are not whole yet (cork.c) ---- */

/* Begins one; takes the packet, and the extension headers of `send`. 0 or -errno. */
int cork_start(struct px_sock *sock, struct px_pkt *pkt, struct endpoint_send *send);
int cork_add(struct px_sock *sock, struct px_pkt *pkt); /* takes it; an error ends the datagram */
int cork_push(struct px_sock *sock);                    /* sends it */
void cork_free(struct px_sock *sock);

/* ---- options (option.c, multicast.c) ---- */

enum option_kind {
	OPTION_FLAG,     /* a bit of endpoint.flags: `mask` */
	OPTION_BOOL,     /* a bool at `offset` of the endpoint */
	OPTION_U8,       /* a byte at `offset` of the endpoint, min .. max */
	OPTION_SOCK_INT, /* an int at `offset` of the socket */
	OPTION_SOCK_BOOL,
	OPTION_CALL,    /* the functions */
	OPTION_IGNORED, /* accepted without effect; reads as 0 */
};

struct sock_option {
	int level, name;
	enum option_kind kind;
	uint32_t mask;
	size_t offset;
	int min, max;
	int (*set)(struct px_sock *sock, int name, const void *value, socklen_t len);
	/* `value` has *len bytes; *len becomes what was written. */
	int (*get)(struct px_sock *sock, int name, void *value, socklen_t *len);
};

extern const struct sock_option socket_options[], ip4_options_table[], ip6_options_table[],
    udp_options[], raw_options[], packet_options[], multicast_options[], tcp_socket_options[],
    tcp_options[];

/* An int of the user's; for IP options a single byte will do. -EINVAL: short. */
int option_int(const void *value, socklen_t len, int *result);
/* A value that cannot be set: -ENOPROTOOPT. */
int option_refused(struct px_sock *sock, int name, const void *value, socklen_t len);

/* Gives as much of a value as there is room for. */
int option_give(void *value, socklen_t *len, const void *from, size_t size);

/* ---- protocols (dgram.c, frame.c, netlink_socket.c, stream.c) ---- */

/* What differs between those that dgram.c serves. */
struct dgram_protocol {
	int (*bind)(struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone);
	/* `ip` NULL: dissolves. */
	int (*connect)(struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone);
	int (*autobind)(struct px_sock *sock); /* before anything is sent; NULL: nothing to do */
	int (*send)(struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send);
	bool ports;   /* its names have a port, those of its packets too */
	bool corking; /* MSG_MORE */
};

/* Sends what is whole; takes the packet. 0 or -errno. */
int dgram_transmit(struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send);

extern const struct sock_ops udp_sock_ops, raw_sock_ops, ping_sock_ops, packet_sock_ops,
    netlink_sock_ops, stream_sock_ops;

/* MSG_ERRQUEUE. */
int sock_receive_error(struct px_sock *sock, struct msghdr *msg, struct px_pkt **result);

/* A socket without its end. NULL: no memory. */
struct px_sock *sock_alloc(struct px_stack *stack, int domain, int type, int protocol);
/* It has its end now: in the stack's list, and its readiness as of now. */
void sock_begin(struct px_sock *sock);

/* The end of an AF_NETLINK socket. 0 or -errno. */
int netlink_sock_new(struct px_sock *sock);

void sock_changed(struct px_sock *sock, bool news);
/* Sockets that have a queue and an error of their own (packet, netlink): the error, told once, as
 * -errno; and the mask. */
int sock_take_error(struct px_sock *sock, int *error);
unsigned int sock_queue_poll(int error, const struct px_pktq *rx);

/* The buffer sizes that setsockopt(2) is asked for. */
int sock_set_buffer(struct px_sock *sock, int name, const void *value, socklen_t len);
int sock_get_buffer(struct px_sock *sock, int name, void *value, socklen_t *len);

void sock_endpoint_event(struct endpoint *endpoint, unsigned int events);

#endif
