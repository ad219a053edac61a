/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Help for a small server: one request in, one reply out. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothdns.h>

#include "packet.h"

#define CONTROL_SIZE 256

/* What the client can take as a datagram: 512 bytes, or what its OPT record says; whether it has
 * one. */
static size_t datagram_limit(struct iothdns_pkt *request, bool *has_opt)
{
	struct iothdns_rr rr;
	size_t limit = IOTHDNS_UDP_MAXBUF;

	*has_opt = false;
	while (read_rr(request, &rr, NULL)) {
		if (rr.type != IOTHDNS_TYPE_OPT)
			continue;
		*has_opt = true;
		/* RFC 6891, 6.2.3: "Values lower than 512 MUST be treated as equal to 512." */
		if (rr.class > limit)
			limit = rr.class;
	}
	return limit;
}

static bool has_record(const struct iovec *message, uint16_t type)
{
	struct iothdns_header h;
	struct iothdns_rr rr;
	struct iothdns_pkt pkt;
	bool found = false;

	if (read_open(&pkt, &h, message->iov_base, message->iov_len, NULL) < 0)
		return false;
	while (!found && read_rr(&pkt, &rr, NULL))
		found = rr.type == type;
	return found;
}

/* A reply to what could not be read: the header alone. NULL: no memory, or there is no header to
 * reply to. */
static struct iothdns_pkt *format_error(const uint8_t *bytes, size_t len)
{
	struct wire_reader r = wire_reader(bytes, len);
	struct iothdns_header h = {.id = wire_u16(&r)};

	h.flags = wire_u16(&r);
	wire_skip(&r, HEADER_LEN - HEADER_COUNTS);
	if (r.error || IOTHDNS_IS_RESPONSE(h.flags))
		return NULL;
	h.flags = (uint16_t)(IOTHDNS_RESPONSE | (h.flags & (IOTHDNS_OP_MASK | IOTHDNS_RD)) |
	                     IOTHDNS_RCODE_EFMT);
	return iothdns_put_header(&h);
}

/* A reply to a request that can be read and for which no reply could be composed. */
static struct iothdns_pkt *server_failure(const uint8_t *bytes, size_t len)
{
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_pkt request, *reply;

	if (read_open(&request, &h, bytes, len, qname) < 0)
		return NULL;
	h.flags = (uint16_t)(IOTHDNS_RESPONSE | (h.flags & (IOTHDNS_OP_MASK | IOTHDNS_RD)) |
	                     IOTHDNS_RCODE_EFAIL);
	reply = iothdns_put_header(&h);
	/* Composing copies the name: nothing of `h` is in the reply. */
	/* cppcheck-suppress returnDanglingLifetime */
	return reply;
}

/* The reply to a request, or NULL. */
static struct iothdns_pkt *reply_to(
    uint8_t *bytes, size_t len, bool tcp, parse_request_t *parse_request, void *arg)
{
	char qname[IOTHDNS_MAXNAME];
	struct iothdns_header h;
	struct iothdns_rr opt = {.name = "", .type = IOTHDNS_TYPE_OPT, .class = OPT_SIZE_OURS};
	struct iothdns_pkt request, *reply;
	struct iovec message;
	size_t limit = MESSAGE_MAX;
	bool has_opt;

	if (read_open(&request, &h, bytes, len, qname) < 0)
		return format_error(bytes, len);
	limit = datagram_limit(&request, &has_opt);
	/* A question has a type; QTYPE 0 is what is there without one. */
	if (IOTHDNS_IS_RESPONSE(h.flags)) {
		reply = NULL;
	} else if (request.error || (h.qtype == 0 && h.qname[0] == '\0')) {
		reply = format_error(bytes, len);
	} else {
		reply = parse_request(&h, arg);
		if (reply && iothdns_error(reply)) {
			iothdns_free(reply);
			reply = server_failure(bytes, len);
		}
		message = reply ? iothdns_getbuf(reply) : (struct iovec){NULL, 0};
		/* RFC 6891, 6.1.1: an OPT record in a request asks for one in the reply. */
		if (reply && has_opt && !has_record(&message, IOTHDNS_TYPE_OPT))
			iothdns_put_rr(IOTHDNS_SEC_ADDITIONAL, reply, &opt);
		if (reply && !tcp)
			compose_truncate(reply, limit);
	}
	/* Composing copies the name: nothing of `h` is in the reply. */
	/* cppcheck-suppress returnDanglingLifetime */
	return reply;
}

/* A thread that serves may be cancelled where it waits: for a request, or for room to reply. */
static void free_reply(void *reply)
{
	iothdns_free(reply);
}

/* A reply leaves from the address that the request was sent to, where the socket tells it
 * (IP_PKTINFO, IPV6_RECVPKTINFO): the message of control data is sent back. */
int iothdns_udp_process_request(int fd, parse_request_t *parse_request, void *arg)
{
	uint8_t buffer[IOTHDNS_TCP_MAXBUF];
	union {
		struct cmsghdr align;
		uint8_t bytes[CONTROL_SIZE];
	} control;
	struct sockaddr_storage from;
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr msg = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct iothdns_pkt *reply;
	ssize_t len = ioth_recvmsg(fd, &msg, 0);

	if (len < 0)
		return -1;
	reply = reply_to(buffer, (size_t)len, false, parse_request, arg);
	if (!reply)
		return (int)len;
	iov = iothdns_getbuf(reply);
	if (msg.msg_flags & MSG_CTRUNC)
		msg.msg_controllen = 0;
	if (msg.msg_controllen == 0)
		msg.msg_control = NULL;
	msg.msg_flags = 0;
	/* A client that cannot be reached does not get its reply: it is no failure of the server. */
	pthread_cleanup_push(free_reply, reply);
	(void)ioth_sendmsg(fd, &msg, MSG_NOSIGNAL);
	pthread_cleanup_pop(1);
	return (int)len;
}

/* Reads exactly `len` bytes. 1, 0: the end before the first one; -1 and errno. */
static int read_exactly(int fd, uint8_t *bytes, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = ioth_recv(fd, bytes + got, len - got, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0 && got == 0)
			return 0;
		if (n == 0) {
			errno = EBADMSG;
			return -1;
		}
		got += (size_t)n;
	}
	return 1;
}

static int send_all(int fd, const struct iovec *message)
{
	uint8_t prefix[2] = {(uint8_t)(message->iov_len >> 8), (uint8_t)message->iov_len};
	size_t sent = 0, total = sizeof(prefix) + message->iov_len;

	while (sent < total) {
		size_t head = sent < sizeof(prefix) ? sizeof(prefix) - sent : 0;
		struct iovec iov[2] = {{prefix + sizeof(prefix) - head, head},
		    {(uint8_t *)message->iov_base + sent + head - sizeof(prefix), total - sent - head}};
		struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
		ssize_t n = ioth_sendmsg(fd, &msg, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		sent += (size_t)n;
	}
	return 0;
}

int iothdns_tcp_process_request(int fd, parse_request_t *parse_request, void *arg)
{
	uint8_t prefix[2], *bytes;
	struct iothdns_pkt *reply;
	struct iovec message;
	size_t len;
	int result = read_exactly(fd, prefix, sizeof(prefix));

	if (result <= 0)
		return result;
	len = (size_t)prefix[0] << 8 | prefix[1];
	bytes = malloc(len ? len : 1);
	if (!bytes) {
		errno = ENOMEM;
		return -1;
	}
	pthread_cleanup_push(free, bytes);
	result = read_exactly(fd, bytes, len);
	pthread_cleanup_pop(0);
	if (result == 0 && len > 0) {
		errno = EBADMSG;
		result = -1;
	}
	if (result < 0) {
		free(bytes);
		return -1;
	}
	reply = reply_to(bytes, len, true, parse_request, arg);
	free(bytes);
	if (reply) {
		message = iothdns_getbuf(reply);
		pthread_cleanup_push(free_reply, reply);
		result = send_all(fd, &message);
		pthread_cleanup_pop(1);
	}
	return result < 0 ? -1 : (int)(sizeof(prefix) + len);
}
