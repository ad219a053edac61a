/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* picox as a plugin of libioth: stacks, sockets, errors. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <netinet/in.h>

#include <ioth.h>

static void test_plugin(void **state)
{
	struct ioth *stack = ioth_newstack("picox", "mem://plugin");
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(name);
	struct pollfd p = {.events = POLLIN};
	char text[8];
	int fd;

	if (!stack)
		print_message("%s\n", ioth_error());
	assert_non_null(stack);
	fd = p.fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(ioth_getsockname(fd, (struct sockaddr *)&name, &len), 0);
	assert_int_equal(ioth_sendto(fd, "hello", 5, 0, (struct sockaddr *)&name, len), 5);
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_int_equal(ioth_read(fd, text, sizeof(text)), 5);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(ioth_delstack(stack), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(ioth_close(fd), 0);
	assert_int_equal(ioth_delstack(stack), 0);
}

static void test_errors(void **state)
{
	assert_null(ioth_newstack("picox,nonsense=1", NULL));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(ioth_error(), "nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plugin),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
