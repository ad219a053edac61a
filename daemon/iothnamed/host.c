/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts whose address is looked up: see host.h. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define SECOND 1000000000ULL

bool named_host_address(const struct named_host *host, struct in6_addr *address)
{
	unsigned int version;
	uint64_t half[2];

	do {
		version = atomic_load_explicit(&host->version, memory_order_acquire);
		half[0] = atomic_load_explicit(&host->half[0], memory_order_relaxed);
		half[1] = atomic_load_explicit(&host->half[1], memory_order_relaxed);
		atomic_thread_fence(memory_order_acquire);
	} while (
	    version % 2 != 0 || version != atomic_load_explicit(&host->version, memory_order_relaxed));
	memcpy(address, half, sizeof(half));
	return version != 0;
}

static void set_address(struct named_host *host, const struct in6_addr *address)
{
	unsigned int version = atomic_load_explicit(&host->version, memory_order_relaxed);
	uint64_t half[2];

	memcpy(half, address, sizeof(half));
	atomic_store_explicit(&host->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&host->half[0], half[0], memory_order_relaxed);
	atomic_store_explicit(&host->half[1], half[1], memory_order_relaxed);
	/* 0 means that there is none. */
	version = version + 2 ? version + 2 : 2;
	atomic_store_explicit(&host->version, version, memory_order_release);
}

struct named_host *named_hosts_next(struct named_hosts *hosts, uint64_t now)
{
	for (size_t i = 0; i < hosts->count; i++) {
		struct named_host *host = hosts->hosts[i];

		if (!host->asked && host->due <= now) {
			host->asked = true;
			return host;
		}
	}
	return NULL;
}

uint64_t named_hosts_deadline(const struct named_hosts *hosts)
{
	uint64_t deadline = UINT64_MAX;

	for (size_t i = 0; i < hosts->count; i++) {
		const struct named_host *host = hosts->hosts[i];

		if (!host->asked && host->due < deadline)
			deadline = host->due;
	}
	return deadline;
}

void named_host_found(struct named_hosts *hosts, struct named_host *host,
    const struct in6_addr *address, uint32_t ttl, uint64_t now)
{
	uint64_t wait = ttl ? ttl * SECOND : hosts->refresh;

	host->asked = false;
	if (address)
		set_address(host, address);
	if (!address || wait < NAMED_HOST_RETRY * SECOND)
		wait = NAMED_HOST_RETRY * SECOND;
	host->due = now + (wait < hosts->refresh || !address ? wait : hosts->refresh);
}

static void free_host(struct named_host *host)
{
	if (host)
		free(host->text);
	free(host);
}

struct named_host *named_hosts_add(struct named_hosts *hosts, const struct named_name *name)
{
	char text[NAMED_NAME_TEXT_SIZE];
	struct named_host *host, **more;

	for (size_t i = 0; i < hosts->count; i++) {
		if (named_name_equal(&hosts->hosts[i]->name, name))
			return hosts->hosts[i];
	}
	host = calloc(1, sizeof(*host));
	more = reallocarray(hosts->hosts, hosts->count + 1, sizeof(struct named_host *));
	if (more)
		hosts->hosts = more;
	if (host)
		host->text = strdup(named_name_text(name, text));
	if (!more || !host || !host->text) {
		free_host(host);
		return NULL;
	}
	host->name = *name;
	hosts->hosts[hosts->count++] = host;
	return host;
}

void named_hosts_free(struct named_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < hosts->count; i++)
		free_host(hosts->hosts[i]);
	free(hosts->hosts);
	free(hosts);
}
