/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "name.h"

static struct named_name key(const char *text)
{
	struct named_name name;

	assert_int_equal(named_name_from_text(&name, text), 0);
	return name;
}

static void test_fold(void **state)
{
	struct named_name upper = key("AZ@[`az{\\193\\218.ORG"), lower = key("az@[`az{\\193\\218.org");
	char text[NAMED_NAME_TEXT_SIZE];

	(void)state;
	assert_true(named_name_equal(&upper, &lower));
	assert_memory_equal(upper.wire + 1, "az@[`az{\xc1\xda", 10);
	assert_string_equal(named_name_text(&upper, text), "az@[`az{\xc1\xda.org");
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t wire[3] = {1, (uint8_t)i, 0};
		struct named_name name;

		assert_int_equal(named_name_read(&name, wire, sizeof(wire)), 3);
		assert_int_equal(name.wire[1], i >= 'A' && i <= 'Z' ? i + 32 : i);
	}
}

static void test_labels(void **state)
{
	struct named_name name = key("www.Example.org"), root = key("."), org = key("org"),
	                  rg = key("rg"), ample = key("ample.org");
	char text[NAMED_NAME_TEXT_SIZE];

	(void)state;
	assert_int_equal(name.labels, 3);
	assert_int_equal(name.offset[1], 4);
	assert_int_equal(name.wire[name.offset[3]], 0);
	assert_int_equal(root.labels, 0);
	assert_string_equal(named_name_text(&root, text), ".");
	assert_true(named_name_is_below(&name, &org));
	assert_true(named_name_is_below(&name, &root));
	assert_false(named_name_is_below(&name, &rg));
	assert_false(named_name_is_below(&name, &ample));
	assert_false(named_name_is_below(&name, &name));
	assert_false(named_name_is_below(&org, &name));
	assert_false(named_name_is_below(&root, &root));
}

static void test_hash(void **state)
{
	struct named_name name = key("abcdefghijklmnopqrstuvwxyz.Example.org"),
	                  org = key("example.ORG"),
	                  other = key("abcdefghijklmnopqrstuvwxyy.example.org");
	uint64_t hash[NAME_MAX_LABELS];

	(void)state;
	named_name_hashes(&name, hash);
	assert_true(hash[2] == named_name_hash(&org));
	assert_true(hash[3] == named_name_hash(&name));
	assert_true(hash[3] != named_name_hash(&other));
}

static void test_wrong(void **state)
{
	uint8_t wire[300] = {0};
	struct named_name name;

	(void)state;
	assert_int_equal(named_name_read(&name, wire, 0), -EBADMSG);
	assert_int_equal(named_name_read(&name, (const uint8_t *)"\3abc", 4), -EBADMSG);
	assert_int_equal(named_name_read(&name, (const uint8_t *)"\1a\xc0\0", 4), -EBADMSG);
	assert_int_equal(named_name_read(&name, (const uint8_t *)"\x40", 66), -EBADMSG);
	/* 127 labels of one byte are the longest name, one more is none. */
	for (size_t i = 0; i < sizeof(wire); i += 2)
		memcpy(wire + i, "\1A", 2);
	assert_int_equal(named_name_read(&name, wire, sizeof(wire)), -EBADMSG);
	wire[254] = 0;
	assert_int_equal(named_name_read(&name, wire, sizeof(wire)), 255);
	assert_int_equal(name.labels, 127);
	assert_int_equal(named_name_read(&name, wire, 254), -EBADMSG);
	assert_int_equal(named_name_from_text(&name, "a..b"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fold),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_hash),
	    cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
