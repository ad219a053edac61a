/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sockets that carry the protocols, on any stack of libioth. All are non-blocking. Those that
 * open one return a descriptor or -errno. */
#ifndef SOCKET_H
#define SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ioth;

enum socket_filter {
	SOCKET_DHCP4,     /* IPv4, UDP to port 68 */
	SOCKET_ARP,       /* all of ARP */
	SOCKET_ADVERTS,   /* ICMPv6 router advertisements */
	SOCKET_NEIGHBOUR, /* ICMPv6 neighbour solicitations and advertisements */
};

/* A packet socket (packet(7), SOCK_DGRAM) of one interface, with a filter in the stack, so that
 * other traffic wakes nobody up. (A stack that has no filters passes everything: who reads looks
 * again.) */
int socket_packet(struct ioth *stack, unsigned int ifindex, enum socket_filter filter);

/* Joins the group of a MAC address: it has to reach the interface. */
void socket_join(int fd, unsigned int ifindex, const uint8_t mac[6]);

/* A packet to a MAC address; NULL: to all. Failures are as a lost packet. */
void socket_send_packet(int fd, unsigned int ifindex, uint16_t ethertype, const uint8_t *mac,
    const void *packet, size_t len);

/* The next packet that came from the network, or -errno (-EAGAIN: none). `checked`: its checksum
 * has been left to the interface, and is not there. `sender`: the MAC address that it came from;
 * may be NULL.
 */
ssize_t socket_receive_packet(int fd, void *packet, size_t size, bool *checked, uint8_t sender[6]);

/* UDP from an address to port 67 of others: renewals and releases. */
int socket_udp4(struct ioth *stack, const uint8_t address[4]);
void socket_send_udp4(int fd, const uint8_t destination[4], const void *payload, size_t len);

/* UDP between the link-local address `address`, port 546, and ff02::1:2, port 547. -EADDRNOTAVAIL:
 * the address cannot be used yet. */
int socket_udp6(struct ioth *stack, unsigned int ifindex, const uint8_t address[16]);
void socket_send_udp6(int fd, unsigned int ifindex, const void *payload, size_t len);
ssize_t socket_receive_udp6(int fd, void *payload, size_t size);

/* A socket that does nothing but be a member of a group. */
int socket_group6(struct ioth *stack, unsigned int ifindex, const uint8_t group[16]);

/* Netlink messages about changes of links and IPv6 addresses. */
int socket_changes(struct ioth *stack);

enum socket_change { SOCKET_NOTHING, SOCKET_SOMETHING, SOCKET_LINK_UP, SOCKET_LINK_DOWN };
/* Reads one message: what it says about the interface. SOCKET_NOTHING: no message is there. */
enum socket_change socket_read_change(int fd, unsigned int ifindex);

/* The link-local address of an interface, usable or not. 0, or -ENOENT. */
int socket_link_local(struct ioth *stack, const char *interface, uint8_t address[16]);
/* Has the link one of these flags: IFF_UP; IFF_RUNNING: it is connected, too. */
bool socket_link_is(struct ioth *stack, const char *interface, unsigned int flags);

#endif
