/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One line: frames from the port to the network, and from the network to the port.
 *
 * To the network: packets are read until none is waiting or the room is full, cut, and sent in one
 * burst. If the network takes only a part, the line keeps the rest (`waiting`), stops reading its
 * port, and asks the link to say when there is room: back-pressure, which reaches the sender
 * through the kernel's queue of the port.
 *
 * To the kernel: frames are received until none is waiting or the rooms are full, joined, and
 * written. What the joiner holds is written as soon as the network is empty: nothing waits for a
 * later frame.
 *
 * Both return to the loop after a bounded amount of work; what is left makes the descriptor
 * readable again, so no line and no direction starves another.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <linux/if_tun.h>

#include "relay_internal.h"

#define BURSTS_MAX   4 /* to the network, in one visit */
#define DRAIN_VISITS 64

/* A visit that met so many packets or frames is bulk traffic: the next one expects more of it. The
 * others are tuned to the round trip of a lone packet, where each call counts. */
#define BULK 4

/* Where visits keep meeting one packet or frame, whether there is a second one is left to poll; but
 * now and then it is asked, so that a burst of small ones is found out. */
#define LONE_VISITS 4
#define LONE_ASK    8

static void watch_port(struct relay_line *line, bool watch)
{
	if (line->port_dead || line->port_watched == watch)
		return;
	if (line->direct || relay_watch(line, true, watch ? (uint32_t)EPOLLIN : 0, EPOLL_CTL_MOD) == 0)
		line->port_watched = watch;
}

/* The namespace is gone, or the interface was deleted in it: there is nothing more to read. */
static void port_died(struct relay_line *line)
{
	if (!line->direct)
		relay_watch(line, true, 0, EPOLL_CTL_DEL);
	line->port_dead = true;
}

static struct outgoing *outgoing_take(struct relay *relay)
{
	struct outgoing *outgoing = relay->spare;

	if (outgoing == NULL)
		return malloc(sizeof *outgoing);
	relay->spare = outgoing->next;
	return outgoing;
}

static void outgoing_give(struct relay *relay, struct outgoing *outgoing)
{
	/* One is kept; more were needed only while several lines waited. */
	if (relay->spare != NULL) {
		free(outgoing);
		return;
	}
	outgoing->next = NULL;
	relay->spare = outgoing;
}

static void outgoing_reset(struct outgoing *outgoing)
{
	outgoing->out.count = 0;
	outgoing->out.used = 0;
	outgoing->sent = 0;
	if (!outgoing->cutting)
		outgoing->used = 0;
}

/* Reads one packet into the room and prepares to cut it. False: none is waiting. */
static bool read_packet(struct relay_line *line, struct outgoing *outgoing)
{
	unsigned char *frame = NULL;
	struct virtio_net_hdr hdr;
	ssize_t len;

	for (;;) {
		len = line->port_ops->read(line->port.fd, &hdr, outgoing->room + outgoing->used, &frame);
		if (len > 0 && line->gate != NULL && !line->gate->lets_out(line->gate, frame, (size_t)len))
			continue;
		if (len != -EMSGSIZE)
			break;
		line_count_add(&line->to_network_dropped, 1);
	}
	if (len <= 0) {
		if (len < 0)
			port_died(line);
		return false;
	}
	offload_cut_init(&outgoing->cut, &hdr, frame, (size_t)len);
	outgoing->cutting = true;
	outgoing->used +=
	    ((size_t)(frame - (outgoing->room + outgoing->used)) + (size_t)len + 63) & ~(size_t)63;
	return true;
}

static bool expect_lone(unsigned int lone_visits)
{
	return lone_visits >= LONE_VISITS && lone_visits % LONE_ASK != 0;
}

/* Reads and cuts until there is a burst. False: the port is empty. */
static bool outgoing_fill(struct relay_line *line, struct outgoing *outgoing, unsigned int *packets)
{
	for (;;) {
		bool bad = false;

		if (!outgoing->cutting) {
			if (sizeof outgoing->room - outgoing->used < PACKET_ROOM)
				return true;
			if ((*packets == 1 && expect_lone(line->lone_packets)) || !read_packet(line, outgoing))
				return false;
			++*packets;
		}
		if (!offload_cut_run(&outgoing->cut, &outgoing->out, &bad))
			return true;
		outgoing->cutting = false;
		if (bad)
			line_count_add(&line->to_network_dropped, 1);
	}
}

/* Sends what was cut. False: the network is full. */
static bool outgoing_send(struct relay_line *line, struct outgoing *outgoing)
{
	struct vdelink_frame frames[OFFLOAD_FRAMES_MAX];
	const struct offload_out *out = &outgoing->out;
	unsigned int count = out->count - outgoing->sent, taken;
	uint64_t bytes = 0;

	if (count == 0)
		return true;
	for (unsigned int i = 0; i < count; i++) {
		frames[i].piece = out->piece[outgoing->sent + i];
		frames[i].pieces = out->pieces[outgoing->sent + i];
	}
	taken = vdelink_send(line->link, frames, count);
	for (unsigned int i = 0; i < taken; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): taken <= count */
		for (unsigned int j = 0; j < frames[i].pieces; j++)
			bytes += frames[i].piece[j].iov_len;
	line_count_add(&line->to_network_frames, taken);
	line_count_add(&line->to_network_bytes, bytes);
	outgoing->sent += taken;
	return taken == count;
}

/* Goes on with `outgoing` until the port is empty, the network full, or the visit long enough.
 * True: the network is full. */
static bool outgoing_run(struct relay_line *line, struct outgoing *outgoing)
{
	unsigned int packets = 0;

	for (int bursts = 0;; bursts++) {
		bool more;

		if (!outgoing_send(line, outgoing))
			return true;
		outgoing_reset(outgoing);
		/* A packet that is half cut cannot be left lying. */
		if (bursts >= BURSTS_MAX && !outgoing->cutting)
			return false;
		more = outgoing_fill(line, outgoing, &packets);
		if (more)
			continue;
		line->lone_packets = packets == 1 ? line->lone_packets + 1 : 0;
		if (outgoing->out.count == 0)
			return false;
		bursts = BURSTS_MAX;
	}
}

static void wait_for_room(struct relay_line *line, struct outgoing *outgoing)
{
	line->waiting = outgoing;
	watch_port(line, false);
	vdelink_want_write(line->link, true);
}

static void to_network(struct relay_line *line, struct outgoing *outgoing)
{
	if (outgoing_run(line, outgoing)) {
		if (line->waiting == NULL)
			wait_for_room(line, outgoing);
		return;
	}
	outgoing_give(line->relay, outgoing);
	if (line->waiting != NULL) {
		line->waiting = NULL;
		vdelink_want_write(line->link, false);
		watch_port(line, true);
	}
}

/* No memory: rather lose one than come back for it at once, again and again. */
static void drop_packet(struct relay_line *line)
{
	unsigned char *frame;
	struct virtio_net_hdr hdr;

	static_assert(INCOMING_ROOM >= PACKET_ROOM, "any room will do");
	if (line->port_ops->read(line->port.fd, &hdr, line->relay->incoming, &frame) != 0)
		line_count_add(&line->to_network_dropped, 1);
}

/* After the link did or saw something: its deadline, and the interface's carrier (a tap can show
 * that the cable is pulled; best effort). */
static void follow_link(struct relay_line *line)
{
	bool up = vdelink_state(line->link) == VDELINK_UP;
	int carrier = up;

	timerq_set(&line->relay->deadlines, &line->deadline, vdelink_deadline(line->link));
	if (line->carrier == up)
		return;
	line->carrier = up;
	if (line->port.kind == NETNS_PORT_TAP)
		ioctl(line->port.fd, TUNSETCARRIER, &carrier);
	/* Frames for a lost network are dropped, they do not wait. */
	if (line->waiting != NULL)
		to_network(line, line->waiting);
}

void line_port_ready(struct relay_line *line, uint32_t events)
{
	struct outgoing *outgoing;

	if (line->port_dead)
		return;
	if (line->waiting != NULL) {
		/* These are reported even to who does not want them. */
		if ((events & (EPOLLERR | EPOLLHUP)) != 0)
			port_died(line);
		return;
	}
	outgoing = outgoing_take(line->relay);
	if (outgoing == NULL) {
		drop_packet(line);
		return;
	}
	outgoing->cutting = false;
	outgoing_reset(outgoing);
	to_network(line, outgoing);
	/* A sending may be the first to notice that the network is lost, and then the last event of
	 * the link: its next attempt has to be awaited from here. */
	if ((vdelink_state(line->link) == VDELINK_UP) != line->carrier)
		follow_link(line);
}

/* What the interface has sent before it goes is still sent, as far as the network takes it at
 * once: an answer, or the word with which a client gives its lease back. */
void line_drain(struct relay_line *line)
{
	for (int visits = 0; visits < DRAIN_VISITS; visits++) {
		uint64_t before =
		    atomic_load_explicit(&line->to_network_frames.value, memory_order_relaxed);

		line_port_ready(line, 0);
		if (atomic_load_explicit(&line->to_network_frames.value, memory_order_relaxed) == before)
			return;
	}
}

/* The joiner has a packet for the kernel. */
static void emit(void *argument, struct offload_packet *packet)
{
	struct relay_line *line = argument;

	if (line->port_ops->write(line->port.fd, packet->iov, packet->iovs) < 0) {
		line_count_add(&line->to_kernel_dropped, packet->frames);
		return;
	}
	line_count_add(&line->to_kernel_frames, packet->frames);
	line_count_add(&line->to_kernel_bytes, packet->len);
	line_count_add(&line->joined, packet->frames - 1);
}

/* Returns how many frames there were. */
static unsigned int to_kernel(struct relay_line *line)
{
	struct relay *relay = line->relay;
	struct iovec frames[INCOMING_FRAMES];
	unsigned int total = 0, with_room = 0, ask, count;

	ask = expect_lone(line->lone_frames) ? 1 : line->bulk ? INCOMING_FRAMES : BULK;
	offload_join_init(relay->join, line->port.offloads);
	do {
		/* Once: vdelink_recv lets entries change places, and frames that are being joined are still
		 * where they came. */
		for (; with_room < ask; with_room++)
			frames[with_room].iov_base = relay->incoming + (size_t)with_room * INCOMING_ROOM;
		for (unsigned int i = total; i < ask; i++)
			frames[i].iov_len = VDELINK_FRAME_MAX;
		count = vdelink_recv(line->link, frames + total, ask - total);
		for (unsigned int i = total; i < total + count; i++) {
			if (line->gate != NULL &&
			    !line->gate->lets_in(line->gate, frames[i].iov_base, frames[i].iov_len))
				continue;
			offload_join_frame(relay->join, frames[i].iov_base, frames[i].iov_len, emit, line);
		}
		total += count;
		ask = INCOMING_FRAMES;
		/* After as many as that, others may have come meanwhile, and are worth a call. */
	} while (count >= BULK && total < INCOMING_FRAMES);
	line->bulk = total >= 2 * BULK;
	if (total > 0)
		line->lone_frames = total == 1 ? line->lone_frames + 1 : 0;
	offload_join_flush(relay->join, emit, line);
	return total;
}

void line_data_ready(struct relay_line *line, uint32_t events)
{
	if ((events & ~(uint32_t)EPOLLOUT) != 0)
		to_kernel(line);
	if (line->waiting != NULL)
		to_network(line, line->waiting);
	follow_link(line);
}

void line_link_ready(struct relay_line *line)
{
	unsigned int received = to_kernel(line);

	if (line->waiting != NULL)
		to_network(line, line->waiting);
	/* While frames come in, the state can wait: this saves a call for every burst. */
	if (received == 0 || line->direct)
		vdelink_poll(line->link, relay_now());
	follow_link(line);
}

void line_deadline_passed(struct relay_line *line, uint64_t now)
{
	vdelink_poll(line->link, now);
	follow_link(line);
}

void line_gate_due(struct relay_line *line, uint64_t now)
{
	uint64_t next = line->gate->due(line->gate, now);

	if (next == TIMERQ_NEVER)
		line->gate = NULL;
	timerq_set(&line->relay->gates_due, &line->gate_due, next);
}

void line_free(struct relay_line *line)
{
	free(line->waiting);
	close(line->port.fd);
	vdelink_close(line->link);
	free(line);
}
