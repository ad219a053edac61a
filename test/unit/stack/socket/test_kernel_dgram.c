/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Datagrams of several sendings, trains of datagrams, headers of a program's own, and sockets that
 * ask for echoes: the kernel's and ours, step by step. In a network namespace, where the test may
 * open what the kernel gives to few.
 */
#include "both.h"

#include "namespace.h"

#include <linux/udp.h>
#include <net/if.h>
#include <sys/ioctl.h>

static struct cmsghdr *control(int level, int type, const void *data, size_t len)
{
	static _Alignas(struct cmsghdr) char room[CMSG_SPACE(256)];
	struct cmsghdr *cmsg = (struct cmsghdr *)(void *)room;

	memset(room, 0, sizeof(room));
	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(cmsg), data, len);
	return cmsg;
}

static const char *local(bool six)
{
	return six ? "::1" : "127.0.0.1";
}

static void test_cork(void **state)
{
	for (unsigned int six = 0; six < 2; six++) {
		struct both a = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		struct both b = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 1 + 2 * six);

		BIND(&b, local(six), port);
		SEND_MORE(&a, NULL, 0, 5); /* no destination */
		SEND_MORE(&a, local(six), 0, 5);
		SEND_MORE(&a, local(six), port, 5);
		SAME_POLL(&b);
		SEND_MORE(&a, local(six), (uint16_t)(port + 1), 7); /* goes where the first one goes */
		SEND_MORE(&a, NULL, 0, 0);
		SEND(&a, NULL, 0, 9);
		SAME_POLL(&b);
		RECEIVE(&b, 100, 0);
		RECEIVE(&b, 100, 0);
		/* Of nothing at all. */
		SEND_MORE(&a, local(six), port, 0);
		SEND(&a, NULL, 0, 0);
		SAME_POLL(&b);
		RECEIVE(&b, 100, 0);
		/* Too much: what was gathered is lost. */
		SEND_MORE(&a, local(six), port, 60000);
		SEND_MORE(&a, local(six), port, 6000);
		SEND(&a, NULL, 0, 1);
		SEND(&a, local(six), port, 3);
		SAME_POLL(&b);
		RECEIVE(&b, 100, 0);
		/* By the option. */
		OPTION(&a, IPPROTO_UDP, UDP_CORK, 1, 4);
		SEND(&a, local(six), port, 1000);
		SEND(&a, local(six), port, 2000);
		SAME_POLL(&b);
		OPTION(&a, IPPROTO_UDP, UDP_CORK, 0, 4);
		SAME_POLL(&b);
		RECEIVE(&b, 4000, 0);
		OPTION(&a, IPPROTO_UDP, UDP_CORK, 1, 1);
		/* Closed with something under the cork. */
		SEND_MORE(&a, local(six), port, 100);
		close_both(&a);
		SAME_POLL(&b);
		close_both(&b);
	}
}

static void test_segments(void **state)
{
	for (unsigned int six = 0; six < 2; six++) {
		struct both a = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		struct both b = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 11 + 2 * six), size = 500;
		uint32_t wrong = 500;

		BIND(&b, local(six), port);
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 1000, 4);
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 65536, 4);
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, -1, 4);
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 1, 1);
		OPTION(&b, IPPROTO_UDP, UDP_GRO, 0, 0);
		SEND(&a, local(six), port, 2500);
		for (unsigned int i = 0; i < 4; i++) {
			SAME_POLL(&b);
			RECEIVE(&b, 3000, 0);
		}
		SEND(&a, local(six), port, 1000);
		SAME_POLL(&b);
		RECEIVE(&b, 3000, 0);
		/* By control message, over the option. */
		SEND_WITH(&a, local(six), port, 1200, control(IPPROTO_UDP, UDP_SEGMENT, &size, 2));
		SEND_WITH(&a, local(six), port, 1200, control(IPPROTO_UDP, UDP_SEGMENT, &wrong, 4));
		SEND_WITH(&a, local(six), port, 1200, control(IPPROTO_UDP, UDP_GRO, &size, 2));
		for (unsigned int i = 0; i < 4; i++) {
			SAME_POLL(&b);
			RECEIVE(&b, 3000, 0);
		}
		/* Too many. */
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 10, 4);
		SEND(&a, local(six), port, 1281);
		/* Under a cork. */
		OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 100, 4);
		SEND_MORE(&a, local(six), port, 150);
		SEND(&a, local(six), port, 150);
		for (unsigned int i = 0; i < 4; i++) {
			SAME_POLL(&b);
			RECEIVE(&b, 3000, 0);
		}
		/* Joined again: the kernel's loopback does not take a train apart for who asks so. */
		OPTION(&b, IPPROTO_UDP, UDP_GRO, 1, 4);
		SEND(&a, local(six), port, 1050);
		SAME_POLL(&b);
		RECEIVE(&b, 3000, MSG_PEEK);
		RECEIVE(&b, 3000, 0);
		RECEIVE(&b, 3000, 0);
		SEND(&a, local(six), port, 70);
		SAME_POLL(&b);
		RECEIVE(&b, 3000, 0);
		close_both(&a);
		close_both(&b);
	}
}

/* Larger than the link's MTU: a segment must fit. */
static void test_segment_mtu(void **state)
{
	struct both a = open_both(AF_INET, SOCK_DGRAM);
	struct px_iface *lo = px_iface_by_index(stack, 1);
	struct ifreq request = {.ifr_name = "lo", .ifr_mtu = 1500};

	assert_int_equal(ioctl(a.fd, SIOCSIFMTU, &request), 0);
	assert_int_equal(px_iface_set_mtu(lo, 1500), 0);
	OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 1473, 4);
	SEND(&a, "127.0.0.1", 9, 1473);
	SEND(&a, "127.0.0.1", 9, 3000);
	OPTION(&a, IPPROTO_UDP, UDP_SEGMENT, 1472, 4);
	SEND(&a, "127.0.0.1", 9, 3000);
	request.ifr_mtu = 65536;
	assert_int_equal(ioctl(a.fd, SIOCSIFMTU, &request), 0);
	close_both(&a);
}

static void sticky(const struct both *both, int name, const void *value, socklen_t len, int line)
{
	char kernel[64], ours[64];
	socklen_t kernel_len = sizeof(kernel), our_len = sizeof(ours);

	same(setsockopt(both->fd, IPPROTO_IPV6, name, value, len),
	    px_sock_setsockopt(both->sock, IPPROTO_IPV6, name, value, len), line);
	same(getsockopt(both->fd, IPPROTO_IPV6, name, kernel, &kernel_len),
	    px_sock_getsockopt(both->sock, IPPROTO_IPV6, name, ours, &our_len), line);
	if (kernel_len != our_len || memcmp(kernel, ours, kernel_len) != 0)
		fail_msg("line %d: the kernel keeps %u bytes, we %u", line, kernel_len, our_len);
}
#define STICKY(both, name, value, len) sticky(both, name, value, len, __LINE__)

/* RFC 3542: headers as option and as control message, and as the other side sees them. */
static void test_extensions(void **state)
{
	static const uint8_t padding[8] = {0, 0, 1, 4, 0, 0, 0, 0};
	static const uint8_t larger[16] = {0, 1, 0x1e, 12};
	static const uint8_t routing0[24] = {0, 2, 0, 1, [23] = 1};
	struct both a = open_both(AF_INET6, SOCK_DGRAM), b = open_both(AF_INET6, SOCK_DGRAM);
	uint16_t port = (uint16_t)(base_port + 20);

	BIND(&b, "::1", port);
	OPTION(&b, IPPROTO_IPV6, IPV6_RECVHOPOPTS, 1, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_RECVDSTOPTS, 1, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_RECVRTHDR, 1, 4);
	STICKY(&a, IPV6_HOPOPTS, padding, 0);
	STICKY(&a, IPV6_HOPOPTS, padding, 7);
	STICKY(&a, IPV6_HOPOPTS, larger, 8);
	STICKY(&a, IPV6_HOPOPTS, padding, 8);
	STICKY(&a, IPV6_HOPOPTS, padding, 0);
	STICKY(&a, IPV6_RTHDRDSTOPTS, padding, 8);
	STICKY(&a, IPV6_RTHDR, routing0, 24);
	STICKY(&a, IPV6_RTHDR, routing0, 0);
	SEND(&a, "::1", port, 10);
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	STICKY(&a, IPV6_DSTOPTS, larger, 16);
	SEND(&a, "::1", port, 10);
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	STICKY(&a, IPV6_HOPOPTS, larger, 16);
	SEND(&a, "::1", port, 10);
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	/* A control message takes the place of all. */
	SEND_WITH(&a, "::1", port, 10, control(IPPROTO_IPV6, IPV6_HOPOPTS, padding, 8));
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	SEND_WITH(&a, "::1", port, 10, control(IPPROTO_IPV6, IPV6_DSTOPTS, padding, 8));
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	SEND_WITH(&a, "::1", port, 10, control(IPPROTO_IPV6, IPV6_DSTOPTS, larger, 8));
	SEND_WITH(&a, "::1", port, 10, control(IPPROTO_IPV6, IPV6_DSTOPTS, larger, 3));
	SEND_WITH(&a, "::1", port, 10, control(IPPROTO_IPV6, IPV6_RTHDR, routing0, 24));
	SAME_POLL(&b);
	STICKY(&a, IPV6_HOPOPTS, padding, 0);
	STICKY(&a, IPV6_DSTOPTS, padding, 0);
	SEND(&a, "::1", port, 10);
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	close_both(&a);
	close_both(&b);
}

static void test_ip4_options(void **state)
{
	static const uint8_t timestamp[12] = {68, 12, 5, 0};
	struct both a = open_both(AF_INET, SOCK_DGRAM), b = open_both(AF_INET, SOCK_DGRAM);
	uint16_t port = (uint16_t)(base_port + 30);

	BIND(&b, "127.0.0.1", port);
	OPTION(&b, IPPROTO_IP, IP_RECVOPTS, 1, 4);
	OPTION(&b, IPPROTO_IP, IP_RETOPTS, 1, 4);
	OPTION(&b, IPPROTO_IP, IP_RETOPTS, 0, 4);
	OPTION(&b, IPPROTO_IP, IP_MINTTL, 1, 4);
	OPTION(&b, IPPROTO_IP, IP_MINTTL, 255, 4);
	OPTION(&b, IPPROTO_IP, IP_MINTTL, 256, 4);
	OPTION(&b, IPPROTO_IP, IP_MINTTL, 0, 4);
	SEND(&a, "127.0.0.1", port, 10);
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	SEND_WITH(&a, "127.0.0.1", port, 10, control(IPPROTO_IP, IP_RETOPTS, timestamp, 2));
	SEND_WITH(
	    &a, "127.0.0.1", port, 10, control(IPPROTO_IP, IP_RETOPTS, (uint8_t[4]){1, 1, 1, 1}, 4));
	SAME_POLL(&b);
	RECEIVE(&b, 100, 0);
	close_both(&a);
	close_both(&b);
}

static void test_dontroute(void **state)
{
	struct both a = open_both(AF_INET, SOCK_DGRAM);

	OPTION(&a, SOL_SOCKET, SO_DONTROUTE, 1, 4);
	SEND(&a, "127.0.0.1", 9, 10);
	close_both(&a);
}

static void test_path_mtu(void **state)
{
	struct both a = open_both(AF_INET6, SOCK_DGRAM), b = open_both(AF_INET6, SOCK_DGRAM);

	OPTION(&a, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1, 4);
	OPTION(&a, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 3, 4);
	OPTION(&a, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 256, 4);
	OPTION(&a, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0, 4);
	OPTION(&a, IPPROTO_IPV6, IPV6_PATHMTU, 0, 0);
	BIND(&b, "::1", (uint16_t)(base_port + 40));
	CONNECT(&a, "::1", (uint16_t)(base_port + 40));
	OPTION(&a, IPPROTO_IPV6, IPV6_MTU, 0, 0);
	OPTION(&a, IPPROTO_IPV6, IPV6_DONTFRAG, 1, 4);
	RECEIVE(&a, 100, 0);
	close_both(&a);
	close_both(&b);
}

static void test_preferences(void **state)
{
	static const int values[] = {0, 1, 2, 3, 0x100, 0x101, 4, 0x400, 0x404, 8, 0x800, 0x808, 5, -1};
	struct both a = open_both(AF_INET6, SOCK_DGRAM);

	OPTION(&a, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 0, 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		OPTION(&a, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, values[i], 4);
	OPTION(&a, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 1, 1);
	close_both(&a);
}

static void test_ping(void **state)
{
	for (unsigned int six = 0; six < 2; six++) {
		int domain = six ? AF_INET6 : AF_INET, protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		struct both a = open_both_protocol(domain, SOCK_DGRAM, protocol);
		struct both b = open_both_protocol(domain, SOCK_DGRAM, protocol);
		struct both c = open_both_protocol(domain, SOCK_DGRAM, protocol);
		const char *other = six ? "::ffff:127.0.0.1" : "::1";

		OPTION(&a, SOL_SOCKET, SO_PROTOCOL, 0, 0);
		OPTION(&a, SOL_SOCKET, SO_REUSEADDR, 0, 0);
		SAME_POLL(&a);
		NAMES(&a, false, true);
		NAMES(&a, true, true);
		BIND(&b, local(six), 77);
		BIND(&b, local(six), 78);
		OPTION(&c, SOL_SOCKET, SO_REUSEADDR, 0, 4);
		BIND(&c, local(six), 77); /* taken; shared while both allow it */
		OPTION(&c, SOL_SOCKET, SO_REUSEADDR, 1, 4);
		BIND(&c, local(six), 77);
		close_both(&c);
		NAMES(&b, false, true);
		SEND(&a, NULL, 0, 20);
		SEND(&a, local(six), 0, 7); /* no header */
		SEND(&a, other, 0, 20);
		SEND(&a, local(six), 0, 20);
		NAMES(&a, false, false);
		SAME_POLL(&a);
		SAME_POLL(&b);
		RECEIVE(&a, 100, 0);
		RECEIVE(&a, 100, 0);
		SEND(&a, local(six), 0, 65535);
		CONNECT(&b, local(six), 5);
		NAMES(&b, true, true);
		SEND(&b, NULL, 0, 8);
		SAME_POLL(&b);
		RECEIVE(&b, 4, 0);
		SEND_MORE(&b, NULL, 0, 30);
		SAME_POLL(&b);
		RECEIVE(&b, 100, 0);
		CONNECT(&b, "", 0);
		SEND(&b, NULL, 0, 8);
		OPTION(&b, SOL_RAW, 1, 0, 4);
		close_both(&a);
		close_both(&b);
	}
	/* Requests only. */
	struct both d = open_both_protocol(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	static const uint8_t reply[8] = {0}, code[8] = {8, 1};
	struct sockaddr_storage name;
	socklen_t len = address(&name, "127.0.0.1", 0, 0);
	const uint8_t *const messages[] = {reply, code};

	for (unsigned int i = 0; i < 2; i++) {
		struct iovec iov = {(void *)(uintptr_t)messages[i], 8};
		struct msghdr msg = {
		    .msg_name = &name, .msg_namelen = len, .msg_iov = &iov, .msg_iovlen = 1};
		SAME(sendmsg(d.fd, &msg, 0), px_sock_sendmsg(d.sock, &msg, 0));
	}
	close_both(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_cork, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_segments, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_segment_mtu, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_extensions, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ip4_options, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dontroute, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_preferences, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ping, setup, teardown),
	};
	struct ifreq request = {.ifr_name = "lo"};
	int fd;

	enter_namespaces_or_skip();
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		return 1;
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0 ||
	    write_file("/proc/sys/net/ipv4/ping_group_range", "0 0") < 0) {
		printf("SKIP: the namespace cannot be configured\n");
		return EXIT_SKIP;
	}
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
