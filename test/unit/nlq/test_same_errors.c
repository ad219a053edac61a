/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same requests, one after the other, to the kernel and to a stack of tables: the same error
 * numbers. Both begin with
 *
 *   lo (1)   a0 (5), a veth; nothing is up, no addresses
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "namespace.h"
#include "nlq_message.h"
#include "nlq_server.h"
#include "same_requests.h"
#include "small_stack.h"

static int kernel_fd = -1;
static struct small_stack stack;

static void test_same_errors(void **state)
{
	struct nlq_server_peer peer = {{.handlers = small_handlers, .stackinfo = &stack}, NULL};
	const struct nlq_io ours = nlq_io_server(&peer);
	const struct nlq_io kernels = nlq_io_fd(&kernel_fd);
	int differences = 0;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		int kernel = ask(&kernels, &requests[i]);
		int our = ask(&ours, &requests[i]);

		if (kernel != our) {
			printf("%s: kernel %s, ours %s\n", requests[i].what, strerror(-kernel), strerror(-our));
			differences++;
		}
	}
	nlq_free(&peer.answers);
	assert_int_equal(differences, 0);
}

static int setup(void **state)
{
	struct nlq_io io = nlq_io_fd(&kernel_fd);

	kernel_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_true(kernel_fd >= 0);
	assert_int_equal(nlq_dialog_link_add(&io, "a0", 5, "veth", NULL), 0);
	small_stack_init(&stack);
	return 0;
}

static int teardown(void **state)
{
	close(kernel_fd);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_errors)};

	enter_namespaces_or_skip();
	return cmocka_run_group_tests(tests, setup, teardown);
}
