/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tap: one packet a call, with its virtio_net_hdr in front; tags are in the frame. */
#include <errno.h>
#include <unistd.h>

#include "relay_internal.h"

static ssize_t tap_read(
    int fd, struct virtio_net_hdr *hdr, unsigned char *room, unsigned char **frame)
{
	struct iovec iov[2] = {
	    {.iov_base = hdr, .iov_len = sizeof *hdr},
	    {.iov_base = room, .iov_len = PACKET_ROOM},
	};
	ssize_t len = readv(fd, iov, 2);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	/* A tap always gives the header. This is another file, which got the number of ours after the
	 * program had closed that. */
	if (len < (ssize_t)sizeof *hdr)
		return -EBADF;
	len -= (ssize_t)sizeof *hdr;
	/* A longer packet is cut short by the kernel, which does not say so. */
	if (len <= 0 || len >= PACKET_ROOM)
		return -EMSGSIZE;
	*frame = room;
	return len;
}

static int tap_write(int fd, const struct iovec *iov, unsigned int iovs)
{
	while (writev(fd, iov, (int)iovs) < 0)
		if (errno != EINTR)
			return -errno; /* EIO: the interface is down */
	return 0;
}

const struct port_ops relay_tap_ops = {
    .read = tap_read,
    .write = tap_write,
};
