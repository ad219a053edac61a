/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes through otip_rproxy: a sequence of clients and servers that connect, send, end, reset,
 * are slow; of windows that open and close, services that change, time that passes, calls that
 * fail.
 *
 * The world (test/unit/daemon/otip_rproxy/world.h) checks after each turn of the loop: every byte
 * is the one that was sent, in its order; no more is read than is taken, and then some; both ends
 * of a connection are there or none; figures are what is there; the loop comes to rest. At the end
 * nothing is left. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "log.h"
#include "window.h"
#include "wire.h"
#include "world.h"

#define ADDRESSES 4
#define SERVICES  5
#define EVENTS    400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wire_reader input;
static struct service services[SERVICES];

static void nobody(int level, const char *text, void *argument)
{
}

/* Some of them, by bits; windows borrow them. */
struct choice {
	struct service services[SERVICES];
	size_t count;
};

static const struct choice *choose(uint8_t bits)
{
	static struct choice choices[1 << SERVICES];
	struct choice *choice = &choices[bits % (1 << SERVICES)];

	choice->count = 0;
	for (size_t i = 0; i < SERVICES; i++) {
		if (bits >> i & 1)
			choice->services[choice->count++] = services[i];
	}
	return choice;
}

static void set_services(uint8_t bits)
{
	const struct choice *choice = choose(bits);
	struct window *window;

	list_for_each (window, &world.flows.windows, link)
		window_set_services(window, choice->services, choice->count);
}

static void open_window(struct in6_addr address, uint8_t bits)
{
	const struct choice *choice = choose(bits);

	if (choice->count > 0)
		(void)window_open(&world.flows, &address, choice->services, choice->count);
}

static struct flow_limits limits_from(uint8_t byte)
{
	return (struct flow_limits){.connections = 1 + byte % 16,
	    .mappings = 1 + byte / 16,
	    .per_source = byte % 5,
	    .source_prefix = byte % 2 ? 64 : 128,
	    .tcp_full_timeout = (loop_time)(byte % 3) * LOOP_SEC,
	    .udp_full_timeout = (loop_time)(byte % 2) * LOOP_SEC,
	    .tcp_timeout = (loop_time)(byte % 3 * 20) * LOOP_SEC,
	    .udp_timeout = (1 + byte % 8) * LOOP_SEC,
	    .connect_timeout = (1 + byte % 4) * LOOP_SEC,
	    .backlog = 5};
}

static void set_error(uint8_t call, uint8_t which)
{
	static const int errors[] = {0, EMFILE, ENOMEM, ECONNABORTED, ENOBUFS, EADDRNOTAVAIL, EAGAIN};
	int error = errors[which % (sizeof(errors) / sizeof(errors[0]))];

	world.errors[call % WORLD_CALLS] = error;
	/* accept(2) says nothing else for long while a connection waits. */
	if (world.errors[WORLD_ACCEPT] && world.errors[WORLD_ACCEPT] != ENOMEM)
		world.errors[WORLD_ACCEPT] = EMFILE;
}

/* What happens at the other end of a connection. */
static void at_connection(int fd, uint8_t what, uint16_t amount)
{
	if (!world_is_open(fd) || !world_is_stream(fd))
		return;
	switch (what % 6) {
	case 0:
		world_send(fd, (size_t)amount * 8);
		break;
	case 1:
		world_finish(fd);
		break;
	case 2:
		world_reset(fd);
		break;
	case 3:
		world_set_room(fd, (size_t)amount * 8);
		break;
	case 4:
		world_answer(fd);
		break;
	default:
		world_refuse(fd);
		break;
	}
}

static void step(void)
{
	uint8_t op = wire_u8(&input), a = wire_u8(&input), b = wire_u8(&input);
	struct in6_addr address = world_address(a % ADDRESSES);
	uint16_t port = (uint16_t)(1 + b % SERVICES);
	struct flow_limits limits;

	switch (op % 16) {
	case 0:
	case 1:
		(void)world_call(&address, port, a / ADDRESSES % 8);
		break;
	case 2:
		(void)world_datagram(&address, port, a / ADDRESSES % 8, 1 + b * 16u);
		break;
	case 3:
		if (world_inner_of(a % 8) >= 0)
			(void)world_reply(world_inner_of(a % 8), 1 + b * 16u);
		break;
	case 4:
		open_window(address, b);
		break;
	case 5:
		window_shut(&world.flows, &address);
		break;
	case 6:
		set_services(b);
		break;
	case 7:
		world_pass(a % 32 * LOOP_SEC + b * LOOP_MSEC);
		break;
	case 8:
		set_error(a, b);
		break;
	case 9:
		limits = limits_from(a);
		flows_set_limits(&world.flows, &limits);
		break;
	case 10:
		world.server = a % 3;
		break;
	case 11:
		if (world_inner_of(a % 8) >= 0)
			world_fail(world_inner_of(a % 8), ECONNREFUSED);
		break;
	default:
		at_connection(world_socket(a), op >> 4, (uint16_t)(b * 37));
		break;
	}
	if (op & 0x80)
		world_turn();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flow_limits limits;

	log_set_hook(nobody, NULL);
	input = wire_reader(data, size);
	limits = limits_from(wire_u8(&input));
	if (!world_begin(&limits))
		abort();
	world.proxy = wire_u8(&input) % 3;
	for (size_t i = 0; i < SERVICES; i++)
		world_service(&services[i], i < 3 ? SOCK_STREAM : SOCK_DGRAM, (uint16_t)(i + 1));
	open_window(world_address(0), 0xff);
	for (unsigned int i = 0; i < EVENTS && wire_left(&input) > 0; i++)
		step();
	world_turn();
	world_end();
	log_set_hook(NULL, NULL);
	return 0;
}
