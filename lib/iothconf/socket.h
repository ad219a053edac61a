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

#endif
