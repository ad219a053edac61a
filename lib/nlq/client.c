/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs of programs with a stack: libnlq's messages on libioth's sockets. */
#include <libnlq.h>

#include <errno.h>

#include "nlq_attrs.h"
#include "nlq_message.h"
#include "nlq_queue.h"
#include "nlq_socket.h"

/* The kernel fits the datagrams of a dump to the reader's buffer, up to this size. */
#define RECEIVE_SIZE 32768

int nlqx_open(struct ioth *stack, int protocol)
{
	return nlq_return_errno(nlq_socket_fd(stack, protocol));
}

int nlq_open(int protocol)
{
	return nlqx_open(NULL, protocol);
}

ssize_t nlq_sendmsg(int fd, struct nlq_msg *msg)
{
	int error = nlq_msg_error(msg);

	if (!error && !msg->nlq_packet)
		error = -EINVAL; /* not complete */
	if (error)
		return nlq_return_errno(error);
	return ioth_send(fd, msg->nlq_packet, msg->nlq_size, MSG_NOSIGNAL);
}

ssize_t nlq_complete_send_freemsg(int fd, struct nlq_msg *msg)
{
	ssize_t sent;
	int error;

	nlq_complete(msg);
	sent = nlq_sendmsg(fd, msg);
	error = errno;
	nlq_freemsg(msg);
	errno = error;
	return sent;
}

struct callback {
	nlq_doit_f function;
	const void *argin;
	void *argout;
	void *argenv;
};

static int call_back(const struct nlmsghdr *message, void *argument)
{
	const struct callback *callback = argument;

	return nlq_attrs_call(
	    message, callback->function, callback->argin, callback->argout, callback->argenv);
}

int nlq_recv_process_rtreply(int fd, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	struct callback callback = {cb, argin, argout, argenv};
	const struct nlq_io io = nlq_socket_io(&fd);
	void *buffer = malloc(RECEIVE_SIZE);
	int result;

	if (!buffer)
		return -ENOMEM;
	result = nlq_receive(&io, call_back, &callback, buffer, RECEIVE_SIZE);
	free(buffer);
	return result;
}

int nlqx_rtdialog(struct ioth *stack, struct nlq_msg *msg, nlq_doit_f cb, const void *argin,
    void *argout, void *argenv)
{
	struct callback callback = {cb, argin, argout, argenv};
	void *buffer = malloc(RECEIVE_SIZE);
	struct nlq_socket client;
	int result;

	nlq_complete(msg);
	result = buffer ? nlq_msg_error(msg) : -ENOMEM;
	if (result)
		goto out;
	result = nlq_socket_open(&client, stack);
	if (result)
		goto out;
	/* A change that is not acknowledged is answered by nothing if it succeeds. */
	if (msg->nlq_packet->nlmsg_type % 4 != RTM_GET)
		msg->nlq_packet->nlmsg_flags |= NLM_F_ACK;
	result =
	    nlq_dialog_buffer(&client.io, msg->nlq_packet, call_back, &callback, buffer, RECEIVE_SIZE);
	nlq_socket_close(&client);
out:
	free(buffer);
	nlq_freemsg(msg);
	return result;
}

int nlq_rtdialog(struct nlq_msg *msg, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	return nlqx_rtdialog(NULL, msg, cb, argin, argout, argenv);
}

int nlq_general_rtdialog(struct nlq_msg *msg, nlq_request_handlers_table handlers_table,
    void *stackinfo, nlq_doit_f cb, const void *argin, void *argout, void *argenv)
{
	if (!handlers_table)
		return nlqx_rtdialog(stackinfo, msg, cb, argin, argout, argenv);
	return nlq_server_rtdialog(msg, handlers_table, stackinfo, cb, argin, argout, argenv);
}
