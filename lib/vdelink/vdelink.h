/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection to a VDE network that never blocks and moves frames in bursts.
 *
 * libvdeplug's vde_recv and vde_send handle one frame a call and ignore their flags: they block.
 * Where the plugin's data descriptor is a connected AF_UNIX datagram or seqpacket socket (vde://,
 * ptp://), this layer sets O_NONBLOCK on it and uses recvmmsg and sendmmsg. For any other plugin it
 * polls before each vde_recv and sends from a thread of its own, through a bounded queue; calls on
 * one vde connection never overlap.
 *
 * "=COMMAND" runs the command by the shell; its standard input and output carry a VDE stream, each
 * frame preceded by its length in two bytes, big-endian (vde_plug(1), dpipe(1)).
 *
 * States: UP -> LOST (control descriptor at end of file, ECONNREFUSED, ...) -> REOPENING -> UP.
 * vde_open may block for seconds, so it is called again from a short-lived thread of the link, with
 * back-off; whoever polls the link only sees its descriptor become ready.
 *
 * A link is used by one thread at a time; only vdelink_open, vdelink_close and vdelink_settle may
 * block.
 */
#ifndef VDELINK_H
#define VDELINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <sys/types.h>
#include <sys/uio.h>

#define VDELINK_FRAME_MAX 65550 /* 64 KiB and an Ethernet header with one 802.1Q tag */

struct vdelink;

enum vdelink_state {
	VDELINK_UP,
	VDELINK_LOST,      /* waiting for the next attempt */
	VDELINK_REOPENING, /* a thread is inside vde_open */
};

/* Opens `vnl` ("=command" runs a command that carries a vde stream on its stdin and stdout).
 * May block. Returns 0 and the link, or -errno; nothing is left behind on failure. */
int vdelink_open(const char *vnl, const char *description, struct vdelink **link);

/* Why vdelink_open failed with `err` (-errno), in words; cut to `size`. */
void vdelink_reason(const char *vnl, int err, char *text, size_t size);

/* Closes; ends the link's threads. One that is inside a call of libvdeplug which does not return is
 * waited for no longer than a moment; it ends, and closes what it holds, when the call returns. */
void vdelink_close(struct vdelink *link);

/* For a process that ends without closing: a switch forgets a port, and what it has not read from
 * there, when the process is gone. Waits until it has been read, but for half a second at most. */
void vdelink_settle(const struct vdelink *link);

/* Readable when vdelink_recv would return frames or the state may have changed. The descriptor
 * stays the same over a loss and a reopening (an epoll descriptor where several are to be
 * watched), so it is registered once. */
int vdelink_fd(const struct vdelink *link);
enum vdelink_state vdelink_state(const struct vdelink *link);

/* Largest frame the network carries, when known; 0 when not (then 1514 is assumed by users). */
size_t vdelink_frame_max(const struct vdelink *link);

/* Receives up to `max` frames into the room that `frames` describe; sets each iov_len to the
 * frame's length. A frame that is longer than its room, or too short to be one, is dropped and
 * counted, and the others move together: entries of `frames` change places then, so that a frame
 * is where its iov_base says, not where its index had been. Returns the number of frames, 0 when
 * none is waiting. Never an error: a lost network gives 0 and changes the state. */
unsigned int vdelink_recv(struct vdelink *link, struct iovec *frames, unsigned int max);

/* One frame to send, as pieces (headers and payload need not be contiguous). */
struct vdelink_frame {
	const struct iovec *piece;
	unsigned int pieces;
};

/* Sends up to `count` frames in order. Returns how many were taken (sent, or dropped because the
 * network is lost or refuses that frame); fewer than `count` means full: wait with
 * vdelink_want_write and try the rest again. The pieces may be reused on return. */
unsigned int vdelink_send(
    struct vdelink *link, const struct vdelink_frame *frames, unsigned int count);

/* While `want` is true, vdelink_fd also becomes readable when there is room to send. */
void vdelink_want_write(struct vdelink *link, bool want);

/* For an owner with few links, who polls (poll(2)) instead of keeping an epoll set: a descriptor in
 * an epoll set costs a call back for each frame that arrives or leaves, also while nobody sleeps,
 * and an epoll set among the descriptors that are polled costs more than a socket. Once set, and
 * where the network is carried by one socket, vdelink_direct_fd gives that socket: the owner polls
 * it for POLLIN, and for POLLOUT while it wants to write. -1: not here, or not now (the state is
 * not UP). Besides it polls vdelink_state_fd (may be -1: the state does not change by itself), and
 * calls vdelink_poll when that is readable; without a direct descriptor it is vdelink_fd. Both to
 * be asked before each poll. */
void vdelink_set_direct(struct vdelink *link);
int vdelink_direct_fd(const struct vdelink *link);
int vdelink_state_fd(const struct vdelink *link);

/* For an owner who sleeps on this link alone: waits in the link's own set, which saves polling a
 * set inside a set. May be called while another thread uses the link, whose descriptors stay
 * watched by vdelink_fd. A descriptor of the owner's, for ever in the set, ends the waiting while
 * it is readable; that makes vdelink_fd readable, too. Not for links with direct descriptors.
 *
 * Returns what there is (VDELINK_...), 0 when the time is over (NULL: never), or -EINTR. A
 * cancellation point. */
enum vdelink_news {
	VDELINK_FRAMES = 1, /* for vdelink_recv */
	VDELINK_EVENTS = 2, /* for vdelink_poll */
	VDELINK_WOKEN = 4,  /* the owner's descriptor */
};
int vdelink_set_wake(struct vdelink *link, int wake_fd);
int vdelink_wait(const struct vdelink *link, const struct timespec *timeout);

/* For an owner in the midst of a conversation, who expects the next frame at any moment: a sleep in
 * recv(2) itself costs one system call a frame instead of two, and the socket, out of the set
 * meanwhile, no call back. But nobody can end it: it ends by a frame, a signal, or after
 * VDELINK_DOZE_MS (rounded up to the kernel's ticks), whatever else happens to the link. One
 * thread at a time:
 *
 *     vdelink_doze_begin    what to sleep in, or -1: not this network, not now
 *     vdelink_doze          the owner may use the link elsewhere meanwhile. A cancellation point.
 *                           Without `wait` it only looks; it may be called again after -EAGAIN
 *     vdelink_doze_end      always; `result` is what vdelink_doze returned, -EINTR if it did not.
 *                           True: `frame` has one, iov_len says how long
 *     vdelink_watch         before anybody waits for vdelink_fd, or by vdelink_wait */
#define VDELINK_DOZE_MS 4L
int vdelink_doze_begin(struct vdelink *link);
ssize_t vdelink_doze(int fd, const struct iovec *frame, bool wait);
bool vdelink_doze_end(struct vdelink *link, struct iovec *frame, ssize_t result);
void vdelink_watch(struct vdelink *link);

/* When the link has something to do by itself (an attempt to reopen): the monotonic time in
 * nanoseconds, or UINT64_MAX. The owner calls vdelink_poll at that time or earlier, and after
 * vdelink_fd became readable. */
uint64_t vdelink_deadline(const struct vdelink *link);
void vdelink_poll(struct vdelink *link, uint64_t now);

struct vdelink_stats {
	uint64_t rx_frames, rx_bytes, rx_dropped;
	uint64_t tx_frames, tx_bytes, tx_dropped;
	uint64_t losses, reopenings;
};
void vdelink_get_stats(const struct vdelink *link, struct vdelink_stats *stats);

#endif
