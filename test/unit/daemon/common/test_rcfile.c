/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of directives, and words by their first 8 bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "keyword.h"
#include "log.h"
#include "log_lines.h"
#include "rcfile.h"

static char seen[4096];

static void take(struct rcfile *rcfile, const char *tag, const char *value, void *argument)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof(seen) - len, "%u:%s=<%s>;", rcfile->line, tag, value);
	if (strcmp(tag, "bad") == 0)
		rcfile_error(rcfile, "bad is bad");
	if (strcmp(tag, "odd") == 0)
		rcfile_notice(rcfile, "odd is odd");
}

static unsigned int parse(const char *text, struct log_lines *lines)
{
	unsigned int errors;

	seen[0] = '\0';
	*lines = (struct log_lines){0};
	log_set_hook(log_lines_keep, lines);
	errors = rcfile_parse("some.rc", text, strlen(text), take, NULL);
	log_set_hook(NULL, NULL);
	return errors;
}

static void test_lines(void **state)
{
	struct log_lines lines;

	assert_int_equal(parse("", &lines), 0);
	assert_string_equal(seen, "");
	assert_int_equal(parse("\n \t\n# one\n   # two\na 1\n", &lines), 0);
	assert_string_equal(seen, "5:a=<1>;");
	assert_int_equal(parse("a\nb \n\t c\t  1 2 \t# 3 \nd_e x\nf-g y", &lines), 0);
	assert_string_equal(seen, "1:a=<>;2:b=<>;3:c=<1 2 \t# 3 >;4:d_e=<x>;5:f-g=<y>;");
	assert_int_equal(lines.count, 0);
}

/* All lines are looked at, all mistakes told. */
static void test_mistakes(void **state)
{
	struct log_lines lines;

	assert_int_equal(parse("a+b 1\nbad\nodd\n=\ngood 1\na=1\n", &lines), 4);
	assert_string_equal(seen, "2:bad=<>;3:odd=<>;5:good=<1>;");
	assert_string_equal(lines.all,
	    "some.rc (line 1): syntax error: a word of letters and digits is expected first\n"
	    "some.rc (line 2): bad is bad\n"
	    "some.rc (line 3): odd is odd\n"
	    "some.rc (line 4): syntax error: a word of letters and digits is expected first\n"
	    "some.rc (line 6): syntax error: a word of letters and digits is expected first\n");
}

static void test_zero_byte(void **state)
{
	struct log_lines lines = {0};

	seen[0] = '\0';
	log_set_hook(log_lines_keep, &lines);
	assert_int_equal(rcfile_parse("f", "a 1\0\nb 2\n", 9, take, NULL), 1);
	log_set_hook(NULL, NULL);
	assert_string_equal(seen, "2:b=<2>;");
	assert_string_equal(lines.last, "f (line 1): a byte of value 0 is not text");
}

static void test_file(void **state)
{
	char path[] = "/tmp/test_rcfile.XXXXXX";
	int fd = mkstemp(path);
	struct log_lines lines = {0};
	FILE *file = fdopen(fd, "w");
	char *expected;
	size_t size;
	FILE *memory = open_memstream(&expected, &size);

	assert_non_null(file);
	assert_non_null(memory);
	/* Longer than any first buffer. */
	for (unsigned int i = 1; i <= 200; i++) {
		fprintf(file, "tag%u %0100u\n", i, i);
		if (i > 0 && i <= 20)
			fprintf(memory, "%u:tag%u=<%0100u>;", i, i, i);
	}
	fclose(file);
	fclose(memory);
	seen[0] = '\0';
	log_set_hook(log_lines_keep, &lines);
	assert_int_equal(rcfile_read(path, take, NULL), 0);
	assert_memory_equal(seen, expected, size);
	unlink(path);
	assert_int_equal(rcfile_read(path, take, NULL), 1);
	assert_non_null(strstr(lines.last, ": No such file or directory"));
	assert_int_equal(rcfile_read("/tmp", take, NULL), 1);
	assert_string_equal(lines.last, "/tmp: Is a directory");
	log_set_hook(NULL, NULL);
	free(expected);
}

static void test_keywords(void **state)
{
	assert_int_equal(keyword_match("tcplistenbacklog", "tcplistenbacklog", true), KEYWORD_YES);
	assert_int_equal(
	    keyword_match("tcplisten", "tcplistenbacklog", true), KEYWORD_SPELLED_OTHERWISE);
	assert_int_equal(keyword_match("TCPListenBacklog", "tcplistenbacklog", true), KEYWORD_YES);
	assert_int_equal(keyword_match("TCPTIMEO", "tcptimeout", false), KEYWORD_NO);
	assert_int_equal(keyword_match("tcptimeo", "tcptimeout", false), KEYWORD_SPELLED_OTHERWISE);
	assert_int_equal(keyword_match("tcptime", "tcptimeout", false), KEYWORD_NO);
	assert_int_equal(keyword_match("dns", "dns", true), KEYWORD_YES);
	assert_int_equal(keyword_match("dnsx", "dns", true), KEYWORD_NO);
	assert_int_equal(keyword_match("", "dns", true), KEYWORD_NO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_zero_byte),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_keywords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
