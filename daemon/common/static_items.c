/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Static addresses out of strings: see static_items.h. */
#include "static_items.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include "optlist.h"

void static_item_free(struct static_item *item)
{
	list_remove(&item->link);
	free(item->again);
	free(item);
}

void static_items_free(struct list *items)
{
	struct static_item *item;

	list_for_each_safe (item, items, link)
		static_item_free(item);
}

/* Does an address of the same string need this, too? */
static bool goes_with(const char *tag)
{
	return optlist_is(tag, "iface") || optlist_is(tag, "ifindex") || optlist_is(tag, "gw");
}

/* "ip=ADDRESS/LENGTH" with all that goes with it, to be freed; NULL: no memory. */
static char *string_for(const struct optlist *list, const char *address)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "ip=%s", address);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].value && goes_with(list->items[i].tag))
			fprintf(out, ",%s=\"%s\"", list->items[i].tag, list->items[i].value);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int append(struct list *items, const struct optlist *list, const char *address)
{
	struct addrtext_prefix prefix;
	struct static_item *item;

	if (addrtext_parse_prefix(address, &prefix) < 0)
		return 0; /* libiothconf has said so */
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->prefix = prefix;
	item->again = string_for(list, address);
	list_append(items, &item->link);
	if (item->again)
		return 0;
	static_item_free(item);
	return -ENOMEM;
}

int static_items_read(struct list *items, const char *text)
{
	struct optlist list;
	int err = optlist_parse(&list, text);

	if (err)
		return err;
	for (size_t i = 0; i < list.count && !err; i++) {
		if (list.items[i].tag[0] == '-')
			static_items_free(items);
		else if (optlist_is(list.items[i].tag, "ip") && list.items[i].value)
			err = append(items, &list, list.items[i].value);
	}
	optlist_free(&list);
	return err;
}

static bool is_address(const struct sockaddr *address, const struct addrtext_prefix *prefix)
{
	struct sockaddr_in name4;
	struct sockaddr_in6 name6;

	if (!address || address->sa_family != prefix->family)
		return false;
	if (address->sa_family == AF_INET) {
		memcpy(&name4, address, sizeof(name4));
		return memcmp(&name4.sin_addr, prefix->address, sizeof(name4.sin_addr)) == 0;
	}
	memcpy(&name6, address, sizeof(name6));
	return memcmp(&name6.sin6_addr, prefix->address, sizeof(name6.sin6_addr)) == 0;
}

bool static_item_is_there(const struct static_item *item, const struct ifaddrs *list)
{
	for (; list; list = list->ifa_next) {
		if (is_address(list->ifa_addr, &item->prefix))
			return true;
	}
	return false;
}
