/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of the server fails once: nothing is lost, and no answer has a hole. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/if_link.h>

#include "allocations.h"
#include "nlq_links.h"
#include "nlq_message.h"
#include "nlq_proc.h"
#include "nlq_server.h"
#include "small_stack.h"

static struct small_stack stack;

/* Runs `work` again and again, with one allocation failing after the other, until none does. */
static void with_failures(void (*work)(void))
{
	bool more;
	int n = 0;

	do {
		small_stack_init(&stack);
		allocations_fail_at(n++);
		work();
		more = allocations_have_failed();
		allocations_fail_at(-1);
	} while (more);
	assert_true(n > 2);
}

static void dump(void)
{
	const struct nlq_server server = {.handlers = small_handlers, .stackinfo = &stack};
	const struct {
		struct nlmsghdr header;
		struct ifinfomsg link;
	} request = {
	    .header = {sizeof(request), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 2},
	};
	struct nlq_msg *answer = NULL;
	int result = nlq_process_datagram(&server, &request, sizeof(request), &answer);

	if (result) {
		assert_int_equal(errno, ENOMEM);
		assert_null(answer);
	} else if (allocations_have_failed()) {
		assert_int_equal(nlq_length(answer), 1);
		assert_int_equal(nlq_head(answer)->nlq_packet->nlmsg_type, NLMSG_DONE);
		assert_int_equal(nlq_message_result(nlq_head(answer)->nlq_packet), -ENOMEM);
	} else {
		assert_int_equal(nlq_length(answer), 3);
	}
	nlq_free(&answer);
}

/* Built with whatever memory there is; refused as a whole, or carried out. */
static void change(void)
{
	struct nlq_msg *request = nlq_createmsg(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 2);
	struct nlq_msg *nest = nlq_createxattr();
	static const unsigned char filler[400];
	const uint32_t mtu = 1400;
	int result;

	nlq_addstruct(request, ifinfomsg, .ifi_index = 5);
	nlq_addattr(request, IFLA_MTU, &mtu, sizeof(mtu));
	nlq_addattr(nest, 1, filler, sizeof(filler));
	nlq_addxattr(request, IFLA_PROP_LIST, nest);
	result =
	    nlq_server_rtdialog(request, small_handlers, &stack, nlq_process_null_cb, NULL, NULL, NULL);
	assert_int_equal(result, allocations_have_failed() ? -ENOMEM : 0);
	assert_int_equal(stack.links[1].mtu, allocations_have_failed() ? 1500 : 1400);
}

static void requests(void)
{
	char buffer[10 * sizeof(struct ifreq)];
	struct ifconf ifconf = {.ifc_len = sizeof(buffer), .ifc_buf = buffer};
	struct ifreq ifr = {.ifr_name = "a0"};

	if (nlq_server_ioctl(small_handlers, &stack, SIOCGIFMTU, &ifr))
		assert_true(allocations_have_failed() && errno == ENOMEM);
	if (nlq_server_ioctl(small_handlers, &stack, SIOCGIFCONF, &ifconf))
		assert_true(allocations_have_failed() && errno == ENOMEM);
}

static void test_dump(void **state)
{
	with_failures(dump);
}

static void test_change(void **state)
{
	with_failures(change);
}

static void test_requests(void **state)
{
	with_failures(requests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dump),
	    cmocka_unit_test(test_change),
	    cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
