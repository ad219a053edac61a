/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv6 server: see server6.h. */
#include "server6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "addrtext.h"
#include "log.h"
#include "nd_packet.h"

struct waiting {
	struct pending_request pending;
	struct names_waiter waiter;
	struct server6 *server;
	struct peer peer;
	size_t len;
	uint8_t payload[];
};

static void free_waiting(struct waiting *waiting)
{
	names_leave(&waiting->waiter);
	pending_remove(&waiting->server->common.pending, &waiting->pending);
	free(waiting);
}

static void evict(struct pending_request *request)
{
	free_waiting(list_entry(request, struct waiting, pending));
}

int server6_init(struct server6 *server, struct names *names, server_reply *reply, void *context)
{
	server->config = NULL;
	return server_init(&server->common, names, evict, reply, context);
}

void server6_configure(
    struct server6 *server, const struct config6 *config, const struct domains *domains)
{
	server->config = config;
	server->common.domains = domains;
}

/* Whom a message is from: behind relays, what the innermost one says. */
static void client_key(
    const struct request6 *request, const struct peer *peer, uint8_t key[PENDING_KEY])
{
	memcpy(key, request->relays ? request->relay[request->relays - 1].header.peer : peer->address,
	    PENDING_KEY);
}

/* A name is told as it was said: `request` is NULL where nothing could be read. */
static void tell(struct server6 *server, const struct peer *peer, const struct request6 *request,
    const char *why)
{
	char client[ADDRTEXT_IP_SIZE];
	uint8_t key[PENDING_KEY];

	if (!log_is_verbose())
		return;
	if (request)
		client_key(request, peer, key);
	else
		memcpy(key, peer->address, PENDING_KEY);
	(void)addrtext_print_ip(client, sizeof(client), AF_INET6, key);
	server_tell(&server->common, client, request ? request->name : "", why);
}

static void answer(struct server6 *server, const struct peer *peer, const struct request6 *request,
    const struct names_answer *known)
{
	uint8_t buffer[SERVER6_MESSAGE_MAX];
	char why[SERVER_WHY_SIZE];
	size_t len = reply6_write(buffer, sizeof(buffer), server->config, request, known);

	if (len == 0) {
		metric_add(&server->common.stats.unknown, 1);
		server_why_unknown(why, known, "AAAA");
		tell(server, peer, request, why);
		return;
	}
	metric_add(&server->common.stats.replies, 1);
	server->common.reply(server->common.context, peer, buffer, len);
}

static void name_is_known(struct names_waiter *waiter, const struct names_answer *known)
{
	struct waiting *waiting = list_entry(waiter, struct waiting, waiter);
	struct request6 request;

	if (request6_parse(&request, waiting->payload, waiting->len) == 0)
		answer(waiting->server, &waiting->peer, &request, known);
	free_waiting(waiting);
}

static void wait_for_name(struct server6 *server, const struct peer *peer,
    const struct request6 *request, const void *payload, size_t len)
{
	uint8_t key[PENDING_KEY];
	struct waiting *waiting = malloc(sizeof(*waiting) + len);

	if (!waiting)
		return;
	waiting->server = server;
	waiting->peer = *peer;
	waiting->len = len;
	waiting->waiter.done = name_is_known;
	list_init(&waiting->waiter.link);
	memcpy(waiting->payload, payload, len);
	client_key(request, peer, key);
	if (pending_add(&server->common.pending, &waiting->pending, key) < 0)
		free(waiting);
	else if (names_wait(server->common.names, request->name, NAMES_AAAA, &waiting->waiter) < 0)
		free_waiting(waiting);
}

/* RFC 8415, 16: clients are on the link, and what is meant for any server is sent to the group of
 * them. A relay may be anywhere. */
static bool is_from_client(const struct peer *peer, const struct request6 *request)
{
	static const uint8_t unspecified[16];

	if (request->relays > 0)
		return peer->address[0] != 0xff && memcmp(peer->address, unspecified, 16) != 0;
	if (!nd_is_link_local(peer->address))
		return false;
	switch (request->message.type) {
	case DHCP6_SOLICIT:
	case DHCP6_CONFIRM:
	case DHCP6_REBIND:
	case DHCP6_INFORMATION_REQUEST:
		return !peer->is_unicast;
	default:
		return true;
	}
}

/* With names a message is answered only if it has one that is ours: other clients are other
 * servers'. */
static bool is_ours(struct server6 *server, const struct peer *peer, const struct request6 *request)
{
	uint8_t type = request->message.type;

	if (request->name[0] == '\0') {
		/* It was we who were asked, and need no name. */
		if (type == DHCP6_INFORMATION_REQUEST || type == DHCP6_RELEASE || type == DHCP6_DECLINE)
			return true;
		metric_add(&server->common.stats.nameless, 1);
		tell(server, peer, request, "it says no name (option Client FQDN)");
		return false;
	}
	if (type == DHCP6_INFORMATION_REQUEST || server_has_domain_of(&server->common, request->name))
		return true;
	tell(server, peer, request, "is of another domain");
	return false;
}

void server6_input(struct server6 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len)
{
	const struct names_answer *known;
	struct request6 request;

	if (request6_parse(&request, payload, len) < 0) {
		metric_add(&server->common.stats.malformed, 1);
		tell(server, peer, NULL, "the message cannot be read");
		return;
	}
	server_count(&server->common, request.message.type, request.relays > 0);
	if (!is_from_client(peer, &request) || !request6_is_valid(&request, &server->config->duid)) {
		metric_add(&server->common.stats.invalid, 1);
		tell(server, peer, &request, "is another server's, or asked in a way that is not allowed");
		return;
	}
	if (!is_ours(server, peer, &request))
		return;
	if (!reply6_needs_name(&request)) {
		answer(server, peer, &request, NULL);
		return;
	}
	known = names_look(server->common.names, now, request.name, NAMES_AAAA);
	if (known)
		answer(server, peer, &request, known);
	else
		wait_for_name(server, peer, &request, payload, len);
}
