/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service whose allocations fail, one after the other: each call says so and leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>

#include "allocations.h"
#include "stacks.h"
#include "world.h"

static bool try_service(void)
{
	struct iothotip *otip = iothotip_open(server, world_config(",udpclients=2"));
	int fd = -1, datagrams = -1;

	if (!otip) {
		assert_int_equal(errno, ENOMEM);
		return false;
	}
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_true(fd >= 0 || errno == ENOMEM);
	datagrams = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 0);
	assert_true(datagrams >= 0 || errno == ENOMEM);
	if (fd >= 0)
		assert_int_equal(iothotip_close(otip, fd), 0);
	if (datagrams >= 0)
		assert_int_equal(iothotip_close(otip, datagrams), 0);
	iothotip_stop(otip);
	return fd >= 0 && datagrams >= 0;
}

static void test_service(void **state)
{
	size_t before;

	assert_true(try_service()); /* what the stack keeps at hand is there by now */
	before = stacks_descriptors();
	/* Options, the handle, name and password, an address or two, two listeners. */
	assert_true(fail_each(try_service) >= 6);
	assert_int_equal(stacks_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_service)};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
