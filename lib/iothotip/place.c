/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses on an interface of a stack: see place.h. One netlink dialog for each change. */
#include "place.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <ioth.h>

#define PREFIX_LEN 64

int otip_place_open(struct otip_place *place, struct ioth *stack, const char *interface)
{
	int index = ioth_if_nametoindex(stack, interface ? interface : "vde0");

	if (index < 0)
		return -errno;
	*place = (struct otip_place){.stack = stack, .ifindex = (unsigned int)index};
	/* Somebody else's loopback interface may be none of our business: the service is on the other.
	 */
	(void)ioth_linksetupdown(stack, 1, 1);
	return ioth_linksetupdown(stack, place->ifindex, 1) < 0 ? -errno : 0;
}

int otip_place_add(void *context, const struct in6_addr *address)
{
	const struct otip_place *place = context;
	struct in6_addr copy = *address;
	int len = nl_addrdata2prefix(PREFIX_LEN, IFA_F_NODAD, 0);

	if (ioth_ipaddr_add(place->stack, AF_INET6, &copy, len, place->ifindex) == 0)
		return 0;
	return errno == EEXIST ? 0 : -errno;
}

int otip_place_retire(void *context, const struct in6_addr *address)
{
	const struct otip_place *place = context;
	struct in6_addr copy = *address;

	if (ioth_ipaddr_retire(place->stack, AF_INET6, &copy, PREFIX_LEN, place->ifindex) == 0)
		return 1;
	/* This stack cannot. */
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	/* It has gone with the interface, and with it its flows. */
	return errno == EADDRNOTAVAIL ? 1 : -errno;
}

void otip_place_remove(void *context, const struct in6_addr *address)
{
	const struct otip_place *place = context;
	struct in6_addr copy = *address;

	(void)ioth_ipaddr_del(place->stack, AF_INET6, &copy, PREFIX_LEN, place->ifindex);
}

const struct otip_keeper_ops otip_place_ops = {
    otip_place_add, otip_place_retire, otip_place_remove, otip_place_in_use};
