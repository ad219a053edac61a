/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options of SOL_SOCKET: socket(7). */
#include "socket_internal.h"

#define BUFFER_MIN 2304 /* SOCK_MIN_RCVBUF of Linux, about */

static int get_fixed(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	int result;

	switch (name) {
	case SO_TYPE:
		result = sock->type;
		break;
	case SO_DOMAIN:
		result = sock->domain;
		break;
	case SO_PROTOCOL:
		result = sock->protocol;
		break;
	case SO_SNDLOWAT:
		result = 1;
		break;
	case SO_ERROR:
		if (sock->endpoint) {
			result = endpoint_get_error(sock->endpoint);
		} else {
			result = sock->packet->error;
			sock->packet->error = 0;
		}
		sock_changed(sock, false);
		break;
	default: /* SO_ACCEPTCONN */
		result = 0;
		break;
	}
	return option_give(value, len, &result, sizeof(result));
}

/* The value is doubled, as socket(7) says, and read back so. */
int sock_set_buffer(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	const struct px_options *options = &sock->stack->options;
	bool force = name == SO_SNDBUFFORCE || name == SO_RCVBUFFORCE;
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	uint32_t max = send ? options->wmem_max : options->rmem_max, size;
	int wanted;

	if (len < sizeof(wanted))
		return -EINVAL;
	memcpy(&wanted, value, sizeof(wanted));
	size = wanted < 0 ? (force ? 0 : max) : (uint32_t)wanted;
	if (size > max && !force)
		size = max;
	if (size > INT32_MAX / 2)
		size = INT32_MAX / 2;
	size = size * 2 < BUFFER_MIN ? BUFFER_MIN : size * 2;
	if (!sock->endpoint) {
		if (!send)
			sock->packet->rcvbuf = size;
	} else if (send) {
		sock->endpoint->sndbuf = size;
	} else {
		sock->endpoint->rcvbuf = size;
	}
	return 0;
}

int sock_get_buffer(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	bool send = name == SO_SNDBUF || name == SO_SNDBUFFORCE;
	int size = (int)sock->stack->options.wmem_default;

	if (sock->endpoint)
		size = (int)(send ? sock->endpoint->sndbuf : sock->endpoint->rcvbuf);
	else if (!send)
		size = (int)sock->packet->rcvbuf;
	return option_give(value, len, &size, sizeof(size));
}

static int set_linger(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	if (len < sizeof(sock->linger))
		return -EINVAL;
	memcpy(&sock->linger, value, sizeof(sock->linger));
	return 0;
}

static int get_linger(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, &sock->linger, sizeof(sock->linger));
}

static int set_timeout(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, value, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0) /* Linux: at once */
		tv = (struct timeval){.tv_usec = 1};
	*(name == SO_RCVTIMEO ? &sock->rcvtimeo : &sock->sndtimeo) = tv;
	return 0;
}

static int get_timeout(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	return option_give(value, len, name == SO_RCVTIMEO ? &sock->rcvtimeo : &sock->sndtimeo,
	    sizeof(struct timeval));
}

static int bind_interface(struct px_sock *sock, uint32_t index)
{
	if (!sock->endpoint)
		return -ENOPROTOOPT;
	sock->endpoint->bound_ifindex = index;
	sock->endpoint->dst.iface = NULL;
	return 0;
}

static int set_device(struct px_sock *sock, int option, const void *value, socklen_t len)
{
	const struct px_iface *iface;
	char name[IFNAMSIZ] = "";
	int index;

	if (option == SO_BINDTOIFINDEX) {
		if (len < sizeof(index))
			return -EINVAL;
		memcpy(&index, value, sizeof(index));
		if (index < 0)
			return -EINVAL;
		if (index && !px_iface_by_index(sock->stack, (uint32_t)index))
			return -ENODEV;
		return bind_interface(sock, (uint32_t)index);
	}
	memcpy(name, value, len < IFNAMSIZ - 1 ? len : IFNAMSIZ - 1);
	if (!name[0])
		return bind_interface(sock, 0);
	iface = px_iface_by_name(sock->stack, name);
	return iface ? bind_interface(sock, iface->index) : -ENODEV;
}

static int get_device(struct px_sock *sock, int option, void *value, socklen_t *len)
{
	uint32_t index = sock->endpoint ? sock->endpoint->bound_ifindex : 0;
	const struct px_iface *iface = index ? px_iface_by_index(sock->stack, index) : NULL;

	if (option == SO_BINDTOIFINDEX)
		return option_give(value, len, &index, sizeof(index));
	if (!iface) {
		*len = 0;
		return index ? -ENODEV : 0;
	}
	if (*len < IFNAMSIZ)
		return -EINVAL;
	return option_give(value, len, iface->name, strlen(iface->name) + 1);
}

/* The program is copied by the caller: `value` is a struct sock_fprog whose filter is readable. */
static int set_filter(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	struct px_mem *mem = sock->stack->mem;
	struct bpf_program *program = NULL;
	struct sock_fprog fprog;
	int err;

	if (sock->filter_locked)
		return -EPERM;
	if (name == SO_ATTACH_FILTER) {
		if (len != sizeof(fprog))
			return -EINVAL;
		memcpy(&fprog, value, sizeof(fprog));
		if (!fprog.filter)
			return -EINVAL;
		err = bpf_new(mem, fprog.filter, fprog.len, &program);
		if (err)
			return err;
	} else if (!(sock->endpoint ? sock->filter : sock->packet->filter)) {
		return -ENOENT;
	}
	if (!sock->endpoint) {
		bpf_free(mem, sock->packet->filter);
		sock->packet->filter = program;
		return 0;
	}
	bpf_free(mem, sock->filter);
	sock->filter = program;
	sock->endpoint->program = program;
	sock->endpoint->filter = program ? bpf_run : NULL;
	return 0;
}

static int set_packet_timestamp(struct px_sock *sock, int name, const void *value, socklen_t len)
{
	uint32_t bit = name == SO_TIMESTAMP ? ENDPOINT_TIMESTAMP : ENDPOINT_TIMESTAMPNS;
	int on, err = option_int(value, len, &on);

	if (err)
		return err;
	if (!sock->endpoint) {
		sock->packet->timestamp = on;
		return 0;
	}
	sock->endpoint->flags &= ~(uint32_t)(ENDPOINT_TIMESTAMP | ENDPOINT_TIMESTAMPNS);
	if (on)
		sock->endpoint->flags |= bit;
	return 0;
}

static int get_packet_timestamp(struct px_sock *sock, int name, void *value, socklen_t *len)
{
	uint32_t bit = name == SO_TIMESTAMP ? ENDPOINT_TIMESTAMP : ENDPOINT_TIMESTAMPNS;
	int on = sock->endpoint ? (sock->endpoint->flags & bit) != 0 : sock->packet->timestamp;

	return option_give(value, len, &on, sizeof(on));
}

#define SOCKET_FLAG(name, bit)                                                                     \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_FLAG, .mask = (bit)                                             \
	}
#define SOCKET_INT(name, field, low, high)                                                         \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_SOCK_INT, .offset = offsetof(struct px_sock, field),            \
		                                     .min = (low), .max = (high)                           \
	}
#define SOCKET_BOOL(name, field)                                                                   \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_SOCK_BOOL, .offset = offsetof(struct px_sock, field)            \
	}
#define SOCKET_CALL(name, setter, getter)                                                          \
	{                                                                                              \
		SOL_SOCKET, (name), OPTION_CALL, .set = (setter), .get = (getter)                          \
	}
#define SOCKET_IGNORED(name)                                                                       \
	{                                                                                              \
		SOL_SOCKET, name, OPTION_IGNORED                                                           \
	}

const struct sock_option socket_options[] = {
    SOCKET_FLAG(SO_REUSEADDR, ENDPOINT_REUSEADDR),
    SOCKET_FLAG(SO_REUSEPORT, ENDPOINT_REUSEPORT),
    SOCKET_FLAG(SO_BROADCAST, ENDPOINT_BROADCAST),
    SOCKET_FLAG(SO_DONTROUTE, ENDPOINT_DONTROUTE),
    SOCKET_FLAG(SO_NO_CHECK, ENDPOINT_NO_CHECK),
    SOCKET_FLAG(SO_RXQ_OVFL, ENDPOINT_RXQ_OVFL),
    SOCKET_CALL(SO_TIMESTAMP, set_packet_timestamp, get_packet_timestamp),
    SOCKET_CALL(SO_TIMESTAMPNS, set_packet_timestamp, get_packet_timestamp),
    SOCKET_CALL(SO_TYPE, option_refused, get_fixed),
    SOCKET_CALL(SO_DOMAIN, option_refused, get_fixed),
    SOCKET_CALL(SO_PROTOCOL, option_refused, get_fixed),
    SOCKET_CALL(SO_ERROR, option_refused, get_fixed),
    SOCKET_CALL(SO_ACCEPTCONN, option_refused, get_fixed),
    SOCKET_CALL(SO_SNDLOWAT, option_refused, get_fixed),
    SOCKET_CALL(SO_SNDBUF, sock_set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_RCVBUF, sock_set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_SNDBUFFORCE, sock_set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_RCVBUFFORCE, sock_set_buffer, sock_get_buffer),
    SOCKET_CALL(SO_LINGER, set_linger, get_linger),
    SOCKET_CALL(SO_RCVTIMEO, set_timeout, get_timeout),
    SOCKET_CALL(SO_SNDTIMEO, set_timeout, get_timeout),
    SOCKET_CALL(SO_BINDTODEVICE, set_device, get_device),
    SOCKET_CALL(SO_BINDTOIFINDEX, set_device, get_device),
    SOCKET_CALL(SO_ATTACH_FILTER, set_filter, NULL),
    SOCKET_CALL(SO_DETACH_FILTER, set_filter, NULL),
    SOCKET_BOOL(SO_LOCK_FILTER, filter_locked),
    SOCKET_BOOL(SO_DEBUG, debug),
    SOCKET_BOOL(SO_KEEPALIVE, keepalive),
    SOCKET_BOOL(SO_OOBINLINE, oobinline),
    SOCKET_INT(SO_PRIORITY, priority, 0, INT32_MAX),
    SOCKET_INT(SO_MARK, mark, INT32_MIN, INT32_MAX),
    SOCKET_INT(SO_RCVLOWAT, rcvlowat, 0, INT32_MAX),
    SOCKET_INT(SO_BUSY_POLL, busy_poll, 0, INT32_MAX),
    SOCKET_IGNORED(SO_INCOMING_CPU),
    SOCKET_IGNORED(SO_PREFER_BUSY_POLL),
    SOCKET_IGNORED(SO_BUSY_POLL_BUDGET),
    SOCKET_IGNORED(SO_MAX_PACING_RATE),
    SOCKET_IGNORED(SO_SELECT_ERR_QUEUE),
    {0},
};
