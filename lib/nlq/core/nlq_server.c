/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server: requests in, a table of handlers called, answers out.
 *
 * The order of the checks is the kernel's (netlink_rcv_skb and rtnetlink_rcv_msg), because its
 * error numbers follow from it:
 *
 *   no request, control type, or not even an address family: nothing (an acknowledgement, if asked)
 *   a family that is not known                               EOPNOTSUPP
 *   a change that is not permitted                           what `permit` says
 *   no handler for the operation                             EOPNOTSUPP
 *   family header not whole, attributes not well formed      EINVAL, ERANGE (dumps: if strict)
 *   the entry                                                EEXIST, ENODEV or what search_entry
 * says the handler                                              what it returns
 *
 * Memory: the message that ends an answer (NLMSG_DONE, NLMSG_ERROR) is allocated before a handler
 * is called, so that once something was done it can be said; and a mark in the queue tells whether
 * every message of a dump is there. A dump with a hole is no dump: it becomes ENOMEM as a whole.
 */
#include "nlq_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nlq_attrs.h"
#include "nlq_queue.h"

#define TEXT_ROOM                                                                                  \
	256 /* bytes for the texts of an extended acknowledgement; longer ones may be lost */

/* Longer than any family's header. */
#define HEADER_MAX 32

struct request {
	const struct nlq_server *server;
	const struct nlq_request_handlers *handlers;
	struct nlmsghdr *msg;
	bool may_dump;
	bool dumping;
	struct nlq_msg *answer;
	struct nlq_attrs attrs;
	/* A dump's request with its header completed. */
	struct {
		struct nlmsghdr header;
		unsigned char body[HEADER_MAX];
	} padded;
};

static unsigned int operation(const struct nlmsghdr *msg)
{
	return msg->nlmsg_type % 4;
}

/* The bits of NLM_F_DUMP mean other things in requests that are no GET. */
static bool is_dump(const struct nlmsghdr *msg)
{
	return operation(msg) == RTM_GET && (msg->nlmsg_flags & NLM_F_DUMP);
}

static void *search(struct request *request)
{
	if (!request->handlers->search_entry)
		return NULL;
	return request->handlers->search_entry(
	    request->msg, request->attrs.table, request->server->stackinfo);
}

static int not_found(const struct request *request)
{
	return request->attrs.error < 0 ? request->attrs.error : -ENODEV;
}

static int get(struct request *request)
{
	void *entry = NULL;
	int result;

	if (request->dumping && !request->may_dump) {
		request->dumping = false;
		return nlq_error(request->attrs.table, -EBUSY, "one dump at a time", NULL);
	}
	if (!request->dumping) {
		entry = search(request);
		if (!entry)
			return not_found(request);
	}
	result = request->handlers->get(
	    entry, request->msg, request->attrs.table, &request->answer, request->server->stackinfo);
	return result < 0 ? result : 0;
}

static int change(struct request *request)
{
	const struct nlq_request_handlers *handlers = request->handlers;
	struct nlmsghdr *msg = request->msg;
	struct nlattr **attr = request->attrs.table;
	void *stackinfo = request->server->stackinfo;
	void *entry = search(request);

	if (operation(msg) == RTM_NEW && !entry && (msg->nlmsg_flags & NLM_F_CREATE)) {
		nlq_error(attr, 0, NULL, NULL); /* that there is none is no error here */
		return handlers->new ? handlers->new (msg, attr, stackinfo) : -EOPNOTSUPP;
	}
	if (!entry)
		return not_found(request);
	if (operation(msg) == RTM_NEW && (msg->nlmsg_flags & NLM_F_EXCL))
		return -EEXIST;
	if (operation(msg) == RTM_DEL)
		return handlers->del(entry, msg, attr, stackinfo);
	return handlers->set ? handlers->set(entry, msg, attr, stackinfo) : -EOPNOTSUPP;
}

static bool is_supported(const struct nlq_request_handlers *handlers, const struct nlmsghdr *msg)
{
	switch (operation(msg)) {
	case RTM_NEW:
		return handlers->new || handlers->set;
	case RTM_DEL:
		return handlers->del;
	case RTM_GET:
		return handlers->get && (is_dump(msg) || handlers->search_entry);
	default:
		return handlers->set;
	}
}

/* getifaddrs(3) and others ask for dumps with the address family in place of the whole header. */
static int complete_header(struct request *request, size_t body, size_t header)
{
	struct nlmsghdr *msg = request->msg;

	_Static_assert(sizeof(struct tcmsg) <= HEADER_MAX, "the longest header");
	if (body >= header)
		return 0;
	if (!request->dumping)
		return nlq_error(request->attrs.table, -EINVAL, "header is too short", NULL);
	memset(&request->padded, 0, sizeof(request->padded));
	memcpy(&request->padded, msg, NLMSG_HDRLEN + body);
	request->padded.header.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + header);
	request->msg = &request->padded.header;
	return 0;
}

static int handle(struct request *request)
{
	const struct nlq_server *server = request->server;
	const struct nlmsghdr *msg = request->msg;
	size_t body = msg->nlmsg_len - NLMSG_HDRLEN;
	size_t header = nlq_header_len(msg->nlmsg_type);
	int error;

	if (!(msg->nlmsg_flags & NLM_F_REQUEST) || msg->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (!header)
		return -EOPNOTSUPP;
	if (body < sizeof(struct rtgenmsg))
		return 0;
	if (operation(msg) != RTM_GET && server->permit) {
		error = server->permit(msg, server->stackinfo);
		if (error < 0)
			return error;
	}
	request->handlers = &server->handlers[(msg->nlmsg_type - RTM_BASE) / 4];
	if (!is_supported(request->handlers, msg))
		return -EOPNOTSUPP;
	request->dumping = is_dump(msg);
	error = complete_header(request, body, header);
	if (!error)
		error = nlq_attrs_read(&request->attrs, request->msg);
	if (error && request->dumping && !(server->flags & NLQ_SERVER_STRICT)) {
		/* As the kernel: getifaddrs(3) and others bring the header of another family. */
		memset(&request->attrs, 0, sizeof(request->attrs));
		error = 0;
	}
	if (error)
		return error;
	return operation(msg) == RTM_GET ? get(request) : change(request);
}

/* Where in the request an attribute lies; 0: nowhere. */
static uint32_t offset_in(const struct request *request, const struct nlattr *offender)
{
	const unsigned char *begin = (const unsigned char *)request->msg;
	const unsigned char *strings = request->attrs.strings;
	const unsigned char *place = (const unsigned char *)offender;
	uint32_t offset = 0;

	if (place >= begin && place < begin + request->msg->nlmsg_len)
		offset = (uint32_t)(place - begin);
	else if (place >= strings && place < strings + sizeof(request->attrs.strings)) {
		/* A copy that was given a NUL. */
		struct nlq_reader reader =
		    nlq_message_attrs(request->msg, nlq_header_len(request->msg->nlmsg_type));
		const struct nlattr *attr;

		while ((attr = nlq_next_attr(&reader))) {
			if (nlq_attr_type(attr) == nlq_attr_type(offender))
				offset = (uint32_t)((const unsigned char *)attr - begin);
		}
	}
	return offset;
}

static bool has_texts(const struct request *request)
{
	return (request->server->flags & NLQ_SERVER_EXT_ACK) &&
	       (request->attrs.message || request->attrs.offender);
}

static void add_texts(const struct request *request, struct nlq_msg *end)
{
	const struct nlq_attrs *attrs = &request->attrs;
	uint32_t offset = attrs->offender ? offset_in(request, attrs->offender) : 0;

	if (attrs->message) {
		size_t len = strlen(attrs->message) + 1;

		if (len <= UINT16_MAX - NLA_HDRLEN)
			nlq_addattr(end, NLMSGERR_ATTR_MSG, attrs->message, (unsigned short)len);
	}
	if (offset)
		nlq_addattr(end, NLMSGERR_ATTR_OFFS, &offset, sizeof(offset));
}

/* The last message of an answer: memory for it, taken before anything is done. */
static struct nlq_msg *prepare_end(const struct nlmsghdr *msg)
{
	struct nlq_msg *end = nlq_createxattr();

	if (end && nlq_reserve(end,
	               NLMSG_HDRLEN + sizeof(int) + NLMSG_ALIGN((size_t)msg->nlmsg_len) + TEXT_ROOM)) {
		nlq_freemsg(end);
		end = NULL;
	}
	return end;
}

static void build_end(
    const struct request *request, const struct nlmsghdr *original, int result, struct nlq_msg *end)
{
	struct nlq_builder *builder = &nlq_queued(end)->builder;
	uint16_t type = request->dumping ? NLMSG_DONE : NLMSG_ERROR;
	uint16_t flags = request->dumping ? NLM_F_MULTI : 0;
	bool echo = result < 0 && !(request->server->flags & NLQ_SERVER_CAP_ACK);

	if (has_texts(request))
		flags |= NLM_F_ACK_TLVS;
	if (!request->dumping && !echo)
		flags |= NLM_F_CAPPED;
	nlq_build_message(builder, type, flags, 0, 0);
	nlq_build_bytes(builder, &result, sizeof(result));
	if (!request->dumping)
		nlq_build_bytes(builder, original, echo ? original->nlmsg_len : NLMSG_HDRLEN);
	if (has_texts(request))
		add_texts(request, end);
}

static void stamp(const struct request *request, const struct nlmsghdr *original)
{
	const struct nlq_server *server = request->server;
	struct nlq_msg *msg = nlq_head(request->answer);

	while (msg) {
		struct nlmsghdr *header = msg->nlq_packet;

		header->nlmsg_seq = original->nlmsg_seq;
		if (server->port)
			header->nlmsg_pid = server->port;
		else if (header->nlmsg_pid == 0)
			header->nlmsg_pid = original->nlmsg_pid;
		if (request->dumping)
			header->nlmsg_flags |= NLM_F_MULTI;
		else
			header->nlmsg_flags &= (uint16_t)~NLM_F_MULTI;
		msg = msg == request->answer ? NULL : &nlq_queued(msg)->next->visible;
	}
}

/* A request is answered by messages, by an end, or by both, but never by nothing if it is a GET. */
static bool needs_end(const struct request *request, const struct nlmsghdr *original, int result)
{
	if (result < 0 || request->dumping || (original->nlmsg_flags & NLM_F_ACK))
		return true;
	return request->handlers && operation(original) == RTM_GET && !request->answer;
}

/* `dumps` is the number of dumps that are still allowed. Returns 0 or -ENOMEM. */
static int process(const struct nlq_server *server, struct nlmsghdr *msg, unsigned int *dumps,
    struct nlq_msg **replies)
{
	struct nlq_msg *end = prepare_end(msg);
	struct nlq_queued mark;
	struct request request = {
	    .server = server,
	    .msg = msg,
	    .may_dump = *dumps > 0,
	    .answer = nlq_mark(&mark),
	};
	int result;
	int lost;

	if (!end)
		return -ENOMEM;
	result = handle(&request);
	lost = nlq_mark_remove(&mark, &request.answer);
	if (result >= 0 && lost)
		result = lost;
	if (result < 0)
		nlq_free(&request.answer);
	if (request.dumping)
		--*dumps;
	if (needs_end(&request, msg, result)) {
		build_end(&request, msg, result, end);
		nlq_enqueue(end, &request.answer);
	} else {
		nlq_freemsg(end);
	}
	stamp(&request, msg);
	nlq_append(replies, &request.answer);
	return 0;
}

int nlq_server_answer(
    const struct nlq_server *server, struct nlmsghdr *msg, struct nlq_msg **replies)
{
	unsigned int dumps = 1;

	return msg->nlmsg_len < NLMSG_HDRLEN ? 0 : process(server, msg, &dumps, replies);
}

struct nlq_msg *nlq_process_rtrequest(
    struct nlmsghdr *msg, nlq_request_handlers_table handlers_table, void *stackinfo)
{
	const struct nlq_server server = {.handlers = handlers_table, .stackinfo = stackinfo};
	struct nlq_msg *replies = NULL;

	if (nlq_server_answer(&server, msg, &replies))
		errno = ENOMEM;
	return replies;
}

int nlq_process_datagram(
    const struct nlq_server *server, const void *data, size_t len, struct nlq_msg **replies)
{
	/* A copy: aligned, the handlers' own, and out of reach of the sender's other threads. */
	unsigned char *copy = malloc(len ? len : 1);
	struct nlq_reader reader;
	unsigned int dumps = 1;
	int error = 0;

	if (!copy) {
		errno = ENOMEM;
		return -1;
	}
	if (len)
		memcpy(copy, data, len);
	reader = nlq_reader(copy, len);
	while (!error) {
		struct nlmsghdr *msg = (struct nlmsghdr *)(uintptr_t)nlq_next_message(&reader);

		if (!msg)
			break;
		error = process(server, msg, &dumps, replies);
	}
	free(copy);
	return nlq_return_errno(error);
}
