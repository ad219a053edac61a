/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ambient capabilities: what a command started in a namespace may do without being root there.
 *
 * A capability can be ambient only while it is both permitted and inheritable (capabilities(7)), so
 * the inheritable set is widened first. The raw system calls, because libcap allocates memory.
 */
#include "netns.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

int netns_raise_ambient(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	unsigned int cap;

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	for (cap = 0; cap < _LINUX_CAPABILITY_U32S_3; cap++)
		data[cap].inheritable |= (uint32_t)(capabilities >> (32 * cap));
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	for (cap = 0; cap < 64; cap++)
		if (capabilities & (1ULL << cap) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, (unsigned long)cap, 0UL, 0UL) < 0)
			return -errno;
	return 0;
}
