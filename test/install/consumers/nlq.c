/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that uses libnlq: a dialog with the kernel, and a message as a server makes them. C and
 * C++. */
#include <libnlq.h>
#include <libnlq_server.h>

int main(void)
{
	struct ioth *stack = ioth_get_defstack();
	struct nlq_msg *msg = nlq_createmsg(RTM_NEWLINK, 0, 1, 0);

	if (msg == NULL)
		return 1;
	nlq_freemsg(msg);
	return nlqx_if_nametoindex(stack, "lo") == 1 && nlq_if_nametoindex("lo") == 1 ? 0 : 2;
}
