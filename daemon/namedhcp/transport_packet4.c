/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 by a packet socket of a stack: a client without an address can be answered by unicast, and
 * sends from 0.0.0.0. A UDP socket beside it, which nobody reads, keeps the stack from saying that
 * the port is closed when a client renews by unicast.
 *
 * A packet socket sees also what the stack, as a router, carries to somebody else's server. So what
 * comes by unicast has to be for the server's address, or for another one of the stack. */
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <ioth.h>

#include "dhcp4.h"
#include "link_watch.h"
#include "log.h"
#include "packet4.h"
#include "socket_source.h"
#include "transport.h"

#define PACKET_SIZE 2048
#define OWN_MAX     64 /* addresses of the stack */

struct packet4 {
	struct transport transport; /* first */
	struct socket_source socket;
	struct link_watch link;
	struct ioth *stack;
	int udp_fd;
	int ifindex;
	uint8_t server[4];
	uint8_t own[OWN_MAX][4]; /* as the stack has said at `asked_at` */
	size_t owns;
	loop_time asked_at;
};

/* A program of bpf(4) over the IPv4 header: UDP, no fragment, port 67. */
static const struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the header */
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP4_SERVER_PORT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

static bool is_listed(const struct packet4 *packet4, const uint8_t address[4])
{
	for (size_t i = 0; i < packet4->owns; i++) {
		if (memcmp(packet4->own[i], address, 4) == 0)
			return true;
	}
	return false;
}

static void list_own(struct packet4 *packet4)
{
	struct ifaddrs *list;

	packet4->asked_at = loop_now(packet4->transport.loop);
	packet4->owns = 0;
	if (ioth_getifaddrs(packet4->stack, &list) < 0)
		return;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		struct sockaddr_in name;

		if (!item->ifa_addr || item->ifa_addr->sa_family != AF_INET || packet4->owns == OWN_MAX)
			continue;
		memcpy(&name, item->ifa_addr, sizeof(name));
		memcpy(packet4->own[packet4->owns++], &name.sin_addr, 4);
	}
	ioth_freeifaddrs(list);
}

/* Addresses come and go, but nobody makes us ask for them more than once a second. */
static bool is_for_us(struct packet4 *packet4, const uint8_t address[4], uint8_t kind)
{
	if (kind != PACKET_HOST || memcmp(address, packet4->server, 4) == 0 ||
	    is_listed(packet4, address))
		return true;
	if (loop_now(packet4->transport.loop) - packet4->asked_at < LOOP_SEC)
		return false;
	list_own(packet4);
	return is_listed(packet4, address);
}

static ssize_t receive(struct socket_source *socket)
{
	struct packet4 *packet4 =
	    (struct packet4 *)(void *)((char *)socket - offsetof(struct packet4, socket));
	uint8_t packet[PACKET_SIZE], control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct sockaddr_ll from = {0};
	struct iovec piece = {.iov_base = packet, .iov_len = sizeof(packet)};
	struct msghdr message = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	ssize_t got = ioth_recvmsg(socket->fd, &message, MSG_DONTWAIT);
	struct udp_packet udp;
	struct peer peer;

	if (got < 0 || (message.msg_flags & MSG_TRUNC) || from.sll_pkttype == PACKET_OUTGOING ||
	    from.sll_pkttype == PACKET_OTHERHOST || from.sll_halen != 6 ||
	    !udp_packet_get4(&udp, packet, (size_t)got, udp_packet_is_checked(&message)) ||
	    udp.destination_port != DHCP4_SERVER_PORT ||
	    !is_for_us(packet4, udp.destination, from.sll_pkttype))
		return got;
	peer = packet4_peer(&udp, from.sll_addr);
	transport_received(&packet4->transport, &peer, udp.payload, udp.len);
	return got;
}

static void reply(
    struct transport *transport, const struct peer *peer, const void *payload, size_t len)
{
	struct packet4 *packet4 = (struct packet4 *)transport;
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
	    .sll_ifindex = packet4->ifindex,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_halen = 6};
	uint8_t packet[PACKET_SIZE];
	size_t size;

	memcpy(to.sll_addr, peer->mac, 6);
	size = packet4_put(packet, sizeof(packet), packet4->server, peer, payload, len);
	if (ioth_sendto(packet4->socket.fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL,
	        (struct sockaddr *)&to, sizeof(to)) < 0)
		transport_failed(transport, errno);
}

static void close_sockets(struct packet4 *packet4)
{
	socket_source_close(&packet4->socket);
	if (packet4->udp_fd >= 0)
		ioth_close(packet4->udp_fd);
	packet4->udp_fd = -1;
}

static void close_packet4(struct transport *transport)
{
	struct packet4 *packet4 = (struct packet4 *)transport;

	link_watch_close(&packet4->link);
	close_sockets(packet4);
	free(packet4);
}

static const struct transport_ops packet4_ops = {reply, close_packet4};

/* The port is not shared (SO_REUSEADDR): another server on this interface is a mistake of who
 * started the second one. Anything else that fails here only costs renewals a detour. A descriptor,
 * -1, or -EADDRINUSE. */
static int open_udp(struct ioth *stack, const char *interface)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(DHCP4_SERVER_PORT)};
	int fd = ioth_msocket(stack, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int least = 1, err;

	if (fd < 0)
		return -1;
	(void)ioth_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
	(void)ioth_setsockopt(
	    fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1);
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	err = errno;
	ioth_close(fd);
	if (err == EADDRINUSE)
		return -err;
	log_warning("port 67: %s", strerror(err));
	return -1;
}

static int open_packet(struct ioth *stack, int ifindex)
{
	struct sockaddr_ll name = {
	    .sll_family = AF_PACKET, .sll_ifindex = ifindex, .sll_protocol = htons(ETH_P_IP)};
	struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]),
	    .filter = (struct sock_filter *)(uintptr_t)filter};
	/* Of no protocol until it is bound: nothing of other interfaces, nothing unfiltered. */
	int fd = ioth_msocket(stack, AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, err;

	if (fd < 0)
		return -errno;
	(void)ioth_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	(void)ioth_setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	if (ioth_bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0)
		return fd;
	err = -errno;
	ioth_close(fd);
	return err;
}

/* Both sockets. 0 or -errno, which has been logged. */
static int open_sockets(
    struct packet4 *packet4, struct loop *loop, const char *interface, unsigned int ifindex)
{
	int udp_fd = open_udp(packet4->stack, interface), fd, err;

	packet4->udp_fd = -1;
	if (udp_fd < -1) {
		log_error("%s: port 67: %s", interface, strerror(-udp_fd));
		return udp_fd;
	}
	fd = open_packet(packet4->stack, (int)ifindex);
	err = fd < 0 ? fd : socket_source_open(&packet4->socket, loop, fd, receive);
	if (err) {
		if (fd >= 0)
			ioth_close(fd);
		if (udp_fd >= 0)
			ioth_close(udp_fd);
		log_error("%s: %s", interface, strerror(-err));
		return err;
	}
	packet4->ifindex = (int)ifindex;
	packet4->udp_fd = udp_fd;
	return 0;
}

static int open_again(struct link_watch *watch, unsigned int ifindex)
{
	struct packet4 *packet4 =
	    (struct packet4 *)(void *)((char *)watch - offsetof(struct packet4, link));

	close_sockets(packet4);
	return open_sockets(packet4, packet4->transport.loop, watch->interface, ifindex);
}

int transport_packet4_open(struct transport **transport, struct loop *loop, struct ioth *stack,
    const char *interface, const uint8_t server[4], transport_input *input, void *context)
{
	int ifindex = ioth_if_nametoindex(stack, interface), err;
	struct packet4 *packet4;

	if (ifindex <= 0) {
		log_error("%s: %s", interface, strerror(ENODEV));
		return -ENODEV;
	}
	packet4 = calloc(1, sizeof(*packet4));
	if (!packet4) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	memcpy(packet4->server, server, 4);
	packet4->stack = stack;
	err = open_sockets(packet4, loop, interface, (unsigned int)ifindex);
	if (err) {
		free(packet4);
		return err;
	}
	link_watch_open(&packet4->link, loop, stack, interface, (unsigned int)ifindex, open_again);
	packet4->transport =
	    (struct transport){.ops = &packet4_ops, .loop = loop, .input = input, .context = context};
	list_own(packet4);
	*transport = &packet4->transport;
	return 0;
}
