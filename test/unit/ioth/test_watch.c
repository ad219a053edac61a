/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Libraries are told of stacks that are deleted, and of those that are not after all. */
#include "test.h"

static char seen[100];
static struct ioth *told;
static int own = -1; /* a socket of the library's own, on `told` */

static void watch(struct ioth *stack, enum ioth_delstack_step step, void *argument)
{
	static const char *const words[] = {[IOTH_DELSTACK_BEGINS] = "begins ",
	    [IOTH_DELSTACK_DONE] = "done ",
	    [IOTH_DELSTACK_KEPT] = "kept "};

	assert_ptr_equal(argument, seen);
	strcat(seen, words[step]);
	told = stack;
	if (step == IOTH_DELSTACK_BEGINS && own >= 0) {
		ioth_close(own);
		own = -1;
	}
}

static void assert_seen(const char *expected)
{
	assert_string_equal(seen, expected);
	seen[0] = '\0';
}

static void test_watch(void **state)
{
	struct ioth *stack = ioth_newstack("kernel");
	int fd;

	assert_ok(ioth_atdelstack(watch, seen));
	assert_non_null(stack);
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	own = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	assert_true(fd >= 0 && own >= 0);
	assert_int_equal(ioth_delstack(stack), -1); /* the program's is open */
	assert_int_equal(errno, EBUSY);
	assert_seen("begins kept ");
	assert_ptr_equal(told, stack);
	own = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	ioth_close(fd);
	assert_ok(ioth_delstack(stack)); /* the library's has been closed by it */
	assert_seen("begins done ");
	assert_int_equal(ioth_delstack(stack), -1); /* is none any more */
	assert_int_equal(errno, EINVAL);
	assert_seen("begins kept ");
	assert_int_equal(ioth_delstack(NULL), -1);
	assert_seen("");
}

static void test_limits(void **state)
{
	assert_int_equal(ioth_atdelstack(NULL, NULL), -1);
	assert_int_equal(errno, EINVAL);
	for (int i = 0; i < 7; i++)
		assert_ok(ioth_atdelstack(watch, seen));
	assert_int_equal(ioth_atdelstack(watch, seen), -1);
	assert_int_equal(errno, ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
