/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VNL with the name of its interface. */
#include <vnl.h>

#include <errno.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect(const char *vnl, const char *expected_name, const char *expected_network)
{
	char name[IFNAMSIZ];
	const char *network;

	assert_int_equal(vnl_split(vnl, name, &network), 0);
	assert_string_equal(name, expected_name);
	assert_string_equal(network, expected_network);
}

static void expect_failure(const char *vnl, int err)
{
	char name[IFNAMSIZ];
	const char *network;

	assert_int_equal(vnl_split(vnl, name, &network), err);
}

static void test_with_name(void **state)
{
	expect("eth0:vde:///tmp/sw", "eth0", "vde:///tmp/sw");
	expect("wan:vxvde://234.0.0.1", "wan", "vxvde://234.0.0.1");
	expect("abcdefghijklmno:vde://", "abcdefghijklmno", "vde://");
	expect("a:b:vde://", "a", "b:vde://");
	expect("eth0:/tmp/sw", "eth0", "/tmp/sw");
	expect("eth0:/tmp/a:b", "eth0", "/tmp/a:b");
	expect("eth0:=ssh host:22 vde_plug vde://", "eth0", "=ssh host:22 vde_plug vde://");
}

static void test_without_name(void **state)
{
	expect("vde:///tmp/sw", "", "vde:///tmp/sw");
	expect("vde://", "", "vde://");
	expect("/tmp/sw", "", "/tmp/sw");
	expect("/tmp/a:b://c", "", "/tmp/a:b://c");
	expect("dir/a:/b", "", "dir/a:/b");
	expect("a:b", "", "a:b");
	expect("=ssh host:22 vde_plug vde://", "", "=ssh host:22 vde_plug vde://");
	expect("vxlan://234.0.0.1:4879", "", "vxlan://234.0.0.1:4879");
	expect("cmd://vde_plug vde:///tmp/sw", "", "cmd://vde_plug vde:///tmp/sw");
	expect("", "", "");
	expect("://", "", "://");
	expect(":", "", ":");
}

static void test_bad_names(void **state)
{
	char vnl[65536 + 8];

	expect_failure(":vde://", -EINVAL);
	expect_failure("a b:vde://", -EINVAL);
	expect_failure("vde%d:vde://", -EINVAL);
	expect_failure(".:vde://", -EINVAL);
	expect_failure("..:vde://", -EINVAL);
	expect_failure("a/b:vde://", -EINVAL);
	expect_failure("abcdefghijklmnop:vde://", -ENAMETOOLONG);
	memset(vnl, 'a', 65536);
	strcpy(vnl + 65536, ":vde://");
	expect_failure(vnl, -ENAMETOOLONG);
	assert_int_equal(vnl_check_name("", 0), -EINVAL);
	assert_int_equal(vnl_check_name("...", 3), 0);
	assert_int_equal(vnl_check_name("lo", 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_with_name),
	    cmocka_unit_test(test_without_name),
	    cmocka_unit_test(test_bad_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
