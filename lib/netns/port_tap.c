/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port on /dev/net/tun.
 *
 * Frames are preceded by a struct virtio_net_hdr (IFF_VNET_HDR). TUNSETOFFLOAD tells the kernel
 * what we are able to do for it; what the kernel does not know is EINVAL for the whole set, so the
 * sets are tried downwards (UDP segmentation needs Linux 6.2).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "port_internal.h"

static const unsigned int offload_sets[] = {
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
    TUN_F_CSUM,
};

static unsigned int set_offloads(int fd)
{
	for (size_t i = 0; i < sizeof offload_sets / sizeof offload_sets[0]; i++)
		if (ioctl(fd, TUNSETOFFLOAD, (unsigned long)offload_sets[i]) == 0)
			return offload_sets[i];
	return 0;
}

/* The interface's index and MTU, through any socket of its namespace. */
static int configure(const char *name, unsigned int mtu, struct netns_port *port)
{
	struct ifreq ifr = {0};
	int control_fd, rc = 0;

	control_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (control_fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	if (ioctl(control_fd, SIOCGIFINDEX, &ifr) < 0) {
		rc = -errno;
		goto out;
	}
	port->ifindex = (unsigned int)ifr.ifr_ifindex;
	if (mtu == 0)
		goto out;
	ifr.ifr_mtu = (int)mtu;
	if (ioctl(control_fd, SIOCSIFMTU, &ifr) < 0)
		rc = -errno;
out:
	close(control_fd);
	return rc;
}

int port_open_tap(const char *name, unsigned int mtu, struct netns_port *port)
{
	struct ifreq ifr = {0};
	int fd, header_len = sizeof(struct virtio_net_hdr), rc;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, strlen(name) + 1);
	/* IFF_TUN_EXCL: without it, TUNSETIFF attaches to an interface that someone else made. */
	ifr.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL);
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		rc = errno == EBUSY ? -EEXIST : -errno;
		goto fail;
	}
	if (ioctl(fd, TUNSETVNETHDRSZ, &header_len) < 0) {
		rc = -errno;
		goto fail;
	}
	rc = configure(name, mtu, port);
	if (rc < 0)
		goto fail;
	port->fd = fd;
	port->kind = NETNS_PORT_TAP;
	port->vnet_hdr_len = (unsigned int)header_len;
	port->offloads = set_offloads(fd);
	return 0;
fail:
	close(fd);
	return rc;
}
