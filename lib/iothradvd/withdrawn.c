/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has been advertised and is no more: see withdrawn.h. */
#include "withdrawn.h"

#include <string.h>

#define TWO_HOURS 7200u

static bool has(const struct settings *settings, const struct item *item)
{
	for (size_t i = 0; i < settings->count; i++) {
		if (item_is_same(&settings->item[i], item))
			return true;
	}
	return false;
}

static void remove_entry(struct withdrawn *withdrawn, size_t entry)
{
	withdrawn->count--;
	memmove(&withdrawn->entry[entry], &withdrawn->entry[entry + 1],
	    (withdrawn->count - entry) * sizeof(withdrawn->entry[0]));
}

static void add(
    struct withdrawn *withdrawn, engine_time now, const struct item *item, uint32_t lifetime)
{
	if (withdrawn->count == WITHDRAWN_MAX)
		remove_entry(withdrawn, 0);
	withdrawn->entry[withdrawn->count].item = *item;
	withdrawn->entry[withdrawn->count].until =
	    engine_after(now, lifetime < TWO_HOURS ? lifetime : TWO_HOURS);
	withdrawn->count++;
}

void withdrawn_change(struct withdrawn *withdrawn, engine_time now, const struct settings *before,
    const struct settings *after)
{
	withdrawn_expire(withdrawn, now);
	for (size_t i = withdrawn->count; i-- > 0;) {
		if (has(after, &withdrawn->entry[i].item))
			remove_entry(withdrawn, i);
	}
	for (size_t i = 0; i < before->count; i++) {
		if (!has(after, &before->item[i]))
			add(withdrawn, now, &before->item[i], settings_lifetime(before, &before->item[i]));
	}
}

bool withdrawn_item(
    const struct withdrawn *withdrawn, size_t entry, engine_time now, struct item *item)
{
	if (withdrawn->entry[entry].until <= now)
		return false;
	*item = withdrawn->entry[entry].item;
	item->automatic = false;
	item->preferred = 0;
	item->lifetime =
	    item->kind == ITEM_PREFIX ? engine_left(now, withdrawn->entry[entry].until) : 0;
	return true;
}

void withdrawn_expire(struct withdrawn *withdrawn, engine_time now)
{
	for (size_t i = withdrawn->count; i-- > 0;) {
		if (withdrawn->entry[i].until <= now)
			remove_entry(withdrawn, i);
	}
}
