/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages and queues: what is built reads back, in order; broken ones do no harm. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <net/if.h>
#include <linux/if_link.h>

#include "nlq_attrs.h"
#include "nlq_message.h"
#include "nlq_queue.h"

static void test_round_trip(void **state)
{
	const uint32_t mtu = 1400;
	struct nlq_msg *msg = nlq_createmsg(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 77, 88);
	struct nlq_msg *info = nlq_createxattr();
	struct nlq_msg *data = nlq_createxattr();
	const struct nlattr *attrs[IFLA_MAX + 1];
	struct nlattr *inner[8];
	struct nlattr *innermost[8];
	struct nlq_reader reader;
	const struct nlmsghdr *read;

	nlq_addstruct(msg, ifinfomsg, .ifi_index = 3, .ifi_flags = IFF_UP);
	nlq_addattr(msg, IFLA_MTU, &mtu, sizeof(mtu));
	nlq_addattr(info, IFLA_INFO_KIND, "vde", 4);
	nlq_addattr(data, 5, "abcdefg", 7);
	nlq_addxattr(info, IFLA_INFO_DATA, data);
	nlq_addxattr(msg, IFLA_LINKINFO, info);
	nlq_addattr(msg, IFLA_IFNAME, "eth0", 5);
	nlq_complete(msg);
	nlq_addattr(msg, IFLA_IFALIAS, "late", 5); /* ignored */
	nlq_complete(msg);                         /* once is enough */

	reader = nlq_reader(msg->nlq_packet, msg->nlq_size);
	read = nlq_next_message(&reader);
	assert_ptr_equal(read, msg->nlq_packet);
	assert_int_equal(read->nlmsg_len, msg->nlq_size);
	assert_int_equal(read->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(read->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(read->nlmsg_seq, 77);
	assert_int_equal(read->nlmsg_pid, 88);
	assert_int_equal(
	    nlq_parse_attrs(nlq_message_attrs(read, sizeof(struct ifinfomsg)), attrs, IFLA_MAX), 0);
	assert_string_equal(nlq_attr_data(attrs[IFLA_IFNAME]), "eth0");
	assert_null(attrs[IFLA_IFALIAS]);
	nlq_parsexattr((struct nlattr *)(uintptr_t)attrs[IFLA_LINKINFO], inner, 8);
	assert_string_equal(inner[IFLA_INFO_KIND] + 1, "vde");
	nlq_parsexattr(inner[IFLA_INFO_DATA], innermost, 8);
	assert_int_equal(innermost[5]->nla_len, NLA_HDRLEN + 7);
	assert_memory_equal(innermost[5] + 1, "abcdefg", 7);
	nlq_freemsg(msg);
}

static void test_sequence(void **state)
{
	struct nlq_msg *request = nlq_createmsg(RTM_GETLINK, NLM_F_REQUEST, 0, 0);
	struct nlq_msg *notification = nlq_createmsg(RTM_NEWLINK, 0, 0, 0);

	nlq_complete(request);
	nlq_complete(notification);
	assert_int_not_equal(request->nlq_packet->nlmsg_seq, 0);
	assert_int_equal(notification->nlq_packet->nlmsg_seq, 0);
	nlq_freemsg(request);
	nlq_dropmsg(notification);
}

static void test_queue(void **state)
{
	struct nlq_msg *queue = NULL;
	struct nlq_msg *other = NULL;

	assert_null(nlq_head(queue));
	assert_null(nlq_dequeue(&queue));
	assert_int_equal(nlq_length(queue), 0);
	for (uint32_t i = 1; i <= 5; i++) {
		nlq_complete_enqueue(nlq_createmsg(RTM_NEWLINK, 0, i, 0), &queue);
		assert_int_equal(nlq_length(queue), i);
		assert_int_equal(nlq_head(queue)->nlq_packet->nlmsg_seq, 1);
	}
	for (uint32_t i = 1; i <= 5; i++) {
		struct nlq_msg *msg = nlq_dequeue(&queue);

		assert_int_equal(msg->nlq_packet->nlmsg_seq, i);
		nlq_enqueue(msg, &other); /* from one queue into another */
	}
	assert_null(queue);
	nlq_append(&queue, &other);
	assert_null(other);
	nlq_complete_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 6, 0), &other);
	nlq_append(&queue, &other);
	nlq_append(&queue, &other);
	assert_int_equal(nlq_length(queue), 6);
	assert_int_equal(nlq_head(queue)->nlq_packet->nlmsg_seq, 1);
	nlq_free(&queue);
	assert_null(queue);
}

/* NULL stands for a message that no memory was there for. */
static void test_null(void **state)
{
	struct nlq_msg *queue = NULL;

	nlq_add(NULL, "x", 1);
	nlq_addattr(NULL, 1, "x", 1);
	nlq_addxattr(NULL, 1, nlq_createxattr());
	nlq_complete(NULL);
	nlq_freemsg(NULL);
	nlq_dropmsg(NULL);
	nlq_enqueue(NULL, &queue);
	assert_null(queue);
}

static void test_broken(void **state)
{
	static char long_value[65535];
	struct nlq_msg *msg = nlq_createmsg(RTM_NEWLINK, 0, 0, 0);
	struct nlq_msg *queue = NULL;

	nlq_addattr(msg, 1, long_value, 65531); /* the longest one */
	assert_int_equal(nlq_msg_error(msg), 0);
	nlq_addattr(msg, 1, long_value, 65532);
	assert_int_equal(nlq_msg_error(msg), -EMSGSIZE);
	nlq_addattr(msg, 1, "x", 1);
	nlq_complete(msg);
	assert_null(msg->nlq_packet);
	assert_int_equal(msg->nlq_size, 0);
	nlq_enqueue(msg, &queue); /* and freed */
	assert_null(queue);

	msg = nlq_createmsg(RTM_NEWLINK, 0, 0, 0);
	nlq_addxattr(msg, 1, NULL);
	assert_int_equal(nlq_msg_error(msg), -ENOMEM);
	nlq_freemsg(msg);
}

/* What is lost on its way into a marked queue is known; the mark itself is not seen. */
static void test_mark(void **state)
{
	struct nlq_queued mark;
	struct nlq_msg *queue = nlq_mark(&mark);

	assert_null(nlq_head(queue));
	assert_int_equal(nlq_length(queue), 0);
	nlq_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 1, 0), &queue);
	nlq_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 2, 0), &queue);
	assert_int_equal(nlq_length(queue), 2);
	assert_int_equal(nlq_head(queue)->nlq_packet->nlmsg_seq, 1);
	nlq_freemsg(nlq_dequeue(&queue));
	assert_int_equal(nlq_length(queue), 1);
	assert_int_equal(nlq_mark_remove(&mark, &queue), 0);
	assert_int_equal(nlq_length(queue), 1);
	nlq_free(&queue);

	queue = nlq_mark(&mark);
	nlq_enqueue(NULL, &queue);
	nlq_enqueue(nlq_createmsg(RTM_NEWLINK, 0, 1, 0), &queue);
	assert_int_equal(nlq_mark_remove(&mark, &queue), -ENOMEM);
	assert_int_equal(nlq_length(queue), 1);
	nlq_free(&queue);

	queue = nlq_mark(&mark);
	assert_null(nlq_dequeue(&queue));
	assert_null(queue); /* who empties a queue sees it empty */
	assert_int_equal(nlq_mark_remove(&mark, &queue), 0);

	queue = nlq_mark(&mark);
	assert_int_equal(nlq_mark_remove(&mark, &queue), 0);
	assert_null(queue);
}

static void test_parsexattr(void **state)
{
	struct nlattr *inner[4];
	struct {
		struct nlattr outer;
		struct nlattr first;
		unsigned char value[4];
		struct nlattr cut;
	} bytes = {{16, 1}, {8, 2}, {1, 2, 3, 4}, {8, 3}};

	nlq_parsexattr(NULL, inner, 4);
	for (int i = 0; i < 4; i++)
		assert_null(inner[i]);
	nlq_parsexattr(&bytes.outer, inner, 4); /* the last one leads out of the outer one */
	for (int i = 0; i < 4; i++)
		assert_null(inner[i]);
	bytes.outer.nla_len = 12;
	nlq_parsexattr(&bytes.outer, inner, 4);
	assert_ptr_equal(inner[2], &bytes.first);
	nlq_parsexattr(&bytes.outer, inner, 2); /* no room for type 2 */
	assert_null(inner[1]);
	inner[0] = &bytes.cut;
	nlq_parsexattr(&bytes.outer, inner, 0);
	assert_ptr_equal(inner[0], &bytes.cut);
}

static void test_masks(void **state)
{
	unsigned char mask[16];

	for (int len = 0; len <= 32; len++) {
		nlq_prefix2mask(AF_INET, mask, len);
		assert_int_equal(nlq_mask2prefix(AF_INET, mask), len);
	}
	for (int len = 0; len <= 128; len++) {
		nlq_prefix2mask(AF_INET6, mask, len);
		assert_int_equal(nlq_mask2prefix(AF_INET6, mask), len);
	}
	nlq_prefix2mask(AF_INET, mask, 20);
	assert_memory_equal(mask, "\xff\xff\xf0\x00", 4);
	nlq_prefix2mask(AF_INET, mask, -5);
	assert_memory_equal(mask, "\0\0\0\0", 4);
	nlq_prefix2mask(AF_INET, mask, 1000);
	assert_memory_equal(mask, "\xff\xff\xff\xff", 4);
	nlq_prefix2mask(AF_UNIX, mask, 3);
	assert_memory_equal(mask, "\xff\xff\xff\xff", 4);
	assert_int_equal(nlq_mask2prefix(AF_UNIX, mask), 0);
	assert_int_equal(nlq_mask2prefix(AF_INET, "\xff\x0f\xff\xff"), 8);
	assert_int_equal(nlq_family2addrlen(AF_INET), 4);
	assert_int_equal(nlq_family2addrlen(AF_INET6), 16);
	assert_int_equal(nlq_family2addrlen(AF_PACKET), 0);
	assert_int_equal(nlq_addrdata2prefix(24, 2, 253), 0x7002fd18);
	assert_int_equal(nlq_routedata2prefix(24, 6, 0), 0x60060018);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_sequence),
	    cmocka_unit_test(test_queue),
	    cmocka_unit_test(test_null),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_mark),
	    cmocka_unit_test(test_parsexattr),
	    cmocka_unit_test(test_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
