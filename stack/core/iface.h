/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Interfaces, and the contract between the core and a link driver.
 *
 * The core never calls a driver. Input arrives by px_input; output waits in the interface's
 * transmit queue until the runtime takes it in bursts (px_tx_take) and gives it to the driver,
 * outside the stack's lock. A full queue is back-pressure to those who can wait (px_iface_tx_room,
 * px_iface_tx_wait: TCP), and loss with a counter to the others, as on Linux.
 */
#ifndef CORE_IFACE_H
#define CORE_IFACE_H

#include "list.h"
#include "pkt.h"
#include "timer.h"

#include <net/if.h>

#define PX_MAC_LEN    6
#define PX_TX_LIMIT   1000 /* frames in a transmit queue, as Linux's txqueuelen */
#define PX_BURST      64   /* frames that the runtime moves at a time */
#define PX_IFACES_MAX 4096 /* of one stack */

struct px_stack;
struct px_iface;
struct arp_iface;
struct ip4_iface;
struct ip6_iface;

/* What a link can do beyond Ethernet frames of its MTU. */
enum px_link_cap {
	PX_LINK_CSUM_TX = 1 << 0, /* the transport checksum may be left partial (PX_PKT_CSUM_PARTIAL) */
	PX_LINK_CSUM_RX = 1 << 1, /* bytes cannot be damaged: received checksums need no check */
	PX_LINK_JUMBO = 1 << 2,   /* frames up to 64 KiB */
	PX_LINK_FILTER = 1 << 3,  /* wants to know unicast addresses and groups (mem://) */
	PX_LINK_SUPER = 1 << 4,   /* neighbours take TCP segments of up to 64 KiB, whatever the MTU */
	PX_LINK_CUT = 1 << 5,     /* cuts packets with px_pkt.segment; else that is done before */
};

/* What kind of link: how a packet becomes a frame. The tables are in link/. */
struct px_iface_type {
	uint16_t arphrd;     /* ARPHRD_* */
	uint8_t address_len; /* 6, or 0 */
	uint8_t header_len;
	uint32_t flags; /* IFF_* that its interfaces have */
	uint32_t mtu;   /* at first */
	uint32_t mtu_min, mtu_max;
	/* A frame that arrived; takes the packet. */
	void (*input)(struct px_iface *iface, struct px_pkt *pkt);
	/* Sends a network packet to the next hop `via` (an address on this link, or a group, or a
	 * broadcast address). Takes the packet. 0, or -errno (-ENOBUFS: transmit queue full). */
	int (*output)(struct px_iface *iface, struct px_pkt *pkt, const struct px_ip *via);
	/* Sends a complete frame by other means than a transmit queue; takes it. NULL: by the queue. */
	int (*transmit)(struct px_iface *iface, struct px_pkt *frame);
	bool cuts; /* `output` takes packets with px_pkt.segment */
};

struct px_iface_stats {
	uint64_t rx_packets, rx_bytes, rx_errors, rx_dropped, rx_multicast, rx_nohandler;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_dropped;
};

/* Somebody who waits for room in a transmit queue. Taken off before the call. */
struct px_tx_waiter {
	struct list node;
	void (*ready)(struct px_stack *stack, struct px_tx_waiter *waiter);
};

struct px_iface {
	struct list node; /* stack->ifaces, by index */
	struct px_stack *stack;
	const struct px_iface_type *type;
	uint32_t index;
	char name[IFNAMSIZ];

	uint32_t flags; /* IFF_* as SIOCGIFFLAGS shows, but IFF_RUNNING */
	bool carrier;   /* the link is there: IFF_RUNNING, IFF_LOWER_UP */
	uint8_t mac[PX_MAC_LEN];
	uint32_t mtu;
	uint32_t caps;                             /* enum px_link_cap */
	uint32_t promiscuity, allmulti, more_macs; /* how many packet sockets want that */

	void *link; /* the runtime's port; NULL in tests and for loopback */

	/* A VLAN's: the interface below, which carries its frames (NULL: none), and those above. */
	struct px_iface *lower;
	struct list upper_node, uppers;
	uint16_t vlan_id;

	struct px_pktq tx;
	uint32_t tx_frames;  /* that its packets stand for */
	uint32_t tx_limit;   /* of frames */
	bool tx_stopped;     /* the driver is full; the runtime knows when it is not */
	struct list tx_node; /* stack->tx_pending while the queue is not empty */
	struct list tx_waiters;

	/* RFC 4861 section 6.3.2's variables, for ARP [0] and ND [1]; milliseconds. */
	struct {
		uint32_t base_reachable, reachable, retrans;
	} neighbour[2];

	struct list addresses; /* struct px_address.node, in the order of ip addr */
	struct px_iface_stats stats;

	/* The layers' own. */
	struct arp_iface *arp;
	struct ip4_iface *ip4;
	struct ip6_iface *ip6;
};

/* Adds an interface, down. `index` 0: the next one. `name` may hold one %d. `mac` NULL: random,
 * locally administered. Returns 0 or -errno (-EEXIST, -EINVAL, -ENOMEM, -ENFILE). */
int px_iface_add(struct px_stack *stack, const struct px_iface_type *type, const char *name,
    uint32_t index, const uint8_t *mac, struct px_iface **iface);

/* All that can be said at once. */
struct px_iface_config {
	const struct px_iface_type *type;
	const char *name;
	uint32_t index;
	const uint8_t *mac;
	struct px_iface *lower; /* NULL: none */
	uint16_t vlan_id;
};
int px_iface_add_config(
    struct px_stack *stack, const struct px_iface_config *config, struct px_iface **iface);

/* Takes it down, tells the layers, frees it and its addresses and routes. */
void px_iface_del(struct px_iface *iface);

struct px_iface *px_iface_by_index(const struct px_stack *stack, uint32_t index);
struct px_iface *px_iface_by_name(const struct px_stack *stack, const char *name);

/* The one whose link carries its frames: itself, but for a VLAN's. */
static inline struct px_iface *px_iface_base(struct px_iface *iface)
{
	return iface->lower ? iface->lower : iface;
}

/* Changes. Return 0 or -errno. */
int px_iface_up(struct px_iface *iface);
void px_iface_down(struct px_iface *iface);
void px_iface_set_carrier(struct px_iface *iface, bool carrier);
int px_iface_set_mtu(struct px_iface *iface, uint32_t mtu);
int px_iface_set_mac(struct px_iface *iface, const uint8_t mac[PX_MAC_LEN]);
int px_iface_rename(struct px_iface *iface, const char *name);

static inline bool px_iface_is_up(const struct px_iface *iface)
{
	return iface->flags & IFF_UP;
}

/* Up and with a carrier: packets can leave. */
static inline bool px_iface_is_running(const struct px_iface *iface)
{
	return px_iface_is_up(iface) && iface->carrier;
}

static inline bool px_iface_is_loopback(const struct px_iface *iface)
{
	return iface->flags & IFF_LOOPBACK;
}

/* ---- output ---- */

/* Queues a complete frame; takes the packet. 0, or -ENOBUFS (full: counted), -ENETDOWN. */
int px_iface_transmit(struct px_iface *iface, struct px_pkt *frame);

/* Frames that fit the transmit queue now. */
static inline uint32_t px_iface_tx_room(const struct px_iface *iface)
{
	if (iface->lower)
		iface = iface->lower;
	return iface->tx_frames < iface->tx_limit ? iface->tx_limit - iface->tx_frames : 0;
}

/* Calls waiter->ready once there is room for a quarter of the queue. */
void px_iface_tx_wait(struct px_iface *iface, struct px_tx_waiter *waiter);
void px_iface_tx_unwait(struct px_tx_waiter *waiter);

/* The runtime's side: an interface with something to send, or NULL; and a burst of it. Frames are
 * the caller's then. What the driver did not take goes back to the front. */
struct px_iface *px_tx_next(struct px_stack *stack);
unsigned int px_tx_take(struct px_iface *iface, struct px_pkt **frames, unsigned int max);
void px_tx_return(struct px_iface *iface, struct px_pkt **frames, unsigned int count);

#endif
