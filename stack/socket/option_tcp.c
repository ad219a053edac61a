/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of TCP sockets: tcp(7); and those of SOL_SOCKET that the protocol has to know of. */
#include "socket_internal.h"

#define CONGESTION_NAME 16 /* TCP_CA_NAME_MAX of Linux */

/* ---- IPPROTO_TCP ---- */

static int set_tcp(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int number, err;

	if (len < sizeof(number))
		return -EINVAL;
	memcpy(&number, value, sizeof(number));
	err = tcp_set_option(sock->tcp, name, number);
	if (!err)
		sock_changed(sock, false); /* TCP_NOTSENT_LOWAT */
	return err;
}

static int get_tcp(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int number = 0, err = tcp_get_option(sock->tcp, name, &number);

	return err ? err : option_give(value, len, &number, sizeof(number));
}

static int set_congestion(struct px_sock *sock, int option, const void *value, socklen_t len)
{
	char name[CONGESTION_NAME] = "";

	if (len < 1)
		return -EINVAL;
	memcpy(name, value, len < sizeof(name) - 1 ? len : sizeof(name) - 1);
	return tcp_set_congestion(sock->tcp, name);
}

static int get_congestion(struct px_sock *sock, int option, void *value, socklen_t *len)
{
	char name[CONGESTION_NAME] = "";

	strncpy(name, tcp_get_congestion(sock->tcp), sizeof(name) - 1);
	return option_give(value, len, name, sizeof(name));
}

static int get_info(struct px_sock *sock, int option, void *value, socklen_t *len)
{
	struct tcp_info info;

	memset(&info, 0, sizeof(info));
	tcp_get_info(sock->tcp, &info);
	return option_give(value, len, &info, sizeof(info));
}

/* Nothing is to be told of reno and cubic (Linux: the same). */
static int get_cc_info(struct px_sock *sock, int option, void *value, socklen_t *len)
{
	union tcp_cc_info info;

	memset(&info, 0, sizeof(info));
	return option_give(value, len, &info, tcp_get_cc_info(sock->tcp, &info));
}

#define TCP_INT(name)                                                                              \
	{                                                                                              \
		IPPROTO_TCP, (name), OPTION_CALL, .set = set_tcp, .get = get_tcp                           \
	}
#define TCP_CALL(name, setter, getter)                                                             \
	{                                                                                              \
		IPPROTO_TCP, (name), OPTION_CALL, .set = (setter), .get = (getter)                         \
	}

const struct sock_option tcp_options[] = {
    TCP_INT(TCP_NODELAY),
    TCP_INT(TCP_MAXSEG),
    TCP_INT(TCP_CORK),
    TCP_INT(TCP_KEEPIDLE),
    TCP_INT(TCP_KEEPINTVL),
    TCP_INT(TCP_KEEPCNT),
    TCP_INT(TCP_SYNCNT),
    TCP_INT(TCP_LINGER2),
    TCP_INT(TCP_DEFER_ACCEPT),
    TCP_INT(TCP_WINDOW_CLAMP),
    TCP_INT(TCP_QUICKACK),
    TCP_INT(TCP_USER_TIMEOUT),
    TCP_INT(TCP_NOTSENT_LOWAT),
    TCP_INT(TCP_THIN_LINEAR_TIMEOUTS),
    TCP_INT(TCP_THIN_DUPACK),
    TCP_INT(TCP_TIMESTAMP),
    TCP_CALL(TCP_CONGESTION, set_congestion, get_congestion),
    TCP_CALL(TCP_INFO, option_refused, get_info),
    TCP_CALL(TCP_CC_INFO, option_refused, get_cc_info),
    {0},
};

/* ---- SOL_SOCKET ---- */

static int set_flag(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int on;

	if (len < sizeof(on))
		return -EINVAL;
	memcpy(&on, value, sizeof(on));
	if (name == SO_KEEPALIVE) {
		sock->keepalive = on;
		tcp_set_keepalive(sock->tcp, on);
	} else {
		sock->oobinline = on;
		tcp_set_oobinline(sock->tcp, on);
	}
	return 0;
}

static int get_flag(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int on = name == SO_KEEPALIVE ? sock->keepalive : sock->oobinline;

	return option_give(value, len, &on, sizeof(on));
}

static int set_lowat(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int bytes, most;

	if (len < sizeof(bytes))
		return -EINVAL;
	memcpy(&bytes, value, sizeof(bytes));
	/* As Linux: negative is the most, none is one; no more than half of what a buffer can be. */
	most = (int)(tcp_sysctl(sock->stack)->rmem[2] / 2);
	sock->rcvlowat = bytes < 0 || bytes > most ? most : bytes ? bytes : 1;
	tcp_set_rcvlowat(sock->tcp, sock->rcvlowat);
	sock_changed(sock, false);
	return 0;
}

static int get_lowat(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->rcvlowat, sizeof(sock->rcvlowat));
}

static int set_buffer(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	int err = sock_set_buffer(sock, name, value, len);

	if (err)
		return err;
	if (name == SO_SNDBUF || name == SO_SNDBUFFORCE)
		tcp_sndbuf_set(sock->tcp);
	else
		tcp_rcvbuf_set(sock->tcp);
	sock_changed(sock, false);
	return 0;
}

/* As Linux: unsigned int, with all bits set for no limit, or unsigned long. */
static int set_pacing(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	uint32_t narrow;
	uint64_t rate;

	if (len < sizeof(narrow))
		return -EINVAL;
	memcpy(&narrow, value, sizeof(narrow));
	rate = narrow == UINT32_MAX ? UINT64_MAX : narrow;
	if (len == sizeof(rate))
		memcpy(&rate, value, sizeof(rate));
	tcp_set_max_pacing(sock->tcp, rate);
	return 0;
}

static int get_pacing(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	uint64_t rate = tcp_get_max_pacing(sock->tcp);
	uint32_t narrow = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;

	if (*len >= sizeof(rate))
		return option_give(value, len, &rate, sizeof(rate));
	return option_give(value, len, &narrow, sizeof(narrow));
}

static int get_listening(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int listening = tcp_state(sock->tcp) == TCP_STATE_LISTEN;

	return option_give(value, len, &listening, sizeof(listening));
}

#define SOCKET_CALL(name, setter, getter)                                                          \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_CALL, .set = (setter), .get = (getter)                          \
	}

const struct sock_option tcp_socket_options[] = {
    SOCKET_CALL(SO_KEEPALIVE, set_flag, get_flag),
    SOCKET_CALL(SO_OOBINLINE, set_flag, get_flag),
    SOCKET_CALL(SO_RCVLOWAT, set_lowat, get_lowat),
    SOCKET_CALL(SO_SNDBUF, set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_RCVBUF, set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_SNDBUFFORCE, set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_RCVBUFFORCE, set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_ACCEPTCONN, option_refused, get_listening),
    SOCKET_CALL(SO_MAX_PACING_RATE, set_pacing, get_pacing),
    {0},
};
