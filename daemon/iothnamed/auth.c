/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `auth` records: see auth.h. */
#include "auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "passfile.h"
#include "reverse.h"

struct list_of_records {
	size_t count;
	uint32_t *numbers; /* owned */
};

struct node {
	struct nametable_entry entry; /* first; its bytes are those of a record's name */
	struct list_of_records exact, below;
	const struct node *above; /* the next one up that has `below` */
};

struct named_auth {
	size_t count;
	struct named_auth_record **records; /* pointers: names must not move */
	struct nametable names;
	unsigned int deepest;           /* labels of the longest name */
	struct list_of_records dynamic; /* with a host */
	uint64_t accepted;              /* nets */
	unsigned int types;             /* bitmap */
};

struct named_auth *named_auth_new(void)
{
	return calloc(1, sizeof(struct named_auth));
}

static void free_record(struct named_auth_record *record)
{
	passfile_free(record->password);
	free(record);
}

void named_auth_free(struct named_auth *auth)
{
	if (!auth)
		return;
	for (size_t i = 0; auth->names.slots && i <= auth->names.mask; i++) {
		struct node *node = (struct node *)(void *)auth->names.slots[i].entry;

		if (!node)
			continue;
		free(node->exact.numbers);
		free(node->below.numbers);
		free(node);
	}
	nametable_free(&auth->names);
	for (size_t i = 0; i < auth->count; i++)
		free_record(auth->records[i]);
	free(auth->records);
	free(auth->dynamic.numbers);
	free(auth);
}

int named_auth_add(struct named_auth *auth, struct named_auth_record *record)
{
	struct named_auth_record *copy = malloc(sizeof(*copy)), **more;

	if (!copy)
		return -ENOMEM;
	*copy = *record;
	record->password = NULL;
	more = reallocarray(auth->records, auth->count + 1, sizeof(struct named_auth_record *));
	if (!more) {
		free_record(copy);
		return -ENOMEM;
	}
	auth->records = more;
	auth->records[auth->count++] = copy;
	auth->types |= 1U << copy->type;
	if (copy->type == NAMED_AUTH_ACCEPT)
		auth->accepted |= copy->nets;
	return 0;
}

static int append(struct list_of_records *list, uint32_t number)
{
	/* Room is doubled when the count is a power of 2. */
	if ((list->count & (list->count - 1)) == 0) {
		uint32_t *more =
		    reallocarray(list->numbers, list->count ? list->count * 2 : 1, sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->numbers = more;
	}
	list->numbers[list->count++] = number;
	return 0;
}

/* The node of a record's name: an old one or a new one. */
static struct node *node_of(struct named_auth *auth, const struct named_name *name)
{
	uint64_t hash = named_name_hash(name);
	struct nametable_entry *entry = nametable_find(&auth->names, hash, name->wire, name->len);
	struct node *node;

	if (entry)
		return (struct node *)(void *)entry;
	node = calloc(1, sizeof(*node));
	if (!node)
		return NULL;
	node->entry = (struct nametable_entry){hash, name->len, name->labels, name->wire};
	if (nametable_insert(&auth->names, &node->entry) < 0) {
		free(node);
		return NULL;
	}
	if (name->labels > auth->deepest)
		auth->deepest = name->labels;
	return node;
}

static const struct node *node_above(const struct named_auth *auth, const struct node *node)
{
	struct named_name name;
	uint64_t hash[NAME_MAX_LABELS];

	(void)named_name_read(&name, node->entry.wire, node->entry.len);
	named_name_hashes(&name, hash);
	for (unsigned int labels = name.labels; labels-- > 0;) {
		const struct node *above =
		    (const void *)nametable_find_suffix(&auth->names, &name, hash, labels);

		if (above && above->below.count > 0)
			return above;
	}
	return NULL;
}

int named_auth_seal(struct named_auth *auth)
{
	for (size_t i = 0; i < auth->count; i++) {
		const struct named_auth_record *record = auth->records[i];
		struct list_of_records *list = &auth->dynamic;

		if (record->type == NAMED_AUTH_ACCEPT)
			continue;
		if (!record->host) {
			struct node *node = node_of(auth, &record->name);

			if (!node)
				return -ENOMEM;
			list = record->below ? &node->below : &node->exact;
		}
		if (append(list, (uint32_t)i) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; auth->names.slots && i <= auth->names.mask; i++) {
		struct node *node = (struct node *)(void *)auth->names.slots[i].entry;

		if (node)
			node->above = node_above(auth, node);
	}
	return 0;
}

bool named_auth_accepts(const struct named_auth *auth, uint64_t nets)
{
	return (auth->accepted & nets) != 0;
}

bool named_auth_has(const struct named_auth *auth, enum named_auth_type type)
{
	return auth->types >> type & 1;
}

static void add_list(struct named_auth_scan *scan, const struct list_of_records *list)
{
	if (list->count > 0)
		scan->lists[scan->count++] =
		    (struct named_auth_list){list->numbers, list->numbers + list->count};
}

void named_auth_scan(struct named_auth_scan *scan, const struct named_auth *auth,
    const struct named_name *name, const uint64_t *hash, uint64_t nets)
{
	unsigned int labels = name->labels < auth->deepest ? name->labels : auth->deepest;
	const struct node *node = NULL;

	scan->auth = auth;
	scan->name = name;
	scan->nets = nets;
	scan->count = 0;
	for (;; labels--) {
		node = (const void *)nametable_find_suffix(&auth->names, name, hash, labels);
		if (node || labels == 0)
			break;
	}
	if (node && labels == name->labels) {
		add_list(scan, &node->exact);
		if (labels > 0) /* "." is the root, too */
			node = node->above;
	}
	for (; node; node = node->above)
		add_list(scan, &node->below);
	if (named_is_arpa(name))
		add_list(scan, &auth->dynamic);
}

/* Is the query's name one that stands for the host's network? */
static bool is_of_host(const struct named_auth_record *record, const struct named_name *name)
{
	struct named_name network;
	struct in6_addr address;
	unsigned int all;

	if (!named_host_address(record->host, &address))
		return false;
	all = IN6_IS_ADDR_V4MAPPED(&address) ? 32 : 128;
	if (record->prefix_len > all)
		return false;
	named_reverse_name(&network, &address, record->prefix_len);
	return record->prefix_len == all ? named_name_equal(name, &network)
	                                 : named_name_is_below(name, &network);
}

const struct named_auth_record *named_auth_next(struct named_auth_scan *scan)
{
	for (;;) {
		struct named_auth_list *first = NULL;
		const struct named_auth_record *record;

		for (unsigned int i = 0; i < scan->count; i++) {
			struct named_auth_list *list = &scan->lists[i];

			if (list->at < list->end && (!first || *list->at < *first->at))
				first = list;
		}
		if (!first)
			return NULL;
		record = scan->auth->records[*first->at++];
		if (record->nets & scan->nets && (!record->host || is_of_host(record, scan->name)))
			return record;
	}
}
