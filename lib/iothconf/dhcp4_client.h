/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 client (RFC 2131) as an engine without I/O.
 *
 *     STOPPED --start--> DELAY -> SELECTING -> REQUESTING -> (PROBING ->) BOUND
 *                          ^                                   |  T1
 *                          |  NAK, lease expired            RENEWING
 *                          +---------------------------------  |  T2
 *                          |                                REBINDING
 *     link is back: REBOOTING -> BOUND
 *
 * The first attempt is quick, as the ecosystem's one-shot client is: a message is sent up to three
 * times, two seconds apart; then the attempt has failed, and the client stops, or, if it is to be
 * persistent, goes on with the back-off of RFC 2131, 4.1 (4 to 64 s, a second of jitter).
 */
#ifndef DHCP4_CLIENT_H
#define DHCP4_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "dhcp4.h"
#include "dhcp6.h" /* DUID */
#include "engine.h"

enum dhcp4_state {
	DHCP4_STOPPED,
	DHCP4_DELAY,      /* before a DISCOVER: initial delay, after a NAK or a conflict */
	DHCP4_SELECTING,  /* DISCOVER sent */
	DHCP4_REQUESTING, /* REQUEST for an offer sent */
	DHCP4_REBOOTING,  /* REQUEST for the old address sent: INIT-REBOOT */
	DHCP4_PROBING,    /* does somebody else have the address? RFC 5227 */
	DHCP4_BOUND,
	DHCP4_RENEWING,
	DHCP4_REBINDING,
	DHCP4_STATES
};

#define DHCP4_LIST_MAX 8

struct dhcp4_lease {
	uint8_t address[4];
	unsigned int prefix_len;
	uint8_t server[4]; /* 0.0.0.0: it did not say */
	uint32_t seconds;  /* DHCP4_FOREVER: no end */
	size_t routers, dns, domains, routes;
	uint8_t router[DHCP4_LIST_MAX][4];
	uint8_t dns_server[DHCP4_LIST_MAX][4];
	char domain[DHCP4_LIST_MAX][DHCP_NAME_SIZE]; /* search list, or else the domain name */
	struct dhcp4_route route[DHCP4_LIST_MAX];    /* replace the routers if there are any */
	uint16_t mtu;                                /* 0: none */
};

enum dhcp4_event {
	DHCP4_EVENT_BOUND,  /* client->lease is new, or was renewed, maybe with other values */
	DHCP4_EVENT_LOST,   /* the lease is over: expired, refused, in conflict */
	DHCP4_EVENT_FAILED, /* the quick attempt has failed */
};

struct dhcp4_ops {
	engine_random *random;
	/* Sends a UDP payload from port 68 to port 67. `source` and `destination` 0.0.0.0 and
	 * 255.255.255.255, or addresses. */
	void (*send)(void *context, const uint8_t source[4], const uint8_t destination[4],
	    const void *payload, size_t len);
	/* Broadcasts an ARP probe (RFC 5227, 2.1.1): sender 0.0.0.0, target `address`. */
	void (*probe)(void *context, const uint8_t address[4]);
	void (*event)(void *context, enum dhcp4_event event);
};

struct dhcp4_config {
	uint8_t mac[6];
	char fqdn[DHCP_NAME_SIZE]; /* "": none is sent */
	struct dhcp_duid duid;     /* len > 0: client id of RFC 4361 instead of 01 and the MAC */
	uint32_t iaid;             /* with it */
	bool fqdn_wire;            /* flag E of RFC 4702 */
	bool rapid;                /* RFC 4039 */
	bool all_options;          /* ask for more than upstream does: routes, search list, MTU, ... */
	bool probe;
	bool broadcast;  /* answers cannot be received by unicast yet */
	bool delay;      /* the initial delay of RFC 2131, 4.4.1 */
	bool persistent; /* never gives up */
};

struct dhcp4_client {
	struct dhcp4_config config;
	const struct dhcp4_ops *ops;
	void *context;
	enum dhcp4_state state;
	engine_time deadline; /* ENGINE_NEVER: none */
	uint32_t xid;
	unsigned int sends;  /* of the message that this state repeats, or probes */
	bool quick;          /* the first attempt */
	engine_time setback; /* the next delay after a NAK or a conflict */
	uint8_t offered[4], server[4];
	bool has_lease;
	struct dhcp4_lease lease, pending; /* pending: being probed */
	engine_time requested_at, t1, t2, expiry;
};

/* All three of `config`, `ops` and `context`; the client is stopped. `ops` is borrowed for its
 * life.
 */
void dhcp4_client_init(struct dhcp4_client *client, const struct dhcp4_config *config,
    const struct dhcp4_ops *ops, void *context);

/* From STOPPED: looks for a lease; or asks for the one that it still has (INIT-REBOOT). */
void dhcp4_client_start(struct dhcp4_client *client, engine_time now);
/* The link was lost and is back, or the machine has slept: is the lease still good here? */
void dhcp4_client_reboot(struct dhcp4_client *client, engine_time now);
/* Forgets everything without a word. */
void dhcp4_client_stop(struct dhcp4_client *client);
/* Gives the lease back (RELEASE), and stops. No event. */
void dhcp4_client_release(struct dhcp4_client *client);

/* A UDP payload that came to port 68. */
void dhcp4_client_input(
    struct dhcp4_client *client, engine_time now, const void *payload, size_t len);
/* An ARP packet: what its sender says of himself, and whom it looks for. */
void dhcp4_client_arp(struct dhcp4_client *client, engine_time now, const uint8_t sender_mac[6],
    const uint8_t sender[4], const uint8_t target[4]);
/* To be called when `deadline` has come; earlier is harmless. */
void dhcp4_client_timer(struct dhcp4_client *client, engine_time now);

/* For dhcp4_client.c: dhcp4_messages.c. */
void dhcp4_client_send(struct dhcp4_client *client, enum dhcp4_type type);
/* Reads what a lease says out of an ACK. 0, or -EBADMSG: no address or no time that one can use. */
int dhcp4_lease_read(struct dhcp4_lease *lease, const struct dhcp4_message *message);

#endif
