/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls that make and end connections.
 *
 * A TCP socket's descriptor is paired (readiness_stream.c) when the socket leaves its fresh state,
 * after the call has succeeded: one that is refused leaves the descriptor as it was.
 */
#include "calls.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>

/* ---- connect, listen, shutdown ---- */

/* The connection, or the listener, is given up if there is no descriptor for it. */
static int pair(struct call *call)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	int err = file_pair(call->file, call->fd);

	if (err) {
		(void)px_sock_shutdown(call->file->sock, SHUT_RD);
		(void)px_sock_connect(call->file->sock, &none, sizeof(none));
	}
	return err;
}

static int connect_stream(struct call *call, const struct name *name)
{
	struct px_sock *sock = call->file->sock;
	px_time until = 0;
	int result, err;

	for (;;) {
		result = px_sock_connect(sock, (const struct sockaddr *)&name->bytes, name->len);
		if (result != -EINPROGRESS && result != -EALREADY)
			return result;
		err = pair(call);
		if (err)
			return err;
		if (!call_may_block(call->fd, 0))
			return result;
		if (!until)
			until = call_time_limit(&sock->sndtimeo);
		err = call_wait(call, POLLOUT, until, until == PX_TIME_NEVER);
		if (err == -EAGAIN) /* SO_SNDTIMEO: it goes on without us */
			return result;
		if (err)
			return err;
	}
}

static int connect_name(int fd, const struct name *name)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	if (err)
		return err;
	if (call.file->stream)
		return connect_stream(&call, name);
	return px_sock_connect(call.file->sock, (const struct sockaddr *)&name->bytes, name->len);
}

PICOX_PUBLIC int picox_connect(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	struct name name;
	int err = name_read(&name, addr, addrlen);

	return result_int(err ? err : connect_name(fd, &name));
}

static int do_listen(int fd, int backlog)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	if (!err)
		err = px_sock_listen(call.file->sock, backlog);
	return err ? err : pair(&call);
}

PICOX_PUBLIC int picox_listen(int fd, int backlog)
{
	return result_int(do_listen(fd, backlog));
}

static int do_shutdown(int fd, int how)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	return err ? err : px_sock_shutdown(call.file->sock, how);
}

PICOX_PUBLIC int picox_shutdown(int fd, int how)
{
	return result_int(do_shutdown(fd, how));
}

/* ---- accept ---- */

/* Waits for a connection and gives it a descriptor. 0 or -errno. */
static int take_connection(int fd, int flags, struct name *name, struct accepted *accepted)
{
	CALL_SCOPE call;
	px_time until = 0;
	int err = call_enter(&call, fd);

	while (!err) {
		struct px_sock *sock = call.file->sock;

		err = file_accept(call.file, flags & SOCK_NONBLOCK, &name->bytes, &name->len, accepted);
		if (err != -EAGAIN || !call_may_block(fd, 0))
			return err;
		if (!until)
			until = call_time_limit(&sock->rcvtimeo);
		err = call_wait(&call, POLLIN, until, until == PX_TIME_NEVER);
	}
	return err;
}

static int do_accept(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)
{
	struct accepted accepted;
	struct name name;
	int err;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return -EINVAL;
	if (addr && !addrlen)
		return -EFAULT;
	if (addr && *addrlen > INT32_MAX)
		return -EINVAL;
	err = take_connection(fd, flags, &name, &accepted);
	if (err)
		return err;
	file_publish(&accepted);
	if (addr) {
		memcpy(addr, &name.bytes, *addrlen < name.len ? *addrlen : name.len);
		*addrlen = name.len;
	}
	return accepted.fd;
}

PICOX_PUBLIC int picox_accept4(int fd, struct sockaddr *addr, socklen_t *addrlen, int flags)
{
	return result_int(do_accept(fd, addr, addrlen, flags));
}

PICOX_PUBLIC int picox_accept(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	return result_int(do_accept(fd, addr, addrlen, 0));
}
