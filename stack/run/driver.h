/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract between the runtime and a link driver.
 *
 * A driver moves frames in bursts and never blocks, but in open and close. It is used under its
 * stack's lock; it takes no other stack's. Either it has a descriptor that becomes readable when
 * there is something to receive (or room to send, while that is wanted, or a change of state), or
 * it calls config.notify, from any thread, with no lock that the runtime could want.
 */
#ifndef RUN_DRIVER_H
#define RUN_DRIVER_H

#include "iface.h"

#include <time.h>

/* What a filtering link (PX_LINK_FILTER) is told of. */
struct px_link_filter {
	enum px_link_filter_kind {
		PX_FILTER_MAC,       /* frames to this address, unicast or group */
		PX_FILTER_ARP,       /* ARP requests for this IPv4 address */
		PX_FILTER_BROADCAST, /* all other broadcasts */
		PX_FILTER_ALL,       /* everything (promiscuous) */
	} kind;
	union {
		uint8_t mac[PX_MAC_LEN];
		uint8_t ip4[4];
	};
};

enum px_link_news {
	PX_LINK_FRAMES = 1, /* to receive */
	PX_LINK_EVENTS = 2, /* poll is wanted */
	PX_LINK_WOKEN = 4,
};

struct px_link_config {
	const char *vnl;
	struct px_mem *mem;            /* received packets are charged to it */
	void (*notify)(void *context); /* there is something to receive */
	void *context;
};

/* Of one who sleeps in the receiving. */
struct px_doze {
	struct px_pkt *room; /* NULL: nobody does */
	size_t size;
	int fd;
};

struct px_link_ops {
	const char *name;
	/* 0 or -errno. */
	int (*open)(const struct px_link_config *config, void **link);
	void (*close)(void *link);
	/* May be NULL: at the end of the process, instead of close, waits a moment until what was sent
	 * has arrived. */
	void (*settle)(const void *link);
	/* Frames received, with PX_PKT_HEADROOM before them, the caller's; returns how many. */
	unsigned int (*receive)(void *link, struct px_pkt **pkts, unsigned int max);
	/* Returns how many were taken; fewer than `count` means full. Packets stay the caller's. */
	unsigned int (*send)(void *link, struct px_pkt *const *pkts, unsigned int count);
	void (*want_write)(void *link, bool want);
	/* May be NULL: waits for this link alone, with another thread perhaps inside another call.
	 * Returns enum px_link_news, 0 (time is over) or -EINTR. A cancellation point. `wake` (0 or
	 * -errno) names a descriptor that ends it while readable. */
	int (*wait)(const void *link, const struct timespec *timeout);
	int (*wake)(void *link, int fd);
	/* May be NULL: sleeps in the receiving itself, for a few milliseconds at most, and nobody can
	 * end it (vdelink_doze). Begun and ended under the lock, slept without; `doze` is a
	 * cancellation point, which without `wait` only looks: -EAGAIN. `doze_begin`: false: not now.
	 * `doze_end`, after -EINTR, too, if `doze` was never called: the frame, the caller's, or NULL.
	 * From then on `fd` shows nothing, until `watch`. */
	bool (*doze_begin)(void *link, struct px_doze *doze);
	ssize_t (*doze)(const struct px_doze *doze, bool wait);
	struct px_pkt *(*doze_end)(void *link, struct px_doze *doze, ssize_t result);
	void (*watch)(void *link);
	int (*fd)(const void *link);  /* -1: notify is called */
	bool (*up)(const void *link); /* carrier */
	/* poll is wanted at `deadline`, and after the descriptor became readable. */
	px_time (*deadline)(const void *link);
	void (*poll)(void *link, px_time now);
	void (*set_mtu)(void *link, uint32_t mtu);
	uint32_t (*caps)(const void *link); /* enum px_link_cap */
	/* PX_LINK_FILTER; each `wanted` is undone by one that is not. 0 or -ENOMEM. */
	int (*filter)(void *link, const struct px_link_filter *filter, bool wanted);
};

extern const struct px_link_ops link_vde, link_mem;

#endif
