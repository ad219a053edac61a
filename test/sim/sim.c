/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The simulator. */
#include "sim.h"

#include "cut.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A frame on its way to one port. */
struct flight {
	struct timerq_timer timer; /* must be first */
	struct sim_port *to;
	size_t len;
	uint8_t bytes[];
};

struct sim *sim_new(uint64_t seed)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	uint64_t words[2] = {seed, 0x73696d};

	assert(sim);
	px_random_init(&sim->random, words);
	sim->now = PX_SEC; /* not zero, which some code may take for "never" */
	list_init(&sim->nodes);
	list_init(&sim->wires);
	return sim;
}

static bool chance(struct sim *sim, uint32_t of_a_million)
{
	return of_a_million && px_random_below(&sim->random, 1000000) < of_a_million;
}

struct sim_wire *sim_wire_new(struct sim *sim)
{
	struct sim_wire *wire = calloc(1, sizeof(*wire));

	assert(wire);
	wire->sim = sim;
	wire->delay = PX_MSEC / 10; /* 0.1 ms */
	list_init(&wire->ports);
	list_append(&sim->wires, &wire->node);
	return wire;
}

struct sim_node *sim_node_new(struct sim *sim, int (*attach)(struct px_stack *stack))
{
	struct sim_node *node = calloc(1, sizeof(*node));
	uint64_t seed[2] = {px_random64(&sim->random), px_random64(&sim->random)};
	struct px_config config = {
	    .allocator = sim->allocator, .mem_limit = sim->mem_limit, .seed = seed, .now = sim->now};

	assert(node);
	node->sim = sim;
	if (px_stack_new(&config, &node->stack) < 0) {
		free(node);
		return NULL;
	}
	if (attach(node->stack) < 0) {
		px_stack_free(node->stack);
		free(node);
		return NULL;
	}
	list_append(&sim->nodes, &node->node);
	return node;
}

struct px_iface *sim_connect(
    struct sim_node *node, const struct px_iface_type *type, struct sim_wire *wire, uint8_t last)
{
	uint8_t mac[PX_MAC_LEN] = {0x02, 0, 0, 0, 0, last};
	struct sim_port *port = &node->ports[node->port_count];

	assert(node->port_count < SIM_PORTS_MAX);
	if (px_iface_add(node->stack, type, "vde%d", 0, mac, &port->iface) < 0)
		return NULL;
	node->port_count++;
	port->wire = wire;
	port->owner = node;
	port->iface->link = port;
	list_append(&wire->ports, &port->node);
	px_iface_up(port->iface);
	return port->iface;
}

/* ---- frames ---- */

static void record(struct sim *sim, const uint8_t *frame, size_t len)
{
	uint32_t header[4] = {(uint32_t)(sim->now / PX_SEC), (uint32_t)(sim->now % PX_SEC / 1000),
	    (uint32_t)len, (uint32_t)len};

	if (!sim->pcap)
		return;
	fwrite(header, sizeof(header), 1, sim->pcap);
	fwrite(frame, len, 1, sim->pcap);
}

void sim_pcap(struct sim *sim, const char *path)
{
	uint32_t header[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1};

	sim->pcap = fopen(path, "wb");
	if (sim->pcap)
		fwrite(header, sizeof(header), 1, sim->pcap);
}

/* When the bottleneck before a port has let the frame through; false: its queue is full. */
static bool pass_bottleneck(struct sim_port *to, size_t len, px_time *ready)
{
	struct sim_wire *wire = to->wire;
	px_time now = wire->sim->now, waits = to->busy_until > now ? to->busy_until - now : 0;

	if (waits * wire->rate / PX_SEC + len > wire->queue && waits)
		return false;
	wire->queued += waits;
	if (waits > wire->longest)
		wire->longest = waits;
	to->busy_until = now + waits + len * PX_SEC / wire->rate;
	*ready = to->busy_until;
	return true;
}

/* A switch sends a frame only to whom it is for. */
static bool is_for(const struct sim_port *to, const uint8_t *frame, size_t len)
{
	return len < PX_MAC_LEN || (frame[0] & 1) || memcmp(frame, to->iface->mac, PX_MAC_LEN) == 0;
}

static void fly(struct sim_wire *wire, struct sim_port *to, const uint8_t *frame, size_t len)
{
	struct sim *sim = wire->sim;
	struct flight *flight = calloc(1, sizeof(*flight) + len);
	px_time delay = wire->delay;

	assert(flight);
	flight->to = to;
	flight->len = len;
	memcpy(flight->bytes, frame, len);
	if (len && chance(sim, wire->corrupt))
		flight->bytes[px_random_below(&sim->random, (uint32_t)len)] ^=
		    (uint8_t)(1u << px_random_below(&sim->random, 8));
	if (wire->jitter)
		delay += px_random64(&sim->random) % wire->jitter;
	if (wire->rate) {
		px_time ready;

		if (!pass_bottleneck(to, len, &ready)) {
			wire->lost++;
			free(flight);
			return;
		}
		delay += ready - sim->now;
	}
	/* Without jitter a wire keeps the order: events of one time come in any. */
	if (wire->rate && !wire->jitter) {
		if (sim->now + delay <= to->last_arrival)
			delay = to->last_arrival + 1 - sim->now;
		to->last_arrival = sim->now + delay;
		timerq_set(&sim->events, &flight->timer, to->last_arrival);
		return;
	}
	if (!wire->jitter && sim->now + delay <= wire->last_arrival)
		wire->last_arrival++;
	else
		wire->last_arrival = sim->now + delay;
	timerq_set(&sim->events, &flight->timer, wire->last_arrival);
}

static void send_frame(
    struct sim_wire *wire, const struct sim_port *from, const uint8_t *frame, size_t len)
{
	struct sim *sim = wire->sim;
	struct sim_port *port;

	wire->frames++;
	record(sim, frame, len);
	if ((wire->frame_max && len > wire->frame_max) ||
	    (wire->probe && !wire->probe(wire, from, frame, len, wire->argument))) {
		wire->lost++;
		return;
	}
	list_for_each (port, &wire->ports, node) {
		if (port == from || (wire->rate && !is_for(port, frame, len)))
			continue;
		if (chance(sim, wire->loss)) {
			wire->lost++;
			continue;
		}
		fly(wire, port, frame, len);
		if (chance(sim, wire->duplicate))
			fly(wire, port, frame, len);
	}
}

void sim_inject(struct sim_wire *wire, const void *frame, size_t len)
{
	send_frame(wire, NULL, frame, len);
}

/* As a driver that cuts (PX_LINK_CUT): now and then it has no room for all the frames of a packet.
 * Returns whether it had. */
static bool send_cut(struct sim *sim, const struct sim_port *port, struct px_pkt *pkt)
{
	uint8_t header[CUT_HEADER_MAX], bytes[CUT_HEADER_MAX + 65536];
	struct iovec piece[CUT_PIECES_MAX];
	unsigned int pieces, sent = 0;
	struct cut cut;

	cut_begin(&cut, pkt);
	while ((pieces = cut_next(&cut, header, piece))) {
		size_t len = 0;

		for (unsigned int i = 0; i < pieces; i++) {
			memcpy(bytes + len, piece[i].iov_base, piece[i].iov_len);
			len += piece[i].iov_len;
		}
		send_frame(port->wire, port, bytes, len);
		sent++;
		if (!cut_ended(&cut) && px_random_below(&sim->random, 8) == 0) {
			cut_advance(pkt, sent);
			return false;
		}
	}
	return true;
}

/* The checksum that a link with PX_LINK_CSUM_TX was left to make is not made here: the simulated
 * links have no such capability. */
static void drain(struct sim_node *node)
{
	struct px_iface *iface;
	struct px_pkt *frames[PX_BURST];
	static uint8_t bytes[PX_PKT_MAX + 64];

	while ((iface = px_tx_next(node->stack))) {
		struct sim_port *port = iface->link;
		unsigned int count = px_tx_take(iface, frames, PX_BURST);
		for (unsigned int i = 0; i < count; i++) {
			size_t len = px_pkt_read(frames[i], 0, bytes, sizeof(bytes));
			if (port && frames[i]->segment) {
				if (!send_cut(node->sim, port, frames[i])) {
					px_tx_return(iface, frames + i, count - i);
					break;
				}
			} else if (port) {
				send_frame(port->wire, port, bytes, len);
			}
			px_pkt_free(frames[i]);
		}
	}
}

/* Lets a node do what it has to do now, and notes when it wants to be asked again. */
static void touch(struct sim_node *node)
{
	px_run(node->stack, node->sim->now);
	drain(node);
	timerq_set(&node->sim->events, &node->timer, px_deadline(node->stack));
}

/* The frames that wait for the end of a burst. */
static void end_burst(struct sim_port *port)
{
	struct px_stack *stack = port->owner->stack;
	struct px_pkt *pkts[PX_BURST];
	unsigned int count = 0;

	while ((pkts[count] = px_pktq_take(&port->waiting)))
		count++;
	px_input(stack, port->iface, pkts, count, port->owner->sim->now);
	touch(port->owner);
}

/* Ends when a flight without a frame lands. */
static void join_burst(struct sim *sim, struct sim_port *port, struct px_pkt *pkt)
{
	struct flight *end;

	px_pktq_append(&port->waiting, pkt);
	if (port->waiting.count == PX_BURST - 1) {
		end_burst(port);
	} else if (port->waiting.count == 1) {
		end = calloc(1, sizeof(*end));
		assert(end);
		end->to = port;
		timerq_set(&sim->events, &end->timer, sim->now + port->wire->burst);
	}
}

static void land(struct sim *sim, struct flight *flight)
{
	struct sim_port *port = flight->to;
	struct px_stack *stack = port->owner->stack;
	struct px_pkt *pkt = flight->len ? px_pkt_alloc(stack, flight->len) : NULL;

	if (pkt)
		memcpy(px_pkt_put(pkt, flight->len), flight->bytes, flight->len);
	if (!flight->len) {
		end_burst(port);
	} else if (pkt && port->wire->burst) {
		join_burst(sim, port, pkt);
	} else {
		if (pkt)
			px_input(stack, port->iface, &pkt, 1, sim->now);
		touch(port->owner);
	}
	free(flight);
}

static struct sim_node *node_of(struct sim *sim, const struct timerq_timer *timer)
{
	struct sim_node *node;

	list_for_each (node, &sim->nodes, node) {
		if (&node->timer == timer)
			return node;
	}
	return NULL;
}

static void touch_all(struct sim *sim)
{
	struct sim_node *node;

	list_for_each (node, &sim->nodes, node)
		touch(node);
}

static bool step(struct sim *sim, px_time end)
{
	struct timerq_timer *timer = timerq_expired(&sim->events, end);
	struct sim_node *node;

	if (!timer)
		return false;
	if (timer->deadline > sim->now)
		sim->now = timer->deadline;
	node = node_of(sim, timer);
	if (node)
		touch(node);
	else
		land(sim, timerq_entry(timer, struct flight, timer));
	return true;
}

void sim_run(struct sim *sim, px_time duration)
{
	px_time end = sim->now + duration;

	touch_all(sim);
	while (step(sim, end))
		;
	sim->now = end;
	touch_all(sim);
}

void sim_settle(struct sim *sim, px_time limit)
{
	px_time end = sim->now + limit;

	touch_all(sim);
	/* A second without an event is quiet enough; what sleeps longer is a timer of a protocol. */
	while (timerq_next_deadline(&sim->events) <= sim->now + PX_SEC && step(sim, end))
		;
}

void sim_node_free(struct sim_node *node)
{
	struct sim *sim = node->sim;
	struct timerq kept = {0};
	struct timerq_timer *timer;

	/* Frames on their way to it are lost. */
	timerq_cancel(&sim->events, &node->timer);
	while ((timer = timerq_expired(&sim->events, PX_TIME_NEVER))) {
		if (!node_of(sim, timer) && timerq_entry(timer, struct flight, timer)->to->owner == node)
			free(timer);
		else
			timerq_set(&kept, timer, timer->deadline);
	}
	sim->events = kept;
	for (unsigned int i = 0; i < node->port_count; i++) {
		list_remove(&node->ports[i].node);
		px_pktq_clear(&node->ports[i].waiting);
	}
	list_remove(&node->node);
	px_stack_free(node->stack);
	free(node);
}

void sim_free(struct sim *sim)
{
	struct timerq_timer *timer;
	struct sim_node *node;
	struct sim_wire *wire;

	list_for_each_safe (node, &sim->nodes, node)
		sim_node_free(node);
	while ((timer = timerq_expired(&sim->events, PX_TIME_NEVER)))
		free(timer);
	list_for_each_safe (wire, &sim->wires, node)
		free(wire);
	if (sim->pcap)
		fclose(sim->pcap);
	free(sim);
}
