/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of hosts become addresses: see hosts.h. */
#include "hosts.h"

#include <errno.h>
#include <string.h>
#include <arpa/inet.h>

#include "log.h"
#include "optlist.h"

static size_t address_size(const struct hosts *hosts)
{
	return hosts->family == AF_INET6 ? 16 : 4;
}

static void log_lack(const struct host *host, int error)
{
	log_warning("%s: %s: it is left out", host->name,
	    error == 0        ? "no address of this family"
	    : error == ENOENT ? "there is no such name"
	                      : strerror(error));
}

static void answered(struct names_waiter *waiter, const struct names_answer *answer)
{
	struct host *host = list_entry(waiter, struct host, waiter);
	struct hosts *hosts = host->hosts;

	if (answer->error == 0 && answer->count > 0) {
		memcpy(host->address, answer->address[0], address_size(hosts));
		host->has_address = true;
	} else {
		log_lack(host, answer->error);
	}
	if (--hosts->open == 0)
		hosts->known(hosts);
}

static void ask(struct hosts *hosts, struct host *host)
{
	int other = hosts->family == AF_INET6 ? AF_INET : AF_INET6;
	uint8_t address[16];
	int err;

	host->hosts = hosts;
	host->waiter.done = answered;
	list_init(&host->waiter.link);
	if (inet_pton(hosts->family, host->name, host->address) == 1) {
		host->has_address = true;
		return;
	}
	if (inet_pton(other, host->name, address) == 1) {
		log_lack(host, 0);
		return;
	}
	err = names_wait(
	    hosts->names, host->name, hosts->family == AF_INET6 ? NAMES_AAAA : NAMES_A, &host->waiter);
	if (err)
		log_lack(host, -err);
	else
		hosts->open++;
}

void hosts_ask(
    struct hosts *hosts, struct names *names, int family, const char *text, hosts_known *known)
{
	struct optlist list;

	*hosts = (struct hosts){.names = names, .family = family, .known = known};
	if (!text || optlist_parse(&list, text) < 0)
		return;
	for (size_t i = 0; i < list.count; i++) {
		const char *name = list.items[i].tag;
		struct host *host = &hosts->host[hosts->count];

		if (hosts->count == HOSTS_MAX || strlen(name) >= sizeof(host->name)) {
			log_warning("%s: %s: it is left out", name,
			    hosts->count == HOSTS_MAX ? "one too many" : "no name");
			continue;
		}
		hosts->count++;
		memcpy(host->name, name, strlen(name) + 1);
		ask(hosts, host);
	}
	optlist_free(&list);
}

size_t hosts_addresses(const struct hosts *hosts, uint8_t bytes[HOSTS_MAX * 16])
{
	size_t len = 0, size = address_size(hosts);

	for (size_t i = 0; i < hosts->count; i++) {
		if (!hosts->host[i].has_address)
			continue;
		memcpy(bytes + len, hosts->host[i].address, size);
		len += size;
	}
	return len;
}
