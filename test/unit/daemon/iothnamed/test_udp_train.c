/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies in trains: what is coupled, that nothing is lost, and that a kernel's socket sends them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "udp_train.h"

#define REPLIES UDP_TRAIN_MESSAGES

struct reply {
	struct sockaddr_in6 peer;
	_Alignas(
	    struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + UDP_TRAIN_CONTROL];
	struct iovec iov;
	uint8_t bytes[4096];
};

static struct reply replies[REPLIES];
static struct mmsghdr headers[REPLIES];
static struct udp_trains trains;

/* A reply to a port, of a length; its first byte is its number. */
static void make(unsigned int i, in_port_t port, size_t len)
{
	struct reply *reply = &replies[i];
	struct in6_pktinfo info = {.ipi6_addr = in6addr_loopback};
	struct cmsghdr *cmsg;

	memset(reply, 0, sizeof(*reply));
	reply->peer = (struct sockaddr_in6){
	    .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = port};
	reply->iov = (struct iovec){reply->bytes, len};
	reply->bytes[0] = (uint8_t)i;
	headers[i].msg_hdr = (struct msghdr){.msg_name = &reply->peer,
	    .msg_namelen = sizeof(reply->peer),
	    .msg_iov = &reply->iov,
	    .msg_iovlen = 1,
	    .msg_control = reply->control,
	    .msg_controllen = CMSG_SPACE(sizeof(info))};
	cmsg = CMSG_FIRSTHDR(&headers[i].msg_hdr);
	cmsg->cmsg_level = IPPROTO_IPV6;
	cmsg->cmsg_type = IPV6_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
}

/* Each reply is in one train, behind others of its port and length. */
static void check(unsigned int count)
{
	uint32_t seen = 0;

	for (unsigned int i = 0; i < trains.count; i++) {
		const struct msghdr *train = &trains.messages[i].msg_hdr;

		assert_true(train->msg_iovlen >= 1);
		assert_true(train->msg_iovlen * train->msg_iov->iov_len <= 65507);
		assert_int_equal(
		    train->msg_controllen, CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		                               (train->msg_iovlen > 1 ? UDP_TRAIN_CONTROL : 0));
		for (size_t j = 0; j < train->msg_iovlen; j++) {
			unsigned int number = *(uint8_t *)train->msg_iov[j].iov_base;

			assert_false(seen >> number & 1);
			seen |= 1U << number;
			assert_int_equal(train->msg_iov[j].iov_len, replies[number].iov.iov_len);
			assert_int_equal(((struct sockaddr_in6 *)train->msg_name)->sin6_port,
			    replies[number].peer.sin6_port);
		}
	}
	assert_true(seen == (count == 32 ? UINT32_MAX : (1U << count) - 1));
}

static void test_couple(void **state)
{
	(void)state;
	udp_couple(&trains, headers, 0);
	assert_int_equal(trains.count, 0);
	for (unsigned int i = 0; i < REPLIES; i++)
		make(i, (in_port_t)(i % 4), i % 8 < 4 ? 50 : 60);
	udp_couple(&trains, headers, 5);
	assert_int_equal(trains.count, 5);
	check(5);
	udp_couple(&trains, headers, REPLIES);
	assert_int_equal(trains.count, 8);
	check(REPLIES);
	/* Another address of ours, or an interface: another way. */
	replies[8].control[CMSG_LEN(0)] ^= 1;
	udp_couple(&trains, headers, REPLIES);
	assert_int_equal(trains.count, 9);
	/* A train has an end. */
	for (unsigned int i = 0; i < REPLIES; i++)
		make(i, 1, 4096);
	udp_couple(&trains, headers, REPLIES);
	assert_int_equal(trains.count, 3);
	check(REPLIES);
}

static void test_uncouple(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REPLIES; i++)
		make(i, (in_port_t)(i % 2 ? 1 : i), 50);
	udp_couple(&trains, headers, REPLIES);
	assert_int_equal(trains.count, 17);
	udp_uncouple(&trains, 0);
	assert_int_equal(trains.count, 17);
	udp_uncouple(&trains, 1);
	assert_int_equal(trains.count, REPLIES);
	check(REPLIES);
	for (unsigned int i = 0; i < REPLIES; i++)
		udp_uncouple(&trains, i);
	assert_int_equal(trains.count, REPLIES);
}

static void test_kernel(void **state)
{
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
	int from = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
	    to = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);
	uint32_t seen = 0;
	uint8_t byte;

	(void)state;
	if (from < 0 || bind(to, (void *)&addr, sizeof(addr)) < 0)
		skip(); /* no IPv6 here */
	assert_int_equal(getsockname(to, (void *)&addr, &len), 0);
	for (unsigned int i = 0; i < REPLIES; i++)
		make(i, addr.sin6_port, i % 2 ? 100 : 1200);
	udp_couple(&trains, headers, REPLIES);
	assert_int_equal(trains.count, 2);
	assert_int_equal(sendmmsg(from, trains.messages, trains.count, 0), 2);
	for (unsigned int i = 0; i < REPLIES; i++) {
		ssize_t n = recv(to, &byte, 1, MSG_TRUNC);

		assert_int_equal(n, byte % 2 ? 100 : 1200);
		seen |= 1U << byte;
	}
	assert_true(seen == UINT32_MAX);
	close(from);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_couple),
	    cmocka_unit_test(test_uncouple),
	    cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
