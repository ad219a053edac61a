/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A configuration string, parsed whole and checked before anything is done. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addrtext.h"
#include "dhcp6.h" /* DUID */
#include "dhcp_name.h"
#include "optlist.h"
#include "slaac.h"

/* The sources of configuration, in the bits that ioth_config returns. */
enum {
	SOURCE_STATIC = 1,
	SOURCE_ETH = 2,
	SOURCE_DHCP4 = 4,
	SOURCE_DHCP6 = 8,
	SOURCE_RD = 16,
};

/* One static item. */
enum item_kind { ITEM_ADDRESS, ITEM_GATEWAY, ITEM_DNS, ITEM_DOMAIN };

struct request_item {
	enum item_kind kind;
	bool remove;
	struct addrtext_prefix prefix; /* but for a domain */
	const char *domain;
};

struct request {
	struct optlist list; /* owns the strings that the others borrow */
	const char *stack;
	const char **vnlv; /* ends with NULL; owned */
	size_t vnls;

	const char *iface;    /* "vde0" if there is none */
	unsigned int ifindex; /* 0: by name */
	char fqdn[DHCP_NAME_SIZE];
	char folded[DHCP_NAME_SIZE]; /* the name in lower case: what is hashed (RFC 4343) */
	bool has_mac;
	uint8_t mac[6];
	enum slaac_kind slaac;
	const char *secret; /* NULL: none */
	struct dhcp_duid duid;

	unsigned int run;   /* SOURCE_*: what to do */
	unsigned int clean; /* SOURCE_*: what to undo first */
	bool debug;
	bool thread, rfcdelay, rapid, probe, nodad, alloptions, fqdnwire, duid_client_id;

	size_t items;
	struct request_item *item; /* owned */
};

enum request_form {
	REQUEST_CONFIG,   /* ioth_config */
	REQUEST_NEWSTACK, /* ioth_newstackc: stack= and vnl=, too */
	REQUEST_RESOLV,   /* ioth_resolvconf: iface= and ifindex= only */
};

/* 0, -ENOMEM, or -EINVAL with the reason in `problem`. */
int request_parse(struct request *request, const char *config, enum request_form form,
    char *problem, size_t problem_size);
void request_free(struct request *request);

#endif
