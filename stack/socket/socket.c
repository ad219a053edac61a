/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets: making them, readiness, and the calls that all kinds share. */
#include "iov.h"
#include "socket_internal.h"

#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

/* ---- readiness ---- */

unsigned int px_sock_poll(const struct px_sock *sock)
{
	return sock->ops->poll(sock);
}

static void tell(struct px_stack *stack, struct px_deferred *deferred)
{
	struct px_sock *sock =
	    (struct px_sock *)(void *)((char *)deferred - offsetof(struct px_sock, deferred));
	unsigned int mask = px_sock_poll(sock);

	/* New data are news to an edge-triggered waiter though the mask is the same. */
	if (mask == sock->polled && !sock->news)
		return;
	sock->polled = mask;
	sock->news = false;
	if (sock->wake)
		sock->wake(sock, mask);
}

/* Its readiness may have changed; told at the end of the burst. */
void sock_changed(struct px_sock *sock, bool news)
{
	sock->news |= news;
	px_defer(sock->stack, &sock->deferred);
}

int sock_take_error(struct px_sock *sock, int *error)
{
	int taken = *error;

	*error = 0;
	if (taken)
		sock_changed(sock, false);
	return -taken;
}

unsigned int sock_queue_poll(int error, const struct px_pktq *rx)
{
	unsigned int mask = POLLOUT | POLLWRNORM | POLLWRBAND;

	if (error)
		mask |= POLLERR;
	if (rx->first)
		mask |= POLLIN | POLLRDNORM;
	return mask;
}

void sock_endpoint_event(struct endpoint *endpoint, unsigned int events)
{
	if (endpoint->socket)
		sock_changed(endpoint->socket, true);
}

static void sock_packet_event(struct packet_end *end, unsigned int events)
{
	if (end->socket)
		sock_changed(end->socket, true);
}

/* ---- making ---- */

static int packet_sock_new(struct px_sock *sock)
{
	uint16_t protocol = ntohs((uint16_t)sock->protocol);
	int err;

	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	err = packet_new(sock->stack, sock->type == SOCK_DGRAM, protocol, &sock->packet);
	if (err)
		return err;
	sock->ops = &packet_sock_ops;
	sock->packet->event = sock_packet_event;
	sock->packet->socket = sock;
	return 0;
}

static int inet_sock_new(struct px_sock *sock)
{
	struct px_stack *stack = sock->stack;
	int err;

	if (sock->protocol < 0 || sock->protocol > 255)
		return -EINVAL;
	switch (sock->type) {
	case SOCK_DGRAM:
		if (sock->protocol == (sock->domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
			err = ping_new(stack, sock->domain, &sock->ping);
			if (err)
				return err;
			sock->ops = &ping_sock_ops;
			sock->endpoint = &sock->ping->endpoint;
			break;
		}
		if (sock->protocol != 0 && sock->protocol != IPPROTO_UDP)
			return -EPROTONOSUPPORT;
		sock->protocol = IPPROTO_UDP;
		err = udp_new(stack, sock->domain, &sock->udp);
		if (err)
			return err;
		sock->ops = &udp_sock_ops;
		sock->endpoint = &sock->udp->endpoint;
		break;
	case SOCK_STREAM:
		if (sock->protocol != 0 && sock->protocol != IPPROTO_TCP)
			return -EPROTONOSUPPORT;
		sock->protocol = IPPROTO_TCP;
		err = tcp_new(stack, sock->domain, &sock->tcp);
		if (err)
			return err;
		sock->ops = &stream_sock_ops;
		sock->endpoint = tcp_endpoint(sock->tcp);
		break;
	case SOCK_RAW:
		err = raw_new(stack, sock->domain, (uint8_t)sock->protocol, &sock->raw);
		if (err)
			return err;
		sock->ops = &raw_sock_ops;
		sock->endpoint = &sock->raw->endpoint;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	sock->endpoint->event = sock_endpoint_event;
	sock->endpoint->socket = sock;
	return 0;
}

static int choose(struct px_sock *sock)
{
	switch (sock->domain) {
	case AF_PACKET:
		return packet_sock_new(sock);
	case AF_NETLINK:
		return netlink_sock_new(sock);
	case AF_INET:
	case AF_INET6:
		return inet_sock_new(sock);
	default:
		return -EAFNOSUPPORT;
	}
}

struct px_sock *sock_alloc(struct px_stack *stack, int domain, int type, int protocol)
{
	struct px_sock *sock = px_zalloc(stack->mem, sizeof(*sock));

	if (!sock)
		return NULL;
	sock->stack = stack;
	sock->domain = (uint16_t)domain;
	sock->type = (uint16_t)type;
	sock->protocol = protocol;
	sock->rcvlowat = 1;
	px_deferred_init(&sock->deferred, tell);
	return sock;
}

void sock_begin(struct px_sock *sock)
{
	sock->polled = px_sock_poll(sock);
	list_append(&sock->stack->sockets->all, &sock->node);
}

int px_sock_new(struct px_stack *stack, int domain, int type, int protocol, struct px_sock **result)
{
	struct px_sock *sock;
	int err;

	/* Two bytes have room for all that there are. */
	if (domain < 0 || domain > UINT16_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type > UINT16_MAX)
		return -ESOCKTNOSUPPORT;
	sock = sock_alloc(stack, domain, type, protocol);
	if (!sock)
		return -ENOBUFS;
	err = choose(sock);
	if (err) {
		px_free(stack->mem, sock, sizeof(*sock));
		return err == -ENOMEM ? -ENOBUFS : err;
	}
	sock_begin(sock);
	*result = sock;
	return 0;
}

void px_sock_free(struct px_sock *sock)
{
	struct px_stack *stack = sock->stack;

	cork_free(sock);
	sock->ops->free(sock);
	px_undefer(&sock->deferred);
	list_remove(&sock->node);
	bpf_free(stack->mem, sock->filter);
	px_free(stack->mem, sock, sizeof(*sock));
}

/* ---- calls ---- */

int px_sock_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	if (!name)
		return -EFAULT;
	if (len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	return sock->ops->bind(sock, name, len);
}

int px_sock_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	if (!name)
		return -EFAULT;
	if (len > sizeof(struct sockaddr_storage))
		return -EINVAL;
	return sock->ops->connect(sock, name, len);
}

int px_sock_listen(struct px_sock *sock, int backlog)
{
	return sock->ops->listen ? sock->ops->listen(sock, backlog) : -EOPNOTSUPP;
}

int px_sock_accept(struct px_sock *sock, struct px_sock **connection, struct sockaddr_storage *name,
    socklen_t *len)
{
	return sock->ops->accept ? sock->ops->accept(sock, connection, name, len) : -EOPNOTSUPP;
}

int px_sock_shutdown(struct px_sock *sock, int how)
{
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	return sock->ops->shutdown(sock, how);
}

int px_sock_getname(struct px_sock *sock, bool peer, struct sockaddr *name, socklen_t *len)
{
	struct sockaddr_storage storage;
	socklen_t real;
	int err;

	if (!name || !len)
		return -EFAULT;
	if (*len > INT32_MAX)
		return -EINVAL;
	err = sock->ops->name(sock, peer, &storage, &real);
	if (err)
		return err;
	sock_name_copy(&storage, real, name, len);
	return 0;
}

int px_sock_ioctl(struct px_sock *sock, unsigned long request, int *value)
{
	const struct px_pktq *rx = sock->endpoint               ? &sock->endpoint->rx
	                           : sock->domain == AF_NETLINK ? &sock->netlink->rx
	                                                        : &sock->packet->rx;

	if (sock->ops->ioctl)
		return value ? sock->ops->ioctl(sock, request, value) : -EFAULT;
	switch (request) {
	case FIONREAD: /* SIOCINQ: of the next datagram */
		if (!value)
			return -EFAULT;
		*value = rx->first ? (int)rx->first->total : 0;
		return 0;
	case SIOCOUTQ: /* what is sent is with the link */
		if (!value)
			return -EFAULT;
		*value = 0;
		return 0;
	default:
		return -ENOTTY;
	}
}

/* ---- messages ---- */

int px_sock_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	if (msg->msg_namelen > sizeof(struct sockaddr_storage)) {
		px_pkt_free(pkt);
		return -EINVAL;
	}
	return sock->ops->send(sock, msg, pkt, flags);
}

int px_sock_receive(struct px_sock *sock, struct msghdr *msg, struct px_pkt **pkt, int flags)
{
	msg->msg_flags = 0;
	*pkt = NULL;
	return sock->ops->receive(sock, msg, pkt, flags);
}

static int iov_total(const struct msghdr *msg, size_t *total)
{
	*total = 0;
	if (msg->msg_iovlen > 1024) /* UIO_MAXIOV */
		return -EMSGSIZE;
	for (size_t i = 0; i < (size_t)msg->msg_iovlen; i++) {
		if (msg->msg_iov[i].iov_len > (size_t)INT32_MAX - *total)
			return -EINVAL;
		if (msg->msg_iov[i].iov_len && !msg->msg_iov[i].iov_base)
			return -EFAULT;
		*total += msg->msg_iov[i].iov_len;
	}
	return 0;
}

ssize_t px_sock_sendmsg(struct px_sock *sock, const struct msghdr *msg, int flags)
{
	struct iov_cursor cursor = iov_cursor(msg->msg_iov, (size_t)msg->msg_iovlen);
	struct px_pkt *pkt;
	size_t total;
	int err = iov_total(msg, &total);

	if (err)
		return err;
	if (px_sock_is_stream(sock)) {
		err = px_stream_ready(sock, total != 0);
		if (err || !total)
			return err;
	}
	if (total > PX_PKT_MAX)
		return -EMSGSIZE;
	pkt = px_pkt_alloc(sock->stack, total);
	if (!pkt)
		return -ENOBUFS;
	iov_fill(&cursor, pkt, total);
	return px_sock_send(sock, msg, pkt, flags);
}

static ssize_t receive_stream(struct px_sock *sock, struct msghdr *msg, size_t room, int flags)
{
	struct iov_cursor cursor = iov_cursor(msg->msg_iov, (size_t)msg->msg_iovlen);
	struct px_pkt *chain;
	int len = px_stream_receive(sock, room, flags, &chain);

	if (len < 0)
		return len;
	msg->msg_namelen = 0;
	msg->msg_controllen = 0;
	msg->msg_flags = flags & MSG_OOB;
	if (flags & MSG_TRUNC) /* tcp(7): thrown away */
		px_pkt_free_chain(chain);
	else
		iov_store(&cursor, chain);
	return len;
}

ssize_t px_sock_recvmsg(struct px_sock *sock, struct msghdr *msg, int flags)
{
	struct px_pkt *pkt;
	size_t room, done = 0;
	int len = iov_total(msg, &room);

	if (len < 0)
		return len;
	if (px_sock_is_stream(sock))
		return receive_stream(sock, msg, room, flags);
	len = px_sock_receive(sock, msg, &pkt, flags);
	if (len < 0 || !pkt)
		return len;
	for (size_t i = 0; i < (size_t)msg->msg_iovlen && done < (size_t)len; i++)
		done += px_pkt_read(pkt, done, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
	px_pkt_free(pkt);
	if (done < (size_t)len)
		msg->msg_flags |= MSG_TRUNC;
	return flags & MSG_TRUNC ? len : (ssize_t)done;
}

/* ---- whole stacks ---- */

static void socket_detach(struct px_stack *stack)
{
	struct px_sock *entry;

	while ((entry = list_first(&stack->sockets->all, struct px_sock, node)))
		px_sock_free(entry);
	px_free(stack->mem, stack->sockets, sizeof(*stack->sockets));
	stack->sockets = NULL;
}

static int socket_attach(struct px_stack *stack)
{
	static const struct px_layer layer = {"socket", socket_detach, NULL};
	int err;

	stack->sockets = px_zalloc(stack->mem, sizeof(*stack->sockets));
	if (!stack->sockets)
		return -ENOMEM;
	list_init(&stack->sockets->all);
	err = px_layer_attach(stack, &layer);
	if (err) {
		px_free(stack->mem, stack->sockets, sizeof(*stack->sockets));
		stack->sockets = NULL;
	}
	return err;
}

int px_open(const struct px_config *config, struct px_stack **result)
{
	static int (*const attach[])(struct px_stack *) = {link_attach, ip_attach, udp_attach,
	    tcp_attach, raw_attach, packet_attach, netlink_attach, socket_attach, loopback_add};
	struct px_stack *stack;
	int err = px_stack_new(config, &stack);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(attach) / sizeof(attach[0]); i++) {
		err = attach[i](stack);
		if (err) {
			px_stack_free(stack);
			return err;
		}
	}
	*result = stack;
	return 0;
}
