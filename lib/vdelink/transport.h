/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What carries the frames of a link, once open: one of three kinds behind a table of calls.
 *
 * A transport is opened in a thread of its own (vde_open may block for seconds) and then belongs to
 * the link's user. It never reopens itself: an error of recv or send says that it is lost, and the
 * link replaces it (reopen.c).
 */
#ifndef VDELINK_TRANSPORT_H
#define VDELINK_TRANSPORT_H

#include <libvdeplug.h>

#include "vdelink.h"

struct transport;

struct transport_ops {
	/* As vdelink_recv and vdelink_send, or -errno: the network is lost. What was received or
	 * sent before the error is reported first, the error with the next call. */
	int (*recv)(struct transport *transport, struct iovec *frames, unsigned int max);
	int (*send)(
	    struct transport *transport, const struct vdelink_frame *frames, unsigned int count);
	/* Adds its descriptors to the set, with events of data.u32 == TRANSPORT_EVENT. */
	int (*watch)(struct transport *transport, int epoll_fd);
	void (*unwatch)(struct transport *transport);
	/* Room to send is (no longer) waited for. */
	void (*want_write)(struct transport *transport, bool want);
	/* Takes its data descriptor out of the set for good and returns it; or -1. May be NULL. */
	int (*direct)(struct transport *transport);
	/* For one who sleeps in recv(2): all three NULL, or none. Takes the data descriptor out of the
	 * set, until `rewatch`, and returns it; receiving from it waits for VDELINK_DOZE_MS. -1: not
	 * now. `received` tells what that recv, with MSG_TRUNC, gave (or -errno), and returns as
	 * vdelink_recv does, or -errno: lost. */
	int (*doze)(struct transport *transport);
	int (*rewatch)(struct transport *transport);
	int (*received)(struct transport *transport, struct iovec *frame, ssize_t result);
	/* The set reported `events` for a descriptor of the transport. 0, or -errno: lost. */
	int (*event)(struct transport *transport, uint32_t events, bool control);
	/* Ends everything; may block. */
	void (*close)(struct transport *transport);
	/* As vdelink_settle. May be NULL. */
	void (*settle)(const struct transport *transport);
};

/* data.u32 in the link's epoll set. */
enum transport_event {
	TRANSPORT_DATA,
	TRANSPORT_CONTROL,
	TRANSPORT_LINK, /* the link's own eventfd */
	TRANSPORT_WAKE, /* the owner's descriptor */
};

struct transport {
	const struct transport_ops *ops;
	struct vdelink_stats *stats; /* the link's */
	size_t frame_max;            /* 0: not known */
	int state_fd;                /* with `direct`: the only other descriptor in the set, or -1 */
};

/* Open by any of the three; 0 or -errno. May block. */
int transport_open(const char *vnl, const char *description, struct transport **transport);

/* vde_close, of what transport_open opened. */
void transport_close_conn(VDECONN *conn);

/* libvdeplug, data descriptor an AF_UNIX datagram or seqpacket socket. Takes `conn` on success;
 * -EPROTOTYPE if its descriptor is none of these. */
int transport_dgram_new(VDECONN *conn, bool ptp, struct transport **transport);

/* libvdeplug, anything else. Takes `conn` on success. */
int transport_plugin_new(VDECONN *conn, struct transport **transport);

/* "=command": the stream of a command. */
int transport_command_open(const char *command, struct transport **transport);

/* Total length of a frame to send. */
static inline size_t frame_len(const struct vdelink_frame *frame)
{
	size_t len = 0;

	for (unsigned int i = 0; i < frame->pieces; i++)
		len += frame->piece[i].iov_len;
	return len;
}

/* A network cannot send what is shorter than an Ethernet header (libvdeplug(3) uses such lengths
 * for "nothing to see"). */
#define FRAME_MIN 14

#endif
