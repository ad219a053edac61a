/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files with a process id: stale ones, others', and a crowd that starts at once. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "pidfile.h"

#define STARTERS 8
#define ROUNDS   20

static char directory[] = "/tmp/test_pidfile.XXXXXX";
static char path[64];

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* A number that belonged to a process, and does no longer. */
static pid_t dead(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	return child;
}

static void assert_holds(pid_t pid)
{
	char seen[32] = "", expected[32];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(seen, 1, sizeof(seen) - 1, file) > 0);
	fclose(file);
	snprintf(expected, sizeof(expected), "%d\n", (int)pid);
	assert_string_equal(seen, expected);
}

/* No temporary file is left. */
static void assert_tidy(void)
{
	char temporary[96];

	snprintf(temporary, sizeof(temporary), "%s.%d", path, (int)getpid());
	assert_int_equal(access(temporary, F_OK), -1);
}

static void test_new(void **state)
{
	struct pidfile pidfile;
	struct stat status;
	mode_t mask = umask(0);
	pid_t other;

	assert_int_equal(pidfile_create(&pidfile, path, &other), 0);
	umask(mask);
	assert_holds(getpid());
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	assert_tidy();
	pidfile_remove(&pidfile);
	assert_int_equal(access(path, F_OK), -1);
	pidfile_remove(&pidfile);
}

static void test_alive(void **state)
{
	struct pidfile pidfile;
	pid_t other;
	char text[32];

	snprintf(text, sizeof(text), "%d\n", (int)getppid());
	write_file(text);
	assert_int_equal(pidfile_create(&pidfile, path, &other), -EEXIST);
	assert_int_equal(other, getppid());
	assert_holds(getppid());
	assert_tidy();
	pidfile_remove(&pidfile);
	assert_holds(getppid());
	unlink(path);
}

static void test_stale(void **state)
{
	const char *const texts[] = {NULL, "", "x", "0\n", "-1\n", "99999999999999999999\n"};
	struct pidfile pidfile;
	char text[32];
	pid_t other;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), "%d\n", (int)dead());
		write_file(texts[i] ? texts[i] : text);
		assert_int_equal(pidfile_create(&pidfile, path, &other), 0);
		assert_holds(getpid());
		pidfile_remove(&pidfile);
	}
	/* In a container, each run may have the same number. */
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	write_file(text);
	assert_int_equal(pidfile_create(&pidfile, path, &other), 0);
	pidfile_remove(&pidfile);
}

static void test_not_ours_any_more(void **state)
{
	struct pidfile pidfile;
	pid_t other;

	assert_int_equal(pidfile_create(&pidfile, path, &other), 0);
	unlink(path);
	write_file("12\n");
	pidfile_remove(&pidfile);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
}

static void test_impossible(void **state)
{
	struct pidfile pidfile;
	pid_t other;

	assert_int_equal(pidfile_create(&pidfile, "/nonexistent/pid", &other), -ENOENT);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(pidfile_create(&pidfile, path, &other), -EEXIST);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(symlink("/nonexistent/target", path), 0);
	assert_int_equal(pidfile_create(&pidfile, path, &other), -ELOOP);
	unlink(path);
}

/* A starter of a crowd: says '1' if it has the file, keeps it until all have said something. */
static void starter(int go, int say, int end)
{
	struct pidfile pidfile;
	pid_t other;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	byte = pidfile_create(&pidfile, path, &other) == 0 ? '1' : '0';
	if (write(say, &byte, 1) != 1 || read(end, &byte, 1) != 0)
		_exit(1);
	_exit(0);
}

/* All find the same stale file; one gets it, whose file it is. */
static void test_crowd(void **state)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		pid_t child[STARTERS];
		int go[2], say[2], end[2];
		unsigned int winners = 0;
		char text[32], byte;

		snprintf(text, sizeof(text), "%d\n", (int)dead());
		write_file(text);
		assert_int_equal(pipe(go), 0);
		assert_int_equal(pipe(say), 0);
		assert_int_equal(pipe(end), 0);
		for (unsigned int i = 0; i < STARTERS; i++) {
			child[i] = fork();
			if (child[i] == 0) {
				close(end[1]);
				starter(go[0], say[1], end[0]);
			}
		}
		assert_int_equal(write(go[1], "xxxxxxxx", STARTERS), STARTERS);
		for (unsigned int i = 0; i < STARTERS; i++) {
			assert_int_equal(read(say[0], &byte, 1), 1);
			winners += byte == '1';
		}
		assert_int_equal(winners, 1);
		close(end[1]);
		for (unsigned int i = 0; i < STARTERS; i++)
			assert_int_equal(waitpid(child[i], NULL, 0), child[i]);
		close(end[0]);
		close(go[0]);
		close(go[1]);
		close(say[0]);
		close(say[1]);
	}
	unlink(path);
}

static int make_directory(void **state)
{
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/pid", directory);
	return 0;
}

static int remove_directory(void **state)
{
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new),
	    cmocka_unit_test(test_alive),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_not_ours_any_more),
	    cmocka_unit_test(test_impossible),
	    cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
