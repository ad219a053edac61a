/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AF_NETLINK sockets: NETLINK_ROUTE over the ends of netlink/. */
#include "socket_internal.h"

#include <linux/netlink.h>

static void end_event(struct netlink_end *end)
{
	if (end->socket)
		sock_changed(end->socket, true);
}

int netlink_sock_new(struct px_sock *sock)
{
	int err;

	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (sock->protocol != NETLINK_ROUTE)
		return -EPROTONOSUPPORT;
	err = netlink_new(sock->stack, &sock->netlink);
	if (err)
		return err;
	sock->ops = &netlink_sock_ops;
	sock->netlink->event = end_event;
	sock->netlink->socket = sock;
	return 0;
}

static int read_name(const void *name, socklen_t len, struct sockaddr_nl *nl)
{
	if (len < sizeof(*nl))
		return -EINVAL;
	memcpy(nl, name, sizeof(*nl));
	return nl->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

static int nl_bind(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sockaddr_nl nl;
	int err = read_name(name, len, &nl);

	if (!err && sock->netlink->port && nl.nl_pid != sock->netlink->port)
		err = -EINVAL; /* not even for 0 */
	if (!err)
		err = netlink_bind(sock->netlink, nl.nl_pid);
	if (err)
		return err;
	/* There is room for the first 32 of them: the others stay. */
	sock->netlink->groups = (sock->netlink->groups & ~(uint64_t)UINT32_MAX) | nl.nl_groups;
	if (nl.nl_groups)
		sock->netlink->grouped = true;
	return 0;
}

/* The stack (port 0) is the only peer. */
static int nl_connect(struct px_sock *sock, const struct sockaddr *name, socklen_t len)
{
	struct sockaddr_nl nl;

	if (len < sizeof(sa_family_t))
		return -EINVAL;
	if (name->sa_family == AF_UNSPEC)
		return 0;
	if (read_name(name, len, &nl))
		return -EINVAL;
	return nl.nl_pid || nl.nl_groups ? -EPERM : netlink_bind(sock->netlink, 0);
}

static int nl_name(struct px_sock *sock, bool peer, struct sockaddr_storage *name, socklen_t *len)
{
	const struct sockaddr_nl nl = {
	    .nl_family = AF_NETLINK,
	    .nl_pid = peer ? 0 : sock->netlink->port,
	    .nl_groups = peer ? 0 : (uint32_t)sock->netlink->groups,
	};

	memset(name, 0, sizeof(*name));
	memcpy(name, &nl, sizeof(nl));
	*len = sizeof(nl);
	return 0;
}

static int nl_shutdown(struct px_sock *sock, int how)
{
	return -EOPNOTSUPP;
}

static int nl_send(struct px_sock *sock, const struct msghdr *msg, struct px_pkt *pkt, int flags)
{
	int len = (int)pkt->total, err;
	struct sockaddr_nl nl;

	err = -EOPNOTSUPP;
	if (flags & MSG_OOB)
		goto out;
	err = -ENODATA;
	if (len == 0)
		goto out;
	if (msg->msg_name && msg->msg_namelen) {
		err = read_name(msg->msg_name, msg->msg_namelen, &nl);
		if (err)
			goto out;
		err = nl.nl_groups ? -EPERM : -ECONNREFUSED;
		if (nl.nl_groups || nl.nl_pid)
			goto out;
	}
	err = -ENOBUFS;
	if (px_pkt_linearize(pkt))
		goto out;
	err = netlink_request(sock->netlink, pkt->data, pkt->len);
out:
	px_pkt_free(pkt);
	return err ? err : len;
}

static int nl_receive(struct px_sock *sock, struct msghdr *msg, struct px_pkt **result, int flags)
{
	struct netlink_end *end = sock->netlink;
	struct control_writer writer;
	struct sockaddr_storage name;
	struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
	struct px_pkt *pkt;
	uint32_t group;
	int err;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	err = sock_take_error(sock, &end->error);
	if (err)
		return err;
	if (!end->rx.first)
		return -EAGAIN;
	pkt = netlink_take(end, flags & MSG_PEEK);
	if (!pkt)
		return -ENOMEM;
	group = netlink_group(pkt);
	nl.nl_groups = group && group <= 32 ? 1u << (group - 1) : 0;
	memset(&name, 0, sizeof(name));
	memcpy(&name, &nl, sizeof(nl));
	sock_name_copy(&name, sizeof(nl), msg->msg_name, &msg->msg_namelen);
	writer = control_writer(msg);
	if (end->pktinfo) {
		const struct nl_pktinfo info = {.group = group};

		control_put(&writer, SOL_NETLINK, NETLINK_PKTINFO, &info, sizeof(info));
	}
	control_end(&writer);
	sock_changed(sock, false);
	*result = pkt;
	return (int)pkt->total;
}

static unsigned int nl_poll(const struct px_sock *sock)
{
	return sock_queue_poll(sock->netlink->error, &sock->netlink->rx);
}

static void nl_free(struct px_sock *sock)
{
	netlink_free(sock->netlink);
}

/* ---- options (netlink(7)) ---- */

static bool *switch_of(struct netlink_end *end, int name)
{
	switch (name) {
	case NETLINK_PKTINFO:
		return &end->pktinfo;
	case NETLINK_BROADCAST_ERROR:
		return &end->broadcast_error;
	case NETLINK_NO_ENOBUFS:
		return &end->no_enobufs;
	case NETLINK_CAP_ACK:
		return &end->cap_ack;
	case NETLINK_EXT_ACK:
		return &end->ext_ack;
	default: /* NETLINK_GET_STRICT_CHK */
		return &end->strict;
	}
}

static int set_switch(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on = 0; /* what is too short for one is off */

	if (len >= sizeof(on))
		memcpy(&on, value, sizeof(on));
	*switch_of(sock->netlink, name) = on;
	return 0;
}

static int get_switch(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int on = *switch_of(sock->netlink, name);

	if (*len < sizeof(on))
		return -EINVAL;
	return option_give(value, len, &on, sizeof(on));
}

static int set_membership(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct netlink_end *end = sock->netlink;
	int group, err = option_int(value, len, &group);

	if (err)
		return err;
	if (group < 1 || group > RTNLGRP_MAX)
		return -EINVAL;
	_Static_assert(RTNLGRP_MAX <= 64, "a bit for each group");
	end->grouped = true;
	if (name == NETLINK_ADD_MEMBERSHIP)
		end->groups |= UINT64_C(1) << (group - 1);
	else
		end->groups &= ~(UINT64_C(1) << (group - 1));
	return 0;
}

/* Whole words of a bit map; the length tells how many bytes there would be. */
static int get_memberships(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	const uint32_t words[] = {
	    (uint32_t)sock->netlink->groups, (uint32_t)(sock->netlink->groups >> 32)};
	socklen_t room = *len & ~(socklen_t)3;

	*len = sock->netlink->grouped ? (RTNLGRP_MAX + 31) / 32 * 4 : 0;
	if (room > *len)
		room = *len;
	if (room)
		memcpy(value, words, room);
	return 0;
}

static int get_none(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return -ENOPROTOOPT;
}

static int get_number(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int result;

	switch (name) {
	case SO_RCVBUF:
		result = (int)sock->netlink->rcvbuf;
		break;
	case SO_SNDBUF:
		result = (int)sock->stack->options.wmem_default;
		break;
	default: /* SO_ERROR */
		result = sock->netlink->error;
		sock->netlink->error = 0;
		sock_changed(sock, false);
		break;
	}
	return option_give(value, len, &result, sizeof(result));
}

static int set_buffer(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	uint32_t max = sock->stack->options.rmem_max, size;
	int wanted, err = option_int(value, len, &wanted);

	if (err)
		return err;
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE) /* what is sent is handled at once */
		return 0;
	size = wanted < 0 || (name == SO_RCVBUF && (uint32_t)wanted > max) ? max : (uint32_t)wanted;
	if (size > INT32_MAX / 2)
		size = INT32_MAX / 2;
	sock->netlink->rcvbuf = size * 2 < 2304 ? 2304 : size * 2; /* socket(7): doubled */
	return 0;
}

#define CALL(level, name, set, get)                                                                \
	{                                                                                              \
		level, name, OPTION_CALL, 0, 0, 0, 0, set, get                                             \
	}

static const struct sock_option netlink_options[] = {
    CALL(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, set_membership, get_none),
    CALL(SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, set_membership, get_none),
    CALL(SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, option_refused, get_memberships),
    CALL(SOL_NETLINK, NETLINK_PKTINFO, set_switch, get_switch),
    CALL(SOL_NETLINK, NETLINK_BROADCAST_ERROR, set_switch, get_switch),
    CALL(SOL_NETLINK, NETLINK_NO_ENOBUFS, set_switch, get_switch),
    CALL(SOL_NETLINK, NETLINK_CAP_ACK, set_switch, get_switch),
    CALL(SOL_NETLINK, NETLINK_EXT_ACK, set_switch, get_switch),
    CALL(SOL_NETLINK, NETLINK_GET_STRICT_CHK, set_switch, get_switch),
    /* The others of SOL_SOCKET are everybody's. */
    CALL(SOL_SOCKET, SO_ERROR, option_refused, get_number),
    CALL(SOL_SOCKET, SO_RCVBUF, set_buffer, get_number),
    CALL(SOL_SOCKET, SO_RCVBUFFORCE, set_buffer, get_none),
    CALL(SOL_SOCKET, SO_SNDBUF, set_buffer, get_number),
    CALL(SOL_SOCKET, SO_SNDBUFFORCE, set_buffer, get_none),
    CALL(SOL_SOCKET, SO_TIMESTAMP, option_refused, get_none),
    CALL(SOL_SOCKET, SO_TIMESTAMPNS, option_refused, get_none),
    CALL(SOL_SOCKET, SO_ATTACH_FILTER, option_refused, get_none),
    CALL(SOL_SOCKET, SO_DETACH_FILTER, option_refused, get_none),
    {0},
};

static const struct sock_option *const tables[] = {netlink_options, socket_options, NULL};

const struct sock_ops netlink_sock_ops = {
    .bind = nl_bind,
    .connect = nl_connect,
    .name = nl_name,
    .shutdown = nl_shutdown,
    .send = nl_send,
    .receive = nl_receive,
    .poll = nl_poll,
    .free = nl_free,
    .options = tables,
};
