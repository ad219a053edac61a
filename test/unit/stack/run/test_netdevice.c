/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7) on a picox socket. */
#include "host.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static void set_address(struct ifreq *request, const char *address)
{
	struct sockaddr_in name = host_name4(address, 0);

	memcpy(&request->ifr_addr, &name, sizeof(name));
}

static void assert_address(const struct sockaddr *seen, const char *address)
{
	struct sockaddr_in name = host_name4(address, 0), has;

	memcpy(&has, seen, sizeof(has));
	assert_int_equal(has.sin_family, AF_INET);
	assert_int_equal(has.sin_addr.s_addr, name.sin_addr.s_addr);
}

static void test_requests(void **state)
{
	struct picox *stack = picox_newstack((char *)(uintptr_t) "mem://netdevice");
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_name = "vde0"}, list[4];
	struct ifconf conf = {.ifc_len = sizeof(list), .ifc_req = list};

	assert_true(fd >= 0);
	assert_int_equal(picox_ioctl(fd, SIOCGIFINDEX, &request), 0);
	assert_int_equal(request.ifr_ifindex, 2);
	assert_int_equal(picox_ioctl(fd, SIOCGIFADDR, &request), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	set_address(&request, "10.0.0.1");
	assert_int_equal(picox_ioctl(fd, SIOCSIFADDR, &request), 0);
	set_address(&request, "255.255.255.0");
	assert_int_equal(picox_ioctl(fd, SIOCSIFNETMASK, &request), 0);
	assert_int_equal(picox_ioctl(fd, SIOCGIFFLAGS, &request), 0);
	request.ifr_flags |= IFF_UP;
	assert_int_equal(picox_ioctl(fd, SIOCSIFFLAGS, &request), 0);
	assert_int_equal(picox_ioctl(fd, SIOCGIFFLAGS, &request), 0);
	assert_int_equal(request.ifr_flags & (IFF_UP | IFF_RUNNING), IFF_UP | IFF_RUNNING);
	assert_int_equal(picox_ioctl(fd, SIOCGIFADDR, &request), 0);
	assert_address(&request.ifr_addr, "10.0.0.1");
	assert_int_equal(picox_ioctl(fd, SIOCGIFMTU, &request), 0);
	assert_int_equal(request.ifr_mtu, 1500);

	assert_int_equal(picox_ioctl(fd, SIOCGIFCONF, &conf), 0);
	assert_int_equal(conf.ifc_len, 2 * sizeof(list[0]));
	assert_string_equal(list[0].ifr_name, "lo");
	assert_address(&list[1].ifr_addr, "10.0.0.1");
	conf.ifc_buf = NULL;
	conf.ifc_len = 0;
	assert_int_equal(picox_ioctl(fd, SIOCGIFCONF, &conf), 0);
	assert_int_equal(conf.ifc_len, 2 * sizeof(list[0]));
	conf.ifc_len = -1; /* without a buffer nobody looks at it */
	assert_int_equal(picox_ioctl(fd, SIOCGIFCONF, &conf), 0);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

static void test_errors(void **state)
{
	struct picox *stack = picox_newstack(NULL);
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	struct ifreq request = {.ifr_name = "nope"};

	assert_int_equal(picox_ioctl(fd, SIOCGIFINDEX, &request), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(picox_ioctl(fd, SIOCGIFINDEX, NULL), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(picox_ioctl(fd, 0x1234, &request), -1);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_ioctl(fd, SIOCGIFINDEX, &request), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
