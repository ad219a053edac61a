/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getnameinfo(3) on a stack (RFC 3493, 6.2). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <iothdns.h>

#include "addrtext.h"
#include "answer.h"
#include "files.h"
#include "handle.h"
#include "reverse.h"
#include "scope.h"
#include "shield.h"

#define FLAGS (NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM)

static int copy_out(char *buffer, socklen_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return EAI_OVERFLOW;
	memcpy(buffer, text, len + 1);
	return 0;
}

static int service_name(struct iothdns *dns, uint16_t port, char *serv, socklen_t len, int flags)
{
	char name[IOTHDNS_MAXNAME];
	struct text services;
	char *memory;
	bool found = false;
	int error =
	    flags & NI_NUMERICSERV ? -ENOENT : handle_read(dns, IOTHDNS_SERVICES, &memory, &services);

	if (error == -ENOMEM)
		return EAI_MEMORY;
	if (error == 0) {
		found = services_find_port(
		    &services, port, flags & NI_DGRAM ? "udp" : "tcp", name, sizeof(name));
		free(memory);
	}
	if (!found)
		snprintf(name, sizeof(name), "%u", port);
	return copy_out(serv, len, name);
}

static void take_name(struct iothdns_pkt *pkt, const struct iothdns_rr *rr, void *argument)
{
	char *name = argument, text[IOTHDNS_MAXNAME];

	(void)rr;
	if (!name[0] && iothdns_get_name(pkt, text) && name_is_host(text))
		memcpy(name, text, sizeof(text));
}

/* The first PTR record that can be the name of a host. 0, or an EAI_ value. */
static int from_servers(struct iothdns *dns, int family, const uint8_t *bytes, char *name)
{
	struct dialog dialog;
	struct query *query = &dialog.query;
	char reverse[REVERSE_NAME_SIZE];
	int error;

	reverse_name(reverse, family, bytes);
	error = handle_dialog(dns, &dialog, reverse, IOTHDNS_TYPE_PTR, IOTHDNS_QUERY_FOLLOW);
	if (error < 0)
		return error == -ENOMEM ? EAI_MEMORY : EAI_FAIL;
	dialog_run(&dialog, 1);
	name[0] = '\0';
	error = query->error;
	if (error == 0) {
		struct answer answer = {query->reply, query->reply_len};

		(void)answer_records(&answer, &query->name, IOTHDNS_TYPE_PTR, take_name, name);
	}
	dialog_fini(&dialog);
	if (error == ENOMEM)
		return EAI_MEMORY;
	if (error && error != ENOENT)
		return EAI_AGAIN;
	return name[0] ? 0 : EAI_NONAME;
}

static int find_name(struct iothdns *dns, int family, const uint8_t *bytes, char *name)
{
	struct text hosts;
	char *memory;
	bool found = false;
	int error = handle_read(dns, IOTHDNS_HOSTS, &memory, &hosts);

	if (error == -ENOMEM)
		return EAI_MEMORY;
	if (error == 0) {
		found = hosts_find_address(&hosts, family, bytes, name, IOTHDNS_MAXNAME);
		free(memory);
	}
	return found ? 0 : from_servers(dns, family, bytes, name);
}

/* POSIX, getnameinfo(): of an IPv4-mapped address the IPv4 address in it is looked for. */
static int find_embedded_name(struct iothdns *dns, int family, const uint8_t *bytes, char *name)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return find_name(dns, AF_INET, bytes + sizeof(mapped), name);
	return find_name(dns, family, bytes, name);
}

static int numeric_name(
    struct iothdns *dns, int family, const uint8_t *bytes, uint32_t scope, char *name)
{
	size_t len;

	if (addrtext_print_ip(name, IOTHDNS_MAXNAME, family, bytes) < 0)
		return EAI_FAIL;
	len = strlen(name);
	if (scope == 0)
		return 0;
	name[len++] = '%';
	return scope_name(dns->stack, scope, name + len, IOTHDNS_MAXNAME - len) < 0 ? EAI_OVERFLOW : 0;
}

/* NI_NOFQDN: the name alone for hosts of our own domain, the first one of the search list. */
static void cut_domain(struct iothdns *dns, char *name)
{
	struct config *config = handle_config(dns);
	char domain[IOTHDNS_MAXNAME];
	char *dot = strchr(name, '.');
	struct text rest = {dot ? dot + 1 : "", dot ? strlen(dot + 1) : 0};

	if (dot && config->n_search > 0 &&
	    name_to_text(&config->search[0], domain, sizeof(domain)) >= 0 &&
	    text_is_folded(&rest, domain))
		*dot = '\0';
	config_unref(config);
}

static int find_names(struct iothdns *dns, const struct sockaddr *addr, socklen_t addrlen,
    char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
	const struct sockaddr_in *in4 = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;
	char name[IOTHDNS_MAXNAME];
	const uint8_t *bytes;
	uint32_t scope = 0;
	uint16_t port;
	int family, result = EAI_NONAME;

	if (flags & ~FLAGS)
		return EAI_BADFLAGS;
	if (addrlen < sizeof(addr->sa_family))
		return EAI_FAMILY;
	family = addr->sa_family;
	if (family == AF_INET && addrlen >= sizeof(*in4)) {
		bytes = (const uint8_t *)&in4->sin_addr;
		port = ntohs(in4->sin_port);
	} else if (family == AF_INET6 && addrlen >= sizeof(*in6)) {
		bytes = (const uint8_t *)&in6->sin6_addr;
		port = ntohs(in6->sin6_port);
		scope = in6->sin6_scope_id;
	} else {
		return EAI_FAMILY;
	}
	if ((!host || !hostlen) && (!serv || !servlen))
		return EAI_NONAME;
	if (host && hostlen) {
		if (!(flags & NI_NUMERICHOST))
			result = find_embedded_name(dns, family, bytes, name);
		if (result == EAI_MEMORY)
			return result;
		if (result == 0 && (flags & NI_NOFQDN))
			cut_domain(dns, name);
		if (result != 0 && (flags & NI_NAMEREQD))
			return result;
		if (result != 0)
			result = numeric_name(dns, family, bytes, scope, name);
		if (result == 0)
			result = copy_out(host, hostlen, name);
		if (result != 0)
			return result;
	}
	return serv && servlen ? service_name(dns, port, serv, servlen, flags) : 0;
}

int iothdns_getnameinfo(struct iothdns *dns, const struct sockaddr *addr, socklen_t addrlen,
    char *host, socklen_t hostlen, char *serv, socklen_t servlen, int flags)
{
	int shield = shield_begin();
	int result = find_names(dns, addr, addrlen, host, hostlen, serv, servlen, flags);

	shield_end(shield);
	return result;
}
