/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flows by source: see sources.h. */
#include "sources.h"

#include <errno.h>
#include <stdlib.h>

struct source {
	struct hashtable_link link;
	struct in6_addr address;
	uint64_t flows;
};

int sources_init(struct sources *sources, uint64_t limit)
{
	sources->limit = limit;
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

static bool matches(const struct hashtable_link *link, const void *key)
{
	const struct source *source = hashtable_entry(link, struct source, link);

	return IN6_ARE_ADDR_EQUAL(&source->address, (const struct in6_addr *)key);
}

static struct source *find(
    const struct sources *sources, const struct in6_addr *address, uint64_t hash)
{
	struct hashtable_link *link = hashtable_find(&sources->table, hash, matches, address);

	return link ? hashtable_entry(link, struct source, link) : NULL;
}

int sources_enter(struct sources *sources, const struct in6_addr *address)
{
	uint64_t hash = hashtable_hash(&sources->table, address, sizeof(*address));
	struct source *source = find(sources, address, hash);

	if (!source) {
		source = calloc(1, sizeof(*source));
		if (!source)
			return -ENOMEM;
		source->address = *address;
		hashtable_insert(&sources->table, &source->link, hash);
	} else if (sources->limit > 0 && source->flows >= sources->limit) {
		return -EUSERS;
	}
	source->flows++;
	return 0;
}

void sources_leave(struct sources *sources, const struct in6_addr *address)
{
	struct source *source =
	    find(sources, address, hashtable_hash(&sources->table, address, sizeof(*address)));

	if (!source || --source->flows > 0)
		return;
	hashtable_remove(&sources->table, &source->link);
	free(source);
}
