/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests of rtnetlink(7) to a stack with interfaces, addresses, routes and neighbours, while a
 * second socket is in every group. Input is a list of records as in stack_common.h. With bit 2 of a
 * record's first byte its bytes are sent as they are; else a request is made of them, so that
 * mutations get past the checks of lengths:
 *
 *     type (of 16), flags (two bytes), the family header, and for each attribute: type, length,
 *     that many bytes
 *
 * With an odd number of bytes the socket is strict about dumps (NETLINK_GET_STRICT_CHK). Answers
 * and notifications must be well formed. In the end everything is dumped, every interface is
 * deleted and nothing may be left.
 */
#include "stack_common.h"

#include "nlq_attrs.h"
#include "nlq_message.h"

static struct px_sock *asker, *monitor;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void send_datagram(const void *bytes, size_t len)
{
	struct iovec iov = {(void *)(uintptr_t)bytes, len};
	const struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	px_sock_sendmsg(asker, &msg, 0);
}

/* Every datagram is whole messages, whose attributes are, too. */
static void drain(struct px_sock *sock)
{
	static _Alignas(struct nlmsghdr) uint8_t bytes[65536];
	const struct nlmsghdr *message;

	for (;;) {
		struct iovec iov = {bytes, sizeof(bytes)};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
		ssize_t len = px_sock_recvmsg(sock, &msg, 0);
		struct nlq_reader reader;

		if (len == -EAGAIN)
			return;
		if (len < 0)
			continue; /* ENOBUFS, once */
		reader = nlq_reader(bytes, (size_t)len);
		while ((message = nlq_next_message(&reader))) {
			size_t header = nlq_header_len(message->nlmsg_type);
			const struct nlattr *table[64];

			if (message->nlmsg_type >= RTM_BASE && message->nlmsg_type < RTM_NEWRULE)
				require(
				    header && nlq_parse_attrs(nlq_message_attrs(message, header), table, 63) == 0);
		}
		require(!reader.error);
	}
}

static void drain_all(void)
{
	drain(asker);
	drain(monitor);
}

static size_t make_request(const uint8_t *data, size_t size, uint8_t *request)
{
	static const uint16_t families[] = {RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWNEIGH};
	struct nlq_builder builder = nlq_builder(request, FUZZ_FRAME_MAX);
	const struct nlmsghdr *message;
	size_t header, len;
	uint16_t type;

	if (size < 3)
		return 0;
	type = (uint16_t)(families[data[0] / 4 % 4] + data[0] % 4);
	nlq_build_message(
	    &builder, type, (uint16_t)(data[1] | (data[2] & 0x0f) << 8 | NLM_F_REQUEST), 1, 0);
	data += 3;
	size -= 3;
	header = nlq_header_len(type);
	if (header > size)
		header = size;
	nlq_build_bytes(&builder, data, header);
	data += header;
	size -= header;
	while (size >= 2) {
		len = data[1] < size - 2 ? data[1] : size - 2;
		nlq_build_attr(&builder, data[0] | (data[0] & 0x80 ? NLA_F_NESTED : 0), data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	message = nlq_build_finish(&builder);
	return message ? message->nlmsg_len : 0;
}

static void dump_all(void)
{
	static const uint16_t types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETNEIGH};
	struct {
		struct nlmsghdr header;
		struct rtmsg body;
	} request = {.header = {.nlmsg_len = sizeof(request)}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		request.header.nlmsg_type = types[i];
		request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		send_datagram(&request, sizeof(request));
		drain_all();
	}
}

static void open_sockets(struct fuzz_stack *fuzz, int strict)
{
	const struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = UINT32_MAX};
	static const uint8_t mac[PX_MAC_LEN] = {2, 0, 0, 0, 0, 2};
	struct px_iface *second;
	const int on = 1;

	require(px_iface_add(fuzz->stack, &ethernet_type, "vde1", 0, mac, &second) == 0);
	px_iface_up(second);
	px_iface_set_carrier(second, true);
	require(px_sock_new(fuzz->stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &asker) == 0);
	require(px_sock_new(fuzz->stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &monitor) == 0);
	require(px_sock_bind(monitor, (const struct sockaddr *)&all, sizeof(all)) == 0);
	require(px_sock_setsockopt(asker, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) == 0);
	require(px_sock_setsockopt(
	            asker, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict)) == 0);
}

static void ask(
    struct fuzz_stack *fuzz, uint8_t flags, const uint8_t *data, size_t size, void *context)
{
	_Alignas(struct nlmsghdr) uint8_t request[FUZZ_FRAME_MAX];

	if (flags & 1)
		send_datagram(data, size);
	else
		send_datagram(request, make_request(data, size, request));
	px_run(fuzz->stack, fuzz->now);
	fuzz_output(fuzz);
	drain_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_stack fuzz;

	fuzz_open(&fuzz);
	open_sockets(&fuzz, size % 2 ? 1 : 0);
	fuzz_records(&fuzz, data, size, ask, NULL);
	dump_all();
	fuzz_close(&fuzz);
	return 0;
}
