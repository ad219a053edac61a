/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The result and errno of every call on a TCP socket in every state, and what poll says then: the
 * kernel's, and ours. What is known to differ is said where it is passed over. */
#include "stream_states.h"

#include "crowded.h"

#include <linux/sockios.h>

static long call_send(const struct subject *s)
{
	return s->w->send(s->fd, "x", 1, MSG_NOSIGNAL);
}

static long call_send_nothing(const struct subject *s)
{
	return s->w->send(s->fd, "x", 0, MSG_NOSIGNAL);
}

static long call_send_urgent(const struct subject *s)
{
	return s->w->send(s->fd, "x", 1, MSG_NOSIGNAL | MSG_OOB);
}

static long received(const struct subject *s, size_t len, int flags)
{
	char bytes[64] = "";
	long result = s->w->recv(s->fd, bytes, len, flags);

	return result > 0 && !(flags & MSG_TRUNC) ? result << 8 | (unsigned char)bytes[0] : result;
}

static long call_recv(const struct subject *s)
{
	return received(s, 64, 0);
}

static long call_recv_some(const struct subject *s)
{
	return received(s, 2, 0);
}

static long call_recv_nothing(const struct subject *s)
{
	return received(s, 0, 0);
}

static long call_peek(const struct subject *s)
{
	return received(s, 64, MSG_PEEK);
}

static long call_recv_all(const struct subject *s)
{
	return received(s, 64, MSG_WAITALL | MSG_DONTWAIT);
}

static long call_recv_trunc(const struct subject *s)
{
	return received(s, 3, MSG_TRUNC);
}

static long call_recv_urgent(const struct subject *s)
{
	return received(s, 1, MSG_OOB);
}

static long call_peek_urgent(const struct subject *s)
{
	return received(s, 1, MSG_OOB | MSG_PEEK);
}

static long call_recv_twice(const struct subject *s)
{
	received(s, 64, 0);
	return received(s, 64, 0);
}

static long call_recv_urgent_twice(const struct subject *s)
{
	received(s, 1, MSG_OOB);
	return received(s, 1, MSG_OOB);
}

static long call_recv_errqueue(const struct subject *s)
{
	return received(s, 1, MSG_ERRQUEUE);
}

static long call_connect(const struct subject *s)
{
	return s->w->connect(s->fd, (const struct sockaddr *)&s->name, sizeof(s->name));
}

static long call_connect_twice(const struct subject *s)
{
	call_connect(s);
	return call_connect(s);
}

static long call_connect_unspec(const struct subject *s)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};

	return s->w->connect(s->fd, &none, sizeof(none));
}

static long call_connect_short(const struct subject *s)
{
	return s->w->connect(s->fd, (const struct sockaddr *)&s->name, 4);
}

static long call_connect_inet6(const struct subject *s)
{
	struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_port = htons(1)};

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_connect_group(const struct subject *s)
{
	struct sockaddr_in name = host_name4("224.0.0.1", 1);

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_connect_broadcast(const struct subject *s)
{
	struct sockaddr_in name = host_name4("255.255.255.255", 1);

	return s->w->connect(s->fd, (struct sockaddr *)&name, sizeof(name));
}

static long call_listen(const struct subject *s)
{
	return s->w->listen(s->fd, 3);
}

static long call_accept(const struct subject *s)
{
	int fd = s->w->accept(s->fd, NULL, NULL);

	if (fd < 0)
		return fd;
	s->w->close(fd);
	return 0;
}

static long call_bind(const struct subject *s)
{
	struct sockaddr_in any = host_name4("127.0.0.1", 0);

	return s->w->bind(s->fd, (struct sockaddr *)&any, sizeof(any));
}

static long call_getpeername(const struct subject *s)
{
	struct sockaddr_in name = {0};
	socklen_t len = sizeof(name);
	int result = s->w->getpeername(s->fd, (struct sockaddr *)&name, &len);

	return result < 0 ? result : (long)len << 16 | name.sin_family;
}

static long call_getsockname(const struct subject *s)
{
	struct sockaddr_in name = {0};
	socklen_t len = sizeof(name);
	int result = s->w->getsockname(s->fd, (struct sockaddr *)&name, &len);

	/* The port itself is chosen. */
	return result < 0 ? result : (long)ntohl(name.sin_addr.s_addr) << 1 | (name.sin_port != 0);
}

static long call_shut_read(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_RD);
}

static long call_shut_write(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_WR);
}

static long call_shut_both(const struct subject *s)
{
	return s->w->shutdown(s->fd, SHUT_RDWR);
}

static long call_shut_wrong(const struct subject *s)
{
	return s->w->shutdown(s->fd, 3);
}

static long option(const struct subject *s, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	int result = s->w->getsockopt(s->fd, level, name, &value, &len);

	return result < 0 ? result : (long)len << 32 | value;
}

static long call_so_error(const struct subject *s)
{
	return option(s, SOL_SOCKET, SO_ERROR);
}

static long call_so_acceptconn(const struct subject *s)
{
	return option(s, SOL_SOCKET, SO_ACCEPTCONN);
}

static long call_tcp_state(const struct subject *s)
{
	return state_of(s, s->fd);
}

static long number(const struct subject *s, unsigned long request)
{
	int value = -1;
	int result = s->w->ioctl(s->fd, request, &value);

	return result < 0 ? result : value;
}

static long call_siocinq(const struct subject *s)
{
	return number(s, SIOCINQ);
}

/* How much fits differs. */
static long call_siocoutq(const struct subject *s)
{
	long result = number(s, SIOCOUTQ);

	return result > 0 ? 1 : result;
}

static long call_siocatmark(const struct subject *s)
{
	return number(s, SIOCATMARK);
}

static long call_maxseg(const struct subject *s)
{
	int mss = 1000;

	return s->w->setsockopt(s->fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss));
}

static long call_close_abort(const struct subject *s)
{
	const struct linger at_once = {1, 0};

	return s->w->setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static const struct {
	const char *name;
	long (*run)(const struct subject *s);
} calls[] = {
#define CALL(name)                                                                                 \
	{                                                                                              \
#name, call_##name                                                                         \
	}
    CALL(send),
    CALL(send_nothing),
    CALL(send_urgent),
    CALL(recv),
    CALL(recv_some),
    CALL(recv_nothing),
    CALL(peek),
    CALL(recv_all),
    CALL(recv_trunc),
    CALL(recv_urgent),
    CALL(peek_urgent),
    CALL(recv_twice),
    CALL(recv_urgent_twice),
    CALL(recv_errqueue),
    CALL(connect),
    CALL(connect_twice),
    CALL(connect_unspec),
    CALL(connect_short),
    CALL(connect_inet6),
    CALL(connect_group),
    CALL(connect_broadcast),
    CALL(listen),
    CALL(accept),
    CALL(bind),
    CALL(getpeername),
    CALL(getsockname),
    CALL(shut_read),
    CALL(shut_write),
    CALL(shut_both),
    CALL(shut_wrong),
    CALL(so_error),
    CALL(so_acceptconn),
    CALL(tcp_state),
    CALL(siocinq),
    CALL(siocoutq),
    CALL(siocatmark),
    CALL(maxseg),
    CALL(close_abort),
};
#define CALLS (sizeof(calls) / sizeof(calls[0]))

struct outcome {
	long result;
	int error;
	unsigned int before, after; /* poll */
};

static struct outcome run(const struct world *world, size_t state, size_t call)
{
	struct outcome outcome = {0};
	struct subject s;

	enter(&s, world, state);
	outcome.before = polled(s.fd);
	errno = 0;
	outcome.result = calls[call].run(&s);
	outcome.error = outcome.result < 0 ? errno : 0;
	outcome.after = polled(s.fd);
	leave(&s);
	return outcome;
}

static bool same_outcome(const struct outcome *a, const struct outcome *b)
{
	return a->result == b->result && a->error == b->error && a->after == b->after;
}

static bool known_outcome(size_t call, const struct outcome *kernel, const struct outcome *ours)
{
	/* The kernel counts a SYN that nobody acknowledged, for ever. */
	bool counted = calls[call].run == call_siocoutq && kernel->result == 1 && ours->result == 0;
	/* And shows a port that it gave back already. */
	bool stale = calls[call].run == call_getsockname && kernel->result == ours->result + 1;

	if (!counted && !stale && (kernel->result != ours->result || kernel->error != ours->error))
		return false;
	return kernel->after == ours->after || known_mask(kernel->after, ours->after);
}

static void test_calls(void **unused)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < STATES; i++) {
		for (size_t j = 0; j < CALLS; j++) {
			struct outcome kernel = run(&worlds[0], i, j), ours = run(&worlds[1], i, j);

			/* The kernel's answer to the other end may be a moment late. */
			for (int again = 0; again < 3 && !same_outcome(&kernel, &ours); again++) {
				kernel = run(&worlds[0], i, j);
				ours = run(&worlds[1], i, j);
			}
			if (same_outcome(&kernel, &ours) || known_outcome(j, &kernel, &ours))
				continue;
			print_message("%s, %s: the kernel's is %ld (%s) and %#x, ours %ld (%s) and %#x\n",
			    states[i].name, calls[j].name, kernel.result, strerrorname_np(kernel.error),
			    kernel.after, ours.result, strerrorname_np(ours.error), ours.after);
			wrong++;
		}
	}
	print_message("%zu states, %zu calls\n", STATES, CALLS);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_calls),
	};

	return CROWDED_RUN(tests, setup, teardown);
}
