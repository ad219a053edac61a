/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation fails once, while windows open and close, services change, connections and
 * datagrams come: who cannot be served is refused, nothing is lost of the others, and what is
 * missing is made good in a moment. The world (world.h) looks at the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>

#include "allocations.h"
#include "fixture.h"
#include "log.h"

#define PORT  4242
#define COUNT 3 /* services of each kind: so many that tables grow */

static struct service services[2 * COUNT];

static void make_services(void)
{
	for (uint16_t i = 0; i < COUNT; i++) {
		world_service(&services[i], SOCK_STREAM, (uint16_t)(PORT + i));
		world_service(&services[COUNT + i], SOCK_DGRAM, (uint16_t)(PORT + i));
	}
}

/* Are all services served at an address, now or in a while? Clients are not refused twice. */
static bool serves(const struct in6_addr *address, const struct service *offered, size_t count)
{
	bool all = true;

	for (size_t i = 0; i < count; i++) {
		uint16_t port = offered[i].port;
		int client;

		if (offered[i].type == SOCK_DGRAM) {
			all = world_datagram(address, port, (unsigned int)i + 1, 100) && all;
			world_turn();
			continue;
		}
		client = world_call(address, port, (unsigned int)i + 1);
		world_turn();
		all = client >= 0 && world_is_open(client) && all;
	}
	return all;
}

static bool serves_in_the_end(
    const struct in6_addr *address, const struct service *offered, size_t count)
{
	bool at_once = serves(address, offered, count);

	if (!at_once) {
		world_pass(WINDOW_PAUSE_MAX);
		assert_true(serves(address, offered, count));
	}
	return at_once;
}

/* More than one side takes: what is kept needs memory. */
static bool relays(const struct in6_addr *address)
{
	int client = world_call(address, PORT, 9), server;

	world_turn();
	if (client < 0 || !world_is_open(client))
		return false;
	server = world_inner(client);
	world_set_room(server, 100);
	world_send(client, 1000);
	world_turn();
	if (!world_is_open(client))
		return false;
	world_set_room(server, WORLD_ROOM);
	world_turn();
	assert_int_equal(world_has(server), 1000);
	return true;
}

static bool flows_through_windows(void)
{
	struct in6_addr first = world_address(1), second = world_address(2);
	struct window *window;
	bool all;

	if (!world_begin(NULL))
		return false;
	make_services();
	if (window_open(&world.flows, &first, services, COUNT) < 0) {
		world_end();
		return false;
	}
	all = serves_in_the_end(&first, services, COUNT);
	list_for_each (window, &world.flows.windows, link)
		window_set_services(window, services, (size_t)2 * COUNT);
	all = serves_in_the_end(&first, services, (size_t)2 * COUNT) && all;
	all = relays(&first) && all;
	if (window_open(&world.flows, &second, services, (size_t)2 * COUNT) == 0)
		all = serves_in_the_end(&second, services, (size_t)2 * COUNT) && all;
	else
		all = false;
	window_shut(&world.flows, &first);
	world_turn();
	window_shut(&world.flows, &second);
	world_pass(30 * LOOP_SEC);
	world_end();
	return all;
}

static void nobody(int level, const char *text, void *argument)
{
}

static void test_flows(void **state)
{
	log_set_hook(nobody, NULL);
	assert_in_range(fail_each(flows_through_windows), 30, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_flows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
