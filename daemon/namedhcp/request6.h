/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A DHCPv6 message as the server sees it: what relays have put around it (RFC 8415, 19), and of its
 * options those that matter. Parsed whole; nothing is copied. */
#ifndef REQUEST6_H
#define REQUEST6_H

#include "dhcp6.h"

struct request6 {
	size_t relays;
	struct request6_relay {
		struct dhcp6_relay header; /* outermost first */
		bool has_interface, has_port;
		struct wire_reader interface; /* RFC 8415, 21.18: to be echoed */
		struct wire_reader port;      /* RFC 8357, 5.2: likewise */
	} relay[DHCP6_RELAYS_MAX];

	struct dhcp6_message message;
	/* Of an option that occurs more than once the last one counts. */
	bool has_client, has_server, has_fqdn, has_oro, rapid;
	struct wire_reader client, server, fqdn, oro;
	size_t identities;         /* options IA_NA, IA_TA, IA_PD */
	bool has_address;          /* there is an IAADDR in one of them */
	char name[DHCP_NAME_SIZE]; /* of the FQDN option; "": none, or not one to ask for */
};

/* 0 or -EBADMSG. Borrows from the payload. */
int request6_parse(struct request6 *request, const void *payload, size_t len);

/* Is this a message that a server takes, with this identifier? RFC 8415, 16. */
bool request6_is_valid(const struct request6 *request, const struct dhcp_duid *server);

#endif
