/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that are closed, duplicated and replaced by the plain calls. */
#include "test.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* Which stack does a descriptor belong to? The counting plugin tells its data. */
static void *data_of(int fd)
{
	void *data = NULL;

	return ioth_ioctl(fd, 1, &data) == 1 ? data : NULL;
}

static void test_plain_close(void **state)
{
	struct ioth *one = make_stack("counting"), *two = make_stack("counting");
	int fd = ioth_msocket(one, AF_INET, SOCK_STREAM, 0), again;
	void *data = data_of(fd);

	assert_non_null(data);
	assert_fails(ioth_delstack(one), EBUSY);
	assert_ok(close(fd));
	/* The number is used again, by another stack. */
	again = ioth_msocket(two, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(again, fd);
	assert_ptr_not_equal(data_of(again), data);
	assert_ok(ioth_delstack(one)); /* nothing of it is open */
	assert_non_null(data_of(again));
	assert_ok(close(again));
	assert_ok(ioth_delstack(two));
	assert_fails(ioth_listen(fd, 1), EBADF);
}

static void test_reused_by_a_file(void **state)
{
	struct ioth *stack = make_stack("kernel");
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0), file;

	assert_ok(close(fd));
	file = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(file, fd);
	/* Found out by the failing call, and at close: the file stays open. */
	assert_fails(ioth_send(file, "x", 1, 0), EBADF);
	assert_fails(ioth_write(file, "x", 1), EBADF);
	assert_fails(ioth_close(file), EBADF);
	assert_int_equal(write(file, "x", 1), 1);
	assert_ok(ioth_delstack(stack));
	assert_ok(close(file));

	stack = make_stack("kernel");
	fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	assert_ok(close(fd));
	file = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(file, fd);
	assert_fails(ioth_close(file), EBADF);
	assert_int_equal(write(file, "x", 1), 1);
	assert_ok(ioth_delstack(stack));
	assert_ok(close(file));
}

static void test_duplicates(void **state)
{
	struct ioth *stack = make_stack("counting");
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	void *data = data_of(fd);
	int copy[5];

	copy[0] = dup(fd);
	copy[1] = fcntl(fd, F_DUPFD_CLOEXEC, 900);
	copy[2] = ioth_fcntl(fd, F_DUPFD, 0);
	copy[3] = ioth_fcntl(fd, F_DUPFD_CLOEXEC, 700);
	copy[4] = dup(fd); /* not used before the original is closed */
	assert_true(copy[3] >= 700);
	for (int i = 0; i < 4; i++)
		assert_ptr_equal(data_of(copy[i]), data);
	assert_ok(ioth_close(fd));
	assert_ptr_equal(data_of(copy[4]), data);
	assert_fails(ioth_listen(fd, 1), EBADF);
	for (int i = 0; i < 5; i++) {
		assert_fails(ioth_delstack(stack), EBUSY);
		assert_ptr_equal(data_of(copy[i]), data);
		if (i % 2)
			assert_ok(close(copy[i]));
		else
			assert_ok(ioth_close(copy[i]));
	}
	assert_ok(ioth_delstack(stack));
}

/* As inetd does it: the socket becomes some other number and the first one is closed. */
static void test_dup2(void **state)
{
	struct ioth *one = make_stack("counting"), *two = make_stack("counting");
	int fd1 = ioth_msocket(one, AF_INET, SOCK_STREAM, 0);
	int fd2 = ioth_msocket(two, AF_INET, SOCK_STREAM, 0);
	void *data1 = data_of(fd1), *data2 = data_of(fd2);

	assert_int_equal(dup2(fd1, 800), 800);
	assert_ok(close(fd1));
	assert_ptr_equal(data_of(800), data1);
	/* Back to the number of a ghost, closed by us. */
	assert_ok(ioth_close(800));
	assert_fails(ioth_listen(800, 1), EBADF);
	fd1 = ioth_msocket(one, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(dup2(fd1, 801), 801);
	assert_ok(ioth_close(fd1));
	assert_int_equal(dup2(801, fd1), fd1);
	assert_ptr_equal(data_of(fd1), data1);
	assert_ok(close(801));
	/* Over a socket of another stack. The table does not look on the data path; it does at close,
	 * which closes what is there now. */
	assert_int_equal(dup2(fd1, fd2), fd2);
	assert_ok(ioth_close(fd2));
	assert_int_equal(fcntl(fd2, F_GETFD), -1);
	assert_ptr_equal(data_of(fd1), data1);
	assert_ok(ioth_delstack(two));
	assert_fails(ioth_delstack(one), EBUSY);
	assert_ok(ioth_close(fd1));
	assert_ok(ioth_delstack(one));
	assert_non_null(data2);
}

static void test_foreign_look_alikes(void **state)
{
	struct ioth *stack = make_stack("counting");
	int fd = ioth_msocket(stack, AF_INET, SOCK_STREAM, 0);
	int events = eventfd(0, EFD_CLOEXEC), more = eventfd(0, EFD_CLOEXEC);

	/* All eventfds have the same inode. */
	assert_fails(ioth_listen(events, 1), EBADF);
	assert_fails(ioth_listen(more, 1), EBADF);
	assert_ok(close(events));
	assert_ok(close(more));
	assert_ok(ioth_close(fd));
	assert_ok(ioth_delstack(stack));
}

static void test_closefrom(void **state)
{
	struct ioth *stack = make_stack("kernel");
	int fd[64];

	for (int i = 0; i < 64; i++)
		fd[i] = ioth_msocket(stack, AF_UNIX, SOCK_STREAM, 0);
	for (int i = 0; i < 64; i++)
		assert_ok(close(fd[i]));
	assert_ok(ioth_delstack(stack));
}

static void test_many(void **state)
{
	struct rlimit limit;
	struct ioth *stack = make_stack("kernel");
	int *fd, count = 3000, made;

	assert_ok(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	assert_ok(setrlimit(RLIMIT_NOFILE, &limit));
	fd = calloc((size_t)count, sizeof(*fd));
	assert_non_null(fd);
	for (made = 0; made < count; made++) {
		fd[made] = ioth_msocket(stack, AF_UNIX, SOCK_DGRAM, 0);
		if (fd[made] < 0)
			break;
	}
	assert_true(made == count || errno == EMFILE || errno == ENFILE);
	for (int i = 0; i < made; i++)
		assert_ok(ioth_close(fd[i]));
	free(fd);
	assert_ok(ioth_delstack(stack));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain_close),
	    cmocka_unit_test(test_reused_by_a_file),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_dup2),
	    cmocka_unit_test(test_foreign_look_alikes),
	    cmocka_unit_test(test_closefrom),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
