/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay's own structures.
 *
 * relay.c       calls from other threads; the life of relays and lines
 * relay_loop.c  the loop: waiting, requests, deadlines
 * relay_line.c  one line: its two directions, and when each has to wait
 * relay_tap.c, relay_packet.c  reading from and writing to the two kinds of port
 *
 * Everything that costs memory (room for frames, the joiner) belongs to the relay and is shared by
 * its lines, because only one of them is being served at a time. A line that had to stop with
 * frames unsent keeps the `outgoing` that holds them until the network takes them.
 */
#ifndef RELAY_INTERNAL_H
#define RELAY_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "list.h"
#include "offload.h"
#include "relay.h"
#include "timerq.h"

/* The largest packet that the kernel hands over, and room beside it for a tag. */
#define PACKET_MAX  (65536 + 64)
#define PACKET_ROOM (PACKET_MAX + 64)

/* Frames received in one go. Their rooms lie a stretch apart that is no power of two: otherwise all
 * of them would compete for the same few sets of the processor's caches. */
#define INCOMING_FRAMES 64
#define INCOMING_ROOM   (VDELINK_FRAME_MAX + 2 * 832 - VDELINK_FRAME_MAX % 64)

/* Reading and writing a port. */
struct port_ops {
	/* One packet into the PACKET_ROOM bytes at `room`: its length, `*frame` being where in the
	 * room it begins. 0: none is waiting. -EMSGSIZE: one was passed over. Other -errno: the
	 * port is dead. */
	ssize_t (*read)(int fd, struct virtio_net_hdr *hdr, unsigned char *room, unsigned char **frame);
	/* One packet, iov[0] being its virtio_net_hdr. 0, or -errno: it is lost. */
	int (*write)(int fd, const struct iovec *iov, unsigned int iovs);
};
extern const struct port_ops relay_tap_ops, relay_packet_ops;

/* Packets of the kernel's on their way to the network: read, cut, perhaps waiting. */
struct outgoing {
	struct outgoing *next; /* in the relay's list of free ones */
	struct offload_out out;
	unsigned int sent;      /* frames of `out` */
	struct offload_cut cut; /* of the packet that did not fit `out` whole, if `cutting` */
	bool cutting;
	size_t used; /* of `room` */
	unsigned char room[2 * PACKET_ROOM];
};

/* Statistics are written by the loop and read by anyone. */
struct line_count {
	atomic_uint_fast64_t value;
};

static inline void line_count_add(struct line_count *count, uint64_t more)
{
	/* One writer: no need for a locked instruction. */
	uint64_t value = atomic_load_explicit(&count->value, memory_order_relaxed);

	atomic_store_explicit(&count->value, value + more, memory_order_relaxed);
}

/* What a line's owner asks of the loop. */
enum line_request {
	LINE_NONE,
	LINE_ADD,
	LINE_REMOVE,
	LINE_GATE,
};

struct relay_line {
	/* Under the relay's lock. */
	struct list in_lines;
	struct list in_requests;
	enum line_request request; /* LINE_NONE: settled */
	int result;
	struct relay_gate *gate_wanted; /* LINE_GATE */
	uint64_t gate_wanted_due;

	/* The loop's. */
	struct relay *relay;
	struct netns_port port;
	const struct port_ops *port_ops;
	struct vdelink *link;
	bool direct;       /* its descriptors are polled one by one: relay_loop.c */
	bool port_watched; /* its events are wanted */
	bool port_dead;
	bool carrier;
	bool bulk; /* the last visit from the network met many frames */
	/* Visits in a row that met one packet of the port, one frame of the network. */
	unsigned int lone_packets, lone_frames;
	struct outgoing *waiting; /* for room in the network */
	struct timerq_timer deadline;
	struct relay_gate *gate; /* NULL: none */
	struct timerq_timer gate_due;

	struct line_count to_network_frames, to_network_bytes, to_network_dropped;
	struct line_count to_kernel_frames, to_kernel_bytes, to_kernel_dropped, joined;
};

/* What an epoll event stands for: a line's address, its lowest bit telling the port from the link.
 */
#define EVENT_LINK 1U

/* Lines whose descriptors the loop polls itself; those of further lines are in its epoll set. */
#define DIRECT_LINES 4

struct relay {
	int epoll_fd;
	int wake_fd[2];   /* a socket pair; the loop waits for [0] */
	ino_t wake_inode; /* of [1] */
	atomic_bool lost;
	atomic_bool stop;

	pthread_mutex_t lock; /* of what follows up to the loop's own */
	pthread_cond_t settled;
	struct list lines;
	struct list requests; /* lines to be added or removed by the loop */
	bool running;

	/* The loop's own. */
	struct relay_line *direct[DIRECT_LINES];
	unsigned int indirect; /* lines in the epoll set */
	struct timerq deadlines, gates_due;
	struct outgoing *spare;
	struct offload_join *join;
	unsigned char *incoming; /* INCOMING_FRAMES times INCOMING_ROOM */
};

int relay_watch(struct relay_line *line, bool port, uint32_t events, int operation);

/* Adds and removes the lines whose owners asked for it. Under the lock; by the loop's thread, or by
 * any while the loop is not running. */
void relay_settle(struct relay *relay);

/* Served by the loop, never blocking. `events` are poll's or epoll's: they are the same bits. */
void line_port_ready(struct relay_line *line, uint32_t events);
void line_drain(struct relay_line *line);                       /* before it is removed */
void line_data_ready(struct relay_line *line, uint32_t events); /* of vdelink_direct_fd */
void line_link_ready(struct relay_line *line);
void line_deadline_passed(struct relay_line *line, uint64_t now);
void line_gate_due(struct relay_line *line, uint64_t now);

/* Closes and frees a line that the loop does not have (any more). */
void line_free(struct relay_line *line);

#endif
