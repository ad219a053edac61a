/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answer to a DHCPv4 message: what an address, or that there is none, means for it. Pure. */
#ifndef REPLY4_H
#define REPLY4_H

#include "config.h"
#include "dhcp4.h"
#include "domains.h"
#include "names.h"
#include "texts4.h"

#define REPLY4_MAX 1472 /* Ethernet's MTU without the headers of IPv4 and UDP */

struct config4 {
	struct config common;  /* options 6, 15, 42; a TXT record counts more */
	uint8_t server_id[4];  /* 0.0.0.0: none is sent */
	bool is_authoritative; /* refuses also addresses that it has not given */
	bool echo_client_id;   /* RFC 6842; the original does not */
};

/* The name that a message is about: option 81, or its host name in the first of the domains. False:
 * there is none. */
bool reply4_name(
    const struct dhcp4_message *message, const struct domains *domains, char name[DHCP_NAME_SIZE]);

/* Is it one that a server answers, and is it for this one? */
bool reply4_is_wanted(const struct dhcp4_message *message, const struct config4 *config);

/* What the DNS has to be asked for; INFORM needs no address. */
bool reply4_needs_address(const struct dhcp4_message *message);
bool reply4_needs_texts(const struct dhcp4_message *message);

struct known4 {
	const struct names_answer *address; /* NULL: it has not been asked for */
	const struct texts4 *texts;
	const char *name; /* NULL: it has none */
};

/* Writes the answer. Returns the length; 0: there is none. *type is its type. */
size_t reply4_write(uint8_t *buffer, size_t size, const struct config4 *config,
    const struct dhcp4_message *message, const struct known4 *known, enum dhcp4_type *type);

/* Where it goes: RFC 2131, 4.1. Broadcast is to 255.255.255.255. */
struct route4 {
	bool is_relayed;   /* back to the relay: its port, the MAC address that it came from */
	uint8_t address[4];
	uint8_t mac[6]; /* the client's, unless relayed */
};
void reply4_route(struct route4 *route, const struct dhcp4_message *message, const uint8_t *reply,
    enum dhcp4_type type);

#endif
