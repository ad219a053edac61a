/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration calls: one netlink dialog each, on a socket of the stack; and what Linux does
 * not let be set by netlink. */
#include <errno.h>
#include <stdbool.h>
#include <ioth.h>
#include "call.h"
#include "nlq_socket.h"
#include "stack.h"

/* Runs `dialog`, an expression that uses `io`, and returns its result in the public way. */
#define DIALOG(stack, dialog)                                                                      \
	struct nlq_socket netlink;                                                                     \
	const struct nlq_io *io = &netlink.io;                                                         \
	int result = nlq_socket_open(&netlink, stack);                                                 \
	if (result == 0) {                                                                             \
		result = (dialog);                                                                         \
		nlq_socket_close(&netlink);                                                                \
	}                                                                                              \
	return to_public(result)

static int to_public(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

int ioth_if_nametoindex(struct ioth *stack, const char *ifname)
{
	DIALOG(stack, nlq_dialog_ifindex(io, ifname));
}

int ioth_linksetupdown(struct ioth *stack, unsigned int ifindex, int updown)
{
	DIALOG(stack, nlq_dialog_link_updown(io, ifindex, updown));
}

int ioth_linksetaddr(struct ioth *stack, unsigned int ifindex, void *macaddr)
{
	DIALOG(stack, nlq_dialog_link_setaddr(io, ifindex, macaddr));
}

int ioth_linkgetaddr(struct ioth *stack, unsigned int ifindex, void *macaddr)
{
	DIALOG(stack, nlq_dialog_link_getaddr(io, ifindex, macaddr));
}

int ioth_linksetmtu(struct ioth *stack, unsigned int ifindex, unsigned int mtu)
{
	DIALOG(stack, nlq_dialog_link_mtu(io, ifindex, mtu));
}

int ioth_linksetacceptra(struct ioth *stack, unsigned int ifindex, int accept)
{
	CALL_SCOPE call;
	int before;

	if (call_enter_stack(&call, stack) < 0)
		return -1;
	if (!call.stack->calls.linksetacceptra)
		return call_missing();
	before = call.stack->calls.linksetacceptra(ifindex, accept);
	if (before < 0)
		call_failed(&call, -1);
	return before;
}

int ioth_iplink_add(struct ioth *stack, const char *ifname, unsigned int ifindex, const char *type,
    const char *data)
{
	DIALOG(stack, nlq_dialog_link_add(io, ifname, ifindex, type, data));
}

int ioth_iplink_del(struct ioth *stack, const char *ifname, unsigned int ifindex)
{
	DIALOG(stack, nlq_dialog_link_del(io, ifname, ifindex));
}

/* Was it retired, and is it still there for its flows? Then it is everybody's again. */
static bool reopen(struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	CALL_SCOPE call;

	return call_enter_stack(&call, stack) == 0 && call.stack->calls.ipaddr_reopen &&
	       call.stack->calls.ipaddr_reopen(family, addr, prefixlen, ifindex) == 0;
}

int ioth_ipaddr_add(struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	if (reopen(stack, family, addr, prefixlen, ifindex))
		return 0;
	DIALOG(stack, nlq_dialog_addr(io, true, family, addr, prefixlen, ifindex));
}

int ioth_ipaddr_del(struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	DIALOG(stack, nlq_dialog_addr(io, false, family, addr, prefixlen, ifindex));
}

int ioth_ipaddr_retire(
    struct ioth *stack, int family, void *addr, int prefixlen, unsigned int ifindex)
{
	CALL_SCOPE call;
	int result;

	if (call_enter_stack(&call, stack) < 0)
		return -1;
	if (!call.stack->calls.ipaddr_retire) {
		errno = EOPNOTSUPP;
		return -1;
	}
	result = call.stack->calls.ipaddr_retire(family, addr, prefixlen, ifindex);
	if (result < 0)
		call_failed(&call, -1);
	return result;
}

int ioth_iproute_add(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	DIALOG(stack, nlq_dialog_route(io, true, family, dst, dst_prefixlen, gw, ifindex));
}

int ioth_iproute_del(
    struct ioth *stack, int family, void *dst, int dst_prefixlen, void *gw, unsigned int ifindex)
{
	DIALOG(stack, nlq_dialog_route(io, false, family, dst, dst_prefixlen, gw, ifindex));
}
