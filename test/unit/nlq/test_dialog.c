/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dialogs with a peer that says what the test wants: ends of answers, errors, interruptions. */
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
#include <linux/rtnetlink.h>

#include "nlq_dialog.h"
#include "nlq_message.h"

#define DATAGRAMS 8

/* One datagram that the peer sends, or what its recv returns in place of one. */
struct datagram {
	ssize_t result; /* 0: the bytes below; else what recv returns */
	size_t len;
	NLQ_BUFFER(bytes, 256);
};

struct peer {
	struct datagram script[DATAGRAMS];
	size_t written; /* of the script */
	size_t read;
	int send_interruptions;
	ssize_t send_result; /* 0: all is sent */
	NLQ_BUFFER(request, 512);
	size_t request_len;
	uint32_t sequence;
};

static ssize_t peer_send(void *context, const void *message, size_t len)
{
	struct peer *peer = context;

	if (peer->send_interruptions-- > 0)
		return -EINTR;
	if (peer->send_result)
		return peer->send_result;
	assert_true(len >= sizeof(struct nlmsghdr) && len <= sizeof(peer->request));
	memcpy(peer->request, message, len);
	peer->request_len = len;
	peer->sequence = ((const struct nlmsghdr *)(const void *)peer->request)->nlmsg_seq;
	return (ssize_t)len;
}

/* Sequence number 0 in the script stands for that of the request. */
static ssize_t peer_recv(void *context, void *buffer, size_t size)
{
	struct peer *peer = context;
	struct datagram *datagram = &peer->script[peer->read];

	assert_true(peer->read++ < peer->written); /* nothing more is waited for */
	if (datagram->result && !datagram->len)
		return datagram->result;
	for (size_t at = 0; at + sizeof(struct nlmsghdr) <= datagram->len;) {
		struct nlmsghdr *message = (void *)(datagram->bytes + at);

		if (message->nlmsg_seq == 0)
			message->nlmsg_seq = peer->sequence;
		at += message->nlmsg_len ? NLMSG_ALIGN(message->nlmsg_len) : sizeof(*message);
	}
	memcpy(buffer, datagram->bytes, datagram->len < size ? datagram->len : size);
	return datagram->result ? datagram->result : (ssize_t)datagram->len;
}

static struct nlq_io peer_io(struct peer *peer)
{
	return (struct nlq_io){.send = peer_send, .recv = peer_recv, .context = peer};
}

static struct datagram *new_datagram(struct peer *peer)
{
	assert_true(peer->written < DATAGRAMS);
	return &peer->script[peer->written++];
}

static void script_result(struct peer *peer, ssize_t result)
{
	new_datagram(peer)->result = result;
}

/* Adds a message to a datagram. */
static void add_message(struct datagram *datagram, uint16_t type, uint16_t flags, uint32_t sequence,
    const void *body, size_t len)
{
	struct nlq_builder builder =
	    nlq_builder(datagram->bytes + datagram->len, sizeof(datagram->bytes) - datagram->len);

	nlq_build_message(&builder, type, flags, sequence, 0);
	nlq_build_bytes(&builder, body, len);
	assert_non_null(nlq_build_finish(&builder));
	datagram->len += builder.used;
}

static void script(struct peer *peer, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	add_message(new_datagram(peer), type, flags, 0, body, len);
}

static void script_error(struct peer *peer, int error)
{
	const struct nlmsgerr body = {.error = error};

	script(peer, NLMSG_ERROR, 0, &body, sizeof(body));
}

static int count(const struct nlmsghdr *message, void *argument)
{
	int *counter = argument;

	return ++*counter == 100 ? -EXFULL : 0;
}

static int dialog(struct peer *peer, uint16_t type, uint16_t flags, int *counter)
{
	const struct nlq_io io = peer_io(peer);
	struct nlmsghdr request = {
	    .nlmsg_len = sizeof(request),
	    .nlmsg_type = type,
	    .nlmsg_flags = NLM_F_REQUEST | flags,
	};

	return nlq_dialog(&io, &request, counter ? count : NULL, counter);
}

static void test_acknowledged(void **state)
{
	static const int errors[] = {0, -EEXIST, -EPERM, 5};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct peer peer = {0};

		script_error(&peer, errors[i]);
		assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), errors[i]);
		assert_int_equal(peer.read, 1);
	}
}

/* With an acknowledgement asked for, messages before it do not end the answer; without, one does.
 */
static void test_end_of_answer(void **state)
{
	struct peer peer = {0};
	int counter = 0;

	script(&peer, RTM_NEWLINK, 0, NULL, 0);
	script_error(&peer, 0);
	assert_int_equal(dialog(&peer, RTM_GETLINK, NLM_F_ACK, &counter), 0);
	assert_int_equal(peer.read, 2);
	assert_int_equal(counter, 1);

	peer = (struct peer){0};
	script(&peer, RTM_NEWLINK, 0, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_GETLINK, 0, &counter), 0);
	assert_int_equal(counter, 2);

	peer = (struct peer){0};
	script(&peer, RTM_NEWLINK, NLM_F_MULTI, NULL, 0);
	script(&peer, RTM_NEWLINK, NLM_F_MULTI, NULL, 0);
	script(&peer, NLMSG_DONE, NLM_F_MULTI, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_GETLINK, 0, &counter), 0);
	assert_int_equal(peer.read, 3);
	assert_int_equal(counter, 4);

	/* NLM_F_REPLACE and NLM_F_EXCL are the bits of NLM_F_DUMP. */
	peer = (struct peer){0};
	script(&peer, RTM_NEWROUTE, 0, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_NEWROUTE, NLM_F_REPLACE | NLM_F_EXCL, &counter), 0);
}

static void test_dump(void **state)
{
	static const int done = 0;
	struct peer peer = {0};
	struct datagram *datagram = new_datagram(&peer);
	int counter = 0;

	add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, "abc", 3);
	add_message(datagram, NLMSG_NOOP, 0, 0, NULL, 0);
	add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, NULL, 0);
	datagram = new_datagram(&peer);
	add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, NULL, 0);
	add_message(datagram, NLMSG_DONE, NLM_F_MULTI, 0, &done, sizeof(done));
	add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, NULL, 0); /* behind the end */
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, &counter), 0);
	assert_int_equal(counter, 3);
}

static void test_dump_fails(void **state)
{
	static const int failed = -ENOBUFS;
	struct peer peer = {0};

	script(&peer, RTM_NEWADDR, NLM_F_MULTI, NULL, 0);
	script(&peer, NLMSG_DONE, NLM_F_MULTI, &failed, sizeof(failed));
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, NULL), -ENOBUFS);
	peer = (struct peer){0};
	script_error(&peer, -EOPNOTSUPP);
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, NULL), -EOPNOTSUPP);
}

/* What changed during the dump is reported at its end; a real error goes before. */
static void test_dump_interrupted(void **state)
{
	struct peer peer = {0};
	int counter = 0;

	script(&peer, RTM_NEWADDR, NLM_F_MULTI | NLM_F_DUMP_INTR, NULL, 0);
	script(&peer, RTM_NEWADDR, NLM_F_MULTI, NULL, 0);
	script(&peer, NLMSG_DONE, NLM_F_MULTI, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, &counter), -EINTR);
	assert_int_equal(counter, 2);
	peer = (struct peer){0};
	script(&peer, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, NULL), -EINTR);
}

/* The callback's error: the answer is read to its end, the callback is not called again. */
static void test_callback_error(void **state)
{
	struct peer peer = {0};
	int counter = 99;

	script(&peer, RTM_NEWADDR, NLM_F_MULTI, NULL, 0);
	script(&peer, RTM_NEWADDR, NLM_F_MULTI, NULL, 0);
	script(&peer, NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, NULL, 0);
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, &counter), -EXFULL);
	assert_int_equal(counter, 100);
	assert_int_equal(peer.read, 3);
}

static void test_other_sequence(void **state)
{
	static const struct nlmsgerr stale = {.error = -EPERM};
	struct peer peer = {0};
	struct datagram *datagram = new_datagram(&peer);
	int counter = 0;

	add_message(datagram, NLMSG_ERROR, 0, 12345, &stale, sizeof(stale));
	add_message(datagram, RTM_NEWLINK, NLM_F_DUMP_INTR, 12345, NULL, 0);
	script_error(&peer, 0);
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, &counter), 0);
	assert_int_equal(counter, 0);
	assert_true(peer.sequence != 0);
}

static void test_interrupted_calls(void **state)
{
	struct peer peer = {.send_interruptions = 3};

	script_result(&peer, -EINTR);
	script_result(&peer, -EINTR);
	script_error(&peer, 0);
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), 0);
	assert_int_equal(peer.read, 3);
}

static void test_io_errors(void **state)
{
	struct peer peer = {.send_result = -ENOTCONN};

	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -ENOTCONN);
	peer = (struct peer){.send_result = 3};
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -EMSGSIZE);
	peer = (struct peer){0};
	script_result(&peer, -ENOBUFS);
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -ENOBUFS);
	peer = (struct peer){0};
	script_result(&peer, 0); /* no bytes: the end of the socket */
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -EPIPE);
}

static void test_malformed(void **state)
{
	struct peer peer = {0};
	struct datagram *datagram = new_datagram(&peer);

	add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, NULL, 0);
	datagram->len += 3;
	assert_int_equal(dialog(&peer, RTM_GETADDR, NLM_F_DUMP, NULL), -EBADMSG);
	peer = (struct peer){0};
	script(&peer, NLMSG_ERROR, 0, NULL, 0); /* without its number */
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -EBADMSG);
}

/* A datagram larger than the buffer: an error, unless what fitted ends the answer. */
static void test_truncated(void **state)
{
	const struct nlmsgerr ack = {.error = 0};
	struct peer peer = {0};
	struct nlq_io io = peer_io(&peer);
	NLQ_BUFFER(buffer, 64);
	struct nlmsghdr request = {
	    .nlmsg_len = sizeof(request),
	    .nlmsg_type = RTM_GETADDR,
	    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};
	struct datagram *datagram = new_datagram(&peer);
	int counter = 0;

	for (int i = 0; i < 5; i++)
		add_message(datagram, RTM_NEWADDR, NLM_F_MULTI, 0, NULL, 0);
	assert_int_equal(
	    nlq_dialog_buffer(&io, &request, count, &counter, buffer, sizeof(buffer)), -EMSGSIZE);
	assert_int_equal(counter, 4);

	peer = (struct peer){0};
	datagram = new_datagram(&peer);
	add_message(datagram, NLMSG_ERROR, 0, 0, &ack, sizeof(ack));
	datagram->result = 5000; /* the kernel's copy of the request did not fit */
	assert_int_equal(nlq_dialog_buffer(&io, &request, count, &counter, buffer, sizeof(buffer)), 0);
}

/* An error whose copy of the request did not fit is still that error. */
static void test_error_cut(void **state)
{
	const struct nlmsgerr body = {.error = -EOPNOTSUPP};
	char data[6000];
	struct peer peer = {0};
	struct nlq_io io = peer_io(&peer);
	struct nlmsghdr *message;

	script(&peer, NLMSG_ERROR, 0, &body, sizeof(body));
	message = (void *)peer.script[0].bytes;
	message->nlmsg_len = 9000;
	peer.script[0].result = 9000;
	assert_int_equal(dialog(&peer, RTM_NEWLINK, NLM_F_ACK, NULL), -EOPNOTSUPP);

	/* A request that no buffer takes is not sent. */
	memset(data, 'x', sizeof(data) - 1);
	data[sizeof(data) - 1] = '\0';
	peer = (struct peer){.send_result = -EIO};
	assert_int_equal(nlq_dialog_link_add(&io, "x", 0, "vde", data), -EIO);
	assert_int_equal(nlq_dialog_link_add(&io, "x", 0, data, data), -EMSGSIZE);
}

/* Answers of a stack that means no good to the calls that read them. */
static void test_bad_links(void **state)
{
	const struct ifinfomsg negative = {.ifi_index = -1};
	const struct {
		struct ifinfomsg link;
		struct nlattr attr;
	} hostile = {{.ifi_index = 1}, {.nla_len = 1000, .nla_type = IFLA_ADDRESS}};
	const struct {
		struct ifinfomsg link;
		struct nlattr attr;
		unsigned char mac[4];
	} tunnel = {{.ifi_index = 1}, {.nla_len = 8, .nla_type = IFLA_ADDRESS}, {10, 0, 0, 1}};
	unsigned char mac[6] = {9, 9, 9, 9, 9, 9};
	struct peer peer = {0};
	struct nlq_io io = peer_io(&peer);

	script(&peer, RTM_NEWLINK, 0, &negative, sizeof(negative));
	assert_int_equal(nlq_dialog_ifindex(&io, "vde0"), -EBADMSG);
	script(&peer, RTM_NEWLINK, 0, &negative, 3);
	assert_int_equal(nlq_dialog_ifindex(&io, "vde0"), -EBADMSG);
	script(&peer, RTM_NEWADDR, 0, &negative, sizeof(negative)); /* no answer to the question */
	assert_int_equal(nlq_dialog_ifindex(&io, "vde0"), -ENODEV);
	script_error(&peer, 0);
	assert_int_equal(nlq_dialog_link_getaddr(&io, 1, mac), -ENODEV);
	script(&peer, RTM_NEWLINK, 0, &hostile, sizeof(hostile));
	assert_int_equal(nlq_dialog_link_getaddr(&io, 1, mac), -EBADMSG);
	script(&peer, RTM_NEWLINK, 0, &tunnel, sizeof(tunnel));
	assert_int_equal(nlq_dialog_link_getaddr(&io, 1, mac), -ENOENT);
	script(&peer, RTM_NEWLINK, 0, &negative, 8);
	assert_int_equal(nlq_dialog_link_getaddr(&io, 1, mac), -EBADMSG);
	assert_memory_equal(mac, ((unsigned char[]){9, 9, 9, 9, 9, 9}), 6);
}

/* The index of a new link: the stack's positive answer, the echo, the name, or none. */
static void test_new_index(void **state)
{
	const struct ifinfomsg link = {.ifi_index = 7};
	const unsigned int ask = (unsigned int)-1;
	struct peer peer = {0};
	struct nlq_io io = peer_io(&peer);

	script_error(&peer, 5);
	assert_int_equal(nlq_dialog_link_add(&io, NULL, ask, "vde", "vde://"), 5);

	peer = (struct peer){0};
	script_error(&peer, -ERANGE);
	script(&peer, RTM_NEWLINK, 0, &link, sizeof(link));
	script_error(&peer, 0);
	assert_int_equal(nlq_dialog_link_add(&io, NULL, ask, "dummy", NULL), 7);

	peer = (struct peer){0};
	script_error(&peer, 0);
	script(&peer, RTM_NEWLINK, 0, &link, sizeof(link));
	assert_int_equal(nlq_dialog_link_add(&io, "x", ask, "vde", NULL), 7);

	peer = (struct peer){0};
	script_error(&peer, 0);
	assert_int_equal(nlq_dialog_link_add(&io, NULL, ask, "vde", NULL), 0);

	peer = (struct peer){0};
	script_error(&peer, -EEXIST);
	assert_int_equal(nlq_dialog_link_add(&io, "x", ask, "vde", NULL), -EEXIST);

	/* A positive answer nobody asked for is only success. */
	peer = (struct peer){0};
	script_error(&peer, 5);
	assert_int_equal(nlq_dialog_link_add(&io, "x", 0, "vde", NULL), 0);
	script_error(&peer, 5);
	assert_int_equal(nlq_dialog_link_updown(&io, 1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_acknowledged),
	    cmocka_unit_test(test_end_of_answer),
	    cmocka_unit_test(test_dump),
	    cmocka_unit_test(test_dump_fails),
	    cmocka_unit_test(test_dump_interrupted),
	    cmocka_unit_test(test_callback_error),
	    cmocka_unit_test(test_other_sequence),
	    cmocka_unit_test(test_interrupted_calls),
	    cmocka_unit_test(test_io_errors),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_error_cut),
	    cmocka_unit_test(test_bad_links),
	    cmocka_unit_test(test_new_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
