/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libiothconf: a stack made and configured by one string. C and C++. */
#include <stdio.h>
#include <ioth.h>
#include <iothconf.h>

int main(void)
{
	struct ioth *stack = ioth_newstackc("stack=picox,vnl=mem://consumer,eth,ip=10.0.0.1/24");

	if (stack == NULL) {
		fprintf(stderr, "%s\n", ioth_config_error());
		return 1;
	}
	if (ioth_if_nametoindex(stack, "vde0") <= 1)
		return 2;
	return ioth_delstack(stack) == 0 ? 0 : 3;
}
