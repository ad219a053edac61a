/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets of the stack: messages, control messages, groups, errors, hostile calls. */
#include "hosts.h"

#include <sys/ioctl.h>
#include <linux/errqueue.h>

static void test_exchange(void **state)
{
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0),
	               *b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	struct sockaddr_storage name;
	char bytes[16];
	struct iovec iov[2] = {{bytes, 3}, {bytes + 3, 13}};
	struct msghdr msg = {
	    .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = iov, .msg_iovlen = 2};
	char text[INET6_ADDRSTRLEN];

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), -EAGAIN);
	assert_int_equal(send_to(a, "::ffff:10.0.0.2", 7000, "hello", 5, NULL, 0), 5);
	sim_settle(sim, PX_SEC);
	assert_int_equal(px_sock_poll(b), POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLWRBAND);
	memset(&name, 0, sizeof(name));
	assert_int_equal(px_sock_recvmsg(b, &msg, MSG_PEEK), 5);
	msg.msg_namelen = sizeof(name);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), 5);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(msg.msg_namelen, sizeof(struct sockaddr_in6));
	inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&name)->sin6_addr, text, sizeof(text));
	assert_string_equal(text, "::ffff:10.0.0.1");
	/* By link-local address, with the zone. */
	assert_int_equal(send_to(a, "fe80::ff:fe00:2", 7000, "again", 5, NULL, 0), 5);
	sim_settle(sim, PX_SEC);
	msg.msg_namelen = sizeof(name);
	iov[1].iov_len = 0; /* less room than there is */
	assert_int_equal(px_sock_recvmsg(b, &msg, MSG_TRUNC), 5);
	assert_true(msg.msg_flags & MSG_TRUNC);
	assert_int_equal(((struct sockaddr_in6 *)&name)->sin6_scope_id, ib->index);
	/* Nothing at all is a datagram too. */
	assert_int_equal(send_to(a, "2001:db8::2", 7000, NULL, 0, NULL, 0), 0);
	sim_settle(sim, PX_SEC);
	assert_true(px_sock_poll(b) & POLLIN);
	assert_int_equal(px_sock_recvmsg(b, &msg, 0), 0);
	assert_false(px_sock_poll(b) & POLLIN);
}

static unsigned int wakes, last_mask;

static void on_wake(struct px_sock *sock, unsigned int mask)
{
	wakes++;
	last_mask = mask;
}

/* A burst wakes once. */
static void test_wakes(void **state)
{
	struct px_iface *ia = host(1);
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0),
	               *b = sock_of(ia, AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind_to(b, "127.0.0.1", 7000), 0);
	b->wake = on_wake;
	wakes = 0;
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(send_to(a, "127.0.0.1", 7000, "x", 1, NULL, 0), 1);
	px_run(ia->stack, sim->now);
	assert_int_equal(wakes, 1);
	assert_true(last_mask & POLLIN);
	send_to(a, "127.0.0.1", 7000, "x", 1, NULL, 0);
	px_run(ia->stack, sim->now);
	assert_int_equal(wakes, 2); /* edge */
	for (unsigned int i = 0; i < 11; i++) {
		char byte;
		struct iovec iov = {&byte, 1};
		struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
		assert_int_equal(px_sock_recvmsg(b, &msg, 0), 1);
	}
	px_run(ia->stack, sim->now);
	assert_int_equal(wakes, 3); /* empty again */
	assert_false(last_mask & POLLIN);
}

static const struct cmsghdr *find_cmsg(struct msghdr *msg, int level, int type)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == level && cmsg->cmsg_type == type)
			return cmsg;
	}
	return NULL;
}

static int set_int(struct px_sock *sock, int level, int name, int value)
{
	return px_sock_setsockopt(sock, level, name, &value, sizeof(value));
}

static int cmsg_int(const struct cmsghdr *cmsg)
{
	int value;

	assert_non_null(cmsg);
	memcpy(&value, CMSG_DATA(cmsg), sizeof(value));
	return value;
}

static void test_control(void **state)
{
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET6, SOCK_DGRAM, 0),
	               *b = sock_of(ib, AF_INET6, SOCK_DGRAM, 0);
	union {
		char bytes[256];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr out = {
	    .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(sizeof(int)) * 2};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&out);
	char byte;
	struct iovec iov = {&byte, 1};
	struct msghdr in = {.msg_iov = &iov, .msg_iovlen = 1};
	const struct cmsghdr *info;
	struct in6_pktinfo pktinfo;
	int value;

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "::", 7000), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), 0);
	assert_int_equal(set_int(b, IPPROTO_IPV6, IPV6_RECVTCLASS, 1), 0);
	assert_int_equal(set_int(b, SOL_SOCKET, SO_TIMESTAMPNS, 1), 0);
	value = 33;
	*cmsg = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IPV6, IPV6_HOPLIMIT};
	memcpy(CMSG_DATA(cmsg), &value, sizeof(value));
	cmsg = CMSG_NXTHDR(&out, cmsg);
	value = 0x2e;
	*cmsg = (struct cmsghdr){CMSG_LEN(sizeof(int)), IPPROTO_IPV6, IPV6_TCLASS};
	memcpy(CMSG_DATA(cmsg), &value, sizeof(value));
	assert_int_equal(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, out.msg_controllen), 1);
	sim_settle(sim, PX_SEC);
	memset(&control, 0, sizeof(control));
	in.msg_control = control.bytes;
	in.msg_controllen = sizeof(control);
	assert_int_equal(px_sock_recvmsg(b, &in, MSG_PEEK), 1);
	assert_int_equal(cmsg_int(find_cmsg(&in, IPPROTO_IPV6, IPV6_HOPLIMIT)), 33);
	assert_int_equal(cmsg_int(find_cmsg(&in, IPPROTO_IPV6, IPV6_TCLASS)), 0x2e);
	info = find_cmsg(&in, IPPROTO_IPV6, IPV6_PKTINFO);
	assert_non_null(info);
	memcpy(&pktinfo, CMSG_DATA(info), sizeof(pktinfo));
	assert_int_equal(pktinfo.ipi6_ifindex, ib->index);
	assert_non_null(find_cmsg(&in, SOL_SOCKET, SCM_TIMESTAMPNS));
	/* Room for one and a half. */
	in.msg_controllen = CMSG_SPACE(sizeof(struct timespec)) + 20;
	assert_int_equal(px_sock_recvmsg(b, &in, 0), 1);
	assert_true(in.msg_flags & MSG_CTRUNC);

	/* Malformed ones. */
	cmsg = (struct cmsghdr *)control.bytes;
	memset(&control, 0, sizeof(control));
	*cmsg = (struct cmsghdr){CMSG_LEN(2), IPPROTO_IPV6, IPV6_HOPLIMIT};
	assert_int_equal(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, 64), -EINVAL);
	*cmsg = (struct cmsghdr){SIZE_MAX, IPPROTO_IPV6, IPV6_HOPLIMIT};
	assert_int_equal(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, 64), -EINVAL);
	*cmsg = (struct cmsghdr){1, IPPROTO_IPV6, IPV6_HOPLIMIT};
	assert_int_equal(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, 64), -EINVAL);
	*cmsg = (struct cmsghdr){CMSG_LEN(4), IPPROTO_IPV6, 9999};
	assert_int_equal(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, 64), -EINVAL);
	pktinfo.ipi6_addr.s6_addr[15] = 0x77; /* not ours */
	*cmsg = (struct cmsghdr){CMSG_LEN(sizeof(pktinfo)), IPPROTO_IPV6, IPV6_PKTINFO};
	memcpy(CMSG_DATA(cmsg), &pktinfo, sizeof(pktinfo));
	assert_true(send_to(a, "2001:db8::2", 7000, "x", 1, control.bytes, cmsg->cmsg_len) < 0);
}

static void test_multicast(void **state)
{
	struct px_iface *ia = host(1), *ib = host(2);
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0),
	               *b = sock_of(ib, AF_INET, SOCK_DGRAM, 0);
	struct px_sock *b6 = sock_of(ib, AF_INET6, SOCK_DGRAM, 0),
	               *a6 = sock_of(ia, AF_INET6, SOCK_DGRAM, 0);
	struct ip_mreqn mreq = {
	    .imr_multiaddr.s_addr = htonl(0xef010101), .imr_ifindex = (int)ib->index};
	struct ip_mreq_source source = {.imr_multiaddr.s_addr = htonl(0xef010101),
	    .imr_sourceaddr.s_addr = htonl(0x0a000001),
	    .imr_interface.s_addr = htonl(0x0a000002)};
	struct ipv6_mreq mreq6 = {.ipv6mr_interface = ib->index};
	int index = (int)ia->index;

	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(bind_to(b, "0.0.0.0", 7000), 0);
	assert_int_equal(set_int(b6, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(bind_to(b6, "::", 7000), 0);
	assert_int_equal(set_int(b6, IPPROTO_IPV6, IPV6_V6ONLY, 0), -EINVAL);
	assert_int_equal(px_sock_setsockopt(b, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), 0);
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)), -EADDRINUSE);
	mreq.imr_ifindex = (int)ia->index;
	assert_int_equal(px_sock_setsockopt(a, IPPROTO_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)), 0);
	inet_pton(AF_INET6, "ff05::99", &mreq6.ipv6mr_multiaddr);
	assert_int_equal(
	    px_sock_setsockopt(b6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &mreq6, sizeof(mreq6)), 0);
	assert_int_equal(
	    px_sock_setsockopt(a6, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index)), 0);
	assert_int_equal(send_to(a, "239.1.1.1", 7000, "x", 1, NULL, 0), 1);
	assert_int_equal(send_to(a6, "ff05::99", 7000, "x", 1, NULL, 0), 1);
	sim_settle(sim, PX_SEC);
	assert_true(px_sock_poll(b) & POLLIN);
	assert_true(px_sock_poll(b6) & POLLIN);
	/* All but one source, then one source alone. */
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_BLOCK_SOURCE, &source, sizeof(source)), 0);
	assert_int_equal(px_sock_setsockopt(b, IPPROTO_IP, IP_BLOCK_SOURCE, &source, sizeof(source)),
	    -EADDRNOTAVAIL);
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &source, sizeof(source)),
	    -EINVAL);
	px_pkt_free(endpoint_take(b->endpoint, false));
	send_to(a, "239.1.1.1", 7000, "x", 1, NULL, 0);
	sim_settle(sim, PX_SEC);
	assert_false(px_sock_poll(b) & POLLIN);
	mreq.imr_ifindex = (int)ib->index;
	assert_int_equal(px_sock_setsockopt(b, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mreq, sizeof(mreq)), 0);
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_DROP_MEMBERSHIP, &mreq, sizeof(mreq)), -EADDRNOTAVAIL);
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &source, sizeof(source)), 0);
	send_to(a, "239.1.1.1", 7000, "x", 1, NULL, 0);
	sim_settle(sim, PX_SEC);
	assert_true(px_sock_poll(b) & POLLIN);
	assert_int_equal(
	    px_sock_setsockopt(b, IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, &source, sizeof(source)), 0);
	assert_true(list_is_empty(&b->endpoint->memberships));
}

static void test_errors(void **state)
{
	struct px_iface *ia = host(1);
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_storage name;
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	char bytes[16];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_name = &name,
	    .msg_namelen = sizeof(name),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control)};
	struct sock_extended_err error = {0};
	const struct cmsghdr *cmsg;

	host(2);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(set_int(a, IPPROTO_IP, IP_RECVERR, 1), 0);
	assert_int_equal(send_to(a, "10.0.0.2", 9, "hello", 5, NULL, 0), 5);
	sim_settle(sim, PX_SEC);
	assert_true(px_sock_poll(a) & POLLERR);
	assert_int_equal(px_sock_recvmsg(a, &msg, MSG_ERRQUEUE), 5);
	assert_true(msg.msg_flags & MSG_ERRQUEUE);
	assert_memory_equal(bytes, "hello", 5);
	assert_int_equal(ntohs(((struct sockaddr_in *)&name)->sin_port), 9);
	cmsg = find_cmsg(&msg, IPPROTO_IP, IP_RECVERR);
	assert_non_null(cmsg);
	if (cmsg)
		memcpy(&error, CMSG_DATA(cmsg), sizeof(error));
	assert_int_equal(error.ee_errno, ECONNREFUSED);
	assert_int_equal(error.ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(error.ee_type, 3);
	assert_false(px_sock_poll(a) & POLLERR);
	assert_int_equal(px_sock_recvmsg(a, &msg, MSG_ERRQUEUE), -EAGAIN);
	/* Told once by SO_ERROR; and instead of sending. */
	assert_int_equal(send_to(a, "10.0.0.2", 9, "hello", 5, NULL, 0), 5);
	sim_settle(sim, PX_SEC);
	assert_int_equal(send_to(a, "10.0.0.2", 9, "hello", 5, NULL, 0), -ECONNREFUSED);
}

static void test_frames(void **state)
{
	struct px_iface *ia = host(1);
	struct px_sock *p = sock_of(ia, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_ll ll = {
	    .sll_family = AF_PACKET, .sll_ifindex = (int)ia->index, .sll_protocol = htons(ETH_P_ARP)};
	struct sock_filter nothing[] = {{BPF_RET | BPF_K, 0, 0, 0}};
	struct sock_fprog fprog = {1, nothing};
	uint8_t frame[100];
	struct iovec iov = {frame, sizeof(frame)};
	struct msghdr msg = {
	    .msg_name = &ll, .msg_namelen = sizeof(ll), .msg_iov = &iov, .msg_iovlen = 1};

	host(2);
	sim_run(sim, 5 * PX_SEC);
	assert_int_equal(px_sock_bind(p, (struct sockaddr *)&ll, sizeof(ll)), 0);
	while (px_sock_recvmsg(p, &msg, 0) >= 0)
		;
	send_to(a, "10.0.0.2", 9, "hello", 5, NULL, 0);
	sim_settle(sim, PX_SEC);
	msg.msg_namelen = sizeof(ll);
	assert_int_equal(px_sock_recvmsg(p, &msg, 0), 42);
	assert_int_equal(ntohs(ll.sll_protocol), ETH_P_ARP);
	assert_int_equal(px_sock_setsockopt(p, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), 0);
	neighbours_flush(ia, true);
	send_to(a, "10.0.0.2", 9, "hello", 5, NULL, 0);
	sim_settle(sim, PX_SEC);
	assert_int_equal(px_sock_recvmsg(p, &msg, 0), -EAGAIN);
	assert_int_equal(px_sock_setsockopt(p, SOL_SOCKET, SO_DETACH_FILTER, NULL, 0), -EINVAL);
	assert_int_equal(set_int(p, SOL_SOCKET, SO_DETACH_FILTER, 0), 0);
	assert_int_equal(set_int(p, SOL_SOCKET, SO_DETACH_FILTER, 0), -ENOENT);
	assert_int_equal(set_int(p, SOL_SOCKET, SO_LOCK_FILTER, 1), 0);
	assert_int_equal(
	    px_sock_setsockopt(p, SOL_SOCKET, SO_ATTACH_FILTER, &fprog, sizeof(fprog)), -EPERM);
}

static void test_hostile(void **state)
{
	struct px_iface *ia = host(1);
	struct px_sock *a = sock_of(ia, AF_INET, SOCK_DGRAM, 0), *sock;
	struct sockaddr_storage name;
	struct iovec iov = {NULL, 5},
	             many[3] = {{&name, INT32_MAX}, {&name, INT32_MAX}, {&name, INT32_MAX}};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	socklen_t len;
	int value;

	assert_int_equal(px_sock_new(ia->stack, AF_UNIX, SOCK_DGRAM, 0, &sock), -EAFNOSUPPORT);
	assert_int_equal(
	    px_sock_new(ia->stack, AF_INET, SOCK_DGRAM, IPPROTO_TCP, &sock), -EPROTONOSUPPORT);
	assert_int_equal(px_sock_new(ia->stack, AF_INET, SOCK_RDM, 0, &sock), -ESOCKTNOSUPPORT);
	assert_int_equal(px_sock_new(ia->stack, AF_INET, SOCK_RAW, 0, &sock), -EPROTONOSUPPORT);
	assert_int_equal(px_sock_new(ia->stack, AF_INET, SOCK_DGRAM, 300, &sock), -EINVAL);
	assert_int_equal(px_sock_bind(a, NULL, 16), -EFAULT);
	for (len = 0; len < sizeof(struct sockaddr_in); len++) {
		address(&name, "127.0.0.1", 7000, 0);
		assert_int_equal(px_sock_bind(a, (struct sockaddr *)&name, len), -EINVAL);
		assert_true(px_sock_connect(a, (struct sockaddr *)&name, len) < 0);
	}
	assert_int_equal(px_sock_bind(a, (struct sockaddr *)&name, UINT32_MAX), -EINVAL);
	assert_int_equal(px_sock_sendmsg(a, &msg, 0), -EFAULT);
	msg.msg_iov = many;
	msg.msg_iovlen = 3;
	assert_int_equal(px_sock_sendmsg(a, &msg, 0), -EINVAL);
	msg.msg_iovlen = 5000;
	assert_int_equal(px_sock_sendmsg(a, &msg, 0), -EMSGSIZE);
	assert_int_equal(px_sock_getname(a, false, NULL, &len), -EFAULT);
	assert_int_equal(px_sock_getname(a, false, (struct sockaddr *)&name, NULL), -EFAULT);
	assert_int_equal(px_sock_setsockopt(a, SOL_SOCKET, SO_BROADCAST, NULL, 4), -EFAULT);
	assert_int_equal(px_sock_setsockopt(a, SOL_SOCKET, SO_BROADCAST, &value, UINT32_MAX), -EINVAL);
	assert_int_equal(px_sock_setsockopt(a, 12345, 1, &value, 4), -ENOPROTOOPT);
	assert_int_equal(px_sock_getsockopt(a, SOL_SOCKET, SO_TYPE, &value, NULL), -EFAULT);
	assert_int_equal(px_sock_ioctl(a, FIONREAD, NULL), -EFAULT);
	assert_int_equal(px_sock_shutdown(a, 17), -EINVAL);
	assert_int_equal(px_sock_listen(a, 5), -EOPNOTSUPP);
	/* Every option, with every short length, on every kind of socket: no crash. */
	for (unsigned int kind = 0; kind < 7; kind++) {
		static const int kinds[7][3] = {{AF_INET, SOCK_DGRAM, 0}, {AF_INET6, SOCK_DGRAM, 0},
		    {AF_INET, SOCK_RAW, 1}, {AF_INET6, SOCK_RAW, 58}, {AF_PACKET, SOCK_RAW, 0},
		    {AF_INET, SOCK_DGRAM, IPPROTO_ICMP}, {AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6}};
		static const int levels[] = {
		    SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, SOL_RAW, IPPROTO_ICMPV6, SOL_PACKET};
		char bytes[300];
		sock = sock_of(ia, kinds[kind][0], kinds[kind][1], kinds[kind][2]);
		for (size_t l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
			for (int option = -1; option < 120; option++) {
				if (levels[l] == SOL_SOCKET && option == SO_ATTACH_FILTER)
					continue; /* its pointer is trusted: the caller copied it */
				for (socklen_t size = 0; size < sizeof(bytes); size += size < 20 ? 1 : 40) {
					memset(bytes, (int)size, sizeof(bytes));
					px_sock_setsockopt(sock, levels[l], option, bytes, size);
					len = size;
					px_sock_getsockopt(sock, levels[l], option, bytes, &len);
					assert_true(len <= size || len <= sizeof(bytes));
				}
			}
		}
		px_sock_free(sock);
	}
}

/* What an idle stack costs. */
static void test_memory(void **state)
{
	struct failing_allocator allocator;
	struct px_iface *iface;

	failing_allocator_init(&allocator);
	sim->allocator = &allocator.ops;
	iface = host(1);
	sim_run(sim, 60 * PX_SEC);
	print_message("an idle stack with one interface, three addresses: %zu bytes in %ld pieces\n",
	    allocator.bytes, allocator.live);
	assert_true(allocator.bytes <= 16384);
	assert_int_equal(px_deadline(iface->stack), PX_TIME_NEVER);
	sim_node_free(((struct sim_port *)iface->link)->owner);
	assert_int_equal(allocator.live, 0);
	sim->allocator = NULL;
}

static void test_refused(void **state)
{
	uint64_t seed[2] = {1, 2};

	for (long fail_at = 1; fail_at < 120; fail_at++) {
		struct failing_allocator allocator;
		struct px_config config = {.seed = seed, .now = 1};
		struct px_stack *stack;
		int err;

		failing_allocator_init(&allocator);
		config.allocator = &allocator.ops;
		allocator.fail_at = fail_at;
		err = px_open(&config, &stack);
		if (!err) {
			struct px_sock *sock[3] = {NULL, NULL, NULL};
			px_sock_new(stack, AF_INET, SOCK_DGRAM, 0, &sock[0]);
			px_sock_new(stack, AF_INET6, SOCK_DGRAM, 0, &sock[1]);
			px_sock_new(stack, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), &sock[2]);
			if (sock[0])
				bind_to(sock[0], "127.0.0.1", 7000);
			for (unsigned int i = 0; i < 3 && sock[1]; i++) {
				send_to(sock[1], "::ffff:127.0.0.1", 7000, "hello", 5, NULL, 0);
				px_run(stack, i * PX_MSEC);
			}
			for (unsigned int i = 0; i < 3 && sock[0]; i++) {
				char byte;
				struct iovec iov = {&byte, 1};
				struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
				px_sock_recvmsg(sock[0], &msg, i ? 0 : MSG_PEEK);
			}
			px_stack_free(stack); /* with the sockets */
		}
		assert_int_equal(allocator.live, 0);
		assert_int_equal(allocator.bytes, 0);
		assert_false(allocator.bad_size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_exchange, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_wakes, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_control, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_multicast, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_errors, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_frames, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_memory, net_setup, net_teardown),
	    cmocka_unit_test_setup_teardown(test_refused, net_setup, net_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
