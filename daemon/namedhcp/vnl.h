/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A VDE network in the loop: frames, in bursts. A network that is lost is opened again (vdelink.h);
 * who uses it is told. */
#ifndef NAMEDHCP_VNL_H
#define NAMEDHCP_VNL_H

#include <stdint.h>
#include <string.h>

#include "loop.h"

#define VNL_HEADER     14
#define VNL_FRAME_MAX  1514
#define VNL_PACKET_MAX (VNL_FRAME_MAX - VNL_HEADER)

struct vdelink;
struct vnl;

struct vnl_ops {
	/* A frame of at least VNL_HEADER bytes that has been sent to us, a group or all. */
	void (*frame)(struct vnl *vnl, const uint8_t *frame, size_t len);
	void (*changed)(struct vnl *vnl, bool is_up);
};

struct vnl {
	const struct vnl_ops *ops;
	struct loop *loop;
	struct vdelink *link;
	struct loop_source source;
	struct loop_timer timer;
	bool is_up, has_random_mac;
	uint8_t mac[6];
	uint8_t (*room)[2048]; /* for a burst */
};

/* `mac` NULL: a random one. 0 or -errno, which has been logged. */
int vnl_open(struct vnl *vnl, struct loop *loop, const char *name, const char *description,
    const uint8_t *mac, const struct vnl_ops *ops);
void vnl_close(struct vnl *vnl);
/* Locally administered, of no group: another random address. */
void vnl_make_mac(struct vnl *vnl);

/* The packet of a frame that was begun in `frame` is `len` bytes long. 0 or -errno. */
int vnl_send(
    struct vnl *vnl, uint8_t *frame, const uint8_t destination[6], uint16_t ethertype, size_t len);

/* Is it from our own MAC address? It has come back then, or is a twin's, which has the same. */
static inline bool vnl_is_own(const struct vnl *vnl, const uint8_t *frame)
{
	return memcmp(frame + 6, vnl->mac, 6) == 0;
}

static inline uint16_t vnl_ethertype(const uint8_t *frame)
{
	return (uint16_t)(frame[12] << 8 | frame[13]);
}

#endif
