/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options checked: see settings.h. */
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "log.h"
#include "optlist.h"
#include "stack_string.h"

#define PREFERENCE_NONE (-1)

/* The lines of both programs are one after the other, those that they share in between. */
#define STRING(name_, letter_, value_, help_)                                                      \
	{                                                                                              \
		.name = #name_, .letter = (letter_), .type = OPTION_STRING, .value = (value_),             \
		.help = (help_), .offset = offsetof(struct settings_values, name_)                         \
	}
#define FLAG(name_, help_)                                                                         \
	{                                                                                              \
		.name = #name_, .type = OPTION_FLAG, .help = (help_),                                      \
		.offset = offsetof(struct settings_values, name_)                                          \
	}

static const struct option_spec specs[] = {
    /* DHCPv6's own */
    STRING(duid, '\0', "llt|ll|HEX", "the server's identifier: of time and MAC, of the MAC, this"),
    {.name = "preference",
        .type = OPTION_NUMBER,
        .value = "N",
        .help = "send a preference, 0 to 255, to those who solicit",
        .min = 0,
        .max = 255,
        .offset = offsetof(struct settings_values, preference)},
    FLAG(alladdresses, "give a client all addresses of its name"),
#define V6_OWN 3
    STRING(stack, 's', "STACK", "serve on this stack, or on this VDE network (MODULE://...)"),
    STRING(dnsstack, 'R', "STACK", "ask the DNS on this stack"),
    STRING(iface, 'i', "NAME", "the stack's interface; vde0 if not given"),
    {.name = "resolvconf",
        .letter = 'r',
        .type = OPTION_PATH,
        .value = "FILE",
        .help = "the DNS to ask is in this file",
        .offset = offsetof(struct settings_values, resolvconf)},
    STRING(nameserver, 'n', "ADDRESSES", "ask the DNS there"),
    STRING(macaddr, 'm', "MAC", "the server's MAC address"),
    STRING(dns, 'D', "LIST", "name servers for clients: addresses, or names"),
    STRING(dnssearch, 'S', "LIST", "search domains for clients"),
    STRING(ntp, 'N', "LIST", "time servers for clients: addresses, or names"),
    STRING(lease, '\0', "forever|auto|N", "leases: endless, as the DNS says, or of N seconds"),
    {.name = "domain",
        .type = OPTION_LIST,
        .value = "DOMAIN",
        .help = "serve names in and below this domain only",
        .offset = offsetof(struct settings_values, domain)},
    FLAG(norapid, "no lease without a request, not even if the client asks for it"),
    FLAG(fqdnreply, "tell clients that their names are not registered for them"),
#define SHARED 13
    /* DHCPv4's own */
    STRING(serverid, 'I', "ADDRESS", "the server's address, as clients are told"),
    FLAG(authoritative, "refuse wrong addresses, whichever server gave them"),
    FLAG(echoid, "copy the client's identifier into answers (RFC 6842)"),
#define V4_OWN 3
};

_Static_assert(sizeof(specs) / sizeof(specs[0]) == V6_OWN + SHARED + V4_OWN, "count the lines");

const struct option_spec *settings_specs(enum settings_family family, size_t *count)
{
	*count = family == SETTINGS_V6 ? V6_OWN + SHARED : SHARED + V4_OWN;
	return family == SETTINGS_V6 ? specs : specs + V6_OWN;
}

void settings_defaults(void *values)
{
	((struct settings_values *)values)->preference = PREFERENCE_NONE;
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	if (from && !*to)
		log_error("%s", strerror(ENOMEM));
	return !from || *to;
}

/* One item that names a network is one: "vde:///tmp/hub". "stack=vdestack,vnl=vde:///tmp/hub" is
 * not. */
static bool set_place(struct settings *settings, const char *stack)
{
	struct optlist list;

	if (optlist_parse(&list, stack) < 0) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	settings->is_vnl = list.count == 1 && strstr(list.items[0].tag, "://");
	optlist_free(&list);
	return (settings->is_vnl || stack_string_is(stack, "stack")) && copy(&settings->stack, stack);
}

static bool set_mac(struct settings *settings, const char *text)
{
	settings->has_mac = text != NULL;
	if (!text)
		return true;
	if (addrtext_parse_mac(text, settings->mac) < 0 || (settings->mac[0] & 1)) {
		log_error("macaddr %s: not the MAC address of a node", text);
		return false;
	}
	return true;
}

static bool set_nameservers(struct settings *settings, const char *text)
{
	struct addrtext_prefix address;
	struct optlist list;
	bool right = true;
	FILE *lines;
	size_t size;

	if (!text)
		return true;
	lines = open_memstream(&settings->nameservers, &size);
	if (!lines || optlist_parse(&list, text) < 0) {
		log_error("%s", strerror(ENOMEM));
		if (lines)
			fclose(lines);
		return false;
	}
	for (size_t i = 0; i < list.count; i++) {
		if (addrtext_parse_ip(list.items[i].tag, &address) < 0) {
			log_error("nameserver %s: not an address", list.items[i].tag);
			right = false;
		}
		fprintf(lines, "nameserver %s\n", list.items[i].tag);
	}
	if (list.count == 0) {
		log_error("nameserver: an address is expected");
		right = false;
	}
	optlist_free(&list);
	return fclose(lines) == 0 && right;
}

static bool set_lease(struct settings *settings, const char *text)
{
	int64_t seconds;

	settings->lease = LEASE_FOREVER;
	if (!text || strcmp(text, "forever") == 0)
		return true;
	if (strcmp(text, "auto") == 0) {
		settings->lease = LEASE_TTL;
		return true;
	}
	if (option_number(text, 1, DHCP6_FOREVER - 1, &seconds) < 0) {
		log_error("lease %s: `forever`, `auto` or a number of seconds is expected", text);
		return false;
	}
	settings->lease = LEASE_SECONDS;
	settings->lease_seconds = (uint32_t)seconds;
	return true;
}

static bool set_domains(struct settings *settings, const struct option_list *lists)
{
	bool right = true;

	for (size_t i = 0; i < lists->count; i++) {
		struct optlist list;

		if (optlist_parse(&list, lists->values[i]) < 0) {
			log_error("%s", strerror(ENOMEM));
			return false;
		}
		/* No domain would be all domains. */
		if (list.count == 0) {
			log_error("domain: a domain is expected");
			right = false;
		}
		for (size_t item = 0; item < list.count; item++) {
			int err = domains_add(&settings->domains, list.items[item].tag);

			if (err)
				log_error("domain %s: %s", list.items[item].tag,
				    err == -ENOSPC ? "too many" : "not a domain");
			right = right && !err;
		}
		optlist_free(&list);
	}
	return right;
}

/* Hexadecimal digits, in pairs, with or without colons. */
static bool read_duid(struct dhcp_duid *duid, const char *text)
{
	for (; *text; text += 2) {
		char pair[3] = {text[0], text[1], '\0'}, *end;

		if (duid->len == sizeof(duid->bytes))
			return false;
		duid->bytes[duid->len++] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2 || pair[0] == '+' || pair[0] == '-' || pair[0] == ' ')
			return false;
		if (text[2] == ':' && text[3] != '\0')
			text++;
	}
	return duid->len >= 3;
}

static bool set_duid(struct settings *settings, const char *text)
{
	settings->duid_kind = DUID_OF_TIME;
	if (!text || strcmp(text, "llt") == 0)
		return true;
	settings->duid_kind = strcmp(text, "ll") == 0 ? DUID_OF_MAC : DUID_GIVEN;
	if (settings->duid_kind == DUID_OF_MAC || read_duid(&settings->duid, text))
		return true;
	log_error(
	    "duid %s: `llt`, `ll` or 3 to %d bytes in hexadecimal are expected", text, DHCP_DUID_MAX);
	return false;
}

/* A list of something, which is not empty. `wanted`: what an item is to be; `wrong`: what another
 * one is told to be. */
static bool check_list(const char *option, const char *text,
    bool (*is_right)(const struct optlist_item *), const char *wanted, const char *wrong)
{
	struct optlist list;
	bool right = true;

	if (!text)
		return true;
	if (optlist_parse(&list, text) < 0) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	if (list.count == 0) {
		log_error("%s: %s is expected", option, wanted);
		right = false;
	}
	for (size_t i = 0; i < list.count; i++) {
		if (is_right(&list.items[i]))
			continue;
		log_error("%s %s: %s", option, list.items[i].tag, wrong);
		right = false;
	}
	optlist_free(&list);
	return right;
}

static bool is_domain(const struct optlist_item *item)
{
	return dhcp_name_is_valid(item->tag);
}

/* In DHCPv4 it is one string (RFC 2132, 3.17); in DHCPv6 a list. */
static bool check_search(const char *text)
{
	return check_list("dnssearch", text, is_domain, "a domain", "not a domain");
}

/* A host is an address, or a name, which the DNS is asked for; what is written like an address and
 * is none is a mistake. One of the other family is left out later, with a warning. */
static bool is_host(const struct optlist_item *item)
{
	struct addrtext_prefix address;
	const char *text = item->tag;

	if (item->value)
		return false;
	if (addrtext_parse_ip(text, &address) == 0)
		return true;
	return text[strspn(text, "0123456789.")] && dhcp_name_is_valid(text);
}

static bool check_hosts(const char *option, const char *text)
{
	return check_list(
	    option, text, is_host, "an address or a name", "neither an address nor a name");
}

/* The server has one address, of IPv4. */
static bool check_server_id(const char *text)
{
	struct addrtext_prefix address;

	if (text && addrtext_parse_ip(text, &address) == 0 && address.family != AF_INET) {
		log_error("serverid %s: not an IPv4 address", text);
		return false;
	}
	return check_hosts("serverid", text);
}

static bool check_file(const char *option, const char *path)
{
	if (!path || access(path, R_OK) == 0)
		return true;
	log_error("%s %s: %s", option, path, strerror(errno));
	return false;
}

static bool check_interface(const char *name)
{
	if (!name || *name)
		return true;
	log_error("iface: the name of an interface is expected");
	return false;
}

static bool check_together(const struct settings *settings)
{
	if (settings->family == SETTINGS_V4 && settings->is_vnl && !settings->serverid) {
		log_error("serverid: on a VDE network without a stack the server's address is needed");
		return false;
	}
	return true;
}

struct settings *settings_new(enum settings_family family, const struct settings_values *values)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	bool right = true;

	if (!settings) {
		log_error("%s", strerror(ENOMEM));
		return NULL;
	}
	settings->family = family;
	settings->refuse_rapid = values->norapid;
	settings->answer_fqdn = values->fqdnreply;
	settings->all_addresses = values->alladdresses;
	settings->preference = (int)values->preference;
	settings->is_authoritative = values->authoritative;
	settings->echo_client_id = values->echoid;
	/* Each one tells its own mistake. */
	right = set_place(settings, values->stack) && right;
	right = set_mac(settings, values->macaddr) && right;
	right = set_nameservers(settings, values->nameserver) && right;
	right = set_lease(settings, values->lease) && right;
	right = set_domains(settings, &values->domain) && right;
	right = set_duid(settings, values->duid) && right;
	right = check_search(values->dnssearch) && right;
	right = check_hosts("dns", values->dns) && right;
	right = check_hosts("ntp", values->ntp) && right;
	right = check_server_id(values->serverid) && right;
	right = check_file("resolvconf", values->resolvconf) && right;
	right = check_interface(values->iface) && right;
	right = stack_string_is(values->dnsstack, "dnsstack") && right;
	right = copy(&settings->dnsstack, values->dnsstack) && right;
	right = copy(&settings->iface, values->iface ? values->iface : "vde0") && right;
	right = copy(&settings->resolvconf, values->resolvconf) && right;
	right = copy(&settings->dns, values->dns) && right;
	right = copy(&settings->dnssearch, values->dnssearch) && right;
	right = copy(&settings->ntp, values->ntp) && right;
	right = copy(&settings->serverid, values->serverid) && right;
	right = check_together(settings) && right;
	if (right)
		return settings;
	settings_free(settings);
	return NULL;
}

void settings_free(void *argument)
{
	struct settings *settings = argument;

	if (!settings)
		return;
	free(settings->stack);
	free(settings->dnsstack);
	free(settings->iface);
	free(settings->resolvconf);
	free(settings->nameservers);
	free(settings->dns);
	free(settings->dnssearch);
	free(settings->ntp);
	free(settings->serverid);
	free(settings);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool settings_same_place(const struct settings *a, const struct settings *b)
{
	return same(a->stack, b->stack) && same(a->dnsstack, b->dnsstack) && same(a->iface, b->iface) &&
	       a->has_mac == b->has_mac && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       same(a->serverid, b->serverid);
}
