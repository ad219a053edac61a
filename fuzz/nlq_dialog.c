/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Netlink dialogs with a hostile stack.
 *
 * Input: one byte that chooses the dialog, then the datagrams of the answer, each behind its length
 * in two bytes (big-endian; 0xffff and above the rest: the rest). A sequence number of 0 stands for
 * the request's. After the last datagram the socket is at its end.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "nlq_dialog.h"
#include "nlq_message.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct wire_reader answer;
	uint32_t sequence;
};

static ssize_t peer_send(void *context, const void *message, size_t len)
{
	struct peer *peer = context;
	struct nlmsghdr header;

	if (len < sizeof(header))
		abort();
	memcpy(&header, message, sizeof(header));
	if (header.nlmsg_len != len)
		abort();
	peer->sequence = header.nlmsg_seq;
	return (ssize_t)len;
}

static void fill_in_sequence(unsigned char *datagram, size_t len, uint32_t sequence)
{
	struct nlmsghdr header;

	while (len >= sizeof(header)) {
		size_t step;

		memcpy(&header, datagram, sizeof(header));
		if (header.nlmsg_seq == 0)
			header.nlmsg_seq = sequence;
		memcpy(datagram, &header, sizeof(header));
		step = header.nlmsg_len < sizeof(header) ? sizeof(header) : header.nlmsg_len;
		step = step > len ? len : NLMSG_ALIGN(step);
		if (step > len)
			step = len;
		datagram += step;
		len -= step;
	}
}

static ssize_t peer_recv(void *context, void *buffer, size_t size)
{
	struct peer *peer = context;
	size_t len = wire_u16(&peer->answer);
	size_t copied;
	const uint8_t *bytes;

	if (len > wire_left(&peer->answer))
		len = wire_left(&peer->answer);
	bytes = wire_take(&peer->answer, len);
	if (!bytes)
		return 0;
	copied = len < size ? len : size;
	memcpy(buffer, bytes, copied);
	fill_in_sequence(buffer, copied, peer->sequence);
	return (ssize_t)len;
}

static int take(const struct nlmsghdr *message, void *argument)
{
	unsigned int *left = argument;
	const unsigned char *body = nlq_message_body(message, message->nlmsg_len - NLMSG_HDRLEN);
	volatile unsigned char last = 0;

	if (message->nlmsg_len > NLMSG_HDRLEN)
		last = body[message->nlmsg_len - NLMSG_HDRLEN - 1];
	(void)last;
	return (*left)-- ? 0 : -ECANCELED;
}

static void dump(const struct nlq_io *io)
{
	const struct rtgenmsg body = {.rtgen_family = AF_UNSPEC};
	NLQ_BUFFER(request, 64);
	NLQ_BUFFER(small, 128);
	struct nlq_builder builder = nlq_builder(request, sizeof(request));
	unsigned int left = 10;

	nlq_build_message(&builder, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &body, sizeof(body));
	(void)nlq_dialog_buffer(io, nlq_build_finish(&builder), take, &left, small, sizeof(small));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char address[16];
	struct peer peer = {.answer = wire_reader(data, size)};
	const struct nlq_io io = {.send = peer_send, .recv = peer_recv, .context = &peer};
	unsigned char mac[6];
	int result = 0;

	switch (wire_u8(&peer.answer) % 8) {
	case 0:
		result = nlq_dialog_ifindex(&io, "vde0");
		if (result == 0)
			abort();
		break;
	case 1:
		result = nlq_dialog_link_getaddr(&io, 2, mac);
		break;
	case 2:
		result = nlq_dialog_link_updown(&io, 2, 1);
		break;
	case 3:
		(void)nlq_dialog_link_add(&io, "vde0", (unsigned int)-1, "vde", "vde://");
		break;
	case 4:
		result = nlq_dialog_link_add(&io, NULL, 0, "vde", "vde://");
		break;
	case 5:
		result = nlq_dialog_addr(&io, true, AF_INET6, address, 64, 2);
		break;
	case 6:
		result = nlq_dialog_route(&io, true, AF_INET, NULL, 0, address, 2);
		break;
	default:
		dump(&io);
		break;
	}
	if (result > 0 && data[0] % 8 != 0)
		abort();
	return 0;
}
