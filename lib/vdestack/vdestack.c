/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of vdestack.h, and socket(2) with a default stack. */
#include <vdestack.h>

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "outside.h"
#include "vdestack_internal.h"

/* Of the process: that is what vde_default_stack means. */
static _Atomic(struct vdestack *) default_stack;

static int result(int err)
{
	if (err >= 0)
		return err;
	errno = -err;
	return -1;
}

struct vdestack *vde_addstack(char *vdenet, char *ifname)
{
	struct vdestack_interface interface = {.vnl = vdenet, .name = ifname};
	struct vdestack_config config = {.interface = &interface, .count = 1};
	struct vdestack *stack;
	int err = vdestack_new(&config, &stack, NULL);

	if (err < 0) {
		errno = -err;
		return NULL;
	}
	return stack;
}

void vde_delstack(struct vdestack *stack)
{
	struct vdestack *deleted = stack;

	if (stack == NULL)
		return;
	atomic_compare_exchange_strong(&default_stack, &deleted, NULL);
	vdestack_free(stack);
}

int vde_msocket(struct vdestack *stack, int domain, int type, int protocol)
{
	return result(stack == NULL ? -EINVAL : vdestack_socket(stack, domain, type, protocol));
}

void vde_default_stack(struct vdestack *stack)
{
	atomic_store(&default_stack, stack);
}

int vde_stackcmd(struct vdestack *stack, char *commands)
{
	return result(stack == NULL || commands == NULL ? -EINVAL : vdestack_command(stack, commands));
}

/* Comes before the C library's. Async-signal-safe, as socket(2) is. */
int socket(int domain, int type, int protocol)
{
	struct vdestack *stack = atomic_load(&default_stack);

	if (stack == NULL || outside_is())
		return (int)syscall(SYS_socket, domain, type, protocol);
	return vde_msocket(stack, domain, type, protocol);
}
