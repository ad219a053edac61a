/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A socket of the kernel and one of ours, for tests that make the same calls on both: what they
 * return, errno values, names, options, readiness. A difference fails the test, which says the
 * line.
 */
#ifndef TEST_BOTH_H
#define TEST_BOTH_H

#include "socket.h"
#include "socket_address.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

struct both {
	int fd;
	struct px_sock *sock;
	struct px_stack *stack;
};

static struct px_stack *stack;
static px_time now;
static uint16_t base_port;

static inline int setup(void **state)
{
	struct px_config config = {.now = 1};
	struct sockaddr_in name = {.sin_family = AF_INET};
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(px_open(&config, &stack), 0);
	/* A port that is likely free, with some free ones behind it: the kernel chooses. */
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	base_port = ntohs(name.sin_port);
	close(fd);
	return 0;
}

static inline int teardown(void **state)
{
	px_stack_free(stack);
	return 0;
}

static inline struct both open_both_protocol(int domain, int type, int protocol)
{
	struct both both = {.stack = stack};

	both.fd = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	assert_true(both.fd >= 0);
	assert_int_equal(px_sock_new(stack, domain, type, protocol, &both.sock), 0);
	return both;
}

static inline struct both open_both(int domain, int type)
{
	return open_both_protocol(domain, type, 0);
}

static inline void close_both(struct both *both)
{
	close(both->fd);
	px_sock_free(both->sock);
}

static inline void settle(void)
{
	px_run(stack, now += PX_MSEC);
}

#define MASK (POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP | POLLPRI | POLLRDNORM | POLLWRNORM)

static inline void same_poll(const struct both *both, int line)
{
	struct pollfd pfd = {.fd = both->fd, .events = MASK};
	unsigned int ours;

	/* The loopback of the kernel may hand over a little later. */
	for (unsigned int i = 0; i < 200; i++) {
		settle();
		poll(&pfd, 1, 0);
		ours = px_sock_poll(both->sock) & MASK;
		if ((unsigned int)pfd.revents == ours)
			return;
		usleep(1000);
	}
	fail_msg("line %d: the kernel polls %#x, we %#x", line, (unsigned int)pfd.revents, ours);
}
#define SAME_POLL(both) same_poll(both, __LINE__)

static inline void same(long kernel, long ours, int line)
{
	settle();
	if (kernel < 0)
		kernel = -errno;
	if (kernel != ours)
		fail_msg("line %d: the kernel says %ld (%s), we %ld (%s)", line, kernel,
		    kernel < 0 ? strerror((int)-kernel) : "", ours, ours < 0 ? strerror((int)-ours) : "");
}
#define SAME(kernel, ours) same(kernel, ours, __LINE__)

static inline void bind_both(const struct both *both, const char *text, uint16_t port, int line)
{
	struct sockaddr_storage name;
	socklen_t len = address(&name, text, port, 0);

	same(bind(both->fd, (struct sockaddr *)&name, len),
	    px_sock_bind(both->sock, (struct sockaddr *)&name, len), line);
}
#define BIND(both, text, port) bind_both(both, text, port, __LINE__)

static inline void connect_both(const struct both *both, const char *text, uint16_t port, int line)
{
	struct sockaddr_storage name;
	socklen_t len = address(&name, text, port, 0);

	if (!text[0])
		name.ss_family = AF_UNSPEC;
	same(connect(both->fd, (struct sockaddr *)&name, len),
	    px_sock_connect(both->sock, (struct sockaddr *)&name, len), line);
}
#define CONNECT(both, text, port) connect_both(both, text, port, __LINE__)

static inline void names_both(const struct both *both, bool peer, bool with_port, int line)
{
	struct sockaddr_storage kernel = {0}, ours = {0};
	socklen_t kernel_len = sizeof(kernel), ours_len = sizeof(ours);
	int result = peer ? getpeername(both->fd, (struct sockaddr *)&kernel, &kernel_len)
	                  : getsockname(both->fd, (struct sockaddr *)&kernel, &kernel_len);
	int our_result = px_sock_getname(both->sock, peer, (struct sockaddr *)&ours, &ours_len);

	same(result, our_result, line);
	if (result < 0)
		return;
	if (!with_port) { /* chosen by chance */
		((struct sockaddr_in *)&kernel)->sin_port = 0;
		((struct sockaddr_in *)&ours)->sin_port = 0;
	}
	assert_int_equal(kernel_len, ours_len);
	if (memcmp(&kernel, &ours, kernel_len) != 0)
		fail_msg("line %d: names differ", line);
}
#define NAMES(both, peer, with_port) names_both(both, peer, with_port, __LINE__)

static inline void send_control_both(const struct both *both, const char *text, uint16_t port,
    size_t bytes, int flags, void *control, size_t control_len, int line)
{
	static char payload[70000];
	struct sockaddr_storage name;
	struct iovec iov = {payload, bytes};
	struct msghdr copy, msg = {.msg_iov = &iov,
	                        .msg_iovlen = 1,
	                        .msg_control = control,
	                        .msg_controllen = control_len};

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (char)(i * 11 + i / 256);
	payload[0] = 8; /* an echo request, for sockets that send only those */
	if (both->sock->domain == AF_INET6)
		payload[0] = (char)128;
	payload[1] = 0;
	if (text) {
		msg.msg_namelen = address(&name, text, port, 0);
		msg.msg_name = &name;
	}
	copy = msg;
	same(sendmsg(both->fd, &msg, flags | MSG_NOSIGNAL), px_sock_sendmsg(both->sock, &copy, flags),
	    line);
}

static inline void send_both(
    const struct both *both, const char *text, uint16_t port, size_t bytes, int flags, int line)
{
	send_control_both(both, text, port, bytes, flags, NULL, 0, line);
}
#define SEND(both, text, port, bytes)      send_both(both, text, port, bytes, 0, __LINE__)
#define SEND_MORE(both, text, port, bytes) send_both(both, text, port, bytes, MSG_MORE, __LINE__)
#define SEND_WITH(both, text, port, bytes, control)                                                \
	send_control_both(both, text, port, bytes, 0, control, (control)->cmsg_len, __LINE__)

/* Each control message of the one is the other's, too; in whatever order. */
static inline void same_control(struct msghdr *a, struct msghdr *b, int line)
{
	unsigned int count_a = 0, count_b = 0;

	for (struct cmsghdr *y = CMSG_FIRSTHDR(b); y; y = CMSG_NXTHDR(b, y))
		count_b++;
	for (struct cmsghdr *x = CMSG_FIRSTHDR(a); x; x = CMSG_NXTHDR(a, x)) {
		bool found = false;
		count_a++;
		for (struct cmsghdr *y = CMSG_FIRSTHDR(b); y; y = CMSG_NXTHDR(b, y))
			found |= x->cmsg_len == y->cmsg_len && memcmp(x, y, x->cmsg_len) == 0;
		if (!found)
			fail_msg("line %d: of the kernel alone: level %d type %d, %zu bytes", line,
			    x->cmsg_level, x->cmsg_type, (size_t)x->cmsg_len);
	}
	if (count_a != count_b)
		fail_msg("line %d: %u control messages of the kernel, %u of ours", line, count_a, count_b);
}

static inline void receive_both(const struct both *both, size_t room, int flags, int line)
{
	static char kernel[70000], ours[70000];
	struct sockaddr_storage kernel_name = {0}, our_name = {0};
	struct iovec kernel_iov = {kernel, room}, our_iov = {ours, room};
	_Alignas(struct cmsghdr) char kernel_control[1024], our_control[1024];
	struct msghdr kernel_msg = {.msg_iov = &kernel_iov,
	    .msg_iovlen = 1,
	    .msg_name = &kernel_name,
	    .msg_namelen = sizeof(kernel_name),
	    .msg_control = kernel_control,
	    .msg_controllen = sizeof(kernel_control)};
	struct msghdr our_msg = {.msg_iov = &our_iov,
	    .msg_iovlen = 1,
	    .msg_name = &our_name,
	    .msg_namelen = sizeof(our_name),
	    .msg_control = our_control,
	    .msg_controllen = sizeof(our_control)};
	ssize_t result = recvmsg(both->fd, &kernel_msg, flags);

	same(result, px_sock_recvmsg(both->sock, &our_msg, flags), line);
	if (result < 0)
		return;
	if (kernel_msg.msg_flags != our_msg.msg_flags)
		fail_msg("line %d: flags %#x and %#x", line, (unsigned int)kernel_msg.msg_flags,
		    (unsigned int)our_msg.msg_flags);
	if (kernel_msg.msg_namelen != our_msg.msg_namelen)
		fail_msg("line %d: namelen %u and %u", line, kernel_msg.msg_namelen, our_msg.msg_namelen);
	if (both->sock->protocol == IPPROTO_UDP && !(flags & MSG_TRUNC) &&
	    memcmp(kernel, ours, (size_t)result) != 0)
		fail_msg("line %d: other bytes than the kernel's", line);
	same_control(&kernel_msg, &our_msg, line);
}
#define RECEIVE(both, room, flags) receive_both(both, room, flags, __LINE__)

static inline void option_both(
    const struct both *both, int level, int name, long value, socklen_t len, int line)
{
	char kernel[64] = {0}, ours[64] = {0};
	socklen_t kernel_len = sizeof(kernel), our_len = sizeof(ours);
	int result;

	if (len)
		same(setsockopt(both->fd, level, name, &value, len),
		    px_sock_setsockopt(both->sock, level, name, &value, len), line);
	result = getsockopt(both->fd, level, name, kernel, &kernel_len);
	same(result, px_sock_getsockopt(both->sock, level, name, ours, &our_len), line);
	if (result < 0)
		return;
	if (kernel_len != our_len || memcmp(kernel, ours, kernel_len) != 0)
		fail_msg("line %d: level %d name %d: the kernel has %d (%u bytes), we %d (%u)", line, level,
		    name, *(int *)kernel, kernel_len, *(int *)ours, our_len);
	/* In a short room. */
	kernel_len = our_len = 1;
	memset(kernel, 0, sizeof(kernel));
	memset(ours, 0, sizeof(ours));
	result = getsockopt(both->fd, level, name, kernel, &kernel_len);
	same(result, px_sock_getsockopt(both->sock, level, name, ours, &our_len), line);
	if (result == 0 && (kernel_len != our_len || kernel[0] != ours[0]))
		fail_msg("line %d: level %d name %d in one byte: %d (%u) and %d (%u)", line, level, name,
		    kernel[0], kernel_len, ours[0], our_len);
}
#define OPTION(both, level, name, value, len) option_both(both, level, name, value, len, __LINE__)

#endif
