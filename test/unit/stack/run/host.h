/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks that run, configured by the core's own calls: what the tests of run/ share. */
#ifndef TEST_RUN_HOST_H
#define TEST_RUN_HOST_H

#include "runtime.h"

#include <picoxnet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/un.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* libvdeplug loads its plugins by RTLD_DEEPBIND, which sanitizers do not permit. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define HOST_HAS_VDEPLUG 0
#else
#define HOST_HAS_VDEPLUG 1
#endif

#ifdef __SANITIZE_THREAD__
#define HOST_IS_TSAN 1
#else
#define HOST_IS_TSAN 0
#endif
#ifdef __SANITIZE_ADDRESS__
#define HOST_IS_ASAN 1
#else
#define HOST_IS_ASAN 0
#endif

/* A switch that accepts connections and never answers: vde_open waits for it. */
static inline int host_silent_switch(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s/ctl", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

/* The end of a forked child, destructors and all; but a leak checker would count what is its
 * parent's.
 */
static inline _Noreturn void host_exit_child(int status)
{
	if (HOST_IS_ASAN)
		_exit(status);
	exit(status);
}

/* Adds an address to the first interface but lo, and brings that up. 0 or -errno. */
static inline int host_address(struct picox *stack, const char *text, unsigned int prefix)
{
	struct px_address_config config = {.ip = px_ip_parse(text), .scope = -1, .flags = IFA_F_NODAD};
	struct px_iface *iface;
	int err = -ENODEV;

	config.prefix = prefix + (px_ip_is4(&config.ip) ? PX_IP4_OFFSET : 0);
	runtime_lock(stack);
	iface = px_iface_by_index(stack->px, 2);
	if (iface)
		err = px_address_add(iface, &config, NULL);
	if (!err)
		err = px_iface_up(iface);
	runtime_leave(stack);
	return err;
}

static inline struct picox *host_new(const char *vnl, const char *options, const char *address)
{
	const char *vnlv[] = {vnl, NULL};
	struct picox *stack = picox_newstackv(vnlv, options);

	if (!stack)
		print_message("%s: %s\n", vnl, picox_error());
	assert_non_null(stack);
	assert_int_equal(host_address(stack, address, strchr(address, ':') ? 64 : 24), 0);
	return stack;
}

static inline struct sockaddr_in host_name4(const char *address, uint16_t port)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, address, &name.sin_addr), 1);
	return name;
}

/* A UDP socket bound to a port of an address. */
static inline int host_udp4(struct picox *stack, const char *address, uint16_t port)
{
	struct sockaddr_in name = host_name4(address, port);
	int fd = picox_msocket(stack, AF_INET, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(picox_bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static inline void host_send4(
    int fd, const char *address, uint16_t port, const void *data, size_t len)
{
	struct sockaddr_in name = host_name4(address, port);

	assert_int_equal(
	    picox_sendto(fd, data, len, 0, (struct sockaddr *)&name, sizeof(name)), (ssize_t)len);
}

/* A datagram from a socket to another stack, and one back. */
static inline void host_udp_round(int from, struct picox *stack, const char *address)
{
	int fd = host_udp4(stack, address, 7);
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	char text[8];

	host_send4(from, address, 7, "there", 5);
	assert_int_equal(picox_recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&peer, &len), 5);
	assert_int_equal(picox_sendto(fd, "back", 4, 0, (struct sockaddr *)&peer, len), 4);
	assert_int_equal(picox_recv(from, text, sizeof(text), 0), 4);
	assert_int_equal(picox_close(fd), 0);
}

#endif
