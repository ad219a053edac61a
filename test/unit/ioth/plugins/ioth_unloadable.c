/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: needs a function that nobody has, so that the loader refuses it. */
#include <ioth.h>

newstack_prototype ioth_unloadable_newstack;
void *a_function_that_nobody_has(void);

void *ioth_unloadable_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	return a_function_that_nobody_has();
}
