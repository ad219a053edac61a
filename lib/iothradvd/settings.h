/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a router advertises: the configuration variables of RFC 4861, section 6.2.1, and the items
 * of its options. Plain data without a clock: what is wrong with it is found here, before it is
 * used, and named.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dhcp_name.h"

#define SETTINGS_ITEMS_MAX  256
#define SETTINGS_URI_SIZE   256 /* RFC 8910, 2: no longer than 255 bytes */
#define SETTINGS_WHY_SIZE   256
#define SETTINGS_FINALS_MAX 3 /* MAX_FINAL_RTR_ADVERTISEMENTS: RFC 4861, 10 */

/* In the order that they are written. */
enum item_kind { ITEM_PREFIX, ITEM_ROUTE, ITEM_RDNSS, ITEM_DNSSL, ITEM_PREF64, ITEM_KINDS };

struct item {
	enum item_kind kind;
	uint8_t address[16]; /* a prefix, or that of a server */
	uint8_t len;         /* bits of a prefix */
	uint8_t flags;       /* of ITEM_PREFIX, as on the wire */
	int8_t preference;   /* of ITEM_ROUTE */
	bool automatic;      /* the lifetime is three times the period */
	uint32_t lifetime;   /* seconds; of ITEM_PREFIX the valid one */
	uint32_t preferred;  /* of ITEM_PREFIX */
	char domain[DHCP_NAME_SIZE];
};

struct settings {
	uint32_t period;     /* MaxRtrAdvInterval, seconds; 0: solicited advertisements only */
	uint32_t min_period; /* MinRtrAdvInterval; 0: derived from the period */
	uint8_t finals;      /* advertisements when it ceases */
	uint8_t hop_limit, flags;
	uint16_t lifetime;           /* seconds; 0: no default router */
	uint32_t reachable, retrans; /* milliseconds */
	uint32_t mtu;                /* 0: none */
	uint64_t extension;          /* 48 flags of RFC 5175; 0: none */
	char captive[SETTINGS_URI_SIZE];
	size_t count;
	struct item *item; /* owned */
};

/* Everything zero, and one final advertisement. */
void settings_init(struct settings *settings);
void settings_fini(struct settings *settings);
/* `copy` is initialised by it. 0 or -ENOMEM. */
int settings_copy(struct settings *copy, const struct settings *settings);

/* Adds an item after a look at it; bits of a prefix that do not belong to it are cleared. 0 or
 * -errno: -EINVAL (`why` says what is wrong), -ENOSPC: too many, -ENOMEM. */
int settings_add(struct settings *settings, const struct item *item, char why[SETTINGS_WHY_SIZE]);

/* Does all of it fit together? 0 or -EINVAL and the reason. */
int settings_check(const struct settings *settings, char why[SETTINGS_WHY_SIZE]);

/* Sets one of them by its name and a text ("prefix", "fc00::/64/LA/86400/14400"): the words are
 * those of iothradvd(8). As settings_add. */
int settings_set(
    struct settings *settings, const char *tag, const char *value, char why[SETTINGS_WHY_SIZE]);

/* What is sent as an item's lifetime: of an automatic one, three times the period (RFC 8106, 5.1;
 * RFC 8781, 4.1), that of RFC 4861's default where there is none. */
uint32_t settings_lifetime(const struct settings *settings, const struct item *item);

/* The same thing, whatever its lifetimes are? */
bool item_is_same(const struct item *one, const struct item *other);

#endif
