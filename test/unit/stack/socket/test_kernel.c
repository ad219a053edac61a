/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same calls on a socket of the kernel (on loopback) and on one of ours: results, errno values,
 * names, options and readiness must be the same, step by step. What is known to differ is said
 * where it is passed over.
 */
#include "both.h"

#include <sys/ioctl.h>

static void test_states(void **state)
{
	for (unsigned int six = 0; six < 2; six++) {
		const char *local = six ? "::1" : "127.0.0.1";
		const char *other = six ? "::1" : "127.0.0.2";
		struct both a = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		struct both b = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		struct both c = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 1 + 2 * six);

		SAME_POLL(&a);
		NAMES(&a, false, true);
		NAMES(&a, true, true);
		RECEIVE(&a, 10, 0);
		SEND(&c, NULL, 0, 1); /* fails, and has a port all the same */
		BIND(&c, local, port);
		close_both(&c);
		BIND(&a, local, port);
		BIND(&a, local, (uint16_t)(port + 1));
		BIND(&b, local, port); /* in use */
		NAMES(&a, false, true);
		SAME_POLL(&a);
		SEND(&b, local, port, 100);
		NAMES(&b, false, false);
		SAME_POLL(&a);
		RECEIVE(&a, 10, MSG_PEEK);
		RECEIVE(&a, 10, MSG_PEEK | MSG_TRUNC);
		RECEIVE(&a, 10, 0);
		SAME_POLL(&a);
		SEND(&b, local, port, 0);
		SAME_POLL(&a);
		RECEIVE(&a, 10, 0);
		RECEIVE(&a, 10, 0);
		SEND(&b, local, 0, 1);
		SEND(&b, local, port, 65508);
		SEND(&b, local, port, 65507 + 20 * six);
		SAME_POLL(&a);
		RECEIVE(&a, 70000, MSG_TRUNC);
		CONNECT(&b, local, port);
		NAMES(&b, true, true);
		NAMES(&b, false, false);
		SEND(&b, NULL, 0, 5);
		SAME_POLL(&a);
		RECEIVE(&a, 70000, 0);
		SEND(&b, other, port, 5); /* elsewhere than the peer */
		CONNECT(&b, "", 0);
		NAMES(&b, true, true);
		NAMES(&b, false, false);
		SEND(&b, NULL, 0, 5);
		close_both(&a);
		close_both(&b);
	}
}

/* A port where nobody is: the error comes once, here and there. */
static void test_refused(void **state)
{
	for (unsigned int six = 0; six < 2; six++) {
		const char *local = six ? "::1" : "127.0.0.1";
		struct both a = open_both(six ? AF_INET6 : AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 7);
		int error = 0, our_error = 0;
		socklen_t len = sizeof(error), our_len = sizeof(our_error);

		CONNECT(&a, local, port);
		SEND(&a, NULL, 0, 5);
		SAME_POLL(&a);
		SAME(getsockopt(a.fd, SOL_SOCKET, SO_ERROR, &error, &len),
		    px_sock_getsockopt(a.sock, SOL_SOCKET, SO_ERROR, &our_error, &our_len));
		assert_int_equal(error, our_error);
		assert_int_equal(error, ECONNREFUSED);
		SAME_POLL(&a);
		SEND(&a, NULL, 0, 5);
		SAME_POLL(&a);
		RECEIVE(&a, 10, 0);
		RECEIVE(&a, 10, 0);
		SEND(&a, NULL, 0, 5);
		SAME_POLL(&a);
		SEND(&a, NULL, 0, 5); /* instead of sending */
		SEND(&a, NULL, 0, 5);
		close_both(&a);
	}
}

static void shutdown_both(const struct both *both, int how, int line)
{
	same(shutdown(both->fd, how), px_sock_shutdown(both->sock, how), line);
}

static void test_shutdown(void **state)
{
	static const int hows[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};

	for (unsigned int i = 0; i < 6; i++) {
		struct both a = open_both(AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 10);
		BIND(&a, "127.0.0.1", port);
		if (i >= 3)
			CONNECT(&a, "127.0.0.1", port); /* to itself */
		SEND(&a, "127.0.0.1", port, 3);
		shutdown_both(&a, hows[i % 3], __LINE__);
		SAME_POLL(&a);
		RECEIVE(&a, 10, 0);
		SAME_POLL(&a);
		RECEIVE(&a, 10, 0);
		SEND(&a, "127.0.0.1", port, 3);
		shutdown_both(&a, hows[(i + 1) % 3], __LINE__);
		SAME_POLL(&a);
		SEND(&a, "127.0.0.1", port, 3);
		close_both(&a);
	}
}

static void test_families(void **state)
{
	struct both four = open_both(AF_INET, SOCK_DGRAM), six = open_both(AF_INET6, SOCK_DGRAM);
	struct both only = open_both(AF_INET6, SOCK_DGRAM);
	uint16_t port = (uint16_t)(base_port + 20);
	int one = 1;

	SAME(setsockopt(only.fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)),
	    px_sock_setsockopt(only.sock, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)));
	BIND(&four, "::1", port);
	BIND(&six, "127.0.0.1", port);
	BIND(&only, "::ffff:127.0.0.1", port);
	SEND(&four, "::1", port, 1);
	SEND(&only, "::ffff:127.0.0.1", port, 1);
	SEND(&only, "127.0.0.1", port, 1);
	CONNECT(&four, "::1", port);
	CONNECT(&only, "127.0.0.1", port);
	CONNECT(&only, "::ffff:127.0.0.1", port);
	BIND(&six, "::", port);
	BIND(&four, "127.0.0.1", port); /* taken by the dual-stack one */
	BIND(&only, "::", port);
	SEND(&four, "127.0.0.1", port, 1);
	SAME_POLL(&six);
	RECEIVE(&six, 10, 0);
	SEND(&six, "::ffff:127.0.0.1", port, 1);
	SAME_POLL(&six);
	RECEIVE(&six, 10, 0);
	SEND(&six, "127.0.0.1", port, 1);
	SAME_POLL(&six);
	RECEIVE(&six, 10, 0);
	SEND(&four, "0.0.0.0", port, 1); /* means this host */
	SAME_POLL(&six);
	BIND(&four, "192.0.2.55", port); /* not ours */
	close_both(&four);
	close_both(&six);
	close_both(&only);
}

static void test_reuse(void **state)
{
	static const struct {
		int first_option, second_option;
		const char *first, *second;
	} rows[] = {
	    {0, 0, "0.0.0.0", "127.0.0.1"},
	    {0, 0, "127.0.0.1", "0.0.0.0"},
	    {0, 0, "127.0.0.1", "127.0.0.2"},
	    {SO_REUSEADDR, 0, "0.0.0.0", "0.0.0.0"},
	    {SO_REUSEADDR, SO_REUSEADDR, "0.0.0.0", "0.0.0.0"},
	    {SO_REUSEADDR, SO_REUSEADDR, "127.0.0.1", "127.0.0.1"},
	    {SO_REUSEPORT, SO_REUSEPORT, "127.0.0.1", "127.0.0.1"},
	    {SO_REUSEPORT, SO_REUSEADDR, "127.0.0.1", "127.0.0.1"},
	    {SO_REUSEPORT, 0, "0.0.0.0", "127.0.0.1"},
	};
	int one = 1;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct both a = open_both(AF_INET, SOCK_DGRAM), b = open_both(AF_INET, SOCK_DGRAM);
		uint16_t port = (uint16_t)(base_port + 30);
		if (rows[i].first_option)
			SAME(setsockopt(a.fd, SOL_SOCKET, rows[i].first_option, &one, sizeof(one)),
			    px_sock_setsockopt(a.sock, SOL_SOCKET, rows[i].first_option, &one, sizeof(one)));
		if (rows[i].second_option)
			SAME(setsockopt(b.fd, SOL_SOCKET, rows[i].second_option, &one, sizeof(one)),
			    px_sock_setsockopt(b.sock, SOL_SOCKET, rows[i].second_option, &one, sizeof(one)));
		BIND(&a, rows[i].first, port);
		BIND(&b, rows[i].second, port);
		/* Who gets it: of a SO_REUSEPORT group, one by a hash that nobody knows. */
		if (rows[i].first_option != SO_REUSEPORT || rows[i].second_option != SO_REUSEPORT) {
			SEND(&a, "127.0.0.1", port, 1);
			SAME_POLL(&a);
			SAME_POLL(&b);
		}
		close_both(&a);
		close_both(&b);
	}
}

static void test_options(void **state)
{
	static const struct {
		int level, name;
	} ints[] = {
	    {SOL_SOCKET, SO_REUSEADDR},
	    {SOL_SOCKET, SO_REUSEPORT},
	    {SOL_SOCKET, SO_BROADCAST},
	    {SOL_SOCKET, SO_DONTROUTE},
	    {SOL_SOCKET, SO_KEEPALIVE},
	    {SOL_SOCKET, SO_OOBINLINE},
	    {SOL_SOCKET, SO_RXQ_OVFL},
	    {SOL_SOCKET, SO_TIMESTAMP},
	    {SOL_SOCKET, SO_TIMESTAMPNS},
	    {SOL_SOCKET, SO_NO_CHECK},
	    {IPPROTO_IP, IP_PKTINFO},
	    {IPPROTO_IP, IP_RECVTTL},
	    {IPPROTO_IP, IP_RECVTOS},
	    {IPPROTO_IP, IP_RECVERR},
	    {IPPROTO_IP, IP_FREEBIND},
	    {IPPROTO_IP, IP_MULTICAST_LOOP},
	    {IPPROTO_IP, IP_MULTICAST_ALL},
	    {IPPROTO_IP, IP_RECVORIGDSTADDR},
	};
	static const struct {
		int level, name;
	} ints6[] = {
	    {IPPROTO_IPV6, IPV6_V6ONLY},
	    {IPPROTO_IPV6, IPV6_RECVPKTINFO},
	    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
	    {IPPROTO_IPV6, IPV6_RECVTCLASS},
	    {IPPROTO_IPV6, IPV6_RECVERR},
	    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
	    {IPPROTO_IPV6, IPV6_MULTICAST_ALL},
	    {IPPROTO_IPV6, IPV6_DONTFRAG},
	    {IPPROTO_UDP, 101},
	    {IPPROTO_UDP, 102},
	};
	struct both a = open_both(AF_INET, SOCK_DGRAM), b = open_both(AF_INET6, SOCK_DGRAM);

	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		OPTION(&a, ints[i].level, ints[i].name, 0, 0);
		OPTION(&a, ints[i].level, ints[i].name, 1, 4);
		OPTION(&a, ints[i].level, ints[i].name, 0, 4);
	}
	for (size_t i = 0; i < sizeof(ints6) / sizeof(ints6[0]); i++) {
		OPTION(&b, ints6[i].level, ints6[i].name, 0, 0);
		OPTION(&b, ints6[i].level, ints6[i].name, 1, 4);
		OPTION(&b, ints6[i].level, ints6[i].name, 0, 4);
	}
	OPTION(&a, IPPROTO_IPV6, IPV6_V6ONLY, 1, 4); /* IPv6's, on IPv4 */
	OPTION(&a, SOL_SOCKET, SO_TYPE, 1, 4);
	OPTION(&a, SOL_SOCKET, SO_DOMAIN, 1, 4);
	OPTION(&a, SOL_SOCKET, SO_PROTOCOL, 1, 4);
	OPTION(&a, SOL_SOCKET, SO_ACCEPTCONN, 1, 4);
	OPTION(&a, SOL_SOCKET, SO_REUSEADDR, 1, 1);
	OPTION(&a, SOL_SOCKET, SO_RCVBUF, 20000, 4);
	OPTION(&a, SOL_SOCKET, SO_SNDBUF, 20000, 4);
	OPTION(&a, SOL_SOCKET, 9999, 1, 4);
	OPTION(&a, IPPROTO_IP, 9999, 1, 4);
	OPTION(&a, IPPROTO_IP, IP_TTL, 0, 0);
	OPTION(&a, IPPROTO_IP, IP_TTL, 33, 4);
	OPTION(&a, IPPROTO_IP, IP_TTL, 34, 1);
	OPTION(&a, IPPROTO_IP, IP_TTL, 0, 4);
	OPTION(&a, IPPROTO_IP, IP_TTL, 256, 4);
	OPTION(&a, IPPROTO_IP, IP_TTL, -1, 4);
	OPTION(&a, IPPROTO_IP, IP_TOS, 0x10, 4);
	OPTION(&a, IPPROTO_IP, IP_MULTICAST_TTL, 0, 0);
	OPTION(&a, IPPROTO_IP, IP_MULTICAST_TTL, 7, 4);
	OPTION(&a, IPPROTO_IP, IP_MULTICAST_TTL, 8, 1);
	OPTION(&a, IPPROTO_IP, IP_MULTICAST_TTL, 256, 4);
	OPTION(&a, IPPROTO_IP, IP_MTU_DISCOVER, 0, 0);
	OPTION(&a, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO, 4);
	OPTION(&a, IPPROTO_IP, IP_MTU_DISCOVER, 99, 4);
	OPTION(&a, IPPROTO_IP, IP_HDRINCL, 1, 4);
	OPTION(&a, IPPROTO_IP, IP_MTU, 1, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, 0);
	OPTION(&b, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 33, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 0, 0);
	OPTION(&b, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 9, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_TCLASS, 0x20, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_TCLASS, 256, 4);
	OPTION(&b, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO, 4);
	close_both(&a);
	close_both(&b);
}

static void test_ioctl(void **state)
{
	struct both a = open_both(AF_INET, SOCK_DGRAM);
	uint16_t port = (uint16_t)(base_port + 40);
	int kernel, ours;

	BIND(&a, "127.0.0.1", port);
	SAME(ioctl(a.fd, FIONREAD, &kernel), px_sock_ioctl(a.sock, FIONREAD, &ours));
	assert_int_equal(kernel, ours);
	SEND(&a, "127.0.0.1", port, 77);
	SEND(&a, "127.0.0.1", port, 33);
	SAME_POLL(&a);
	SAME(ioctl(a.fd, FIONREAD, &kernel), px_sock_ioctl(a.sock, FIONREAD, &ours));
	assert_int_equal(kernel, ours);
	RECEIVE(&a, 100, 0);
	SAME(ioctl(a.fd, FIONREAD, &kernel), px_sock_ioctl(a.sock, FIONREAD, &ours));
	assert_int_equal(kernel, ours);
	close_both(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_states, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shutdown, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_families, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reuse, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_options, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ioctl, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
