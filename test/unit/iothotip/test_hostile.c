/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forged packets for the live flows of an address that is over: guesses of resets (RFC 5961) and
 * ICMP errors (RFC 5927) change nothing, whoever they come from; and strangers find nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <ioth.h>

#include "raw_peer.h"
#include "world.h"

#define PEER_PORT 50000

static uint32_t seq, ack; /* the peer's next byte, and the one that it expects */
static int there;         /* the server's end */

static int setup(void **state)
{
	raw_open(world_setup_alone());
	return 0;
}

static int teardown(void **state)
{
	raw_close();
	return world_teardown(state);
}

/* The service is there, and its address of now is watched. */
static struct iothotip *begin(const char *more)
{
	static int64_t later; /* each test's own window */
	struct in6_addr address;
	struct iothotip *otip;

	wall = NOW + 3200 * later++;
	address = world_address(wall / 32);
	otip = world_service(more);
	raw_watch(&address);
	return otip;
}

static void segment(uint8_t flags, uint32_t with_seq, uint32_t with_ack, const char *data)
{
	const struct raw_segment out = {.seq = with_seq, .ack = with_ack, .flags = flags};

	raw_tcp(&raw_peer, PEER_PORT, PORT, &out, data);
}

static void connect_peer(int fd)
{
	seq = 1000;
	raw_forget();
	segment(RAW_SYN, seq, 0, "");
	raw_wait_flags(RAW_SYN | RAW_ACK);
	assert_int_equal(raw_seen.last.ack, ++seq);
	ack = raw_seen.last.seq + 1;
	segment(RAW_ACK, seq, ack, "");
	there = world_accept(fd);
}

static void say(const char *text)
{
	char heard[20];
	size_t len = strlen(text);

	raw_forget();
	segment(RAW_ACK | RAW_PSH, seq, ack, text);
	seq += (uint32_t)len;
	assert_true(world_readable(there, PATIENCE));
	assert_int_equal(ioth_recv(there, heard, sizeof(heard), 0), len);
	assert_memory_equal(heard, text, len);
	assert_int_equal(ioth_send(there, "fine", 4, MSG_NOSIGNAL), 4);
	raw_wait_data(4);
	assert_memory_equal(raw_seen.data, "fine", 4);
	ack += 4;
	segment(RAW_ACK, seq, ack, "");
	raw_settle();
	assert_int_equal(raw_seen.resets + raw_seen.fins + raw_seen.errors, 0);
	assert_int_equal(raw_seen.to_stranger, 0);
	raw_forget();
}

/* What was sent is worked through: nothing has ended, and nobody else was answered. */
static void assert_lives(const char *what)
{
	raw_settle();
	if (raw_seen.resets || raw_seen.fins || raw_seen.errors || raw_seen.to_stranger)
		fail_msg("%s: %u resets, %u ends, %u errors, %u to a stranger", what, raw_seen.resets,
		    raw_seen.fins, raw_seen.errors, raw_seen.to_stranger);
	say("on");
}

static void guess(uint8_t flags, uint32_t seq_off, uint32_t ack_off, const char *data)
{
	char what[100];

	snprintf(what, sizeof(what), "flags 0x%x, %d and %d off", flags, (int)seq_off, (int)ack_off);
	segment(flags, seq + seq_off, ack + ack_off, data);
	assert_lives(what);
}

/* RFC 5961, 3.2: a reset counts with the exact number alone; 4.2: a SYN never; 5.2: data with
 * acknowledgements of the connection's alone. RFC 9293, 3.10.7.4: nothing out of the window. */
static void guess_all(void)
{
	guess(RAW_RST, 1, 0, "");
	guess(RAW_RST, 1000, 0, "");
	guess(RAW_RST, (uint32_t)-1, 0, "");
	guess(RAW_RST, 0x40000000, 0, "");
	guess(RAW_RST, 0xc0000000, 0, "");
	guess(RAW_RST | RAW_ACK, 1, 0, "");
	guess(RAW_SYN, 0, 0, "");
	guess(RAW_SYN, 5, 0, "");
	guess(RAW_SYN, 0x40000000, 0, "");
	guess(RAW_SYN | RAW_ACK, 0, 0, "");
	guess(RAW_FIN | RAW_ACK, 0x40000000, 0, "");
	guess(RAW_FIN | RAW_ACK, (uint32_t)-2000, 0, "");
	guess(RAW_ACK, 0, 100000, "evil");
	guess(RAW_ACK, 0, 0x80000000, "evil");
	guess(RAW_ACK, 0x40000000, 0, "evil");
	guess(0, 0, 0, "evil");
	guess(RAW_FIN, 0, 0, "");
}

/* All kinds of errors about a segment of the connection. */
static void break_all(uint8_t next, uint32_t number)
{
	static const struct {
		uint8_t type, codes;
		uint32_t rest;
	} errors[] = {
	    {1, 7, 0},          /* destination unreachable */
	    {2, 1, 1280},       /* packet too big */
	    {2, 1, 0},          /* for a network that IPv6 does not know */
	    {2, 1, 576},        /* */
	    {2, 1, UINT32_MAX}, /* */
	    {3, 2, 0},          /* time exceeded */
	    {4, 3, 40},         /* parameter problem */
	};
	const uint8_t transport[20] = {PORT >> 8, PORT & 0xff, PEER_PORT >> 8, PEER_PORT & 0xff,
	    (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
	    (uint8_t)number, [12] = 0x50, [13] = RAW_ACK};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (uint8_t code = 0; code < errors[i].codes; code++)
			raw_error(errors[i].type, code, errors[i].rest, next, transport);
	}
}

static void assert_nobody(void)
{
	static const uint8_t of_nobody[20] = {1, 2, 3, 4};
	const struct raw_segment segments[] = {{seq, 0, RAW_SYN}, {seq, ack, RAW_ACK},
	    {seq, ack, RAW_RST}, {seq, ack, RAW_SYN | RAW_ACK}, {seq, ack, RAW_FIN | RAW_ACK},
	    {seq, ack, 0}};

	raw_settle();
	raw_forget();
	for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		raw_tcp(&raw_stranger, PEER_PORT, PORT, &segments[i], "x");
		raw_tcp(&raw_stranger, PEER_PORT, 9, &segments[i], "");
	}
	raw_udp(&raw_stranger, PEER_PORT, PORT, "x");
	raw_udp(&raw_stranger, PEER_PORT, 9, "x");
	raw_echo_request(&raw_stranger);
	raw_error(1, 4, 0, IPPROTO_TCP, of_nobody);
	raw_error(2, 0, 1280, IPPROTO_UDP, of_nobody);
	raw_error(3, 0, 0, 253, of_nobody);
	raw_solicit(&raw_stranger);
	raw_settle();
	assert_int_equal(raw_seen.to_stranger, 0);
	assert_int_equal(raw_seen.advertisements, 0);
	assert_int_equal(raw_seen.to_peer, 0);
}

static void test_connection(void **state)
{
	struct iothotip *otip = begin("");
	int fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);

	assert_true(fd >= 0);
	connect_peer(fd);
	say("hello");
	/* While it is open, and when it is over. */
	guess_all();
	world_set(otip, wall + 3200 / 2);
	say("later");
	guess_all();
	break_all(IPPROTO_TCP, ack - 4);
	assert_lives("errors about a segment");
	break_all(IPPROTO_TCP, ack);
	break_all(IPPROTO_TCP, ack + 0x40000000);
	assert_lives("errors about a segment that was not sent");
	assert_nobody();
	/* This is what all the others were meant to be. */
	raw_forget();
	segment(RAW_RST, seq, 0, "");
	assert_true(world_readable(there, PATIENCE));
	assert_int_equal(ioth_recv(there, raw_seen.data, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	ioth_close(there);
	assert_nobody();
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

/* Who has begun to connect in time completes it. After the end of all nobody hears anything, those
 * who had begun neither. */
static void test_half_open(void **state)
{
	struct iothotip *otip = begin("");
	int fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);

	seq = 5000;
	segment(RAW_SYN, seq++, 0, "");
	raw_wait_flags(RAW_SYN | RAW_ACK);
	ack = raw_seen.last.seq + 1;
	world_set(otip, wall + 3200 / 2);
	segment(RAW_ACK, seq, ack, "");
	there = world_accept(fd);
	say("late");
	ioth_close(there);
	iothotip_close(otip, fd);
	iothotip_stop(otip);

	otip = begin("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	seq = 6000;
	segment(RAW_SYN, seq++, 0, "");
	raw_wait_flags(RAW_SYN | RAW_ACK);
	ack = raw_seen.last.seq + 1;
	iothotip_stop(otip);
	ioth_close(fd);
	raw_forget();
	segment(RAW_ACK, seq, ack, "");
	segment(RAW_ACK, seq, ack, "too late");
	raw_settle();
	assert_int_equal(raw_seen.resets + raw_seen.errors, 0);
	assert_nobody();
}

static void converse(struct iothotip *otip, int fd)
{
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	struct in6_addr self;
	char byte;

	raw_forget();
	raw_udp(&raw_peer, PEER_PORT, PORT, "q");
	assert_true(world_readable(fd, PATIENCE));
	assert_int_equal(
	    iothotip_recvfrom(otip, fd, &byte, 1, 0, (struct sockaddr *)&from, &len, &self), 1);
	assert_int_equal(byte, 'q');
	assert_int_equal(
	    iothotip_sendto(otip, fd, "a", 1, 0, (struct sockaddr *)&from, sizeof(from), &self), 1);
	raw_wait_data(1);
	assert_int_equal(raw_seen.data[0], 'a');
	raw_settle();
	assert_int_equal(raw_seen.errors + raw_seen.to_stranger, 0);
}

static void test_datagrams(void **state)
{
	struct iothotip *otip = begin(",udptime=100000");
	int fd = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 0);
	struct sockaddr_in6 peer = {
	    .sin6_family = AF_INET6, .sin6_addr = raw_peer, .sin6_port = htons(PEER_PORT)};
	struct in6_addr self = world_address(wall / 32);

	assert_true(fd >= 0);
	converse(otip, fd);
	world_set(otip, wall + 3200 / 2);
	converse(otip, fd);
	for (uint8_t code = 0; code < 7; code++) {
		const uint8_t transport[20] = {
		    PORT >> 8, PORT & 0xff, PEER_PORT >> 8, PEER_PORT & 0xff, 0, 9, [8] = 'a'};

		raw_error(1, code, 0, IPPROTO_UDP, transport);
		raw_settle();
		raw_forget();
		/* It is no news of this datagram's. */
		assert_int_equal(
		    iothotip_sendto(otip, fd, "b", 1, 0, (struct sockaddr *)&peer, sizeof(peer), &self), 1);
		raw_wait_data(1);
		raw_error(1, code, 0, IPPROTO_UDP, transport);
		raw_settle();
		converse(otip, fd);
	}
	break_all(IPPROTO_UDP, 9U << 16);
	raw_settle();
	converse(otip, fd);
	seq = ack = 1;
	assert_nobody();
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_connection),
	    cmocka_unit_test(test_half_open),
	    cmocka_unit_test(test_datagrams),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, setup, teardown);
}
