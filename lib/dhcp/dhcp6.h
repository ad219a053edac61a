/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 messages and options (RFC 8415), for clients, servers and what relays send.
 *
 * Parsing goes through the options once to see that all of them lie inside the message; then they
 * are asked for by code. Options nest: what encloses others is a reader over them.
 */
#ifndef DHCP6_H
#define DHCP6_H

#include <stdbool.h>

#include "dhcp4.h"
#include "dhcp_name.h"
#include "wire.h"

#define DHCP6_CLIENT_PORT 546
#define DHCP6_SERVER_PORT 547
#define DHCP6_FOREVER     UINT32_MAX /* RFC 8415, 7.7 */

enum dhcp6_type { /* RFC 8415, 7.3 */
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_CONFIRM = 4,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
	DHCP6_RELEASE = 8,
	DHCP6_DECLINE = 9,
	DHCP6_RECONFIGURE = 10,
	DHCP6_INFORMATION_REQUEST = 11,
	DHCP6_RELAY_FORWARD = 12,
	DHCP6_RELAY_REPLY = 13,
};

enum dhcp6_code { /* RFC 8415, 21 */
	DHCP6_CLIENT_ID = 1,
	DHCP6_SERVER_ID = 2,
	DHCP6_IA_NA = 3,
	DHCP6_IA_TA = 4,
	DHCP6_IAADDR = 5,
	DHCP6_ORO = 6,
	DHCP6_PREFERENCE = 7,
	DHCP6_ELAPSED_TIME = 8,
	DHCP6_RELAY_MESSAGE = 9,
	DHCP6_STATUS_CODE = 13,
	DHCP6_RAPID_COMMIT = 14,
	DHCP6_INTERFACE_ID = 18,
	DHCP6_DNS = 23,    /* RFC 3646 */
	DHCP6_DOMAIN = 24, /* RFC 3646 */
	DHCP6_IA_PD = 25,
	DHCP6_NTP = 31, /* SNTP servers: RFC 4075 */
	DHCP6_REFRESH_TIME = 32,
	DHCP6_FQDN = 39, /* RFC 4704 */
	DHCP6_SOL_MAX_RT = 82,
	DHCP6_INF_MAX_RT = 83,
	DHCP6_RELAY_PORT = 135, /* RFC 8357 */
};

enum dhcp6_status { /* RFC 8415, 21.13 */
	DHCP6_SUCCESS = 0,
	DHCP6_UNSPEC_FAIL = 1,
	DHCP6_NO_ADDRS_AVAIL = 2,
	DHCP6_NO_BINDING = 3,
	DHCP6_NOT_ON_LINK = 4,
	DHCP6_USE_MULTICAST = 5,
	DHCP6_NO_PREFIX_AVAIL = 6,
};

/* A DHCP unique identifier: RFC 8415, 11. */
#define DHCP_DUID_MAX 130
struct dhcp_duid {
	size_t len; /* 0: none */
	uint8_t bytes[DHCP_DUID_MAX];
};

struct dhcp_duid dhcp_duid_llt(const uint8_t mac[6], uint32_t seconds_since_2000);
struct dhcp_duid dhcp_duid_ll(const uint8_t mac[6]);
bool dhcp_duid_equal(const struct dhcp_duid *one, const struct dhcp_duid *other);

struct dhcp6_message {
	uint8_t type;               /* enum dhcp6_type */
	uint32_t xid;               /* 24 bits */
	struct wire_reader options; /* borrowed: the bytes that were parsed */
};

/* 0 or -EBADMSG: shorter than a header, or an option that is not inside. */
int dhcp6_parse(struct dhcp6_message *message, const void *payload, size_t len);

/* The next option, or false at the end. */
bool dhcp6_next(struct wire_reader *options, uint16_t *code, struct wire_reader *value);

/* The first option of a code. `options` is by value: looking moves nothing. */
bool dhcp6_find(struct wire_reader options, uint16_t code, struct wire_reader *value);

/* 0, -ENOENT or -EBADMSG. */
int dhcp6_get_duid(struct wire_reader options, uint16_t code, struct dhcp_duid *duid);
int dhcp6_get_u8(struct wire_reader options, uint16_t code, uint8_t *value);
int dhcp6_get_u16(struct wire_reader options, uint16_t code, uint16_t *value);
int dhcp6_get_u32(struct wire_reader options, uint16_t code, uint32_t *value);

/* The number of addresses or names (at most `max`), -ENOENT or -EBADMSG. */
int dhcp6_get_addresses(
    struct wire_reader options, uint16_t code, uint8_t (*addresses)[16], size_t max);
int dhcp6_get_names(
    struct wire_reader options, uint16_t code, char (*names)[DHCP_NAME_SIZE], size_t max);

/* DHCP6_SUCCESS where there is no status option; -EBADMSG. */
int dhcp6_get_status(struct wire_reader options);

struct dhcp6_address {
	uint8_t address[16];
	uint32_t preferred, valid; /* seconds */
	int status;                /* enum dhcp6_status */
};

#define DHCP6_ADDRESSES_MAX 8

struct dhcp6_ia {
	uint32_t iaid, t1, t2;
	int status;
	size_t count;
	struct dhcp6_address addresses[DHCP6_ADDRESSES_MAX];
};

/* The IA_NA of an IAID. Addresses whose preferred lifetime is longer than the valid one are left
 * out (RFC 8415, 21.6), and so are those beyond DHCP6_ADDRESSES_MAX. 0, -ENOENT, or -EBADMSG. */
int dhcp6_get_ia(struct wire_reader options, uint32_t iaid, struct dhcp6_ia *ia);

/* The same of the option's bytes. 0 or -EBADMSG. */
int dhcp6_read_ia(struct wire_reader value, struct dhcp6_ia *ia);

/* What a relay puts around a message (RFC 8415, 9): the message is in DHCP6_RELAY_MESSAGE. */
#define DHCP6_RELAYS_MAX 8 /* HOP_COUNT_LIMIT: RFC 8415, 7.6 */

struct dhcp6_relay {
	uint8_t type; /* DHCP6_RELAY_FORWARD, DHCP6_RELAY_REPLY */
	uint8_t hops;
	uint8_t link[16], peer[16];
	struct wire_reader options; /* borrowed */
};

/* 0 or -EBADMSG: not a relay's, shorter than a header, or an option that is not inside. */
int dhcp6_relay_parse(struct dhcp6_relay *relay, const void *payload, size_t len);
void dhcp6_relay_put_header(struct wire_writer *writer, const struct dhcp6_relay *relay);

/* Writing. An option is begun, filled and ended by wire_end_u16; they nest. */
void dhcp6_put_header(struct wire_writer *writer, uint8_t type, uint32_t xid);
size_t dhcp6_begin(struct wire_writer *writer, uint16_t code);
void dhcp6_put(struct wire_writer *writer, uint16_t code, const void *data, size_t len);
void dhcp6_put_u16(struct wire_writer *writer, uint16_t code, uint16_t value);
void dhcp6_put_duid(struct wire_writer *writer, uint16_t code, const struct dhcp_duid *duid);
void dhcp6_put_fqdn(struct wire_writer *writer, uint8_t flags, const char *name);
void dhcp6_put_address(struct wire_writer *writer, const uint8_t address[16], uint32_t preferred,
    uint32_t valid); /* an IAADDR without options */

void dhcp6_put_status(struct wire_writer *writer, uint16_t status, const char *text);

#endif
