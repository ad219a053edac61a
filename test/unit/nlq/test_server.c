/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server with requests that are right, wrong and malicious. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>

#include "nlq_message.h"
#include "nlq_server.h"
#include "small_stack.h"

static struct small_stack stack;

static int setup(void **state)
{
	small_stack_init(&stack);
	return 0;
}

static struct nlq_msg *link_request(uint16_t type, uint16_t flags, int ifindex)
{
	struct nlq_msg *msg = nlq_createmsg(type, NLM_F_REQUEST | flags, 1000, 2000);

	nlq_addstruct(msg, ifinfomsg, .ifi_index = ifindex);
	return msg;
}

static struct nlq_msg *addr_request(uint16_t type, uint16_t flags, uint8_t last, int prefixlen)
{
	const unsigned char address[4] = {10, 0, 0, last};
	struct nlq_msg *msg = nlq_createmsg(type, NLM_F_REQUEST | flags, 1000, 2000);

	nlq_addstruct(
	    msg, ifaddrmsg, .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefixlen, .ifa_index = 5);
	nlq_addattr(msg, IFA_LOCAL, address, sizeof(address));
	nlq_addattr(msg, IFA_ADDRESS, address, sizeof(address));
	return msg;
}

static struct nlq_msg *ask(struct nlq_msg *request)
{
	struct nlq_msg *answer;

	nlq_complete(request);
	assert_non_null(request->nlq_packet);
	answer = nlq_process_rtrequest(request->nlq_packet, small_handlers, &stack);
	for (struct nlq_msg *msg = nlq_head(answer); msg; msg = NULL) {
		assert_int_equal(msg->nlq_packet->nlmsg_seq, 1000);
		assert_int_equal(msg->nlq_packet->nlmsg_pid, 2000);
	}
	nlq_freemsg(request);
	return answer;
}

/* The answer is NLMSG_ERROR with this number, alone. */
static void assert_error(struct nlq_msg *answer, int error)
{
	assert_int_equal(nlq_length(answer), 1);
	assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, NLMSG_ERROR);
	assert_int_equal(nlq_message_result(nlq_head(answer)->nlq_packet), error);
	nlq_free(&answer);
}

static void test_get(void **state)
{
	struct nlq_msg *answer = ask(link_request(RTM_GETLINK, 0, 5));
	struct nlq_msg *request;

	assert_int_equal(nlq_length(answer), 1);
	assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, RTM_NEWLINK);
	assert_false(nlq_head(answer)->nlq_packet->nlmsg_flags & NLM_F_MULTI);
	nlq_free(&answer);

	answer = ask(link_request(RTM_GETLINK, NLM_F_ACK, 5));
	assert_int_equal(nlq_length(answer), 2);
	nlq_freemsg(nlq_dequeue(&answer));
	assert_error(answer, 0);

	assert_error(ask(link_request(RTM_GETLINK, 0, 77)), -ENODEV);
	assert_error(ask(link_request(RTM_GETLINK, 0, 0)), -EINVAL);
	request = link_request(RTM_GETLINK, 0, 0);
	nlq_addattr(request, IFLA_IFNAME, "a0", 2); /* no NUL: it is supplied */
	answer = ask(request);
	assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, RTM_NEWLINK);
	nlq_free(&answer);
}

static void test_dump(void **state)
{
	struct nlq_msg *answer = ask(link_request(RTM_GETLINK, NLM_F_DUMP, 0));
	struct nlq_msg *msg;
	struct nlq_msg *request;

	assert_int_equal(nlq_length(answer), 3);
	for (int i = 0; i < 3; i++) {
		msg = nlq_dequeue(&answer);
		assert_int_equal(msg->nlq_packet->nlmsg_type, i < 2 ? RTM_NEWLINK : NLMSG_DONE);
		assert_int_equal(msg->nlq_packet->nlmsg_seq, 1000);
		assert_true(msg->nlq_packet->nlmsg_flags & NLM_F_MULTI);
		assert_true(i < 2 || nlq_message_result(msg->nlq_packet) == 0);
		nlq_freemsg(msg);
	}
	assert_null(answer);

	/* One byte of header, as getifaddrs(3) sends it. */
	request = nlq_createmsg(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 1000, 2000);
	nlq_addstruct(request, rtgenmsg, .rtgen_family = AF_INET);
	answer = ask(request);
	assert_int_equal(nlq_length(answer), 1);
	assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, NLMSG_DONE);
	nlq_free(&answer);
}

static void test_new_set_del(void **state)
{
	struct nlq_msg *request;

	assert_null(ask(addr_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 1, 24)));
	assert_error(ask(addr_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, 1, 24)), -EEXIST);
	assert_error(ask(addr_request(RTM_NEWADDR, NLM_F_CREATE, 1, 24)), -EEXIST); /* of its set */
	assert_error(ask(addr_request(RTM_NEWADDR, NLM_F_REPLACE | NLM_F_ACK, 1, 24)), 0);
	assert_error(ask(addr_request(RTM_NEWADDR, 0, 2, 24)), -EADDRNOTAVAIL);
	assert_error(ask(addr_request(RTM_DELADDR, NLM_F_ACK, 1, 24)), 0);
	assert_error(ask(addr_request(RTM_DELADDR, NLM_F_ACK, 1, 24)), -EADDRNOTAVAIL);

	assert_error(ask(link_request(RTM_SETLINK, 0, 77)), -ENODEV);
	assert_error(ask(link_request(RTM_NEWLINK, 0, 77)), -ENODEV);
	assert_error(ask(link_request(RTM_DELLINK, 0, 77)), -ENODEV);
	assert_error(ask(link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 5)), -EEXIST);
	assert_error(ask(link_request(RTM_NEWLINK, NLM_F_CREATE, 77)), -EOPNOTSUPP);
	assert_error(ask(link_request(RTM_SETLINK, NLM_F_ACK, 5)), 0);

	/* A positive number in place of 0: the index of a new interface. */
	request = link_request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, 0);
	{
		struct nlq_msg *info = nlq_createxattr();
		const int zero = 0;

		nlq_addattr(info, IFLA_INFO_KIND, "veth", 5);
		nlq_addxattr(request, IFLA_LINKINFO, info);
		nlq_addattr(request, IFLA_NEW_IFINDEX, &zero, sizeof(zero));
	}
	assert_error(ask(request), 2);
}

static void test_not_supported(void **state)
{
	nlq_request_handlers_table empty = {{NULL}};
	struct nlq_msg *request;

	assert_error(ask(nlq_createmsg(RTM_MAX + 1, NLM_F_REQUEST, 1000, 2000)), -EOPNOTSUPP);
	assert_error(ask(nlq_createmsg(65535, NLM_F_REQUEST, 1000, 2000)), -EOPNOTSUPP);
	assert_error(ask(nlq_createmsg(RTM_GETNEXTHOP, NLM_F_REQUEST, 1000, 2000)), -EOPNOTSUPP);
	request = nlq_createmsg(RTM_GETNEIGH, NLM_F_REQUEST | NLM_F_DUMP, 1000, 2000);
	nlq_addstruct(request, ndmsg, .ndm_family = AF_INET);
	assert_error(ask(request), -EOPNOTSUPP);
	for (int operation = RTM_NEW; operation <= RTM_SET; operation++) {
		struct nlq_msg *answer;

		request = link_request((uint16_t)(RTM_BASE + operation), NLM_F_CREATE, 1);
		nlq_complete(request);
		answer = nlq_process_rtrequest(request->nlq_packet, empty, NULL);
		assert_error(answer, -EOPNOTSUPP);
		nlq_freemsg(request);
	}
}

/* What is no request does nothing. */
static void test_ignored(void **state)
{
	struct nlq_msg *request = nlq_createmsg(RTM_DELLINK, 0, 1000, 2000);

	nlq_addstruct(request, ifinfomsg, .ifi_index = 5);
	assert_null(ask(request));
	assert_null(ask(nlq_createmsg(NLMSG_NOOP, NLM_F_REQUEST, 1000, 2000)));
	assert_null(ask(nlq_createmsg(RTM_DELLINK, NLM_F_REQUEST, 1000, 2000))); /* no family */
	assert_error(ask(nlq_createmsg(NLMSG_DONE, NLM_F_REQUEST | NLM_F_ACK, 1000, 2000)), 0);
	assert_int_equal(stack.calls, 0);
}

struct raw {
	struct nlmsghdr header;
	struct ifinfomsg link;
	unsigned char attrs[64];
};

static void assert_refused(struct raw *raw, size_t attrs_len, int error)
{
	unsigned int calls = stack.calls;

	raw->header.nlmsg_len = (uint32_t)(sizeof(raw->header) + sizeof(raw->link) + attrs_len);
	assert_error(nlq_process_rtrequest(&raw->header, small_handlers, &stack), error);
	assert_int_equal(stack.calls, calls); /* no handler saw it */
}

static void set_attr(struct raw *raw, uint16_t type, uint16_t len)
{
	const struct nlattr attr = {.nla_len = len, .nla_type = type};

	memset(raw->attrs, 'x', sizeof(raw->attrs));
	memcpy(raw->attrs, &attr, sizeof(attr));
}

static void test_malformed(void **state)
{
	struct raw raw = {
	    .header = {.nlmsg_type = RTM_SETLINK, .nlmsg_flags = NLM_F_REQUEST},
	    .link = {.ifi_index = 5},
	};

	for (uint16_t len = 0; len < 4; len++) {
		set_attr(&raw, IFLA_MTU, len); /* shorter than its header */
		assert_refused(&raw, 8, -EINVAL);
		assert_refused(&raw, 1 + len, -EINVAL); /* bytes that are no attribute */
	}
	set_attr(&raw, IFLA_MTU, 9); /* leads out of the message */
	assert_refused(&raw, 8, -EINVAL);
	set_attr(&raw, IFLA_MTU, 65535);
	assert_refused(&raw, 8, -EINVAL);
	set_attr(&raw, IFLA_MTU, 7);
	assert_refused(&raw, 8, -ERANGE);
	set_attr(&raw, IFLA_TXQLEN, 4);
	assert_refused(&raw, 4, -ERANGE);
	set_attr(&raw, IFLA_IFNAME, 4 + 16);
	assert_refused(&raw, 20, -ERANGE);
	set_attr(&raw, IFLA_IFNAME, 4 + 17); /* with a NUL, but too long */
	raw.attrs[20] = '\0';
	assert_refused(&raw, 21, -ERANGE);
}

static void test_cut_header(void **state)
{
	struct raw raw = {
	    .header = {.nlmsg_type = RTM_DELLINK, .nlmsg_flags = NLM_F_REQUEST},
	    .link = {.ifi_index = 5},
	};

	for (uint32_t len = 0; len < sizeof(raw.header); len++) {
		raw.header.nlmsg_len = len;
		assert_null(nlq_process_rtrequest(&raw.header, small_handlers, &stack));
	}
	for (uint32_t len = sizeof(raw.header) + 1; len < sizeof(raw.header) + sizeof(raw.link);
	     len++) {
		raw.header.nlmsg_len = len;
		assert_error(nlq_process_rtrequest(&raw.header, small_handlers, &stack), -EINVAL);
	}
	assert_int_equal(stack.calls, 0);
}

static void append(unsigned char *datagram, size_t *len, struct nlq_msg *msg)
{
	nlq_complete(msg);
	memcpy(datagram + *len, msg->nlq_packet, msg->nlq_size);
	*len += msg->nlq_size;
	nlq_freemsg(msg);
}

static void test_datagram(void **state)
{
	const struct nlq_server server = {
	    .handlers = small_handlers, .stackinfo = &stack, .port = 4711};
	unsigned char buffer[1024];
	unsigned char *datagram = buffer + 1; /* not aligned */
	struct nlq_msg *answer = NULL;
	size_t len = 0;

	append(datagram, &len, link_request(RTM_GETLINK, 0, 5));
	append(datagram, &len, link_request(RTM_GETLINK, 0, 6));
	append(datagram, &len, link_request(RTM_GETLINK, NLM_F_DUMP, 0));
	append(datagram, &len, link_request(RTM_GETLINK, NLM_F_DUMP, 0)); /* EBUSY */
	append(datagram, &len, link_request(RTM_SETLINK, NLM_F_ACK, 5));
	assert_int_equal(nlq_process_datagram(&server, datagram, len, &answer), 0);
	{
		static const struct {
			uint16_t type;
			int result;
		} expected[] = {{RTM_NEWLINK}, {NLMSG_ERROR, -ENODEV}, {RTM_NEWLINK}, {RTM_NEWLINK},
		    {NLMSG_DONE}, {NLMSG_ERROR, -EBUSY}, {NLMSG_ERROR}};

		assert_int_equal(nlq_length(answer), 7);
		for (size_t i = 0; i < 7; i++) {
			struct nlq_msg *msg = nlq_dequeue(&answer);

			assert_int_equal(msg->nlq_packet->nlmsg_type, expected[i].type);
			assert_int_equal(msg->nlq_packet->nlmsg_pid, 4711);
			if (expected[i].type != RTM_NEWLINK)
				assert_int_equal(nlq_message_result(msg->nlq_packet), expected[i].result);
			nlq_freemsg(msg);
		}
	}
	/* The rest behind a wrong length is ignored. */
	len = 0;
	append(datagram, &len, link_request(RTM_GETLINK, 0, 5));
	append(datagram, &len, link_request(RTM_GETLINK, 0, 5));
	for (size_t cut = 0; cut < len; cut++) {
		assert_int_equal(nlq_process_datagram(&server, datagram, cut, &answer), 0);
		assert_int_equal(nlq_length(answer), cut / (len / 2));
		nlq_free(&answer);
	}
	assert_int_equal(nlq_process_datagram(&server, NULL, 0, &answer), 0);
	assert_null(answer);
}

static int forbid(const struct nlmsghdr *msg, void *stackinfo)
{
	return -EPERM;
}

static void test_permit(void **state)
{
	const struct nlq_server server = {
	    .handlers = small_handlers, .stackinfo = &stack, .permit = forbid};
	struct nlq_msg *request = link_request(RTM_GETLINK, 0, 5);
	struct nlq_msg *answer = NULL;

	nlq_complete(request);
	assert_int_equal(nlq_server_answer(&server, request->nlq_packet, &answer), 0);
	assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, RTM_NEWLINK);
	nlq_free(&answer);
	stack.calls = 0;
	for (int operation = RTM_NEW; operation <= RTM_SET; operation++) {
		if (operation == RTM_GET)
			continue;
		request->nlq_packet->nlmsg_type = (uint16_t)(RTM_BASE + operation);
		assert_int_equal(nlq_server_answer(&server, request->nlq_packet, &answer), 0);
		assert_error(answer, -EPERM);
		answer = NULL;
	}
	assert_int_equal(stack.calls, 0);
	nlq_freemsg(request);
}

/* Reads the texts of an extended acknowledgement. */
static void read_texts(
    const struct nlq_msg *msg, const struct nlattr *texts[NLMSGERR_ATTR_MAX + 1], bool capped)
{
	const struct nlmsghdr *message = msg->nlq_packet;
	const struct nlmsgerr *error = nlq_message_body(message, sizeof(*error));
	size_t len = sizeof(*error);

	if (!capped)
		len += error->msg.nlmsg_len - NLMSG_HDRLEN;
	assert_true(message->nlmsg_flags & NLM_F_ACK_TLVS);
	assert_int_equal(!(message->nlmsg_flags & NLM_F_CAPPED), !capped);
	assert_int_equal(nlq_parse_attrs(nlq_message_attrs(message, len), texts, NLMSGERR_ATTR_MAX), 0);
}

static void test_extended_ack(void **state)
{
	struct nlq_server server = {
	    .handlers = small_handlers, .stackinfo = &stack, .flags = NLQ_SERVER_EXT_ACK};
	const struct nlattr *texts[NLMSGERR_ATTR_MAX + 1];
	const uint32_t mtu = 1;
	uint32_t offset;

	for (int capped = 0; capped < 2; capped++) {
		struct nlq_msg *request = link_request(RTM_SETLINK, 0, 5);
		struct nlq_msg *answer = NULL;

		if (capped)
			server.flags |= NLQ_SERVER_CAP_ACK;
		nlq_addattr(request, IFLA_IFNAME, "a0", 3);
		nlq_addattr(request, IFLA_MTU, &mtu, sizeof(mtu));
		nlq_complete(request);
		assert_int_equal(nlq_server_answer(&server, request->nlq_packet, &answer), 0);
		read_texts(nlq_head(answer), texts, capped);
		assert_string_equal(nlq_attr_data(texts[NLMSGERR_ATTR_MSG]), "MTU out of range");
		assert_true(nlq_attr_u32(texts[NLMSGERR_ATTR_OFFS], &offset));
		assert_int_equal(offset, 16 + 16 + 8);
		assert_error(answer, -EINVAL);
		nlq_freemsg(request);
	}
	{
		/* The dispatcher's own finding, at the attribute itself and not at its copy. */
		struct nlq_msg *request = link_request(RTM_SETLINK, 0, 5);
		struct nlq_msg *answer = NULL;

		nlq_addattr(request, IFLA_IFALIAS, "alias without a NUL", 19);
		nlq_addattr(request, IFLA_MTU, "12", 2);
		nlq_complete(request);
		assert_int_equal(nlq_server_answer(&server, request->nlq_packet, &answer), 0);
		read_texts(nlq_head(answer), texts, true);
		assert_true(nlq_attr_u32(texts[NLMSGERR_ATTR_OFFS], &offset));
		assert_int_equal(offset, 16 + 16 + 24);
		assert_error(answer, -ERANGE);
		nlq_freemsg(request);
	}
}

static void *blame_name(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	assert_string_equal(attr[IFLA_IFNAME] + 1, "unended");
	nlq_error(attr, -ENXIO, "this one", attr[IFLA_IFNAME]);
	return NULL;
}

static int get_nothing(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	return 0;
}

/* An attribute that was copied to get its NUL is blamed where it lies in the request. */
static void test_offset_of_copy(void **state)
{
	nlq_request_handlers_table table = {{blame_name, get_nothing, NULL, NULL, NULL}};
	const struct nlq_server server = {
	    .handlers = table, .flags = NLQ_SERVER_EXT_ACK | NLQ_SERVER_CAP_ACK};
	const struct nlattr *texts[NLMSGERR_ATTR_MAX + 1];
	struct nlq_msg *request = link_request(RTM_GETLINK, 0, 0);
	struct nlq_msg *answer = NULL;
	uint32_t offset;

	nlq_addattr(request, IFLA_GROUP, "\0\0\0\0", 4);
	nlq_addattr(request, IFLA_IFNAME, "unended", 7);
	nlq_complete(request);
	assert_int_equal(nlq_server_answer(&server, request->nlq_packet, &answer), 0);
	read_texts(nlq_head(answer), texts, true);
	assert_true(nlq_attr_u32(texts[NLMSGERR_ATTR_OFFS], &offset));
	assert_int_equal(offset, 16 + 16 + 8);
	assert_error(answer, -ENXIO);
	nlq_freemsg(request);
}

static int get_lost(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	nlq_complete_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 0, 0), reply_msgq);
	nlq_complete_enqueue(NULL, reply_msgq); /* as if there had been no memory */
	nlq_complete_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 0, 0), reply_msgq);
	return 0;
}

static int get_failing(void *entry, struct nlmsghdr *msg, struct nlattr **attr,
    struct nlq_msg **reply_msgq, void *stackinfo)
{
	nlq_complete_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 0, 0), reply_msgq);
	return -EIO;
}

/* A dump is whole, or it is an error. */
static void test_dump_fails(void **state)
{
	nlq_request_handlers_table table = {{NULL, get_lost, NULL, NULL, NULL}};

	for (int i = 0; i < 2; i++) {
		struct nlq_msg *request = link_request(RTM_GETLINK, NLM_F_DUMP, 0);
		struct nlq_msg *answer;

		nlq_complete(request);
		answer = nlq_process_rtrequest(request->nlq_packet, table, NULL);
		assert_int_equal(nlq_length(answer), 1);
		assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, NLMSG_DONE);
		assert_int_equal(nlq_message_result(nlq_head(answer)->nlq_packet), i == 0 ? -ENOMEM : -EIO);
		nlq_free(&answer);
		nlq_freemsg(request);
		table[RTMF_LINK].get = get_failing;
	}
}

/* A handler that says nothing about an entry: the client is not left to wait. */
static void *search_any(struct nlmsghdr *msg, struct nlattr **attr, void *stackinfo)
{
	return &stack;
}

static void test_silent_get(void **state)
{
	nlq_request_handlers_table table = {{search_any, get_nothing, NULL, NULL, NULL}};
	struct nlq_msg *request = link_request(RTM_GETLINK, 0, 1);

	nlq_complete(request);
	assert_error(nlq_process_rtrequest(request->nlq_packet, table, NULL), 0);
	nlq_freemsg(request);
}

static int count(
    struct nlmsghdr *msg, struct nlattr **attr, const void *argin, void *argout, void *argenv)
{
	int *counter = argout;

	assert_ptr_equal(argin, &stack);
	assert_ptr_equal(argenv, argout);
	assert_non_null(attr[IFLA_IFNAME]);
	assert_null(attr[0]);
	assert_null(attr[255]);
	return ++*counter == 100 ? -EXFULL : 0;
}

static void test_rtdialog(void **state)
{
	int counter = 0;
	const int zero = 0;
	struct nlq_msg *request;
	struct nlq_msg *info;

	assert_int_equal(nlq_server_rtdialog(link_request(RTM_GETLINK, NLM_F_DUMP, 0), small_handlers,
	                     &stack, count, &stack, &counter, &counter),
	    0);
	assert_int_equal(counter, 2);
	counter = 98;
	assert_int_equal(nlq_server_rtdialog(link_request(RTM_GETLINK, NLM_F_DUMP, 0), small_handlers,
	                     &stack, count, &stack, &counter, &counter),
	    -EXFULL);
	assert_int_equal(nlq_server_rtdialog(link_request(RTM_GETLINK, 0, 9), small_handlers, &stack,
	                     nlq_process_null_cb, NULL, NULL, NULL),
	    -ENODEV);
	assert_int_equal(
	    nlq_server_rtdialog(NULL, small_handlers, &stack, nlq_process_null_cb, NULL, NULL, NULL),
	    -ENOMEM);
	/* No acknowledgement was asked for: no answer, and no error. */
	errno = EIO;
	assert_int_equal(nlq_server_rtdialog(link_request(RTM_SETLINK, 0, 5), small_handlers, &stack,
	                     nlq_process_null_cb, NULL, NULL, NULL),
	    0);
	request = link_request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE, 0);
	info = nlq_createxattr();
	nlq_addattr(info, IFLA_INFO_KIND, "veth", 5);
	nlq_addxattr(request, IFLA_LINKINFO, info);
	nlq_addattr(request, IFLA_NEW_IFINDEX, &zero, sizeof(zero));
	assert_int_equal(
	    nlq_server_rtdialog(request, small_handlers, &stack, nlq_process_null_cb, NULL, NULL, NULL),
	    2);
}

/* The dialogs for sockets work on a table. */
static void test_dialogs(void **state)
{
	struct nlq_server_peer peer = {{.handlers = small_handlers, .stackinfo = &stack}, NULL};
	const struct nlq_io io = nlq_io_server(&peer);
	const struct nlq_link_data data = {1, "vde://", 7};
	unsigned char address[4] = {10, 0, 0, 1};
	unsigned char gateway[4] = {10, 0, 0, 2};
	unsigned char mac[6] = {2, 1, 1, 1, 1, 1};
	unsigned char read_back[6];

	assert_int_equal(nlq_dialog_ifindex(&io, "a0"), 5);
	assert_int_equal(nlq_dialog_ifindex(&io, "a1"), -ENODEV);
	assert_int_equal(nlq_dialog_link_updown(&io, 5, 1), 0);
	assert_true(stack.links[1].flags & IFF_UP);
	assert_int_equal(nlq_dialog_link_mtu(&io, 5, 1400), 0);
	assert_int_equal(nlq_dialog_link_mtu(&io, 5, 67), -EINVAL);
	assert_int_equal(stack.links[1].mtu, 1400);
	assert_int_equal(nlq_dialog_link_setaddr(&io, 5, mac), 0);
	assert_int_equal(nlq_dialog_link_getaddr(&io, 5, read_back), 0);
	assert_memory_equal(mac, read_back, 6);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, address, 24, 5), 0);
	assert_int_equal(nlq_dialog_addr(&io, true, AF_INET, address, 24, 5), -EEXIST);
	assert_int_equal(nlq_dialog_route(&io, true, AF_INET, NULL, 0, gateway, 0), 0);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, NULL, 0, gateway, 0), 0);
	assert_int_equal(nlq_dialog_route(&io, false, AF_INET, NULL, 0, gateway, 0), -ESRCH);
	assert_int_equal(nlq_dialog_addr(&io, false, AF_INET, address, 24, 5), 0);
	assert_int_equal(nlq_dialog_link_add(&io, "b0", (unsigned int)-1, "veth", NULL), 2);
	assert_int_equal(nlq_dialog_link_add_data(&io, "b1", 0, "veth", &data, 1), 0);
	assert_int_equal(nlq_dialog_link_del(&io, "b0", 0), 0);
	assert_int_equal(nlq_dialog_link_del(&io, "b0", 0), -ENODEV);
	assert_int_equal(nlq_dialog_link_del(&io, "lo", 0), -EOPNOTSUPP);
	nlq_free(&peer.answers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_get, setup),
	    cmocka_unit_test_setup(test_dump, setup),
	    cmocka_unit_test_setup(test_new_set_del, setup),
	    cmocka_unit_test_setup(test_not_supported, setup),
	    cmocka_unit_test_setup(test_ignored, setup),
	    cmocka_unit_test_setup(test_malformed, setup),
	    cmocka_unit_test_setup(test_cut_header, setup),
	    cmocka_unit_test_setup(test_datagram, setup),
	    cmocka_unit_test_setup(test_permit, setup),
	    cmocka_unit_test_setup(test_extended_ack, setup),
	    cmocka_unit_test_setup(test_offset_of_copy, setup),
	    cmocka_unit_test_setup(test_dump_fails, setup),
	    cmocka_unit_test_setup(test_silent_get, setup),
	    cmocka_unit_test_setup(test_rtdialog, setup),
	    cmocka_unit_test_setup(test_dialogs, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
