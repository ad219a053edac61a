/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A doubly linked list whose links lie in its entries: nothing to allocate, removal in one step.
 *
 * The list and each entry's link are a `struct list`; the list itself closes the ring. A link that
 * is in no list points to itself, after list_init and after list_remove. Entries are not owned.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

/* Initial value of a list, or of a link, called `name`. */
#define LIST_INIT(name)                                                                            \
	{                                                                                              \
		&(name), &(name)                                                                           \
	}

static inline void list_init(struct list *list)
{
	list->next = list;
	list->previous = list;
}

/* For a list: it has no entries. For a link: it is in no list. */
static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

/* `link` must be in no list. `place` is an entry's link, or the list (then: at its end). */
static inline void list_insert_before(struct list *place, struct list *link)
{
	link->next = place;
	link->previous = place->previous;
	place->previous->next = link;
	place->previous = link;
}

static inline void list_append(struct list *list, struct list *link)
{
	list_insert_before(list, link);
}

static inline void list_prepend(struct list *list, struct list *link)
{
	list_insert_before(list->next, link);
}

/* Harmless for a link that is in no list. */
static inline void list_remove(struct list *link)
{
	link->next->previous = link->previous;
	link->previous->next = link->next;
	list_init(link);
}

/* Moves all entries of `from`, in order, behind those of `list`. */
static inline void list_append_all(struct list *list, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->previous = list->previous;
	list->previous->next = from->next;
	from->previous->next = list;
	list->previous = from->previous;
	list_init(from);
}

/* The entry of `type` whose `member` is at `link`. */
#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* The first or last entry, or NULL. */
#define list_first(head, type, member)                                                             \
	(list_is_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member)                                                              \
	(list_is_empty(head) ? NULL : list_entry((head)->previous, type, member))

/* for each `entry` (a variable declared as a pointer to the entries' type) of the list `head`. The
 * body may not remove the entry; in the _safe form it may remove, and free, this one entry. */
#define list_for_each(entry, head, member)                                                         \
	for (struct list *entry##_link = (head)->next;                                                 \
	     entry##_link != (head) &&                                                                 \
	     ((entry) = list_entry(entry##_link, __typeof__(*(entry)), member), true);                 \
	     entry##_link = entry##_link->next)

#define list_for_each_safe(entry, head, member)                                                    \
	for (struct list *entry##_link = (head)->next, *entry##_next = entry##_link->next;             \
	     entry##_link != (head) &&                                                                 \
	     ((entry) = list_entry(entry##_link, __typeof__(*(entry)), member), true);                 \
	     entry##_link = entry##_next, entry##_next = entry##_link->next)

#endif
