/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts with whole stacks on a simulated wire, and their sockets. */
#ifndef TEST_SOCKET_HOSTS_H
#define TEST_SOCKET_HOSTS_H

#include "socket.h"
#include "socket_address.h"

#include "net.h"

static inline int open_layers(struct px_stack *stack)
{
	return 0;
}

/* A node whose stack px_open made. */
static inline struct px_iface *host(uint8_t n)
{
	uint64_t seed[2] = {n, 7};
	struct px_config config = {.seed = seed, .now = sim->now, .allocator = sim->allocator};
	struct px_address_config address = {.scope = -1, .flags = IFA_F_NODAD};
	struct sim_node *node = sim_node_new(sim, open_layers);
	struct px_iface *iface;

	px_stack_free(node->stack);
	assert_int_equal(px_open(&config, &node->stack), 0);
	iface = sim_connect(node, &ethernet_type, wire, n);
	address.ip = px_ip4_host(0x0a000000u + n);
	address.prefix = PX_IP4_OFFSET + 24;
	assert_int_equal(px_address_add(iface, &address, NULL), 0);
	address.ip = px_ip_parse("2001:db8::");
	address.ip.b[15] = n;
	address.prefix = 64;
	assert_int_equal(px_address_add(iface, &address, NULL), 0);
	return iface;
}

static inline struct px_sock *sock_of(struct px_iface *iface, int domain, int type, int protocol)
{
	struct px_sock *sock = NULL;

	assert_int_equal(px_sock_new(iface->stack, domain, type, protocol, &sock), 0);
	return sock;
}

static inline int bind_to(struct px_sock *sock, const char *text, uint16_t port)
{
	struct sockaddr_storage name;
	socklen_t len = address(&name, text, port, 0);

	return px_sock_bind(sock, (struct sockaddr *)&name, len);
}

static inline ssize_t send_to(struct px_sock *sock, const char *text, uint16_t port,
    const void *bytes, size_t len, void *control, size_t control_len)
{
	struct sockaddr_storage name;
	struct iovec iov = {(void *)(uintptr_t)bytes, len};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = control_len};

	if (text) {
		msg.msg_namelen = address(&name, text, port, 2);
		msg.msg_name = &name;
	}
	return px_sock_sendmsg(sock, &msg, 0);
}

#endif
