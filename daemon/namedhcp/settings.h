/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the command line and the file of options say, checked: of namedhcp and of namedhcp4. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "domains.h"
#include "options.h"
#include "reply6.h"

enum settings_family { SETTINGS_V6, SETTINGS_V4 };

struct settings_values {
	char *stack, *dnsstack, *iface, *resolvconf, *nameserver, *macaddr;
	char *dns, *dnssearch, *ntp, *lease;
	bool norapid, fqdnreply;
	struct option_list domain;
	/* DHCPv6 */
	char *duid;
	bool alladdresses;
	int64_t preference;
	/* DHCPv4 */
	char *serverid;
	bool authoritative, echoid;
};

/* The table of one program. */
const struct option_spec *settings_specs(enum settings_family family, size_t *count);
void settings_defaults(void *values);

enum settings_duid { DUID_OF_TIME, DUID_OF_MAC, DUID_GIVEN };

struct settings {
	enum settings_family family;
	bool is_vnl; /* `stack` is a VDE network, not a stack */
	/* Owned; NULL: not given. */
	char *stack, *dnsstack, *iface, *resolvconf;
	char *nameservers; /* lines of a resolv.conf */
	char *dns, *dnssearch, *ntp, *serverid;
	bool has_mac;
	uint8_t mac[6];
	enum lease lease;
	uint32_t lease_seconds;
	bool refuse_rapid, answer_fqdn;
	struct domains domains;
	enum settings_duid duid_kind;
	struct dhcp_duid duid;
	bool all_addresses;
	int preference;
	bool is_authoritative, echo_client_id;
};

/* All mistakes are logged. NULL: there was one. */
struct settings *settings_new(enum settings_family family, const struct settings_values *values);
void settings_free(void *settings); /* NULL: harmless */

/* Would both make the same stacks, sockets and resolver? */
bool settings_same_place(const struct settings *a, const struct settings *b);

#endif
