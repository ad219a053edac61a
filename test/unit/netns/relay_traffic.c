/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay under the traffic of two kernels: what arrives is what was sent, byte for byte. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "hosts.h"

#define STREAM_BYTES (16 << 20)

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

/* A stream of bytes that never repeats at a frame's or a segment's length. */
struct stream {
	uint64_t state;
	size_t done;
};

static void stream_bytes(struct stream *stream, unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		stream->state = stream->state * 6364136223846793005ULL + 1442695040888963407ULL;
		bytes[i] = (unsigned char)(stream->state >> 56);
	}
	stream->done += len;
}

/* One end of a connection: it sends a stream and checks the one that it gets. */
struct end {
	int fd;
	struct stream sending, expected;
	unsigned char chunk[65536];
	size_t chunk_at, chunk_end;
	bool sent_all;
};

static void end_send(struct end *end)
{
	ssize_t len;

	if (end->chunk_at == end->chunk_end) {
		if (end->sending.done >= STREAM_BYTES) {
			CHECK(shutdown(end->fd, SHUT_WR) == 0);
			end->sent_all = true;
			return;
		}
		stream_bytes(&end->sending, end->chunk, sizeof end->chunk);
		end->chunk_at = 0;
		end->chunk_end = sizeof end->chunk;
	}
	len = send(end->fd, end->chunk + end->chunk_at, end->chunk_end - end->chunk_at,
	    MSG_DONTWAIT | MSG_NOSIGNAL);
	CHECK(len > 0 || errno == EAGAIN);
	if (len > 0)
		end->chunk_at += (size_t)len;
}

/* False: the other end has sent everything. */
static bool end_recv(struct end *end)
{
	static unsigned char got[65536], expected[65536];
	ssize_t len = recv(end->fd, got, sizeof got, MSG_DONTWAIT);

	CHECK(len >= 0 || errno == EAGAIN);
	if (len < 0)
		return true;
	stream_bytes(&end->expected, expected, (size_t)len);
	CHECK(memcmp(got, expected, (size_t)len) == 0);
	return len > 0;
}

/* Both directions at once, until both have ended or `stop_at` bytes have arrived. */
static void exchange(int fd_a, int fd_b, size_t stop_at)
{
	static struct end ends[2];
	bool open[2] = {true, true};

	memset(ends, 0, sizeof ends);
	ends[0].fd = fd_a;
	ends[1].fd = fd_b;
	ends[0].sending.state = ends[1].expected.state = 1;
	ends[1].sending.state = ends[0].expected.state = 2;
	while (open[0] || open[1]) {
		struct pollfd polled[2];

		for (int i = 0; i < 2; i++)
			polled[i] = (struct pollfd){
			    .fd = open[i] || !ends[i].sent_all ? ends[i].fd : -1,
			    .events = (short)((open[i] ? POLLIN : 0) | (ends[i].sent_all ? 0 : POLLOUT)),
			};
		CHECK(poll(polled, 2, 30000) > 0);
		for (int i = 0; i < 2; i++) {
			if ((polled[i].revents & POLLOUT) != 0)
				end_send(&ends[i]);
			if ((polled[i].revents & (POLLIN | POLLHUP)) != 0 && open[i])
				open[i] = end_recv(&ends[i]);
			if (ends[i].expected.done >= stop_at)
				return;
		}
	}
	CHECK(ends[0].expected.done == STREAM_BYTES && ends[1].expected.done == STREAM_BYTES);
}

static socklen_t address_of(const struct host *host, int family, struct sockaddr_storage *address)
{
	memset(address, 0, sizeof *address);
	address->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)address;

		in->sin_port = htons(5000);
		CHECK(inet_pton(AF_INET, host->v4, &in->sin_addr) == 1);
		return sizeof *in;
	}
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;

	in6->sin6_port = htons(5000);
	CHECK(inet_pton(AF_INET6, host->v6, &in6->sin6_addr) == 1);
	return sizeof *in6;
}

/* A connection of host a's with host b. */
static void connect_hosts(struct hosts *hosts, int family, int *fd_a, int *fd_b)
{
	struct sockaddr_storage address;
	socklen_t len = address_of(&hosts->b, family, &address);
	int listener;

	host_enter(&hosts->b);
	listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(listener >= 0);
	CHECK(bind(listener, (struct sockaddr *)&address, len) == 0);
	CHECK(listen(listener, 1) == 0);
	host_enter(&hosts->a);
	*fd_a = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(connect(*fd_a, (struct sockaddr *)&address, len) == 0);
	*fd_b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(*fd_b >= 0);
	close(listener);
}

static void tcp(unsigned int port_flags, unsigned int mtu, unsigned int idle_lines)
{
	struct relay_stats stats;
	struct hosts hosts;
	int fd_a, fd_b;

	hosts_start(&hosts, port_flags, mtu, true, idle_lines);
	for (int i = 0; i < 2; i++) {
		connect_hosts(&hosts, i == 0 ? AF_INET : AF_INET6, &fd_a, &fd_b);
		exchange(fd_a, fd_b, SIZE_MAX);
		close(fd_a);
		close(fd_b);
	}
	relay_get_stats(hosts.relay, hosts.b.line, &stats);
	CHECK(stats.to_kernel_frames > 0 && stats.to_network_frames > 0);
	if (mtu <= 1500)
		CHECK(stats.joined > 0);
	hosts_stop(&hosts);
}

static void tcp_default_mtu(unsigned int port_flags)
{
	tcp(port_flags, 0, 0);
}

static void tcp_small_mtu(unsigned int port_flags)
{
	tcp(port_flags, 1280, 0);
}

static void tcp_jumbo(unsigned int port_flags)
{
	tcp(port_flags, 9000, 0);
}

static void tcp_largest_mtu(unsigned int port_flags)
{
	tcp(port_flags, 65521, 0);
}

/* The first lines of a relay are polled, those behind them share an epoll set. */
static void tcp_many_lines(unsigned int port_flags)
{
	tcp(port_flags, 0, 10);
}

/* Datagrams of `size` bytes, sent `together` in one call by segmentation offload. */
static void udp(unsigned int port_flags, unsigned int mtu, int family, size_t size, size_t together)
{
	static unsigned char message[65536], got[65536];
	struct sockaddr_storage address;
	struct stream sending = {.state = 3}, expected = {.state = 3};
	struct hosts hosts;
	int segment = (int)size, fd_a, fd_b;
	socklen_t len;

	hosts_start(&hosts, port_flags, mtu, true, 0);
	len = address_of(&hosts.b, family, &address);
	host_enter(&hosts.b);
	fd_b = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(bind(fd_b, (struct sockaddr *)&address, len) == 0);
	host_enter(&hosts.a);
	fd_a = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(connect(fd_a, (struct sockaddr *)&address, len) == 0);
	if (together > 1)
		CHECK(setsockopt(fd_a, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment) == 0);
	for (int round = 0; round < 20; round++) {
		stream_bytes(&sending, message, size * together);
		CHECK(send(fd_a, message, size * together, 0) == (ssize_t)(size * together));
		for (size_t i = 0; i < together; i++) {
			struct pollfd polled = {.fd = fd_b, .events = POLLIN};

			CHECK(poll(&polled, 1, 30000) == 1);
			CHECK(recv(fd_b, got, sizeof got, 0) == (ssize_t)size);
			stream_bytes(&expected, message, size);
			CHECK(memcmp(got, message, size) == 0);
		}
	}
	close(fd_a);
	close(fd_b);
	hosts_stop(&hosts);
}

static void udp_single(unsigned int port_flags)
{
	udp(port_flags, 0, AF_INET, 1000, 1);
}

static void udp_segments(unsigned int port_flags)
{
	udp(port_flags, 0, AF_INET, 1400, 40);
}

static void udp_segments_v6(unsigned int port_flags)
{
	udp(port_flags, 0, AF_INET6, 1001, 30);
}

/* Larger than the MTU: in fragments. */
static void udp_fragments(unsigned int port_flags)
{
	udp(port_flags, 0, AF_INET6, 20000, 1);
}

/* One frame of 65,535 bytes. */
static void udp_largest(unsigned int port_flags)
{
	udp(port_flags, 65521, AF_INET, 65521 - 28, 1);
}

static void remove_under_traffic(unsigned int port_flags)
{
	struct hosts hosts;
	int fd_a, fd_b;

	hosts_start(&hosts, port_flags, 0, true, 0);
	connect_hosts(&hosts, AF_INET, &fd_a, &fd_b);
	exchange(fd_a, fd_b, 4 << 20);
	/* Both sockets still have data under way. */
	relay_remove(hosts.relay, hosts.a.line);
	host_enter(&hosts.a);
	/* A namespace is cleaned up in the kernel's own time. */
	for (int i = 0; if_nametoindex("vde0") != 0; i++) {
		CHECK(i < 3000);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	CHECK(send(fd_b, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 || errno == EAGAIN);
	relay_remove(hosts.relay, hosts.b.line);
	hosts_stop(&hosts);
}

/* A network whose other end does not read: the port is not read either, and everything is there
 * when it reads again. */
static void full_network(unsigned int port_flags, unsigned int idle_lines)
{
	enum { COUNT = 250, SIZE = 1200 };
	static unsigned char room[64][2048], payload[SIZE];
	struct iovec frames[64];
	struct sockaddr_storage address;
	struct hosts hosts;
	struct vdelink *far;
	unsigned int next = 0;
	char vnl[64];
	int fd;
	socklen_t len;

	hosts_start(&hosts, port_flags, 0, false, idle_lines);
	snprintf(vnl, sizeof vnl, "ptp://%s/wire", hosts.directory);
	CHECK(vdelink_open(vnl, "far", &far) == 0);
	host_enter(&hosts.a);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* Multicast: no neighbour to be asked for. */
	len = address_of(&hosts.b, AF_INET, &address);
	((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(0xe1000001); /* 225.0.0.1 */
	struct ip_mreqn interface = {.imr_ifindex = (int)hosts.a.ifindex};

	CHECK(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) == 0);
	for (unsigned int i = 0; i < COUNT; i++) {
		memcpy(payload, &i, sizeof i);
		CHECK(sendto(fd, payload, sizeof payload, 0, (struct sockaddr *)&address, len) == SIZE);
	}
	while (next < COUNT) {
		struct pollfd polled = {.fd = vdelink_fd(far), .events = POLLIN};
		unsigned int count;

		for (int i = 0; i < 64; i++)
			frames[i] = (struct iovec){.iov_base = room[i], .iov_len = sizeof room[i]};
		CHECK(poll(&polled, 1, 30000) == 1);
		vdelink_poll(far, 0);
		count = vdelink_recv(far, frames, 64);
		for (unsigned int i = 0; i < count; i++) {
			const unsigned char *frame = frames[i].iov_base;
			unsigned int number;

			if (frames[i].iov_len != 14 + 20 + 8 + SIZE)
				continue; /* the kernel's own: multicast listener reports and the like */
			memcpy(&number, frame + 14 + 20 + 8, sizeof number);
			CHECK(number == next);
			next++;
		}
	}
	vdelink_close(far);
	close(fd);
	hosts_stop(&hosts);
}

static void full_network_direct(unsigned int port_flags)
{
	full_network(port_flags, 0);
}

static void full_network_many_lines(unsigned int port_flags)
{
	full_network(port_flags, 10);
}

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                          \
	{                                                                                              \
		(void)state;                                                                               \
		hosts_run(name);                                                                           \
	}
TEST(tcp_default_mtu)
TEST(tcp_small_mtu)
TEST(tcp_jumbo)
TEST(tcp_largest_mtu)
TEST(tcp_many_lines)
TEST(udp_single)
TEST(udp_segments)
TEST(udp_segments_v6)
TEST(udp_fragments)
TEST(udp_largest)
TEST(remove_under_traffic)
TEST(full_network_direct)
TEST(full_network_many_lines)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tcp_default_mtu),
	    cmocka_unit_test(test_tcp_small_mtu),
	    cmocka_unit_test(test_tcp_jumbo),
	    cmocka_unit_test(test_tcp_largest_mtu),
	    cmocka_unit_test(test_tcp_many_lines),
	    cmocka_unit_test(test_udp_single),
	    cmocka_unit_test(test_udp_segments),
	    cmocka_unit_test(test_udp_segments_v6),
	    cmocka_unit_test(test_udp_fragments),
	    cmocka_unit_test(test_udp_largest),
	    cmocka_unit_test(test_remove_under_traffic),
	    cmocka_unit_test(test_full_network_direct),
	    cmocka_unit_test(test_full_network_many_lines),
	};

	hosts_skip_unless_possible();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
