/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of joining share: a burst of frames, and what comes of it. */
#ifndef OFFLOAD_BURSTS_H
#define OFFLOAD_BURSTS_H

#include <offload.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_tun.h>
#include <cmocka.h>

#include "packets.h"

#define ALL_OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | 0x20 | 0x40)
#define BURST_MAX    256

/* The frames of a burst, each in memory of its own size. */
struct frame {
	unsigned char *bytes;
	size_t len;
	unsigned int flow; /* random test only */
};

static struct frame burst[BURST_MAX];
static unsigned int burst_count;

/* What was emitted, in order. */
struct emitted {
	unsigned char *bytes;
	size_t len;
	unsigned int frames;
	struct virtio_net_hdr hdr;
};

static struct emitted emitted[BURST_MAX];
static unsigned int emitted_count;
static struct offload_join *join;

static inline void add_frame(const unsigned char *bytes, size_t len)
{
	struct frame *frame = &burst[burst_count++];

	assert_true(burst_count <= BURST_MAX);
	frame->bytes = malloc(len ? len : 1);
	assert_non_null(frame->bytes);
	memcpy(frame->bytes, bytes, len);
	frame->len = len;
}

static inline void add_packet(struct packet packet)
{
	static unsigned char frame[PACKET_MAX];

	add_frame(frame, packet_build(frame, &packet));
}

static inline void collect(void *arg, struct offload_packet *packet)
{
	struct emitted *e = &emitted[emitted_count++];

	assert_ptr_equal(arg, &burst_count);
	assert_true(emitted_count <= BURST_MAX);
	assert_true(packet->iovs >= 2 && packet->iovs <= 1 + OFFLOAD_JOIN_PIECES);
	assert_int_equal(packet->iovs, 1 + packet->frames);
	assert_ptr_equal(packet->iov[0].iov_base, &packet->hdr);
	assert_int_equal(packet->iov[0].iov_len, sizeof(packet->hdr));
	e->hdr = packet->hdr;
	e->frames = packet->frames;
	e->len = 0;
	e->bytes = malloc(packet->len ? packet->len : 1);
	assert_non_null(e->bytes);
	for (unsigned int i = 1; i < packet->iovs; i++) {
		assert_true(e->len + packet->iov[i].iov_len <= packet->len);
		memcpy(e->bytes + e->len, packet->iov[i].iov_base, packet->iov[i].iov_len);
		e->len += packet->iov[i].iov_len;
	}
	assert_int_equal(e->len, packet->len);
}

static inline void run_burst(unsigned int offloads)
{
	offload_join_init(join, offloads);
	for (unsigned int i = 0; i < burst_count; i++)
		offload_join_frame(join, burst[i].bytes, burst[i].len, collect, &burst_count);
	offload_join_flush(join, collect, &burst_count);
}

static inline int forget(void **state)
{
	while (burst_count > 0)
		free(burst[--burst_count].bytes);
	while (emitted_count > 0)
		free(emitted[--emitted_count].bytes);
	return 0;
}

static inline struct packet packet_of_kind(unsigned int kind)
{
	struct packet packet = packet_default;

	packet.ipv6 = kind & 1;
	packet.udp = kind & 2;
	return packet;
}

static inline int set_up(void **state)
{
	join = malloc(offload_join_size());
	return join ? 0 : -1;
}

static inline int tear_down(void **state)
{
	free(join);
	return 0;
}

#endif
