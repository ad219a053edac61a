/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface on a VDE network: packets to and from lib/vdelink, in bursts.
 *
 * Packets to receive into are made before a burst and kept if nothing came; their number follows
 * what comes, so that an idle interface keeps few. A small frame gets a packet of its size, and
 * the large one is received into again: to copy a hundred bytes takes less time than to allocate
 * two thousand, and who queues it does not keep them.
 */
#include "cut.h"
#include "driver.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <net/ethernet.h>

#include "vdelink.h"

#define ROOM_EXTRA  (ETHER_HDR_LEN + 4) /* header and one tag */
#define BATCH_MIN   2
#define COPY_MAX    512
#define BATCH_BYTES (256 << 10) /* received at once: they are to be read from a cache yet */

struct vde_port {
	struct vdelink *link;
	struct px_mem *mem;
	size_t room;
	unsigned int batch, batch_max; /* to ask for */
	unsigned int spare_count;
	struct px_pkt *spare[PX_BURST];
};

static void set_mtu(void *link, uint32_t mtu)
{
	struct vde_port *port = link;

	port->room = (mtu < ETHERMTU ? ETHERMTU : mtu) + ROOM_EXTRA;
	port->batch = BATCH_MIN;
	port->batch_max = (unsigned int)(BATCH_BYTES / port->room);
	if (port->batch_max > PX_BURST)
		port->batch_max = PX_BURST;
	while (port->spare_count)
		px_pkt_free(port->spare[--port->spare_count]);
}

static int vde_port_open(const struct px_link_config *config, void **link)
{
	struct vde_port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return -ENOMEM;
	err = vdelink_open(config->vnl, "picox", &port->link);
	if (err) {
		free(port);
		return err;
	}
	port->mem = config->mem;
	set_mtu(port, ETHERMTU);
	*link = port;
	return 0;
}

static void vde_port_close(void *link)
{
	struct vde_port *port = link;

	while (port->spare_count)
		px_pkt_free(port->spare[--port->spare_count]);
	vdelink_close(port->link);
	free(port);
}

static void vde_port_settle(const void *link)
{
	vdelink_settle(((const struct vde_port *)link)->link);
}

/* No memory for packets: frames are taken off the network and dropped, or else its descriptor would
 * stay readable. */
static void drop_burst(struct vde_port *port)
{
	struct iovec none[PX_BURST] = {0};

	vdelink_recv(port->link, none, PX_BURST);
}

/* A packet of its own for a small frame. NULL: it is not small, or there is no memory. */
static struct px_pkt *copy_small(const struct vde_port *port, const struct iovec *frame)
{
	struct px_pkt *pkt = NULL;

	if (frame->iov_len <= COPY_MAX)
		pkt = px_pkt_new(port->mem, PX_PKT_HEADROOM, frame->iov_len);
	if (pkt)
		memcpy(px_pkt_put(pkt, frame->iov_len), frame->iov_base, frame->iov_len);
	return pkt;
}

/* The packets of `count` frames, which lie in spare ones. */
static void take_frames(
    struct vde_port *port, const struct iovec *frame, unsigned int count, struct px_pkt **pkts)
{
	unsigned int taken = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int at = taken;

		pkts[i] = copy_small(port, &frame[i]);
		if (pkts[i])
			continue;
		/* The link may have exchanged rooms: find whose this is. */
		while (port->spare[at]->data != frame[i].iov_base)
			at++;
		pkts[i] = port->spare[at];
		port->spare[at] = port->spare[taken++];
		px_pkt_put(pkts[i], frame[i].iov_len);
	}
	port->spare_count -= taken;
	for (unsigned int i = 0; taken && i < port->spare_count; i++)
		port->spare[i] = port->spare[i + taken];
}

static unsigned int vde_port_receive(void *link, struct px_pkt **pkts, unsigned int max)
{
	struct vde_port *port = link;
	struct iovec frame[PX_BURST];
	unsigned int wanted = port->batch < max ? port->batch : max, count;

	while (port->spare_count < wanted) {
		struct px_pkt *pkt = px_pkt_new(port->mem, PX_PKT_HEADROOM, port->room);
		if (!pkt)
			break;
		port->spare[port->spare_count++] = pkt;
	}
	if (wanted > port->spare_count)
		wanted = port->spare_count;
	if (wanted == 0) {
		drop_burst(port);
		return 0;
	}
	for (unsigned int i = 0; i < wanted; i++) {
		frame[i].iov_base = port->spare[i]->data;
		frame[i].iov_len = port->room;
	}
	count = vdelink_recv(port->link, frame, wanted);
	take_frames(port, frame, count, pkts);
	if (wanted < port->batch)
		return count; /* nobody wanted more */
	if (count == wanted && port->batch < port->batch_max)
		port->batch = port->batch * 2 < port->batch_max ? port->batch * 2 : port->batch_max;
	else if (count < wanted / 4 && port->batch > BATCH_MIN)
		port->batch /= 2;
	while (port->spare_count > port->batch)
		px_pkt_free(port->spare[--port->spare_count]);
	return count;
}

/* Frames to be sent at once, and what they are made of. */
struct outgoing {
	unsigned int count;
	unsigned int of[PX_BURST]; /* which packet */
	struct vdelink_frame frame[PX_BURST];
	struct iovec piece[PX_BURST][CUT_PIECES_MAX];
	uint8_t header[PX_BURST][CUT_HEADER_MAX]; /* of super-segments' frames */
	struct cut cut;
};

/* Describes the next frames; *next is the packet that comes behind them, or has more of them. */
static void describe(
    struct outgoing *out, struct px_pkt *const *pkts, unsigned int count, unsigned int *next)
{
	for (out->count = 0; out->count < PX_BURST && *next < count; out->count++) {
		const struct px_pkt *pkt = pkts[*next];
		struct vdelink_frame *frame = &out->frame[out->count];
		struct iovec *piece = out->piece[out->count];

		frame->piece = piece;
		out->of[out->count] = *next;
		if (!pkt->segment) {
			frame->pieces = px_pkt_iov(pkt, 0, piece);
			++*next;
			continue;
		}
		if (out->cut.pkt != pkt)
			cut_begin(&out->cut, pkt);
		frame->pieces = cut_next(&out->cut, out->header[out->count], piece);
		*next += cut_ended(&out->cut);
	}
}

/* No more than `sent` frames went: the packet that the next one is of stands for the rest from now
 * on. Returns which one that is. */
static unsigned int keep_rest(
    const struct outgoing *out, struct px_pkt *const *pkts, unsigned int next, unsigned int sent)
{
	unsigned int at = out->of[sent];
	struct px_pkt *pkt = pkts[at];
	unsigned int gone;

	if (!pkt->segment)
		return at;
	gone = at < next ? px_pkt_frames(pkt) : out->cut.done / pkt->segment; /* as described */
	for (unsigned int i = sent; i < out->count && out->of[i] == at; i++)
		gone--;
	cut_advance(pkt, gone);
	return at;
}

static unsigned int vde_port_send(void *link, struct px_pkt *const *pkts, unsigned int count)
{
	struct vde_port *port = link;
	struct outgoing out;
	unsigned int next = 0;

	out.cut.pkt = NULL;
	while (next < count) {
		unsigned int sent;

		describe(&out, pkts, count, &next);
		sent = vdelink_send(port->link, out.frame, out.count);
		if (sent < out.count)
			return keep_rest(&out, pkts, next, sent);
	}
	return count;
}

static void vde_port_want_write(void *link, bool want)
{
	vdelink_want_write(((struct vde_port *)link)->link, want);
}

static int vde_port_wait(const void *link, const struct timespec *timeout)
{
	static_assert((int)PX_LINK_FRAMES == (int)VDELINK_FRAMES &&
	                  (int)PX_LINK_EVENTS == (int)VDELINK_EVENTS &&
	                  (int)PX_LINK_WOKEN == (int)VDELINK_WOKEN,
	    "the same words");
	return vdelink_wait(((const struct vde_port *)link)->link, timeout);
}

static int vde_port_wake(void *link, int fd)
{
	return vdelink_set_wake(((struct vde_port *)link)->link, fd);
}

static bool vde_port_doze_begin(void *link, struct px_doze *doze)
{
	struct vde_port *port = link;

	doze->fd = vdelink_doze_begin(port->link);
	if (doze->fd < 0)
		return false;
	doze->size = port->room;
	doze->room = port->spare_count ? port->spare[--port->spare_count]
	                               : px_pkt_new(port->mem, PX_PKT_HEADROOM, port->room);
	if (!doze->room)
		vdelink_doze_end(port->link, NULL, -EINTR);
	return doze->room;
}

static ssize_t vde_port_doze(const struct px_doze *doze, bool wait)
{
	const struct iovec frame = {doze->room->data, doze->size};

	return vdelink_doze(doze->fd, &frame, wait);
}

static struct px_pkt *vde_port_doze_end(void *link, struct px_doze *doze, ssize_t result)
{
	struct vde_port *port = link;
	struct px_pkt *room = doze->room, *pkt = NULL;
	struct iovec frame = {room->data, doze->size};

	doze->room = NULL;
	if (vdelink_doze_end(port->link, &frame, result)) {
		pkt = copy_small(port, &frame);
		if (!pkt) {
			px_pkt_put(room, frame.iov_len);
			return room;
		}
	}
	/* The MTU may have changed meanwhile. */
	if (doze->size == port->room && port->spare_count < PX_BURST)
		port->spare[port->spare_count++] = room;
	else
		px_pkt_free(room);
	return pkt;
}

static void vde_port_watch(void *link)
{
	vdelink_watch(((struct vde_port *)link)->link);
}

static int vde_port_fd(const void *link)
{
	return vdelink_fd(((const struct vde_port *)link)->link);
}

static bool vde_port_up(const void *link)
{
	return vdelink_state(((const struct vde_port *)link)->link) == VDELINK_UP;
}

static px_time vde_port_deadline(const void *link)
{
	return vdelink_deadline(((const struct vde_port *)link)->link);
}

static void vde_port_poll(void *link, px_time now)
{
	vdelink_poll(((struct vde_port *)link)->link, now);
}

static uint32_t vde_port_caps(const void *link)
{
	size_t max = vdelink_frame_max(((const struct vde_port *)link)->link);

	return PX_LINK_CUT | (max >= VDELINK_FRAME_MAX ? PX_LINK_JUMBO : 0);
}

const struct px_link_ops link_vde = {
    .name = "vde",
    .open = vde_port_open,
    .close = vde_port_close,
    .settle = vde_port_settle,
    .receive = vde_port_receive,
    .send = vde_port_send,
    .want_write = vde_port_want_write,
    .wait = vde_port_wait,
    .wake = vde_port_wake,
    .doze_begin = vde_port_doze_begin,
    .doze = vde_port_doze,
    .doze_end = vde_port_doze_end,
    .watch = vde_port_watch,
    .fd = vde_port_fd,
    .up = vde_port_up,
    .deadline = vde_port_deadline,
    .poll = vde_port_poll,
    .set_mtu = set_mtu,
    .caps = vde_port_caps,
};
