/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The frame relay: one loop that joins any number of interfaces to their VDE networks.
 *
 * A line is one interface's port and one network's link. Towards the network, what the kernel hands
 * over with segmentation offload (up to 64 KiB) is cut into frames; towards the kernel, in-order
 * segments of one flow are joined (offload.h). A full network stops the reading of the port
 * (back-pressure); a lost one loses frames as a pulled cable does.
 */
#ifndef RELAY_H
#define RELAY_H

#include "netns.h"
#include "vdelink.h"

struct relay;
struct relay_line;

/* Returns 0 and the relay, or -errno. */
int relay_new(struct relay **relay);

/* Runs the loop in the calling thread until relay_stop; returns 0 or -errno (of the loop itself,
 * never of a line). Signals are the caller's business: block them before. */
int relay_run(struct relay *relay);

/* Ends relay_run; callable from any thread and from a signal handler. */
void relay_stop(struct relay *relay);

/* Whether the program has closed the relay's descriptors behind its back. The numbers may be those
 * of other files now. A relay that is lost is left alone for ever, as is its thread, which may be
 * asleep in relay_run. */
bool relay_is_lost(struct relay *relay);

/* Frees a relay that is not running, its lines with it. */
void relay_free(struct relay *relay);

/* Adds a line; any thread, running or not. On success the relay owns the port's descriptor and the
 * link. Returns 0 or -errno (nothing is taken then). */
int relay_add(struct relay *relay, const struct netns_port *port, struct vdelink *link,
    struct relay_line **line);

/* Removes a line: closes its port (the interface disappears) and its link. On return the loop does
 * not touch it any more. A line of a lost relay stays with that one, whatever `relay` is. Any
 * thread but the loop's own. */
void relay_remove(struct relay *relay, struct relay_line *line);

/* Who looks at the frames of a line before the kernel does, and at its packets before the network
 * does: gate.h for one. */
struct relay_gate {
	/* Whether a frame from the network may pass. */
	bool (*lets_in)(struct relay_gate *gate, const unsigned char *frame, size_t len);
	/* Whether a packet from the kernel may, perhaps one that is yet to be cut into frames. */
	bool (*lets_out)(struct relay_gate *gate, const unsigned char *packet, size_t len);
	/* It is `now` (CLOCK_MONOTONIC, nanoseconds): returns when it wants to be called again;
	 * TIMERQ_NEVER: there is nothing to look at any more, and the gate is taken off. */
	uint64_t (*due)(struct relay_gate *gate, uint64_t now);
};

/* The clock of `due`. */
uint64_t relay_now(void);

/* Puts a gate on a line (in place of the one that is there), to be called in the loop; `due` is its
 * first time. It is borrowed as long as there is the line. Returns 0 or -errno. */
int relay_set_gate(
    struct relay *relay, struct relay_line *line, struct relay_gate *gate, uint64_t due);

/* What has passed since the line was added. */
struct relay_stats {
	uint64_t to_network_frames, to_network_bytes, to_network_dropped;
	uint64_t to_kernel_frames, to_kernel_bytes, to_kernel_dropped;
	uint64_t joined; /* frames that reached the kernel inside another */
};
void relay_get_stats(struct relay *relay, struct relay_line *line, struct relay_stats *stats);

#endif
