/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static addresses that strings of iothconf(7) ask a stack for, and which of them it has. */
#ifndef DAEMON_STATIC_ITEMS_H
#define DAEMON_STATIC_ITEMS_H

#include <stdbool.h>

#include "addrtext.h"
#include "list.h"

struct ifaddrs;

struct static_item {
	struct list link;
	struct addrtext_prefix prefix;
	char *again; /* the string that asks for it alone, with the gateways of its own string */
};

/* Appends those of one string. A tag that takes something away makes all of them forgotten: what is
 * to be there is not known then. 0 or -ENOMEM. */
int static_items_read(struct list *items, const char *text);

bool static_item_is_there(const struct static_item *item, const struct ifaddrs *list);

void static_item_free(struct static_item *item); /* takes it out of its list */
void static_items_free(struct list *items);

#endif
