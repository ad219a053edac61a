/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An AF_PACKET socket on a veth's end, with PACKET_VNET_HDR.
 *
 * The kernel takes the outermost 802.1Q or 802.1ad tag out of a frame that arrives and tells it
 * beside the frame (PACKET_AUXDATA, packet(7)): it is put back here. In the other direction a tag
 * may stay in the frame.
 */
#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "relay_internal.h"

#define TAG_LEN 4

/* Whether a tag was taken out; `tag` is then what belongs behind the two addresses. */
static bool removed_tag(struct msghdr *message, uint16_t tag[2])
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(message); cmsg; cmsg = CMSG_NXTHDR(message, cmsg)) {
		if (cmsg->cmsg_level != SOL_PACKET || cmsg->cmsg_type != PACKET_AUXDATA ||
		    cmsg->cmsg_len < CMSG_LEN(sizeof aux))
			continue;
		memcpy(&aux, CMSG_DATA(cmsg), sizeof aux);
		if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0)
			return false;
		tag[0] =
		    htons((aux.tp_status & TP_STATUS_VLAN_TPID_VALID) ? aux.tp_vlan_tpid : ETH_P_8021Q);
		tag[1] = htons(aux.tp_vlan_tci);
		return true;
	}
	return false;
}

static ssize_t packet_read(
    int fd, struct virtio_net_hdr *hdr, unsigned char *room, unsigned char **frame)
{
	struct iovec iov[2] = {
	    {.iov_base = hdr, .iov_len = sizeof *hdr},
	    {.iov_base = room + TAG_LEN, .iov_len = PACKET_ROOM - TAG_LEN},
	};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct msghdr message = {
	    .msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = &control,
	    .msg_controllen = sizeof control,
	};
	uint16_t tag[2];
	ssize_t len = recvmsg(fd, &message, MSG_DONTWAIT);

	if (len < 0) {
		switch (errno) {
		case EAGAIN:
		case EINTR:
			return 0;
		case EINVAL: /* a packet that a virtio_net_hdr cannot describe: port_features.c */
			return -EMSGSIZE;
		default:
			return -errno;
		}
	}
	len -= (ssize_t)sizeof *hdr;
	if (len < ETH_HLEN || (message.msg_flags & MSG_TRUNC) != 0)
		return -EMSGSIZE;
	*frame = room + TAG_LEN;
	if (!removed_tag(&message, tag))
		return len;
	memmove(room, room + TAG_LEN, 2UL * ETH_ALEN);
	memcpy(room + 2UL * ETH_ALEN, tag, TAG_LEN);
	*frame = room;
	/* The offsets in the header were counted without it. */
	if ((hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0)
		hdr->csum_start = (uint16_t)(hdr->csum_start + TAG_LEN);
	if (hdr->hdr_len != 0)
		hdr->hdr_len = (uint16_t)(hdr->hdr_len + TAG_LEN);
	return len + TAG_LEN;
}

static int packet_write(int fd, const struct iovec *iov, unsigned int iovs)
{
	const struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = iovs};

	while (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

const struct port_ops relay_packet_ops = {
    .read = packet_read,
    .write = packet_write,
};
