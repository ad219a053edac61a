/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What very many TCP connections cost: two stacks' cores, whose frames this program carries.
 *
 *   picox_connections COUNT...
 *
 * For each COUNT, in rising order, connections are made until there are so many, then:
 *
 *     bytes     of memory that an idle connection keeps at each end: the allocations of both cores,
 *               as malloc counts them, divided by the number of ends; and without the socket,
 *               which goes when the descriptor is closed
 *     message   a byte there and one back, acknowledgements with them: among 10 connections of the
 *               COUNT, which stay in the processor's cache, and among all of them, which do not
 *     connect   connect, accept, close, and what TIME-WAIT keeps
 *
 * One line of JSON each; times are of the processor.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <malloc.h>

#include "iov.h"
#include "link.h"
#include "socket.h"

#define FEW      10
#define PORTS    32 /* listeners: a client has 28,000 ports for each, and few are taken */
#define BACKLOG  512
#define MESSAGES 40000
#define CONNECTS 4000
#define ROUNDS   1000 /* in which something settles, at most */

struct host {
	struct px_stack *stack;
	struct px_iface *iface;
};

static struct host host[2];
static struct px_sock *listener[PORTS];
static px_time now;

/* ---- two hosts on a cable ---- */

static struct px_iface *plug(struct px_stack *stack, uint32_t address)
{
	struct px_address_config config = {
	    .ip = px_ip4_host(address), .prefix = PX_IP4_OFFSET + 8, .scope = -1};
	struct px_iface *iface;

	if (px_iface_add(stack, &ethernet_type, "vde%d", 0, NULL, &iface) ||
	    px_address_add(iface, &config, NULL) || px_iface_up(iface))
		bench_die(1, "interface");
	px_iface_set_carrier(iface, true);
	iface->caps = PX_LINK_CSUM_RX;
	return iface;
}

static void carry(const struct host *from, const struct host *to)
{
	struct px_pkt *frames[PX_BURST];
	struct px_iface *iface;

	px_run(from->stack, now);
	while ((iface = px_tx_next(from->stack)))
		px_input(to->stack, to->iface, frames, px_tx_take(iface, frames, PX_BURST), now);
}

static void exchange(void)
{
	carry(&host[0], &host[1]);
	carry(&host[1], &host[0]);
}

static void wait_for(const struct px_sock *sock, unsigned int events)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		if (px_sock_poll(sock) & events)
			return;
		exchange();
	}
	bench_die(1, "nothing comes");
}

/* ---- connections ---- */

/* Of this thread, which is the only one: others on the machine do not count, nor does what the
 * kernel keeps from a thread of real-time priority. */
static uint64_t cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct connection {
	struct px_sock *end[2];
};

static struct sockaddr_in name(unsigned int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)(1000 + port)),
	    .sin_addr.s_addr = htonl(0x0a000002)};
}

static void listen_all(void)
{
	for (unsigned int i = 0; i < PORTS; i++) {
		struct sockaddr_in at = name(i);

		if (px_sock_new(host[1].stack, AF_INET, SOCK_STREAM, 0, &listener[i]) ||
		    px_sock_bind(listener[i], (struct sockaddr *)&at, sizeof(at)) ||
		    px_sock_listen(listener[i], BACKLOG))
			bench_die(1, "listen");
	}
}

static void connect_one(struct connection *connection, unsigned int port)
{
	struct sockaddr_in at = name(port);
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (px_sock_new(host[0].stack, AF_INET, SOCK_STREAM, 0, &connection->end[0]) ||
	    px_sock_connect(connection->end[0], (struct sockaddr *)&at, sizeof(at)) != -EINPROGRESS)
		bench_die(1, "connect");
	wait_for(connection->end[0], POLLOUT);
	wait_for(listener[port], POLLIN);
	if (px_sock_accept(listener[port], &connection->end[1], &peer, &len))
		bench_die(1, "accept");
}

static void say(struct px_sock *from, struct px_sock *to)
{
	struct px_pkt *pkt = px_pkt_alloc(from->stack, 1), *got;
	static const struct msghdr none;

	if (!pkt)
		bench_die(1, "memory");
	*px_pkt_put(pkt, 1) = 1;
	if (px_sock_send(from, &none, pkt, 0) != 1)
		bench_die(1, "send");
	wait_for(to, POLLIN);
	if (px_stream_receive(to, 1, 0, &got) != 1)
		bench_die(1, "receive");
	px_pkt_free_chain(got);
}

/* Nanoseconds of a byte there and one back, among `count` connections. */
static uint64_t messages(struct connection *connections, size_t count)
{
	uint64_t start = cpu_time(), place = 1;

	for (unsigned int i = 0; i < MESSAGES; i++) {
		struct connection *one = &connections[(place >> 20) % count];

		place = place * 6364136223846793005u + 1442695040888963407u;
		now += PX_MSEC; /* each connection's clock goes on */
		say(one->end[0], one->end[1]);
		say(one->end[1], one->end[0]);
	}
	return (cpu_time() - start) / MESSAGES;
}

/* The end that closes first keeps TIME-WAIT: the client. */
static uint64_t connects(void)
{
	uint64_t start = cpu_time();

	for (unsigned int i = 0; i < CONNECTS; i++) {
		struct connection one;

		now += PX_MSEC;
		connect_one(&one, i % PORTS);
		px_sock_free(one.end[0]);
		exchange();
		px_sock_free(one.end[1]);
		exchange();
	}
	return (cpu_time() - start) / CONNECTS;
}

/* TIME-WAIT records and delayed acknowledgements are gone. */
static void settle(void)
{
	for (unsigned int i = 0; i < 70; i++) {
		now += PX_SEC;
		exchange();
	}
}

static void measure(struct connection *connections, size_t count, size_t *made)
{
	static size_t before;
	size_t used;

	if (!before)
		before = mallinfo2().uordblks;
	while (*made < count) {
		connect_one(&connections[*made], (unsigned int)(*made % PORTS));
		(*made)++;
		now += PX_MSEC;
	}
	settle();
	used = mallinfo2().uordblks - before;
	printf("{\"bytes_%zu\": %zu, \"bare_bytes_%zu\": %zu, ", count, used / (2 * count), count,
	    used / (2 * count) - malloc_usable_size(connections[0].end[0]) - sizeof(size_t));
	messages(connections, FEW);
	printf("\"message_few_%zu_ns\": %llu, ", count, (unsigned long long)messages(connections, FEW));
	printf(
	    "\"message_all_%zu_ns\": %llu, ", count, (unsigned long long)messages(connections, count));
	printf("\"connect_%zu_ns\": %llu}\n", count, (unsigned long long)connects());
	fflush(stdout);
	settle();
}

int main(int argc, char *argv[])
{
	struct px_config config = {.mem_limit = (size_t)1 << 30};
	struct connection *connections;
	size_t made = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: picox_connections COUNT...\n");
		return 1;
	}
	connections = calloc((size_t)bench_number(argv[argc - 1], FEW, 200000), sizeof(*connections));
	if (!connections)
		bench_die(1, "memory");
	now = config.now = bench_now();
	for (unsigned int i = 0; i < 2; i++) {
		if (px_open(&config, &host[i].stack))
			bench_die(1, "stack");
		host[i].iface = plug(host[i].stack, 0x0a000001 + i);
	}
	listen_all();
	for (int i = 1; i < argc; i++)
		measure(connections, (size_t)bench_number(argv[i], FEW, 200000), &made);
	return 0;
}
