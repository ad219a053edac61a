/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins in private namespaces: their globals kept apart, errno carried over, namespaces given
 * back, and the end of them.
 */
#include "test.h"

#include <sys/resource.h>

static void test_apart(void **state)
{
	struct ioth *one = make_stack("global"), *two = make_stack("global");
	int fd1 = ioth_msocket(one, AF_UNIX, SOCK_DGRAM, 0);
	int fd2 = ioth_msocket(two, AF_UNIX, SOCK_DGRAM, 0);

	assert_true(fd1 >= 0 && fd2 >= 0);
	assert_int_equal(ioth_listen(fd1, 1), 1);
	assert_int_equal(ioth_listen(fd1, 1), 2);
	assert_int_equal(ioth_listen(fd2, 100), 100);
	assert_int_equal(ioth_listen(fd1, 1), 3);
	assert_ok(ioth_close(fd1));
	assert_ok(ioth_close(fd2));
	assert_ok(ioth_delstack(one));
	assert_ok(ioth_delstack(two));
}

static void test_errno(void **state)
{
	struct ioth *stack = make_stack("global");
	int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	char c;

	assert_no_stack(ioth_newstack("global", "vde://"), EADDRNOTAVAIL);
	assert_ok(ioth_bind(fd, NULL, ENOTUNIQ));
	assert_fails(ioth_connect(fd, NULL, 0), ENOTUNIQ);
	assert_ok(ioth_bind(fd, NULL, EUCLEAN));
	assert_fails(ioth_connect(fd, NULL, 0), EUCLEAN);
	assert_fails(ioth_msocket(stack, AF_INET, 12345, 0), EINVAL);
	/* What libioth itself says is not overwritten. */
	assert_fails(ioth_recv(fd, &c, 1, 0), ENOSYS);
	assert_fails(ioth_connect(-1, NULL, 0), EBADF);
	assert_ok(close(fd));
	assert_ok(ioth_bind(fd, NULL, EBADF));
	assert_fails(ioth_connect(fd, NULL, 0), EBADF);

	/* delstack fails once at this sum. */
	fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(ioth_listen(fd, 13), 13);
	assert_ok(ioth_close(fd));
	assert_fails(ioth_delstack(stack), EOWNERDEAD);
	assert_ok(ioth_delstack(stack));
}

static void test_churn(void **state)
{
	int descriptors = open_descriptors();

	for (int i = 0; i < 200; i++)
		assert_ok(ioth_delstack(make_stack("global")));
	/* These stay loaded, for they are linked -z nodelete; the next stack takes them over. */
	for (int i = 0; i < 50; i++) {
		struct ioth *stack = make_stack("kernel_n");
		int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		char c;

		assert_fails(ioth_recv(fd, &c, 1, 0), EAGAIN);
		assert_ok(ioth_close(fd));
		assert_ok(ioth_delstack(stack));
	}
	assert_int_equal(open_descriptors(), descriptors);
}

/* Whatever the order in which stacks are made and deleted, none costs a namespace for ever; and
 * each begins with fresh variables. */
static void test_any_order(void **state)
{
	struct ioth *stack[4] = {NULL};
	unsigned int random = 1;

	for (int i = 0; i < 500; i++) {
		struct ioth **place;
		int fd;

		random = random * 1103515245 + 12345;
		place = &stack[random >> 16 & 3];
		if (*place) {
			assert_ok(ioth_delstack(*place));
			*place = NULL;
			continue;
		}
		*place = make_stack("global");
		fd = ioth_msocket(*place, AF_UNIX, SOCK_DGRAM, 0);
		assert_int_equal(ioth_listen(fd, 100 + i), 100 + i);
		assert_int_equal(ioth_listen(fd, 1), 101 + i);
		assert_ok(ioth_close(fd));
	}
	for (int i = 0; i < 4; i++) {
		if (stack[i])
			assert_ok(ioth_delstack(stack[i]));
	}
}

static void test_exhausted(void **state)
{
	struct ioth *stack[64] = {NULL};
	int count = 0;

	while (count < 64 && (stack[count] = ioth_newstack("global")))
		count++;
	print_message("%d private namespaces\n", count);
	assert_true(count >= 5 && count < 64);
	assert_int_equal(errno, EAGAIN);
	assert_non_null(strstr(ioth_error(), "namespace"));
	/* A plugin that cannot be loaded at all is another matter; a re-entrant one needs none. */
	assert_ok(ioth_delstack(make_stack("counting")));
	assert_ok(ioth_delstack(stack[--count]));
	assert_ok(ioth_delstack(make_stack("global")));
	while (count > 0)
		assert_ok(ioth_delstack(stack[--count]));
}

/* No descriptor is left to load with: that is not called a lack of namespaces. */
static void test_no_descriptor(void **state)
{
	struct rlimit limit, none;

	assert_ok(getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	assert_ok(setrlimit(RLIMIT_NOFILE, &none));
	assert_no_stack(ioth_newstack("global"), ENOEXEC);
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	assert_ok(ioth_delstack(make_stack("global")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_apart),
	    cmocka_unit_test(test_errno),
	    cmocka_unit_test(test_churn),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_exhausted),
	    cmocka_unit_test(test_no_descriptor),
	};

	if (SANITIZED) {
		printf("SKIP: a sanitizer's run time does not work twice in a process (dlmopen)\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
