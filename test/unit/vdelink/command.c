/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links over the standard streams of a command. */
#include "links.h"

#include <errno.h>
#include <sys/wait.h>

static void test_command(void **state)
{
	static const size_t lengths[] = {18, 60, 1514, 9014, 65535};
	struct vdelink *link = open_link("=exec cat");
	struct vdelink_stats stats;
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		assert_int_equal(send_numbered(link, i + 1, lengths[i]), 1);
		/* The pipe may have taken it in part: the rest goes when there is room. */
		vdelink_want_write(link, true);
		assert_int_equal(recv_numbered(link, &len), i + 1);
		assert_int_equal(len, lengths[i]);
		vdelink_want_write(link, false);
	}
	fill_and_empty(link, link);
	assert_int_equal(send_numbered(link, 1, VDELINK_FRAME_MAX), 1); /* too long for a stream */
	vdelink_get_stats(link, &stats);
	assert_int_equal(stats.tx_dropped, 1);
	vdelink_close(link);
	/* The command is nobody's child here. */
	assert_int_equal(wait(NULL), -1);
	assert_int_equal(errno, ECHILD);
}

/* Frames that were read of the pipe together, and are asked for one by one. */
static void test_command_left(void **state)
{
	struct vdelink *link = open_link("=exec dd bs=300 iflag=fullblock 2>/dev/null");
	unsigned char room[200] = {0};

	(void)state;
	for (unsigned int i = 1; i <= 3; i++)
		assert_int_equal(send_numbered(link, i, 98), 1);
	for (unsigned int i = 1; i <= 3; i++) {
		struct iovec frame = {room, sizeof room};

		while (vdelink_recv(link, &frame, 1) == 0) {
			frame.iov_len = sizeof room;
			assert_true(serve(link, PATIENCE_MS));
		}
		assert_int_equal(frame.iov_len, 98);
	}
	assert_false(serve(link, 0));
	vdelink_close(link);
}

/* A command that ends is started again. */
static void test_command_ends(void **state)
{
	struct vdelink *link = open_link("=head -c 102 >/dev/null; exec cat");
	struct vdelink_stats stats;

	(void)state;
	vdelink_close(link);
	link = open_link("=head -c 102 >/dev/null");
	assert_int_equal(send_numbered(link, 1, 100), 1);
	wait_for_state(link, VDELINK_LOST);
	assert_int_equal(send_numbered(link, 1, 100), 1); /* dropped */
	wait_for_state(link, VDELINK_UP);
	vdelink_get_stats(link, &stats);
	assert_int_equal(stats.losses, 1);
	assert_int_equal(stats.reopenings, 1);
	assert_int_equal(stats.tx_dropped, 1);
	vdelink_close(link);
}

/* A stream that ends within a frame, and one of nonsense lengths. */
static void test_command_nonsense(void **state)
{
	struct vdelink *link = open_link("=printf '\\001\\000abc'");

	(void)state;
	wait_for_state(link, VDELINK_LOST);
	vdelink_close(link);
	link = open_link("=printf '\\000\\000\\000\\001x\\000\\002xy'");
	wait_for_state(link, VDELINK_LOST);
	vdelink_close(link);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, links_setup, links_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(command),
	    TEST(command_left),
	    TEST(command_ends),
	    TEST(command_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
