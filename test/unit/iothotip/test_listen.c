/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listening sockets on one-time addresses, on real stacks and by a clock of the test's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <ioth.h>

#include "stacks.h"
#include "world.h"

static void assert_open(struct iothotip *otip, int64_t first, int64_t last)
{
	struct in6_addr open[8], address;
	size_t count = iothotip_addresses(otip, open, 8);

	assert_int_equal(count, last - first + 1);
	for (int64_t window = first; window <= last; window++) {
		bool found = false;

		address = world_address(window);
		for (size_t i = 0; i < count; i++)
			found = found || memcmp(&open[i], &address, sizeof(address)) == 0;
		assert_true(found);
	}
}

/* A client finds the service at the address of each open window; there is a socket, the address of
 * the connection is the one that was called. */
static void assert_serves(int fd, int64_t window)
{
	struct in6_addr address = world_address(window);
	struct sockaddr_in6 name;
	socklen_t len = sizeof(name);
	int here = world_connect(&address, PORT), there;

	assert_true(here >= 0);
	there = world_accept(fd);
	assert_int_equal(ioth_getsockname(there, (struct sockaddr *)&name, &len), 0);
	assert_memory_equal(&name.sin6_addr, &address, sizeof(address));
	world_exchange(here, there);
	ioth_close(here);
	ioth_close(there);
}

static void test_windows(void **state)
{
	const int64_t k = NOW / 32;
	struct iothotip *otip;
	int fd, old;
	struct in6_addr address;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_true(fd >= 0);
	assert_open(otip, k - 1, k);
	assert_serves(fd, k - 1);
	assert_serves(fd, k);
	world_at(otip, NOW + 8);
	assert_open(otip, k, k);
	/* What has closed is silent: the other has answered meanwhile, on the same way. */
	address = world_address(k - 1);
	old = world_call(&address, PORT);
	assert_serves(fd, k);
	assert_serves(fd, k);
	assert_true(world_is_silent(old));
	ioth_close(old);
	world_at(otip, NOW + 24);
	assert_open(otip, k, k + 1);
	assert_serves(fd, k);
	assert_serves(fd, k + 1);
	/* An hour forward, two back. */
	world_at(otip, NOW + 3600);
	assert_serves(fd, (NOW + 3600) / 32);
	world_at(otip, NOW - 3600);
	assert_serves(fd, (NOW - 3600) / 32);
	assert_int_equal(iothotip_close(otip, fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(iothotip_close(otip, fd), -1);
	assert_int_equal(errno, EBADF);
	iothotip_stop(otip);
}

/* A connection and a transfer that outlive their address. */
static void test_outlives(void **state)
{
	const int64_t k = NOW / 32;
	struct in6_addr address = world_address(k);
	struct iothotip *otip;
	int fd, here, there;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	here = world_connect(&address, PORT);
	assert_true(here >= 0);
	there = world_accept(fd);
	for (int i = 1; i < 20; i++) {
		int stranger;

		world_at(otip, NOW + INT64_C(32) * i);
		world_at(otip, NOW + INT64_C(32) * i + 8);
		world_at(otip, NOW + INT64_C(32) * i + 8 + OTIP_KEEPER_LOOK);
		world_exchange(here, there);
		stranger = world_call(&address, PORT);
		assert_serves(fd, k + i);
		if (i > 1)
			assert_true(world_is_silent(stranger));
		ioth_close(stranger);
	}
	ioth_close(here);
	ioth_close(there);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

/* A clock that is stepped back: an address that was retired is open again at once, while the
 * connection that it was kept for goes on. */
static void test_opens_again(void **state)
{
	const int64_t k = NOW / 32;
	struct in6_addr address = world_address(k);
	struct iothotip *otip;
	int fd, here, there;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	here = world_connect(&address, PORT);
	assert_true(here >= 0);
	there = world_accept(fd);
	for (int i = 0; i < 3; i++) {
		world_at(otip, NOW + 108);
		assert_open(otip, k + 3, k + 3);
		world_exchange(here, there);
		world_at(otip, NOW + 10);
		assert_open(otip, k, k);
		assert_serves(fd, k);
		world_exchange(here, there);
	}
	ioth_close(here);
	ioth_close(there);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

/* Other addresses of the stack's are none of the service's. */
static void test_other_addresses(void **state)
{
	struct in6_addr other = {.s6_addr = {0xfd, [15] = 0x99}};
	struct iothotip *otip;
	int fd, caller;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_int_equal(ioth_ipaddr_add(server, AF_INET6, &other, nl_addrdata2prefix(64, 2, 0),
	                     otip->place.ifindex),
	    0);
	caller = world_call(&other, PORT);
	assert_serves(fd, NOW / 32);
	assert_serves(fd, NOW / 32);
	assert_true(world_is_silent(caller));
	ioth_close(caller);
	assert_int_equal(ioth_ipaddr_del(server, AF_INET6, &other, 64, otip->place.ifindex), 0);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

/* Several services on one keeper. */
static void test_several(void **state)
{
	struct in6_addr address = world_address(NOW / 32);
	struct iothotip *otip;
	int fds[10];

	wall = NOW;
	otip = world_service("");
	for (int i = 0; i < 10; i++) {
		fds[i] = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, 5000 + i, 5);
		assert_true(fds[i] >= 0);
	}
	assert_int_equal(iothotip_listen(otip, SOCK_STREAM, 5000, 5), -1);
	assert_int_equal(errno, EADDRINUSE);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 10; i++) {
			int here = world_connect(&address, 5000 + i), there;

			assert_true(here >= 0);
			there = world_accept(fds[i]);
			world_exchange(here, there);
			ioth_close(here);
			ioth_close(there);
		}
		world_at(otip, NOW + INT64_C(32) * (round + 1));
		address = world_address(NOW / 32 + round + 1);
	}
	for (int i = 0; i < 9; i++)
		assert_int_equal(iothotip_close(otip, fds[i]), 0);
	iothotip_stop(otip); /* with one that is open */
	ioth_close(fds[9]);
}

/* An interface that was down. */
static void test_link(void **state)
{
	struct iothotip *otip;
	unsigned int index;
	int fd;

	wall = NOW;
	otip = world_service("");
	index = otip->place.ifindex;
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_serves(fd, NOW / 32);
	assert_int_equal(ioth_linksetupdown(server, index, 0), 0);
	assert_int_equal(ioth_linksetupdown(server, index, 1), 0);
	/* The stack tells of it. */
	assert_true(world_readable(iothotip_fd(otip), PATIENCE));
	world_at(otip, NOW);
	assert_serves(fd, NOW / 32);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

static void assert_told(const char *words)
{
	if (!strstr(iothotip_error(), words))
		fail_msg("'%s' is not in '%s'", words, iothotip_error());
}

/* Each mistake has its name, and its place. */
static void test_wrong_options(void **state)
{
	static const struct {
		const char *config, *words;
	} wrong[] = {
	    {NULL, "base: it is missing"},
	    {"", "base: it is missing"},
	    {"base=fd00::", "name: it is missing"},
	    {"name=x", "base: it is missing"},
	    {"base=10.0.0.1,name=x", "base: 10.0.0.1 is no IPv6 address (option 1)"},
	    {"base=fd00::,name=", "name: it is missing, or empty"},
	    {"base=fd00::,name=x,period=-1", "period: -1 is no number from 0 to 2147483647 (option 3)"},
	    {"base=fd00::,name=x,period=", "period:"},
	    {"base=fd00::,name=x,period", "'period' has no value (option 3)"},
	    {"base=fd00::,name=x,period=1,preactive=64", "period, preactive, postactive:"},
	    {"base=fd00::,name=x,digest=sha1", "digest: sha1"},
	    {"base=fd00::,name=x,case=lower", "case: lower"},
	    {"base=fd00::,colour=red,name=x", "colour: there is no such option (option 2)"},
	    {"base=fd00::,name=x,udpclients=0", "udpclients:"},
	    {"base=fd00::,name=x,rounds=99999999999", "rounds: 99999999999"},
	    {"base=fd00::,name=x,rounds=1", "rounds: only digest=hmac-sha256"},
	    {"base=fd00::,name=x,rounds=1,digest=md5", "rounds: only digest=hmac-sha256"},
	    {"base=fd00::,name=x,passwd='a,iface=b", "passwd: a quote is not closed (option 3)"},
	    {"base=fd00::,name=x,passwd=a\"", "passwd: a quote is not closed (option 3)"},
	    {"base=fd00::,name=x,'passwd=secret", "options: a quote is not closed (option 3)"},
	    {"base=fd00::,name=x,passwd=a,passfile=/dev/null", "passfile: /dev/null: it is no regular"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		assert_null(iothotip_start(server, wrong[i].config));
		assert_int_equal(errno, EINVAL);
		assert_told(wrong[i].words);
	}
	assert_null(iothotip_start(server, CONFIG ",iface=nothing0"));
	assert_int_equal(errno, ENODEV);
	assert_told("interface nothing0: ");
	assert_null(iothotip_start(server, CONFIG ",passfile=/nonexistent/file"));
	assert_int_equal(errno, ENOENT);
	assert_told("passfile: /nonexistent/file: No such file");
}

static void test_password_file(void **state)
{
	char path[] = "/tmp/iothotip-XXXXXX", config[200];
	int fd = mkostemp(path, O_CLOEXEC);
	struct in6_addr address;
	struct iothotip *otip;

	assert_int_equal(write(fd, "mypassword\r\n", 12), 12);
	snprintf(config, sizeof(config), "%s,passfile=%s", world_config(""), path);
	assert_null(iothotip_open(server, config));
	assert_told("passwd, passfile: only one");
	snprintf(config, sizeof(config), "base=fd00::,name=renzo.otip,period=0,passfile=%s%s", path,
	    strcmp(world_stack(), "kernel") == 0 ? ",iface=lo" : "");
	otip = iothotip_open(server, config);
	if (!otip)
		fail_msg("%s", iothotip_error());
	assert_int_equal(iothotip_addresses(otip, &address, 1), 1);
	assert_memory_equal(address.s6_addr, world_address(0).s6_addr, 16);
	iothotip_stop(otip);
	close(fd);
	unlink(path);
}

/* The other calls. */
static void test_refusals(void **state)
{
	struct sockaddr_in6 peer = {.sin6_family = AF_INET6, .sin6_port = htons(5)};
	struct in6_addr self = {.s6_addr = {0xfd, [15] = 7}};
	struct iothotip *otip;
	char byte;
	int fd;

	otip = world_service("");
	assert_int_equal(iothotip_listen(otip, SOCK_STREAM, 0, 5), -1);
	assert_int_equal(errno, EINVAL);
	assert_told("port:");
	assert_int_equal(iothotip_listen(otip, SOCK_STREAM, 65536, 5), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(iothotip_listen(otip, SOCK_RAW, 1, 5), -1);
	assert_int_equal(errno, EINVAL);
	assert_told("type:");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_true(fd >= 0);
	assert_int_equal(iothotip_listen(otip, SOCK_STREAM, PORT, 5), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_told("bind: port 4242: ");
	assert_int_equal(iothotip_recvfrom(otip, fd, &byte, 1, 0, NULL, NULL, NULL), -1);
	assert_int_equal(errno, EBADF);
	assert_told("socket of datagrams");
	assert_int_equal(iothotip_close(otip, fd), 0);
	assert_int_equal(iothotip_close(otip, fd), -1);
	assert_int_equal(errno, EBADF);
	assert_told("no listener of this handle's");
	fd = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 5);
	assert_int_equal(
	    iothotip_sendto(otip, fd, "a", 1, 0, (struct sockaddr *)&peer, sizeof(peer), NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_told("own address");
	assert_int_equal(
	    iothotip_sendto(otip, fd, "a", 1, 0, (struct sockaddr *)&peer, sizeof(peer), &self), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_told("from fd00::7 to [::]:5: the address is over");
	peer.sin6_family = AF_INET;
	assert_int_equal(
	    iothotip_sendto(otip, fd, "a", 1, 0, (struct sockaddr *)&peer, sizeof(peer), &self), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	iothotip_stop(otip);
	iothotip_stop(NULL);
	assert_int_equal(iothotip_listen(NULL, SOCK_STREAM, 1, 1), -1);
	assert_told("no handle");
	assert_int_equal(iothotip_close(NULL, 0), -1);
	assert_int_equal(iothotip_fd(NULL), -1);
	assert_int_equal(iothotip_work(NULL), -1);
	assert_int_equal(iothotip_get_stats(NULL, NULL, 0), -1);
	assert_int_equal(iothotip_addresses(NULL, NULL, 0), 0);
}

/* Stacks that retire addresses refuse the same ones for the same reasons. */
static void test_not_retired(void **state)
{
	static const struct {
		int family;
		const char *address;
		unsigned int more; /* than the interface's index */
		int error;
	} rows[] = {
	    {AF_INET, "10.0.0.1", 0, EOPNOTSUPP},
	    {AF_INET6, "fe80::1", 0, EOPNOTSUPP},
	    {AF_INET6, "::1", 0, EOPNOTSUPP},
	    {AF_INET6, "fd00::77", 0, EADDRNOTAVAIL},
	    {AF_INET6, "fd00::77", 99, ENODEV},
	    {AF_UNIX, NULL, 0, EAFNOSUPPORT},
	};
	bool can = strcmp(world_stack(), "kernel") != 0;
	unsigned int index = (unsigned int)ioth_if_nametoindex(server, can ? "vde0" : "lo");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t address[16] = {0};

		if (rows[i].address)
			assert_int_equal(inet_pton(rows[i].family, rows[i].address, address), 1);
		errno = 0;
		assert_int_equal(
		    ioth_ipaddr_retire(server, rows[i].family, address, 64, index + rows[i].more), -1);
		assert_int_equal(errno, can ? rows[i].error : EOPNOTSUPP);
	}
}

/* The one call, by the real clock. */
static void test_one_call(void **state)
{
	struct iothotip *otip = NULL;
	struct in6_addr open[2];
	struct iothotip_stats stats;
	int here, there, fd;

	fd = iothotip_server(server, strcmp(world_stack(), "kernel") == 0 ? CONFIG ",iface=lo" : CONFIG,
	    SOCK_STREAM | SOCK_CLOEXEC, PORT, 5, &otip);
	assert_true(fd >= 0);
	assert_true(iothotip_addresses(otip, open, 2) >= 1);
	world_wait(otip);
	assert_int_equal(iothotip_fd(otip), -1);
	assert_int_equal(iothotip_work(otip), -1);
	here = world_connect(&open[0], PORT);
	assert_true(here >= 0);
	there = world_accept(fd);
	world_exchange(here, there);
	assert_int_equal(iothotip_get_stats(otip, &stats, sizeof(stats)), 0);
	assert_true(stats.open >= 1 && stats.windows >= stats.open && stats.failures == 0);
	ioth_close(here);
	ioth_close(there);
	assert_int_equal(iothotip_close(otip, fd), 0);
	iothotip_stop(otip);
	assert_int_equal(iothotip_server(server, "name=x", SOCK_STREAM, PORT, 5, &otip), -1);
	assert_int_equal(iothotip_server(server, CONFIG, SOCK_RAW, PORT, 5, &otip), -1);
}

static void assert_busy(void)
{
	errno = 0;
	assert_int_equal(ioth_delstack(server), -1);
	assert_int_equal(errno, EBUSY);
}

/* A stack stays as long as there is a handle, or a listening socket of one that was stopped; who
 * tries to delete it changes nothing (ioth_newstack(3)). */
static void test_delstack(void **state)
{
	struct iothotip *otip;
	int stream, datagrams, copy;

	wall = NOW;
	otip = world_service("");
	assert_busy();
	stream = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	datagrams = iothotip_listen(otip, SOCK_DGRAM | SOCK_CLOEXEC, PORT, 5);
	assert_true(stream >= 0 && datagrams >= 0);
	assert_busy();
	assert_serves(stream, NOW / 32);
	assert_int_equal(iothotip_close(otip, datagrams), 0);
	assert_busy();
	iothotip_stop(otip);
	assert_busy();
	copy = ioth_fcntl(stream, F_DUPFD_CLOEXEC, 0);
	assert_true(copy >= 0);
	ioth_close(stream);
	assert_busy();
	ioth_close(copy);
}

/* Somebody who tries addresses of the network: nothing answers, nothing grows. */
static void test_scan(void **state)
{
	const uint64_t network = UINT64_C(0xfd) << 56;
	uint64_t guess = UINT64_C(0x123456789abcdef);
	int fd, calls[64];
	struct iothotip *otip;
	size_t before = 0;

	wall = NOW;
	otip = world_service("");
	fd = iothotip_listen(otip, SOCK_STREAM | SOCK_CLOEXEC, PORT, 5);
	assert_serves(fd, NOW / 32);
	for (int round = 0; round < 5; round++) {
		if (round == 1) /* what the stacks keep at hand is there by now */
			before = stacks_descriptors();
		for (int i = 0; i < 64; i++) {
			struct in6_addr address;

			guess = guess * UINT64_C(6364136223846793005) + 1442695040888963407;
			address.s6_addr32[0] = htonl((uint32_t)(network >> 32));
			address.s6_addr32[1] = 0;
			memcpy(&address.s6_addr[8], &guess, sizeof(guess));
			calls[i] = world_call(&address, PORT);
		}
		assert_serves(fd, NOW / 32);
		for (int i = 0; i < 64; i++) {
			assert_true(world_is_silent(calls[i]));
			ioth_close(calls[i]);
		}
	}
	assert_int_equal(stacks_descriptors(), before);
	iothotip_close(otip, fd);
	iothotip_stop(otip);
}

int main(int argc, char *argv[])
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_outlives),
	    cmocka_unit_test(test_opens_again),
	    cmocka_unit_test(test_other_addresses),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_link),
	    cmocka_unit_test(test_delstack),
	    cmocka_unit_test(test_scan),
	    cmocka_unit_test(test_wrong_options),
	    cmocka_unit_test(test_password_file),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_not_retired),
	    cmocka_unit_test(test_one_call),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
