/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Debian's nlinline+.h on top of our sockets, under a prefix of the program's own. (The prefix
 * ioth_ is not free: those functions are exported by the library.) The header is no strict C and
 * has its own warnings, so meson.build compiles this file without them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Before ioth.h: a newer one has names that ioth.h would define. */
#include <nlinline+.h>

#define my_msocket ioth_msocket
#define my_bind    ioth_bind
#define my_send    ioth_send
#define my_recv    ioth_recv
#define my_close   ioth_close
#include "test.h"
/* cppcheck does not read the system's headers. */
/* cppcheck-suppress unknownMacro */
NLINLINE_LIBMULTI(my_)

static struct ioth *stack;
static const char *kind, *data; /* of an interface that it can make */

static void test_configure(void **state)
{
	uint8_t address[] = {10, 0, 0, 60}, gateway[] = {10, 0, 0, 1};
	uint8_t address6[16] = {0xfc, 0x00, [13] = 0x1, [15] = 0x60};
	uint8_t mac[6], mine[6];
	int index;

	assert_int_equal(my_if_nametoindex(stack, "lo"), 1);
	assert_fails(my_if_nametoindex(stack, "nobody"), ENODEV);
	assert_ok(my_iplink_add(stack, "v0", 0, kind, data));
	index = my_if_nametoindex(stack, "v0");
	assert_int_equal(index, ioth_if_nametoindex(stack, "v0"));
	assert_ok(my_linkgetaddr(stack, index, mac));
	assert_ok(ioth_linkgetaddr(stack, index, mine));
	assert_memory_equal(mac, mine, 6);
	assert_ok(my_linksetmtu(stack, index, 1400));
	assert_ok(my_linksetupdown(stack, index, 1));
	assert_ok(my_ipaddr_add(stack, AF_INET, address, 24, index));
	assert_fails(my_ipaddr_add(stack, AF_INET, address, 24, index), EEXIST);
	assert_ok(my_ipaddr_add(stack, AF_INET6, address6, 64, index));
	assert_ok(my_iproute_add(stack, AF_INET, NULL, 0, gateway, 0));
	/* What theirs has added, ours deletes. */
	assert_ok(ioth_iproute_del(stack, AF_INET, NULL, 0, gateway, 0));
	assert_ok(ioth_ipaddr_del(stack, AF_INET, address, 24, index));
	assert_ok(my_ipaddr_del(stack, AF_INET6, address6, 64, index));
	assert_ok(my_iplink_del(stack, "v0", index));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_configure),
	};

	int failed = 0;

	stack = make_stack("picox");
	kind = "vde";
	data = "mem://nlinline";
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	failed += ioth_delstack(stack) < 0; /* all its sockets are closed */
	kind = "veth";
	data = NULL;
	if (!enter_network_namespace())
		return failed ? failed : 77;
	for (int i = 0; i < KERNEL_STACKS; i++) {
		stack = make_kernel_stack(kernel_stacks[i]);
		if (!stack)
			continue;
		failed += cmocka_run_group_tests(tests, NULL, NULL);
		failed += ioth_delstack(stack) < 0;
	}
	return failed;
}
