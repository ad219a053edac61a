/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The outside end of an interface, of both kinds. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <cmocka.h>

#include "hosts.h"

static int control_fd(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	return fd;
}

static unsigned int mtu_of(const char *name)
{
	struct ifreq ifr = {0};
	int fd = control_fd();

	strcpy(ifr.ifr_name, name);
	CHECK(ioctl(fd, SIOCGIFMTU, &ifr) == 0);
	close(fd);
	return (unsigned int)ifr.ifr_mtu;
}

static short flags_of(const char *name, short set)
{
	struct ifreq ifr = {0};
	int fd = control_fd();

	strcpy(ifr.ifr_name, name);
	CHECK(ioctl(fd, SIOCGIFFLAGS, &ifr) == 0);
	if (set != 0) {
		ifr.ifr_flags = (short)(ifr.ifr_flags | set);
		CHECK(ioctl(fd, SIOCSIFFLAGS, &ifr) == 0);
		CHECK(ioctl(fd, SIOCGIFFLAGS, &ifr) == 0);
	}
	close(fd);
	return ifr.ifr_flags;
}

static ino_t namespace_here(void)
{
	struct stat st;

	CHECK(stat("/proc/thread-self/ns/net", &st) == 0);
	return st.st_ino;
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void wait_until_gone(const char *name)
{
	/* A namespace is cleaned up in the kernel's own time. */
	for (int i = 0; if_nametoindex(name) != 0; i++) {
		CHECK(i < 3000);
		pause_briefly();
	}
}

static void facts(unsigned int port_flags)
{
	struct netns_port port, second;
	ino_t here;

	hosts_enter_private();
	here = namespace_here();
	CHECK(netns_port_open("vde0", 0, port_flags, &port) == 0);
	CHECK(namespace_here() == here);
	CHECK(port.kind == (port_flags == NETNS_PORT_NO_TAP ? NETNS_PORT_PACKET : NETNS_PORT_TAP));
	CHECK(port.ifindex == if_nametoindex("vde0"));
	CHECK(port.offloads != 0 && port.vnet_hdr_len == sizeof(struct virtio_net_hdr));
	CHECK(fcntl(port.fd, F_GETFD) == FD_CLOEXEC);
	CHECK((fcntl(port.fd, F_GETFL) & O_NONBLOCK) != 0);
	CHECK(mtu_of("vde0") == 1500);
	CHECK((flags_of("vde0", 0) & IFF_UP) == 0);
	/* There is a cable from the beginning. */
	flags_of("vde0", IFF_UP);
	for (int i = 0; (flags_of("vde0", 0) & IFF_RUNNING) == 0; i++) {
		CHECK(i < 3000);
		pause_briefly();
	}
	CHECK(netns_port_open("vde1", 9000, port_flags, &second) == 0);
	CHECK(mtu_of("vde1") == 9000 && second.ifindex != port.ifindex);
	close(second.fd);
	wait_until_gone("vde1");
	CHECK(if_nametoindex("vde0") == port.ifindex);
	close(port.fd);
	wait_until_gone("vde0");
}

static void names(unsigned int port_flags)
{
	struct netns_port port, second;
	char longest[IFNAMSIZ], longer[65536];
	ino_t here;

	hosts_enter_private();
	here = namespace_here();
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	memset(longer, 'a', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	CHECK(netns_port_open(longer, 0, port_flags, &port) == -ENAMETOOLONG);
	CHECK(netns_port_open("", 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open(NULL, 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open(".", 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open("a/b", 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open("a b", 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open("vde%d", 0, port_flags, &port) == -EINVAL);
	CHECK(netns_port_open("lo", 0, port_flags, &port) < 0);
	CHECK(netns_port_open("vde0", 10000000, port_flags, &port) == -EINVAL);
	CHECK(if_nametoindex("vde0") == 0);
	CHECK(netns_port_open(longest, 0, port_flags, &port) == 0);
	CHECK(netns_port_open(longest, 0, port_flags, &second) == -EEXIST);
	CHECK(namespace_here() == here);
	close(port.fd);
}

static void many(unsigned int port_flags)
{
	struct netns_port ports[20];
	int next;

	hosts_enter_private();
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 20; i++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof name, "vde%d", i);
		CHECK(netns_port_open(name, 0, port_flags, &ports[i]) == 0);
	}
	for (int i = 0; i < 20; i++)
		close(ports[i].fd);
	close(next);
	/* Nothing else was left open. */
	CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) == next);
	close(next);
}

/* Where a veth's peer is, the kernel does not listen: no neighbours are learnt from what vde0
 * sends. */
static void deaf(unsigned int port_flags)
{
	const char *path = "/proc/sys/net/ipv6/conf/port/disable_ipv6";
	struct netns_port port;
	char value = 0;
	int netns, fd;

	if (port_flags != NETNS_PORT_NO_TAP)
		return;
	hosts_enter_private();
	CHECK(netns_port_open("vde0", 0, port_flags, &port) == 0);
	netns = ioctl(port.fd, SIOCGSKNS);
	CHECK(netns >= 0 && setns(netns, CLONE_NEWNET) == 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0 || errno == EROFS || errno == EACCES || errno == ENOENT);
	if (fd >= 0)
		CHECK(read(fd, &value, 1) == 1 && value == '1');
}

static void test_deaf(void **state)
{
	(void)state;
	hosts_run(deaf);
}

static void test_facts(void **state)
{
	(void)state;
	hosts_run(facts);
}

static void test_names(void **state)
{
	(void)state;
	hosts_run(names);
}

static void test_many(void **state)
{
	(void)state;
	hosts_run(many);
}

static void test_no_kind(void **state)
{
	struct netns_port port;

	(void)state;
	assert_true(
	    netns_port_open("vde0", 0, NETNS_PORT_NO_TAP | NETNS_PORT_NO_VETH, &port) == -ENODEV);
	assert_int_equal(netns_port_flags("tap"), NETNS_PORT_NO_VETH);
	assert_int_equal(netns_port_flags("veth"), NETNS_PORT_NO_TAP);
	assert_int_equal(netns_port_flags("x"), 0);
	assert_int_equal(netns_port_flags(""), 0);
	assert_int_equal(netns_port_flags(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_facts),
	    cmocka_unit_test(test_deaf),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_no_kind),
	};

	hosts_skip_unless_possible();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
