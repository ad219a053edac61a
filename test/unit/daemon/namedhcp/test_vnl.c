/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VDE network in the loop: which frames are handed on, and that they are those that came. */
#include "links.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "vnl.h"

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1}, other_mac[6] = {2, 0, 0, 0, 0, 2};
static uint8_t seen[16];
static unsigned int count;

static void take_frame(struct vnl *vnl, const uint8_t *frame, size_t len)
{
	assert_in_range(len, VNL_HEADER + 1, sizeof(vnl->room[0]));
	assert_in_range(count, 0, sizeof(seen) - 1);
	seen[count++] = frame[VNL_HEADER];
}

static void changed(struct vnl *vnl, bool is_up)
{
	(void)vnl;
	(void)is_up;
}

static const struct vnl_ops ops = {take_frame, changed};

/* A frame of `len` bytes with this number in it. */
static void send_frame(
    struct vdelink *link, const uint8_t to[6], const uint8_t from[6], uint8_t number, size_t len)
{
	uint8_t frame[64] = {[VNL_HEADER] = number};
	struct iovec piece = {.iov_base = frame, .iov_len = len};
	const struct vdelink_frame sent = {.piece = &piece, .pieces = 1};

	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	assert_int_equal(vdelink_send(link, &sent, 1), 1);
}

/* What is too short is left out of a burst by the link, which changes the order of its room. */
static void frames_of_a_burst(void **state)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t third[6] = {2, 0, 0, 0, 0, 3};
	struct vdelink *other = open_link("ptp://%s/vnl");
	struct loop loop;
	struct vnl vnl;
	char name[64];

	snprintf(name, sizeof(name), "ptp://%s/vnl", directory);
	assert_int_equal(loop_init(&loop), 0);
	assert_int_equal(vnl_open(&vnl, &loop, name, "test", our_mac, &ops), 0);
	assert_true(vnl.is_up);
	send_frame(other, our_mac, other_mac, 1, 40);
	send_frame(other, our_mac, other_mac, 90, 10); /* no frame */
	send_frame(other, our_mac, other_mac, 2, 50);
	send_frame(other, third, other_mac, 91, 40); /* another's */
	send_frame(other, our_mac, other_mac, 92, 5);
	send_frame(other, all, other_mac, 3, 60);
	send_frame(other, our_mac, all, 93, 40); /* from a group */
	send_frame(other, all, our_mac, 4, 40);  /* with our address: it came back, or a twin's */
	send_frame(other, our_mac, other_mac, 5, 40);
	while (count < 5)
		assert_int_equal(loop_turn(&loop, 1000 * LOOP_MSEC), 0);
	assert_int_equal(loop_turn(&loop, 0), 0);
	assert_int_equal(count, 5);
	assert_memory_equal(seen, ((const uint8_t[]){1, 2, 3, 4, 5}), 5);
	vnl_close(&vnl);
	loop_fini(&loop);
	vdelink_close(other);
}

/* Locally administered, and of one node: upstream's was any six bytes. */
static void random_addresses(void **state)
{
	struct vnl vnl = {.mac = {0}};
	uint8_t before[6];

	for (unsigned int i = 0; i < 1000; i++) {
		memcpy(before, vnl.mac, 6);
		vnl_make_mac(&vnl);
		assert_int_equal(vnl.mac[0] & 3, 2);
		assert_memory_not_equal(vnl.mac, before, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_of_a_burst),
	    cmocka_unit_test(random_addresses),
	};

	log_set_targets(0);
	return cmocka_run_group_tests_name("namedhcp_vnl", tests, links_setup, links_teardown);
}
