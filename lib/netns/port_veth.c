/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A port without /dev/net/tun: a veth pair and an AF_PACKET socket.
 *
 *      the stack's namespace      a private namespace
 *      vde0 ===================== port  <- AF_PACKET socket (the port's descriptor)
 *
 * The peer sits in a namespace of its own, so that neither the program nor its host sees it, and
 * that lives exactly as long as the socket is open: with its last descriptor the namespace goes,
 * the peer with it and vde0 with that. The peer only relays: it has no address of any kind, not
 * even IPv6's link-local one, so the kernel's stack there has nothing to say. Nor should it listen:
 * it would keep every router that advertises itself in the table of neighbours, which is one for
 * all namespaces of the machine.
 *
 * The peer's MTU is the largest from the beginning, because a veth drops what is longer than the
 * MTU of the *other* end, and the user may raise vde0's at any time.
 *
 * The namespaces are told apart by descriptors from SIOCGSKNS, not through /proc, which may not be
 * mounted.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include "nlq_dialog.h"
#include "port_internal.h"

#define PEER_NAME "port"
#define PEER_MTU  65535

/* Bytes of large packets that may wait in the socket. The kernel gives an unprivileged process what
 * net.core.rmem_max and wmem_max allow. */
#define QUEUE_BYTES (8 << 20)

static int option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno : 0;
}

static int netlink_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : fd;
}

/* The descriptor of a socket's network namespace (close-on-exec, as the kernel makes it). */
static int namespace_of(int socket_fd)
{
	int fd = ioctl(socket_fd, SIOCGSKNS);

	return fd < 0 ? -errno : fd;
}

/* The receiving side. The protocol is 0 (nothing is received) until the peer is ready. */
static int packet_socket(void)
{
	int fd, rc;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	rc = option(fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	if (rc == 0)
		rc = option(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (rc == 0)
		rc = option(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	/* The peer's queueing discipline drops everything until a worker of the kernel (linkwatch) has
	 * seen that the other end is up: the answer to the first ARP request may be faster. */
	if (rc == 0)
		rc = option(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	if (option(fd, SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES) < 0)
		option(fd, SOL_SOCKET, SO_RCVBUF, QUEUE_BYTES);
	if (option(fd, SOL_SOCKET, SO_SNDBUFFORCE, QUEUE_BYTES) < 0)
		option(fd, SOL_SOCKET, SO_SNDBUF, QUEUE_BYTES);
	return fd;
}

/* Whether the kernel's virtio_net_hdr knows UDP segmentation (Linux 6.2). Asked by sending such a
 * packet: vde0 is still down, so the veth drops it once the header has been accepted. */
static bool knows_uso(int packet_fd)
{
	struct {
		struct virtio_net_hdr hdr;
		unsigned char frame[14 + 20 + 8 + 2];
	} __attribute__((packed)) probe = {
	    .hdr =
	        {
	            .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	            .gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
	            .hdr_len = 14 + 20 + 8,
	            .gso_size = 1,
	            .csum_start = 14 + 20,
	            .csum_offset = 6,
	        },
	    .frame =
	        {
	            2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,           /* Ethernet */
	            0x45, 0, 0, 30, 0, 0, 0, 0, 1, 17, 0, 0,                  /* IPv4 */
	            192, 0, 2, 1, 192, 0, 2, 2, 0, 9, 0, 9, 0, 10, 0, 0, 0, 0 /* RFC 5737; UDP */
	        },
	};

	return send(packet_fd, &probe, sizeof probe, MSG_NOSIGNAL) == (ssize_t)sizeof probe;
}

/* IPv6 is turned off by a sysctl alone; it works without, where /proc is read-only or not mounted.
 */
static void ignore_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/" PEER_NAME "/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	close(fd);
}

/* In the private namespace, the peer made: brings it up silently and binds the socket to it. */
static int peer_up(int netlink_fd, int packet_fd)
{
	struct nlq_io io = nlq_io_fd(&netlink_fd);
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int index, rc;

	index = nlq_dialog_ifindex(&io, PEER_NAME);
	if (index < 0)
		return index;
	rc = nlq_dialog_link_no_ipv6_addr(&io, (unsigned int)index);
	if (rc < 0 && rc != -EOPNOTSUPP && rc != -EAFNOSUPPORT)
		return rc; /* those two: a kernel without IPv6 */
	ignore_ipv6();
	rc = nlq_dialog_link_mtu(&io, (unsigned int)index, PEER_MTU);
	if (rc < 0)
		return rc;
	rc = nlq_dialog_link_updown(&io, (unsigned int)index, 1);
	if (rc < 0)
		return rc;
	address.sll_ifindex = index;
	if (bind(packet_fd, (struct sockaddr *)&address, sizeof address) < 0)
		return -errno;
	return 0;
}

int port_open_veth(const char *name, unsigned int mtu, struct netns_port *port)
{
	int home_netlink, home, packet_fd = -1, peer_netlink = -1, peer_ns = -1, rc, index = 0;
	bool uso = false;
	struct nlq_io io;

	home_netlink = netlink_socket();
	if (home_netlink < 0)
		return home_netlink;
	home = namespace_of(home_netlink);
	if (home < 0) {
		rc = home;
		goto out_netlink;
	}
	if (unshare(CLONE_NEWNET) < 0) {
		rc = -errno;
		goto out_home;
	}
	rc = packet_fd = packet_socket();
	if (rc < 0)
		goto out_return;
	rc = peer_netlink = netlink_socket();
	if (rc < 0)
		goto out_return;
	rc = peer_ns = namespace_of(peer_netlink);
	if (rc < 0)
		goto out_return;
	io = nlq_io_fd(&home_netlink);
	rc = nlq_dialog_veth_add(&io, name, PEER_NAME, peer_ns, mtu);
	if (rc < 0)
		goto out_return;
	rc = index = nlq_dialog_ifindex(&io, name);
	if (rc < 0)
		goto out_return;
	rc = peer_up(peer_netlink, packet_fd);
	if (rc < 0)
		goto out_return;
	uso = knows_uso(packet_fd);
	rc = port_features_trim(home_netlink, name, uso);
out_return:
	/* Only a lost capability could fail here, and the caller must know that it is elsewhere. */
	if (setns(home, CLONE_NEWNET) < 0)
		rc = -errno;
	if (peer_ns >= 0)
		close(peer_ns);
	if (peer_netlink >= 0)
		close(peer_netlink);
	if (rc < 0 && packet_fd >= 0)
		close(packet_fd); /* the namespace, and vde0, go with it */
out_home:
	close(home);
out_netlink:
	close(home_netlink);
	if (rc < 0)
		return rc;
	port->fd = packet_fd;
	port->kind = NETNS_PORT_PACKET;
	port->vnet_hdr_len = sizeof(struct virtio_net_hdr);
	port->offloads =
	    TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | (uso ? TUN_F_USO4 | TUN_F_USO6 : 0);
	port->ifindex = (unsigned int)index;
	return 0;
}
