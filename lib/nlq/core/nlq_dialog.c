/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exchange: a request, and its answer read to the end (netlink(7); RFC 3549, 2.3).
 *
 * When does an answer end?
 *   NLMSG_ERROR  always; with error 0 it is the acknowledgement
 *   NLMSG_DONE   always; it ends a dump, and may carry the error that cut the dump short
 *   a message    if neither an acknowledgement nor a dump was asked for, and the message does not
 *                say that more follow (NLM_F_MULTI)
 *
 * An answer that a former dialog left unread (a time-out, a signal's longjmp) is told apart by its
 * sequence number. There is no place to count requests in, so the number is drawn from the clock:
 * two requests on one socket share it only when they are an exact multiple of 2^32 ns apart.
 */
#include "nlq_dialog.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <linux/rtnetlink.h>

#include "nlq_message.h"

#define DIALOG_BUFFER_SIZE 8192 /* the kernel's NLMSG_GOODSIZE at most */

static ssize_t fd_send(void *context, const void *message, size_t len)
{
	const int *fd = context;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent =
	    sendto(*fd, message, len, MSG_NOSIGNAL, (const struct sockaddr *)&kernel, sizeof(kernel));

	return sent < 0 ? -errno : sent;
}

static ssize_t fd_recv(void *context, void *buffer, size_t size)
{
	const int *fd = context;

	for (;;) {
		struct sockaddr_nl sender = {.nl_family = AF_UNSPEC};
		struct iovec iov = {.iov_base = buffer, .iov_len = size};
		struct msghdr header = {
		    .msg_name = &sender,
		    .msg_namelen = sizeof(sender),
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		};
		ssize_t len = recvmsg(*fd, &header, MSG_TRUNC);

		if (len < 0)
			return -errno;
		/* Another process may write to our port; the kernel's port is 0. */
		if (header.msg_namelen == sizeof(sender) && sender.nl_family == AF_NETLINK &&
		    sender.nl_pid == 0)
			return len;
	}
}

struct nlq_io nlq_io_fd(int *fd)
{
	return (struct nlq_io){.send = fd_send, .recv = fd_recv, .context = fd};
}

static int send_request(const struct nlq_io *io, const struct nlmsghdr *request)
{
	ssize_t sent;

	do
		sent = io->send(io->context, request, request->nlmsg_len);
	while (sent == -EINTR);
	if (sent < 0)
		return (int)sent;
	return (size_t)sent == request->nlmsg_len ? 0 : -EMSGSIZE;
}

static ssize_t receive(const struct nlq_io *io, void *buffer, size_t size)
{
	ssize_t len;

	do
		len = io->recv(io->context, buffer, size);
	while (len == -EINTR);
	return len ? len : -EPIPE; /* netlink has no empty datagrams: this is a socket's end */
}

static uint32_t draw_sequence(void)
{
	struct timespec now;
	uint32_t sequence;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sequence = (uint32_t)now.tv_sec * 1000000000U + (uint32_t)now.tv_nsec;
	return sequence ? sequence : 1; /* 0 is that of notifications */
}

/* The bits of NLM_F_DUMP mean other things in requests that are no GET. */
static bool is_dump(const struct nlmsghdr *request)
{
	return (request->nlmsg_type - RTM_BASE) % 4 == RTM_GETLINK - RTM_BASE &&
	       (request->nlmsg_flags & NLM_F_DUMP);
}

struct exchange {
	uint32_t sequence;
	bool any_sequence; /* whatever comes is the answer */
	bool ends_itself;  /* NLMSG_DONE or NLMSG_ERROR will end the answer */
	nlq_answer *answer;
	void *argument;
	bool ended;
	bool interrupted; /* NLM_F_DUMP_INTR was seen */
	int result;       /* the first error of `answer`, or what the end says */
};

static void take_message(struct exchange *exchange, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == NLMSG_NOOP)
		return;
	if (message->nlmsg_seq != exchange->sequence && !exchange->any_sequence)
		return;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		exchange->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
		exchange->ended = true;
		if (exchange->result == 0)
			exchange->result = nlq_message_result(message);
		return;
	}
	if (exchange->result == 0 && exchange->answer) {
		int error = exchange->answer(message, exchange->argument);

		if (error < 0)
			exchange->result = error;
	}
	if (!exchange->ends_itself && !(message->nlmsg_flags & NLM_F_MULTI))
		exchange->ended = true;
}

/* The kernel appends the whole request to its error (unless NETLINK_CAP_ACK is set), so the error
 * that answers a long one may be cut: its number is in front. */
static void take_cut_error(struct exchange *exchange, const struct nlq_reader *rest)
{
	struct {
		struct nlmsghdr header;
		int error;
	} front;

	if (rest->left < sizeof(front))
		return;
	memcpy(&front, rest->data, sizeof(front));
	front.header.nlmsg_len = sizeof(front);
	if (front.header.nlmsg_type == NLMSG_ERROR)
		take_message(exchange, &front.header);
}

static int receive_answer(
    const struct nlq_io *io, struct exchange *exchange, void *buffer, size_t size)
{
	while (!exchange->ended) {
		ssize_t len = receive(io, buffer, size);
		bool truncated = len > 0 && (size_t)len > size;
		struct nlq_reader reader;
		const struct nlmsghdr *message;

		if (len < 0)
			return (int)len;
		reader = nlq_reader(buffer, truncated ? size : (size_t)len);
		while (!exchange->ended && (message = nlq_next_message(&reader)))
			take_message(exchange, message);
		if (!exchange->ended && truncated)
			take_cut_error(exchange, &reader);
		/* The end of the answer may be among what was lost: do not wait for it. */
		if (!exchange->ended && truncated)
			return -EMSGSIZE;
		if (!exchange->ended && reader.error)
			return reader.error;
	}
	if (exchange->result == 0 && exchange->interrupted)
		return -EINTR;
	return exchange->result;
}

int nlq_dialog_buffer(const struct nlq_io *io, struct nlmsghdr *request, nlq_answer *answer,
    void *argument, void *buffer, size_t size)
{
	struct exchange exchange = {.answer = answer, .argument = argument};
	int error;

	request->nlmsg_seq = exchange.sequence = draw_sequence();
	exchange.ends_itself = (request->nlmsg_flags & NLM_F_ACK) || is_dump(request);
	error = send_request(io, request);
	return error ? error : receive_answer(io, &exchange, buffer, size);
}

int nlq_receive(
    const struct nlq_io *io, nlq_answer *answer, void *argument, void *buffer, size_t size)
{
	struct exchange exchange = {.any_sequence = true, .answer = answer, .argument = argument};

	return receive_answer(io, &exchange, buffer, size);
}

int nlq_dialog(
    const struct nlq_io *io, struct nlmsghdr *request, nlq_answer *answer, void *argument)
{
	NLQ_BUFFER(buffer, DIALOG_BUFFER_SIZE);

	return nlq_dialog_buffer(io, request, answer, argument, buffer, sizeof(buffer));
}
