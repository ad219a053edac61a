/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv6 client (RFC 8415) as an engine without I/O: one IA_NA, or information alone.
 *
 *     STOPPED --start--> DELAY -> SOLICIT -> REQUEST -> BOUND
 *                          ^                             |  T1     NoBinding: REQUEST
 *                          |  nothing valid left       RENEW
 *                          +---------------------------  |  T2
 *                          |                           REBIND
 *     link is back: CONFIRM -> BOUND, or DELAY if not on link any more
 *     somebody has the address: DECLINE -> SOLICIT
 *     start, information only: INFORM -> INFORMED -> INFORM ...
 *
 * The first attempt is quick: three SOLICITs, and three REQUESTs, with the time-outs of RFC
 * 8415, 15. Then it has failed, and the client stops or, if it is to be persistent, goes on.
 *
 * Offers. RFC 8415 collects them for the whole first time-out unless a server has the preference
 * 255. With `collect` so does this one; without, it waits for 50 ms after the first of them, in
 * which the servers of a link answer, and then takes the best.
 */
#ifndef DHCP6_CLIENT_H
#define DHCP6_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "dhcp6.h"
#include "engine.h"

enum dhcp6_state {
	DHCP6C_STOPPED,
	DHCP6C_DELAY,
	DHCP6C_SOLICIT,
	DHCP6C_REQUEST,
	DHCP6C_BOUND,
	DHCP6C_RENEW,
	DHCP6C_REBIND,
	DHCP6C_CONFIRM,
	DHCP6C_DECLINE,
	DHCP6C_INFORM,
	DHCP6C_INFORMED,
	DHCP6C_STATES
};

#define DHCP6_LIST_MAX 8

struct dhcp6_lease {
	struct dhcp_duid server;
	size_t count;
	struct {
		uint8_t address[16];
		engine_time preferred, valid;
	} addresses[DHCP6_ADDRESSES_MAX];
	size_t dns, domains;
	uint8_t dns_server[DHCP6_LIST_MAX][16];
	char domain[DHCP6_LIST_MAX][DHCP_NAME_SIZE];
};

enum dhcp6_event {
	DHCP6_EVENT_BOUND,  /* client->lease is new or changed; it may have no address (INFORM) */
	DHCP6_EVENT_LOST,   /* no address is valid any more */
	DHCP6_EVENT_FAILED, /* the quick attempt has failed */
};

struct dhcp6_ops {
	engine_random *random;
	/* Sends a UDP payload from port 546 to ff02::1:2, port 547. */
	void (*send)(void *context, const void *payload, size_t len);
	void (*event)(void *context, enum dhcp6_event event);
};

struct dhcp6_config {
	struct dhcp_duid duid;
	uint32_t iaid;
	char fqdn[DHCP_NAME_SIZE]; /* "": none is sent */
	bool rapid;
	bool all_options; /* ask for SOL_MAX_RT too, as RFC 8415 wants */
	bool delay;       /* the initial delay of RFC 8415, 18.2.1 */
	bool collect;
	bool information; /* no address: INFORMATION-REQUEST */
	bool persistent;
};

struct dhcp6_client {
	struct dhcp6_config config;
	const struct dhcp6_ops *ops;
	void *context;
	enum dhcp6_state state;
	engine_time deadline;

	/* The exchange. */
	uint32_t xid;
	unsigned int sends;
	engine_time begun, timeout, timeout_max; /* of the first message; RT and MRT of RFC 8415, 15 */
	bool quick;
	engine_time setback;
	uint32_t solicit_max; /* seconds: SOL_MAX_RT */

	/* The best offer so far; server.len 0: none. */
	struct dhcp_duid server;
	uint8_t preference;
	engine_time collect_until;
	struct dhcp6_ia offered;

	bool has_lease; /* the program was told of one */
	struct dhcp6_lease lease;
	engine_time t1, t2;
	uint8_t declined[16];
};

void dhcp6_client_init(struct dhcp6_client *client, const struct dhcp6_config *config,
    const struct dhcp6_ops *ops, void *context);
/* From STOPPED. With a lease that is still valid: CONFIRM. */
void dhcp6_client_start(struct dhcp6_client *client, engine_time now);
/* The link was lost and is back: are the addresses still good here? */
void dhcp6_client_confirm(struct dhcp6_client *client, engine_time now);
void dhcp6_client_stop(struct dhcp6_client *client);
/* Gives the addresses back, once (no answer is waited for), and stops. No event. */
void dhcp6_client_release(struct dhcp6_client *client, engine_time now);
/* Duplicate address detection has found another node with this address of the lease. */
void dhcp6_client_decline(struct dhcp6_client *client, engine_time now, const uint8_t address[16]);

void dhcp6_client_input(
    struct dhcp6_client *client, engine_time now, const void *payload, size_t len);
void dhcp6_client_timer(struct dhcp6_client *client, engine_time now);

/* For dhcp6_client.c: dhcp6_messages.c. */
void dhcp6_client_send(struct dhcp6_client *client, engine_time now, enum dhcp6_type type);
/* Puts what a REPLY says about addresses and the resolver into the lease: addresses that it does
 * not name stay, those with valid lifetime 0 go. True if an address was confirmed. */
bool dhcp6_lease_update(struct dhcp6_client *client, engine_time now,
    const struct dhcp6_message *message, const struct dhcp6_ia *ia);
void dhcp6_lease_read_resolver(struct dhcp6_lease *lease, const struct dhcp6_message *message);
/* Drops what is not valid any more; true if something was dropped. */
bool dhcp6_lease_expire(struct dhcp6_lease *lease, engine_time now);

#endif
