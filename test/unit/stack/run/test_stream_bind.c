/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may bind what a TCP socket holds already, and listen there: all pairs of addresses and
 * options, on the kernel and here; and the addresses that connect(2) and bind(2) take. */
#include "stream_states.h"

static const char *const addresses[] = {
    "0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1", "::ffff:127.0.0.1"};
#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

static socklen_t name_of(struct sockaddr_storage *name, const char *text, uint16_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)name;

	memset(name, 0, sizeof(*name));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

enum flag { FLAG_ADDR = 1, FLAG_PORT = 2, FLAG_V6ONLY = 4, FLAGS = 8 };

static int open_with(const struct world *w, const char *text, unsigned int flags)
{
	int domain = strchr(text, ':') ? AF_INET6 : AF_INET, on = 1;
	int fd = w->socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (flags & FLAG_ADDR)
		assert_int_equal(w->setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	if (flags & FLAG_PORT)
		assert_int_equal(w->setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	if ((flags & FLAG_V6ONLY) && domain == AF_INET6)
		assert_int_equal(w->setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	return fd;
}

/* What the second one is told: of bind(2) in the low byte, of listen(2) above it. */
static int second(const struct world *w, size_t first_address, unsigned int first_flags,
    bool listens, size_t address, unsigned int flags)
{
	struct sockaddr_storage name;
	int first = open_with(w, addresses[first_address], first_flags), other, result = 0;
	socklen_t len = name_of(&name, addresses[first_address], 0);

	if (w->bind(first, (struct sockaddr *)&name, len) < 0) {
		result = -errno; /* v6only and a mapped address */
		goto close_first;
	}
	if (listens)
		assert_int_equal(w->listen(first, 1), 0);
	assert_int_equal(w->getsockname(first, (struct sockaddr *)&name, &len), 0);
	len = name_of(&name, addresses[address], ntohs(((struct sockaddr_in *)&name)->sin_port));
	other = open_with(w, addresses[address], flags);
	result = w->bind(other, (struct sockaddr *)&name, len) < 0 ? errno : 0;
	if (result == 0 && w->listen(other, 1) < 0)
		result = errno << 8;
	w->close(other);
close_first:
	w->close(first);
	return result;
}

static void test_conflicts(void **unused)
{
	unsigned int wrong = 0, count = 0;

	for (size_t a = 0; a < ADDRESSES; a++) {
		for (size_t b = 0; b < ADDRESSES; b++) {
			for (unsigned int flags = 0; flags < FLAGS * FLAGS * 2; flags++) {
				unsigned int fa = flags % FLAGS, fb = flags / FLAGS % FLAGS;
				bool listens = flags / FLAGS / FLAGS;
				int kernel = second(&worlds[0], a, fa, listens, b, fb);
				int ours = second(&worlds[1], a, fa, listens, b, fb);

				count++;
				/* The port may be in use by another program of this host. */
				for (int again = 0; again < 50 && kernel != ours; again++)
					kernel = second(&worlds[0], a, fa, listens, b, fb);
				if (kernel == ours)
					continue;
				print_message("%s (%u)%s, then %s (%u): the kernel says %d, we %d\n", addresses[a],
				    fa, listens ? ", listens" : "", addresses[b], fb, kernel, ours);
				wrong++;
			}
		}
	}
	print_message("%u pairs\n", count);
	assert_int_equal(wrong, 0);
}

/* ---- addresses ---- */

static int bind_to(const struct world *w, const char *text, unsigned int flags, socklen_t cut)
{
	struct sockaddr_storage name;
	socklen_t len = name_of(&name, text, 0);
	int fd = open_with(w, text, flags);
	int result = w->bind(fd, (struct sockaddr *)&name, len - cut) < 0 ? errno : 0;

	w->close(fd);
	return result;
}

static int connect_to(const struct world *w, const char *text, unsigned int flags, socklen_t cut)
{
	struct sockaddr_storage name;
	socklen_t len = name_of(&name, text, 1);
	int fd = open_with(w, text, flags);
	int result = w->connect(fd, (struct sockaddr *)&name, len - cut) < 0 ? errno : 0;

	w->close(fd);
	/* Refused at once, or on the way. */
	return result == ECONNREFUSED ? EINPROGRESS : result;
}

static void test_addresses(void **unused)
{
	static const char *const more[] = {"0.0.0.0", "127.0.0.1", "127.1.2.3", "255.255.255.255",
	    "224.0.0.1", "::", "::1", "::ffff:127.0.0.1", "::ffff:224.0.0.1", "::ffff:0.0.0.0",
	    "ff02::1", "fe80::1"};
	unsigned int wrong = 0;

	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		for (unsigned int flags = 0; flags < FLAGS; flags += FLAG_V6ONLY) {
			for (socklen_t cut = 0; cut < 14; cut += 1) {
				int kernel = bind_to(&worlds[0], more[i], flags, cut);
				int ours = bind_to(&worlds[1], more[i], flags, cut);

				/* Linux lets TCP bind a group, with which nobody can then connect. */
				if (kernel != ours && ours != EADDRNOTAVAIL) {
					print_message("bind %s (%u), %u less: the kernel says %d, we %d\n", more[i],
					    flags, (unsigned int)cut, kernel, ours);
					wrong++;
				}
				kernel = connect_to(&worlds[0], more[i], flags, cut);
				ours = connect_to(&worlds[1], more[i], flags, cut);
				if (kernel != ours) {
					print_message("connect %s (%u), %u less: the kernel says %d, we %d\n", more[i],
					    flags, (unsigned int)cut, kernel, ours);
					wrong++;
				}
			}
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conflicts),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
