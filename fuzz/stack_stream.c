/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on TCP sockets of one stack, that are connected to each other through lo: every call in
 * every state that calls alone lead to. A byte says which call, one on what socket, and what it
 * takes comes from the input. Whatever happens, readiness keeps its promises: what poll says can be
 * had without waiting.
 */
#include "stack_common.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#define SOCKETS 8
#define CALLS   300

/* A few ports of a few addresses, so that sockets meet. */
static socklen_t name_of(uint8_t byte, struct sockaddr_storage *name)
{
	static const char *const addresses[] = {"127.0.0.1", "10.0.0.1", "0.0.0.0", "::1",
	    "::ffff:127.0.0.1", "2001:db8::1", "10.0.0.9", ""};
	struct px_ip ip = px_ip_parse(addresses[byte % 8]);
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)(byte / 8 % 4)),
	    .sin_addr.s_addr = px_ip4_word(&ip)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = in.sin_port};

	memset(name, 0, sizeof(*name));
	if (byte % 8 == 7) /* AF_UNSPEC */
		return sizeof(in);
	if (byte % 8 < 3 || byte % 8 == 6) {
		memcpy(name, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, ip.b, sizeof(ip.b));
	memcpy(name, &in6, sizeof(in6));
	return sizeof(in6);
}

static void open_one(struct fuzz_stack *fuzz, struct px_sock **sock, uint8_t byte)
{
	struct px_sock *fresh;

	if (px_sock_new(fuzz->stack, byte & 1 ? AF_INET6 : AF_INET, SOCK_STREAM, 0, &fresh) < 0)
		return;
	if (*sock)
		px_sock_free(*sock);
	*sock = fresh;
}

static void accept_one(struct px_sock *listener, struct px_sock **place)
{
	bool ready = px_sock_poll(listener) & POLLIN;
	struct sockaddr_storage name;
	struct px_sock *fresh;
	socklen_t len;
	int err = px_sock_accept(listener, &fresh, &name, &len);

	/* A listener that is shut down is none any more; memory may be short. */
	if (err == -EAGAIN && ready)
		abort();
	if (err)
		return;
	if (*place && *place != listener)
		px_sock_free(*place);
	if (*place == listener)
		px_sock_free(fresh);
	else
		*place = fresh;
}

static void send_some(struct px_sock *sock, uint8_t size, uint8_t flags)
{
	static uint8_t payload[65536];
	static const int kinds[] = {0, MSG_MORE, MSG_OOB, MSG_MORE | MSG_OOB};
	struct iovec iov = {payload, (size_t)size * size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	unsigned int mask = px_sock_poll(sock);
	ssize_t result = px_sock_sendmsg(sock, &msg, kinds[flags % 4]);

	if (result == -EAGAIN && iov.iov_len && (mask & POLLOUT))
		abort();
}

static void receive_some(struct px_sock *sock, uint8_t size, uint8_t flags)
{
	static uint8_t bytes[65536];
	static const int kinds[] = {
	    0, MSG_PEEK, MSG_OOB, MSG_TRUNC, MSG_OOB | MSG_PEEK, MSG_ERRQUEUE, MSG_TRUNC | MSG_PEEK, 0};
	struct iovec iov = {bytes, (size_t)size * 257};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	unsigned int mask = px_sock_poll(sock);
	int kind = kinds[flags % 8], at_mark = 0;
	ssize_t result;

	px_sock_ioctl(sock, SIOCATMARK, &at_mark);
	result = px_sock_recvmsg(sock, &msg, kind);

	if (result > (ssize_t)iov.iov_len)
		abort();
	/* With an urgent byte next, read already or not, there may be nothing behind it: Linux shows
	 * POLLIN for it, too, when the window is closed. */
	if (result == -EAGAIN && !(kind & (MSG_OOB | MSG_ERRQUEUE)) && (mask & POLLIN) && !at_mark &&
	    iov.iov_len)
		abort();
}

static void set_option(struct px_sock *sock, struct input *input)
{
	static const int socket_names[] = {SO_LINGER, SO_KEEPALIVE, SO_OOBINLINE, SO_RCVLOWAT,
	    SO_SNDBUF, SO_RCVBUF, SO_REUSEADDR, SO_REUSEPORT};
	uint8_t which = take(input), byte = take(input);
	int value[2] = {(int8_t)byte, byte >> 4};

	if (which & 1) {
		value[0] *= take(input);
		px_sock_setsockopt(sock, IPPROTO_TCP, which >> 1 & 63, value, sizeof(int));
	} else {
		if (which & 2)
			value[0] *= 256;
		px_sock_setsockopt(sock, SOL_SOCKET, socket_names[which >> 2 & 7], value, sizeof(value));
	}
}

static void ask(struct px_sock *sock, uint8_t which)
{
	static const unsigned long requests[] = {SIOCINQ, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK};
	struct sockaddr_storage name;
	socklen_t len = sizeof(name), option_len = 255;
	uint8_t option[255];
	int value = 0;

	px_sock_getname(sock, which & 1, (struct sockaddr *)&name, &len);
	px_sock_ioctl(sock, requests[which >> 1 & 3], &value);
	px_sock_getsockopt(
	    sock, which & 128 ? SOL_SOCKET : IPPROTO_TCP, which & 127, option, &option_len);
}

static void call(struct fuzz_stack *fuzz, struct px_sock **socks, struct input *input)
{
	uint8_t what = take(input), which = take(input);
	struct px_sock **sock = &socks[which % SOCKETS];
	struct sockaddr_storage name;
	socklen_t len;

	if (!*sock)
		open_one(fuzz, sock, what);
	if (!*sock)
		return;
	switch (what % 16) {
	case 0:
		open_one(fuzz, sock, take(input));
		break;
	case 1:
		len = name_of(take(input), &name);
		px_sock_bind(*sock, (struct sockaddr *)&name, len);
		break;
	case 2:
	case 3:
		len = name_of(take(input), &name);
		px_sock_connect(*sock, (struct sockaddr *)&name, len);
		break;
	case 4:
		px_sock_listen(*sock, (int8_t)take(input));
		break;
	case 5:
	case 6:
		accept_one(*sock, &socks[take(input) % SOCKETS]);
		break;
	case 7:
	case 8:
		send_some(*sock, take(input), take(input));
		break;
	case 9:
	case 10:
		receive_some(*sock, take(input), take(input));
		break;
	case 11:
		px_sock_shutdown(*sock, take(input) % 4);
		break;
	case 12:
		set_option(*sock, input);
		break;
	case 13:
		ask(*sock, take(input));
		break;
	case 14:
		px_sock_free(*sock);
		*sock = NULL;
		break;
	default:
		fuzz_pass(fuzz, (px_time)take(input) * (which & 0x80 ? PX_SEC : PX_MSEC));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct px_sock *socks[SOCKETS] = {NULL};
	struct input input = {data, size};
	struct fuzz_stack fuzz;

	fuzz_open(&fuzz);
	for (unsigned int i = 0; i < CALLS && input.size; i++) {
		call(&fuzz, socks, &input);
		px_run(fuzz.stack, fuzz.now);
		fuzz_output(&fuzz);
	}
	for (unsigned int i = 0; i < SOCKETS; i++) {
		if (socks[i])
			px_sock_free(socks[i]);
	}
	tcp_abort_orphans(fuzz.stack);
	fuzz_close(&fuzz);
	return 0;
}
