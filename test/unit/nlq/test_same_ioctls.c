/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ioctls of netdevice(7): the kernel's own, on the interface of its stack, and those of a picox
 * stack, once by libnlq and once by a socket of it. The same results, the same structures, the same
 * state afterwards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/sockios.h>

#include "same_stacks.h"

static int udp_fd = -1, picox_fd = -1, privileged;
static int by_socket;

/* 0 or -errno. */
static int request_on(int stack, unsigned long request, void *argument)
{
	int result = stack == KERNEL ? ioctl(udp_fd, request, argument)
	             : by_socket     ? ioth_ioctl(picox_fd, request, argument)
	                             : nlqx_ioctl(same_stacks[PICOX], request, argument);

	return result < 0 ? -errno : 0;
}

/* Makes a request on both, compares the result and, up to `len` bytes of the union, the answer. */
static void same(unsigned long request, const struct ifreq *argument, size_t len)
{
	struct ifreq answer[STACKS];
	int result[STACKS];
	char *state[STACKS];

	for (int i = 0; i < STACKS; i++) {
		answer[i] = *argument;
		result[i] = request_on(i, request, &answer[i]);
		state[i] = same_state(same_stacks[i]);
	}
	if (result[KERNEL] != result[PICOX])
		fail_msg("request %#lx of %.16s: kernel %s, picox %s", request, argument->ifr_name,
		    strerror(-result[KERNEL]), strerror(-result[PICOX]));
	if (memcmp(&answer[KERNEL], &answer[PICOX], offsetof(struct ifreq, ifr_addr) + len) != 0)
		fail_msg("request %#lx of %.16s: unlike answers", request, argument->ifr_name);
	assert_string_equal(state[KERNEL], state[PICOX]);
	for (int i = 0; i < STACKS; i++)
		free(state[i]);
}

static struct ifreq named(const char *name)
{
	struct ifreq request = {0};

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return request;
}

/* ---- asking ---- */

static void test_get(void **state)
{
	static const struct {
		unsigned long request;
		size_t len; /* of the answer that can be alike */
	} gets[] = {{SIOCGIFINDEX, 4}, {SIOCGIFFLAGS, 2}, {SIOCGIFMTU, 4}, {SIOCGIFHWADDR, 2},
	    {SIOCGIFMETRIC, 4}, {SIOCGIFADDR, 16}, {SIOCGIFNETMASK, 16}, {SIOCGIFBRDADDR, 16},
	    {SIOCGIFDSTADDR, 16}, {SIOCGIFTXQLEN, 0}, {SIOCGIFSLAVE, 0}};
	static const char *const names[] = {"lo", "a0", "a0:1", "a0:", "none", "", "abcdefghijklmno"};

	for (size_t i = 0; i < sizeof(gets) / sizeof(gets[0]); i++) {
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			struct ifreq request = named(names[j]);

			same(gets[i].request, &request, gets[i].len);
			request.ifr_addr.sa_family = AF_INET;
			same(gets[i].request, &request, gets[i].len);
		}
	}
}

static void test_get_name(void **state)
{
	static const int indexes[] = {-1, 0, 1, A0, 99};

	for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		struct ifreq request = {.ifr_ifindex = indexes[i]};

		same(SIOCGIFNAME, &request, 4);
	}
}

static void test_get_mac(void **state)
{
	struct ifreq request = named("a0");
	unsigned char mac[6];

	assert_int_equal(request_on(PICOX, SIOCGIFHWADDR, &request), 0);
	assert_int_equal(request.ifr_hwaddr.sa_family, ARPHRD_ETHER);
	assert_int_equal(ioth_linkgetaddr(same_stacks[PICOX], A0, mac), 0);
	assert_memory_equal(request.ifr_hwaddr.sa_data, mac, 6);
}

static void list_interfaces(int room)
{
	struct ifreq list[STACKS][8];
	struct ifconf ifconf[STACKS];

	memset(list, 0, sizeof(list));
	for (int i = 0; i < STACKS; i++) {
		ifconf[i].ifc_len = room;
		ifconf[i].ifc_req = room ? list[i] : NULL;
	}
	assert_int_equal(request_on(KERNEL, SIOCGIFCONF, &ifconf[KERNEL]),
	    request_on(PICOX, SIOCGIFCONF, &ifconf[PICOX]));
	assert_int_equal(ifconf[KERNEL].ifc_len, ifconf[PICOX].ifc_len);
	assert_memory_equal(list[KERNEL], list[PICOX], sizeof(list[0]));
}

static void test_ifconf(void **state)
{
	list_interfaces(0);
	list_interfaces((int)sizeof(struct ifreq) * 8);
	list_interfaces((int)sizeof(struct ifreq));
	list_interfaces((int)sizeof(struct ifreq) - 1);
	list_interfaces((int)sizeof(struct ifreq) + 7);
	list_interfaces(-1);
	list_interfaces(0);
}

/* ---- changing ---- */

static void set_address(unsigned long request, const char *name, int family, const char *text)
{
	struct ifreq argument = named(name);
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&argument.ifr_addr;

	in->sin_family = (sa_family_t)family;
	assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	print_message("request %#lx of %s: %s\n", request, name, text);
	same(request, &argument, 16);
}

static void test_set_addresses(void **state)
{
	set_address(SIOCSIFADDR, "a0", AF_INET, "10.0.0.1");
	list_interfaces((int)sizeof(struct ifreq) * 8);
	set_address(SIOCSIFNETMASK, "a0", AF_INET, "255.255.255.0");
	set_address(SIOCSIFBRDADDR, "a0", AF_INET, "10.0.0.127");
	set_address(SIOCSIFADDR, "a0", AF_INET, "10.0.0.2");
	set_address(SIOCSIFADDR, "a0:1", AF_INET, "10.1.0.1");
	set_address(SIOCSIFNETMASK, "a0:1", AF_INET, "255.255.0.0");
	set_address(SIOCSIFNETMASK, "a0:1", AF_INET, "255.0.255.0");
	set_address(SIOCSIFNETMASK, "a0:2", AF_INET, "255.255.0.0");
	set_address(SIOCSIFDSTADDR, "a0", AF_INET, "10.0.0.9");
	set_address(SIOCSIFADDR, "a0", AF_INET6, "10.0.0.3");
	set_address(SIOCSIFADDR, "none", AF_INET, "10.0.0.3");
	test_get(state);
	set_address(SIOCSIFADDR, "a0:1", AF_INET, "0.0.0.0");
	set_address(SIOCSIFADDR, "a0", AF_INET, "0.0.0.0");
}

/* The kernel says IFF_RUNNING a moment after an interface is up: a work queue of its own finds the
 * carrier. Without it the comparison tells. */
static void await_running(void)
{
	struct ifreq request;

	for (int i = 0; i < 10000; i++) {
		request = named("a0");
		if (request_on(KERNEL, SIOCGIFFLAGS, &request) < 0 || (request.ifr_flags & IFF_RUNNING))
			return;
		usleep(1000);
	}
}

static void test_set_links(void **state)
{
	struct ifreq request = named("a0");

	request.ifr_mtu = 1400;
	same(SIOCSIFMTU, &request, 4);
	same(SIOCGIFMTU, &request, 4);
	request.ifr_mtu = 10;
	same(SIOCSIFMTU, &request, 4);
	request.ifr_mtu = 1500;
	same(SIOCSIFMTU, &request, 4);
	memset(&request.ifr_hwaddr, 0, sizeof(request.ifr_hwaddr));
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(request.ifr_hwaddr.sa_data, "\2\0\0\0\0\7", 6);
	same(SIOCSIFHWADDR, &request, 8);
	same(SIOCGIFHWADDR, &request, 8);
	request.ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
	same(SIOCSIFHWADDR, &request, 8);
	request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	request.ifr_hwaddr.sa_data[0] = 1;
	same(SIOCSIFHWADDR, &request, 8);
	request = named("a0");
	request.ifr_qlen = 55;
	if (privileged) { /* outside of the user namespace, too: the kernel wants it for this one */
		same(SIOCSIFTXQLEN, &request, 4);
		same(SIOCGIFTXQLEN, &request, 4);
	}
	request.ifr_flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST;
	same(SIOCSIFFLAGS, &request, 2);
	await_running();
	same(SIOCGIFFLAGS, &request, 2);
	request.ifr_flags = IFF_BROADCAST | IFF_MULTICAST;
	same(SIOCSIFFLAGS, &request, 2);
	same(SIOCGIFFLAGS, &request, 2);
}

static void test_rename(void **state)
{
	struct ifreq request = named("a0");

	strcpy(request.ifr_newname, "b0");
	same(SIOCSIFNAME, &request, 0);
	same(SIOCGIFINDEX, &request, 4);
	request = named("b0");
	strcpy(request.ifr_newname, "lo");
	same(SIOCSIFNAME, &request, 0);
	strcpy(request.ifr_newname, "a/0");
	same(SIOCSIFNAME, &request, 0);
	strcpy(request.ifr_newname, "a0");
	same(SIOCSIFNAME, &request, 0);
}

static void test_wrong(void **state)
{
	assert_int_equal(request_on(PICOX, SIOCGIFINDEX, NULL), -EFAULT);
	assert_int_equal(request_on(PICOX, 0xdead, named("a0").ifr_name), -ENOTTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_get),
	    cmocka_unit_test(test_get_name),
	    cmocka_unit_test(test_get_mac),
	    cmocka_unit_test(test_ifconf),
	    cmocka_unit_test(test_set_addresses),
	    cmocka_unit_test(test_set_links),
	    cmocka_unit_test(test_rename),
	    cmocka_unit_test(test_wrong),
	};
	int failed;

	privileged = geteuid() == 0;
	same_stacks_open();
	udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	picox_fd = ioth_msocket(same_stacks[PICOX], AF_INET, SOCK_DGRAM, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	by_socket = 1;
	failed += cmocka_run_group_tests(tests, NULL, NULL);
	ioth_close(picox_fd);
	close(udp_fd);
	same_stacks_close();
	return failed;
}
