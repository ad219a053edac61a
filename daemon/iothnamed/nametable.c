/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of names: see nametable.h. */
#include "nametable.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 16

static void place(struct nametable_slot *slots, size_t mask, struct nametable_entry *entry)
{
	size_t i = (size_t)entry->hash & mask;

	while (slots[i].entry)
		i = (i + 1) & mask;
	slots[i] = (struct nametable_slot){entry->hash, entry};
}

static int grow(struct nametable *table)
{
	size_t size = table->slots ? (table->mask + 1) * 2 : FIRST_SLOTS;
	struct nametable_slot *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; table->slots && i <= table->mask; i++) {
		if (table->slots[i].entry)
			place(slots, size - 1, table->slots[i].entry);
	}
	free(table->slots);
	table->slots = slots;
	table->mask = size - 1;
	return 0;
}

int nametable_insert(struct nametable *table, struct nametable_entry *entry)
{
	if (!table->slots || (table->count + 1) * 2 > table->mask + 1) {
		int error = grow(table);

		if (error < 0)
			return error;
	}
	place(table->slots, table->mask, entry);
	table->count++;
	table->depths[entry->labels / 64] |= 1ULL << entry->labels % 64;
	return 0;
}

void nametable_free(struct nametable *table)
{
	free(table->slots);
	*table = (struct nametable){0};
}
