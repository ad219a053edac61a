/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin vdestack: several interfaces, their names, options, what ioth_error tells.
 *
 *     stack A  vde0 10.0.0.1 --- VNL 1 --- vde0 10.0.0.2  stack B
 *              eth7 10.0.1.1 --- VNL 2 --- vde1 10.0.1.2
 */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <ioth.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/wait.h>

static const char *vnl1, *vnl2;

static struct ioth *stack_new(const char *name, const char *vnlv[])
{
	struct ioth *stack = ioth_newstackv(name, vnlv);

	if (stack == NULL)
		fail_msg("%s: %s", name, ioth_error());
	return stack;
}

static void configure(struct ioth *stack, const char *ifname, uint8_t net, uint8_t host)
{
	uint8_t address[] = {10, 0, net, host};
	int index = ioth_if_nametoindex(stack, ifname);

	assert_true(index > 1);
	assert_int_equal(ioth_linksetupdown(stack, (unsigned int)index, 1), 0);
	assert_int_equal(ioth_ipaddr_add(stack, AF_INET, address, 24, (unsigned int)index), 0);
}

static struct sockaddr_in address_of(uint8_t net, uint8_t host)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(5000)};

	in.sin_addr.s_addr = htonl(10U << 24 | (uint32_t)net << 8 | host);
	return in;
}

static int udp_socket(struct ioth *stack)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(5000)};
	int fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(ioth_bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

/* Datagrams may be lost while a network comes up; everybody waits for one as he likes. */
static void assert_reachable(int from, int to, uint8_t net, uint8_t host)
{
	struct sockaddr_in in = address_of(net, host);
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC), tries;
	char buf[8] = {0};
	fd_set set;

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, to, &event), 0);
	for (tries = 0; tries < 600; tries++) {
		ioth_sendto(from, "hello", 5, 0, (struct sockaddr *)&in, sizeof(in));
		if (epoll_wait(epoll, &event, 1, 100) == 1)
			break;
	}
	assert_int_not_equal(tries, 600);
	assert_int_equal(poll(&(struct pollfd){.fd = to, .events = POLLIN}, 1, 0), 1);
	FD_ZERO(&set);
	FD_SET(to, &set);
	assert_int_equal(select(to + 1, &set, NULL, NULL, &(struct timeval){0}), 1);
	assert_int_equal(ioth_recv(to, buf, sizeof(buf), 0), 5);
	assert_string_equal(buf, "hello");
	while (ioth_recv(to, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	close(epoll);
}

static void two_stacks(const char *name)
{
	char eth7[4096];
	const char *vnlv_a[] = {vnl1, eth7, NULL}, *vnlv_b[] = {vnl1, vnl2, NULL};
	struct ioth *a, *b;
	int from, to;

	snprintf(eth7, sizeof(eth7), "eth7:%s", vnl2);
	a = stack_new(name, vnlv_a);
	b = stack_new(name, vnlv_b);
	assert_int_equal(ioth_if_nametoindex(a, "lo"), 1);
	assert_int_equal(ioth_if_nametoindex(a, "vde0"), 2);
	assert_int_equal(ioth_if_nametoindex(a, "eth7"), 3);
	assert_int_equal(ioth_if_nametoindex(b, "vde1"), 3);
	/* Each stack's own; some containers have a read-only /proc/sys. */
	if (ioth_linksetacceptra(a, 2, 0) >= 0 || errno != EROFS) {
		assert_int_equal(ioth_linksetacceptra(a, 2, 2), 0);
		assert_int_equal(ioth_linksetacceptra(b, 2, 0), 1);
		assert_int_equal(ioth_linksetacceptra(a, 3, 1), 1);
	}
	assert_int_equal(ioth_linksetacceptra(a, 4, 0), -1);
	assert_int_equal(errno, ENODEV);
	configure(a, "vde0", 0, 1);
	configure(a, "eth7", 1, 1);
	configure(b, "vde0", 0, 2);
	configure(b, "vde1", 1, 2);
	from = udp_socket(a);
	to = udp_socket(b);
	assert_reachable(from, to, 0, 2);
	assert_reachable(from, to, 1, 2);
	assert_reachable(to, from, 1, 1);
	assert_int_equal(ioth_delstack(a), -1);
	assert_int_equal(errno, EBUSY);
	assert_reachable(from, to, 0, 2);
	ioth_close(from);
	ioth_close(to);
	assert_int_equal(ioth_delstack(a), 0);
	assert_int_equal(ioth_delstack(b), 0);
}

static void test_two_stacks(void **state)
{
	two_stacks("vdestack");
}

static void test_private_namespace(void **state)
{
	if (SANITIZED)
		skip(); /* their run time does not go into a second namespace */
	two_stacks("vdestack_n");
}

static void test_fork(void **state)
{
	const char *vnlv[] = {vnl1, NULL};
	struct ioth *a = stack_new("vdestack", vnlv), *b = stack_new("vdestack", vnlv);
	int from, to, status;
	pid_t pid;

	configure(a, "vde0", 0, 1);
	configure(b, "vde0", 0, 2);
	from = udp_socket(a);
	to = udp_socket(b);
	pid = fork();
	if (pid == 0) {
		int fd = ioth_msocket(a, AF_INET, SOCK_DGRAM, 0);

		if (fd < 0)
			_exit(1);
		assert_reachable(fd, to, 0, 2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_reachable(from, to, 0, 2);
	ioth_close(from);
	ioth_close(to);
	assert_int_equal(ioth_delstack(a), 0);
	assert_int_equal(ioth_delstack(b), 0);
}

static void test_mtu(void **state)
{
	struct ioth *stack = ioth_newstack("vdestack,mtu=1280", vnl1);
	struct ifreq ifr = {.ifr_name = "vde0"};
	int fd;

	assert_non_null(stack);
	fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(ioth_ioctl(fd, SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1280);
	ioth_close(fd);
	assert_int_equal(ioth_delstack(stack), 0);
}

static void test_getifaddrs(void **state)
{
	struct ioth *stack = ioth_newstack("vdestack", vnl1);
	struct ifaddrs *list;
	int links = 0;

	assert_non_null(stack);
	assert_int_equal(ioth_getifaddrs(stack, &list), 0);
	for (struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_PACKET)
			links++;
	assert_int_equal(links, 2);
	ioth_freeifaddrs(list);
	assert_int_equal(ioth_delstack(stack), 0);
}

static void expect_failure(const char *name, const char *vnl, int err, const char *reason)
{
	errno = 0;
	assert_null(ioth_newstack(name, vnl));
	assert_int_equal(errno, err);
	if (strstr(ioth_error(), reason) == NULL)
		fail_msg("ioth_error: '%s' says nothing of '%s'", ioth_error(), reason);
}

static void test_failures(void **state)
{
	const char *vnlv[] = {vnl1, "vde:///nonexistent/network", NULL};
	struct ioth *stack;
	char lo[4096];

	expect_failure("vdestack", "vde:///nonexistent/network", ENOENT, "/nonexistent/network");
	expect_failure("vdestack,speed=9", NULL, EINVAL, "speed=9: unknown option");
	expect_failure("vdestack,mtu", NULL, EINVAL, "mtu: unknown option");
	expect_failure("vdestack,mtu=", NULL, EINVAL, "mtu=");
	expect_failure("vdestack,mtu=12x", NULL, EINVAL, "mtu=12x");
	expect_failure("vdestack,mtu=67", NULL, EINVAL, "mtu=67");
	expect_failure("vdestack,mtu=4294968796", NULL, EINVAL, "mtu=4294968796");
	snprintf(lo, sizeof(lo), "lo:%s", vnl1);
	expect_failure("vdestack", lo, EEXIST, lo);
	snprintf(lo, sizeof(lo), "abcdefghijklmnop:%s", vnl1);
	expect_failure("vdestack", lo, ENAMETOOLONG, lo);
	assert_null(ioth_newstackv("vdestack", vnlv));
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(ioth_error(), "/nonexistent/network"));
	/* These are no interface. */
	stack = ioth_newstack("vdestack,", "");
	assert_non_null(stack);
	assert_int_equal(ioth_delstack(stack), 0);
	stack = ioth_newstack("vdestack,mtu=9000,");
	assert_non_null(stack);
	assert_int_equal(ioth_delstack(stack), 0);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_stacks),
	    cmocka_unit_test(test_private_namespace),
	    cmocka_unit_test(test_fork),
	    cmocka_unit_test(test_mtu),
	    cmocka_unit_test(test_getifaddrs),
	    cmocka_unit_test(test_failures),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3) {
		puts("usage: vdestack_plugin VNL VNL [TEST]");
		return 2;
	}
	vnl1 = argv[1];
	vnl2 = argv[2];
	if (argc > 3)
		cmocka_set_test_filter(argv[3]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
