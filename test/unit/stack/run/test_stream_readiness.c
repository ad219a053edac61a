/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What poll, select and epoll say of a TCP socket in every state: the kernel's, and ours. What is
 * known to differ is said where it is passed over. */
#include "stream_states.h"

#include "crowded.h"

#include <sys/epoll.h>
#include <sys/select.h>

static unsigned int selected(int fd)
{
	struct timeval none = {0};
	fd_set sets[3];

	for (int i = 0; i < 3; i++) {
		FD_ZERO(&sets[i]);
		FD_SET(fd, &sets[i]);
	}
	assert_true(select(fd + 1, &sets[0], &sets[1], &sets[2], &none) >= 0);
	return (FD_ISSET(fd, &sets[0]) ? 1u : 0) | (FD_ISSET(fd, &sets[1]) ? 2u : 0) |
	       (FD_ISSET(fd, &sets[2]) ? 4u : 0);
}

static unsigned int epolled(int fd, unsigned int flags, bool twice)
{
	struct epoll_event event = {.events = ALL | flags}, got = {0};
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	assert_true(epoll >= 0);
	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	for (int i = twice ? 0 : 1; i < 2; i++) {
		got.events = 0;
		assert_true(epoll_wait(epoll, &got, 1, 0) >= 0);
	}
	close(epoll);
	return got.events & ALL;
}

#define VIEWS 5
static const char *const views[VIEWS] = {
    "poll", "select", "epoll", "epoll, edge", "epoll, edge again"};

static void look(int fd, unsigned int seen[VIEWS])
{
	seen[0] = polled(fd);
	seen[1] = selected(fd);
	seen[2] = epolled(fd, 0, false);
	seen[3] = epolled(fd, EPOLLET, false);
	seen[4] = epolled(fd, EPOLLET, true);
}

static bool known_view(unsigned int view, unsigned int kernel, unsigned int ours)
{
	if (view == 1) /* select: reading comes with an exception */
		return kernel & 4 && (kernel | 1) == ours;
	return known_mask(kernel, ours);
}

static void test_readiness(void **unused)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < STATES; i++) {
		unsigned int seen[2][VIEWS];

		for (int w = 0; w < 2; w++) {
			struct subject s;

			enter(&s, &worlds[w], i);
			look(s.fd, seen[w]);
			leave(&s);
		}
		for (unsigned int v = 0; v < VIEWS; v++) {
			if (seen[0][v] == seen[1][v] || known_view(v, seen[0][v], seen[1][v]))
				continue;
			print_message("%s, %s: the kernel's is %#x, ours %#x\n", states[i].name, views[v],
			    seen[0][v], seen[1][v]);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_readiness),
	};

	return CROWDED_RUN(tests, setup, teardown);
}
