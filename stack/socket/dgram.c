/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UDP and raw sockets. */
#include "socket_internal.h"

/* ---- names ---- */

static int dgram_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct endpoint *e = sock->endpoint;
	struct sock_name to;
	int err;

	if (sock->domain == AF_INET6 && len < SIN6_LEN_RFC2133)
		return -EINVAL;
	err = sock_name_read(sock->domain, name, len, &to);
	if (err)
		return err;
	/* AF_UNSPEC means AF_INET if the address is any (Linux, for old programs). */
	if (to.unspecified &&
	    (sock->domain != AF_INET || len < sizeof(struct sockaddr_in) || !px_ip_is_any(&to.ip)))
		return -EAFNOSUPPORT;
	if (sock->domain == AF_INET6 && name->sa_family == AF_INET)
		return -EAFNOSUPPORT;
	if (e->v6only && px_ip_is4(&to.ip))
		return -EINVAL;
	if (sock->type == SOCK_RAW)
		return raw_bind(sock->raw, &to.ip, to.zone);
	return udp_bind(sock->udp, &to.ip, to.port, to.zone);
}

static int dgram_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sock_name to;
	int err = sock_name_read(sock->domain, name, len, &to);

	if (err)
		return err;
	if (to.unspecified)
		return sock->type == SOCK_RAW ? raw_connect(sock->raw, NULL, 0)
		                              : udp_connect(sock->udp, NULL, 0, 0);
	if (sock->endpoint->v6only && px_ip_is4(&to.ip))
		return name->sa_family == AF_INET ? -EAFNOSUPPORT : -ENETUNREACH;
	if (sock->type == SOCK_RAW)
		return raw_connect(sock->raw, &to.ip, to.zone);
	return udp_connect(sock->udp, &to.ip, to.port, to.zone);
}

static int dgram_name(
    struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len)
{
	const struct endpoint *e = sock->endpoint;
	uint16_t port = peer ? e->rport : e->lport;

	if (peer && !e->connected)
		return -ENOTCONN;
	if (sock->type == SOCK_RAW) /* raw(7): the protocol, where a port would be */
		port = peer ? 0 : e->protocol;
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

static int dgram_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	struct endpoint *e = sock->endpoint;
	struct endpoint_send send = ENDPOINT_SEND_INIT;
	int len = (int)pkt->total, err;
	struct sock_name to;

	/* The first thing that Linux does, whatever comes of the rest (inet_send_prepare). */
	err = sock->type == SOCK_DGRAM ? udp_autobind(sock->udp) : 0;
	if (err)
		goto fail;
	err = -EOPNOTSUPP;
	if (flags & (MSG_OOB | MSG_MORE))
		goto fail;
	err = -EPIPE;
	if (e->shutdown & ENDPOINT_SHUT_WR)
		goto fail;
	err = -endpoint_get_error(e); /* told once, instead of sending */
	if (err) {
		sock_changed(sock, false);
		goto fail;
	}
	if (msg->msg_name && msg->msg_namelen) {
		err = sock_name_read(sock->domain, msg->msg_name, msg->msg_namelen, &to);
		if (err)
			goto fail;
		err = -EINVAL;
		if (to.unspecified && sock->domain == AF_INET &&
		    msg->msg_namelen < sizeof(struct sockaddr_in))
			goto fail;
		/* AF_UNSPEC on IPv6: as if there were no name. */
		if (!to.unspecified || sock->domain == AF_INET) {
			send.has_dst = true;
			send.dst = to.ip;
			send.dport = to.port;
			send.zone = to.zone;
			if (e->flags & ENDPOINT_FLOWINFO_SEND)
				send.flow_label = to.flow_info;
		}
	}
	send.confirm = flags & MSG_CONFIRM;
	send.dontroute = (flags & MSG_DONTROUTE) || (e->flags & ENDPOINT_DONTROUTE);
	err = control_read(sock, msg, &send);
	if (err)
		goto fail;
	err =
	    sock->type == SOCK_RAW ? raw_send(sock->raw, pkt, &send) : udp_send(sock->udp, pkt, &send);
	return err ? err : len;

fail:
	px_pkt_free(pkt);
	return err;
}

/* ---- receiving ---- */

static int receive_error(struct px_sock *sock, struct msghdr *msg, struct px_pkt **result)
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
		return receive_error(sock, msg, result);
	error = endpoint_get_error(e);
	if (error) {
		sock_changed(sock, false);
		return -error;
	}
	/* Shut down for reading too: a call that would block gives 0 then, but that is the caller's
	 * (POLLRDHUP in the mask), as on Linux. */
	if (!e->rx.first)
		return -EAGAIN;
	pkt = endpoint_take(e, flags & MSG_PEEK);
	if (!pkt)
		return -ENOMEM;
	/* The port of a raw packet is none. */
	len = sock_name_write(
	    sock->domain, &pkt->src, sock->type == SOCK_RAW ? 0 : pkt->sport, pkt->ifindex, &name);
	sock_name_copy(&name, len, msg->msg_name, &msg->msg_namelen);
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
	if (e->rx.first)
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

static void udp_sock_free(struct px_sock *sock)
{
	udp_free(sock->udp);
}

static void raw_sock_free(struct px_sock *sock)
{
	raw_free(sock->raw);
}

static const struct sock_option *const udp_tables[] = {
    socket_options, ip4_options_table, ip6_options_table, multicast_options, udp_options, NULL};
static const struct sock_option *const raw_tables[] = {
    socket_options, ip4_options_table, ip6_options_table, multicast_options, raw_options, NULL};

const struct sock_ops udp_sock_ops = {
    .bind = dgram_bind,
    .connect = dgram_connect,
    .name = dgram_name,
    .shutdown = dgram_shutdown,
    .send = dgram_send,
    .receive = dgram_receive,
    .poll = dgram_poll,
    .free = udp_sock_free,
    .options = udp_tables,
};

const struct sock_ops raw_sock_ops = {
    .bind = dgram_bind,
    .connect = dgram_connect,
    .name = dgram_name,
    .shutdown = dgram_shutdown,
    .send = dgram_send,
    .receive = dgram_receive,
    .poll = dgram_poll,
    .free = raw_sock_free,
    .options = raw_tables,
};
