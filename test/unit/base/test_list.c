/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list against a model: an array of the same entries in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "list.h"
#include "random.h"

#define ENTRIES 40

struct item {
	int number;
	struct list link;
};

/* The list holds exactly the model's items, in order, both ways. */
static void check(struct list *list, struct item *const model[], size_t count)
{
	struct item *item;
	const struct list *link;
	size_t i = 0;

	list_for_each (item, list, link) {
		assert_true(i < count);
		assert_ptr_equal(item, model[i++]);
	}
	assert_int_equal(i, count);
	for (link = list->previous; link != list; link = link->previous)
		assert_ptr_equal(link, &model[--i]->link);
	assert_int_equal(i, 0);
	assert_int_equal(list_is_empty(list), count == 0);
	assert_ptr_equal(list_first(list, struct item, link), count ? model[0] : NULL);
	assert_ptr_equal(list_last(list, struct item, link), count ? model[count - 1] : NULL);
}

static void model_insert(struct item *model[], size_t *count, size_t at, struct item *item)
{
	memmove(model + at + 1, model + at, (*count - at) * sizeof(*model));
	model[at] = item;
	++*count;
}

static size_t model_find(struct item *const model[], size_t count, const struct item *item)
{
	size_t at = 0;

	while (at < count && model[at] != item)
		at++;
	return at;
}

static void test_against_model(void **state)
{
	struct item items[ENTRIES];
	struct item *model[ENTRIES];
	struct list list = LIST_INIT(list);
	size_t count = 0;
	uint64_t seed = 5;

	for (size_t i = 0; i < ENTRIES; i++)
		list_init(&items[i].link);
	for (unsigned int round = 0; round < 20000; round++) {
		struct item *item = &items[random_below(&seed, ENTRIES)];
		size_t at = model_find(model, count, item);

		if (at < count) {
			list_remove(&item->link);
			assert_true(list_is_empty(&item->link));
			count--;
			memmove(model + at, model + at + 1, (count - at) * sizeof(*model));
		} else if (round % 3 == 0) {
			list_prepend(&list, &item->link);
			model_insert(model, &count, 0, item);
		} else if (round % 3 == 1 || count == 0) {
			list_append(&list, &item->link);
			model_insert(model, &count, count, item);
		} else {
			at = random_below(&seed, count);
			list_insert_before(&model[at]->link, &item->link);
			model_insert(model, &count, at, item);
		}
		check(&list, model, count);
	}
}

static void test_safe_iteration_frees(void **state)
{
	struct list list;
	struct item *item;
	int expected = 0;

	list_init(&list);
	for (int i = 0; i < 10; i++) {
		item = malloc(sizeof(*item));
		assert_non_null(item);
		item->number = i;
		list_append(&list, &item->link);
	}
	list_for_each_safe (item, &list, link) {
		assert_int_equal(item->number, expected++);
		list_remove(&item->link);
		free(item);
	}
	assert_int_equal(expected, 10);
	assert_true(list_is_empty(&list));
}

static void test_remove_unlinked(void **state)
{
	struct item item;

	list_init(&item.link);
	list_remove(&item.link);
	assert_true(list_is_empty(&item.link));
}

static void test_append_all(void **state)
{
	for (size_t split = 0; split <= 4; split++) {
		struct item items[4];
		struct item *model[4];
		struct list list = LIST_INIT(list);
		struct list from = LIST_INIT(from);

		for (size_t i = 0; i < 4; i++) {
			model[i] = &items[i];
			list_append(i < split ? &list : &from, &items[i].link);
		}
		list_append_all(&list, &from);
		check(&list, model, 4);
		assert_true(list_is_empty(&from));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_safe_iteration_frees),
	    cmocka_unit_test(test_remove_unlinked),
	    cmocka_unit_test(test_append_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
