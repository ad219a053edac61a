/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet ends: frames as they are on the link, packet(7). */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include "bpf.h"
#include "px.h"

#include <linux/if_packet.h>

int packet_attach(struct px_stack *stack);

struct packet_membership {
	struct list node;
	uint32_t ifindex;
	uint16_t type; /* PACKET_MR_* */
	uint8_t address[PX_MAC_LEN];
	unsigned int count;
};

struct packet_end {
	struct list node; /* packet_state.ends */
	struct px_stack *stack;
	bool cooked;       /* SOCK_DGRAM: without the link header */
	uint16_t protocol; /* ethertype, host order; ETH_P_ALL; 0: receives nothing */
	uint32_t ifindex;  /* 0: all */
	bool auxdata, ignore_outgoing, timestamp;
	struct px_pktq rx;
	size_t rx_truesize;
	uint32_t rcvbuf;
	uint32_t packets, drops; /* PACKET_STATISTICS */
	int error;
	struct bpf_program *filter;
	struct list memberships;
	void *socket;                                               /* the socket layer's */
	void (*event)(struct packet_end *end, unsigned int events); /* enum endpoint_event's bits */
};

int packet_new(struct px_stack *stack, bool cooked, uint16_t protocol, struct packet_end **end);
void packet_free(struct packet_end *end);

/* -ENODEV: no such interface (0 is all). */
int packet_bind(struct packet_end *end, uint16_t protocol, uint32_t ifindex);

/* Sends a frame (SOCK_RAW), or a packet to `mac` with the end's or `protocol`; takes it. */
int packet_send(struct packet_end *end, struct px_pkt *pkt, uint32_t ifindex, uint16_t protocol,
    const uint8_t *mac);

struct px_pkt *packet_take(struct packet_end *end, bool peek);

/* The address of a received one. */
void packet_name(const struct px_pkt *pkt, struct sockaddr_ll *name);

int packet_membership(struct packet_end *end, const struct packet_mreq *request, bool add);

#endif
