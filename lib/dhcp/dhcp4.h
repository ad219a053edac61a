/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv4 messages (RFC 2131) and their options (RFC 2132), for clients and servers.
 *
 * A message is parsed whole: its options, those in the fields `file` and `sname` too where option
 * overload says so, are gathered by code, an option that came in pieces as one (RFC 3396). A code
 * is asked for afterwards; what a value's form forbids counts as a malformed option, not as a
 * malformed message.
 *
 * Addresses are 4 bytes, network order.
 */
#ifndef DHCP4_H
#define DHCP4_H

#include <stdbool.h>

#include "dhcp_name.h"
#include "wire.h"

#define DHCP4_SERVER_PORT 67
#define DHCP4_CLIENT_PORT 68
#define DHCP4_FOREVER     UINT32_MAX /* a lease time without end: RFC 2131, 3.3 */

enum dhcp4_op { DHCP4_BOOTREQUEST = 1, DHCP4_BOOTREPLY = 2 };

enum { DHCP4_FLAG_BROADCAST = 0x8000 };

enum dhcp4_type { /* RFC 2132, 9.6 */
	DHCP4_DISCOVER = 1,
	DHCP4_OFFER = 2,
	DHCP4_REQUEST = 3,
	DHCP4_DECLINE = 4,
	DHCP4_ACK = 5,
	DHCP4_NAK = 6,
	DHCP4_RELEASE = 7,
	DHCP4_INFORM = 8,
};

enum dhcp4_code {
	DHCP4_PAD = 0,
	DHCP4_MASK = 1,
	DHCP4_ROUTER = 3,
	DHCP4_DNS = 6,
	DHCP4_HOST_NAME = 12,
	DHCP4_DOMAIN = 15,
	DHCP4_MTU = 26,
	DHCP4_BROADCAST = 28,
	DHCP4_NTP = 42,
	DHCP4_REQUESTED_ADDRESS = 50,
	DHCP4_LEASE_TIME = 51,
	DHCP4_OVERLOAD = 52,
	DHCP4_MESSAGE_TYPE = 53,
	DHCP4_SERVER_ID = 54,
	DHCP4_PARAMETER_LIST = 55,
	DHCP4_MESSAGE = 56,
	DHCP4_MAX_SIZE = 57,
	DHCP4_T1 = 58,
	DHCP4_T2 = 59,
	DHCP4_CLIENT_ID = 61,
	DHCP4_RAPID_COMMIT = 80,      /* RFC 4039 */
	DHCP4_FQDN = 81,              /* RFC 4702 */
	DHCP4_RELAY = 82,             /* RFC 3046 */
	DHCP4_IPV6_ONLY = 108,        /* RFC 8925 */
	DHCP4_SEARCH = 119,           /* RFC 3397 */
	DHCP4_CLASSLESS_ROUTES = 121, /* RFC 3442 */
	DHCP4_END = 255,
};

struct dhcp4_header {
	uint8_t op;    /* enum dhcp4_op */
	uint8_t htype; /* 1: Ethernet */
	uint8_t hlen;  /* of chaddr, <= 16 */
	uint8_t hops;
	uint32_t xid;
	uint16_t secs;
	uint16_t flags;
	uint8_t ciaddr[4], yiaddr[4], siaddr[4], giaddr[4];
	uint8_t chaddr[16];
};

/* All that the options of one message may have together. */
#define DHCP4_OPTIONS_MAX 2048

struct dhcp4_message {
	struct dhcp4_header header;
	uint8_t type; /* enum dhcp4_type; 0: none, a BOOTP message */
	bool present[256];
	struct {
		uint16_t at, len;
	} option[256];
	uint8_t data[DHCP4_OPTIONS_MAX];
};

/* Parses a UDP payload. 0, or -EBADMSG: shorter than a header, another cookie, an option that does
 * not lie inside the message. */
int dhcp4_parse(struct dhcp4_message *message, const void *payload, size_t len);

/* An option's bytes; without it an empty reader (ask `present`). Borrows from the message. */
struct wire_reader dhcp4_option(const struct dhcp4_message *message, uint8_t code);

/* A number, or an address. 0, -ENOENT: no such option, -EBADMSG: of another length. */
int dhcp4_get_u8(const struct dhcp4_message *message, uint8_t code, uint8_t *value);
int dhcp4_get_u16(const struct dhcp4_message *message, uint8_t code, uint16_t *value);
int dhcp4_get_u32(const struct dhcp4_message *message, uint8_t code, uint32_t *value);
int dhcp4_get_address(const struct dhcp4_message *message, uint8_t code, uint8_t address[4]);

/* A list of addresses, the first `max` of them; their number, or -ENOENT, -EBADMSG. */
int dhcp4_get_addresses(
    const struct dhcp4_message *message, uint8_t code, uint8_t (*addresses)[4], size_t max);

/* The prefix length of option 1; -EBADMSG also for a mask with holes. */
int dhcp4_get_mask(const struct dhcp4_message *message, unsigned int *prefix_len);

struct dhcp4_route {
	uint8_t destination[4]; /* bits behind the length are zero */
	uint8_t len;
	uint8_t router[4]; /* 0.0.0.0: on the link */
};

int dhcp4_get_routes(const struct dhcp4_message *message, struct dhcp4_route *routes, size_t max);
int dhcp4_get_search(
    const struct dhcp4_message *message, char (*names)[DHCP_NAME_SIZE], size_t max);

enum { /* RFC 4702, 2.1 */
	DHCP_FQDN_S = 1,
	DHCP_FQDN_O = 2,
	DHCP_FQDN_E = 4, /* DHCPv4: in wire form */
	DHCP_FQDN_N = 8, /* (4 in DHCPv6) */
};

struct dhcp_fqdn {
	uint8_t flags;
	char name[DHCP_NAME_SIZE]; /* "" if the sender has none */
};

int dhcp4_get_fqdn(const struct dhcp4_message *message, struct dhcp_fqdn *fqdn);

/* Writing: header and cookie, options in the order of the calls, end. Errors are the writer's. */
void dhcp4_put_header(struct wire_writer *writer, const struct dhcp4_header *header);
/* More than 255 bytes go out in pieces (RFC 3396). */
void dhcp4_put(struct wire_writer *writer, uint8_t code, const void *data, size_t len);
void dhcp4_put_u8(struct wire_writer *writer, uint8_t code, uint8_t value);
void dhcp4_put_u16(struct wire_writer *writer, uint8_t code, uint16_t value);
void dhcp4_put_u32(struct wire_writer *writer, uint8_t code, uint32_t value);
/* With DHCP_FQDN_E in wire form; without it as text with a NUL at its end. */
void dhcp4_put_fqdn(struct wire_writer *writer, uint8_t flags, const char *name);
void dhcp4_put_end(struct wire_writer *writer);

#endif
