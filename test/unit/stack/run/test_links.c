/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces that are made and deleted by netlink while the stack runs. */
#include "host.h"
#include "reader.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nlq_dialog.h"
#include "nlq_message.h"

static ssize_t io_send(void *context, const void *message, size_t len)
{
	ssize_t sent = picox_send(*(int *)context, message, len, 0);

	return sent < 0 ? -errno : sent;
}

static ssize_t io_recv(void *context, void *buffer, size_t size)
{
	ssize_t len = picox_recv(*(int *)context, buffer, size, MSG_TRUNC);

	return len < 0 ? -errno : len;
}

static int open_netlink(struct picox *stack)
{
	int fd = picox_msocket(stack, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	assert_true(fd >= 0);
	return fd;
}

/* A dialog of one request, over a socket for it. */
static int add_link(struct picox *stack, const char *name, unsigned int index, const char *vnl)
{
	int fd = open_netlink(stack);
	const struct nlq_io io = {io_send, io_recv, &fd};
	int result = nlq_dialog_link_add(&io, name, index, "vde", vnl);

	assert_int_equal(picox_close(fd), 0);
	return result;
}

static int delete_link(struct picox *stack, const char *name)
{
	int fd = open_netlink(stack);
	const struct nlq_io io = {io_send, io_recv, &fd};
	int result = nlq_dialog_link_del(&io, name, 0);

	assert_int_equal(picox_close(fd), 0);
	return result;
}

static unsigned int count_ports(struct picox *stack)
{
	struct port *port;
	unsigned int count = 0;

	runtime_lock(stack);
	list_for_each (port, &stack->ports, node)
		count++;
	runtime_leave(stack);
	return count;
}

static void test_make(void **state)
{
	struct picox *stack = picox_newstack(NULL);

	assert_non_null(stack);
	assert_int_equal(add_link(stack, "n0", 0, "mem://links"), 0);
	assert_int_equal(add_link(stack, NULL, (unsigned int)-1, "mem://links"), 3);
	assert_int_equal(add_link(stack, NULL, 0, "eth7:mem://links"), 0);
	assert_int_equal(add_link(stack, NULL, 70, "mem://links"), 0);
	runtime_lock(stack);
	assert_string_equal(px_iface_by_index(stack->px, 2)->name, "n0");
	assert_string_equal(px_iface_by_index(stack->px, 3)->name, "vde0");
	assert_string_equal(px_iface_by_index(stack->px, 4)->name, "eth7");
	assert_string_equal(px_iface_by_index(stack->px, 70)->name, "vde1");
	runtime_leave(stack);
	assert_int_equal(count_ports(stack), 4);
	/* What is refused leaves nothing open. */
	assert_int_equal(add_link(stack, "n0", 0, "mem://links"), -EEXIST);
	assert_int_equal(add_link(stack, "n1", 70, "mem://links"), -EEXIST);
	assert_int_equal(add_link(stack, "a/b", 0, "mem://links"), -EINVAL);
	assert_int_equal(add_link(stack, "n1", 0, "mem://"), -EINVAL);
	assert_int_equal(add_link(stack, "n1", 0, ""), -EINVAL);
	assert_int_equal(add_link(stack, "n1", 0, NULL), -EINVAL);
	if (HOST_HAS_VDEPLUG)
		assert_true(add_link(stack, "n1", 0, "vde:///nowhere/there") < 0);
	assert_int_equal(count_ports(stack), 4);
	assert_int_equal(delete_link(stack, "n0"), 0);
	assert_int_equal(delete_link(stack, "n0"), -ENODEV);
	assert_int_equal(delete_link(stack, "lo"), -EOPNOTSUPP);
	assert_int_equal(count_ports(stack), 3); /* closed at once */
	assert_int_equal(picox_delstack(stack), 0);
}

/* IFLA_INFO_DATA as a nest (nlq_iplink_strdata), and two in a datagram: the second is refused. */
static void test_datagram(void **state)
{
	struct picox *stack = picox_newstack(NULL);
	const struct nlq_link_data data = {.type = 1, .data = "mem://links", .len = 12};
	int fd = open_netlink(stack);
	const struct nlq_io io = {io_send, io_recv, &fd};
	NLQ_BUFFER(bytes, 512);
	size_t used = 0;
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer;

	assert_int_equal(nlq_dialog_link_add_data(&io, "n0", 0, "vde", &data, 1), 0);
	for (unsigned int i = 0; i < 2; i++) {
		const struct ifinfomsg link = {.ifi_index = (int)(10 + i)};
		struct nlq_builder builder = nlq_builder(bytes + used, sizeof(bytes) - used);
		size_t info;

		nlq_build_message(
		    &builder, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 7 + i, 0);
		nlq_build_bytes(&builder, &link, sizeof(link));
		info = nlq_build_nest(&builder, IFLA_LINKINFO);
		nlq_build_attr_string(&builder, IFLA_INFO_KIND, "vde");
		nlq_build_attr_string(&builder, IFLA_INFO_DATA, "mem://links");
		nlq_build_nest_end(&builder, info);
		used += NLMSG_ALIGN(nlq_build_finish(&builder)->nlmsg_len);
	}
	assert_int_equal(picox_send(fd, bytes, used, 0), (ssize_t)used);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(picox_recv(fd, &answer, sizeof(answer), 0) > 0);
		assert_int_equal(answer.header.nlmsg_seq, 7 + i);
		assert_int_equal(answer.error.error, i ? -EBUSY : 0);
	}
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* A thread that is blocked drives the stack: it must hear of the new link, and of its end. */
static void blocked_reader(const char *vnl)
{
	struct picox *a = picox_newstack(NULL), *b = host_new(vnl, NULL, "10.0.0.2");
	struct reader reader, other;
	int fd = host_udp4(a, "0.0.0.0", 1000), fb = host_udp4(b, "10.0.0.2", 2000);

	for (unsigned int i = 0; i < 2; i++) {
		const char *address = i ? "10.0.0.3" : "10.0.0.1"; /* its MAC address is a new one */

		start(&reader, fd);
		wait_blocked(a, 1);
		assert_int_equal(add_link(a, "vde0", 2, vnl), 0);
		assert_int_equal(host_address(a, address, 24), 0);
		host_send4(fb, address, 1000, "x", 1);
		assert_int_equal(pthread_join(reader.thread, NULL), 0);
		assert_int_equal(reader.result, 1);
		start(&other, fd);
		wait_blocked(a, 1);
		assert_int_equal(delete_link(a, "vde0"), 0);
		host_send4(fd, "127.0.0.1", 1000, "y", 1);
		assert_int_equal(pthread_join(other.thread, NULL), 0);
		assert_int_equal(other.result, 1);
	}
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(fb), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
}

static void test_blocked_mem(void **state)
{
	blocked_reader("mem://blocked");
}

static void test_blocked_ptp(void **state)
{
	char dir[] = "/tmp/links.XXXXXX", vnl[64];

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	snprintf(vnl, sizeof(vnl), "ptp://%s/p", dir);
	blocked_reader(vnl);
	rmdir(dir);
}

/* More links with descriptors than a leader looks at: the poller drives them all. */
static void test_blocked_many(void **state)
{
	char dir[] = "/tmp/links.XXXXXX", vnl[64], name[16];
	struct picox *a = picox_newstack(NULL), *b;
	struct reader reader;
	int fd, fb;

	if (!HOST_HAS_VDEPLUG)
		skip();
	assert_non_null(mkdtemp(dir));
	fd = host_udp4(a, "0.0.0.0", 1000);
	start(&reader, fd);
	wait_blocked(a, 1);
	for (unsigned int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		snprintf(vnl, sizeof(vnl), "ptp://%s/%u", dir, i);
		assert_int_equal(add_link(a, name, 20 + i, vnl), 0);
	}
	snprintf(vnl, sizeof(vnl), "ptp://%s/last", dir);
	assert_int_equal(add_link(a, "last", 2, vnl), 0);
	b = host_new(vnl, NULL, "10.0.0.2");
	fb = host_udp4(b, "10.0.0.2", 2000);
	assert_int_equal(host_address(a, "10.0.0.1", 24), 0);
	for (unsigned int i = 0; i < 2; i++) { /* who leads while they are many, and who begins then */
		host_send4(fb, "10.0.0.1", 1000, "x", 1);
		assert_int_equal(pthread_join(reader.thread, NULL), 0);
		assert_int_equal(reader.result, 1);
		if (i == 0) {
			start(&reader, fd);
			wait_blocked(a, 1);
		}
	}
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(picox_close(fb), 0);
	assert_int_equal(picox_delstack(a), 0);
	assert_int_equal(picox_delstack(b), 0);
	rmdir(dir);
}

/* A monitor (ip monitor) in another thread sees what is done. */
static void test_monitor(void **state)
{
	struct picox *stack = picox_newstack(NULL);
	const struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	struct pollfd poll_fd = {.fd = open_netlink(stack), .events = POLLIN};
	struct reader reader;

	assert_int_equal(picox_bind(poll_fd.fd, (const struct sockaddr *)&links, sizeof(links)), 0);
	assert_int_equal(poll(&poll_fd, 1, 0), 0);
	start(&reader, poll_fd.fd);
	wait_blocked(stack, 1);
	assert_int_equal(add_link(stack, "n0", 0, "mem://monitor"), 0);
	assert_int_equal(pthread_join(reader.thread, NULL), 0);
	assert_int_equal(reader.result, 1);
	assert_int_equal(delete_link(stack, "n0"), 0);
	assert_int_equal(poll(&poll_fd, 1, 60000), 1);
	assert_int_equal(poll_fd.revents, POLLIN);
	assert_int_equal(picox_close(poll_fd.fd), 0);
	assert_int_equal(picox_delstack(stack), 0);
}

/* Links come and go while others send and receive. */
static void *make_and_delete(void *argument)
{
	char name[16];

	for (unsigned int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "n%u", i % 5);
		add_link(argument, name, 0, "mem://threads");
		delete_link(argument, name);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct picox *stack = host_new("mem://threads", NULL, "10.0.0.1");
	pthread_t threads[3];
	int fd = host_udp4(stack, "10.0.0.1", 1000);
	char byte;

	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_delete, stack), 0);
	for (unsigned int i = 0; i < 500; i++) {
		host_send4(fd, "10.0.0.1", 1000, "z", 1);
		assert_int_equal(picox_recv(fd, &byte, 1, 0), 1);
	}
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(picox_close(fd), 0);
	assert_int_equal(count_ports(stack), 1);
	assert_int_equal(picox_delstack(stack), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_make),
	    cmocka_unit_test(test_datagram),
	    cmocka_unit_test(test_blocked_mem),
	    cmocka_unit_test(test_blocked_ptp),
	    cmocka_unit_test(test_blocked_many),
	    cmocka_unit_test(test_monitor),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
