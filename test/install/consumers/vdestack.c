/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libvdestack. What it does needs no namespace: those may be forbidden here. C
 * and C++. */
#include <errno.h>
#include <stddef.h>
#include <vdestack.h>

int main(void)
{
	char command[] = "/bin/true";

	vde_delstack(NULL);
	return vde_stackcmd(NULL, command) == -1 && errno == EINVAL ? 0 : 1;
}
