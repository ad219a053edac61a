/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks, a network, a clock: see world.h. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ioth.h>

#include "stacks.h"

struct ioth *server, *client;
int64_t wall = NOW;
uint64_t milliseconds;

static bool is_kernel;
static char directory[] = "/tmp/iothotip-XXXXXX";

static int64_t wall_time(void)
{
	return wall;
}

static uint64_t monotonic_time(void)
{
	return milliseconds;
}

static const struct otip_time test_time = {wall_time, monotonic_time};

/* ---- stacks ---------------------------------------------------------------------------------- */

static void leave(const char *reason)
{
	printf("SKIP: %s\n", reason);
	rmdir(directory);
	exit(77);
}

static struct ioth *new_stack(const char *name, const char *vnl)
{
	struct ioth *stack = ioth_newstack(name, vnl);

	if (!stack && strcmp(name, "vdestack") == 0)
		leave(ioth_error());
	if (!stack)
		fail_msg("%s", ioth_error());
	return stack;
}

const char *world_stack(void)
{
	const char *name = getenv("TEST_STACK");

	return name ? name : "picox";
}

int world_setup(void **state)
{
	const char *name = world_stack();
	char vnl[STACKS_VNL];

	is_kernel = strcmp(name, "kernel") == 0;
	if (is_kernel) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
			leave("no user namespaces");
		server = client = ioth_newstack(NULL);
		assert_non_null(server);
		return 0;
	}
	assert_non_null(mkdtemp(directory));
	stacks_network(vnl, name, directory, "iothotip");
	server = new_stack(name, vnl);
	client = new_stack(name, vnl);
	stacks_configure(client, "fd00::1");
	return 0;
}

const char *world_setup_alone(void)
{
	static char vnl[100];

	assert_non_null(mkdtemp(directory));
	snprintf(vnl, sizeof(vnl), "ptp://%s/net", directory);
	server = new_stack(world_stack(), vnl);
	stacks_configure(server, "fd00::99");
	return vnl;
}

int world_teardown(void **state)
{
	char command[100];

	assert_int_equal(ioth_delstack(server), 0);
	if (is_kernel)
		return 0;
	if (client)
		assert_int_equal(ioth_delstack(client), 0);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	assert_int_equal(system(command), 0);
	return 0;
}

void world_wait(struct iothotip *otip)
{
	struct in6_addr open[OTIP_OPEN_MAX];
	size_t count = iothotip_addresses(otip, open, OTIP_OPEN_MAX);

	for (size_t i = 0; i < count; i++)
		stacks_wait_for_address(server, &open[i]);
}

const char *world_config(const char *more)
{
	static char text[300];

	snprintf(text, sizeof(text), "%s%s%s", CONFIG, is_kernel ? ",iface=lo" : "", more);
	return text;
}

struct iothotip *world_service(const char *more)
{
	char why[OTIP_WHY_SIZE];
	struct otip_config config;
	struct iothotip *otip = NULL;
	int error = otip_config_parse(&config, world_config(more), why);

	if (!error)
		error = instance_new(&otip, server, &config, &test_time, why);
	otip_config_free(&config);
	if (error)
		fail_msg("%s: %s", why, strerror(-error));
	world_wait(otip);
	return otip;
}

void world_set(struct iothotip *otip, int64_t now)
{
	if (now > wall)
		milliseconds += (uint64_t)(now - wall) * 1000;
	wall = now;
	assert_int_equal(iothotip_work(otip), 0);
}

void world_at(struct iothotip *otip, int64_t now)
{
	world_set(otip, now);
	world_wait(otip);
}

struct in6_addr world_address(int64_t window)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, "fd00::", &address), 1);
	iothaddr_hash(&address, "renzo.otip", "mypassword", (uint32_t)window);
	return address;
}

/* ---- connections ----------------------------------------------------------------------------- */

int world_call(const struct in6_addr *address, int port)
{
	struct sockaddr_in6 name = {
	    .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons((uint16_t)port)};
	int fd = ioth_msocket(client, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (ioth_connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0 && errno != EINPROGRESS &&
	    errno != ENETUNREACH)
		fail_msg("connect: %s", strerror(errno));
	return fd;
}

int world_connect(const struct in6_addr *address, int port)
{
	int fd = world_call(address, port), error = 0;
	struct pollfd item = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(error);

	if (poll(&item, 1, PATIENCE) == 1 &&
	    ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0 &&
	    !(item.revents & POLLHUP)) {
		assert_int_equal(ioth_fcntl(fd, F_SETFL, 0), 0);
		return fd;
	}
	ioth_close(fd);
	return -1;
}

bool world_is_silent(int fd)
{
	struct pollfd item = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t len = sizeof(error);

	(void)poll(&item, 1, 0);
	assert_int_equal(ioth_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	return error != ECONNREFUSED && !(item.revents & POLLOUT && !(item.revents & POLLHUP));
}

bool world_readable(int fd, int timeout_ms)
{
	struct pollfd item = {.fd = fd, .events = POLLIN};

	return poll(&item, 1, timeout_ms) == 1;
}

int world_accept(int fd)
{
	int connection;

	assert_true(world_readable(fd, PATIENCE));
	connection = ioth_accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(connection >= 0);
	return connection;
}

void world_exchange(int one, int other)
{
	char byte = 0;

	assert_int_equal(ioth_send(one, "a", 1, MSG_NOSIGNAL), 1);
	assert_true(world_readable(other, PATIENCE));
	assert_int_equal(ioth_recv(other, &byte, 1, 0), 1);
	assert_int_equal(ioth_send(other, "b", 1, MSG_NOSIGNAL), 1);
	assert_true(world_readable(one, PATIENCE));
	assert_int_equal(ioth_recv(one, &byte, 1, 0), 1);
	assert_int_equal(byte, 'b');
}
