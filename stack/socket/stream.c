/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TCP sockets: tcp(7), socket(7), as Linux has them.
 *
 * The protocol's calls (tcp.h) are nearly those of a socket already. What is added here: names,
 * what an accepted socket takes over from its listener, SO_LINGER, and the few answers that depend
 * on how a call was made and not on the connection.
 */
#include "socket_internal.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

/* ---- opening ---- */

static int stream_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sock_name to;
	int err = sock_name_read_bind(sock, name, len, &to);

	return err ? err : tcp_bind(sock->tcp, &to.ip, to.port, to.zone);
}

static int stream_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	sa_family_t family;
	struct sock_name to;
	int err;

	if (len < sizeof(family))
		return -EINVAL;
	memcpy(&family, name, sizeof(family));
	if (family == AF_UNSPEC) {
		err = tcp_connect(sock->tcp, NULL, 0, 0);
		sock_changed(sock, false);
		return err;
	}
	/* While a connection is there or being made, who is named does not matter any more. */
	if (tcp_unconnected(sock->tcp)) {
		if (len < (sock->domain == AF_INET ? sizeof(struct sockaddr_in) : SIN6_LEN_RFC2133))
			return -EINVAL;
		if (family != sock->domain)
			return -EAFNOSUPPORT;
		err = sock_name_read(sock->domain, name, len, &to);
		if (err)
			return err;
		if ((sock->endpoint->v6only && px_ip_is4(&to.ip)) || px_ip_is_multicast(&to.ip))
			return -ENETUNREACH;
	} else {
		memset(&to, 0, sizeof(to));
	}
	err = tcp_connect(sock->tcp, &to.ip, to.port, to.zone);
	sock_changed(sock, false);
	return err;
}

static int stream_listen(struct px_sock *sock, int backlog)
{
	int err = tcp_listen(sock->tcp, backlog);

	sock_changed(sock, false);
	return err;
}

/* What the listener's options say goes for its connections (Linux: sk_clone). The end has its part
 * from when the SYN came. */
static void inherit(struct px_sock *sock, const struct px_sock *listener)
{
	sock->rcvtimeo = listener->rcvtimeo;
	sock->sndtimeo = listener->sndtimeo;
	sock->linger = listener->linger;
	sock->rcvlowat = listener->rcvlowat;
	sock->priority = listener->priority;
	sock->mark = listener->mark;
	sock->busy_poll = listener->busy_poll;
	sock->keepalive = listener->keepalive;
	sock->oobinline = listener->oobinline;
	sock->debug = listener->debug;
}

static socklen_t write_name(const struct px_sock *sock, bool peer, struct sockaddr_storage *name)
{
	const struct endpoint *e = sock->endpoint;

	return sock_name_write(sock->domain, peer ? &e->remote : &e->local, peer ? e->rport : e->lport,
	    peer ? e->remote_zone : e->local_zone, name);
}

static int stream_accept(struct px_sock *listener, struct px_sock **connection,
    struct sockaddr_storage *name, socklen_t *len)
{
	struct px_sock *sock;
	int err;

	/* Made first: a connection that was taken cannot be put back. */
	sock = sock_alloc(listener->stack, listener->domain, SOCK_STREAM, listener->protocol);
	if (!sock)
		return tcp_state(listener->tcp) == TCP_STATE_LISTEN ? -ENOBUFS : -EINVAL;
	err = tcp_accept(listener->tcp, &sock->tcp);
	sock_changed(listener, false);
	if (err) {
		px_free(listener->stack->mem, sock, sizeof(*sock));
		return err;
	}
	sock->ops = &stream_sock_ops;
	sock->endpoint = tcp_endpoint(sock->tcp);
	sock->endpoint->event = sock_endpoint_event;
	sock->endpoint->socket = sock;
	inherit(sock, listener);
	sock_begin(sock);
	*len = write_name(sock, true, name); /* though it may be closed by now */
	*connection = sock;
	return 0;
}

static int stream_name(
    struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len)
{
	const struct endpoint *e = sock->endpoint;
	enum tcp_state_name state = tcp_state(sock->tcp);

	/* Linux, inet_getname: no port, or a connection that is closed or not yet there. */
	if (peer && (!e->rport || state == TCP_STATE_CLOSED || state == TCP_STATE_SYN_SENT ||
	                state == TCP_STATE_LISTEN))
		return -ENOTCONN;
	*len = write_name(sock, peer, name);
	return 0;
}

/* ---- closing ---- */

static int stream_shutdown(struct px_sock *sock, int how)
{
	int err = tcp_shutdown(sock->tcp, how);

	sock_changed(sock, true);
	return err;
}

static void stream_free(struct px_sock *sock)
{
	/* socket(7), SO_LINGER; with zero seconds Linux resets. */
	if (sock->linger.l_onoff && sock->linger.l_linger == 0)
		tcp_abort(sock->tcp);
	else
		tcp_close(sock->tcp);
}

px_time px_sock_linger_time(const struct px_sock *sock)
{
	if (!px_sock_is_stream(sock) || !sock->linger.l_onoff || sock->linger.l_linger <= 0)
		return 0;
	return (px_time)sock->linger.l_linger * PX_SEC;
}

void px_sock_finish(struct px_sock *sock)
{
	tcp_finish(sock->tcp);
}

bool px_sock_lingering(const struct px_sock *sock)
{
	return tcp_lingering(sock->tcp);
}

/* ---- data ---- */

int px_stream_ready(struct px_sock *sock, bool room)
{
	enum tcp_state_name state = tcp_state(sock->tcp);
	int err = tcp_send_ready(sock->tcp);

	if (err && err != -EAGAIN)
		sock_changed(sock, false); /* it was told */
	if (err == -EAGAIN && !room && state != TCP_STATE_SYN_SENT && state != TCP_STATE_SYN_RECEIVED)
		return 0;
	return err;
}

void px_stream_push(struct px_sock *sock)
{
	tcp_push(sock->tcp);
}

/* The name is not looked at, nor refused, as on Linux. */
static int stream_send(
    struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	int result = tcp_send(sock->tcp, pkt, flags);

	(void)msg;
	sock_changed(sock, false);
	return result;
}

static int receive_urgent(struct px_sock *sock, int flags, struct px_pkt **chain)
{
	struct px_pkt *pkt;
	uint8_t byte;
	int result;

	if (tcp_state(sock->tcp) == TCP_STATE_LISTEN)
		return -ENOTCONN;
	pkt = px_pkt_alloc(sock->stack, 1);
	if (!pkt)
		return -ENOBUFS;
	result = tcp_receive_urgent(sock->tcp, flags, &byte);
	if (result > 0) {
		*(uint8_t *)px_pkt_put(pkt, 1) = byte;
		*chain = pkt;
	} else {
		px_pkt_free(pkt);
	}
	return result;
}

int px_stream_receive(struct px_sock *sock, size_t len, int flags, struct px_pkt **chain)
{
	int result;

	*chain = NULL;
	if (len > INT32_MAX)
		len = INT32_MAX;
	if (flags & MSG_OOB) {
		result = receive_urgent(sock, flags, chain);
		if (len == 0 && result > 0) { /* taken, and nowhere to put it */
			px_pkt_free(*chain);
			*chain = NULL;
			result = 0;
		}
	} else if (len == 0) {
		/* Linux waits for data, and then gives none of it. */
		result = tcp_receive(sock->tcp, 1, flags | MSG_PEEK, chain);
		px_pkt_free_chain(*chain);
		*chain = NULL;
		if (result > 0)
			result = 0;
	} else {
		result = tcp_receive(sock->tcp, len, flags, chain);
	}
	sock_changed(sock, false);
	return result;
}

size_t px_stream_target(const struct px_sock *sock, size_t len, int flags)
{
	size_t least = sock->rcvlowat > 0 ? (size_t)sock->rcvlowat : 1;

	if (!(flags & MSG_WAITALL) && least < len)
		return least;
	return len ? len : 1;
}

bool px_stream_at_mark(const struct px_sock *sock)
{
	return tcp_at_mark(sock->tcp);
}

uint32_t px_stream_inq(const struct px_sock *sock)
{
	return tcp_inq(sock->tcp);
}

/* The calls for whole messages; of a stream only the error queue has such. */
static int stream_receive(struct px_sock *sock, struct msghdr *msg, struct px_pkt **pkt, int flags)
{
	return flags & MSG_ERRQUEUE ? sock_receive_error(sock, msg, pkt) : -EOPNOTSUPP;
}

static int stream_ioctl(struct px_sock *sock, unsigned long request, int *value)
{
	switch (request) {
	case SIOCINQ:
		if (tcp_state(sock->tcp) == TCP_STATE_LISTEN)
			return -EINVAL;
		*value = (int)tcp_inq(sock->tcp);
		return 0;
	case SIOCATMARK:
		*value = tcp_at_mark(sock->tcp);
		return 0;
	case SIOCOUTQ:
	case SIOCOUTQNSD:
		if (tcp_state(sock->tcp) == TCP_STATE_LISTEN)
			return -EINVAL;
		*value = (int)(request == SIOCOUTQ ? tcp_outq(sock->tcp) : tcp_outq_unsent(sock->tcp));
		return 0;
	default:
		return -ENOTTY;
	}
}

static unsigned int stream_poll(const struct px_sock *sock)
{
	return tcp_poll(sock->tcp);
}

static const struct sock_option *const tables[] = {
    tcp_socket_options, socket_options, ip4_options_table, ip6_options_table, tcp_options, NULL};

const struct sock_ops stream_sock_ops = {
    .bind = stream_bind,
    .connect = stream_connect,
    .listen = stream_listen,
    .accept = stream_accept,
    .name = stream_name,
    .shutdown = stream_shutdown,
    .send = stream_send,
    .receive = stream_receive,
    .ioctl = stream_ioctl,
    .poll = stream_poll,
    .free = stream_free,
    .options = tables,
};
