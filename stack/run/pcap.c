/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in a file: pcapng (draft-ietf-opsawg-pcapng), which names the interfaces and tells what
 * was sent from what was received. All have link type Ethernet: lo's frames carry a header of
 * zeros, as Linux's do, and are recorded once, when they come back, as by tcpdump(8). A checksum
 * that the stack left out (on lo) is filled in.
 *
 * Blocks are gathered, and written when there are many or when the oldest has waited FLUSH_TIME:
 * that is what a crash loses. Files are written under the stack's lock, which waits for the disk
 * rather than lose frames. A FIFO (`wireshark -k -i FIFO`) whose reader is slow loses frames: it
 * is never waited for. After an error the record ends, at the last block that is whole.
 *
 * In a forked child nothing is written: the buffer is this file's, not stdio's.
 */
#include "pcap.h"

#include "checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FLUSH_TIME  (100 * PX_MSEC)
#define FLUSH_BYTES (64 << 10)
#define BUFFER_SIZE (512 << 10) /* for a FIFO; several of the largest frames */

/* draft-ietf-opsawg-pcapng section 4 */
#define BLOCK_SECTION      0x0a0d0d0a
#define BLOCK_INTERFACE    1
#define BLOCK_PACKET       6
#define BYTE_ORDER_MAGIC   0x1a2b3c4d
#define LINKTYPE_ETHERNET  1
#define OPTION_END         0
#define OPTION_IF_NAME     2
#define OPTION_IF_TSRESOL  9
#define OPTION_EPB_FLAGS   2
#define DIRECTION_INBOUND  1
#define DIRECTION_OUTBOUND 2
#define PACKET_OVERHEAD    44 /* of a packet's block, beside the frame and its padding */

/* An interface that the file has told of: its place is its number. */
struct pcap_iface {
	uint32_t index;
	char name[IFNAMSIZ];
};

struct pcap {
	struct px_tap tap;
	struct px_timer timer;
	struct px_stack *stack;
	int fd;
	bool failed;
	off_t whole; /* bytes written so far, when they were whole blocks */
	struct pcap_iface *ifaces;
	uint32_t iface_count;
	struct pcap_count count;
	size_t used;
	uint8_t buffer[BUFFER_SIZE];
};

/* ---- writing ---- */

/* A full disk may have taken half a block: readers take what precedes it. */
static void fail(struct pcap *pcap)
{
	pcap->failed = true;
	pcap->used = 0;
	if (ftruncate(pcap->fd, pcap->whole) < 0)
		return; /* no file */
}

/* The program knows nothing of this file: SIGPIPE (a FIFO's reader left) and SIGXFSZ (RLIMIT_FSIZE)
 * are not for it. Both come to the thread that writes, and are taken back. */
struct guard {
	sigset_t ours, before;
};

static void guard_enter(struct guard *guard)
{
	sigset_t pending;

	sigpending(&pending);
	sigemptyset(&guard->ours);
	if (sigismember(&pending, SIGPIPE) == 0)
		sigaddset(&guard->ours, SIGPIPE);
	if (sigismember(&pending, SIGXFSZ) == 0)
		sigaddset(&guard->ours, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &guard->ours, &guard->before);
}

static void guard_leave(const struct guard *guard, int err)
{
	const struct timespec now = {0};

	if (err == -EPIPE || err == -EFBIG)
		while (sigtimedwait(&guard->ours, NULL, &now) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

/* 0 or -errno; -EAGAIN: a FIFO is full. */
static int write_out(struct pcap *pcap)
{
	struct guard guard;
	size_t done = 0;
	int err = 0;

	guard_enter(&guard);
	while (done < pcap->used && !err) {
		ssize_t n = write(pcap->fd, pcap->buffer + done, pcap->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			err = -errno;
	}
	guard_leave(&guard, err);
	pcap->used -= done;
	memmove(pcap->buffer, pcap->buffer + done, pcap->used);
	if (!err)
		pcap->whole += (off_t)done;
	else if (err != -EAGAIN)
		fail(pcap);
	return err;
}

void pcap_flush(struct pcap *pcap)
{
	if (pcap && pcap->used && write_out(pcap) == -EAGAIN)
		px_timer_after(pcap->stack, &pcap->timer, FLUSH_TIME);
}

static void flush_due(struct px_stack *stack, struct px_timer *timer)
{
	pcap_flush(timerq_entry(timer, struct pcap, timer));
}

/* ---- blocks ---- */

static void put(struct pcap *pcap, const void *data, size_t len)
{
	static const uint8_t zero[4];

	memcpy(pcap->buffer + pcap->used, data, len);
	memcpy(pcap->buffer + pcap->used + len, zero, -len & 3);
	pcap->used += (len + 3) & ~(size_t)3;
}

static void put_words(struct pcap *pcap, const uint32_t *words, size_t count)
{
	put(pcap, words, count * sizeof(*words));
}

static void put_option(struct pcap *pcap, uint16_t code, const void *data, size_t len)
{
	const uint16_t head[] = {code, (uint16_t)len};

	put(pcap, head, sizeof(head));
	put(pcap, data, len);
}

static size_t begin_block(struct pcap *pcap, uint32_t type)
{
	const uint32_t head[] = {type, 0};
	size_t at = pcap->used;

	put_words(pcap, head, 2);
	return at;
}

/* The length stands at both ends. */
static void end_block(struct pcap *pcap, size_t at)
{
	uint32_t len = (uint32_t)(pcap->used - at) + 4;

	memcpy(pcap->buffer + at + 4, &len, sizeof(len));
	put_words(pcap, &len, 1);
}

static void put_section(struct pcap *pcap)
{
	const uint32_t head[] = {BYTE_ORDER_MAGIC, 1 /* version 1.0 */, UINT32_MAX, UINT32_MAX};
	const uint16_t version[] = {1, 0};
	size_t at = begin_block(pcap, BLOCK_SECTION);

	put_words(pcap, head, 4);
	memcpy(pcap->buffer + at + 12, version, sizeof(version));
	end_block(pcap, at);
}

static void put_interface(struct pcap *pcap, const struct pcap_iface *iface)
{
	const uint16_t linktype[] = {LINKTYPE_ETHERNET, 0};
	const uint8_t nanoseconds = 9;
	const uint32_t snaplen = PX_PKT_MAX;
	size_t at = begin_block(pcap, BLOCK_INTERFACE);

	put(pcap, linktype, sizeof(linktype));
	put_words(pcap, &snaplen, 1);
	put_option(pcap, OPTION_IF_NAME, iface->name, strlen(iface->name));
	put_option(pcap, OPTION_IF_TSRESOL, &nanoseconds, 1);
	put_option(pcap, OPTION_END, "", 0);
	end_block(pcap, at);
}

/* The interface's number in the file; one that has a new name is told of again. -1: no memory. */
static int number_of(struct pcap *pcap, const struct px_iface *iface)
{
	struct pcap_iface *grown, *told;

	for (uint32_t i = pcap->iface_count; i-- > 0;) {
		if (pcap->ifaces[i].index == iface->index && strcmp(pcap->ifaces[i].name, iface->name) == 0)
			return (int)i;
	}
	grown = reallocarray(pcap->ifaces, pcap->iface_count + 1, sizeof(*grown));
	if (!grown)
		return -1;
	pcap->ifaces = grown;
	told = &grown[pcap->iface_count];
	told->index = iface->index;
	memcpy(told->name, iface->name, sizeof(told->name));
	put_interface(pcap, told);
	return (int)pcap->iface_count++;
}

/* ---- frames ---- */

static void complete_checksum(const struct px_pkt *frame, uint8_t *bytes)
{
	size_t start = frame->csum_start - px_pkt_here(frame);
	uint16_t sum;

	if (!(frame->flags & PX_PKT_CSUM_PARTIAL) || start + frame->csum_offset + 2 > frame->total)
		return;
	sum = checksum_finish(checksum_add(0, bytes + start, frame->total - start));
	if (sum == 0 && frame->protocol == IPPROTO_UDP) /* RFC 768 */
		sum = 0xffff;
	memcpy(bytes + start + frame->csum_offset, &sum, sizeof(sum));
}

static void put_frame(struct pcap *pcap, const struct px_pkt *frame, uint32_t number)
{
	const uint32_t direction =
	    frame->flags & PX_PKT_OUTGOING ? DIRECTION_OUTBOUND : DIRECTION_INBOUND;
	size_t at = begin_block(pcap, BLOCK_PACKET), bytes;
	struct timespec now;
	uint64_t time;

	clock_gettime(CLOCK_REALTIME, &now);
	time = (uint64_t)now.tv_sec * PX_SEC + (uint64_t)now.tv_nsec;
	put_words(pcap,
	    (const uint32_t[]){
	        number, (uint32_t)(time >> 32), (uint32_t)time, frame->total, frame->total},
	    5);
	bytes = pcap->used;
	memset(pcap->buffer + bytes + (frame->total & ~3u), 0, 4);
	px_pkt_read(frame, 0, pcap->buffer + bytes, frame->total);
	complete_checksum(frame, pcap->buffer + bytes);
	pcap->used += (frame->total + 3u) & ~(size_t)3;
	put_option(pcap, OPTION_EPB_FLAGS, &direction, sizeof(direction));
	put_option(pcap, OPTION_END, "", 0);
	end_block(pcap, at);
	pcap->count.frames++;
}

static void record(struct px_tap *tap, struct px_stack *stack, struct px_pkt *frame)
{
	struct pcap *pcap = (struct pcap *)(void *)((char *)tap - offsetof(struct pcap, tap));
	size_t most = frame->total + 4 + PACKET_OVERHEAD + 64 /* an interface's block */;
	int number;

	if (pcap->failed || (px_iface_is_loopback(frame->iface) && (frame->flags & PX_PKT_OUTGOING)))
		return;
	if (pcap->used + most > BUFFER_SIZE)
		write_out(pcap);
	number = pcap->used + most > BUFFER_SIZE || pcap->failed ? -1 : number_of(pcap, frame->iface);
	if (number < 0) {
		pcap->count.drops++;
		return;
	}
	put_frame(pcap, frame, (uint32_t)number);
	if (pcap->used >= FLUSH_BYTES)
		pcap_flush(pcap);
	if (pcap->used && !px_timer_pending(&pcap->timer))
		px_timer_after(stack, &pcap->timer, FLUSH_TIME);
}

struct pcap_count pcap_count(const struct pcap *pcap)
{
	return pcap->count;
}

/* ---- life ---- */

int pcap_open(const char *path, struct pcap **result)
{
	struct pcap *pcap = malloc(sizeof(*pcap));
	int err;

	if (!pcap)
		return -ENOMEM;
	memset(pcap, 0, offsetof(struct pcap, buffer)); /* pages of the buffer cost when used */
	px_timer_init(&pcap->timer, flush_due);
	list_init(&pcap->tap.node);
	pcap->tap.frame = record;
	/* What it records may be secret. Not blocking: of a FIFO without reader, ENXIO. */
	pcap->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (pcap->fd < 0) {
		err = -errno;
		goto free_pcap;
	}
	put_section(pcap);
	err = write_out(pcap);
	if (err)
		goto close_file;
	*result = pcap;
	return 0;

close_file:
	close(pcap->fd);
free_pcap:
	free(pcap);
	return err;
}

void pcap_start(struct pcap *pcap, struct px_stack *stack)
{
	pcap->stack = stack;
	px_tap_add(stack, &pcap->tap);
}

void pcap_close(struct pcap *pcap)
{
	if (!pcap)
		return;
	if (pcap->stack) {
		px_tap_remove(&pcap->tap);
		px_timer_stop(pcap->stack, &pcap->timer);
	}
	if (pcap->used)
		write_out(pcap);
	close(pcap->fd);
	free(pcap->ifaces);
	free(pcap);
}
