/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The time to create a stack, and to delete it.
 *
 *   stacks vdestack COUNT VNL PATH      vde_addstack and vde_delstack of the libvdestack at PATH
 *   stacks ioth COUNT VNL PATH STACK    ioth_newstack(STACK, VNL) and ioth_delstack of the libioth
 *
 * VNL "-": no interface. The first one, which may start a helper process, is reported apart. Both
 * libraries are loaded by name, so that one program measures Debian's and ours.
 */
#include "bench.h"

#include <dlfcn.h>

#define COUNT_MAX 10000

static uint64_t created[COUNT_MAX], deleted[COUNT_MAX];

static void *need(void *library, const char *name)
{
	void *symbol = dlsym(library, name);

	if (!symbol)
		bench_die(1, "%s: %s", name, dlerror());
	return symbol;
}

struct calls {
	void *(*vde_addstack)(char *, char *);
	void (*vde_delstack)(void *);
	void *(*ioth_newstack)(const char *, const char *);
	int (*ioth_delstack)(void *);
};

static void *create(const struct calls *calls, const char *stack, char *vnl)
{
	return calls->vde_addstack ? calls->vde_addstack(vnl, NULL) : calls->ioth_newstack(stack, vnl);
}

static void delete (const struct calls *calls, void *stack)
{
	if (calls->vde_delstack)
		calls->vde_delstack(stack);
	else if (calls->ioth_delstack(stack) < 0)
		bench_die(1, "ioth_delstack");
}

int main(int argc, char *argv[])
{
	struct calls calls = {0};
	size_t count = argc > 4 ? strtoul(argv[2], NULL, 10) : 0;

	if (count < 2 || count > COUNT_MAX) {
		fprintf(stderr, "usage: stacks vdestack|ioth COUNT VNL PATH [STACK]\n");
		return 1;
	}
	char *vnl = strcmp(argv[3], "-") == 0 ? NULL : argv[3];
	const char *name = argc > 5 ? argv[5] : "vdestack";
	void *library = dlopen(argv[4], RTLD_NOW);
	if (!library)
		bench_die(1, "%s", dlerror());
	if (strcmp(argv[1], "vdestack") == 0) {
		calls.vde_addstack = (void *(*)(char *, char *))need(library, "vde_addstack");
		calls.vde_delstack = (void (*)(void *))need(library, "vde_delstack");
	} else {
		calls.ioth_newstack = (void *(*)(const char *, const char *))need(library, "ioth_newstack");
		calls.ioth_delstack = (int (*)(void *))need(library, "ioth_delstack");
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t start = bench_now();
		void *stack = create(&calls, name, vnl);
		if (!stack)
			bench_die(1, "no stack");
		uint64_t middle = bench_now();
		delete (&calls, stack);
		created[i] = middle - start;
		deleted[i] = bench_now() - middle;
	}
	printf("{\"first_ns\": %llu}\n", (unsigned long long)created[0]);
	bench_print_times("create", created + 1, count - 1);
	bench_print_times("delete", deleted + 1, count - 1);
	return 0;
}
