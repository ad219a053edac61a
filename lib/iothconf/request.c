/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Configuration strings. One table has all tags; each tag has a function that checks its value and
 * notes what it asks for. Tags are compared by their first eight bytes, and case matters. */
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ioth.h>

enum { AUTO4 = SOURCE_ETH | SOURCE_DHCP4, AUTO6 = SOURCE_ETH | SOURCE_DHCP6 | SOURCE_RD };

struct parser {
	struct request *request;
	const struct optlist_item *item;
	const char *wanted; /* set where a value is refused: what it should be */
};

struct tag {
	const char *name;
	int (*set)(struct parser *parser, const struct tag *tag);
	unsigned int argument;
	enum request_form forms; /* the narrowest that has it: see is_allowed */
};

static int set_run(struct parser *parser, const struct tag *tag)
{
	parser->request->run |= tag->argument;
	return 0;
}

static int set_clean(struct parser *parser, const struct tag *tag)
{
	parser->request->clean |= tag->argument;
	return 0;
}

/* A flag of the request; `argument` is its place. */
static int set_flag(struct parser *parser, const struct tag *tag)
{
	*((bool *)((char *)parser->request + tag->argument)) = true;
	return 0;
}

static int refuse(struct parser *parser, const char *wanted)
{
	parser->wanted = wanted;
	return -EINVAL;
}

static int set_stack(struct parser *parser, const struct tag *tag)
{
	if (!parser->item->value)
		return refuse(parser, "the name of a stack");
	parser->request->stack = parser->item->value;
	return 0;
}

static int set_vnl(struct parser *parser, const struct tag *tag)
{
	if (!parser->item->value)
		return refuse(parser, "a virtual network locator");
	parser->request->vnlv[parser->request->vnls++] = parser->item->value;
	return 0;
}

static int set_iface(struct parser *parser, const struct tag *tag)
{
	if (!parser->item->value || !*parser->item->value)
		return refuse(parser, "the name of an interface");
	parser->request->iface = parser->item->value;
	return 0;
}

static int set_ifindex(struct parser *parser, const struct tag *tag)
{
	const char *value = parser->item->value ? parser->item->value : "";
	size_t digits = strspn(value, "0123456789");
	unsigned long number = strtoul(value, NULL, 10);

	if (digits == 0 || digits > 9 || value[digits] || number == 0)
		return refuse(parser, "the index of an interface");
	parser->request->ifindex = (unsigned int)number;
	return 0;
}

static int set_fqdn(struct parser *parser, const struct tag *tag)
{
	struct request *request = parser->request;
	const char *value = parser->item->value;

	if (!value || !dhcp_name_is_valid(value) || strlen(value) >= sizeof(request->fqdn))
		return refuse(parser, "a domain name");
	memcpy(request->fqdn, value, strlen(value) + 1);
	memcpy(request->folded, value, strlen(value) + 1);
	for (char *c = request->folded; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 'a' - 'A' : *c);
	return 0;
}

static int set_mac(struct parser *parser, const struct tag *tag)
{
	/* Not a group's, nor zero: no interface can have that. */
	static const uint8_t zero[6];
	uint8_t mac[6];

	if (!parser->item->value || !ioth_macton(parser->item->value, mac) || (mac[0] & 1) ||
	    memcmp(mac, zero, sizeof(mac)) == 0)
		return refuse(parser, "a unicast MAC address");
	memcpy(parser->request->mac, mac, sizeof(mac));
	parser->request->has_mac = true;
	return 0;
}

static int set_slaac(struct parser *parser, const struct tag *tag)
{
	static const struct {
		const char *name;
		enum slaac_kind kind;
	} kinds[] = {{"eui64", SLAAC_EUI64}, {"hash", SLAAC_HASH}, {"opaque", SLAAC_OPAQUE}};
	const char *value = parser->item->value;

	if (!value) {
		parser->request->slaac = SLAAC_USUAL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(value, kinds[i].name) == 0) {
			parser->request->slaac = kinds[i].kind;
			return 0;
		}
	}
	return refuse(parser, "eui64, hash or opaque");
}

static int set_secret(struct parser *parser, const struct tag *tag)
{
	if (!parser->item->value)
		return refuse(parser, "a text");
	parser->request->secret = parser->item->value;
	return 0;
}

static int set_client_id(struct parser *parser, const struct tag *tag)
{
	const char *value = parser->item->value ? parser->item->value : "";

	if (strcmp(value, "duid") != 0 && strcmp(value, "mac") != 0)
		return refuse(parser, "mac or duid");
	parser->request->duid_client_id = value[0] == 'd';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A type and something: 3 to 130 bytes (RFC 8415, 11.1). */
static int set_duid(struct parser *parser, const struct tag *tag)
{
	struct dhcp_duid duid = {0};
	const char *value = parser->item->value ? parser->item->value : "";

	for (; *value; value += 2) {
		int high = hex_digit(value[0]), low = value[1] ? hex_digit(value[1]) : -1;

		if (high < 0 || low < 0 || duid.len == sizeof(duid.bytes))
			return refuse(parser, "a DUID in hexadecimal digits");
		duid.bytes[duid.len++] = (uint8_t)(high << 4 | low);
	}
	if (duid.len < 3)
		return refuse(parser, "a DUID in hexadecimal digits");
	parser->request->duid = duid;
	return 0;
}

/* ---- static items ---- */

enum { REMOVE = 0x100 };

static int set_item(struct parser *parser, const struct tag *tag)
{
	struct request *request = parser->request;
	struct request_item *item = &request->item[request->items];
	const char *value = parser->item->value ? parser->item->value : "";

	item->kind = tag->argument & 0xff;
	item->remove = tag->argument & REMOVE;
	switch (item->kind) {
	case ITEM_ADDRESS:
		if (addrtext_parse_prefix(value, &item->prefix) < 0) {
			if (addrtext_parse_ip(value, &item->prefix) < 0)
				return refuse(parser, "an address, or ADDRESS/LENGTH");
			item->prefix.len = item->prefix.family == AF_INET ? 24 : 64;
		}
		break;
	case ITEM_GATEWAY:
	case ITEM_DNS:
		if (addrtext_parse_ip(value, &item->prefix) < 0)
			return refuse(parser, "an address");
		break;
	case ITEM_DOMAIN:
		if (!dhcp_name_is_valid(value))
			return refuse(parser, "a domain name");
		item->domain = value;
		break;
	}
	request->items++;
	request->run |= SOURCE_STATIC;
	return 0;
}

/* ---- all tags ---- */

#define FLAG(name, member)                                                                         \
	{                                                                                              \
		name, set_flag, offsetof(struct request, member), REQUEST_CONFIG                           \
	}

/* Those that are documented first, synonyms behind them. */
static const struct tag tags[] = {
    {"stack", set_stack, 0, REQUEST_NEWSTACK},
    {"vnl", set_vnl, 0, REQUEST_NEWSTACK},
    {"iface", set_iface, 0, REQUEST_RESOLV},
    {"ifindex", set_ifindex, 0, REQUEST_RESOLV},
    {"fqdn", set_fqdn, 0, REQUEST_CONFIG},
    {"mac", set_mac, 0, REQUEST_CONFIG},
    {"macaddr", set_mac, 0, REQUEST_CONFIG},
    {"eth", set_run, SOURCE_ETH, REQUEST_CONFIG},
    {"dhcp", set_run, SOURCE_DHCP4, REQUEST_CONFIG},
    {"dhcp4", set_run, SOURCE_DHCP4, REQUEST_CONFIG},
    {"dhcpv4", set_run, SOURCE_DHCP4, REQUEST_CONFIG},
    {"dhcp6", set_run, SOURCE_DHCP6, REQUEST_CONFIG},
    {"dhcpv6", set_run, SOURCE_DHCP6, REQUEST_CONFIG},
    {"rd", set_run, SOURCE_RD, REQUEST_CONFIG},
    {"rd6", set_run, SOURCE_RD, REQUEST_CONFIG},
    {"slaac", set_slaac, 0, REQUEST_CONFIG},
    {"auto", set_run, AUTO4 | AUTO6, REQUEST_CONFIG},
    {"auto4", set_run, AUTO4, REQUEST_CONFIG},
    {"autov4", set_run, AUTO4, REQUEST_CONFIG},
    {"auto6", set_run, AUTO6, REQUEST_CONFIG},
    {"autov6", set_run, AUTO6, REQUEST_CONFIG},
    {"ip", set_item, ITEM_ADDRESS, REQUEST_CONFIG},
    {"gw", set_item, ITEM_GATEWAY, REQUEST_CONFIG},
    {"dns", set_item, ITEM_DNS, REQUEST_CONFIG},
    {"domain", set_item, ITEM_DOMAIN, REQUEST_CONFIG},
    {"-ip", set_item, ITEM_ADDRESS | REMOVE, REQUEST_CONFIG},
    {"-gw", set_item, ITEM_GATEWAY | REMOVE, REQUEST_CONFIG},
    {"-dns", set_item, ITEM_DNS | REMOVE, REQUEST_CONFIG},
    {"-domain", set_item, ITEM_DOMAIN | REMOVE, REQUEST_CONFIG},
    {"-static", set_clean, SOURCE_STATIC, REQUEST_CONFIG},
    {"-eth", set_clean, SOURCE_ETH, REQUEST_CONFIG},
    {"-dhcp", set_clean, SOURCE_DHCP4, REQUEST_CONFIG},
    {"-dhcp4", set_clean, SOURCE_DHCP4, REQUEST_CONFIG},
    {"-dhcpv4", set_clean, SOURCE_DHCP4, REQUEST_CONFIG},
    {"-dhcp6", set_clean, SOURCE_DHCP6, REQUEST_CONFIG},
    {"-dhcpv6", set_clean, SOURCE_DHCP6, REQUEST_CONFIG},
    {"-rd", set_clean, SOURCE_RD, REQUEST_CONFIG},
    {"-rd6", set_clean, SOURCE_RD, REQUEST_CONFIG},
    {"-auto", set_clean, AUTO4 | AUTO6, REQUEST_CONFIG},
    {"-all", set_clean, AUTO4 | AUTO6, REQUEST_CONFIG},
    {"-auto4", set_clean, AUTO4, REQUEST_CONFIG},
    {"-autov4", set_clean, AUTO4, REQUEST_CONFIG},
    {"-auto6", set_clean, AUTO6, REQUEST_CONFIG},
    {"-autov6", set_clean, AUTO6, REQUEST_CONFIG},
    FLAG("debug", debug),
    /* Ours. */
    FLAG("thread", thread),
    FLAG("rfcdelay", rfcdelay),
    FLAG("rapid", rapid),
    FLAG("probe", probe),
    FLAG("nodad", nodad),
    FLAG("alloptions", alloptions),
    FLAG("fqdnwire", fqdnwire),
    {"clientid", set_client_id, 0, REQUEST_CONFIG},
    {"duid", set_duid, 0, REQUEST_CONFIG},
    {"secret", set_secret, 0, REQUEST_CONFIG},
};
#define TAGS (sizeof(tags) / sizeof(tags[0]))

static bool is_allowed(const struct tag *tag, enum request_form form)
{
	return tag->forms == REQUEST_RESOLV ||
	       (tag->forms == REQUEST_CONFIG && form != REQUEST_RESOLV) || tag->forms == form;
}

static void say_unknown(const char *word, enum request_form form, char *problem, size_t size)
{
	size_t at = (size_t)snprintf(problem, size, "unknown tag '%.40s'; there are", word);

	for (size_t i = 0; i < TAGS && at < size; i++) {
		if (is_allowed(&tags[i], form))
			at += (size_t)snprintf(problem + at, size - at, " %s", tags[i].name);
	}
}

static int parse_item(struct parser *parser, enum request_form form, char *problem, size_t size)
{
	for (size_t i = 0; i < TAGS; i++) {
		if (!optlist_is(parser->item->tag, tags[i].name) || !is_allowed(&tags[i], form))
			continue;
		if (tags[i].set(parser, &tags[i]) == 0)
			return 0;
		snprintf(problem, size, "%s wants %s, not '%.60s'", tags[i].name, parser->wanted,
		    parser->item->value ? parser->item->value : "");
		return -EINVAL;
	}
	say_unknown(parser->item->tag, form, problem, size);
	return -EINVAL;
}

int request_parse(struct request *request, const char *config, enum request_form form,
    char *problem, size_t problem_size)
{
	struct parser parser = {.request = request};
	int error;

	snprintf(problem, problem_size, "no memory");
	memset(request, 0, sizeof(*request));
	request->iface = "vde0";
	error = optlist_parse(&request->list, config);
	if (error)
		return error;
	request->vnlv = calloc(request->list.count + 1, sizeof(*request->vnlv));
	request->item = calloc(request->list.count + 1, sizeof(*request->item));
	error = request->vnlv && request->item ? 0 : -ENOMEM;
	for (size_t i = 0; i < request->list.count && !error; i++) {
		parser.item = &request->list.items[i];
		error = parse_item(&parser, form, problem, problem_size);
	}
	/* One line, whatever was in the value. */
	for (char *c = problem; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	if (error)
		request_free(request);
	else
		problem[0] = '\0';
	return error;
}

void request_free(struct request *request)
{
	free(request->item);
	free(request->vnlv);
	optlist_free(&request->list);
}
