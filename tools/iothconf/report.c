/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a string asks for, and what came of it, in words. */
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iothconf.h>
#include <ioth.h>

#include "addrtext.h"
#include "iothconf_tool.h"
#include "optlist.h"

#define AUTO4 (IOTHCONF_ETH | IOTHCONF_DHCP)
#define AUTO6 (IOTHCONF_ETH | IOTHCONF_DHCPV6 | IOTHCONF_RD)
#define AUTO  (AUTO4 | IOTHCONF_DHCPV6 | IOTHCONF_RD)

static const struct {
	const char *tag;
	unsigned int bits;
} tags[] = {{"eth", IOTHCONF_ETH}, {"dhcp", IOTHCONF_DHCP}, {"dhcp4", IOTHCONF_DHCP},
    {"dhcpv4", IOTHCONF_DHCP}, {"dhcp6", IOTHCONF_DHCPV6}, {"dhcpv6", IOTHCONF_DHCPV6},
    {"rd", IOTHCONF_RD}, {"rd6", IOTHCONF_RD}, {"auto", AUTO}, {"auto4", AUTO4}, {"autov4", AUTO4},
    {"auto6", AUTO6}, {"autov6", AUTO6}, {"ip", IOTHCONF_STATIC}, {"gw", IOTHCONF_STATIC},
    {"dns", IOTHCONF_STATIC}, {"domain", IOTHCONF_STATIC}};

int report_read_config(struct tool *tool)
{
	struct optlist list;
	int error = optlist_parse(&list, tool->config);

	if (error)
		return error;
	snprintf(tool->interface, sizeof(tool->interface), "iface=vde0");
	for (size_t i = 0; i < list.count; i++) {
		const struct optlist_item *item = &list.items[i];

		for (size_t j = 0; j < sizeof(tags) / sizeof(tags[0]); j++) {
			if (optlist_is(item->tag, tags[j].tag))
				tool->wanted |= tags[j].bits;
		}
		if (optlist_is(item->tag, "thread"))
			tool->thread = true;
		else if (item->value &&
		         (optlist_is(item->tag, "iface") || optlist_is(item->tag, "ifindex")))
			snprintf(
			    tool->interface, sizeof(tool->interface), "%s='%.40s'", item->tag, item->value);
	}
	optlist_free(&list);
	return 0;
}

static void report_addresses(const char *interface)
{
	struct ifaddrs *list;

	if (ioth_getifaddrs(NULL, &list) < 0)
		return;
	for (const struct ifaddrs *item = list; item; item = item->ifa_next) {
		const struct sockaddr *name = item->ifa_addr;
		char text[ADDRTEXT_IP_SIZE];
		const void *bytes;

		if (!name || strcmp(item->ifa_name, interface) != 0 ||
		    (name->sa_family != AF_INET && name->sa_family != AF_INET6))
			continue;
		bytes = name->sa_family == AF_INET
		            ? (const void *)&((const struct sockaddr_in *)(const void *)name)->sin_addr
		            : (const void *)&((const struct sockaddr_in6 *)(const void *)name)->sin6_addr;
		if (addrtext_print_ip(text, sizeof(text), name->sa_family, bytes) == 0)
			printf("%s: %s\n", interface, text);
	}
	ioth_freeifaddrs(list);
}

/* The value of what report_read_config has noted, without its quotes. */
static void interface_name(const struct tool *tool, char name[IF_NAMESIZE])
{
	const char *value = strchr(tool->interface, '=') + 1;
	size_t len;

	value += *value == '\'';
	len = strcspn(value, "'");
	snprintf(name, IF_NAMESIZE, "%.*s", (int)(len < IF_NAMESIZE ? len : IF_NAMESIZE - 1), value);
	if (strncmp(tool->interface, "ifindex", 7) == 0) {
		unsigned int index = (unsigned int)strtoul(value, NULL, 10);

		if (!if_indextoname(index, name))
			name[0] = '\0';
	}
}

void report(const struct tool *tool, unsigned int done)
{
	static const struct {
		unsigned int bit;
		const char *well, *badly;
	} words[] = {
	    {IOTHCONF_ETH, "the link is up", "the link cannot be brought up"},
	    {IOTHCONF_RD, "a router has answered", "no router has answered"},
	    {IOTHCONF_DHCPV6, "a lease by DHCPv6", "no lease by DHCPv6"},
	    {IOTHCONF_DHCP, "a lease by DHCP", "no lease by DHCP"},
	    {IOTHCONF_STATIC, "static items are set", "not all static items could be set"},
	};
	const char *reason = ioth_config_error(); /* of a static item, or else of all protocols */
	char name[IF_NAMESIZE];

	interface_name(tool, name);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (done & words[i].bit) {
			if (!tool->quiet)
				printf("%s: %s\n", name, words[i].well);
		} else if (tool->wanted & words[i].bit) {
			bool why = words[i].bit == IOTHCONF_STATIC && *reason;

			fprintf(
			    stderr, "%s: %s%s%s\n", name, words[i].badly, why ? ": " : "", why ? reason : "");
		}
	}
	if (*reason && !(tool->wanted & ~done & IOTHCONF_STATIC))
		fprintf(stderr, "%s\n", reason);
	if (!tool->quiet)
		report_addresses(name);
	(void)fflush(stdout);
}
