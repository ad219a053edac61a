/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps others from reaching a stack: see stack_state.h.
 *
 * A daemon serves nevertheless: a router may tell an address later, and who runs the system may
 * bring its interface up. */
#include "stack_state.h"

#include <ifaddrs.h>
#include <string.h>
#include <net/if.h>
#include <netinet/in.h>
#include <ioth.h>

#include "log.h"

struct state {
	const char *name; /* of an interface that is down, or of any */
	bool up, has_address;
};

static bool is_known_to_others(const struct sockaddr *address)
{
	struct sockaddr_in6 name;

	if (!address || address->sa_family != AF_INET6)
		return address && address->sa_family == AF_INET;
	memcpy(&name, address, sizeof(name));
	return !IN6_IS_ADDR_LINKLOCAL(&name.sin6_addr);
}

static struct state look(const struct ifaddrs *list, const char *interface)
{
	struct state state = {.name = NULL};

	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		if (item->ifa_flags & IFF_LOOPBACK || (interface && strcmp(item->ifa_name, interface) != 0))
			continue;
		if (!state.name)
			state.name = item->ifa_name;
		state.up = state.up || item->ifa_flags & IFF_UP;
		state.has_address = state.has_address || is_known_to_others(item->ifa_addr);
	}
	return state;
}

void stack_state_tell(
    struct ioth *stack, const char *role, const char *interface, bool wants_address)
{
	struct ifaddrs *list;
	struct state state;

	if (ioth_getifaddrs(stack, &list) < 0)
		return;
	state = look(list, interface);
	if (!state.name)
		log_warning("%s: there is no interface: nobody reaches it", role);
	else if (!state.up)
		log_warning("%s: %s is down, nobody reaches it%s", role, state.name,
		    stack ? "; the tag eth brings it up" : "");
	else if (wants_address && !state.has_address)
		log_warning("%s: it has no address, nobody reaches it", role);
	ioth_freeifaddrs(list);
}
