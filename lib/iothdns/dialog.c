/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets of a look-up: see dialog.h. */
#include "dialog.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ioth.h>

#include "packet.h"
#include "scope.h"
#include "spare.h"

/* More than was offered (OPT_SIZE_OURS): what servers send who go by their own idea. */
#define DATAGRAM_MAX 4096
#define BURST        64

uint64_t dialog_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void dialog_init(struct dialog *dialog, struct ioth *stack, struct spare *spare)
{
	dialog->stack = stack;
	dialog->spare = spare;
	dialog->turn = dialog->query.turn - 1;
	dialog->fd = -1;
	dialog->answer = NULL;
}

/* `again`: the socket is as good as new, for the next packet to this server. */
static void close_socket(struct dialog *dialog, bool again)
{
	if (dialog->fd >= 0 && again && dialog->spare && !dialog->tcp)
		dialog->fd = spare_put(dialog->spare, dialog->server, dialog->fd);
	if (dialog->fd >= 0)
		ioth_close(dialog->fd);
	dialog->fd = -1;
	free(dialog->answer);
	dialog->answer = NULL;
}

void dialog_fini(struct dialog *dialog)
{
	close_socket(dialog, false);
	query_fini(&dialog->query);
}

/* Returns the length of the server's address, or 0: its interface is not there. */
static socklen_t server_address(
    struct dialog *dialog, const struct server *server, struct sockaddr_storage *address)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)server->family;
	if (server->family == AF_INET) {
		in4->sin_port = htons(IOTHDNS_DEFAULT_PORT);
		memcpy(&in4->sin_addr, server->address, sizeof(in4->sin_addr));
		return sizeof(*in4);
	}
	in6->sin6_port = htons(IOTHDNS_DEFAULT_PORT);
	memcpy(&in6->sin6_addr, server->address, sizeof(in6->sin6_addr));
	if (server->scope[0] && scope_index(dialog->stack, server->scope, &in6->sin6_scope_id) < 0)
		return 0;
	return sizeof(*in6);
}

/* Sends what TCP has not taken yet: the length (RFC 1035, 4.2.2) and the packet. */
static int send_rest(struct dialog *dialog)
{
	struct query *query = &dialog->query;
	uint8_t prefix[2] = {(uint8_t)(query->packet_len >> 8), (uint8_t)query->packet_len};
	size_t total = sizeof(prefix) + query->packet_len;

	while (dialog->sent < total) {
		size_t head = dialog->sent < sizeof(prefix) ? sizeof(prefix) - dialog->sent : 0;
		struct iovec iov[2] = {{prefix + sizeof(prefix) - head, head},
		    {query->packet + dialog->sent + head - sizeof(prefix), total - dialog->sent - head}};
		struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
		ssize_t n = ioth_sendmsg(dialog->fd, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		dialog->sent += (size_t)n;
	}
	return 0;
}

static int send_datagram(struct dialog *dialog)
{
	const struct query *query = &dialog->query;
	ssize_t n;

	do
		n = ioth_send(dialog->fd, query->packet, query->packet_len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int open_socket(struct dialog *dialog)
{
	struct query *query = &dialog->query;
	const struct server *server = query_server(query);
	int type = (dialog->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct sockaddr_storage address;
	socklen_t len = server_address(dialog, server, &address);

	if (len == 0)
		return -ENODEV;
	dialog->fd = ioth_msocket(dialog->stack, server->family, type, 0);
	if (dialog->fd < 0)
		return -errno;
	dialog->connecting = false;
	if (ioth_connect(dialog->fd, (struct sockaddr *)&address, len) < 0) {
		if (!dialog->tcp || errno != EINPROGRESS)
			return -errno;
		dialog->connecting = true;
	}
	return 0;
}

/* The query has a new packet. 0 or -errno. */
static int begin(struct dialog *dialog)
{
	struct query *query = &dialog->query;
	int error = 0;

	close_socket(dialog, query->state == QUERY_UDP && query->server == dialog->server);
	dialog->turn = query->turn;
	dialog->tcp = query->state == QUERY_TCP;
	dialog->server = query->server;
	dialog->sent = 0;
	dialog->received = 0;
	if (dialog->spare && !dialog->tcp)
		dialog->fd = spare_take(dialog->spare, query->server);
	if (dialog->fd < 0)
		error = open_socket(dialog);
	if (error == 0 && !dialog->tcp)
		error = send_datagram(dialog);
	else if (error == 0 && !dialog->connecting)
		error = send_rest(dialog);
	return error;
}

/* Datagrams, at most so many that a flood of them does not keep the caller from the time. True: the
 * query has moved on. */
static bool receive_datagrams(struct dialog *dialog, uint64_t now)
{
	struct query *query = &dialog->query;
	uint8_t buffer[DATAGRAM_MAX];

	for (int i = 0; i < BURST && query->turn == dialog->turn; i++) {
		ssize_t n = ioth_recv(dialog->fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
		if (n < 0)
			query_socket_failed(query, errno, now);
		else if ((size_t)n > sizeof(buffer))
			query_received_part(query, buffer, sizeof(buffer), now);
		else
			query_received(query, buffer, (size_t)n, now);
	}
	return query->turn != dialog->turn;
}

/* The next bytes of a stream into a buffer; 1: it is full; 0: wait; -errno. */
static int fill(struct dialog *dialog, uint8_t *buffer, size_t offset, size_t size)
{
	while (dialog->received < offset + size) {
		size_t at = dialog->received - offset;
		ssize_t n = ioth_recv(dialog->fd, buffer + at, size - at, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		if (n == 0)
			return -ECONNRESET; /* the end, amid or before the answer */
		dialog->received += (size_t)n;
	}
	return 1;
}

static int receive_stream(struct dialog *dialog)
{
	int full = fill(dialog, dialog->prefix, 0, sizeof(dialog->prefix));

	if (full <= 0)
		return full;
	if (!dialog->answer) {
		dialog->expected = (size_t)dialog->prefix[0] << 8 | dialog->prefix[1];
		dialog->answer = malloc(dialog->expected ? dialog->expected : 1);
		if (!dialog->answer)
			return -ENOMEM;
	}
	return fill(dialog, dialog->answer, sizeof(dialog->prefix), dialog->expected);
}

/* 0: in progress or there; -errno. */
static int finish_connect(struct dialog *dialog)
{
	struct pollfd pfd = {dialog->fd, POLLOUT, 0};
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&pfd, 1, 0) <= 0)
		return 0;
	if (ioth_getsockopt(dialog->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return -errno;
	dialog->connecting = false;
	return -error;
}

/* True: the query has moved on. */
static bool converse(struct dialog *dialog, uint64_t now)
{
	struct query *query = &dialog->query;
	int result = dialog->connecting ? finish_connect(dialog) : 0;

	if (result == 0 && dialog->connecting)
		return false;
	if (result == 0)
		result = send_rest(dialog);
	if (result == 0)
		result = receive_stream(dialog);
	if (result < 0)
		query_socket_failed(query, -result, now);
	else if (result > 0)
		query_received(query, dialog->answer, dialog->expected, now);
	return result != 0;
}

void dialog_step(struct dialog *dialog, uint64_t now)
{
	struct query *query = &dialog->query;

	for (;;) {
		bool moved;

		if (query_has_ended(query)) {
			close_socket(dialog, query->state == QUERY_DONE);
			return;
		}
		if (query->turn != dialog->turn) {
			int error = begin(dialog);

			if (error < 0) {
				query_socket_failed(query, -error, now);
				continue;
			}
		}
		moved = dialog->tcp ? converse(dialog, now) : receive_datagrams(dialog, now);
		if (moved)
			continue;
		if (now < query->deadline)
			return;
		query_timed_out(query, now);
	}
}

short dialog_events(const struct dialog *dialog)
{
	bool sending =
	    dialog->tcp &&
	    (dialog->connecting || dialog->sent < sizeof(dialog->prefix) + dialog->query.packet_len);

	return (short)(sending ? POLLIN | POLLOUT : POLLIN);
}

#define RUN_MAX 2

void dialog_run(struct dialog *dialogs, unsigned int count)
{
	for (;;) {
		struct pollfd pfds[RUN_MAX];
		uint64_t now = dialog_now(), deadline = UINT64_MAX;
		unsigned int waiting = 0;

		for (unsigned int i = 0; i < count && i < RUN_MAX; i++) {
			struct dialog *dialog = &dialogs[i];

			dialog_step(dialog, now);
			if (query_has_ended(&dialog->query))
				continue;
			pfds[waiting++] = (struct pollfd){dialog->fd, dialog_events(dialog), 0};
			if (dialog->query.deadline < deadline)
				deadline = dialog->query.deadline;
		}
		if (!waiting)
			return;
		now = dialog_now();
		(void)poll(pfds, waiting, deadline > now ? (int)(deadline - now) : 0);
	}
}
