/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of otip_rproxy: see words.h. */
#include "words.h"

#include <stdio.h>
#include <string.h>
#include <net/if.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "optlist.h"
#include "service.h"

#define SECONDS_MAX INT32_MAX

/* ---- is a value one? ------------------------------------------------------------------------- */

static bool is_service(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	bool tcp = strcmp(spec->name, "tcp") == 0;
	char reason[SERVICE_WHY_SIZE];
	struct service service;

	if (service_parse(&service, tcp ? SOCK_STREAM : SOCK_DGRAM, text, reason) == 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not PORT,HOST,PORT%s: %s", text,
	    tcp ? "[,proxy1|,proxy2]" : "", reason);
	return false;
}

static bool is_outer_tag(const struct optlist_item *item)
{
	static const char *const valued[] = {"stack", "vnl", "iface", "gw", "ip", "mac"};

	if (optlist_is(item->tag, "rd"))
		return !item->value;
	for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
		if (optlist_is(item->tag, valued[i]))
			return item->value && *item->value;
	}
	return false;
}

/* What the items say together. */
static bool is_outer_whole(const struct optlist *list, char why[OPTION_WHY_SIZE])
{
	const char *stack = NULL;
	bool network = false;

	for (size_t i = 0; i < list->count; i++) {
		const struct optlist_item *item = &list->items[i];

		if (optlist_is(item->tag, "stack"))
			stack = item->value;
		network = network || optlist_is(item->tag, "vnl");
		if (optlist_is(item->tag, "iface") && strlen(item->value) >= IFNAMSIZ) {
			snprintf(why, OPTION_WHY_SIZE, "iface: '%.64s' is too long for an interface's name",
			    item->value);
			return false;
		}
	}
	/* What is no kernel's has the interfaces that its networks are. */
	if (list->count > 0 && stack && strncmp(stack, "kernel", 6) != 0 && !network) {
		snprintf(why, OPTION_WHY_SIZE, "stack=%.64s needs a network: vnl=VNL", stack);
		return false;
	}
	return true;
}

static bool is_outer(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	struct optlist list;
	bool right = true;

	if (optlist_parse(&list, text) < 0) {
		snprintf(why, OPTION_WHY_SIZE, "no memory");
		return false;
	}
	for (size_t i = 0; i < list.count && right; i++) {
		right = is_outer_tag(&list.items[i]);
		if (!right)
			snprintf(why, OPTION_WHY_SIZE,
			    "'%.64s' is not stack=, vnl=, iface=, gw=, ip=, mac= or rd", list.items[i].tag);
	}
	if (list.count == 0) {
		snprintf(why, OPTION_WHY_SIZE, "a stack is expected: stack=NAME,vnl=VNL");
		right = false;
	}
	right = right && is_outer_whole(&list, why);
	optlist_free(&list);
	return right;
}

static bool is_base(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	struct addrtext_prefix address;

	bool is_address = addrtext_parse_ip(text, &address) == 0;

	if (is_address && address.family == AF_INET6)
		return true;
	if (strchr(text, '/'))
		snprintf(why, OPTION_WHY_SIZE,
		    "'%.64s': an address without a length is expected; 64 bits of it count", text);
	else if (is_address)
		snprintf(why, OPTION_WHY_SIZE, "'%.64s': a network of IPv6 is expected", text);
	else
		snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not an IPv6 address, and no name", text);
	return *text && !is_address && !strpbrk(text, ":/");
}

/* A list of addresses; what has blanks or lines is the text of a resolv.conf. */
static bool is_dns(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	struct addrtext_prefix address;
	struct optlist list;
	bool right;

	if (text[strcspn(text, " \t\n")])
		return true;
	if (optlist_parse(&list, text) < 0) {
		snprintf(why, OPTION_WHY_SIZE, "no memory");
		return false;
	}
	right = list.count > 0;
	for (size_t i = 0; i < list.count && right; i++)
		right = !list.items[i].value && addrtext_parse_ip(list.items[i].tag, &address) == 0;
	optlist_free(&list);
	if (!right)
		snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not ADDRESS[,ADDRESS...]", text);
	return right;
}

static bool is_digest(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	if (strcmp(text, "md5") == 0 || strcmp(text, "hmac-sha256") == 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not md5 or hmac-sha256", text);
	return false;
}

static bool is_case(const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	if (strcmp(text, "exact") == 0 || strcmp(text, "fold") == 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "'%.64s' is not exact or fold", text);
	return false;
}

static bool is_not_empty(
    const struct option_spec *spec, const char *text, char why[OPTION_WHY_SIZE])
{
	if (*text && strcmp(text, ".") != 0)
		return true;
	snprintf(why, OPTION_WHY_SIZE, "it is empty");
	return false;
}

/* ---- the table ------------------------------------------------------------------------------- */

#define OPTION(name_, letter_, type_, value_, help_, ...)                                          \
	{                                                                                              \
		.name = #name_, .letter = (letter_), .type = (type_), .value = (value_), .help = (help_),  \
		.offset = offsetof(struct rproxy_values, name_), __VA_ARGS__                               \
	}
#define NUMBER(name, min_, max_, value, help)                                                      \
	OPTION(name, '\0', OPTION_NUMBER, value, help, .min = (min_), .max = (max_))

const struct option_spec rproxy_options[] = {
    OPTION(extstack, 'e', OPTION_STRING, "STACK", "outside: stack=NAME,vnl=VNL[,iface=vde0]",
        .check = is_outer),
    OPTION(intstack, 'i', OPTION_STRING, "STACK", "inside: as in iothconf(7); the kernel's", ),
    OPTION(name, 'n', OPTION_STRING, "NAME", "whose addresses follow from the time",
        .check = is_not_empty),
    OPTION(base, 'b', OPTION_STRING, "ADDRESS|NAME", "the network that they are in",
        .aliases = "baseaddr", .check = is_base),
    OPTION(passwd, 'P', OPTION_STRING, "PASSWORD", "that they follow from, too",
        .aliases = "password", .secret = true),
    OPTION(password_file, '\0', OPTION_PATH, "FILE", "has the password, in its first line",
        .aliases = "passfile"),
    OPTION(digest, '\0', OPTION_STRING, "md5|hmac-sha256", "how they follow (md5)",
        .aliases = "otipdigest otip_digest", .check = is_digest),
    OPTION(rounds, '\0', OPTION_NUMBER, "NUMBER", "of hmac-sha256: its stretching (600000)",
        .aliases = "otiprounds otip_rounds", .min = 1, .max = INT32_MAX),
    OPTION(case_exact, '\0', OPTION_FLAG, NULL, "the name is taken as it is spelled", ),
    {.name = "case",
        .aliases = "hashcase",
        .type = OPTION_STRING,
        .value = "exact|fold",
        .help = "the same in other words",
        .offset = offsetof(struct rproxy_values, letters),
        .check = is_case},
    OPTION(dns, 'D', OPTION_STRING, "ADDRESSES", "ask the DNS there", .check = is_dns),
    OPTION(udp, 'u', OPTION_LIST, "PORT,HOST,PORT", "a service: outside, to a server inside",
        .check = is_service),
    OPTION(tcp, 't', OPTION_LIST, "PORT,HOST,PORT[,proxyN]",
        "the same; proxy1, proxy2: say for whom", .check = is_service),
    OPTION(otip_period, '\0', OPTION_NUMBER, "SECONDS", "of a window (32)",
        .aliases = "period otipperiod", .max = SECONDS_MAX),
    OPTION(otip_preactive, '\0', OPTION_NUMBER, "SECONDS", "for which an address opens before (8)",
        .aliases = "preactive", .max = SECONDS_MAX),
    OPTION(otip_postactive, '\0', OPTION_NUMBER, "SECONDS", "for which it stays open after (8)",
        .aliases = "postactive", .max = SECONDS_MAX),
    NUMBER(tcp_listen_backlog, 0, INT32_MAX, "NUMBER", "as for listen(2) (5)"),
    NUMBER(tcp_timeout, 0, SECONDS_MAX, "SECONDS",
        "until a quiet connection is closed (120); 0: none"),
    NUMBER(udp_timeout, 1, SECONDS_MAX, "SECONDS", "until a quiet mapping is forgotten (8)"),
    NUMBER(connect_timeout, 1, SECONDS_MAX, "SECONDS", "for the server to accept (10)"),
    NUMBER(drain, 0, SECONDS_MAX, "SECONDS", "for connections to end after SIGTERM (5)"),
    NUMBER(max_connections, 1, 1 << 20, "NUMBER", "TCP connections at a time (4096)"),
    NUMBER(max_mappings, 1, 1 << 20, "NUMBER", "UDP mappings at a time (4096)"),
    NUMBER(tcp_full_timeout, 0, SECONDS_MAX, "SECONDS",
        "until a quiet connection makes room, where there is none (30); 0: never"),
    NUMBER(udp_full_timeout, 0, SECONDS_MAX, "SECONDS", "the same of a quiet mapping (4)"),
    NUMBER(max_per_source, 0, 1 << 20, "NUMBER", "of both for one source (2048); 0: no limit"),
    NUMBER(source_prefix, 1, 128, "BITS", "of an IPv6 address tell sources apart (64)"),
};
const size_t rproxy_option_count = sizeof(rproxy_options) / sizeof(rproxy_options[0]);

void rproxy_option_defaults(void *argument)
{
	struct rproxy_values *values = argument;

	values->otip_period = 32;
	values->otip_preactive = 8;
	values->otip_postactive = 8;
	values->tcp_listen_backlog = 5;
	values->tcp_timeout = 120;
	values->udp_timeout = 8;
	values->connect_timeout = 10;
	values->drain = 5;
	values->max_connections = 4096;
	values->max_mappings = 4096;
	values->max_per_source = 2048;
	values->source_prefix = 64;
	values->tcp_full_timeout = 30;
	values->udp_full_timeout = 4;
}
