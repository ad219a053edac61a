/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* iothradvd at work: see server.h. */
#include "server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothconf.h>
#include <iothradvd.h>

#include "conf.h"
#include "log.h"
#include "stack_state.h"

/* An advertiser; its address stays, since the library's thread has it for the log. */
struct advertiser {
	struct list link;
	char *name;
	struct iothradvd *ra;
	bool wanted; /* a reload: it is in the new configuration */
};

struct radvd_server {
	struct radvd_conf *conf;
	struct ioth *stack; /* NULL: the kernel's, or none */
	struct list advertisers;
};

static void log_event(int level, const char *message, void *argument)
{
	const struct advertiser *advertiser = argument;

	log_message(level, "%s: %s", advertiser->name, message);
}

/* ---- one interface --------------------------------------------------------------------------- */

/* 0: there is none, which is logged. */
static unsigned int find_interface(
    const struct radvd_server *server, const struct radvd_conf *conf, const char *name)
{
	int ifindex = ioth_if_nametoindex(server->stack, name);

	if (ifindex > 0)
		return (unsigned int)ifindex;
	log_error("%s: there is no such interface on %s", name,
	    server->stack ? conf->stack : "the kernel's stack");
	return 0;
}

static struct iothradvd *advertise(const struct radvd_server *server, const struct radvd_conf *conf,
    const struct radvd_conf_interface *interface, unsigned int ifindex)
{
	if (conf->is_vnl)
		return iothradvd_vdestart_config(
		    interface->name, conf->has_mac ? conf->mac : NULL, interface->config);
	/* Of a stack of ours nobody else can do it, and the stack's string configures one only. */
	if (server->stack && ioth_linksetupdown(server->stack, ifindex, 1) < 0)
		log_warning("%s: %s", interface->name, strerror(errno));
	stack_state_tell(server->stack, interface->name, interface->name, false);
	return iothradvd_start_config(server->stack, ifindex, interface->config);
}

static void end_advertiser(struct advertiser *advertiser)
{
	iothradvd_stop(advertiser->ra);
	list_remove(&advertiser->link);
	free(advertiser->name);
	free(advertiser);
}

/* 0 or -errno, logged. */
static int begin_advertiser(struct radvd_server *server, const struct radvd_conf *conf,
    const struct radvd_conf_interface *interface)
{
	struct advertiser *advertiser;
	unsigned int ifindex = 0;
	int err = -ENOMEM;

	if (!conf->is_vnl) {
		ifindex = find_interface(server, conf, interface->name);
		if (ifindex == 0)
			return -ENODEV;
	}
	advertiser = calloc(1, sizeof(*advertiser));
	if (!advertiser)
		goto failed;
	advertiser->name = strdup(interface->name);
	if (!advertiser->name)
		goto free_advertiser;
	(void)iothradvd_config_log(interface->config, log_event, advertiser);
	advertiser->ra = advertise(server, conf, interface, ifindex);
	if (!advertiser->ra) {
		err = -errno;
		log_error("%s: %s", interface->name, iothradvd_error());
		goto free_name;
	}
	advertiser->wanted = true;
	list_append(&server->advertisers, &advertiser->link);
	return 0;

free_name:
	free(advertiser->name);
free_advertiser:
	free(advertiser);
failed:
	if (err == -ENOMEM)
		log_error("%s: %s", interface->name, strerror(ENOMEM));
	return err;
}

static struct advertiser *find(const struct radvd_server *server, const char *name)
{
	struct advertiser *advertiser;

	list_for_each (advertiser, &server->advertisers, link) {
		if (strcmp(advertiser->name, name) == 0)
			return advertiser;
	}
	return NULL;
}

/* Ends those that are not wanted. */
static void end_unwanted(struct radvd_server *server)
{
	struct advertiser *advertiser;

	list_for_each_safe (advertiser, &server->advertisers, link) {
		if (!advertiser->wanted)
			end_advertiser(advertiser);
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int open_stack(struct radvd_server *server, const struct radvd_conf *conf)
{
	const char *reason;
	int err;

	if (!conf->stack || conf->is_vnl)
		return 0;
	server->stack = ioth_newstackc(conf->stack);
	if (server->stack) {
		/* What failed although there is a stack: an address that another node has, say. */
		if (*ioth_config_error())
			log_warning("stack '%s': %s", conf->stack, ioth_config_error());
		return 0;
	}
	err = -errno;
	reason = *ioth_config_error() ? ioth_config_error() : ioth_error();
	log_error("stack '%s': %s", conf->stack, *reason ? reason : strerror(-err));
	return err;
}

static void free_server(struct radvd_server *server)
{
	struct advertiser *advertiser;

	list_for_each (advertiser, &server->advertisers, link)
		advertiser->wanted = false;
	end_unwanted(server);
	if (server->stack && ioth_delstack(server->stack) < 0)
		log_warning("stack: %s", strerror(errno));
	radvd_conf_free(server->conf);
	free(server);
}

int radvd_start(struct daemon *daemon, void *configuration)
{
	struct radvd_server *server = calloc(1, sizeof(*server));
	struct radvd_conf *conf = configuration;
	int err;

	if (!server) {
		log_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	list_init(&server->advertisers);
	err = open_stack(server, conf);
	for (size_t i = 0; i < conf->count && !err; i++)
		err = begin_advertiser(server, conf, &conf->interfaces[i]);
	if (err) {
		free_server(server); /* without the configuration, which is not ours yet */
		return err;
	}
	server->conf = conf;
	daemon->state = server;
	return 0;
}

void radvd_stop(struct daemon *daemon)
{
	free_server(daemon->state);
	daemon->state = NULL;
}

static bool is_same_place(const struct radvd_conf *one, const struct radvd_conf *other)
{
	return one->is_vnl == other->is_vnl && !one->stack == !other->stack &&
	       (!one->stack || strcmp(one->stack, other->stack) == 0) &&
	       one->has_mac == other->has_mac && memcmp(one->mac, other->mac, sizeof(one->mac)) == 0;
}

int radvd_reload(struct daemon *daemon, void *configuration)
{
	struct radvd_server *server = daemon->state;
	struct radvd_conf *conf = configuration;
	struct advertiser *advertiser;
	int err = 0;

	if (!is_same_place(server->conf, conf)) {
		log_error("stack and macaddr cannot be changed by a reload");
		return -EINVAL;
	}
	list_for_each (advertiser, &server->advertisers, link)
		advertiser->wanted = false;
	for (size_t i = 0; i < conf->count && !err; i++) {
		if (!find(server, conf->interfaces[i].name))
			err = begin_advertiser(server, conf, &conf->interfaces[i]);
	}
	if (err) { /* those that were begun just now are the wanted ones */
		list_for_each (advertiser, &server->advertisers, link)
			advertiser->wanted = !advertiser->wanted;
		end_unwanted(server);
		return err;
	}
	for (size_t i = 0; i < conf->count; i++) {
		advertiser = find(server, conf->interfaces[i].name);
		if (!advertiser->wanted &&
		    iothradvd_update_config(advertiser->ra, conf->interfaces[i].config) < 0)
			log_error("%s: %s", advertiser->name, iothradvd_error()); /* memory */
		advertiser->wanted = true;
	}
	end_unwanted(server);
	radvd_conf_free(server->conf);
	server->conf = conf;
	return 0;
}

bool radvd_may_be_filtered(const struct daemon *daemon)
{
	const struct radvd_server *server = daemon->state;

	return !server->conf->stack;
}

/* ---- what has happened ----------------------------------------------------------------------- */

void radvd_print_status(struct daemon *daemon, FILE *out)
{
	const struct radvd_server *server = daemon->state;
	const struct advertiser *advertiser;

	list_for_each (advertiser, &server->advertisers, link) {
		struct iothradvd_stats stats;

		(void)iothradvd_get_stats(advertiser->ra, &stats, sizeof(stats));
		fprintf(out, "%s: %s, %" PRIu64 " multicast, %" PRIu64 " unicast\n", advertiser->name,
		    stats.advertising ? "advertising" : "waiting for a link and an address",
		    stats.multicast, stats.unicast);
	}
}

static const struct {
	const char *name, *type, *help;
	size_t offset;
} figures[] = {
#define FIGURE(member, name, type, help)                                                           \
	{                                                                                              \
		name, type, help, offsetof(struct iothradvd_stats, member)                                 \
	}
    FIGURE(advertising, "iothradvd_advertising", "gauge",
        "Whether there is an address to advertise from."),
    FIGURE(multicast, "iothradvd_multicast_total", "counter", "Advertisements sent to all nodes."),
    FIGURE(unicast, "iothradvd_unicast_total", "counter", "Advertisements sent to one who asked."),
    FIGURE(send_errors, "iothradvd_send_errors_total", "counter",
        "Advertisements that the network would not take."),
    FIGURE(solicitations, "iothradvd_solicitations_total", "counter", "Valid solicitations."),
    FIGURE(solicitations_invalid, "iothradvd_solicitations_invalid_total", "counter",
        "Solicitations that were refused (RFC 4861, 6.1.1)."),
    FIGURE(solicitations_merged, "iothradvd_solicitations_merged_total", "counter",
        "Solicitations answered together with another one."),
    FIGURE(adverts_heard, "iothradvd_adverts_heard_total", "counter",
        "Advertisements of other routers."),
    FIGURE(adverts_invalid, "iothradvd_adverts_invalid_total", "counter",
        "Advertisements that were refused (RFC 4861, 6.1.2)."),
    FIGURE(adverts_inconsistent, "iothradvd_adverts_inconsistent_total", "counter",
        "Advertisements of other routers that say something else (RFC 4861, 6.2.7)."),
};

/* A label's value: Prometheus' text format escapes three characters. */
static void print_label(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		fputs(*value == '\n' ? "\\n" : (const char[]){*value, '\0'}, out);
	}
}

void radvd_print_stats(struct daemon *daemon, FILE *out)
{
	const struct radvd_server *server = daemon->state;
	const struct advertiser *advertiser;

	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", figures[i].name, figures[i].help,
		    figures[i].name, figures[i].type);
		list_for_each (advertiser, &server->advertisers, link) {
			struct iothradvd_stats stats;
			uint64_t value;

			(void)iothradvd_get_stats(advertiser->ra, &stats, sizeof(stats));
			memcpy(&value, (const char *)&stats + figures[i].offset, sizeof(value));
			fprintf(out, "%s{interface=\"", figures[i].name);
			print_label(out, advertiser->name);
			fprintf(out, "\"} %" PRIu64 "\n", value);
		}
	}
}
