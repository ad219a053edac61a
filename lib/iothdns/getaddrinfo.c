/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* getaddrinfo(3) on a stack (RFC 3493, 6.1).
 *
 * The result has one entry for each address and each type of socket, in this order: by address as
 * the node gives them (A before AAAA, `options rfc6724` apart), and for each of them stream,
 * datagram, raw. Programs that take the first one depend on it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>
#include <iothdns.h>

#include "addrtext.h"
#include "files.h"
#include "handle.h"
#include "hosts.h"
#include "scope.h"
#include "shield.h"

#define FLAGS                                                                                      \
	(AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_NUMERICSERV | AI_V4MAPPED | AI_ALL |          \
	    AI_ADDRCONFIG)

/* ---- types of sockets, and their ports ------------------------------------------------------- */

struct kind {
	int type;
	int protocol;
	uint16_t port;
};

/* The first three are what is given when nothing is asked for. */
static const struct transport {
	int type;
	int protocol;
	const char *name; /* in services(5) */
	bool on_request;
} transports[] = {
    {SOCK_STREAM, IPPROTO_TCP, "tcp", false},
    {SOCK_DGRAM, IPPROTO_UDP, "udp", false},
    {SOCK_RAW, 0, NULL, false},
    {SOCK_STREAM, IPPROTO_SCTP, "sctp", true},
    {SOCK_DGRAM, IPPROTO_UDPLITE, "udplite", true},
    {SOCK_SEQPACKET, IPPROTO_SCTP, "sctp", true},
};
#define TRANSPORTS (sizeof(transports) / sizeof(transports[0]))

static bool is_wanted(const struct transport *transport, const struct addrinfo *hints)
{
	if (hints->ai_socktype && hints->ai_socktype != transport->type)
		return false;
	if (transport->on_request)
		return hints->ai_protocol == transport->protocol ||
		       (transport->type == SOCK_SEQPACKET && hints->ai_socktype == SOCK_SEQPACKET &&
		           hints->ai_protocol == 0);
	/* A raw socket is one of any protocol. */
	return hints->ai_protocol == 0 || transport->type == SOCK_RAW ||
	       hints->ai_protocol == transport->protocol;
}

/* Returns the number of kinds; 0 or less: an EAI_ value. */
static int find_kinds(struct iothdns *dns, const char *service, const struct addrinfo *hints,
    struct kind kinds[TRANSPORTS])
{
	struct text word = {service, service ? strlen(service) : 0}, services = {"", 0};
	unsigned int number = 0;
	bool by_name = service && !text_number(&word, 0, UINT16_MAX, &number);
	char *memory = NULL;
	int count = 0, wanted = 0;

	if (by_name && (hints->ai_flags & AI_NUMERICSERV))
		return EAI_NONAME;
	if (by_name && handle_read(dns, IOTHDNS_SERVICES, &memory, &services) == -ENOMEM)
		return EAI_MEMORY;
	for (size_t i = 0; i < TRANSPORTS; i++) {
		const struct transport *transport = &transports[i];
		uint16_t port = (uint16_t)number;

		if (!is_wanted(transport, hints))
			continue;
		wanted++;
		if (by_name &&
		    (!transport->name || !services_find_name(&services, service, transport->name, &port)))
			continue;
		kinds[count++] = (struct kind){transport->type,
		    transport->type == SOCK_RAW ? hints->ai_protocol : transport->protocol, port};
	}
	free(memory);
	if (count > 0)
		return count;
	return wanted ? EAI_SERVICE : EAI_SOCKTYPE;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void add_local(const struct addrinfo *hints, struct host_list *list)
{
	static const uint8_t any4[4], local4[] = {127, 0, 0, 1};
	bool passive = hints->ai_flags & AI_PASSIVE;

	if (passive && hints->ai_family != AF_INET6)
		host_list_add(list, AF_INET, any4, 0);
	if (hints->ai_family != AF_INET)
		host_list_add(list, AF_INET6, passive ? &in6addr_any : &in6addr_loopback, 0);
	if (!passive && hints->ai_family != AF_INET6)
		host_list_add(list, AF_INET, local4, 0);
}

/* An address as text: 1 if it is one of the family, 0 if it is none, or an EAI_ value. */
static int add_numeric(
    struct iothdns *dns, const char *node, const struct addrinfo *hints, struct host_list *list)
{
	char text[ADDRTEXT_IP_SIZE + CONFIG_SCOPE_SIZE];
	struct in_addr in4;
	struct in6_addr in6;
	uint32_t scope = 0;
	char *percent;

	/* As the C library: 127.1 and 0x7f000001 are addresses too. */
	if (!strpbrk(node, " \t\r\n\v\f") && inet_aton(node, &in4)) {
		bool mapped = hints->ai_family == AF_INET6 && (hints->ai_flags & AI_V4MAPPED);

		if (hints->ai_family == AF_INET6 && !mapped)
			return EAI_ADDRFAMILY;
		host_list_add(list, AF_INET, &in4, 0);
		if (mapped)
			host_list_map(list);
		return 1;
	}
	if (strlen(node) >= sizeof(text))
		return 0;
	memcpy(text, node, strlen(node) + 1);
	percent = strchr(text, '%');
	if (percent)
		*percent = '\0';
	if (inet_pton(AF_INET6, text, &in6) != 1)
		return 0;
	if (percent && scope_index(dns->stack, percent + 1, &scope) < 0)
		return EAI_NONAME;
	if (hints->ai_family == AF_INET)
		return EAI_ADDRFAMILY;
	host_list_add(list, AF_INET6, &in6, scope);
	return 1;
}

/* AI_ADDRCONFIG (RFC 3493, 6.1): "The loopback address is not considered". Without any address, or
 * without knowing, all are asked for. */
static int configured_family(struct iothdns *dns, const struct addrinfo *hints, int *family)
{
	struct ifaddrs *list, *ifa;
	bool has4 = false, has6 = false;

	if (!(hints->ai_flags & AI_ADDRCONFIG) || ioth_getifaddrs(dns->stack, &list) < 0)
		return 0;
	for (ifa = list; ifa; ifa = ifa->ifa_next) {
		const struct sockaddr_in6 *in6 = (const void *)ifa->ifa_addr;
		const struct sockaddr_in *in4 = (const void *)ifa->ifa_addr;

		if (!ifa->ifa_addr)
			continue;
		if (ifa->ifa_addr->sa_family == AF_INET)
			has4 |= ntohl(in4->sin_addr.s_addr) >> 24 != 127;
		if (ifa->ifa_addr->sa_family == AF_INET6)
			has6 |= !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
	}
	ioth_freeifaddrs(list);
	if (has4 == has6)
		return has4 || *family == AF_UNSPEC ? 0 : EAI_NONAME;
	if (*family != AF_UNSPEC && *family != (has4 ? AF_INET : AF_INET6))
		return EAI_NONAME;
	*family = has4 ? AF_INET : AF_INET6;
	return 0;
}

static int find_addresses(
    struct iothdns *dns, const char *node, const struct addrinfo *hints, struct host_list *list)
{
	/* RFC 3493, 6.1: AI_V4MAPPED "shall be ignored unless ai_family equals AF_INET6". */
	bool mapped = hints->ai_family == AF_INET6 && (hints->ai_flags & AI_V4MAPPED);
	bool all = mapped && (hints->ai_flags & AI_ALL);
	int family = hints->ai_family, result;

	if (!node) {
		add_local(hints, list);
		return 0;
	}
	result = add_numeric(dns, node, hints, list);
	if (result != 0)
		return result > 0 ? 0 : result;
	if (hints->ai_flags & AI_NUMERICHOST)
		return EAI_NONAME;
	if (!mapped) {
		result = configured_family(dns, hints, &family);
		if (result != 0)
			return result;
	}
	result = hosts_resolve(dns, node, family, mapped, all, list);
	if (mapped)
		host_list_map(list);
	return result;
}

/* ---- the result ------------------------------------------------------------------------------ */

/* One block an entry, the address in it, so that a program may free parts as the C library's. */
struct entry {
	struct addrinfo info;
	union {
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} address;
};

static struct addrinfo *entry_new(const struct host_address *address, const struct kind *kind)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	if (address->family == AF_INET) {
		entry->address.in4.sin_port = htons(kind->port);
		memcpy(&entry->address.in4.sin_addr, address->bytes, 4);
		entry->info.ai_addrlen = sizeof(entry->address.in4);
	} else {
		entry->address.in6.sin6_port = htons(kind->port);
		entry->address.in6.sin6_scope_id = address->scope;
		memcpy(&entry->address.in6.sin6_addr, address->bytes, 16);
		entry->info.ai_addrlen = sizeof(entry->address.in6);
	}
	entry->info.ai_addr = (struct sockaddr *)&entry->address;
	entry->info.ai_addr->sa_family = (sa_family_t)address->family;
	entry->info.ai_family = address->family;
	entry->info.ai_socktype = kind->type;
	entry->info.ai_protocol = kind->protocol;
	return &entry->info;
}

/* 0, or EAI_MEMORY with what there is in `head`. */
static int build(const struct host_list *list, const struct kind *kinds, int n_kinds,
    const char *canonical, struct addrinfo **head)
{
	struct addrinfo **tail = head;

	for (size_t i = 0; i < list->count; i++) {
		for (int k = 0; k < n_kinds; k++) {
			*tail = entry_new(&list->items[i], &kinds[k]);
			if (!*tail)
				return EAI_MEMORY;
			tail = &(*tail)->ai_next;
		}
	}
	if (canonical && *head) {
		(*head)->ai_canonname = strdup(canonical);
		if (!(*head)->ai_canonname)
			return EAI_MEMORY;
	}
	return 0;
}

static int find_all(struct iothdns *dns, const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	static const struct addrinfo no_hints = {.ai_family = AF_UNSPEC};
	struct host_list list = {.items = NULL};
	struct kind kinds[TRANSPORTS];
	struct addrinfo *head = NULL;
	struct config *config;
	const char *canonical = NULL;
	bool sorted;
	int n_kinds, result;

	*res = NULL;
	hints = hints ? hints : &no_hints;
	if (!node && !service)
		return EAI_NONAME;
	if ((hints->ai_flags & ~FLAGS) || ((hints->ai_flags & AI_CANONNAME) && !node))
		return EAI_BADFLAGS;
	if (hints->ai_family != AF_UNSPEC && addrtext_family_len(hints->ai_family) == 0)
		return EAI_FAMILY;
	n_kinds = find_kinds(dns, service, hints, kinds);
	if (n_kinds <= 0)
		return n_kinds;
	result = find_addresses(dns, node, hints, &list);
	if (list.no_memory)
		result = EAI_MEMORY;
	if (result == 0) {
		config = handle_config(dns);
		sorted = config->rfc6724 && node;
		config_unref(config);
		if (sorted)
			result = hosts_sort(dns->stack, &list);
		if (hints->ai_flags & AI_CANONNAME)
			canonical = list.canonical[0] ? list.canonical : node;
	}
	if (result == 0)
		result = build(&list, kinds, n_kinds, canonical, &head);
	free(list.items);
	if (result != 0) {
		iothdns_freeaddrinfo(head);
		return result;
	}
	*res = head;
	return 0;
}

int iothdns_getaddrinfo(struct iothdns *dns, const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	int shield = shield_begin();
	int result = find_all(dns, node, service, hints, res);

	shield_end(shield);
	return result;
}

void iothdns_freeaddrinfo(struct addrinfo *res)
{
	while (res) {
		struct addrinfo *next = res->ai_next;

		free(res->ai_canonname);
		free(res);
		res = next;
	}
}

const char *iothdns_gai_strerror(int errcode)
{
	switch (errcode) {
	case 0:
		return "Success";
	case EAI_ADDRFAMILY:
		return "The address is not one of the wanted family";
	case EAI_AGAIN:
		return "Temporary failure: no name server has answered";
	case EAI_BADFLAGS:
		return "Wrong flags";
	case EAI_FAIL:
		return "The name servers refuse or fail";
	case EAI_FAMILY:
		return "The address family is not supported";
	case EAI_MEMORY:
		return "No memory";
	case EAI_NODATA:
		return "The name has no address of this kind";
	case EAI_NONAME:
		return "The name or service is not known";
	case EAI_OVERFLOW:
		return "The buffer is too small";
	case EAI_SERVICE:
		return "The service is not known for this type of socket";
	case EAI_SOCKTYPE:
		return "The type of socket is not supported";
	case EAI_SYSTEM:
		return "System error: see errno";
	default:
		return "Unknown error";
	}
}
