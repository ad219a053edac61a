/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin "kernel": the kernel's own stack, in the network namespace where the program runs.
 *
 * So that a program that takes a stack's name can be told to use the system's interfaces (in a
 * vdens these are the ones of the VDE network). There is nothing to plug into a network here: a VNL
 * is refused, NULL and "" are not.
 *
 * It keeps no state, and any number of stacks are the same one. The table's entries are the
 * system's calls themselves. The aliases serve ioth_kernel_n.so, a link to this very file.
 */
#include <errno.h>
#include <ioth.h>

#include "accept_ra.h"
#include "system_calls.h"

newstack_prototype ioth_kernel_newstack;
delstack_prototype ioth_kernel_delstack;
const char *ioth_kernel_error(void);
int ioth_kernel_linksetacceptra(unsigned int ifindex, int accept);

extern const char *const ioth_kernel_license;
const char *const ioth_kernel_license = "LGPL-2.1-or-later";

/* The one reason there is for newstack to fail, so that nothing is to be kept (for a thread's own
 * variable the loader needs memory, and ends the program if there is none). */
const char *ioth_kernel_error(void)
{
	return "this stack has the system's interfaces, and takes no VNL and no options";
}

void *ioth_kernel_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	for (; vnlv && *vnlv; vnlv++) {
		if (**vnlv)
			goto refuse;
	}
	if (options && *options)
		goto refuse;
	functions->socket = socket;
	system_calls_set(functions);
	return functions; /* any pointer but NULL: there is no data */

refuse:
	errno = EINVAL;
	return NULL;
}

int ioth_kernel_delstack(void *stackdata)
{
	return 0;
}

int ioth_kernel_linksetacceptra(unsigned int ifindex, int accept)
{
	return accept_ra_call(ifindex, accept);
}

SYSTEM_CALLS(ioth_kernel);

newstack_prototype ioth_kernel_n_newstack ALIAS(ioth_kernel_newstack);
delstack_prototype ioth_kernel_n_delstack ALIAS(ioth_kernel_delstack);
extern __typeof__(ioth_kernel_linksetacceptra) ioth_kernel_n_linksetacceptra ALIAS(
    ioth_kernel_linksetacceptra);
extern __typeof__(ioth_kernel_error) ioth_kernel_n_error ALIAS(ioth_kernel_error);
extern const char *const ioth_kernel_n_license ALIAS(ioth_kernel_license);
