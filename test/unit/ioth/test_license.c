/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SPDX expressions and what they allow. */
#include "test.h"

#include "license.h"

#define GPL2 LICENSE_GPL2
#define GPL3 LICENSE_GPL3
#define ANY  (LICENSE_ANYBODY | GPL2 | GPL3)

static void test_terms(void **state)
{
	static const struct {
		const char *expression;
		unsigned int terms;
	} cases[] = {
	    {"LGPL-2.1-or-later", ANY},
	    {"lgpl-3.0-only", ANY},
	    {"GPL-2.0-or-later", GPL2 | GPL3},
	    {"GPL-2.0+", GPL2 | GPL3},
	    {"GPL-2.0-only", GPL2},
	    {"GPL-2.0", GPL2},
	    {"GPL-3.0-or-later", GPL3},
	    {"AGPL-3.0-only", GPL3},
	    {"Apache-2.0", GPL3},
	    {"MIT", GPL2 | GPL3},
	    {"  MIT  ", GPL2 | GPL3},
	    {"GPL-2.0-only WITH Linux-syscall-note", GPL2},
	    {"GPL-2.0-only OR GPL-3.0-only", GPL2 | GPL3},
	    {"GPL-2.0-only AND Apache-2.0", 0},
	    {"GPL-2.0-or-later AND Apache-2.0", GPL3},
	    {"GPL-2.0-only OR MIT AND Apache-2.0", GPL2 | GPL3},
	    {"(GPL-2.0-only OR MIT) AND Apache-2.0", GPL3},
	    {"Proprietary OR LGPL-2.1-only", ANY},
	    {"LGPL-2.1-only AND MIT", GPL2 | GPL3},
	    {"((((MIT))))", GPL2 | GPL3},
	    /* not known, not expressions */
	    {"", 0},
	    {"Proprietary", 0},
	    {"GPL", 0},
	    {"MIT MIT", 0},
	    {"MIT OR", 0},
	    {"OR MIT", 0},
	    {"MIT AND", 0},
	    {"(MIT", 0},
	    {"MIT)", 0},
	    {"()", 0},
	    {"MIT WITH", 0},
	    {"MIT WITH (MIT)", 0},
	    {"((((((((((((((((((((MIT))))))))))))))))))))", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned int terms = license_terms(cases[i].expression);

		if (terms != cases[i].terms)
			fail_msg("%s: %u, not %u", cases[i].expression, terms, cases[i].terms);
	}
}

static void test_huge(void **state)
{
	const size_t size = 1 << 20;
	char *text = malloc(size + 1);

	assert_non_null(text);
	memset(text, '(', size);
	text[size] = '\0';
	assert_int_equal(license_terms(text), 0);
	memset(text, 'x', size);
	assert_int_equal(license_terms(text), 0);
	memset(text, ' ', size);
	assert_int_equal(license_terms(text), 0);
	free(text);
}

static void test_check(void **state)
{
	assert_ok(license_check(NULL));
	assert_ok(license_check("LGPL-2.1-or-later"));
	assert_int_equal(license_check("GPL-2.0-or-later"), -EPERM);
	assert_int_equal(license_check("MIT"), -EPERM);
	assert_int_equal(license_check("Proprietary"), -EPERM);
	ioth_set_license("GPL-2.0-or-later");
	assert_ok(license_check("GPL-2.0-or-later"));
	assert_ok(license_check("GPL-3.0-only"));
	assert_ok(license_check("Proprietary")); /* the author of it has to know */
	ioth_set_license("Apache-2.0");
	assert_ok(license_check("GPL-3.0-only"));
	assert_int_equal(license_check("GPL-2.0-only"), -EPERM);
	ioth_set_license("LGPL-2.1-or-later");
	assert_ok(license_check("GPL-2.0-only"));
	ioth_set_license(NULL);
	assert_int_equal(license_check("GPL-2.0-only"), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_terms),
	    cmocka_unit_test(test_huge),
	    cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
