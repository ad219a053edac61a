/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin "vdestack": each stack is a network namespace of the program's, with an interface for
 * each VNL.
 *
 * Everything is in lib/vdestack; sockets are the kernel's, so that all calls but socket are the
 * system's own. Options: options.h. The aliases serve ioth_vdestack_n.so, a link to this very file.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>

#include <vdestack_internal.h>

#include "options.h"
#include "reasons.h"
#include "system_calls.h"
#include "vdelink.h"

newstack_prototype ioth_vdestack_newstack;
delstack_prototype ioth_vdestack_delstack;
int ioth_vdestack_socket(int domain, int type, int protocol);
int ioth_vdestack_linksetacceptra(unsigned int ifindex, int accept);
int ioth_vdestack_ipaddr_retire(int family, void *addr, int prefixlen, unsigned int ifindex);
int ioth_vdestack_ipaddr_reopen(int family, void *addr, int prefixlen, unsigned int ifindex);
const char *ioth_vdestack_error(void);

extern const char *const ioth_vdestack_license;
const char *const ioth_vdestack_license = "LGPL-2.1-or-later";

/* The same in every table that libioth passes. */
static _Atomic(getstackdata_prototype *) getstackdata;

static struct reasons reasons = REASONS_INIT;

const char *ioth_vdestack_error(void)
{
	return reasons_get(&reasons);
}

static int stack_new(
    const struct vdestack_interface *interface, const char *options, struct vdestack **stack)
{
	struct vdestack_config config = {.interface = interface};
	struct options option;
	char reason[REASON_SIZE], why[REASON_SIZE - 320];
	unsigned int failed;
	int err;

	err = options_parse(options, &option, reason, sizeof(reason));
	if (err < 0) {
		reasons_set(&reasons, reason);
		return err;
	}
	config.mtu = option.mtu;
	while (interface[config.count].vnl != NULL)
		config.count++;
	err = vdestack_new(&config, stack, &failed);
	if (err < 0) {
		const char *what =
		    failed < config.count ? interface[failed].vnl : "the namespace cannot be made";

		vdelink_reason(what, err, why, sizeof(why));
		snprintf(reason, sizeof(reason), "%.300s: %s", what, why);
		reasons_set(&reasons, reason);
	}
	return err;
}

void *ioth_vdestack_newstack(
    const char *vnlv[], const char *options, struct ioth_functions *functions)
{
	struct vdestack_interface *interface;
	struct vdestack *stack;
	unsigned int count = 0, i;
	int err;

	reasons_set(&reasons, NULL);
	while (vnlv != NULL && vnlv[count] != NULL)
		count++;
	interface = calloc(count + 1U, sizeof(*interface));
	if (interface == NULL)
		return NULL;
	for (i = 0; i < count; i++)
		interface[i].vnl = vnlv[i];
	err = stack_new(interface, options, &stack);
	free(interface);
	if (err < 0) {
		errno = -err;
		return NULL;
	}
	atomic_store(&getstackdata, functions->getstackdata);
	functions->socket = ioth_vdestack_socket;
	system_calls_set(functions);
	return stack;
}

int ioth_vdestack_delstack(void *stackdata)
{
	vdestack_free(stackdata);
	return 0;
}

int ioth_vdestack_socket(int domain, int type, int protocol)
{
	int fd = vdestack_socket(atomic_load(&getstackdata)(), domain, type, protocol);

	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

int ioth_vdestack_linksetacceptra(unsigned int ifindex, int accept)
{
	int before = vdestack_accept_ra(atomic_load(&getstackdata)(), ifindex, accept);

	if (before >= 0)
		return before;
	errno = -before;
	return -1;
}

int ioth_vdestack_ipaddr_retire(int family, void *addr, int prefixlen, unsigned int ifindex)
{
	int err =
	    vdestack_ipaddr_retire(atomic_load(&getstackdata)(), family, addr, prefixlen, ifindex);

	if (err == 0)
		return 0;
	errno = -err;
	return -1;
}

int ioth_vdestack_ipaddr_reopen(int family, void *addr, int prefixlen, unsigned int ifindex)
{
	int err =
	    vdestack_ipaddr_reopen(atomic_load(&getstackdata)(), family, addr, prefixlen, ifindex);

	if (err == 0)
		return 0;
	errno = -err;
	return -1;
}

SYSTEM_CALLS(ioth_vdestack);

newstack_prototype ioth_vdestack_n_newstack ALIAS(ioth_vdestack_newstack);
delstack_prototype ioth_vdestack_n_delstack ALIAS(ioth_vdestack_delstack);
extern __typeof__(ioth_vdestack_socket) ioth_vdestack_n_socket ALIAS(ioth_vdestack_socket);
extern __typeof__(ioth_vdestack_linksetacceptra) ioth_vdestack_n_linksetacceptra ALIAS(
    ioth_vdestack_linksetacceptra);
extern __typeof__(ioth_vdestack_ipaddr_retire) ioth_vdestack_n_ipaddr_retire ALIAS(
    ioth_vdestack_ipaddr_retire);
extern __typeof__(ioth_vdestack_ipaddr_reopen) ioth_vdestack_n_ipaddr_reopen ALIAS(
    ioth_vdestack_ipaddr_reopen);
extern __typeof__(ioth_vdestack_error) ioth_vdestack_n_error ALIAS(ioth_vdestack_error);
extern const char *const ioth_vdestack_n_license ALIAS(ioth_vdestack_license);
