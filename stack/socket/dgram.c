/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets of datagrams: UDP, raw, and those that ask for echoes. */
#include "socket_internal.h"

/* ---- names ---- */

static int dgram_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sock_name to;
	int err = sock_name_read_bind(sock, name, len, &to);

	if (err)
		return err;
	return sock->ops->dgram->bind(sock, &to.ip, to.port, to.zone);
}

static int dgram_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sock_name to;
	int err = sock_name_read(sock->domain, name, len, &to);

	if (err)
		return err;
	if (to.unspecified)
		return sock->ops->dgram->connect(sock, NULL, 0, 0);
	if (sock->endpoint->v6only && px_ip_is4(&to.ip))
		return name->sa_family == AF_INET ? -EAFNOSUPPORT : -ENETUNREACH;
	return sock->ops->dgram->connect(sock, &to.ip, to.port, to.zone);
}

static int dgram_name(
    struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len)
{
	const struct endpoint *e = sock->endpoint;
	uint16_t port = peer ? e->rport : e->lport;

	if (peer && (!e->connected || !e->rport)) /* no port, no peer: so says inet_getname */
		return -ENOTCONN;
	if (sock->type == SOCK_RAW && !peer) /* raw(7): the protocol, where a port would be */
		port = e->protocol;
	*len = sock_name_write(sock->domain, peer ? &e->remote : &e->local, port,
	    peer ? e->remote_zone : e->local_zone, name);
	return 0;
}

static int dgram_shutdown(struct px_sock *sock, int how)
{
	struct endpoint *e = sock->endpoint;

	if (how == SHUT_RD || how == SHUT_RDWR)
		e->shutdown |= ENDPOINT_SHUT_RD;
	if (how == SHUT_WR || how == SHUT_RDWR)
		e->shutdown |= ENDPOINT_SHUT_WR;
	sock_changed(sock, true);
	return e->connected ? 0 : -ENOTCONN;
}

/* ---- sending ---- */

int dgram_transmit(struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send)
{
	return sock->ops->dgram->send(sock, pkt, send);
}

/* What a corked datagram is missing. Its first sending said all but the bytes. */
static int continue_corked(struct px_sock *sock, struct px_pkt *pkt, bool more)
{
	int len = (int)pkt->total, err = cork_add(sock, pkt);

	if (!err && !more)
		err = cork_push(sock);
	return err ? err : len;
}

/* Linux looks for the way when the first bytes come. */
static int check_way(struct px_sock *sock, const struct endpoint_send *send)
{
	struct endpoint *e = sock->endpoint;
	struct ip_send ip;
	struct ip_dst dst;

	if (!send->has_dst && !e->connected)
		return -EDESTADDRREQ;
	if (sock->ops->dgram->ports && !(send->has_dst ? send->dport : e->rport))
		return -EINVAL;
	return endpoint_route(e, send, &dst, &ip);
}

/* Where to, if the message says so. */
static int take_name(
    const struct px_sock *sock, const struct msghdr *msg, struct endpoint_send *send)
{
	struct sock_name to;
	int err;

	if (!msg->msg_name || !msg->msg_namelen)
		return 0;
	err = sock_name_read(sock->domain, msg->msg_name, msg->msg_namelen, &to);
	if (err)
		return err;
	if (to.unspecified && sock->domain == AF_INET && msg->msg_namelen < sizeof(struct sockaddr_in))
		return -EINVAL;
	if (to.unspecified && sock->domain != AF_INET)
		return 0; /* AF_UNSPEC on IPv6: as if there were no name */
	send->has_dst = true;
	send->dst = to.ip;
	send->dport = to.port;
	send->zone = to.zone;
	if (sock->endpoint->flags & ENDPOINT_FLOWINFO_SEND)
		send->flow_label = to.flow_info;
	return 0;
}

static int dgram_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	const struct dgram_protocol *protocol = sock->ops->dgram;
	bool more = protocol->corking && ((flags & MSG_MORE) || sock->corked);
	struct endpoint *e = sock->endpoint;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	int len = (int)pkt->total, err;

	/* The first thing that Linux does, whatever comes of the rest (inet_send_prepare). */
	err = protocol->autobind ? protocol->autobind(sock) : 0;
	if (err)
		goto fail;
	err = -EOPNOTSUPP;
	if (flags & MSG_OOB)
		goto fail;
	err = -EPIPE;
	if (e->shutdown & ENDPOINT_SHUT_WR)
		goto fail;
	err = -endpoint_get_error(e); /* told once, instead of sending */
	if (err) {
		sock_changed(sock, false);
		goto fail;
	}
	if (sock->cork)
		return continue_corked(sock, pkt, more);
	err = take_name(sock, msg, &send);
	if (err)
		goto fail;
	send.confirm = flags & MSG_CONFIRM;
	send.dontroute = (flags & MSG_DONTROUTE) || (e->flags & ENDPOINT_DONTROUTE);
	err = control_read(sock, msg, &send);
	if (err)
		goto fail;
	if (more && !(e->flags & ENDPOINT_HDRINCL)) {
		err = check_way(sock, &send);
		if (err)
			goto fail;
		err = cork_start(sock, pkt, &send);
	} else {
		err = dgram_transmit(sock, pkt, &send);
	}
	endpoint_send_free(e, &send);
	return err ? err : len;

fail:
	endpoint_send_free(e, &send);
	px_pkt_free(pkt);
	return err;
}

/* ---- receiving ---- */

int sock_receive_error(struct px_sock *sock, struct msghdr *msg, struct px_pkt **result)
{
	struct px_pkt *pkt = endpoint_take_error(sock->endpoint);
	struct control_writer writer = control_writer(msg);
	struct sockaddr_storage name;
	socklen_t len;

	if (!pkt)
		return -EAGAIN;
	len = sock_name_write(sock->domain, &pkt->dst, pkt->dport, pkt->ifindex, &name);
	sock_name_copy(&name, len, msg->msg_name, &msg->msg_namelen);
	control_write_error(sock, pkt, &writer);
	control_end(&writer);
	msg->msg_flags |= MSG_ERRQUEUE;
	sock_changed(sock, false);
	*result = pkt;
	return (int)pkt->total;
}

/* A message of nothing but what the path carries now. */
static int receive_path_mtu(struct px_sock *sock, struct msghdr *msg, struct px_pkt **result)
{
	struct control_writer writer = control_writer(msg);
	struct sockaddr_storage name;
	struct px_pkt *pkt = px_pkt_alloc(sock->stack, 0);
	socklen_t len;

	if (!pkt)
		return -ENOMEM;
	len = control_write_path_mtu(sock, &writer, &name);
	sock_name_copy(&name, len, msg->msg_name, &msg->msg_namelen);
	control_end(&writer);
	endpoint_path_mtu_told(sock->endpoint);
	sock_changed(sock, false);
	*result = pkt;
	return 0;
}

static int dgram_receive(
    struct px_sock *sock, struct msghdr *msg, struct px_pkt **result, int flags)
{
	struct endpoint *e = sock->endpoint;
	struct control_writer writer;
	struct sockaddr_storage name;
	struct px_pkt *pkt;
	socklen_t len;
	int error;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return sock_receive_error(sock, msg, result);
	error = endpoint_get_error(e);
	if (error) {
		sock_changed(sock, false);
		return -error;
	}
	if (e->path_mtu)
		return receive_path_mtu(sock, msg, result);
	/* Shut down for reading too: a call that would block gives 0 then, but that is the caller's
	 * (POLLRDHUP in the mask), as on Linux. */
	if (!e->rx.first)
		return -EAGAIN;
	pkt = endpoint_take(e, flags & MSG_PEEK);
	if (!pkt)
		return -ENOMEM;
	if (msg->msg_name) {
		len = sock_name_write(
		    sock->domain, &pkt->src, sock->ops->dgram->ports ? pkt->sport : 0, pkt->ifindex, &name);
		sock_name_copy(&name, len, msg->msg_name, &msg->msg_namelen);
	}
	writer = control_writer(msg);
	control_write_packet(sock, pkt, &writer);
	control_end(&writer);
	sock_changed(sock, false);
	*result = pkt;
	return (int)pkt->total;
}

/* datagram_poll of Linux. */
static unsigned int dgram_poll(const struct px_sock *sock)
{
	const struct endpoint *e = sock->endpoint;
	unsigned int mask = POLLOUT | POLLWRNORM | POLLWRBAND;

	if (e->error || e->errors.first)
		mask |= POLLERR;
	if (e->shutdown & ENDPOINT_SHUT_RD)
		mask |= POLLRDHUP | POLLIN | POLLRDNORM;
	if (e->shutdown == (ENDPOINT_SHUT_RD | ENDPOINT_SHUT_WR))
		mask |= POLLHUP;
	if (e->rx.first || e->path_mtu)
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

/* ---- the protocols ---- */

static int udp_sock_bind(struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return udp_bind(sock->udp, ip, port, zone);
}

static int udp_sock_connect(
    struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return udp_connect(sock->udp, ip, port, zone);
}

static int udp_sock_autobind(struct px_sock *sock)
{
	return udp_autobind(sock->udp);
}

static int udp_sock_send(struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send)
{
	return udp_send(sock->udp, pkt, send);
}

static void udp_sock_free(struct px_sock *sock)
{
	udp_free(sock->udp);
}

static int raw_sock_bind(struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return raw_bind(sock->raw, ip, zone);
}

static int raw_sock_connect(
    struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return raw_connect(sock->raw, ip, port, zone);
}

static int raw_sock_send(struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send)
{
	return raw_send(sock->raw, pkt, send);
}

static void raw_sock_free(struct px_sock *sock)
{
	raw_free(sock->raw);
}

static int ping_sock_bind(
    struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return ping_bind(sock->ping, ip, port, zone);
}

static int ping_sock_connect(
    struct px_sock *sock, const struct px_ip *ip, uint16_t port, uint32_t zone)
{
	return ping_connect(sock->ping, ip, port, zone);
}

static int ping_sock_autobind(struct px_sock *sock)
{
	return ping_autobind(sock->ping);
}

static int ping_sock_send(
    struct px_sock *sock, struct px_pkt *pkt, const struct endpoint_send *send)
{
	return ping_send(sock->ping, pkt, send);
}

static void ping_sock_free(struct px_sock *sock)
{
	ping_free(sock->ping);
}

static const struct sock_option *const udp_tables[] = {
    socket_options, ip4_options_table, ip6_options_table, multicast_options, udp_options, NULL};
static const struct sock_option *const raw_tables[] = {
    socket_options, ip4_options_table, ip6_options_table, multicast_options, raw_options, NULL};
static const struct sock_option *const ping_tables[] = {
    socket_options, ip4_options_table, ip6_options_table, multicast_options, NULL};

static const struct dgram_protocol udp_protocol = {
    .bind = udp_sock_bind,
    .connect = udp_sock_connect,
    .autobind = udp_sock_autobind,
    .send = udp_sock_send,
    .ports = true,
    .corking = true,
};
static const struct dgram_protocol raw_protocol = {
    .bind = raw_sock_bind,
    .connect = raw_sock_connect,
    .send = raw_sock_send,
    .corking = true,
};
static const struct dgram_protocol ping_protocol = {
    .bind = ping_sock_bind,
    .connect = ping_sock_connect,
    .autobind = ping_sock_autobind,
    .send = ping_sock_send,
};

#define DGRAM_OPS(kind)                                                                            \
	{                                                                                              \
		.bind = dgram_bind, .connect = dgram_connect, .name = dgram_name,                          \
		.shutdown = dgram_shutdown, .send = dgram_send, .receive = dgram_receive,                  \
		.poll = dgram_poll, .free = kind##_sock_free, .options = kind##_tables,                    \
		.dgram = &kind##_protocol,                                                                 \
	}

const struct sock_ops udp_sock_ops = DGRAM_OPS(udp);
const struct sock_ops raw_sock_ops = DGRAM_OPS(raw);
const struct sock_ops ping_sock_ops = DGRAM_OPS(ping);
