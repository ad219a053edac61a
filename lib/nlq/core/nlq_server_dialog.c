/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs of a stack with itself: the table of handlers takes the place of a socket. */
#include "nlq_server.h"

#include <errno.h>
#include <string.h>

#include "nlq_attrs.h"
#include "nlq_ioctl.h"
#include "nlq_message.h"
#include "nlq_proc.h"
#include "nlq_queue.h"

static ssize_t peer_send(void *context, const void *message, size_t len)
{
	struct nlq_server_peer *peer = context;

	/* What an earlier dialog left behind is of no use to this one. */
	nlq_free(&peer->answers);
	if (nlq_process_datagram(&peer->server, message, len, &peer->answers))
		return -ENOMEM;
	return (ssize_t)len;
}

/* One message a datagram. None left: the end of the socket. */
static ssize_t peer_recv(void *context, void *buffer, size_t size)
{
	struct nlq_server_peer *peer = context;
	struct nlq_msg *msg = nlq_dequeue(&peer->answers);
	size_t len;

	if (!msg)
		return 0;
	len = msg->nlq_size;
	memcpy(buffer, msg->nlq_packet, len < size ? len : size);
	nlq_freemsg(msg);
	return (ssize_t)len;
}

struct nlq_io nlq_io_server(struct nlq_server_peer *peer)
{
	return (struct nlq_io){.send = peer_send, .recv = peer_recv, .context = peer};
}

int nlq_server_process_rtreply(
    struct nlq_msg *reply, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	struct nlq_msg *msg;
	int result = 0;

	for (; (msg = nlq_dequeue(&reply)); nlq_freemsg(msg)) {
		const struct nlmsghdr *message = msg->nlq_packet;

		if (result < 0)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
			result = nlq_message_result(message);
		} else {
			int error = nlq_attrs_call(message, cb, argin, argout, argenv);

			result = error < 0 ? error : result;
		}
	}
	return result;
}

int nlq_server_rtdialog(struct nlq_msg *msg, nlq_request_handlers_table handlers_table,
    void *stackinfo, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	const struct nlq_server server = {.handlers = handlers_table, .stackinfo = stackinfo};
	struct nlq_msg *reply = NULL;
	int error;

	nlq_complete(msg);
	error = nlq_msg_error(msg);
	if (!error)
		error = nlq_server_answer(&server, msg->nlq_packet, &reply);
	nlq_freemsg(msg);
	if (error)
		return error;
	return nlq_server_process_rtreply(reply, cb, argin, argout, argenv);
}

int nlq_server_ioctl(
    nlq_request_handlers_table handlers_table, void *stackinfo, unsigned long request, void *arg)
{
	struct nlq_server_peer peer = {{.handlers = handlers_table, .stackinfo = stackinfo}, NULL};
	const struct nlq_io io = nlq_io_server(&peer);
	int result = nlq_dialog_ioctl(&io, request, arg);

	nlq_free(&peer.answers);
	return nlq_return_errno(result);
}

int nlq_server_proc_net_dev(nlq_request_handlers_table handlers_table, void *stackinfo, FILE *file)
{
	struct nlq_server_peer peer = {{.handlers = handlers_table, .stackinfo = stackinfo}, NULL};
	const struct nlq_io io = nlq_io_server(&peer);
	int result = nlq_dialog_proc_net_dev(&io, file);

	nlq_free(&peer.answers);
	return nlq_return_errno(result);
}
