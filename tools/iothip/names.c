/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names as `ip` has them. Those of flags are in the order in which they are shown. */
#include "names.h"

#include "iothip.h"

#include <stdlib.h>
#include <string.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>

const struct name link_flag_names[] = {
    {IFF_LOOPBACK, "LOOPBACK"},
    {IFF_BROADCAST, "BROADCAST"},
    {IFF_POINTOPOINT, "POINTOPOINT"},
    {IFF_MULTICAST, "MULTICAST"},
    {IFF_NOARP, "NOARP"},
    {IFF_ALLMULTI, "ALLMULTI"},
    {IFF_PROMISC, "PROMISC"},
    {IFF_MASTER, "MASTER"},
    {IFF_SLAVE, "SLAVE"},
    {IFF_DEBUG, "DEBUG"},
    {IFF_DYNAMIC, "DYNAMIC"},
    {IFF_AUTOMEDIA, "AUTOMEDIA"},
    {IFF_PORTSEL, "PORTSEL"},
    {IFF_NOTRAILERS, "NOTRAILERS"},
    {IFF_UP, "UP"},
    {IFF_LOWER_UP, "LOWER_UP"},
    {IFF_DORMANT, "DORMANT"},
    {IFF_ECHO, "ECHO"},
    {0, NULL},
};

const struct name operstate_names[] = {
    {IF_OPER_UNKNOWN, "UNKNOWN"},
    {IF_OPER_NOTPRESENT, "NOTPRESENT"},
    {IF_OPER_DOWN, "DOWN"},
    {IF_OPER_LOWERLAYERDOWN, "LOWERLAYERDOWN"},
    {IF_OPER_TESTING, "TESTING"},
    {IF_OPER_DORMANT, "DORMANT"},
    {IF_OPER_UP, "UP"},
    {0, NULL},
};

const struct name address_flag_names[] = {
    {IFA_F_SECONDARY, "secondary"},
    {IFA_F_NODAD, "nodad"},
    {IFA_F_OPTIMISTIC, "optimistic"},
    {IFA_F_DADFAILED, "dadfailed"},
    {IFA_F_HOMEADDRESS, "home"},
    {IFA_F_DEPRECATED, "deprecated"},
    {IFA_F_TENTATIVE, "tentative"},
    {IFA_F_PERMANENT, "permanent"}, /* shown when it is not there: dynamic */
    {IFA_F_MANAGETEMPADDR, "mngtmpaddr"},
    {IFA_F_NOPREFIXROUTE, "noprefixroute"},
    {IFA_F_MCAUTOJOIN, "autojoin"},
    {IFA_F_STABLE_PRIVACY, "stable-privacy"},
    {0, NULL},
};

const struct name scope_names[] = {
    {RT_SCOPE_UNIVERSE, "global"},
    {RT_SCOPE_SITE, "site"},
    {RT_SCOPE_LINK, "link"},
    {RT_SCOPE_HOST, "host"},
    {RT_SCOPE_NOWHERE, "nowhere"},
    {0, NULL},
};

const struct name route_type_names[] = {
    {RTN_UNICAST, "unicast"},
    {RTN_LOCAL, "local"},
    {RTN_BROADCAST, "broadcast"},
    {RTN_ANYCAST, "anycast"},
    {RTN_MULTICAST, "multicast"},
    {RTN_BLACKHOLE, "blackhole"},
    {RTN_UNREACHABLE, "unreachable"},
    {RTN_PROHIBIT, "prohibit"},
    {RTN_THROW, "throw"},
    {0, NULL},
};

const struct name table_names[] = {
    {RT_TABLE_DEFAULT, "default"},
    {RT_TABLE_MAIN, "main"},
    {RT_TABLE_LOCAL, "local"},
    {0, NULL},
};

const struct name protocol_names[] = {
    {RTPROT_UNSPEC, "unspec"},
    {RTPROT_REDIRECT, "redirect"},
    {RTPROT_KERNEL, "kernel"},
    {RTPROT_BOOT, "boot"},
    {RTPROT_STATIC, "static"},
    {RTPROT_RA, "ra"},
    {RTPROT_DHCP, "dhcp"},
    {0, NULL},
};

/* RFC 4191 section 2.1: two bits. */
const struct name preference_names[] = {
    {0, "medium"},
    {1, "high"},
    {3, "low"},
    {0, NULL},
};

const struct name neighbour_state_names[] = {
    {NUD_INCOMPLETE, "INCOMPLETE"},
    {NUD_REACHABLE, "REACHABLE"},
    {NUD_STALE, "STALE"},
    {NUD_DELAY, "DELAY"},
    {NUD_PROBE, "PROBE"},
    {NUD_FAILED, "FAILED"},
    {NUD_NOARP, "NOARP"},
    {NUD_PERMANENT, "PERMANENT"},
    {0, NULL},
};

const char *name_of(const struct name *names, uint32_t value, char text[16])
{
	for (; names->name; names++) {
		if (names->value == value)
			return names->name;
	}
	snprintf(text, 16, "%u", value);
	return text;
}

uint32_t value_of(const struct name *names, const char *word, const char *what)
{
	unsigned long value;
	char *end;

	for (; names->name; names++) {
		if (strcasecmp(names->name, word) == 0)
			return names->value;
	}
	value = strtoul(word, &end, 0);
	if (*word < '0' || *word > '9' || *end || value > UINT32_MAX)
		fail_usage("\"%s\" is no %s", word, what);
	return (uint32_t)value;
}
