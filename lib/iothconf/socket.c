/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet and UDP sockets: see socket.h. */
#include "socket.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <ioth.h>

#include "dhcp6.h"
#include "udp_packet.h"

/* ---- packets ---- */

/* Programs of bpf(4) over the network header. */
#define ACCEPT BPF_STMT(BPF_RET | BPF_K, 0xffffffff)
#define REJECT BPF_STMT(BPF_RET | BPF_K, 0)

static const struct sock_filter dhcp4_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9), /* protocol */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6), /* offset of the fragment */
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 4, 0),
    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* length of the header */
    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),  /* destination port */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DHCP4_CLIENT_PORT, 0, 1),
    ACCEPT,
    REJECT,
};
static const struct sock_filter arp_filter[] = {ACCEPT};
static const struct sock_filter adverts_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6), /* next header */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40), /* type */
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_ADVERT, 0, 1),
    ACCEPT,
    REJECT,
};
static const struct sock_filter neighbour_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
    ACCEPT,
    REJECT,
};

#define PROGRAM(filter)                                                                            \
	(sizeof(filter) / sizeof((filter)[0])), (struct sock_filter *)(uintptr_t)(filter)

static const struct {
	uint16_t ethertype;
	struct sock_fprog program;
} filters[] = {
    [SOCKET_DHCP4] = {ETH_P_IP, {PROGRAM(dhcp4_filter)}},
    [SOCKET_ARP] = {ETH_P_ARP, {PROGRAM(arp_filter)}},
    [SOCKET_ADVERTS] = {ETH_P_IPV6, {PROGRAM(adverts_filter)}},
    [SOCKET_NEIGHBOUR] = {ETH_P_IPV6, {PROGRAM(neighbour_filter)}},
};

static int open_socket(struct ioth *stack, int domain, int type, int protocol)
{
	int fd = ioth_msocket(stack, domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);

	return fd < 0 ? -errno : fd;
}

/* Binds, or closes and returns the error. */
static int bind_or_close(int fd, const void *address, socklen_t len)
{
	int error;

	if (ioth_bind(fd, address, len) == 0)
		return fd;
	error = -errno;
	ioth_close(fd);
	return error;
}

static void set_on(int fd, int level, int option)
{
	int on = 1;

	(void)ioth_setsockopt(fd, level, option, &on, sizeof(on));
}

int socket_packet(struct ioth *stack, unsigned int ifindex, enum socket_filter filter)
{
	struct sockaddr_ll name = {.sll_family = AF_PACKET,
	    .sll_ifindex = (int)ifindex,
	    .sll_protocol = htons(filters[filter].ethertype)};
	/* Of no protocol until it is bound: nothing of other interfaces, nothing unfiltered. */
	int fd = open_socket(stack, AF_PACKET, SOCK_DGRAM, 0);

	if (fd < 0)
		return fd;
	(void)ioth_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filters[filter].program,
	    sizeof(filters[filter].program));
	set_on(fd, SOL_PACKET, PACKET_AUXDATA);
	set_on(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING);
	return bind_or_close(fd, &name, sizeof(name));
}

void socket_join(int fd, unsigned int ifindex, const uint8_t mac[6])
{
	struct packet_mreq group = {
	    .mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_MULTICAST, .mr_alen = 6};

	memcpy(group.mr_address, mac, 6);
	(void)ioth_setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof(group));
}

void socket_send_packet(int fd, unsigned int ifindex, uint16_t ethertype, const uint8_t *mac,
    const void *packet, size_t len)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
	    .sll_ifindex = (int)ifindex,
	    .sll_protocol = htons(ethertype),
	    .sll_halen = 6,
	    .sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

	if (mac)
		memcpy(to.sll_addr, mac, 6);
	(void)ioth_sendto(fd, packet, len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
}

ssize_t socket_receive_packet(int fd, void *packet, size_t size, bool *checked, uint8_t sender[6])
{
	for (;;) {
		struct sockaddr_ll from = {0};
		union {
			struct cmsghdr header;
			char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		} control;
		struct iovec part = {.iov_base = packet, .iov_len = size};
		struct msghdr message = {.msg_name = &from,
		    .msg_namelen = sizeof(from),
		    .msg_iov = &part,
		    .msg_iovlen = 1,
		    .msg_control = &control,
		    .msg_controllen = sizeof(control)};
		ssize_t len = ioth_recvmsg(fd, &message, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (from.sll_pkttype == PACKET_OUTGOING || (message.msg_flags & MSG_TRUNC))
			continue;
		*checked = udp_packet_is_checked(&message);
		if (sender)
			memcpy(sender, from.sll_addr, 6);
		return len;
	}
}

/* ---- UDP ---- */

int socket_udp4(struct ioth *stack, const uint8_t address[4])
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(DHCP4_CLIENT_PORT)};
	int fd = open_socket(stack, AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return fd;
	memcpy(&name.sin_addr, address, 4);
	set_on(fd, SOL_SOCKET, SO_REUSEADDR);
	return bind_or_close(fd, &name, sizeof(name));
}

void socket_send_udp4(int fd, const uint8_t destination[4], const void *payload, size_t len)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(DHCP4_SERVER_PORT)};

	memcpy(&to.sin_addr, destination, 4);
	(void)ioth_sendto(fd, payload, len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
}

int socket_udp6(struct ioth *stack, unsigned int ifindex, const uint8_t address[16])
{
	struct sockaddr_in6 name = {
	    .sin6_family = AF_INET6, .sin6_port = htons(DHCP6_CLIENT_PORT), .sin6_scope_id = ifindex};
	int fd = open_socket(stack, AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		return fd;
	memcpy(&name.sin6_addr, address, 16);
	set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return bind_or_close(fd, &name, sizeof(name));
}

int socket_group6(struct ioth *stack, unsigned int ifindex, const uint8_t group[16])
{
	struct ipv6_mreq request = {.ipv6mr_interface = ifindex};
	int fd = open_socket(stack, AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		return fd;
	memcpy(&request.ipv6mr_multiaddr, group, 16);
	(void)ioth_setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof(request));
	return fd;
}

void socket_send_udp6(int fd, unsigned int ifindex, const void *payload, size_t len)
{
	/* All_DHCP_Relay_Agents_and_Servers: RFC 8415, 7.1. */
	static const uint8_t servers[16] = {0xff, 0x02, [13] = 1, 0, 2};
	struct sockaddr_in6 to = {
	    .sin6_family = AF_INET6, .sin6_port = htons(DHCP6_SERVER_PORT), .sin6_scope_id = ifindex};

	memcpy(&to.sin6_addr, servers, 16);
	(void)ioth_sendto(fd, payload, len, MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to));
}

ssize_t socket_receive_udp6(int fd, void *payload, size_t size)
{
	ssize_t len;

	do
		len = ioth_recv(fd, payload, size, MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : len;
}
