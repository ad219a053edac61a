/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A service's configuration text: see config.h. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "passfile.h"

#define UDP_TIME        8
#define UDP_CLIENTS     4096
#define UDP_CLIENTS_MAX 1000000

struct parser {
	struct otip_config *config;
	bool has_base, has_passwd, has_rounds;
	char *why;
};

__attribute__((format(printf, 3, 4))) static int refuse(
    struct parser *parser, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(parser->why, OTIP_WHY_SIZE, format, arguments);
	va_end(arguments);
	return error;
}

/* ---- values ---------------------------------------------------------------------------------- */

static int read_base(struct parser *parser, const char *value)
{
	struct addrtext_prefix address;

	if (addrtext_parse_ip(value, &address) || address.family != AF_INET6)
		return refuse(parser, -EINVAL, "base: %.100s is no IPv6 address", value);
	memcpy(&parser->config->identity.base, address.address, 16);
	parser->has_base = true;
	return 0;
}

static int read_digest(struct parser *parser, const char *value)
{
	if (otip_digest_parse(value, &parser->config->identity.digest))
		return refuse(parser, -EINVAL, "digest: %.100s is not md5 or hmac-sha256", value);
	return 0;
}

static int read_case(struct parser *parser, const char *value)
{
	if (strcmp(value, "exact") != 0 && strcmp(value, "fold") != 0)
		return refuse(parser, -EINVAL, "case: %.100s is not exact or fold", value);
	parser->config->identity.case_exact = strcmp(value, "exact") == 0;
	return 0;
}

static int read_secret_file(struct parser *parser, const char *path)
{
	char why[PASSFILE_WHY_SIZE];
	int error;

	passfile_free(parser->config->secret);
	parser->config->secret = NULL;
	error = passfile_read(path, &parser->config->secret, NULL, why);
	if (error)
		return refuse(parser, error, "passfile: %.100s: %s", path, why);
	parser->config->identity.password = parser->config->secret;
	return 0;
}

/* Decimal, or 0x.. as the other programs of one-time addresses have it. */
static int read_number(
    struct parser *parser, const char *tag, const char *value, uint32_t most, uint32_t *number)
{
	unsigned long long read;
	char *end;

	errno = 0;
	read = strtoull(value, &end, value[0] == '0' && (value[1] | 0x20) == 'x' ? 16 : 10);
	/* strtoull takes blanks and signs. */
	if (value[0] < '0' || value[0] > '9' || *end || errno || read > most)
		return refuse(parser, -EINVAL, "%s: %.100s is no number from 0 to %u", tag, value, most);
	*number = (uint32_t)read;
	return 0;
}

/* ---- options --------------------------------------------------------------------------------- */

/* What the programs of one-time addresses call these. */
static const struct optlist_alias aliases[] = {
    {"baseaddr", "base"},
    {"password", "passwd"},
    {"password_file", "passfile"},
    {"otip_period", "period"},
    {"otipperiod", "period"},
    {"otip_preactive", "preactive"},
    {"otip_postactive", "postactive"},
    {"otip_digest", "digest"},
    {"otipdigest", "digest"},
    {"otip_rounds", "rounds"},
    {"otiprounds", "rounds"},
    {"hashcase", "case"},
};

static int take_number(struct parser *parser, const char *tag, const char *value)
{
	struct otip_config *config = parser->config;
	const struct {
		const char *tag;
		uint32_t most, *number;
	} numbers[] = {
	    {"period", OTIP_SECONDS_MAX, &config->schedule.period},
	    {"preactive", OTIP_SECONDS_MAX, &config->schedule.preactive},
	    {"postactive", OTIP_SECONDS_MAX, &config->schedule.postactive},
	    {"rounds", INT32_MAX, &config->identity.rounds},
	    {"udptime", OTIP_SECONDS_MAX, &config->udp_time},
	    {"udpclients", UDP_CLIENTS_MAX, &config->udp_clients},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (optlist_is(tag, numbers[i].tag))
			return read_number(parser, numbers[i].tag, value, numbers[i].most, numbers[i].number);
	}
	return refuse(parser, -EINVAL, "%.100s: there is no such option", tag);
}

static const char *own_name(const struct optlist_item *item)
{
	return optlist_own_name(aliases, sizeof(aliases) / sizeof(aliases[0]), item->tag, false);
}

static int take(struct parser *parser, const struct optlist_item *item)
{
	struct otip_config *config = parser->config;
	const char *tag = own_name(item);

	if (!item->value && optlist_same_name(tag, "case_exact", false)) {
		config->identity.case_exact = true;
		return 0;
	}
	if (!item->value)
		return refuse(parser, -EINVAL, "'%.100s' has no value", item->tag);
	if (optlist_is(tag, "base"))
		return read_base(parser, item->value);
	if (optlist_is(tag, "digest"))
		return read_digest(parser, item->value);
	if (optlist_is(tag, "case"))
		return read_case(parser, item->value);
	if (optlist_is(tag, "passfile"))
		return read_secret_file(parser, item->value);
	parser->has_passwd = parser->has_passwd || optlist_is(tag, "passwd");
	parser->has_rounds = parser->has_rounds || optlist_is(tag, "rounds");
	if (optlist_is(tag, "name"))
		config->identity.name = item->value;
	else if (optlist_is(tag, "passwd"))
		config->identity.password = item->value;
	else if (optlist_is(tag, "iface"))
		config->interface = item->value;
	else
		return take_number(parser, tag, item->value);
	return 0;
}

static int check(struct parser *parser)
{
	struct otip_config *config = parser->config;

	if (!parser->has_base)
		return refuse(parser, -EINVAL, "base: it is missing");
	if (!config->identity.name || !config->identity.name[0])
		return refuse(parser, -EINVAL, "name: it is missing, or empty");
	if (parser->has_passwd && config->secret)
		return refuse(parser, -EINVAL, "passwd, passfile: only one of them may be given");
	if (parser->has_rounds && config->identity.digest != OTIP_HMAC_SHA256)
		return refuse(parser, -EINVAL, "rounds: only digest=hmac-sha256 has them");
	if (otip_schedule_check(&config->schedule))
		return refuse(parser, -EINVAL,
		    "period, preactive, postactive: more than %d windows would be open", OTIP_OPEN_MAX);
	if (config->udp_clients == 0)
		return refuse(parser, -EINVAL, "udpclients: there is at least one");
	return 0;
}

/* Item by item: a mistake is told with its place. */
static int take_all(struct parser *parser)
{
	const struct optlist *list = &parser->config->list;
	int error = 0;
	size_t i, len;

	for (i = 0; !error && i < list->count; i++) {
		/* What has no value may be the quoted rest of a password: it is not shown. */
		if (list->open && i == list->count - 1)
			error = refuse(parser, -EINVAL, "%.20s: a quote is not closed",
			    list->items[i].value ? list->items[i].tag : "options");
		else
			error = take(parser, &list->items[i]);
	}
	len = strlen(parser->why);
	if (error && len > 0)
		snprintf(parser->why + len, OTIP_WHY_SIZE - len, " (option %zu)", i);
	return error;
}

int otip_config_parse(struct otip_config *config, const char *text, char why[OTIP_WHY_SIZE])
{
	struct parser parser = {.config = config, .why = why};
	int error;

	*config = (struct otip_config){
	    .schedule = {OTIP_PERIOD, OTIP_PREACTIVE, OTIP_POSTACTIVE},
	    .udp_time = UDP_TIME,
	    .udp_clients = UDP_CLIENTS,
	};
	why[0] = '\0';
	error = optlist_parse(&config->list, text);
	if (!error)
		error = take_all(&parser);
	return error ? error : check(&parser);
}

void otip_config_free(struct otip_config *config)
{
	for (size_t i = 0; i < config->list.count; i++) {
		const char *value = config->list.items[i].value;

		if (value && strncmp(config->list.items[i].tag, "passw", 5) == 0)
			explicit_bzero((char *)(uintptr_t)value, strlen(value));
	}
	optlist_free(&config->list);
	passfile_free(config->secret);
	*config = (struct otip_config){.secret = NULL};
}
