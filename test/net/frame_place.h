/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a program that plays very many hosts sends and receives whole Ethernet frames: a VDE
 * network, or an interface of this network namespace. Sending is patient and never loses a frame;
 * what cannot be opened ends the program. */
#ifndef FRAME_PLACE_H
#define FRAME_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_PLACE_SECOND UINT64_C(1000000000)

struct frame_place {
	struct vdelink *net; /* one of both */
	int packet_fd;
};

/* `name` is a VDE network (with "://"), else an interface, of which frames of this EtherType are
 * received. `who` is what the network shows. */
void frame_place_open(
    struct frame_place *place, const char *name, const char *who, uint16_t ethertype);
void frame_place_close(struct frame_place *place);

void frame_place_send(struct frame_place *place, const uint8_t *frame, size_t len);

/* All that is there. */
void frame_place_receive(struct frame_place *place, void (*take)(const uint8_t *frame, size_t len));
/* Until something is there, or it is that late; UINT64_MAX: however long that takes. */
void frame_place_wait(const struct frame_place *place, uint64_t until);

/* Of the monotonic clock, in nanoseconds. */
uint64_t frame_place_now(void);

#endif
