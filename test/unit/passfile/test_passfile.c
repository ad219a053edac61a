/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passwords in files: what is one, what is none and why, and who else may read it. */
#include <passfile.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

static char directory[] = "/tmp/passfile-XXXXXX", path[100];
static bool no_memory;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	if (!no_memory)
		return __real_calloc(count, size);
	errno = ENOMEM;
	return NULL;
}

static int setup(void **state)
{
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/password", directory);
	return 0;
}

static int teardown(void **state)
{
	(void)unlink(path);
	return rmdir(directory);
}

static void fill(const char *text, size_t len)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void assert_reads(const char *expected)
{
	char *password = NULL, why[PASSFILE_WHY_SIZE];

	assert_int_equal(passfile_read(path, &password, NULL, why), 0);
	assert_string_equal(password, expected);
	passfile_free(password);
}

static void assert_refused(const char *which, int error, const char *expected)
{
	char *password = NULL, why[PASSFILE_WHY_SIZE];

	assert_int_equal(passfile_read(which, &password, NULL, why), -error);
	assert_null(password);
	if (!strstr(why, expected))
		fail_msg("'%s' is not in '%s'", expected, why);
}

/* What a line ends with is no part of it; what it has within is, a CR too. */
static void test_lines(void **state)
{
	static const struct {
		const char *text, *password;
	} rows[] = {
	    {"secret\n", "secret"},
	    {"secret\r\n", "secret"},
	    {"secret", "secret"},
	    {"secret\r", "secret"},
	    {"secret\nmore\n", "secret"},
	    {"secret\r\nmore\r\n", "secret"},
	    {" two words\t\n", " two words\t"},
	    {"with\rin\n", "with\rin"},
	    {"with\r\r\n", "with\r"},
	    {"\n", ""},
	    {"\r\n", ""},
	    {"\nsecret\n", ""},
	    {"\xc3\xa4\xff\n", "\xc3\xa4\xff"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill(rows[i].text, strlen(rows[i].text));
		assert_reads(rows[i].password);
	}
	/* What is behind the line is no matter. */
	fill("secret\nmo\0re", 12);
	assert_reads("secret");
}

static void test_no_password(void **state)
{
	fill("", 0);
	assert_refused(path, EINVAL, "it is empty");
	fill("sec\0ret\n", 8);
	assert_refused(path, EINVAL, "a byte of the password is 0");
	fill("\0\n", 2);
	assert_refused(path, EINVAL, "a byte of the password is 0");
	fill("secret\0\r\n", 9);
	assert_refused(path, EINVAL, "a byte of the password is 0");
}

/* As long as one may be, and a byte more, with each end. */
static void test_long(void **state)
{
	static const char *const ends[] = {"", "\n", "\r\n", "\nmore", "\r"};
	char text[PASSFILE_MAX + 20], longest[PASSFILE_MAX + 1];

	memset(longest, 'x', PASSFILE_MAX);
	longest[PASSFILE_MAX] = '\0';
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", longest, ends[i]);
		fill(text, strlen(text));
		assert_reads(longest);
		snprintf(text, sizeof(text), "%sx%s", longest, ends[i]);
		fill(text, strlen(text));
		assert_refused(path, EINVAL, "more than 1024 bytes");
	}
	snprintf(text, sizeof(text), "%s\rx\n", longest);
	fill(text, strlen(text));
	assert_refused(path, EINVAL, "more than 1024 bytes");
}

/* What is no file, or not to be read; and nothing that could keep us waiting. */
static void test_no_file(void **state)
{
	char fifo[100];

	assert_refused("/nonexistent/password", ENOENT, "No such file");
	assert_refused(directory, EISDIR, "Is a directory");
	assert_refused("/dev/zero", EINVAL, "no regular file");
	snprintf(fifo, sizeof(fifo), "%s/fifo", directory);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_refused(fifo, EINVAL, "no regular file"); /* which nobody writes to */
	assert_int_equal(unlink(fifo), 0);
	fill("secret\n", 7);
	assert_int_equal(chmod(path, 0), 0);
	if (access(path, R_OK) < 0) /* root may */
		assert_refused(path, EACCES, "Permission denied");
	assert_int_equal(chmod(path, 0600), 0);
	no_memory = true;
	assert_refused(path, ENOMEM, "memory");
	no_memory = false;
	assert_reads("secret");
	passfile_free(NULL);
}

/* Of a descriptor, which may wait; the next line is the next reader's. */
static void test_descriptor(void **state)
{
	char *password = NULL, why[PASSFILE_WHY_SIZE], rest[20];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "one\r\ntwo\nthree", 14), 14);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(passfile_read_from(ends[0], &password, why), 0);
	assert_string_equal(password, "one");
	passfile_free(password);
	assert_int_equal(passfile_read_from(ends[0], &password, why), 0);
	assert_string_equal(password, "two");
	passfile_free(password);
	assert_int_equal(read(ends[0], rest, sizeof(rest)), 5);
	assert_memory_equal(rest, "three", 5);
	password = NULL;
	assert_int_equal(passfile_read_from(ends[0], &password, why), -EINVAL);
	assert_string_equal(why, "it is empty");
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(passfile_read_from(ends[0], &password, why), -EBADF);
	assert_null(password);
}

static bool exposed_with(mode_t mode)
{
	char *password, why[PASSFILE_WHY_SIZE];
	bool exposed = false;

	assert_int_equal(chmod(path, mode), 0);
	assert_int_equal(passfile_read(path, &password, &exposed, why), 0);
	passfile_free(password);
	return exposed;
}

static void test_exposed(void **state)
{
	fill("secret\n", 7);
	assert_int_equal(chown(path, (uid_t)-1, getegid()), 0);
	assert_false(exposed_with(0400));
	assert_false(exposed_with(0600));
	assert_true(exposed_with(0640));
	assert_true(exposed_with(0604));
	assert_true(exposed_with(0644));
	/* A group that was chosen: a daemon's, say. */
	if (geteuid() == 0) {
		assert_int_equal(chown(path, (uid_t)-1, getegid() + 1), 0);
		assert_false(exposed_with(0640));
		assert_true(exposed_with(0644));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_no_password),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_no_file),
	    cmocka_unit_test(test_descriptor),
	    cmocka_unit_test(test_exposed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
