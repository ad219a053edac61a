/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the command line. */
#include "iothip.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void fail_usage(const char *format, ...)
{
	va_list ap;

	fputs("iothip: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

bool word_is(const char *word, const char *full)
{
	return *word != '\0' && strncmp(word, full, strlen(word)) == 0;
}

bool args_end(const struct args *args)
{
	return *args->word == NULL;
}

bool args_take(struct args *args, const char *full)
{
	if (args_end(args) || !word_is(*args->word, full))
		return false;
	args->word++;
	return true;
}

const char *args_value(struct args *args, const char *name)
{
	if (args_end(args))
		fail_usage("%s is missing", name);
	return *args->word++;
}

uint32_t args_number(struct args *args, const char *name, uint32_t max)
{
	const char *word = args_value(args, name);
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(word, &end, 0);
	if (*word < '0' || *word > '9' || *end || errno || value > max)
		fail_usage("%s: a number up to %u is wanted, not \"%s\"", name, max, word);
	return (uint32_t)value;
}

bool args_switch(struct args *args, const char *name)
{
	const char *word = args_value(args, name);

	if (strcmp(word, "on") != 0 && strcmp(word, "off") != 0)
		fail_usage("%s: on or off is wanted, not \"%s\"", name, word);
	return word[1] == 'n';
}

uint32_t args_device(struct args *args, const struct iothip *ip)
{
	const char *name = args_value(args, "the name of an interface");

	for (size_t i = 0; i < ip->names.count; i++) {
		if (strcmp(ip->names.list[i].name, name) == 0)
			return ip->names.list[i].ifindex;
	}
	fail_usage("the stack has no interface \"%s\"", name);
}

void args_mac(struct args *args, const char *name, uint8_t mac[ADDRTEXT_MAC_LEN])
{
	const char *word = args_value(args, name);

	if (addrtext_parse_mac(word, mac))
		fail_usage("%s: an Ethernet address is wanted, not \"%s\"", name, word);
}

static void check_family(const struct iothip *ip, const char *text, int family)
{
	if (ip->family != AF_UNSPEC && family != ip->family)
		fail_usage("\"%s\" is not of the family that was asked for", text);
}

struct addrtext_prefix parse_address(const struct iothip *ip, const char *text)
{
	struct addrtext_prefix address;

	if (addrtext_parse_ip(text, &address))
		fail_usage("an IP address is wanted, not \"%s\"", text);
	check_family(ip, text, address.family);
	return address;
}

/* ip(8) lets the zeros at the end of an IPv4 network be left out: 10/8, 192.168/16, 0/0. */
static void complete_prefix(const char *text, char *full, size_t size)
{
	static const char zeros[] = ".0.0.0";
	size_t host = strcspn(text, "/"), dots = 0;

	for (size_t i = 0; i < host; i++)
		dots += text[i] == '.';
	if (text[host] == '\0' || host == 0 || dots > 3 || memchr(text, ':', host))
		dots = 3; /* it is whole, or nothing that could be completed */
	snprintf(full, size, "%.*s%s%s", (int)host, text, zeros + 2 * dots, text + host);
}

struct addrtext_prefix parse_prefix(const struct iothip *ip, const char *text)
{
	struct addrtext_prefix prefix = {.family = ip->family};
	char full[ADDRTEXT_PREFIX_SIZE + 8];

	if (strcmp(text, "default") == 0 || strcmp(text, "any") == 0 || strcmp(text, "all") == 0)
		return prefix;
	complete_prefix(text, full, sizeof(full));
	if (addrtext_parse_prefix(full, &prefix) && addrtext_parse_ip(text, &prefix))
		fail_usage("ADDRESS/LENGTH is wanted, not \"%s\"", text);
	check_family(ip, text, prefix.family);
	return prefix;
}

void build_address(
    struct nlq_builder *builder, uint16_t type, const struct addrtext_prefix *address)
{
	nlq_build_attr(builder, type, address->address, addrtext_family_len(address->family));
}

static _Noreturn void fail_verb(const char *object, const char *word, const struct verb *verbs)
{
	fprintf(stderr, "iothip: %s: \"%s\" is unknown; there are", object, word);
	for (; verbs->name; verbs++)
		fprintf(stderr, " %s", verbs->name);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

void verbs_run(struct iothip *ip, struct args *args, const char *object, const struct verb *verbs)
{
	const struct verb *verb = verbs;

	connection_names(ip);
	while (!args_end(args) && verb->name && !args_take(args, verb->name))
		verb++;
	if (!verb->name)
		fail_verb(object, *args->word, verbs);
	verb->run(ip, args, verb->type, verb->flags);
}
