/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sendmmsg and recvmmsg: many at once are what one after the other would be. And who is told of
 * what comes while a caller that reads burst after burst is away.
 */
#include "host.h"
#include "reader.h"

#include <poll.h>
#include <netinet/udp.h>

#define COUNT 70 /* more than go in one burst */

static struct picox *here, *there;
static int from, to;

struct messages {
	struct mmsghdr message[COUNT];
	struct iovec iov[COUNT];
	struct sockaddr_in name[COUNT];
	char bytes[COUNT][16];
};
static struct messages out, in;

static void prepare(struct messages *messages, size_t len)
{
	memset(messages, 0, sizeof(*messages));
	for (int i = 0; i < COUNT; i++) {
		struct msghdr *msg = &messages->message[i].msg_hdr;

		messages->iov[i] = (struct iovec){messages->bytes[i], len};
		messages->name[i] = host_name4("10.0.0.2", 7);
		msg->msg_iov = &messages->iov[i];
		msg->msg_iovlen = 1;
		msg->msg_name = &messages->name[i];
		msg->msg_namelen = sizeof(messages->name[i]);
		memcpy(messages->bytes[i], &i, sizeof(i));
	}
}

static int setup(void **state)
{
	here = host_new("mem://burst", NULL, "10.0.0.1");
	there = host_new("mem://burst", NULL, "10.0.0.2");
	from = host_udp4(here, "10.0.0.1", 9);
	to = host_udp4(there, "10.0.0.2", 7);
	/* Both know each other: nothing waits for an answer to ARP. */
	host_send4(from, "10.0.0.2", 7, "x", 1);
	prepare(&in, sizeof(in.bytes[0]));
	assert_int_equal(picox_recvmmsg(to, in.message, 1, 0, NULL), 1);
	prepare(&in, sizeof(in.bytes[0]));
	prepare(&out, sizeof(int));
	return 0;
}

static int teardown(void **state)
{
	assert_int_equal(picox_close(from), 0);
	assert_int_equal(picox_close(to), 0);
	assert_int_equal(picox_delstack(here), 0);
	assert_int_equal(picox_delstack(there), 0);
	return 0;
}

static void test_many(void **state)
{
	int got = 0;

	assert_int_equal(picox_sendmmsg(from, out.message, COUNT, 0), COUNT);
	while (got < COUNT) {
		int more =
		    picox_recvmmsg(to, in.message + got, (unsigned int)(COUNT - got), MSG_WAITFORONE, NULL);

		assert_in_range(more, 1, COUNT - got);
		got += more;
	}
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(out.message[i].msg_len, sizeof(i));
		assert_int_equal(in.message[i].msg_len, sizeof(i));
		assert_memory_equal(in.bytes[i], &i, sizeof(i));
		assert_int_equal(in.message[i].msg_hdr.msg_namelen, sizeof(in.name[i]));
		assert_int_equal(in.name[i].sin_port, htons(9));
		assert_int_equal(in.message[i].msg_hdr.msg_flags, 0);
	}
	assert_int_equal(picox_recvmmsg(to, in.message, COUNT, MSG_DONTWAIT, NULL), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(picox_recvmmsg(to, in.message, 0, MSG_DONTWAIT, NULL), 0);
}

/* Without MSG_WAITFORONE all are waited for; what does not fit is cut. */
static void *send_later(void *argument)
{
	wait_blocked(there, 1);
	picox_sendmmsg(from, out.message + 2, COUNT - 2, 0);
	return NULL;
}

static void test_all(void **state)
{
	pthread_t thread;

	for (int i = 0; i < COUNT; i++)
		in.iov[i].iov_len = i % 2 ? 3 : 16;
	assert_int_equal(picox_sendmmsg(from, out.message, 2, 0), 2);
	assert_int_equal(pthread_create(&thread, NULL, send_later, NULL), 0);
	assert_int_equal(picox_recvmmsg(to, in.message, COUNT, 0, NULL), COUNT);
	pthread_join(thread, NULL);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(in.message[i].msg_len, i % 2 ? 3 : 4);
		assert_int_equal(in.message[i].msg_hdr.msg_flags, i % 2 ? MSG_TRUNC : 0);
		assert_int_equal(in.bytes[i][0], i);
	}
}

/* One that cannot be sent ends the burst, and is told if it is the first. */
static void test_errors(void **state)
{
	out.name[40].sin_family = AF_INET6;
	assert_int_equal(picox_sendmmsg(from, out.message, COUNT, 0), 40);
	assert_int_equal(picox_sendmmsg(from, out.message + 40, COUNT - 40, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	out.message[41].msg_hdr.msg_iovlen = 2000;
	assert_int_equal(picox_sendmmsg(from, out.message + 41, 1, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(picox_sendmmsg(from, NULL, 1, 0), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(picox_recvmmsg(to, NULL, 1, 0, NULL), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(picox_sendmmsg(-1, out.message, 1, 0), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(picox_recvmmsg(to, in.message, COUNT, MSG_WAITFORONE, NULL) > 0, 1);
}

/* An ICMP error comes before what arrived after it, and costs no datagram. */
static void test_refused(void **state)
{
	struct sockaddr_in peer = host_name4("10.0.0.2", 7);
	struct pollfd item = {.fd = from, .events = POLLIN};

	assert_int_equal(picox_connect(from, (struct sockaddr *)&peer, sizeof(peer)), 0);
	host_send4(to, "10.0.0.1", 9, "1", 1);
	while (poll(&item, 1, -1) != 1 || !(item.revents & POLLIN))
		;
	runtime_lock(here);
	list_first(&here->files, struct file, node)->sock->endpoint->error = ECONNREFUSED;
	runtime_leave(here);
	assert_int_equal(picox_recvmmsg(from, in.message, COUNT, MSG_WAITFORONE, NULL), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(picox_recvmmsg(from, in.message, COUNT, MSG_WAITFORONE, NULL), 1);
}

static void test_time(void **state)
{
	struct timespec time = {.tv_sec = 3600};

	assert_int_equal(picox_sendmmsg(from, out.message, 3, 0), 3);
	assert_int_equal(picox_recvmmsg(to, in.message, 3, 0, &time), 3);
	assert_in_range(time.tv_sec, 1, 3599);
	time = (struct timespec){0};
	assert_int_equal(picox_sendmmsg(from, out.message, 1, 0), 1);
	assert_int_equal(picox_recvmmsg(to, in.message, COUNT, 0, &time), 1);
	time.tv_nsec = 1000000000;
	assert_int_equal(picox_recvmmsg(to, in.message, COUNT, 0, &time), -1);
	assert_int_equal(errno, EINVAL);
}

/* Control messages, each message's own: few, which go in the burst; none; too small a room; and so
 * much room that the message goes by itself. */
static void test_control(void **state)
{
	const struct in_addr address = host_name4("10.0.0.2", 0).sin_addr;
	char room[5][4096] = {{0}};
	static const size_t len[] = {CMSG_SPACE(sizeof(struct in_pktinfo)), 0,
	    CMSG_LEN(sizeof(struct in_pktinfo)) - 1, 128, 4096};
	int one = 1;

	assert_int_equal(picox_setsockopt(to, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)), 0);
	for (int i = 0; i < 5; i++) {
		in.message[i].msg_hdr.msg_control = len[i] ? room[i] : NULL;
		in.message[i].msg_hdr.msg_controllen = len[i];
	}
	assert_int_equal(picox_sendmmsg(from, out.message, 5, 0), 5);
	assert_int_equal(picox_recvmmsg(to, in.message, 5, 0, NULL), 5);
	for (int i = 0; i < 5; i++) {
		const struct msghdr *msg = &in.message[i].msg_hdr;
		struct in_pktinfo info;

		assert_int_equal(in.message[i].msg_len, sizeof(int));
		assert_memory_equal(in.bytes[i], &i, sizeof(i));
		assert_int_equal(msg->msg_flags, len[i] < len[0] ? MSG_CTRUNC : 0);
		if (len[i] < len[0])
			continue;
		assert_int_equal(msg->msg_controllen, len[0]);
		assert_int_equal(CMSG_FIRSTHDR(msg)->cmsg_type, IP_PKTINFO);
		memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(msg)), sizeof(info));
		assert_int_equal(info.ipi_addr.s_addr, address.s_addr);
	}
}

static void put_control(struct msghdr *msg, void *room, int level, int type, uint16_t value)
{
	struct cmsghdr *cmsg = room;

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(cmsg), &value, sizeof(value));
	msg->msg_control = room;
	msg->msg_controllen = CMSG_SPACE(sizeof(value));
}

/* A train, between two that go whole; one whose control message is wrong ends the burst. */
static void test_control_sent(void **state)
{
	static const unsigned int expected[] = {16, 7, 7, 2, 16};
	char room[2][CMSG_SPACE(sizeof(uint16_t))] __attribute__((aligned(8)));

	prepare(&out, sizeof(out.bytes[0]));
	put_control(&out.message[1].msg_hdr, room[0], IPPROTO_UDP, UDP_SEGMENT, 7);
	put_control(&out.message[3].msg_hdr, room[1], IPPROTO_UDP, UDP_SEGMENT + 20, 7);
	assert_int_equal(picox_sendmmsg(from, out.message, COUNT, 0), 3);
	assert_int_equal(picox_recvmmsg(to, in.message, 5, 0, NULL), 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(in.message[i].msg_len, expected[i]);
	assert_int_equal(picox_recvmmsg(to, in.message, 1, MSG_DONTWAIT, NULL), -1);
	assert_int_equal(picox_sendmmsg(from, out.message + 3, COUNT - 3, 0), -1);
	assert_int_equal(errno, EINVAL);
	out.message[3].msg_hdr.msg_control = NULL;
	assert_int_equal(picox_sendmmsg(from, out.message + 3, COUNT - 3, 0), -1);
	assert_int_equal(errno, EFAULT);
}

/* Who reads and reads is expected back, and the poller told nothing; but when he stays away, who
 * polls sees what came. */
static void test_poll_after(void **state)
{
	struct pollfd item = {.fd = to, .events = POLLIN};
	struct reader reader;
	char byte;

	for (int i = 0; i < 50; i++) {
		for (int j = 0; j < 3; j++) {
			start(&reader, to);
			wait_blocked(there, 1);
			host_send4(from, "10.0.0.2", 7, "x", 1);
			pthread_join(reader.thread, NULL);
			assert_int_equal(reader.result, 1);
		}
		host_send4(from, "10.0.0.2", 7, "y", 1);
		assert_int_equal(poll(&item, 1, 30000), 1);
		assert_int_equal(picox_recv(to, &byte, 1, MSG_DONTWAIT), 1);
		assert_int_equal(byte, 'y');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_time, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_control, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_control_sent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_poll_after, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
