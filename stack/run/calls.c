/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls but those that carry data (calls_message.c) or make connections
 * (calls_connection.c).
 *
 * User memory is read before the stack's lock is taken and written after it is free, so that a
 * fault there hangs nobody; values are copied through buffers on the stack.
 */
#include "calls.h"
#include "lead.h"
#include "reasons.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <sys/ioctl.h>

#define VALUE_MAX 65536 /* of an option: multicast source lists are the largest */

static struct reasons reasons = REASONS_INIT;

/* ---- stacks ---- */

PICOX_PUBLIC struct picox *picox_newstackv(const char *const *vnlv, const char *options)
{
	static const char *const none[] = {NULL};
	char reason[REASON_SIZE] = "";
	struct picox *stack;
	int err, before;

	/* A thread that were cancelled half way would leave threads and descriptors behind. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	err = stack_new(vnlv ? vnlv : none, options, reason, sizeof(reason), &stack);
	pthread_setcancelstate(before, NULL);
	reasons_set(&reasons, err ? reason : NULL);
	if (!err)
		return stack;
	errno = -err;
	return NULL;
}

PICOX_PUBLIC struct picox *picox_newstack(char *vdeurl)
{
	const char *vnlv[] = {vdeurl, NULL};

	return picox_newstackv(vnlv, NULL);
}

PICOX_PUBLIC const char *picox_error(void)
{
	return reasons_get(&reasons);
}

PICOX_PUBLIC int picox_delstack(struct picox *stack)
{
	int err = -EINVAL, before;

	/* Not half way, either. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
	if (stack)
		err = stack_free(stack);
	pthread_setcancelstate(before, NULL);
	return result_int(err);
}

PICOX_PUBLIC int picox_msocket(struct picox *stack, int domain, int type, int protocol)
{
	if (!stack)
		return result_int(-EINVAL);
	if (stack->generation != process_generation())
		return result_int(-ENODEV); /* the parent's */
	return result_int(file_open(stack, domain, type, protocol));
}

PICOX_PUBLIC struct picox *picox_stackof(int fd)
{
	struct picox *stack = file_stack(fd);

	if (!stack)
		errno = EBADF;
	return stack;
}

PICOX_PUBLIC int picox_close(int fd)
{
	return result_int(file_close(fd));
}

PICOX_PUBLIC int picox_ipaddr_retire(
    struct picox *stack, int family, const void *addr, int prefixlen, unsigned int ifindex)
{
	struct px_address *address;
	struct px_iface *iface;
	uint8_t bytes[16];
	struct px_ip ip;
	int err;

	if (!stack)
		return result_int(-EINVAL);
	if (stack->generation != process_generation())
		return result_int(-ENODEV);
	if (!addr)
		return result_int(-EFAULT);
	if (family != AF_INET6)
		return result_int(family == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT);
	memcpy(bytes, addr, sizeof(bytes));
	ip = px_ip6_load(bytes);
	runtime_lock(stack);
	iface = px_iface_by_index(stack->px, ifindex);
	address = iface ? px_address_find(stack->px, &ip, iface) : NULL;
	if (!iface)
		err = -ENODEV;
	else if (!ip_may_be_retired(&ip))
		err = -EOPNOTSUPP;
	else if (!address || address->prefix != prefixlen)
		err = -EADDRNOTAVAIL;
	else
		err = ip_retire(address);
	runtime_leave(stack);
	return result_int(err);
}

/* ---- event loops ---- */

PICOX_PUBLIC int picox_lead(struct picox *stack, int epoll_fd, const struct epoll_event *event)
{
	if (!stack)
		return result_int(-EINVAL);
	if (stack->generation != process_generation())
		return result_int(-ENODEV); /* the parent's */
	return result_int(event ? lead_begin(stack, epoll_fd, event) : lead_end(stack));
}

PICOX_PUBLIC int picox_drive(struct picox *stack, int *fds, int max)
{
	if (!stack || max < 0)
		return result_int(-EINVAL);
	if (!fds && max)
		return result_int(-EFAULT);
	if (stack->generation != process_generation())
		return result_int(-ENODEV);
	return (int)lead_drive(stack, fds, (unsigned int)max);
}

/* ---- names ---- */

int name_read(struct name *name, const struct sockaddr *addr, socklen_t addrlen)
{
	if (!addr)
		return -EFAULT;
	if (addrlen > sizeof(name->bytes))
		return -EINVAL;
	memcpy(&name->bytes, addr, addrlen);
	name->len = addrlen;
	return 0;
}

static int bind_name(int fd, const struct name *name)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	return err ? err
	           : px_sock_bind(call.file->sock, (const struct sockaddr *)&name->bytes, name->len);
}

PICOX_PUBLIC int picox_bind(int fd, const struct sockaddr *addr, socklen_t addrlen)
{
	struct name name;
	int err = name_read(&name, addr, addrlen);

	return result_int(err ? err : bind_name(fd, &name));
}

static int get_name(int fd, bool peer, struct name *name)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	name->len = sizeof(name->bytes);
	return err ? err
	           : px_sock_getname(
	                 call.file->sock, peer, (struct sockaddr *)&name->bytes, &name->len);
}

static int give_name(int fd, bool peer, struct sockaddr *addr, socklen_t *addrlen)
{
	struct name name;
	int err;

	if (!addr || !addrlen)
		return -EFAULT;
	if (*addrlen > INT32_MAX)
		return -EINVAL;
	err = get_name(fd, peer, &name);
	if (err)
		return err;
	memcpy(addr, &name.bytes, *addrlen < name.len ? *addrlen : name.len);
	*addrlen = name.len;
	return 0;
}

PICOX_PUBLIC int picox_getsockname(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	return result_int(give_name(fd, false, addr, addrlen));
}

PICOX_PUBLIC int picox_getpeername(int fd, struct sockaddr *addr, socklen_t *addrlen)
{
	return result_int(give_name(fd, true, addr, addrlen));
}

/* ---- options ---- */

static int set_option(int fd, int level, int optname, const void *value, socklen_t len)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	return err ? err : px_sock_setsockopt(call.file->sock, level, optname, value, len);
}

static int get_option(int fd, int level, int optname, void *value, socklen_t *len)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	return err ? err : px_sock_getsockopt(call.file->sock, level, optname, value, len);
}

/* The value holds a pointer: what it points to is read before the lock is taken. */
static int attach_filter(int fd, const void *value)
{
	struct sock_fprog program;
	struct sock_filter *copy = NULL;
	int err;

	memcpy(&program, value, sizeof(program));
	/* A program of an impossible length is refused unread. */
	if (program.filter && program.len && program.len <= BPF_MAXINSNS) {
		copy = malloc(program.len * sizeof(*copy));
		if (!copy)
			return -ENOBUFS;
		memcpy(copy, program.filter, program.len * sizeof(*copy));
		program.filter = copy;
	}
	err = set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	free(copy);
	return err;
}

PICOX_PUBLIC int picox_setsockopt(
    int fd, int level, int optname, const void *optval, socklen_t optlen)
{
	char small[256], *value = small;
	int err;

	if (optlen > VALUE_MAX)
		return result_int(-EINVAL);
	if (!optval && optlen)
		return result_int(-EFAULT);
	if (level == SOL_SOCKET && optname == SO_ATTACH_FILTER && optlen == sizeof(struct sock_fprog))
		return result_int(attach_filter(fd, optval));
	if (optlen > sizeof(small) && !(value = malloc(optlen)))
		return result_int(-ENOBUFS);
	if (optlen)
		memcpy(value, optval, optlen);
	err = set_option(fd, level, optname, value, optlen);
	if (value != small)
		free(value);
	return result_int(err);
}

PICOX_PUBLIC int picox_getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen)
{
	char small[256], *value = small;
	socklen_t room;
	int err;

	if (!optlen || (!optval && *optlen))
		return result_int(-EFAULT);
	room = *optlen;
	if (room > INT32_MAX)
		return result_int(-EINVAL);
	if (room > VALUE_MAX)
		room = VALUE_MAX;
	if (room > sizeof(small) && !(value = malloc(room)))
		return result_int(-ENOBUFS);
	/* Some read what they are given (MCAST_MSFILTER). */
	if (room)
		memcpy(value, optval, room);
	err = get_option(fd, level, optname, value, &room);
	if (!err) {
		if (*optlen)
			memcpy(optval, value, room < *optlen ? room : *optlen);
		*optlen = room;
	}
	if (value != small)
		free(value);
	return result_int(err);
}

/* ---- ioctl, fcntl ---- */

static int do_ioctl(int fd, unsigned long cmd, int *value)
{
	CALL_SCOPE call;
	int err = call_enter(&call, fd);

	if (err)
		return err;
	if (cmd == FIONBIO)
		return ioctl(fd, FIONBIO, value) < 0 ? -errno : 0;
	return px_sock_ioctl(call.file->sock, cmd, value);
}

/* What is the descriptor's own, and has no argument. */
static int descriptor_ioctl(int fd, unsigned long cmd)
{
	struct file *file = file_get(fd);
	int err;

	if (!file)
		return -EBADF;
	err = ioctl(fd, cmd) < 0 ? -errno : 0;
	file_unref(file);
	return err;
}

PICOX_PUBLIC int picox_ioctl(int fd, unsigned long cmd, void *argp)
{
	int value = 0, err;

	if (cmd == FIOCLEX || cmd == FIONCLEX)
		return result_int(descriptor_ioctl(fd, cmd));
	if (!argp)
		return result_int(-EFAULT);
	if (netdevice_knows(cmd))
		return result_int(netdevice_ioctl(fd, cmd, argp));
	if (cmd == FIONBIO)
		memcpy(&value, argp, sizeof(value));
	err = do_ioctl(fd, cmd, &value);
	if (!err && cmd != FIONBIO)
		memcpy(argp, &value, sizeof(value));
	return result_int(err);
}

/* The duplicate is known before anybody closes the original: it keeps the socket. */
static int duplicate(int fd, int cmd, long val)
{
	int copy = fcntl(fd, cmd, val);
	struct file *file = copy < 0 ? NULL : file_get(copy);

	if (copy < 0)
		return -1;
	if (!file) {
		close(copy);
		return result_int(-ENOMEM);
	}
	file_unref(file);
	return copy;
}

PICOX_PUBLIC int picox_fcntl(int fd, int cmd, long val)
{
	struct file *file = file_get(fd);
	int result;

	if (!file)
		return result_int(-EBADF);
	switch (cmd) {
	case F_GETFL:
	case F_SETFL:
	case F_GETFD:
	case F_SETFD:
		result = fcntl(fd, cmd, val);
		break;
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		result = duplicate(fd, cmd, val);
		break;
	default:
		errno = EINVAL;
		result = -1;
	}
	file_unref(file);
	return result;
}
