/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TCP/IP stack as an object: the core of libpicoxnet.
 *
 * Goals. A stack is one struct; a hundred thousand of them fit a process, an idle one costs a few
 * kilobytes, no thread and no wake-up. It behaves at its sockets and on the wire as Linux does.
 * Every byte from the network is hostile; every allocation may be refused. Everything can be tested
 * with a clock and a wire that the test owns.
 *
 * No I/O. The core takes frames and the time, and gives frames and the next deadline:
 *
 *     px_input(stack, iface, frames, n, now)   frames that arrived, a burst at a time
 *     px_run(stack, now)                       what the time brought; ends each entry
 *     px_tx_next / px_tx_take                  frames to send, a burst at a time
 *     px_deadline(stack)                       when px_run is wanted again
 *
 * The socket calls (socket/) are entries too: after any call that may have sent or changed
 * something the runtime calls px_run once, then takes the output. Acknowledgements, wake-ups and
 * packets to the stack itself are settled there: once a burst, not once a frame.
 *
 * Locking. There is none in here: the caller holds the stack's one lock during every call, and is
 * the only one inside. Exceptions, allowed without it: allocating, filling and freeing packets
 * (core/mem.h, core/pkt.h), since user memory is copied outside the lock. No call blocks.
 *
 * Ownership. Every object hangs off struct px_stack and can be enumerated from there: interfaces
 * and their addresses, routes, neighbours, fragments, groups, sockets, timers. Nothing is global. A
 * function that "takes" a packet frees it or hands it on, whatever it returns.
 *
 * Layers. Each directory of stack/ includes only those before it: wire, core, link, ip, udp, tcp,
 * raw, packet, netlink, socket. A layer keeps its own state behind a pointer of struct px_stack
 * that only it can see through, and hears of the layers below by events (core/layer.h).
 */
#ifndef CORE_PX_H
#define CORE_PX_H

#include "address.h"
#include "iface.h"
#include "layer.h"
#include "list.h"
#include "mem.h"
#include "pkt.h"
#include "random.h"
#include "route.h"
#include "stats.h"
#include "table.h"
#include "timer.h"

/* Work put off to the end of the burst (px_run): acknowledgements, wake-ups. */
struct px_deferred {
	struct list node; /* linked to itself: not queued */
	void (*fn)(struct px_stack *stack, struct px_deferred *deferred);
};

/* Switches of the whole stack, named as Linux's sysctls. */
struct px_options {
	bool ip_forward;                /* net.ipv4.ip_forward */
	bool ip6_forwarding;            /* net.ipv6.conf.all.forwarding */
	uint8_t default_ttl;            /* net.ipv4.ip_default_ttl */
	uint8_t hop_limit;              /* net.ipv6.conf.all.hop_limit */
	bool arp_probe;                 /* RFC 5227: probe before use, defend after */
	bool accept_ra, optimistic_dad; /* net.ipv6.conf.default: of interfaces made from then on */
	bool tso;                       /* TCP leaves the cutting of segments to the link */
	bool gro;                       /* IP joins the segments of a burst */
	bool icmp_echo_ignore_all;
	bool icmp_echo_ignore_broadcasts;
	uint16_t port_min, port_max; /* net.ipv4.ip_local_port_range */
	uint32_t rmem_default, rmem_max, wmem_default, wmem_max;
	uint32_t neighbours_max; /* gc_thresh3 */
	uint32_t reassembly_max; /* bytes: ipfrag_high_thresh */
};

struct px_config {
	const struct px_allocator *allocator; /* NULL: malloc */
	size_t mem_limit;                     /* bytes; 0: PX_MEM_DEFAULT */
	const uint64_t *seed;                 /* two words; NULL: from the kernel */
	px_time now;
};

/* Sees each frame, in and out (PX_PKT_OUTGOING), on lo in both directions; borrows it. Its start,
 * l2 and l3 are set; a checksum may still be partial. */
struct px_tap {
	struct list node; /* px_stack.taps */
	void (*frame)(struct px_tap *tap, struct px_stack *stack, struct px_pkt *frame);
};

struct neighbour_table;
struct ip_state;
struct ip_retirements;
struct udp_state;
struct tcp_state;
struct raw_state;
struct packet_state;
struct socket_state;
struct netlink_state;

struct px_stack {
	struct px_mem *mem;
	px_time now;             /* of the entry under way */
	int64_t realtime_offset; /* to the clock of the day: for time stamps; the runtime sets it */
	struct px_random random;
	struct timerq timers;

	struct list ifaces; /* by index */
	uint32_t iface_count;
	struct px_iface *lo;
	struct px_table addresses;
	struct px_fib fib;
	bool in_burst; /* px_input has more than one frame */
	/* Changes with every change of interfaces, addresses, routes: what was derived from them
	 * is derived again. */
	uint32_t generation;

	struct list tx_pending;  /* interfaces with output: px_iface.tx_node */
	struct px_pktq loopback; /* to ourselves; delivered by px_run */
	struct list deferred;
	struct px_options options;
	struct px_stats stats;

	const struct px_layer *layers[PX_LAYERS_MAX];
	unsigned int layer_count;

	/* Upwards. NULL while nobody attached. */
	void (*ip4_input)(struct px_stack *stack, struct px_pkt *pkt);
	void (*ip6_input)(struct px_stack *stack, struct px_pkt *pkt);
	void (*burst_end)(struct px_stack *stack); /* px_input has given its frames */
	struct list taps;                          /* struct px_tap.node */
	/* ND: ask for the link-layer address of a neighbour (link/neighbour.h). */
	void (*nd_solicit)(struct px_iface *iface, const struct px_ip *target,
	    const struct px_ip *source, const uint8_t *unicast_mac);
	/* A packet whose next hop did not answer; takes it. */
	void (*unreachable)(struct px_stack *stack, struct px_pkt *pkt);
	/* Whether `gateway` is believed reachable, for the choice among default routers. */
	bool (*gateway_usable)(const struct px_iface *iface, const struct px_ip *gateway);

	struct neighbour_table *neighbours;
	struct ip_state *ip;
	struct ip_retirements *retired; /* ip/retired.c; NULL: no address is */
	struct udp_state *udp;
	struct tcp_state *tcp;
	struct raw_state *raw;
	struct packet_state *packet;
	struct socket_state *sockets;
	struct netlink_state *netlink;
	void *owner; /* the runtime's */
};

/* A stack of this layer alone: no interface. socket/ makes whole ones (px_open). 0 or -errno. */
int px_stack_new(const struct px_config *config, struct px_stack **stack);

/* Detaches the layers in reverse order, frees everything. */
void px_stack_free(struct px_stack *stack);

/* Frames that arrived on `iface`; takes them. */
void px_input(struct px_stack *stack, struct px_iface *iface, struct px_pkt **frames,
    unsigned int count, px_time now);

/* The time of what follows; one that lies before the stack's is ignored. For who is about to make
 * socket calls, which know no time but this. */
void px_set_time(struct px_stack *stack, px_time now);

/* Runs due timers, packets to the stack itself, and what was put off. Ends every entry. */
void px_run(struct px_stack *stack, px_time now);

/* Queues a network packet (ethertype set) to come back as input on `iface`; takes it. Delivered by
 * px_run, or dropped when the queue is as long as a transmit queue may be. */
void px_loopback(struct px_stack *stack, struct px_pkt *pkt, struct px_iface *iface);

/* Taps may be added and removed at any time but from `frame`. */
void px_tap_add(struct px_stack *stack, struct px_tap *tap);
void px_tap_remove(struct px_tap *tap);
void px_tap_show(struct px_stack *stack, struct px_pkt *frame);

/* Nobody looks, nobody pays. */
static inline bool px_tapped(const struct px_stack *stack)
{
	return !list_is_empty(&stack->taps);
}

/* Whether px_run would find nothing to do, and there is nothing to send. */
static inline bool px_is_settled(const struct px_stack *stack)
{
	return !stack->loopback.first && list_is_empty(&stack->deferred) &&
	       list_is_empty(&stack->tx_pending) && timerq_next_deadline(&stack->timers) > stack->now;
}

/* When px_run is wanted; PX_TIME_NEVER. At the current time if it is wanted at once. */
px_time px_deadline(const struct px_stack *stack);

/* Puts off work to px_run; already put off: nothing. */
void px_defer(struct px_stack *stack, struct px_deferred *deferred);
void px_undefer(struct px_deferred *deferred);

static inline void px_deferred_init(
    struct px_deferred *deferred, void (*fn)(struct px_stack *, struct px_deferred *))
{
	list_init(&deferred->node);
	deferred->fn = fn;
}

/* A packet buffer with the usual head room. */
static inline struct px_pkt *px_pkt_alloc(struct px_stack *stack, size_t room)
{
	return px_pkt_new(stack->mem, PX_PKT_HEADROOM, room);
}

#endif
