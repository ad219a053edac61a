/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a resolv.conf(5): one line `search`, then a line for each name server that no line
 * above has, by source: static (IPv6, then IPv4), DHCPv6, DHCPv4, router advertisements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "records.h"
#include "request.h"

/* Was the same said further up? */
static bool is_repeated_domain(const struct records *records, const struct record *of)
{
	const struct record *record;

	list_for_each (record, &records->list, link) {
		if (record == of)
			return false;
		if (record->kind == RECORD_DOMAIN && strcmp(record->domain, of->domain) == 0)
			return true;
	}
	return false;
}

static void put_search(FILE *file, const struct records *records)
{
	const struct record *record;
	bool any = false;

	list_for_each (record, &records->list, link) {
		if (record->kind != RECORD_DOMAIN || is_repeated_domain(records, record))
			continue;
		fprintf(file, "%s %s", any ? "" : "search", record->domain);
		any = true;
	}
	if (any)
		fputc('\n', file);
}

/* The sources in their order, and the families in that of each. */
static const struct {
	unsigned int source;
	int family;
} order[] = {{SOURCE_STATIC, AF_INET6}, {SOURCE_STATIC, AF_INET}, {SOURCE_DHCP6, AF_INET6},
    {SOURCE_DHCP4, AF_INET}, {SOURCE_RD, AF_INET6}};
#define ORDERS (sizeof(order) / sizeof(order[0]))

static size_t rank(const struct record *record)
{
	size_t i = 0;

	while (i < ORDERS && (order[i].source != record->source || order[i].family != record->family))
		i++;
	return i;
}

/* Does a source further up say the same? A resolver looks at the first three lines only. */
static bool is_repeated_server(const struct records *records, const struct record *of)
{
	const struct record *record;

	list_for_each (record, &records->list, link) {
		if (record->kind == RECORD_DNS && rank(record) < rank(of) && record->family == of->family &&
		    memcmp(record->address, of->address, sizeof(record->address)) == 0)
			return true;
	}
	return false;
}

static void put_servers(FILE *file, const struct records *records, size_t wanted)
{
	const struct record *record;
	char text[ADDRTEXT_IP_SIZE];

	list_for_each (record, &records->list, link) {
		if (record->kind == RECORD_DNS && rank(record) == wanted &&
		    !is_repeated_server(records, record) &&
		    addrtext_print_ip(text, sizeof(text), record->family, record->address) == 0)
			fprintf(file, "nameserver %s\n", text);
	}
}

char *records_resolvconf(const struct records *records)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int failed;

	if (!file)
		return NULL;
	put_search(file, records);
	for (size_t i = 0; i < ORDERS; i++)
		put_servers(file, records, i);
	failed = ferror(file);
	if (fclose(file) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}
