/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A deterministic network of stacks, in virtual time.
 *
 * Nodes are stacks; wires are Ethernet segments (hubs) that delay, lose, duplicate, reorder, damage
 * and cut off frames by chance. All chance comes from one seed: a run repeats exactly. A wire may
 * have a probe, a function that sees each frame and may drop it, and tests inject frames of their
 * own. A wire with a rate is a switch whose ports towards the nodes are bottlenecks, each with a
 * queue.
 *
 * Nothing waits: sim_run jumps from event to event.
 */
#ifndef SIM_H
#define SIM_H

#include "px.h"

#include <stdio.h>

#define SIM_PORTS_MAX 8 /* of one node */

struct sim;
struct sim_wire;

struct sim_port {
	struct list node; /* wire->ports */
	struct sim_wire *wire;
	struct sim_node *owner;
	struct px_iface *iface;
	px_time busy_until, last_arrival; /* of a bottleneck */
	struct px_pktq waiting;           /* of a burst */
};

struct sim_node {
	struct list node; /* sim->nodes */
	struct sim *sim;
	struct px_stack *stack;
	struct timerq_timer timer;
	struct sim_port ports[SIM_PORTS_MAX];
	unsigned int port_count;
};

/* Sees each frame as it is sent; false: it is lost. `from` NULL: injected. */
typedef bool sim_probe(struct sim_wire *wire, const struct sim_port *from, const uint8_t *frame,
    size_t len, void *argument);

struct sim_wire {
	struct list node; /* sim->wires */
	struct sim *sim;
	struct list ports;
	px_time delay, jitter; /* jitter reorders */
	px_time burst;         /* what comes within this time of a first frame comes with it */
	uint32_t loss, duplicate, corrupt; /* of a million */
	size_t frame_max;                  /* longer ones are lost; 0: none are */
	sim_probe *probe;
	void *argument;
	uint64_t frames, lost;
	uint64_t rate;           /* bytes a second to each port; 0: no bottleneck */
	size_t queue;            /* bytes that may wait there */
	px_time queued, longest; /* time that frames waited, together and at most */
	px_time last_arrival;
};

struct sim {
	px_time now;
	struct px_random random;
	struct timerq events;
	struct list nodes, wires;
	struct px_allocator *allocator; /* of the nodes made from now on */
	size_t mem_limit;
	FILE *pcap;
};

struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);

struct sim_wire *sim_wire_new(struct sim *sim);

/* A stack with the layers that `attach` attaches (0 or -errno). NULL when refused. */
struct sim_node *sim_node_new(struct sim *sim, int (*attach)(struct px_stack *stack));
void sim_node_free(struct sim_node *node);

/* Connects a new interface, up; its MAC address is 02:00:00:00:00:`last`. */
struct px_iface *sim_connect(
    struct sim_node *node, const struct px_iface_type *type, struct sim_wire *wire, uint8_t last);

/* Runs until `duration` has passed. */
void sim_run(struct sim *sim, px_time duration);

/* Runs until nothing is on the wires and no stack has work at this time, or `limit` has passed. */
void sim_settle(struct sim *sim, px_time limit);

/* Puts a frame on the wire for all its ports, now. */
void sim_inject(struct sim_wire *wire, const void *frame, size_t len);

/* Records all frames; for debugging. */
void sim_pcap(struct sim *sim, const char *path);

#endif
