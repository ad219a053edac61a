/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What datagram sockets do on the wire: routes that are not to be used, hop limits that must be
 * met, headers of the program's own, word of a path's MTU, trains, echoes.
 */
#include "hosts.h"

#include <linux/udp.h>

static int set_int(struct px_sock *sock, int level, int name, int value)
{
	return px_sock_setsockopt(sock, level, name, &value, sizeof(value));
}

/* Receives into `bytes`; -EAGAIN and its like as they are. */
static ssize_t receive(struct px_sock *sock, void *bytes, size_t len, struct msghdr *msg,
    void *control, size_t control_len)
{
	static struct sockaddr_storage name;
	static struct iovec iov;

	iov = (struct iovec){bytes, len};
	*msg = (struct msghdr){.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_name = &name,
	    .msg_namelen = sizeof(name),
	    .msg_control = control,
	    .msg_controllen = control_len};
	return px_sock_recvmsg(sock, msg, 0);
}

static ssize_t plain(struct px_sock *sock)
{
	struct msghdr msg;
	char bytes[70000];

	return receive(sock, bytes, sizeof(bytes), &msg, NULL, 0);
}

static const struct cmsghdr *find_control(struct msghdr *msg, int level, int type)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == level && cmsg->cmsg_type == type)
			return cmsg;
	}
	return NULL;
}

static void test_dontroute(void **state)
{
	static const char *const far[] = {"192.0.2.1", "2001:db8:9::1"};
	static const char *const near[] = {"10.0.0.2", "2001:db8::2"};
	struct px_iface *ia = host(1);

	host(2);
	net_route(ia, "0.0.0.0", 0, "10.0.0.2");
	net_route(ia, "::", 0, "2001:db8::2");
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int i = 0; i < 2; i++) {
		struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
		struct sockaddr_storage name;
		char byte = 'x';
		struct iovec iov = {&byte, 1};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_name = &name};

		assert_int_equal(send_to(a, far[i], 9, "x", 1, NULL, 0), 1);
		msg.msg_namelen = address(&name, far[i], 9, 0);
		assert_int_equal(px_sock_sendmsg(a, &msg, MSG_DONTROUTE), -ENETUNREACH);
		assert_int_equal(set_int(a, SOL_SOCKET, SO_DONTROUTE, 1), 0);
		assert_int_equal(send_to(a, far[i], 9, "x", 1, NULL, 0), -ENETUNREACH);
		assert_int_equal(send_to(a, near[i], 9, "x", 1, NULL, 0), 1);
		/* Connected before: the way that was kept is not used. */
		assert_int_equal(set_int(a, SOL_SOCKET, SO_DONTROUTE, 0), 0);
		assert_int_equal(px_sock_connect(a, (struct sockaddr *)&name, msg.msg_namelen), 0);
		msg.msg_name = NULL;
		assert_int_equal(px_sock_sendmsg(a, &msg, 0), 1);
		assert_int_equal(px_sock_sendmsg(a, &msg, MSG_DONTROUTE), -ENETUNREACH);
	}
}

/* RFC 5082: only what comes from near enough. */
static void test_min_hops(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	struct px_sock *b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	assert_int_equal(set_int(b, IPPROTO_IP, IP_MINTTL, 255), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 255), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(set_int(a, IPPROTO_IP, IP_TTL, 254), 0);
		assert_int_equal(set_int(a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 254), 0);
		assert_int_equal(send_to(a, targets[i], 7000, "far", 3, NULL, 0), 3);
		sim_settle(sim, PX_SEC);
		assert_int_equal(plain(b), -EAGAIN);
		assert_int_equal(set_int(a, IPPROTO_IP, IP_TTL, 255), 0);
		assert_int_equal(set_int(a, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 255), 0);
		assert_int_equal(send_to(a, targets[i], 7000, "near", 4, NULL, 0), 4);
		sim_settle(sim, PX_SEC);
		assert_int_equal(plain(b), 4);
	}
}

/* Extension headers, whole and in fragments: those before the fragment header in each fragment. */
static void test_extensions(void **state)
{
	static uint8_t bytes[40000];
	static const uint8_t hop[8] = {0, 0, 1, 4}, last[16] = {0, 1, 0x1e, 12};
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	struct px_sock *b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	_Alignas(struct cmsghdr) char control[256];
	const struct cmsghdr *cmsg;
	struct msghdr msg;

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_RECVHOPOPTS, 1), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_RECVDSTOPTS, 1), 0);
	for (unsigned int which = 1; which < 4; which++) {
		assert_int_equal(
		    px_sock_setsockopt(a, IPPROTO_IPV6, IPV6_HOPOPTS, hop, which & 1 ? 8 : 0), 0);
		assert_int_equal(
		    px_sock_setsockopt(a, IPPROTO_IPV6, IPV6_DSTOPTS, last, which & 2 ? 16 : 0), 0);
		for (size_t len = 1; len < sizeof(bytes); len += 13001) {
			assert_int_equal(send_to(a, "2001:db8::2", 7000, bytes, len, NULL, 0), len);
			sim_settle(sim, PX_SEC);
			assert_int_equal(receive(b, bytes, sizeof(bytes), &msg, control, sizeof(control)), len);
			cmsg = find_control(&msg, IPPROTO_IPV6, IPV6_HOPOPTS);
			assert_int_equal(cmsg != NULL, which & 1);
			if (cmsg) {
				assert_int_equal(cmsg->cmsg_len, CMSG_LEN(8));
				assert_memory_equal(CMSG_DATA(cmsg) + 1, hop + 1, 7);
			}
			cmsg = find_control(&msg, IPPROTO_IPV6, IPV6_DSTOPTS);
			assert_int_equal(cmsg != NULL, (which & 2) != 0);
			if (cmsg)
				assert_memory_equal(CMSG_DATA(cmsg) + 1, last + 1, 15);
		}
		/* Of IPv4 they are none's. */
		assert_int_equal(send_to(a, "10.0.0.2", 7000, bytes, 5, NULL, 0), 5);
		sim_settle(sim, PX_SEC);
		assert_int_equal(plain(b), 5);
	}
	/* Headers that leave no room for a fragment's data. */
	ia->mtu = 1280;
	uint8_t huge[1272] = {0, 158};
	for (size_t at = 2; at + 2 < sizeof(huge); at += 2 + huge[at + 1]) { /* PadN */
		size_t left = sizeof(huge) - at - 2;
		huge[at] = 1;
		huge[at + 1] = (uint8_t)(left > 255 ? 250 : left);
	}
	assert_int_equal(px_sock_setsockopt(a, IPPROTO_IPV6, IPV6_HOPOPTS, huge, sizeof(huge)), 0);
	assert_int_equal(send_to(a, "2001:db8::2", 7000, bytes, 100, NULL, 0), -EMSGSIZE);
}

static void test_path_mtu(void **state)
{
	static uint8_t bytes[3000];
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	_Alignas(struct cmsghdr) char control[256];
	const struct cmsghdr *cmsg;
	struct ip6_mtuinfo info;
	struct msghdr msg;

	sim_run(sim, 5 * PX_SEC);
	(void)ib;
	assert_int_equal(set_int(a, IPPROTO_IPV6, IPV6_DONTFRAG, 1), 0);
	assert_int_equal(send_to(a, "2001:db8::2", 7000, bytes, 3000, NULL, 0), -EMSGSIZE);
	assert_int_equal(plain(a), -EAGAIN); /* did not ask */
	assert_int_equal(set_int(a, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1), 0);
	assert_int_equal(send_to(a, "2001:db8::2", 7000, bytes, 3000, NULL, 0), -EMSGSIZE);
	assert_true(px_sock_poll(a) & POLLIN);
	assert_int_equal(receive(a, bytes, sizeof(bytes), &msg, control, sizeof(control)), 0);
	cmsg = find_control(&msg, IPPROTO_IPV6, IPV6_PATHMTU);
	assert_non_null(cmsg);
	memset(&info, 0, sizeof(info));
	if (cmsg) /* for those who do not know assert_non_null */
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
	assert_int_equal(info.ip6m_mtu, 1500);
	assert_int_equal(info.ip6m_addr.sin6_addr.s6_addr[15], 2);
	assert_int_equal(plain(a), -EAGAIN);
}

/* A train arrives as one read where that was asked for, and its border can be found again. */
static void test_train(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	static uint8_t bytes[65507], back[65507];
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	struct px_sock *b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	_Alignas(struct cmsghdr) char control[256];
	const struct cmsghdr *cmsg;
	size_t total, expected;
	struct msghdr msg;
	int size;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	assert_int_equal(set_int(b, IPPROTO_UDP, UDP_GRO, 1), 0);
	assert_int_equal(set_int(b, SOL_SOCKET, SO_RCVBUF, 1 << 20), 0);
	for (unsigned int i = 0; i < 2; i++) {
		for (int segment = 1400; segment > 800; segment -= 137) {
			assert_int_equal(set_int(a, IPPROTO_UDP, UDP_SEGMENT, segment), 0);
			assert_int_equal(send_to(a, targets[i], 7000, bytes, 40000, NULL, 0), 40000);
			sim_settle(sim, PX_SEC);
			total = 0;
			while (total < 40000) {
				ssize_t n = receive(b, back, sizeof(back), &msg, control, sizeof(control));
				assert_true(n > 0);
				assert_memory_equal(back, bytes + total, (size_t)n);
				total += (size_t)n;
				cmsg = find_control(&msg, IPPROTO_UDP, UDP_GRO);
				expected = (size_t)n > (size_t)segment ? (size_t)segment : 0;
				assert_int_equal(cmsg != NULL, expected != 0);
				if (cmsg) {
					memcpy(&size, CMSG_DATA(cmsg), sizeof(size));
					assert_int_equal(size, segment);
				}
			}
			assert_int_equal(plain(b), -EAGAIN);
			assert_int_equal(b->endpoint->rx_truesize, 0);
		}
	}
	/* All or none: the queue has no room for the train. */
	ia->tx_limit = 5;
	assert_int_equal(set_int(a, IPPROTO_UDP, UDP_SEGMENT, 1000), 0);
	assert_int_equal(set_int(a, IPPROTO_IP, IP_RECVERR, 1), 0);
	assert_int_equal(send_to(a, "10.0.0.2", 7000, bytes, 6000, NULL, 0), -ENOBUFS);
	sim_settle(sim, PX_SEC);
	assert_int_equal(plain(b), -EAGAIN);
}

/* Two flows at the same time, and one that pauses, are not mixed. Over lo, where all is one burst.
 */
static void test_join_borders(void **state)
{
	struct px_iface *ia = host(1);
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	struct px_sock *b = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	struct px_sock *c = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	static const uint8_t bytes[3000];

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "0.0.0.0", 7000), 0);
	assert_int_equal(set_int(b, IPPROTO_UDP, UDP_GRO, 1), 0);
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "cccc", 4, NULL, 0), 4);
	sim_run(sim, PX_MSEC);
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "cccc", 4, NULL, 0), 4); /* later */
	assert_int_equal(send_to(a, "10.0.0.1", 7000, "aaaa", 4, NULL, 0), 4);
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "cccc", 4, NULL, 0), 4);
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "ccc", 3, NULL, 0), 3); /* the last one */
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "cccc", 4, NULL, 0), 4);
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "ccccc", 5, NULL, 0), 5); /* longer */
	assert_int_equal(send_to(c, "10.0.0.1", 7000, "", 0, NULL, 0), 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(plain(b), 4);
	assert_int_equal(plain(b), 4);
	assert_int_equal(plain(b), 4);
	assert_int_equal(plain(b), 7);
	assert_int_equal(plain(b), 4);
	assert_int_equal(plain(b), 5);
	assert_int_equal(plain(b), 0);
	assert_int_equal(plain(b), -EAGAIN);
	/* 64 at most. */
	assert_int_equal(set_int(a, IPPROTO_UDP, UDP_SEGMENT, 30), 0);
	assert_int_equal(send_to(a, "10.0.0.1", 7000, bytes, 3000, NULL, 0), 3000);
	sim_settle(sim, PX_SEC);
	assert_int_equal(plain(b), 64 * 30);
	assert_int_equal(plain(b), 36 * 30);
	assert_int_equal(b->endpoint->rx_truesize, 0);
}

static void test_ping(void **state)
{
	static const char *const targets[] = {"10.0.0.2", "2001:db8::2"};
	static const char *const nobody[] = {"10.0.0.77", "2001:db8::77"};
	struct px_iface *ia = host(1);

	host(2);
	sim_run(sim, 5 * PX_SEC);
	for (unsigned int six = 0; six < 2; six++) {
		struct px_sock *a =
		    sock_of(ia, six ? AF_INET6 : AF_INET, SOCK_DGRAM, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		struct px_sock *b =
		    sock_of(ia, six ? AF_INET6 : AF_INET, SOCK_DGRAM, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
		uint8_t request[64] = {six ? 128 : 8, 0, 0xba, 0xad, 0xff, 0xff, 0, 1}, reply[64];
		struct msghdr msg;

		for (size_t len = 8; len <= 64; len += 28) {
			assert_int_equal(send_to(a, targets[six], 0, request, len, NULL, 0), len);
			sim_settle(sim, PX_SEC);
			assert_int_equal(receive(a, reply, sizeof(reply), &msg, NULL, 0), len);
			assert_int_equal(reply[0], six ? 129 : 0);
			assert_memory_equal(reply + 6, request + 6, len - 6);
			assert_int_equal(reply[4] << 8 | reply[5], a->endpoint->lport);
			assert_int_equal(plain(b), -EAGAIN);
		}
		/* Nobody answers for the address: the error comes if it was asked for. */
		assert_int_equal(
		    six ? set_int(a, IPPROTO_IPV6, IPV6_RECVERR, 1) : set_int(a, IPPROTO_IP, IP_RECVERR, 1),
		    0);
		assert_int_equal(send_to(a, nobody[six], 0, request, 20, NULL, 0), 20);
		sim_run(sim, 5 * PX_SEC);
		assert_int_equal(plain(a), -EHOSTUNREACH);
		px_sock_free(b);
	}
}

/* Control messages of every kind and length, true or not: none reads beyond its end, none crashes.
 */
static void test_hostile_control(void **state)
{
	static const int kinds[][3] = {{AF_INET, SOCK_DGRAM, 0}, {AF_INET6, SOCK_DGRAM, 0},
	    {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}, {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6}};
	static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, 77};
	static const size_t lies[] = {0, 1, sizeof(struct cmsghdr) - 1, SIZE_MAX, SIZE_MAX / 2, 4096};
	struct px_iface *ia = host(1);

	sim_run(sim, 5 * PX_SEC);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct px_sock *sock = sock_of(ia, kinds[k][0], kinds[k][1], kinds[k][2]);
		const char *to = kinds[k][0] == AF_INET ? "10.0.0.1" : "2001:db8::1";

		for (size_t l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
			for (int type = 0; type < 110; type++) {
				for (size_t len = 0; len < 80; len++) {
					/* In memory of just this size: a reader beyond is seen. */
					size_t size = CMSG_LEN(len);
					struct cmsghdr *cmsg = malloc(size);
					assert_non_null(cmsg);
					memset(cmsg, (int)len, size);
					*cmsg = (struct cmsghdr){
					    .cmsg_len = size, .cmsg_level = levels[l], .cmsg_type = type};
					(void)send_to(sock, to, 7, "\200\0\0\0\0\0\0\0", 8, cmsg, size);
					if (len < sizeof(lies) / sizeof(lies[0])) {
						cmsg->cmsg_len = lies[len];
						(void)send_to(sock, to, 7, "\200\0\0\0\0\0\0\0", 8, cmsg, size);
					}
					free(cmsg);
				}
			}
			sim_run(sim, PX_MSEC);
		}
		px_sock_free(sock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_dontroute, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_min_hops, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_extensions, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_path_mtu, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_train, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_join_borders, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_hostile_control, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_ping, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
