/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Test plugin: exports nothing that libioth asks for. */
int nothing_at_all(void);

int nothing_at_all(void)
{
	return 0;
}
