/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls on sockets, one after the other: the local program is not to be trusted either. A call is a
 * byte that says which, one that says on what socket, and what the call takes of the input. Names,
 * control messages and option values lie in memory of just their size.
 */
#include "stack_common.h"

#include <sys/ioctl.h>

/* A copy of up to `max` bytes, NULL if none; its length is the input's first byte. */
static void *take_bytes(struct input *input, size_t max, size_t *len)
{
	size_t n = take(input);
	void *copy;

	n = n > max ? max : n;
	*len = n > input->size ? input->size : n;
	copy = *len ? malloc(*len) : NULL;
	if (!copy) {
		*len = 0;
		return NULL;
	}
	memcpy(copy, input->data, *len);
	input->data += *len;
	input->size -= *len;
	return copy;
}

static int level(uint8_t byte)
{
	static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, SOL_RAW,
	    IPPROTO_ICMPV6, SOL_PACKET, IPPROTO_TCP};

	return levels[byte % 8];
}

static void set_option(struct px_sock *sock, struct input *input)
{
	int at = level(take(input)), name = take(input);
	size_t len;
	void *value = take_bytes(input, 255, &len);

	/* Its pointer is the caller's to copy (run/). */
	if (at != SOL_SOCKET || name != SO_ATTACH_FILTER)
		px_sock_setsockopt(sock, at, name, value, (socklen_t)len);
	free(value);
}

static void get_option(struct px_sock *sock, struct input *input)
{
	int at = level(take(input)), name = take(input);
	socklen_t len = take(input);
	uint8_t *value = malloc(len ? len : 1);

	if (value)
		px_sock_getsockopt(sock, at, name, value, &len);
	free(value);
}

static void send_message(struct px_sock *sock, struct input *input)
{
	static uint8_t payload[65536];
	static const int flags[] = {0, MSG_MORE, MSG_DONTROUTE, MSG_CONFIRM, MSG_OOB, 0, 0, 0};
	size_t name_len, control_len;
	void *name = take_bytes(input, sizeof(struct sockaddr_storage), &name_len);
	uint8_t *control = take_bytes(input, 255, &control_len);
	struct iovec iov = {payload, (size_t)(take(input) | take(input) << 8)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_name = name,
	    .msg_namelen = (socklen_t)name_len,
	    .msg_control = control,
	    .msg_controllen = control_len};
	struct cmsghdr *cmsg = (struct cmsghdr *)(void *)control;

	payload[0] = take(input);
	/* Mostly a true length: what is inside is of interest, too. */
	if (control_len >= sizeof(*cmsg) && (cmsg->cmsg_len & 1)) {
		cmsg->cmsg_len = control_len;
		cmsg->cmsg_level = level((uint8_t)cmsg->cmsg_level);
	}
	px_sock_sendmsg(sock, &msg, flags[take(input) % 8]);
	free(name);
	free(control);
}

static void receive_message(struct px_sock *sock, struct input *input)
{
	static uint8_t bytes[65536];
	static const int flags[] = {0, MSG_PEEK, MSG_TRUNC, MSG_ERRQUEUE};
	size_t control_len = take(input), room = (size_t)take(input) * 256;
	void *control = malloc(control_len ? control_len : 1);
	struct sockaddr_storage name;
	struct iovec iov = {bytes, room};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_name = &name,
	    .msg_namelen = take(input) % (sizeof(name) + 1),
	    .msg_control = control,
	    .msg_controllen = control ? control_len : 0};

	px_sock_recvmsg(sock, &msg, flags[take(input) % 4]);
	free(control);
}

static void call_with_name(struct px_sock *sock, struct input *input, bool connect)
{
	size_t len;
	void *name = take_bytes(input, sizeof(struct sockaddr_storage), &len);

	if (connect)
		px_sock_connect(sock, name, (socklen_t)len);
	else
		px_sock_bind(sock, name, (socklen_t)len);
	free(name);
}

static void exchange(struct fuzz_stack *fuzz, struct px_sock **sock, uint8_t kind)
{
	static const int kinds[8][3] = {{AF_INET, SOCK_DGRAM, 0}, {AF_INET6, SOCK_DGRAM, 0},
	    {AF_INET, SOCK_RAW, 253}, {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
	    {AF_PACKET, SOCK_RAW, 0x0300}, {AF_PACKET, SOCK_DGRAM, 0x0008},
	    {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}};
	struct px_sock *fresh;

	if (px_sock_new(
	        fuzz->stack, kinds[kind % 8][0], kinds[kind % 8][1], kinds[kind % 8][2], &fresh))
		return;
	px_sock_free(*sock);
	*sock = fresh;
}

static void call(struct fuzz_stack *fuzz, struct input *input)
{
	uint8_t what = take(input);
	struct px_sock **sock = &fuzz->socks[take(input) % FUZZ_SOCKETS];
	struct sockaddr_storage name;
	socklen_t len;
	int value;

	switch (what % 12) {
	case 0:
		exchange(fuzz, sock, take(input));
		break;
	case 1:
	case 2:
		call_with_name(*sock, input, what % 12 == 1);
		break;
	case 3:
	case 4:
		set_option(*sock, input);
		break;
	case 5:
		get_option(*sock, input);
		break;
	case 6:
	case 7:
		send_message(*sock, input);
		break;
	case 8:
		receive_message(*sock, input);
		break;
	case 9:
		px_sock_shutdown(*sock, take(input) % 4);
		break;
	case 10:
		len = take(input) % (sizeof(name) + 1);
		px_sock_getname(*sock, what & 0x80, (struct sockaddr *)&name, &len);
		px_sock_ioctl(*sock, what & 0x40 ? FIONREAD : take(input), &value);
		break;
	default:
		fuzz_pass(fuzz, take(input) * PX_MSEC);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct fuzz_stack fuzz;

	fuzz_open(&fuzz);
	for (unsigned int i = 0; i < 256 && input.size; i++) {
		call(&fuzz, &input);
		px_run(fuzz.stack, fuzz.now);
		fuzz_output(&fuzz);
	}
	fuzz_close(&fuzz);
	return 0;
}
