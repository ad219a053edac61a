/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Name compression: see compress.h. */
#include "compress.h"

#include <stdlib.h>
#include <string.h>

#define PROBES    8
#define MAX_PLACE 0x3fff /* a pointer has 14 bits */

void compress_init(struct compress *table)
{
	table->slots = table->first;
	table->mask = COMPRESS_FIRST_SLOTS - 1;
	table->count = 0;
	memset(table->first, 0, sizeof(table->first));
}

void compress_free(struct compress *table)
{
	if (table->slots != table->first)
		free(table->slots);
}

/* FNV-1a from the last label to the first: each end has its own value. Bytes that differ in the bit
 * that tells the case count as equal, letters or not: names are compared later. */
void compress_ends(struct compress_ends *ends, const struct dns_name *name)
{
	uint32_t hash = 2166136261U;

	ends->count = 0;
	for (unsigned int at = 0; name->wire[at]; at += name->wire[at] + 1U)
		ends->at[ends->count++] = (uint8_t)at;
	for (unsigned int i = ends->count; i-- > 0;) {
		const uint8_t *label = name->wire + ends->at[i];

		for (unsigned int k = 0; k <= label[0]; k++)
			hash = (hash ^ (label[k] | 0x20U)) * 16777619U;
		ends->hash[i] = hash;
	}
}

/* Most often the case is the same, too. */
static bool same_label(const uint8_t *a, const uint8_t *b, size_t len)
{
	if (memcmp(a, b, len) == 0)
		return true;
	for (size_t i = 0; i < len; i++) {
		if (name_lower(a[i]) != name_lower(b[i]))
			return false;
	}
	return true;
}

/* Is the name at `place` of the message, which this library has composed, the same? */
static bool same(const uint8_t *wire, const uint8_t *message, size_t len, size_t place)
{
	for (;;) {
		unsigned int label;

		if (place >= len)
			return false;
		label = message[place];
		if (label >= 0xc0) {
			size_t target = place + 1 < len ? (label & 0x3fU) << 8 | message[place + 1] : place;

			if (target >= place)
				return false;
			place = target;
			continue;
		}
		if (label != wire[0] || label > len - place - 1)
			return false;
		if (label == 0)
			return true;
		if (!same_label(wire + 1, message + place + 1, label))
			return false;
		wire += label + 1;
		place += label + 1;
	}
}

static uint16_t find_end(const struct compress *table, uint32_t hash, const uint8_t *wire,
    const uint8_t *message, size_t len)
{
	for (uint32_t i = 0; i < PROBES; i++) {
		const struct compress_slot *slot = &table->slots[(hash + i) & table->mask];

		if (slot->at == COMPRESS_NOWHERE)
			break;
		if (slot->tag == (uint16_t)(hash >> 16) && same(wire, message, len, slot->at))
			return slot->at;
	}
	return COMPRESS_NOWHERE;
}

unsigned int compress_find(const struct compress *table, const struct compress_ends *ends,
    const struct dns_name *name, const uint8_t *message, size_t len, uint16_t *place)
{
	for (unsigned int i = 0; i < ends->count; i++) {
		*place = find_end(table, ends->hash[i], name->wire + ends->at[i], message, len);
		if (*place != COMPRESS_NOWHERE)
			return i;
	}
	return ends->count;
}

/* A slot of the bigger table is chosen by more bits of the hash than a slot keeps: the ends are
 * forgotten but for their places, whose names would have to be read again. A message so large has
 * names enough to come: it begins anew. */
static void grow(struct compress *table)
{
	uint32_t slots = (table->mask + 1) * 4;
	struct compress_slot *bigger = calloc(slots, sizeof(*bigger));

	if (!bigger)
		return;
	compress_free(table);
	table->slots = bigger;
	table->mask = slots - 1;
	table->count = 0;
}

void compress_add(struct compress *table, uint32_t hash, size_t place)
{
	if (place > MAX_PLACE)
		return;
	if (table->count > table->mask / 2)
		grow(table);
	for (uint32_t i = 0; i < PROBES; i++) {
		struct compress_slot *slot = &table->slots[(hash + i) & table->mask];

		if (slot->at == COMPRESS_NOWHERE) {
			slot->at = (uint16_t)place;
			slot->tag = (uint16_t)(hash >> 16);
			table->count++;
			return;
		}
	}
}
