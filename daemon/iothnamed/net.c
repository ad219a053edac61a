/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names for sets of addresses: see net.h. */
#include "net.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define ADDRESS_BITS 128

struct number { /* an address */
	uint64_t high, low;
};

struct prefix {
	struct number first, last;
	uint64_t nets;
};

struct range { /* up to where the next one begins */
	struct number first;
	uint64_t nets;
};

struct named_nets {
	unsigned int count;
	char *names[NAMED_NETS_MAX];
	struct prefix *prefixes;
	size_t prefix_count, prefix_room;
	struct range *ranges; /* the first begins at :: */
	size_t range_count;
};

static uint64_t read_half(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static struct number number_of(const struct in6_addr *address)
{
	return (struct number){read_half(address->s6_addr), read_half(address->s6_addr + 8)};
}

static bool is_less(struct number a, struct number b)
{
	return a.high < b.high || (a.high == b.high && a.low < b.low);
}

static bool is_equal(struct number a, struct number b)
{
	return a.high == b.high && a.low == b.low;
}

/* The bits of a half that are behind a prefix. */
static uint64_t host_bits(unsigned int len)
{
	return len == 0 ? ~0ULL : len >= 64 ? 0 : ~0ULL >> len;
}

struct named_nets *named_nets_new(void)
{
	return calloc(1, sizeof(struct named_nets));
}

void named_nets_free(struct named_nets *nets)
{
	if (!nets)
		return;
	for (unsigned int i = 0; i < nets->count; i++)
		free(nets->names[i]);
	free(nets->prefixes);
	free(nets->ranges);
	free(nets);
}

uint64_t named_nets_bit(const struct named_nets *nets, const char *name, size_t len)
{
	for (unsigned int i = 0; i < nets->count; i++) {
		if (strlen(nets->names[i]) == len && memcmp(nets->names[i], name, len) == 0)
			return 1ULL << i;
	}
	return 0;
}

static int add_name(struct named_nets *nets, const char *name, uint64_t *bit)
{
	*bit = named_nets_bit(nets, name, strlen(name));
	if (*bit)
		return 0;
	if (nets->count == NAMED_NETS_MAX)
		return -ENOSPC;
	nets->names[nets->count] = strdup(name);
	if (!nets->names[nets->count])
		return -ENOMEM;
	*bit = 1ULL << nets->count++;
	return 0;
}

int named_nets_add(
    struct named_nets *nets, const char *name, const struct in6_addr *address, unsigned int len)
{
	struct number first = number_of(address), hosts;
	uint64_t bit;
	int error = add_name(nets, name, &bit);

	if (error < 0)
		return error;
	if (nets->prefix_count == nets->prefix_room) {
		size_t room = nets->prefix_room ? nets->prefix_room * 2 : 8;
		struct prefix *more = reallocarray(nets->prefixes, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		nets->prefixes = more;
		nets->prefix_room = room;
	}
	hosts = (struct number){host_bits(len), len <= 64 ? ~0ULL : host_bits(len - 64)};
	first.high &= ~hosts.high;
	first.low &= ~hosts.low;
	nets->prefixes[nets->prefix_count++] =
	    (struct prefix){first, {first.high | hosts.high, first.low | hosts.low}, bit};
	return 0;
}

/* By first address; the longer of two that begin at the same behind the shorter. */
static int compare(const void *x, const void *y)
{
	const struct prefix *a = x, *b = y;

	if (!is_equal(a->first, b->first))
		return is_less(a->first, b->first) ? -1 : 1;
	if (!is_equal(a->last, b->last))
		return is_less(a->last, b->last) ? 1 : -1;
	return 0;
}

/* A range from `first` on; two that begin at the same address are one, the later. */
static void add_range(struct named_nets *nets, struct number first, uint64_t bits)
{
	struct range *last = nets->range_count ? &nets->ranges[nets->range_count - 1] : NULL;

	if (last && is_equal(last->first, first))
		last->nets = bits;
	else
		nets->ranges[nets->range_count++] = (struct range){first, bits};
}

/* Two prefixes are apart or one lies in the other, so that those which an address is in are a
 * stack, each of whose members has the nets of those below it, too. */
int named_nets_seal(struct named_nets *nets)
{
	struct prefix stack[ADDRESS_BITS + 1];
	size_t depth = 0;

	nets->ranges = calloc(2 * nets->prefix_count + 1, sizeof(*nets->ranges));
	if (!nets->ranges)
		return -ENOMEM;
	if (nets->prefix_count > 0)
		qsort(nets->prefixes, nets->prefix_count, sizeof(*nets->prefixes), compare);
	add_range(nets, (struct number){0, 0}, 0);
	for (size_t i = 0; i <= nets->prefix_count; i++) {
		const struct prefix *next = i < nets->prefix_count ? &nets->prefixes[i] : NULL;

		while (depth > 0 && (!next || is_less(stack[depth - 1].last, next->first))) {
			struct number end = stack[--depth].last;

			if (++end.low == 0)
				end.high++;
			if (end.high || end.low)
				add_range(nets, end, depth > 0 ? stack[depth - 1].nets : 0);
		}
		if (!next)
			break;
		if (depth > 0 && compare(&stack[depth - 1], next) == 0) {
			stack[depth - 1].nets |= next->nets;
		} else {
			stack[depth] = *next;
			if (depth > 0)
				stack[depth].nets |= stack[depth - 1].nets;
			depth++;
		}
		add_range(nets, next->first, stack[depth - 1].nets);
	}
	return 0;
}

uint64_t named_nets_of(const struct named_nets *nets, const struct in6_addr *address)
{
	struct number number = number_of(address);
	size_t low = 0, high = nets->range_count;

	/* The last range that does not begin behind the address. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (is_less(number, nets->ranges[middle].first))
			high = middle;
		else
			low = middle;
	}
	return nets->ranges[low].nets;
}
