/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options become a configuration: see conf.h. */
#include "conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon.h"
#include "log.h"
#include "optlist.h"
#include "passfile.h"
#include "stack_string.h"
#include "words.h"

#define DEFAULT_INTERFACE "vde0"

static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	if (from && !*to)
		log_error("%s", strerror(ENOMEM));
	return !from || *to;
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static const char *value_of(const struct optlist *list, const char *tag)
{
	for (size_t i = 0; i < list->count; i++) {
		if (optlist_is(list->items[i].tag, tag))
			return list->items[i].value ? list->items[i].value : "";
	}
	return NULL;
}

static bool is_kernel(const struct optlist *list)
{
	const char *stack = value_of(list, "stack");

	return !stack || strcmp(stack, "kernel") == 0;
}

/* As optlist_parse reads it. */
static void write_item(FILE *to, const struct optlist_item *item)
{
	fprintf(to, "%s%s", item->tag, item->value ? "=" : "");
	for (const char *at = item->value; at && *at; at++) {
		if (strchr(" \t\n,;#='\"\\", *at))
			fputc('\\', to);
		fputc(*at, to);
	}
	fputc(',', to);
}

/* The router may be in the network of the windows: no address of the stack's is in it before the
 * first one is open, so its route has to wait. Items `gw`, or all others, as a string. */
static bool write_items(char **text, const struct optlist *list, bool gateways)
{
	size_t len;
	FILE *to = open_memstream(text, &len);

	if (!to) {
		*text = NULL;
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	for (size_t i = 0; i < list->count; i++) {
		const char *tag = list->items[i].tag;

		if (optlist_is(tag, "gw") == gateways || (gateways && optlist_is(tag, "iface")))
			write_item(to, &list->items[i]);
	}
	if (fclose(to) == 0)
		return true;
	free(*text);
	*text = NULL;
	log_error("%s", strerror(ENOMEM));
	return false;
}

/* Routes and addresses of its own need a link that is up, and what routers say has to be followed
 * for as long as we run. */
static bool set_outer(struct rproxy_conf *conf, const struct options *options, const char *text)
{
	struct optlist list;
	const char *interface;
	bool right, more, routers;
	char *own = NULL;

	if (!text) {
		if (!options_mention(options, "extstack"))
			log_error("extstack: a stack is expected: stack=NAME,vnl=VNL");
		return false;
	}
	if (optlist_parse(&list, text) < 0) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	interface = value_of(&list, "iface");
	routers = value_of(&list, "rd");
	more = routers || value_of(&list, "ip") || value_of(&list, "gw") || value_of(&list, "mac");
	right = copy(&conf->interface, interface ? interface : DEFAULT_INTERFACE);
	right = stack_string_is(text, "extstack") && right;
	if (value_of(&list, "gw")) {
		right = write_items(&conf->gateway, &list, true) && right;
		right = write_items(&own, &list, false) && right;
		text = own ? own : text;
	}
	if (asprintf(&conf->outer, "%s%s%s", text, more ? ",eth" : "", routers ? ",thread" : "") < 0) {
		log_error("%s", strerror(ENOMEM));
		conf->outer = NULL;
		right = false;
	}
	conf->outer_is_kernel = conf->all_kernel = is_kernel(&list);
	optlist_free(&list);
	free(own);
	return right;
}

/* A string of iothconf(7), or the name of a stack alone. */
static bool set_inner(struct rproxy_conf *conf, const char *text)
{
	struct optlist list;
	bool name_alone;

	if (!text)
		return true;
	if (optlist_parse(&list, text) < 0) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	name_alone = list.count == 1 && !list.items[0].value;
	conf->inner_is_kernel =
	    name_alone ? strcmp(list.items[0].tag, "kernel") == 0 : is_kernel(&list);
	conf->all_kernel = conf->all_kernel && conf->inner_is_kernel;
	optlist_free(&list);
	if (!name_alone)
		return stack_string_is(text, "intstack") && copy(&conf->inner, text);
	if (asprintf(&conf->inner, "stack=%s", text) >= 0)
		return true;
	conf->inner = NULL;
	log_error("%s", strerror(ENOMEM));
	return false;
}

/* ---- who we are ------------------------------------------------------------------------------ */

/* NULL: it could not be read, or is no password, which is logged. */
static char *read_password(const char *path)
{
	char *password, why[PASSFILE_WHY_SIZE];
	bool exposed;

	if (passfile_read(path, &password, &exposed, why) < 0) {
		log_error("password_file %s: %s", path, why);
		return NULL;
	}
	if (exposed)
		log_warning("password_file %s: others may read it", path);
	return password;
}

static bool set_password(struct rproxy_conf *conf, const struct rproxy_values *values)
{
	bool right;

	if (values->passwd && values->password_file) {
		log_error("passwd and password_file: only one of them may be given");
		return false;
	}
	if (!values->password_file) {
		right = copy(&conf->password, values->passwd);
	} else {
		conf->password = read_password(values->password_file);
		right = conf->password;
	}
	if (right && (!conf->password || !*conf->password))
		log_warning("passwd: there is none: who knows the name finds the service");
	return right;
}

static bool set_identity(
    struct rproxy_conf *conf, const struct options *options, const struct rproxy_values *values)
{
	bool right = set_password(conf, values);

	if (!values->name && !options_mention(options, "name"))
		log_error("name: it is needed");
	if (!values->base && !options_mention(options, "base"))
		log_error("base: it is needed");
	/* Whoever saw the value had a mistake logged already, if it is none. */
	if (values->digest)
		(void)otip_digest_parse(values->digest, &conf->digest);
	if (values->rounds && conf->digest != OTIP_HMAC_SHA256) {
		log_error("rounds: it is for `digest hmac-sha256`");
		right = false;
	}
	conf->rounds = (unsigned int)values->rounds;
	conf->case_exact =
	    values->case_exact || (values->letters && strcmp(values->letters, "exact") == 0);
	right = copy(&conf->name, values->name) && right;
	right = copy(&conf->base, values->base) && right;
	right = copy(&conf->dns, values->dns) && right;
	return right && values->name && values->base;
}

static bool set_schedule(struct rproxy_conf *conf, const struct rproxy_values *values)
{
	conf->schedule = (struct otip_schedule){.period = (uint32_t)values->otip_period,
	    .preactive = (uint32_t)values->otip_preactive,
	    .postactive = (uint32_t)values->otip_postactive};
	if (otip_schedule_check(&conf->schedule) == 0)
		return true;
	log_error("otip_preactive and otip_postactive: more than %d windows would be open at a time",
	    OTIP_OPEN_MAX);
	return false;
}

/* ---- what is offered ------------------------------------------------------------------------- */

static bool add_services(struct rproxy_conf *conf, int type, const struct option_list *list)
{
	bool right = true;

	for (size_t i = 0; i < list->count; i++) {
		struct service *service = &conf->services[conf->service_count];

		if (service_parse(service, type, list->values[i], NULL) < 0)
			continue; /* logged where it stands */
		for (size_t j = 0; j < conf->service_count; j++) {
			if (conf->services[j].type != type || conf->services[j].port != service->port)
				continue;
			log_error(
			    "%s: port %u is given twice", type == SOCK_STREAM ? "tcp" : "udp", service->port);
			right = false;
		}
		conf->service_count++;
	}
	return right;
}

static bool set_services(
    struct rproxy_conf *conf, const struct options *options, const struct rproxy_values *values)
{
	bool right;

	conf->services = calloc(values->tcp.count + values->udp.count + 1, sizeof(*conf->services));
	if (!conf->services) {
		log_error("%s", strerror(ENOMEM));
		return false;
	}
	right = add_services(conf, SOCK_STREAM, &values->tcp);
	right = add_services(conf, SOCK_DGRAM, &values->udp) && right;
	if (conf->service_count == 0 && !options_mention(options, "tcp") &&
	    !options_mention(options, "udp")) {
		log_error("tcp, udp: at least one service is needed");
		right = false;
	}
	return right;
}

static void set_limits(struct rproxy_conf *conf, const struct rproxy_values *values)
{
	conf->limits = (struct flow_limits){.connections = (uint64_t)values->max_connections,
	    .mappings = (uint64_t)values->max_mappings,
	    .per_source = (uint64_t)values->max_per_source,
	    .source_prefix = (unsigned int)values->source_prefix,
	    .tcp_full_timeout = (loop_time)values->tcp_full_timeout * LOOP_SEC,
	    .udp_full_timeout = (loop_time)values->udp_full_timeout * LOOP_SEC,
	    .tcp_timeout = (loop_time)values->tcp_timeout * LOOP_SEC,
	    .udp_timeout = (loop_time)values->udp_timeout * LOOP_SEC,
	    .connect_timeout = (loop_time)values->connect_timeout * LOOP_SEC,
	    .backlog = (int)values->tcp_listen_backlog};
	conf->drain = (loop_time)values->drain * LOOP_SEC;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void *rproxy_configure(
    const struct daemon *daemon, const struct options *options, const void *given)
{
	const struct rproxy_values *values = given;
	struct rproxy_conf *conf = calloc(1, sizeof(*conf));
	bool right = conf;

	if (!conf) {
		log_error("%s", strerror(ENOMEM));
		return NULL;
	}
	/* Each one tells its own mistakes. */
	right = set_outer(conf, options, values->extstack) && right;
	right = set_inner(conf, values->intstack) && right;
	right = set_identity(conf, options, values) && right;
	right = set_schedule(conf, values) && right;
	right = set_services(conf, options, values) && right;
	set_limits(conf, values);
	if (right)
		return conf;
	rproxy_conf_free(conf);
	return NULL;
}

void rproxy_conf_free(void *configuration)
{
	struct rproxy_conf *conf = configuration;

	if (!conf)
		return;
	passfile_free(conf->password);
	free(conf->outer);
	free(conf->inner);
	free(conf->interface);
	free(conf->gateway);
	free(conf->name);
	free(conf->base);
	free(conf->dns);
	free(conf->services);
	free(conf);
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool rproxy_conf_same_place(const struct rproxy_conf *a, const struct rproxy_conf *b)
{
	return same(a->outer, b->outer) && same(a->gateway, b->gateway) && same(a->inner, b->inner);
}
