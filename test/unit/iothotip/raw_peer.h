/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts made by hand on the network of a stack: frames out and in, and what has come from an
 * address since the last look. They answer solicitations for their addresses, and nothing else. */
#ifndef TEST_IOTHOTIP_RAW_PEER_H
#define TEST_IOTHOTIP_RAW_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define RAW_FIN 0x01
#define RAW_SYN 0x02
#define RAW_RST 0x04
#define RAW_PSH 0x08
#define RAW_ACK 0x10

struct raw_segment {
	uint32_t seq, ack;
	uint8_t flags;
};

/* What came from the address that is watched. */
struct raw_seen {
	unsigned int to_peer, to_stranger, resets, fins, errors, advertisements;
	struct raw_segment last; /* the last segment to the peer */
	uint8_t data[2048];      /* of all segments and datagrams to the peer, in order */
	size_t len;
};
extern struct raw_seen raw_seen;

extern struct in6_addr raw_peer, raw_stranger; /* fd00::2, fd00::3 */

/* On the network, in the place of the server's only neighbour. */
void raw_open(const char *vnl);
void raw_close(void);
/* Whose frames are counted; the server's MAC address is asked for. */
void raw_watch(const struct in6_addr *address);

/* To the address that is watched. */
void raw_send(const struct in6_addr *from, uint8_t next, const void *payload, size_t len);
void raw_tcp(const struct in6_addr *from, uint16_t sport, uint16_t dport,
    const struct raw_segment *segment, const char *data);
void raw_udp(const struct in6_addr *from, uint16_t sport, uint16_t dport, const char *data);
/* An error (RFC 4443, 2.4) about a packet from the address to the peer that began with these bytes
 * of its transport's header. */
void raw_error(
    uint8_t type, uint8_t code, uint32_t rest, uint8_t next, const uint8_t transport[20]);
void raw_echo_request(const struct in6_addr *from);
void raw_solicit(const struct in6_addr *from);

/* Until the server has answered what was sent, if it does: it answers an echo request to another
 * address of its after that. */
void raw_settle(void);
/* Until that many bytes have come to the peer, or a segment with these flags. */
void raw_wait_data(size_t len);
void raw_wait_flags(uint8_t flags);
void raw_forget(void); /* what was seen */

#endif
