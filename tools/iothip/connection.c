/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket as the io of netlink dialogs (nlq_dialog.h), and how errors are told. */
#include "iothip.h"

#include "ctl_protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

static ssize_t io_send(void *context, const void *message, size_t len)
{
	struct connection *connection = context;
	ssize_t sent = send(connection->fd, message, len, MSG_NOSIGNAL);

	return sent < 0 ? -errno : sent;
}

/* The words of an error (NLMSGERR_ATTR_MSG of linux/netlink.h), which the dialog does not look at.
 */
static void keep_reason(struct connection *connection, const struct nlmsghdr *message)
{
	const struct nlattr *table[NLMSGERR_ATTR_MAX + 1] = {NULL};
	const struct nlmsgerr *error = nlq_message_body(message, sizeof(*error));
	size_t len = sizeof(*error);

	if (message->nlmsg_type != NLMSG_ERROR || !error)
		return;
	connection->reason[0] = '\0';
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		len += NLMSG_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	nlq_parse_attrs(nlq_message_attrs(message, len), table, NLMSGERR_ATTR_MAX);
	if (nlq_attr_string(table[NLMSGERR_ATTR_MSG], connection->reason, sizeof(connection->reason)) <
	    0)
		connection->reason[0] = '\0';
}

static ssize_t io_recv(void *context, void *buffer, size_t size)
{
	struct connection *connection = context;
	ssize_t len = recv(connection->fd, buffer, size, MSG_TRUNC);
	const struct nlmsghdr *message;
	struct nlq_reader reader;

	if (len < 0)
		return -errno;
	reader = nlq_reader(buffer, (size_t)len > size ? size : (size_t)len);
	while ((message = nlq_next_message(&reader))) {
		keep_reason(connection, message);
		/* Refused before anything was asked. */
		if (message->nlmsg_type == NLMSG_ERROR && message->nlmsg_seq == 0)
			return nlq_message_result(message);
	}
	return len;
}

void connection_open(struct iothip *ip, const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(name.sun_path))
		fail_usage("%s: the path is too long", path);
	strcpy(name.sun_path, path);
	ip->connection.fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (ip->connection.fd < 0 ||
	    connect(ip->connection.fd, (const struct sockaddr *)&name, sizeof(name)) < 0) {
		fprintf(stderr, "iothip: %s: %s%s\n", path, strerror(errno),
		    errno == ECONNREFUSED ? " (its program has ended, or this is no socket of ctl=)" : "");
		exit(EXIT_STACK);
	}
	ip->io = (struct nlq_io){.send = io_send, .recv = io_recv, .context = &ip->connection};
}

void connection_names(struct iothip *ip)
{
	int err;

	free(ip->names.list);
	ip->names = (struct nlq_names){0};
	err = nlq_dialog_names(&ip->io, &ip->names);
	if (err < 0)
		fail_stack(ip, err);
}

void fail_stack(const struct iothip *ip, int err)
{
	size_t len = strlen(ip->connection.reason);

	if (ip->connection.reason[0])
		fprintf(stderr, "Error: %s%s\n", ip->connection.reason,
		    ip->connection.reason[len - 1] == '.' ? "" : ".");
	else if (err == -EPIPE || err == -ECONNRESET)
		fprintf(stderr, "iothip: the stack has ended, or it has too little memory\n");
	else if (err == -EUSERS)
		fprintf(stderr, "iothip: the stack has too many connections of this kind\n");
	else
		fprintf(stderr, "RTNETLINK answers: %s\n", strerror(-err));
	exit(EXIT_STACK);
}

void ask(struct iothip *ip, struct nlq_builder *request, nlq_answer *answer, void *argument)
{
	struct nlmsghdr *message = nlq_build_finish(request);
	NLQ_BUFFER(buffer, CTL_RECORD_MAX);
	int err;

	if (!message)
		fail_usage("the request is too long");
	err = nlq_dialog_buffer(&ip->io, message, answer, argument, buffer, sizeof(buffer));
	if (err < 0)
		fail_stack(ip, err);
}

void ask_all(struct iothip *ip, uint16_t type, const void *header, size_t len, nlq_answer *answer,
    void *argument)
{
	NLQ_BUFFER(buffer, 64);
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, type, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, header, len);
	ask(ip, &builder, answer, argument);
}

int messages_keep(const struct nlmsghdr *message, void *argument)
{
	struct messages *messages = argument;
	struct nlmsghdr *copy = malloc(message->nlmsg_len);
	struct nlmsghdr **list =
	    reallocarray(messages->list, messages->count + 1, sizeof(struct nlmsghdr *));

	if (list)
		messages->list = list;
	if (!copy || !list) {
		free(copy);
		return -ENOMEM;
	}
	memcpy(copy, message, message->nlmsg_len);
	list[messages->count++] = copy;
	return 0;
}

void messages_free(struct messages *messages)
{
	for (size_t i = 0; i < messages->count; i++)
		free(messages->list[i]);
	free(messages->list);
	*messages = (struct messages){0};
}
