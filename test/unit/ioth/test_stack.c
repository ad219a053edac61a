/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks: made in all forms, deleted, the default one, errors and the log. */
#include "test.h"

#include <malloc.h>
#include <syslog.h>

static void test_forms(void **state)
{
	struct ioth *(*function)(const char *, const char *) = ioth_newstack;
	/* Not called by its name: the compiler misses the sentinel where the first VNL is the end. */
	struct ioth *(*list)(const char *, const char *, ...) = ioth_newstackl;
	const char *none[] = {NULL}, *empty[] = {"", NULL};
	struct ioth *stack[9];

	stack[0] = ioth_newstack("kernel");
	stack[1] = ioth_newstack("kernel", NULL);
	stack[2] = (ioth_newstack)("kernel", "");
	stack[3] = function("kernel", NULL);
	stack[4] = ioth_newstacki("kernel", NULL);
	stack[5] = list("kernel", (char *)NULL);
	stack[6] = ioth_newstackl("kernel", "", "", (char *)NULL);
	stack[7] = ioth_newstackv("kernel", none);
	stack[8] = ioth_newstackv("kernel,", NULL);
	for (int i = 0; i < 9; i++) {
		assert_non_null(stack[i]);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(stack[i], stack[j]);
	}
	for (int i = 0; i < 9; i++)
		assert_ok(ioth_delstack(stack[i]));
	stack[0] = ioth_newstackv("kernel", empty);
	assert_non_null(stack[0]);
	assert_ok(ioth_delstack(stack[0]));
}

static void test_native(void **state)
{
	const char *names[] = {NULL, ""};

	for (int i = 0; i < 2; i++) {
		struct ioth *stack = make_stack(names[i]);
		int fd = ioth_msocket(stack, AF_UNIX, SOCK_STREAM, 0);

		assert_true(fd >= 0);
		assert_ok(ioth_close(fd));
		assert_ok(ioth_delstack(stack));
		assert_no_stack(ioth_newstack(names[i], "vde:///nowhere"), EINVAL);
	}
	assert_no_stack(ioth_newstack("kernel", "vde:///nowhere"), EINVAL);
	assert_non_null(strstr(ioth_error(), "takes no VNL"));
	assert_no_stack(ioth_newstackl("kernel", "", "vde://", (char *)NULL), EINVAL);
	assert_no_stack(ioth_newstack("kernel,unknown"), EINVAL);
	assert_non_null(strstr(ioth_error(), "no options"));
}

/* What is not a stack, or not any more, is told from a stack without being looked at. */
static void test_no_stack(void **state)
{
	struct ioth *stack = make_stack("kernel");
	char nothing[1];

	assert_fails(ioth_delstack((struct ioth *)(void *)nothing), EINVAL);
	assert_true(*ioth_error());
	assert_ok(ioth_delstack(stack));
	assert_fails(ioth_delstack(stack), EINVAL);
	assert_fails(ioth_delstack((struct ioth *)(uintptr_t)64), EINVAL);
}

static void test_default(void **state)
{
	struct ioth *native = ioth_get_defstack(), *stack;
	void *data;
	int fd;

	assert_non_null(native);
	assert_fails(ioth_delstack(native), EINVAL);
	assert_fails(ioth_delstack(NULL), EINVAL);

	stack = make_stack("counting");
	ioth_set_defstack(stack);
	assert_ptr_equal(ioth_get_defstack(), stack);
	fd = ioth_socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(ioth_ioctl(fd, 1, &data), 1); /* the plugin's, not the kernel's */
	assert_ok(ioth_close(fd));
	fd = ioth_msocket(NULL, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(ioth_ioctl(fd, 1, &data), 1);
	assert_ok(ioth_close(fd));

	ioth_set_defstack(NULL);
	assert_ptr_equal(ioth_get_defstack(), native);
	ioth_set_defstack(stack);
	assert_ok(ioth_delstack(stack));
	assert_ptr_equal(ioth_get_defstack(), native);
	fd = ioth_socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_ok(ioth_close(fd));
}

static void test_busy(void **state)
{
	struct ioth *stack = make_stack("kernel");
	int pair[2];
	char c;

	pair[0] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	pair[1] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
	assert_fails(ioth_delstack(stack), EBUSY);
	assert_int_not_equal(ioth_error()[0], '\0');
	assert_ok(ioth_close(pair[0]));
	assert_fails(ioth_delstack(stack), EBUSY);
	/* Nobody was disturbed. */
	assert_fails(ioth_recv(pair[1], &c, 1, MSG_DONTWAIT), EAGAIN);
	assert_true((pair[0] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0)) >= 0);
	assert_ok(ioth_close(pair[0]));
	assert_ok(ioth_close(pair[1]));
	assert_ok(ioth_delstack(stack));
}

static void test_plugin_refuses(void **state)
{
	struct ioth *stack;
	int fd;

	assert_no_stack(ioth_newstack("counting,fail"), ENODEV);
	assert_non_null(strstr(ioth_error(), "counting"));
	assert_non_null(strstr(ioth_error(), "it was told to fail"));
	assert_no_stack(ioth_newstack("counting,silent"), EINVAL);
	assert_null(strstr(ioth_error(), "it was told to fail"));
	assert_non_null(strstr(ioth_error(), "Invalid argument"));

	/* A delstack that fails leaves the stack as it was. */
	stack = make_stack("counting,keep");
	ioth_set_defstack(stack);
	assert_fails(ioth_delstack(stack), EAGAIN);
	assert_ptr_equal(ioth_get_defstack(), stack);
	fd = ioth_socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
	assert_string_equal(ioth_error(), "");
}

static void test_nested(void **state)
{
	struct ioth *stack = make_stack("proxy,proxy,counting");
	int fd = ioth_msocket(stack, AF_UNIX, SOCK_STREAM, 0);
	int depth;

	assert_true(fd >= 0);
	assert_int_equal(ioth_listen(fd, 5), 5);
	/* There is an end to it, and all the way back. */
	for (depth = 5; ioth_listen(fd, depth) == depth; depth++)
		assert_true(depth < 1000);
	assert_fails(ioth_listen(fd, depth), ELOOP);
	assert_int_equal(ioth_listen(fd, depth - 1), depth - 1);
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
	assert_no_stack(ioth_newstack("proxy,counting,fail"), ENODEV);
}

struct lines {
	int count, level;
	char last[1024];
};

static void take_line(int level, const char *message, void *argument)
{
	struct lines *lines = argument;

	lines->count++;
	lines->level = level;
	snprintf(lines->last, sizeof(lines->last), "%s", message);
	errno = EPROTO; /* must not be seen outside */
}

static void test_log(void **state)
{
	struct lines lines = {0};
	struct ioth *stack;

	ioth_set_log(take_line, &lines);
	assert_no_stack(ioth_newstack("nobody_has_this"), ENOENT);
	assert_int_equal(lines.count, 1);
	assert_int_equal(lines.level, LOG_ERR);
	assert_non_null(strstr(lines.last, "nobody_has_this"));
	assert_null(strchr(lines.last, '\n'));
	stack = make_stack("counting");
	assert_int_equal(lines.level, LOG_INFO);
	assert_ok(ioth_delstack(stack));
	assert_int_equal(lines.count, 3);
	ioth_set_log(NULL, NULL);
	assert_no_stack(ioth_newstack("nobody_has_this"), ENOENT);
	assert_int_equal(lines.count, 3);
}

static void test_missing_calls(void **state)
{
	struct ioth *stack = make_stack("counting");
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	socklen_t len = 0;
	char buffer[4];

	assert_fails(ioth_bind(fd, NULL, 0), ENOSYS);
	assert_fails(ioth_accept(fd, NULL, NULL), ENOSYS);
	assert_fails(ioth_accept4(fd, NULL, NULL, 0), ENOSYS);
	assert_fails(ioth_getsockopt(fd, 0, 0, NULL, &len), ENOSYS);
	assert_fails(ioth_recv(fd, buffer, sizeof(buffer), 0), ENOSYS);
	assert_fails(ioth_sendmmsg(fd, NULL, 0, 0), ENOSYS);
	assert_int_equal(ioth_read(fd, buffer, sizeof(buffer)), 1);
	assert_int_equal(ioth_read(fd, buffer, sizeof(buffer)), 2);
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
}

static void churn(const char *name, int times)
{
	for (int i = 0; i < times; i++) {
		struct ioth *stack = make_stack(name);
		int fd = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);

		assert_true(fd >= 0);
		if (i % 2)
			assert_ok(close(fd)); /* behind the library's back */
		else
			assert_ok(ioth_close(fd));
		assert_ok(ioth_delstack(stack));
	}
}

static void test_churn(void **state)
{
	int descriptors = open_descriptors();
	size_t memory;

	churn("kernel", 10);
	memory = mallinfo2().uordblks;
	churn("kernel", 10000);
	assert_int_equal(open_descriptors(), descriptors);
	if (!SANITIZED) /* they have their own allocator, and their own report */
		assert_true(mallinfo2().uordblks <= memory + 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_native),
	    cmocka_unit_test(test_no_stack),
	    cmocka_unit_test(test_default),
	    cmocka_unit_test(test_busy),
	    cmocka_unit_test(test_plugin_refuses),
	    cmocka_unit_test(test_nested),
	    cmocka_unit_test(test_log),
	    cmocka_unit_test(test_missing_calls),
	    cmocka_unit_test(test_churn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
