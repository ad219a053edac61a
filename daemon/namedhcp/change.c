/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From settings to what is in use: see change.h. */
#include "change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"

bool change_is_ready(const struct change *change)
{
	return change->dns_servers.open + change->ntp_servers.open + change->server_id.open == 0;
}

/* At the end of the turn: who calls is amid an answer, which belongs to what a change frees. */
static void tell(struct loop_job *job)
{
	struct change *change = (struct change *)(void *)((char *)job - offsetof(struct change, job));

	change->ready(change->service);
}

static void some_are_known(struct change *change)
{
	if (change->ready && change_is_ready(change))
		loop_later(change->dns.loop, &change->job);
}

static void dns_servers_known(struct hosts *hosts)
{
	some_are_known(list_entry(hosts, struct change, dns_servers));
}

static void ntp_servers_known(struct hosts *hosts)
{
	some_are_known(list_entry(hosts, struct change, ntp_servers));
}

static void server_id_known(struct hosts *hosts)
{
	some_are_known(list_entry(hosts, struct change, server_id));
}

static void ask(struct change *change)
{
	const struct settings *settings = change->settings;
	int family = settings->family == SETTINGS_V6 ? AF_INET6 : AF_INET;

	hosts_ask(&change->dns_servers, &change->names, family, settings->dns, dns_servers_known);
	hosts_ask(&change->ntp_servers, &change->names, family, settings->ntp, ntp_servers_known);
	/* It is the server's as long as the server runs. */
	hosts_ask(&change->server_id, &change->names, AF_INET,
	    change->service->settings ? NULL : settings->serverid, server_id_known);
}

int change_begin(struct change **begun, struct loop *loop, struct service *service,
    struct settings *settings, void (*ready)(struct service *service))
{
	struct change *change = calloc(1, sizeof(*change));
	struct iothdns *resolver;
	int err = -ENOMEM;

	if (!change)
		goto fail;
	change->service = service;
	change->ready = ready;
	loop_job_init(&change->job, tell);
	err = names_init(&change->names, &dns_names_ops, &change->dns);
	if (err)
		goto free_change;
	resolver = place_resolver(&service->place, settings);
	if (!resolver) { /* and why has been logged */
		free(change);
		return -EINVAL;
	}
	dns_init(&change->dns, loop, resolver);
	change->settings = settings;
	ask(change);
	*begun = change;
	return 0;

free_change:
	free(change);
fail:
	log_error("%s", strerror(-err));
	return err;
}

void change_apply(struct change *change)
{
	struct service *service = change->service;

	/* Queries that are under way go on without their resolver. */
	iothdns_fini(service->dns.resolver);
	service->dns.resolver = change->dns.resolver;
	change->dns.resolver = NULL;
	names_forget(&service->names);
	settings_free(service->settings);
	service->settings = change->settings;
	change->settings = NULL;
}

static void add_addresses(struct config *config, uint16_t code, const struct hosts *hosts)
{
	uint8_t addresses[HOSTS_MAX * 16];

	config_add(config, code, addresses, hosts_addresses(hosts, addresses));
}

void change_fill_config(
    const struct change *change, struct config *config, uint16_t dns_code, uint16_t ntp_code)
{
	const struct settings *settings = change->service->settings;

	config->options = 0;
	add_addresses(config, dns_code, &change->dns_servers);
	add_addresses(config, ntp_code, &change->ntp_servers);
	config->lease = settings->lease;
	config->lease_seconds = settings->lease_seconds;
	config->answer_fqdn = settings->answer_fqdn;
	config->refuse_rapid = settings->refuse_rapid;
}

void change_free(struct change *change)
{
	if (!change)
		return;
	loop_job_cancel(&change->job);
	names_fini(&change->names);
	dns_fini(&change->dns);
	settings_free(change->settings);
	free(change);
}
