/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: says that its licence is the GPL, version 2 only. (It is a lie, for the test.) */
#include <ioth.h>

extern const char *ioth_gpl_license;
const char *ioth_gpl_license = "GPL-2.0-only";

newstack_prototype ioth_gpl_newstack;

void *ioth_gpl_newstack(const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	return functions;
}
