/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration is read: see conf.h. Here are the lines that name stacks, servers and nets, and
 * what becomes of all of them at the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "conf_internal.h"
#include "keyword.h"
#include "log.h"
#include "stack_string.h"

#define SECOND 1000000000ULL

/* ---- lines ---------------------------------------------------------------------------------- */

static void no_memory(struct rcfile *rcfile)
{
	rcfile_error(rcfile, "%s", strerror(ENOMEM));
}

static void add_stack_line(
    struct rcfile *rcfile, struct named_stack_lines *stack, const char *value)
{
	char **more = reallocarray(stack->lines, stack->count + 1, sizeof(char *));
	char *copy = strdup(value);

	if (more)
		stack->lines = more;
	if (!more || !copy) {
		free(copy);
		no_memory(rcfile);
		return;
	}
	stack->lines[stack->count++] = copy;
}

/* `value` is what follows the directive, without blanks at its end. The stack may be called "a b",
 * in quotes, or not. */
static void stack_line(struct conf_reader *reader, struct rcfile *rcfile, const char *directive,
    const struct optlist_item *words, size_t count, const char *value)
{
	struct named_conf *conf = reader->conf;
	bool both = keyword_match(directive, "stack", true) != KEYWORD_NO;
	bool request = keyword_match(directive, "rstack", true) != KEYWORD_NO;
	struct named_stack_lines *stack = both || request ? &conf->request : &conf->forward;
	size_t lines = conf->request.count + conf->forward.count;
	char why[STACK_STRING_WHY_SIZE];
	const char *text;

	if (count == 0) {
		rcfile_error(rcfile, "%s: the string of a stack is expected", directive);
		return;
	}
	if (lines > 0 && conf->one_stack != both) {
		rcfile_error(rcfile, "stack can be defined only once: "
		                     "there is `stack` for both, or `rstack` and `fstack`");
		return;
	}
	conf->one_stack = both;
	text = count == 1 ? words[0].tag : value;
	if (!stack_string_check(text, stack->count == 0 ? STACK_STRING_NEW : STACK_STRING_MORE, why))
		rcfile_error(rcfile, "%s: %s", directive, why);
	add_stack_line(rcfile, stack, text);
}

static void dns_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count)
{
	struct named_conf *conf = reader->conf;
	struct in6_addr address;

	if (count != 1 || named_address_from_text(words[0].tag, &address, NULL) < 0)
		rcfile_error(rcfile, "dns: one address, IPv4 or IPv6, is expected");
	else if (conf->dns_count == NAMED_DNS_MAX)
		rcfile_error(rcfile, "dns: there are %d already", NAMED_DNS_MAX);
	else
		conf->dns[conf->dns_count++] = address;
}

int conf_prefix_len(const char *text, unsigned int max, unsigned int *len)
{
	unsigned int value = 0;

	if (!*text || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = value * 10 + (unsigned int)(*text - '0');
	}
	*len = value;
	return value <= max ? 0 : -EINVAL;
}

/* An IPv4 address with more than 32 bits is a mapped one (5.3). */
static int read_net(const char *text, struct in6_addr *address, unsigned int *len)
{
	char copy[64];
	char *slash;
	unsigned int bits;

	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	slash = strchr(copy, '/');
	if (!slash)
		return -EINVAL;
	*slash = '\0';
	if (named_address_from_text(copy, address, &bits) < 0 ||
	    conf_prefix_len(slash + 1, 128, len) < 0)
		return -EINVAL;
	if (bits == 32 && *len <= 32)
		*len += 96;
	return 0;
}

static void net_line(struct conf_reader *reader, struct rcfile *rcfile,
    const struct optlist_item *words, size_t count)
{
	struct in6_addr address;
	unsigned int len;
	int error;

	if (count != 2 || !words[0].tag[0] || strchr(words[0].tag, ',')) {
		rcfile_error(rcfile, "net: NAME PREFIX is expected");
		return;
	}
	if (read_net(words[1].tag, &address, &len) < 0) {
		rcfile_error(
		    rcfile, "net: a prefix, ADDRESS/LENGTH, is expected, not \"%s\"", words[1].tag);
		return;
	}
	error = named_nets_add(reader->conf->nets, words[0].tag, &address, len);
	if (error == -ENOSPC)
		rcfile_error(rcfile, "net: there are %d already", NAMED_NETS_MAX);
	else if (error < 0)
		no_memory(rcfile);
}

/* ---- directives ----------------------------------------------------------------------------- */

enum directive { STACK, RSTACK, FSTACK, DNS, NET, AUTH, STATIC, OPTION, DIRECTIVES };

static const char *const directives[DIRECTIVES] = {
    "stack", "rstack", "fstack", "dns", "net", "auth", "static", "option"};

static void words_line(struct conf_reader *reader, struct rcfile *rcfile, enum directive directive,
    const struct optlist *list, const char *value)
{
	switch (directive) {
	case DNS:
		dns_line(reader, rcfile, list->items, list->count);
		break;
	case NET:
		net_line(reader, rcfile, list->items, list->count);
		break;
	case AUTH:
		conf_auth_line(reader, rcfile, list->items, list->count);
		break;
	case STATIC:
		conf_static_line(reader, rcfile, list->items, list->count);
		break;
	case OPTION:
		conf_option_line(reader, rcfile, list->items, list->count);
		break;
	default:
		stack_line(reader, rcfile, directives[directive], list->items, list->count, value);
	}
}

static void take_line(struct rcfile *rcfile, const char *tag, const char *value, void *argument)
{
	unsigned int directive = 0;
	struct optlist words;
	size_t len = strlen(value);
	int error = -ENOMEM;
	char *trimmed;

	while (directive < DIRECTIVES && keyword_match(tag, directives[directive], true) == KEYWORD_NO)
		directive++;
	if (directive == DIRECTIVES) {
		rcfile_error(rcfile,
		    "\"%s\": stack, rstack, fstack, dns, net, auth, static or option is "
		    "expected",
		    tag);
		return;
	}
	while (len > 0 && strchr(" \t\r", value[len - 1]))
		len--;
	trimmed = strndup(value, len);
	if (trimmed)
		error = optlist_parse_words(&words, trimmed);
	if (error == -EINVAL) {
		rcfile_error(rcfile, "%s: a quote is not closed", tag);
	} else if (error < 0) {
		no_memory(rcfile);
	} else {
		words_line(argument, rcfile, (enum directive)directive, &words, trimmed);
		optlist_free(&words);
	}
	free(trimmed);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void free_lines(struct named_stack_lines *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		free(stack->lines[i]);
	free(stack->lines);
}

struct named_conf *named_conf_ref(struct named_conf *conf)
{
	atomic_fetch_add_explicit(&conf->references, 1, memory_order_relaxed);
	return conf;
}

void named_conf_unref(struct named_conf *conf)
{
	if (!conf || atomic_fetch_sub_explicit(&conf->references, 1, memory_order_acq_rel) > 1)
		return;
	free_lines(&conf->request);
	free_lines(&conf->forward);
	named_nets_free(conf->nets);
	named_auth_free(conf->auth);
	named_zone_free(conf->zone);
	named_hosts_free(conf->hosts);
	free(conf);
}

static struct named_conf *new_conf(void)
{
	struct named_conf *conf = calloc(1, sizeof(*conf));

	if (!conf)
		return NULL;
	atomic_init(&conf->references, 1);
	conf_option_defaults(&conf->options);
	conf->nets = named_nets_new();
	conf->auth = named_auth_new();
	conf->zone = named_zone_new();
	conf->hosts = calloc(1, sizeof(*conf->hosts));
	if (conf->nets && conf->auth && conf->zone && conf->hosts)
		return conf;
	named_conf_unref(conf);
	return NULL;
}

/* Tables are made of what was read, if all of it is right. */
static void seal(struct named_conf *conf, struct rcfile *rcfile)
{
	if (named_nets_seal(conf->nets) < 0 || named_auth_seal(conf->auth) < 0 ||
	    named_zone_seal(conf->zone, (uint32_t)conf->options.staticttl) < 0)
		no_memory(rcfile);
	conf->hosts->refresh = (uint64_t)conf->options.baserefresh * SECOND;
	conf->has_hrev = named_auth_has(conf->auth, NAMED_AUTH_HREV);
}

/* `text` NULL: the file. */
static struct named_conf *load(
    const char *name, const char *text, size_t len, const struct options *paths)
{
	struct conf_reader reader = {.conf = new_conf(), .paths = paths};
	struct rcfile end = {.name = name};
	unsigned int mistakes;

	reader.auth_end = &reader.auth;
	reader.record = malloc(sizeof(*reader.record));
	if (!reader.conf || !reader.record) {
		log_error("%s: %s", name, strerror(ENOMEM));
		mistakes = 1;
	} else {
		mistakes = text ? rcfile_parse(name, text, len, take_line, &reader)
		                : rcfile_read(name, take_line, &reader);
		conf_auth_finish(&reader, &end);
		if (mistakes + end.errors == 0)
			seal(reader.conf, &end);
		mistakes += end.errors;
	}
	conf_auth_free(&reader);
	free(reader.record);
	if (mistakes == 0)
		return reader.conf;
	named_conf_unref(reader.conf);
	return NULL;
}

struct named_conf *named_conf_load(const char *path, const struct options *paths)
{
	return load(path, NULL, 0, paths);
}

struct named_conf *named_conf_parse(const char *name, const char *text, size_t len)
{
	return load(name, text, len, NULL);
}
