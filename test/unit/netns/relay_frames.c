/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single frames through the relay, injected and watched by AF_PACKET in the two namespaces: tags
 * and protocols that nobody knows pass unchanged, in both directions. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <cmocka.h>

#include "hosts.h"

#define TEST_TYPE 0x88b5 /* IEEE 802: local experimental */
#define ROOM      (65536 + 64)

/* Only this sender's frames are looked at; the kernels send some of their own. */
static const unsigned char source[6] = {2, 0xfe, 0xed, 0, 0, 1};

static int packet_socket(const struct host *host)
{
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)host->ifindex,
	};
	int fd, one = 1;

	host_enter(host);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof one) == 0);
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof one) == 0);
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
	return fd;
}

/* The next frame of the test's, as it was on the wire. */
static size_t receive(int fd, unsigned char *frame)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;

	for (;;) {
		struct iovec iov = {.iov_base = frame + 4, .iov_len = ROOM - 4};
		struct msghdr message = {
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof control,
		};
		struct pollfd polled = {.fd = fd, .events = POLLIN};
		struct tpacket_auxdata aux;
		ssize_t len;

		CHECK(poll(&polled, 1, 30000) == 1);
		len = recvmsg(fd, &message, 0);
		CHECK(len >= 14);
		if (memcmp(frame + 4 + 6, source, 6) != 0)
			continue;
		CHECK(CMSG_FIRSTHDR(&message) != NULL);
		memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof aux);
		if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0) {
			memmove(frame, frame + 4, (size_t)len);
			return (size_t)len;
		}
		uint16_t tag[2] = {htons(aux.tp_vlan_tpid), htons(aux.tp_vlan_tci)};

		memmove(frame, frame + 4, 12);
		memcpy(frame + 12, tag, 4);
		return (size_t)len + 4;
	}
}

/* Waits until frames pass: an interface that was just set up drops what it is given until the
 * kernel has noticed its carrier. These frames have another source, so that `receive` ignores them
 * whenever they come. */
static void await_passage(int from, int to)
{
	unsigned char frame[60] = {
	    [0 ... 5] = 0xff, [6] = 2, [11] = 2, [12] = TEST_TYPE >> 8, [13] = TEST_TYPE & 0xff};
	struct pollfd polled = {.fd = to, .events = POLLIN};
	unsigned char got[sizeof frame];

	for (int tries = 0; tries < 600; tries++) {
		CHECK(send(from, frame, sizeof frame, 0) == sizeof frame);
		while (poll(&polled, 1, 50) == 1)
			if (recv(to, got, sizeof got, 0) > 12 && memcmp(got + 6, frame + 6, 6) == 0)
				return;
	}
	CHECK(!"frames pass");
}

static void pass(int from, int to, const unsigned char *frame, size_t len)
{
	static unsigned char got[ROOM];

	CHECK(send(from, frame, len, 0) == (ssize_t)len);
	CHECK(receive(to, got) == len);
	CHECK(memcmp(got, frame, len) == 0);
}

/* An Ethernet header with the given words behind the addresses, then bytes that count. */
static size_t make_frame(unsigned char *frame, const uint16_t *words, size_t count, size_t len)
{
	memset(frame, 0xff, 6);
	memcpy(frame + 6, source, 6);
	for (size_t i = 0; i < count; i++) {
		frame[12 + 2 * i] = (unsigned char)(words[i] >> 8);
		frame[13 + 2 * i] = (unsigned char)words[i];
	}
	for (size_t i = 12 + 2 * count; i < len; i++)
		frame[i] = (unsigned char)(i * 7 + 1);
	return len;
}

static void frames(unsigned int port_flags)
{
	static const struct {
		uint16_t words[6];
		size_t count, len;
	} cases[] = {
	    {{TEST_TYPE}, 1, 60},
	    {{TEST_TYPE}, 1, 1514},
	    {{TEST_TYPE}, 1, 15},
	    {{100}, 1, 114},                                             /* 802.3: a length */
	    {{ETH_P_8021Q, 5, TEST_TYPE}, 3, 100},                       /* tagged */
	    {{ETH_P_8021Q, 0xe000 | 7, TEST_TYPE}, 3, 1518},             /* priority 7 */
	    {{ETH_P_8021Q, 0xb000, TEST_TYPE}, 3, 64},                   /* priority and DEI, no VLAN */
	    {{ETH_P_8021AD, 0x4000 | 9, TEST_TYPE}, 3, 100},             /* a provider's */
	    {{ETH_P_8021AD, 3, ETH_P_8021Q, 0x6005, TEST_TYPE}, 5, 200}, /* two tags */
	    {{ETH_P_8021Q, 2, ETH_P_8021Q, 3, TEST_TYPE}, 5, 200},
	    {{ETH_P_8021Q, 2, ETH_P_IP}, 3, 60}, /* tagged, and no sound IPv4 */
	    {{ETH_P_IP}, 1, 60},
	    {{ETH_P_IPV6}, 1, 60},
	};
	static unsigned char frame[ROOM];
	struct hosts hosts;
	int fd_a, fd_b;

	hosts_start(&hosts, port_flags, 0, true, 0);
	fd_a = packet_socket(&hosts.a);
	fd_b = packet_socket(&hosts.b);
	await_passage(fd_a, fd_b);
	await_passage(fd_b, fd_a);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make_frame(frame, cases[i].words, cases[i].count, cases[i].len);
		pass(fd_a, fd_b, frame, cases[i].len);
		pass(fd_b, fd_a, frame, cases[i].len);
	}
	close(fd_a);
	close(fd_b);
	hosts_stop(&hosts);
}

static void jumbo_frames(unsigned int port_flags)
{
	static const uint16_t untagged[] = {TEST_TYPE}, tagged[] = {ETH_P_8021Q, 0x2064, TEST_TYPE};
	static unsigned char frame[ROOM];
	struct hosts hosts;
	int fd_a, fd_b;

	hosts_start(&hosts, port_flags, 65521, true, 0);
	fd_a = packet_socket(&hosts.a);
	fd_b = packet_socket(&hosts.b);
	await_passage(fd_a, fd_b);
	await_passage(fd_b, fd_a);
	pass(fd_a, fd_b, frame, make_frame(frame, untagged, 1, 9014));
	pass(fd_b, fd_a, frame, make_frame(frame, tagged, 3, 9018));
	pass(fd_a, fd_b, frame, make_frame(frame, untagged, 1, 65535));
	pass(fd_b, fd_a, frame, make_frame(frame, tagged, 3, 65535));
	close(fd_a);
	close(fd_b);
	hosts_stop(&hosts);
}

static void test_frames(void **state)
{
	(void)state;
	hosts_run(frames);
}

static void test_jumbo_frames(void **state)
{
	(void)state;
	hosts_run(jumbo_frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_jumbo_frames),
	};

	hosts_skip_unless_possible();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
