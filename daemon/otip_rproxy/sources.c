/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flows by source: see sources.h. */
#include "sources.h"

#include <errno.h>
#include <stdlib.h>

struct source {
	struct hashtable_link link;
	struct in6_addr prefix; /* the bits beyond it are 0 */
	uint64_t flows;
};

int sources_init(struct sources *sources)
{
	sources_set_limit(sources, 0, 128);
	return hashtable_init(&sources->table, NULL);
}

void sources_fini(struct sources *sources)
{
	struct hashtable_link *link = hashtable_first(&sources->table);

	while (link) {
		struct source *source = hashtable_entry(link, struct source, link);

		link = hashtable_next(&sources->table, link);
		hashtable_remove(&sources->table, &source->link);
		free(source);
	}
	hashtable_clear(&sources->table);
}

void sources_set_limit(struct sources *sources, uint64_t limit, unsigned int prefix)
{
	sources->limit = limit;
	sources->prefix = prefix;
}

static struct in6_addr prefix_of(const struct in6_addr *address, unsigned int bits)
{
	struct in6_addr prefix = *address;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return prefix;
	for (unsigned int i = 0; i < sizeof(prefix.s6_addr); i++) {
		unsigned int wanted = bits > 8 * i ? bits - 8 * i : 0;

		if (wanted < 8)
			prefix.s6_addr[i] &= (uint8_t)(0xff00u >> wanted);
	}
	return prefix;
}

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct source *source = hashtable_entry(link, struct source, link);

	return IN6_ARE_ADDR_EQUAL(&source->prefix, (const struct in6_addr *)key);
}

int sources_enter(struct sources *sources, const struct in6_addr *address, struct source **result)
{
	const struct in6_addr prefix = prefix_of(address, sources->prefix);
	uint64_t hash = hashtable_hash(&sources->table, &prefix, sizeof(prefix));
	struct hashtable_link *link = hashtable_find(&sources->table, hash, matches, &prefix);
	struct source *source = link ? hashtable_entry(link, struct source, link) : NULL;

	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return -ENOMEM;
		source->prefix = prefix;
		hashtable_insert(&sources->table, &source->link, hash);
	} else if (sources->limit > 0 && source->flows >= sources->limit) {
		return -EUSERS;
	}
	source->flows++;
	*result = source;
	return 0;
}

void sources_leave(struct sources *sources, struct source *source)
{
	if (--source->flows > 0)
		return;
	hashtable_remove(&sources->table, &source->link);
	free(source);
}
