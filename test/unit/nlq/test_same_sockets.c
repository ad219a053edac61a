/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* AF_NETLINK sockets of the kernel's stack and of a picox one: each test notes what the calls give,
 * and the notes of both stacks are compared.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <linux/if_addr.h>

#include "same_stacks.h"

#define WAIT_MS 60000 /* for what must come */

/* ---- notes ---- */

static char notes[STACKS][32768];
static char *noting;

static void note(const char *format, ...)
{
	size_t used = strlen(noting);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(noting + used, sizeof(notes[0]) - used, format, arguments);
	va_end(arguments);
}

/* A call's result: what is below 0 with its errno. */
#define NOTE(call)                                                                                 \
	do {                                                                                           \
		long result_ = (long)(call);                                                               \
		note("%s = %ld %s\n", #call, result_, result_ < 0 ? strerrorname_np(errno) : "");          \
	} while (0)

static void print_difference(void)
{
	char *rest[STACKS] = {notes[KERNEL], notes[PICOX]};
	const char *line[STACKS];

	for (;;) {
		for (int i = 0; i < STACKS; i++)
			line[i] = rest[i] ? strsep(&rest[i], "\n") : NULL;
		if (!line[KERNEL] && !line[PICOX])
			return;
		if (!line[KERNEL] || !line[PICOX] || strcmp(line[KERNEL], line[PICOX]) != 0)
			printf("kernel %s\npicox  %s\n", line[KERNEL] ? line[KERNEL] : "(nothing)",
			    line[PICOX] ? line[PICOX] : "(nothing)");
	}
}

static void on_both(void (*act)(struct ioth *stack))
{
	for (int i = 0; i < STACKS; i++) {
		noting = notes[i];
		*noting = '\0';
		act(same_stacks[i]);
	}
	if (strcmp(notes[KERNEL], notes[PICOX]) == 0)
		return;
	print_difference();
	fail();
}

/* ---- helpers ---- */

static int open_socket(struct ioth *stack, int type)
{
	int fd = ioth_msocket(stack, AF_NETLINK, type | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_true(fd >= 0);
	return fd;
}

static int bind_to(int fd, uint32_t port, uint32_t groups)
{
	const struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_pid = port, .nl_groups = groups};

	return ioth_bind(fd, (const struct sockaddr *)&name, sizeof(name));
}

static void note_name(int fd, int peer)
{
	struct sockaddr_nl name;
	socklen_t len = sizeof(name);

	memset(&name, 0x55, sizeof(name));
	if (peer)
		NOTE(ioth_getpeername(fd, (struct sockaddr *)&name, &len));
	else
		NOTE(ioth_getsockname(fd, (struct sockaddr *)&name, &len));
	note("  length %u family %d port %s groups %#x pad %d\n", len, name.nl_family,
	    name.nl_pid == 0   ? "0"
	    : name.nl_pid > 99 ? "some"
	                       : "ours",
	    name.nl_groups, name.nl_pad);
}

static unsigned int poll_of(int fd, int wait)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLPRI | POLLRDHUP};

	if (wait)
		poll_fd.events = POLLIN;
	assert_true(poll(&poll_fd, 1, wait ? WAIT_MS : 0) >= 0);
	return (unsigned int)poll_fd.revents;
}

struct request {
	struct nlmsghdr header;
	struct ifinfomsg body;
};

static struct request get_link(int index, uint32_t sequence)
{
	return (struct request){
	    .header = {.nlmsg_len = sizeof(struct request),
	        .nlmsg_type = RTM_GETLINK,
	        .nlmsg_flags = NLM_F_REQUEST,
	        .nlmsg_seq = sequence},
	    .body = {.ifi_index = index},
	};
}

/* Reads one datagram and notes its messages. */
static void note_datagram(int fd, int flags)
{
	static _Alignas(struct nlmsghdr) unsigned char buffer[65536];
	struct sockaddr_nl from = {.nl_pid = 77};
	struct iovec iov = {buffer, sizeof(buffer)};
	struct msghdr msg = {
	    .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
	ssize_t len = ioth_recvmsg(fd, &msg, flags);

	if (len < 0) {
		note("receive %s\n", strerrorname_np(errno));
		return;
	}
	note("from %u groups %#x namelen %u flags %#x\n", from.nl_pid, from.nl_groups, msg.msg_namelen,
	    msg.msg_flags);
	for (const struct nlmsghdr *header = (const struct nlmsghdr *)buffer; NLMSG_OK(header, len);
	     len -= NLMSG_ALIGN(header->nlmsg_len),
	                           header = (const void *)((const char *)header +
	                                                   NLMSG_ALIGN(header->nlmsg_len))) {
		note("  type %u flags %#x sequence %s port %s", header->nlmsg_type, header->nlmsg_flags,
		    header->nlmsg_seq ? "some" : "0", header->nlmsg_pid ? "some" : "0");
		if (header->nlmsg_type == NLMSG_ERROR)
			note(" error %d", ((const struct nlmsgerr *)NLMSG_DATA(header))->error);
		note("\n");
	}
}

/* ---- tests ---- */

static void names(struct ioth *stack)
{
	const struct sockaddr_nl nobody = {.nl_family = AF_NETLINK, .nl_pid = 99};
	const struct sockaddr_nl itself = {.nl_family = AF_NETLINK};
	const struct sockaddr_nl wrong = {.nl_family = AF_INET};
	const struct sockaddr unspecified = {.sa_family = AF_UNSPEC};
	int fd = open_socket(stack, SOCK_RAW), other = open_socket(stack, SOCK_DGRAM);

	note_name(fd, 0);
	note_name(fd, 1);
	NOTE(bind_to(fd, 0, 0));
	note_name(fd, 0);
	NOTE(bind_to(fd, 0, 0));
	NOTE(bind_to(fd, 77, 0));
	NOTE(bind_to(fd, 0, RTMGRP_LINK | RTMGRP_NOTIFY));
	note_name(fd, 0);
	NOTE(bind_to(other, 77, 0));
	note_name(other, 0);
	NOTE(bind_to(other, 77, 0));
	NOTE(ioth_close(fd));
	fd = open_socket(stack, SOCK_RAW);
	NOTE(bind_to(fd, 77, 0));
	NOTE(ioth_bind(fd, (const struct sockaddr *)&wrong, sizeof(wrong)));
	NOTE(ioth_bind(fd, (const struct sockaddr *)&itself, 4));
	NOTE(ioth_connect(fd, (const struct sockaddr *)&itself, sizeof(itself)));
	note_name(fd, 0);
	note_name(fd, 1);
	NOTE(ioth_connect(fd, (const struct sockaddr *)&wrong, sizeof(wrong)));
	NOTE(ioth_connect(fd, (const struct sockaddr *)&itself, 4));
	NOTE(ioth_connect(fd, &unspecified, sizeof(unspecified)));
	NOTE(ioth_sendto(fd, "", 0, 0, (const struct sockaddr *)&wrong, sizeof(wrong)));
	NOTE(ioth_sendto(fd, "x", 1, 0, (const struct sockaddr *)&nobody, sizeof(nobody)));
	NOTE(ioth_sendto(fd, "x", 1, 0, (const struct sockaddr *)&itself, sizeof(itself)));
	NOTE(ioth_sendto(fd, "x", 1, MSG_OOB, (const struct sockaddr *)&itself, sizeof(itself)));
	NOTE(ioth_listen(fd, 1));
	NOTE(ioth_accept(fd, NULL, NULL));
	NOTE(ioth_shutdown(fd, SHUT_RD));
	NOTE(ioth_close(fd));
	NOTE(ioth_close(other));
	NOTE(ioth_msocket(stack, AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
	NOTE(ioth_msocket(stack, AF_NETLINK, SOCK_SEQPACKET, NETLINK_ROUTE));
	NOTE(ioth_msocket(stack, AF_NETLINK, SOCK_RAW, 777));
	NOTE(ioth_msocket(stack, AF_NETLINK, SOCK_RAW, -1));
}

static void reading(struct ioth *stack)
{
	struct request one = get_link(A0, 7), dump = get_link(0, 8);
	int fd = open_socket(stack, SOCK_RAW);
	struct sockaddr_nl from;
	socklen_t len = sizeof(from);
	char small[20];

	note("%#x\n", poll_of(fd, 0));
	NOTE(ioth_recv(fd, small, sizeof(small), MSG_DONTWAIT));
	NOTE(ioth_send(fd, &one, sizeof(one), 0));
	note("%#x\n", poll_of(fd, 0));
	/* How long is it? (As nlinline and libnl ask.) */
	NOTE(ioth_recv(fd, small, 0, MSG_PEEK | MSG_TRUNC) > 100);
	NOTE(ioth_recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC) > 100);
	NOTE(ioth_recv(fd, small, sizeof(small), MSG_PEEK));
	NOTE(ioth_recvfrom(fd, small, sizeof(small), MSG_PEEK, (struct sockaddr *)&from, &len));
	note("  %u %u %u\n", len, from.nl_family, from.nl_pid);
	note_datagram(fd, MSG_PEEK);
	note_datagram(fd, 0);
	note_datagram(fd, MSG_DONTWAIT);
	NOTE(ioth_send(fd, &one, sizeof(one), 0));
	NOTE(ioth_recv(fd, small, sizeof(small), 0)); /* the rest is lost */
	note_datagram(fd, MSG_DONTWAIT);
	dump.header.nlmsg_flags |= NLM_F_DUMP;
	NOTE(ioth_send(fd, &dump, sizeof(dump), 0));
	NOTE(ioth_recv(fd, small, sizeof(small), MSG_PEEK | MSG_OOB));
	NOTE(ioth_shutdown(fd, SHUT_RDWR));
	NOTE(ioth_close(fd));
}

/* Requests that are none, several in a datagram, control messages. */
static void requests(struct ioth *stack)
{
	struct {
		struct request one, two;
	} both = {get_link(99, 1), get_link(1, 2)};
	struct request odd = get_link(1, 3);
	int fd = open_socket(stack, SOCK_RAW);

	NOTE(ioth_send(fd, &both, sizeof(both), 0));
	note_datagram(fd, 0);
	note_datagram(fd, 0);
	NOTE(ioth_send(fd, &odd, 8, 0)); /* no header */
	note_datagram(fd, MSG_DONTWAIT);
	odd.header.nlmsg_len = 15;
	NOTE(ioth_send(fd, &odd, sizeof(odd), 0));
	note_datagram(fd, MSG_DONTWAIT);
	odd.header.nlmsg_len = 1000;
	NOTE(ioth_send(fd, &odd, sizeof(odd), 0));
	note_datagram(fd, MSG_DONTWAIT);
	odd = get_link(1, 4);
	odd.header.nlmsg_flags = 0;
	NOTE(ioth_send(fd, &odd, sizeof(odd), 0));
	note_datagram(fd, MSG_DONTWAIT);
	odd.header.nlmsg_flags = NLM_F_ACK;
	NOTE(ioth_send(fd, &odd, sizeof(odd), 0));
	note_datagram(fd, MSG_DONTWAIT);
	odd.header.nlmsg_type = NLMSG_NOOP;
	odd.header.nlmsg_flags = NLM_F_ACK | NLM_F_REQUEST;
	NOTE(ioth_send(fd, &odd, sizeof(odd), 0));
	note_datagram(fd, MSG_DONTWAIT);
	NOTE(ioth_send(fd, &odd, 0, 0));
	NOTE(ioth_close(fd));
}

static void note_flag(int fd, int option)
{
	int on = 1, value = 77;
	socklen_t len = sizeof(value);

	NOTE(ioth_getsockopt(fd, SOL_NETLINK, option, &value, &len));
	note("  option %d is %d length %u\n", option, value, len);
	NOTE(ioth_setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)));
	NOTE(ioth_setsockopt(fd, SOL_NETLINK, option, &on, 2));
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, option, &value, &len));
	len = 2;
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, option, &value, &len));
	note("  option %d is %d length %u\n", option, value, len);
}

static void note_groups(int fd)
{
	uint32_t bits[4] = {7, 7, 7, 7};
	socklen_t len = sizeof(bits);

	NOTE(ioth_getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len));
	note("  %u %#x %#x\n", len, bits[0], bits[1]);
	len = 4;
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len));
	note("  %u\n", len);
	len = 0;
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, bits, &len));
	note("  %u\n", len);
}

static void options(struct ioth *stack)
{
	static const int flags[] = {NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS,
	    NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK};
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV6_ROUTE, RTNLGRP_NSID, 0, -1, 9999};
	struct timeval limit = {.tv_usec = 1000};
	int fd = open_socket(stack, SOCK_RAW), size = 65536, value = 0;
	socklen_t len = sizeof(value);
	char byte;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		note_flag(fd, flags[i]);
	note_groups(fd);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		NOTE(ioth_setsockopt(
		    fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof(groups[i])));
	note_groups(fd);
	note_name(fd, 0);
	NOTE(bind_to(fd, 0, RTMGRP_NEIGH));
	note_groups(fd);
	NOTE(ioth_setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &groups[2], sizeof(groups[2])));
	note_groups(fd);
	NOTE(ioth_setsockopt(fd, SOL_NETLINK, 77, &value, sizeof(value)));
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, 77, &value, &len));
	NOTE(ioth_getsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &value, &len));
	NOTE(ioth_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len));
	note("  %d\n", value);
	NOTE(ioth_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	NOTE(ioth_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	NOTE(ioth_recv(fd, &byte, 1, 0));
	len = sizeof(value);
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	note("  %d\n", value);
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &len));
	note("  %d\n", value);
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &value, &len));
	note("  %d\n", value);
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &len));
	note("  %d\n", value);
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len));
	NOTE(ioth_close(fd));
}

/* Extended acknowledgements: that there are texts, and where the attribute lies. */
static void acknowledgements(struct ioth *stack)
{
	struct {
		struct request request;
		struct nlattr attr;
		uint32_t mtu;
	} wrong = {.request = get_link(A0, 5), .attr = {NLA_HDRLEN + 2, IFLA_MTU}};
	int fd = open_socket(stack, SOCK_RAW), on = 1;
	_Alignas(struct nlmsghdr) unsigned char buffer[4096];

	wrong.request.header.nlmsg_type = RTM_SETLINK;
	wrong.request.header.nlmsg_len = sizeof(wrong);
	for (int i = 0; i < 3; i++) {
		const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
		ssize_t len;

		NOTE(ioth_send(fd, &wrong, sizeof(wrong), 0));
		len = ioth_recv(fd, buffer, sizeof(buffer), 0);
		assert_true(len > 0);
		note("flags %#x\n", header->nlmsg_flags & ~NLM_F_ACK_TLVS);
		note("%s\n", header->nlmsg_flags & NLM_F_ACK_TLVS ? "texts" : "no texts");
		if (i == 0)
			NOTE(ioth_setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
		if (i == 1)
			NOTE(ioth_setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)));
	}
	NOTE(ioth_close(fd));
}

/* ---- monitors ---- */

static void *in(const char *text)
{
	static struct in_addr address;

	assert_int_equal(inet_pton(AF_INET, text, &address), 1);
	return &address;
}

struct monitor {
	int fd;
	ssize_t len;
	pthread_t thread;
};

static void *watch(void *argument)
{
	struct monitor *monitor = argument;
	char buffer[4096];

	monitor->len = ioth_recv(monitor->fd, buffer, sizeof(buffer), 0);
	return NULL;
}

/* One blocked in recv, one by poll; the change comes from this thread. */
static void monitors(struct ioth *stack)
{
	struct monitor monitor = {.fd = open_socket(stack, SOCK_RAW)};
	int by_option = open_socket(stack, SOCK_RAW), none = open_socket(stack, SOCK_RAW);
	int group = RTNLGRP_IPV4_IFADDR, on = 1;

	NOTE(bind_to(monitor.fd, 0, RTMGRP_IPV4_IFADDR));
	NOTE(bind_to(none, 0, RTMGRP_IPV6_IFADDR));
	NOTE(ioth_setsockopt(by_option, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
	NOTE(ioth_setsockopt(by_option, SOL_NETLINK, NETLINK_PKTINFO, &on, sizeof(on)));
	/* Without a port nobody is told. */
	NOTE(ioth_ipaddr_add(stack, AF_INET, in("10.0.0.2"), 24, A0));
	note_datagram(by_option, MSG_DONTWAIT);
	NOTE(ioth_ipaddr_del(stack, AF_INET, in("10.0.0.2"), 24, A0));
	note_datagram(monitor.fd, 0);
	note_datagram(monitor.fd, 0);
	NOTE(bind_to(by_option, 0, RTMGRP_IPV4_IFADDR));
	assert_int_equal(pthread_create(&monitor.thread, NULL, watch, &monitor), 0);
	NOTE(ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0));
	assert_int_equal(pthread_join(monitor.thread, NULL), 0);
	NOTE(monitor.len > 0);
	note("%#x\n", poll_of(by_option, 1));
	note_datagram(by_option, 0);
	note("%#x\n", poll_of(none, 0));
	NOTE(ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 24, A0));
	note_datagram(monitor.fd, 0);
	NOTE(ioth_setsockopt(by_option, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof(group)));
	note_datagram(by_option, 0);
	NOTE(ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0));
	note_datagram(by_option, MSG_DONTWAIT);
	note_datagram(monitor.fd, 0);
	NOTE(ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 24, A0));
	NOTE(ioth_close(monitor.fd));
	NOTE(ioth_close(by_option));
	NOTE(ioth_close(none));
}

static void drain(int fd)
{
	while (poll_of(fd, 0) & POLLIN)
		ioth_recv(fd, NULL, 0, 0);
}

/* What each change tells, whose numbers it bears. Not here: that the kernel tells of an address
 * before its routes, and the stack of the routes first. */
static void told(struct ioth *stack)
{
	int fd = open_socket(stack, SOCK_RAW), routes = open_socket(stack, SOCK_RAW);

	NOTE(bind_to(fd, 0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR));
	NOTE(bind_to(routes, 0, RTMGRP_IPV4_ROUTE));
	NOTE(ioth_linksetmtu(stack, A0, 1400));
	note_datagram(fd, 0);
	NOTE(ioth_linksetmtu(stack, A0, 1400));
	note_datagram(fd, MSG_DONTWAIT);
	NOTE(ioth_ipaddr_add(stack, AF_INET, in("10.0.0.1"), 24, A0));
	note_datagram(fd, 0);
	note_datagram(routes, 0);
	drain(routes);
	NOTE(ioth_iproute_add(stack, AF_INET, NULL, 0, in("10.0.0.9"), 0));
	note_datagram(routes, 0);
	NOTE(ioth_iproute_add(stack, AF_INET, NULL, 0, in("10.0.0.9"), 0));
	note_datagram(routes, MSG_DONTWAIT);
	NOTE(ioth_iproute_del(stack, AF_INET, NULL, 0, in("10.0.0.9"), 0));
	note_datagram(routes, 0);
	NOTE(ioth_ipaddr_del(stack, AF_INET, in("10.0.0.1"), 24, A0));
	note_datagram(fd, 0);
	note_datagram(routes, 0);
	note_datagram(fd, MSG_DONTWAIT);
	NOTE(ioth_linksetmtu(stack, A0, 1500));
	NOTE(ioth_close(fd));
	NOTE(ioth_close(routes));
}

static void overrun(struct ioth *stack)
{
	int fd = open_socket(stack, SOCK_RAW), size = 1, error = 0;
	socklen_t len = sizeof(error);

	NOTE(ioth_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	NOTE(bind_to(fd, 0, RTMGRP_LINK));
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(ioth_linksetmtu(stack, A0, 1400 + i), 0);
	note("%#x\n", poll_of(fd, 0) & POLLERR);
	note_datagram(fd, 0); /* ENOBUFS */
	note("%#x\n", poll_of(fd, 0) & (POLLERR | POLLIN));
	NOTE(ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	NOTE(error);
	NOTE(ioth_linksetmtu(stack, A0, 1500));
	NOTE(ioth_close(fd));
}

#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                          \
	{                                                                                              \
		on_both(name);                                                                             \
	}
TEST(names)
TEST(reading)
TEST(requests)
TEST(options)
TEST(acknowledgements)
TEST(monitors)
TEST(told)
TEST(overrun)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_reading),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_acknowledgements),
	    cmocka_unit_test(test_monitors),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_overrun),
	};
	int failed;

	same_stacks_open();
	for (int i = 0; i < STACKS; i++) {
		if (ioth_linksetupdown(same_stacks[i], A0, 1) < 0)
			return 1;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	same_stacks_close();
	return failed;
}
