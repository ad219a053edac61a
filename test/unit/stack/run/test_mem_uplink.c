/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uplinks of networks in memory: one that works, one that is slow to open, one that is lost. */
#include "host.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void test_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", uplink[64], vnl[128];
	struct picox *inside, *outside, *other;
	int fd, fd_inside;

	assert_non_null(mkdtemp(dir));
	snprintf(uplink, sizeof(uplink), "ptp://%s/p", dir);
	snprintf(vnl, sizeof(vnl), "mem://uplinked/uplink=%s", uplink);
	inside = host_new(vnl, NULL, "10.0.0.1");
	other = host_new("mem://uplinked", NULL, "10.0.0.3");
	outside = host_new(uplink, NULL, "10.0.0.2");
	assert_null(picox_newstack((char *)(uintptr_t) "mem://uplinked/uplink=vde:///x"));
	assert_int_equal(errno, EINVAL);
	fd = picox_msocket(outside, AF_INET, SOCK_DGRAM, 0);
	fd_inside = picox_msocket(other, AF_INET, SOCK_DGRAM, 0);
	host_udp_round(fd, inside, "10.0.0.1");
	host_udp_round(fd, other, "10.0.0.3");
	host_udp_round(fd_inside, outside, "10.0.0.2");
	host_udp_round(fd_inside, inside, "10.0.0.1");
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(fd_inside), 0);
	assert_int_equal(picox_delstack(inside), 0);
	assert_int_equal(picox_delstack(outside), 0);
	assert_int_equal(picox_delstack(other), 0);
	rmdir(dir);
}

static void *join_silent(void *vnl)
{
	return picox_newstack(vnl);
}

/* While an uplink is opened, other networks do not wait; who wants the same one does, and shares
 * its fate. */
static void test_slow_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", vnl[64], ctl[40];
	struct picox *other;
	pthread_t threads[2];
	void *result;
	int fd;

	assert_non_null(mkdtemp(dir));
	fd = host_silent_switch(dir);
	snprintf(vnl, sizeof(vnl), "mem://slow/uplink=vde://%s", dir);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, join_silent, vnl), 0);
	/* One of them is there. */
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&waiting, 1, 60000), 1);
	other = picox_newstack((char *)(uintptr_t) "mem://quick");
	assert_non_null(other);
	assert_int_equal(picox_delstack(other), 0);
	/* A different uplink is refused at once. */
	assert_null(picox_newstack((char *)(uintptr_t) "mem://slow/uplink=vde:///tmp/else"));
	assert_int_equal(errno, EINVAL);
	close(fd);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	/* Nothing is left of it. */
	other = picox_newstack((char *)(uintptr_t) "mem://slow");
	assert_non_null(other);
	assert_int_equal(picox_delstack(other), 0);
	snprintf(ctl, sizeof(ctl), "%s/ctl", dir);
	unlink(ctl);
	rmdir(dir);
}

/* What libvdeplug 4 sends to a switch. */
struct vde_request {
	uint32_t magic, version;
	int type;
	struct sockaddr_un data;
	char description[256];
};

/* Answers one that wants to connect, as a switch does; returns where frames come. */
static int accept_port(int ctl, const char *dir, int *connection)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct pollfd waiting = {.fd = ctl, .events = POLLIN};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct vde_request request;

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/data", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(poll(&waiting, 1, 60000), 1);
	*connection = accept(ctl, NULL, NULL);
	assert_true(*connection >= 0);
	assert_true(read(*connection, &request, sizeof(request)) > 0);
	assert_int_equal(write(*connection, &name, sizeof(name)), sizeof(name));
	return fd;
}

/* It is a frame to be sent that finds the switch gone; its control connection says nothing. */
static void test_lost_uplink(void **state)
{
	char dir[] = "/tmp/mem.XXXXXX", vnl[64], path[40];
	int ctl, data, connection, fd;
	struct pollfd again = {.events = POLLIN};
	struct picox *stack;
	pthread_t thread;
	void *result;

	assert_non_null(mkdtemp(dir));
	ctl = again.fd = host_silent_switch(dir);
	snprintf(vnl, sizeof(vnl), "mem://lost/uplink=vde://%s", dir);
	assert_int_equal(pthread_create(&thread, NULL, join_silent, vnl), 0);
	data = accept_port(ctl, dir, &connection);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_non_null(result);
	stack = result;
	assert_int_equal(host_address(stack, "10.0.0.1", 24), 0);
	/* From now on it takes no frames. (If it were closed, those that lie in it would be an event.)
	 */
	assert_int_equal(shutdown(data, SHUT_RD), 0);
	fd = host_udp4(stack, "10.0.0.1", 1);
	host_send4(fd, "10.0.0.2", 1, "hello", 5);
	/* So it is opened again. */
	assert_int_equal(poll(&again, 1, 60000), 1);
	close(ctl);
	close(data);
	close(connection);
	picox_close(fd);
	assert_int_equal(picox_delstack(stack), 0);
	snprintf(path, sizeof(path), "%s/data", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/ctl", dir);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uplink),
	    cmocka_unit_test(test_slow_uplink),
	    cmocka_unit_test(test_lost_uplink),
	};

	if (!HOST_HAS_VDEPLUG) {
		puts("SKIP: a sanitizer does not let libvdeplug load its modules");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
