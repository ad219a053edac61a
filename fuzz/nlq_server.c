/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server of libnlq on one datagram, as a program sends it to a stack: requests of any kind,
 * true or not. The stack behind it is one of tables, whose handlers read attributes as they are
 * promised to be, so that a sanitizer sees a promise that is not kept. The answer must be well
 * formed, must belong to the requests, and what was set must not break the dumps that follow.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_link.h>
#include <sys/ioctl.h>

#include "nlq_message.h"
#include "nlq_server.h"
#include "small_stack.h"

#define REQUESTS_MAX 4096 /* a message has 16 bytes, a datagram of ours 64 KiB */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct small_stack stack;
static uint32_t sequences[REQUESTS_MAX];
static size_t count;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void read_sequences(const uint8_t *data, size_t size)
{
	void *copy = malloc(size ? size : 1);
	struct nlq_reader reader;
	const struct nlmsghdr *message;

	require(copy);
	if (size)
		memcpy(copy, data, size);
	reader = nlq_reader(copy, size);
	for (count = 0; (message = nlq_next_message(&reader)); count++)
		sequences[count % REQUESTS_MAX] = message->nlmsg_seq;
	free(copy);
}

static bool is_known(uint32_t sequence)
{
	for (size_t i = 0; i < count && i < REQUESTS_MAX; i++) {
		if (sequences[i] == sequence)
			return true;
	}
	return false;
}

static void check_error(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = nlq_message_body(message, sizeof(*error));
	const struct nlattr *texts[NLMSGERR_ATTR_MAX + 1];
	size_t len = sizeof(*error);
	uint32_t offset = 0;

	require(error && error->msg.nlmsg_seq == message->nlmsg_seq);
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		len += NLMSG_ALIGN((size_t)error->msg.nlmsg_len) - NLMSG_HDRLEN;
	require(nlq_message_body(message, len));
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	require(nlq_parse_attrs(nlq_message_attrs(message, len), texts, NLMSGERR_ATTR_MAX) == 0);
	require(texts[NLMSGERR_ATTR_MSG] || texts[NLMSGERR_ATTR_OFFS]);
	if (nlq_attr_u32(texts[NLMSGERR_ATTR_OFFS], &offset))
		require(offset + NLA_HDRLEN <= error->msg.nlmsg_len);
}

static void check_answer(struct nlq_msg *answer)
{
	bool in_dump = false;
	struct nlq_msg *msg;

	while ((msg = nlq_dequeue(&answer))) {
		struct nlq_reader reader = nlq_reader(msg->nlq_packet, msg->nlq_size);
		const struct nlmsghdr *message = nlq_next_message(&reader);

		require(message && message->nlmsg_len == msg->nlq_size);
		require(nlq_next_message(&reader) == NULL && !reader.error);
		require(is_known(message->nlmsg_seq));
		if (message->nlmsg_flags & NLM_F_MULTI)
			in_dump = message->nlmsg_type != NLMSG_DONE;
		else
			require(!in_dump); /* a dump is not interrupted by other answers */
		if (message->nlmsg_type == NLMSG_ERROR)
			check_error(message);
		nlq_freemsg(msg);
	}
	require(!in_dump);
}

static void dump(uint16_t type)
{
	struct nlq_msg *request = nlq_createmsg(type, NLM_F_REQUEST | NLM_F_DUMP, 1, 0);

	nlq_addstruct(request, rtgenmsg, .rtgen_family = AF_UNSPEC);
	require(nlq_server_rtdialog(
	            request, small_handlers, &stack, nlq_process_null_cb, NULL, NULL, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nlq_server server = {
	    .handlers = small_handlers,
	    .stackinfo = &stack,
	    .flags =
	        size ? data[size - 1] & (NLQ_SERVER_EXT_ACK | NLQ_SERVER_CAP_ACK | NLQ_SERVER_STRICT)
	             : 0,
	};
	char buffer[SMALL_ADDRS * sizeof(struct ifreq)];
	struct ifconf ifconf = {.ifc_len = sizeof(buffer), .ifc_buf = buffer};
	struct nlq_msg *answer = NULL;

	small_stack_init(&stack);
	read_sequences(data, size);
	require(nlq_process_datagram(&server, data, size, &answer) == 0);
	check_answer(answer);
	dump(RTM_GETLINK);
	dump(RTM_GETADDR);
	dump(RTM_GETROUTE);
	require(nlq_server_ioctl(small_handlers, &stack, SIOCGIFCONF, &ifconf) == 0);
	return 0;
}
