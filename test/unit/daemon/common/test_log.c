/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of the log: form, levels, bytes that do not print, the hook. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "log.h"
#include "log_lines.h"

static void test_hook(void **state)
{
	struct log_lines lines = {0};

	log_set_hook(log_lines_keep, &lines);
	log_warning("%d is %s", 5, "five");
	assert_string_equal(lines.last, "5 is five");
	assert_int_equal(lines.level, LOG_WARNING);
	log_debug("unseen");
	assert_int_equal(lines.count, 1);
	log_set_verbose(true);
	log_debug("seen");
	assert_string_equal(lines.last, "seen");
	log_set_verbose(false);
	log_set_hook(NULL, NULL);
}

static void test_escapes(void **state)
{
	struct log_lines lines = {0};
	char text[3 * LOG_TEXT_MAX];

	log_set_hook(log_lines_keep, &lines);
	log_error("%s", "a\nb\x1b[2Jc\x7f\xc3\xa9");
	assert_string_equal(lines.last, "a\\012b\\033[2Jc\\177\xc3\xa9");
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_error("%s", text);
	assert_in_range(strlen(lines.last), LOG_TEXT_MAX - 8, LOG_TEXT_MAX - 1);
	assert_string_equal(lines.last + strlen(lines.last) - 4, "\\012");
	log_set_hook(NULL, NULL);
}

/* What others provoke fills no log, and that there was more is told. */
static void test_limit(void **state)
{
	struct log_lines lines = {0};
	struct log_limit limit = {0};
	unsigned int before;

	log_set_hook(log_lines_keep, &lines);
	log_limited(&limit, LOG_DEBUG, "unseen");
	assert_int_equal(lines.count + limit.told, 0);
	do {
		memset(&limit, 0, sizeof(limit));
		before = lines.count;
		for (unsigned int i = 0; i < 1000; i++)
			log_limited(&limit, LOG_INFO, "line %u", i);
	} while (limit.untold != 1000 - LOG_LIMIT); /* a second has ended meanwhile */
	assert_int_equal(lines.count - before, LOG_LIMIT);
	limit.second--; /* as if it had */
	lines.all[0] = '\0';
	log_limited(&limit, LOG_INFO, "%s", "again");
	assert_string_equal(lines.all, "(and 980 more, which are not told)\nagain\n");
	log_set_hook(NULL, NULL);
}

static void test_stderr(void **state)
{
	int ends[2], saved = dup(STDERR_FILENO);
	char seen[100] = "";

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_init("tester");
	log_notice("hello");
	log_set_targets(0);
	log_notice("unseen");
	log_set_targets(LOG_TO_STDERR);
	dup2(saved, STDERR_FILENO);
	close(ends[1]);
	assert_int_equal(read(ends[0], seen, sizeof(seen) - 1), 14);
	assert_string_equal(seen, "tester: hello\n");
	close(ends[0]);
	close(saved);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hook),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_stderr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
