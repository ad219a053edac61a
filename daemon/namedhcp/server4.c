/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The DHCPv4 server: see server4.h. */
#include "server4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "log.h"

#define TELL_AGAIN (60 * ENGINE_SECOND) /* of a conflict */

/* A message on its way. It is in the table of those that wait as soon as it waits for something. */
struct job {
	struct pending_request pending;
	struct server4 *server;
	struct peer peer;
	char name[DHCP_NAME_SIZE]; /* "": none */
	size_t open;               /* questions */
	bool is_pending, has_texts, failed;
	struct job_waiter {
		struct names_waiter waiter;
		struct job *job;
	} address_waiter, texts_waiter, name_waiter[TEXTS4_NAMES];
	struct names_answer address;
	struct texts4 texts;
	size_t len;
	uint8_t payload[];
};

static void free_job(struct job *job)
{
	names_leave(&job->address_waiter.waiter);
	names_leave(&job->texts_waiter.waiter);
	for (size_t i = 0; i < TEXTS4_NAMES; i++)
		names_leave(&job->name_waiter[i].waiter);
	if (job->is_pending)
		pending_remove(&job->server->common.pending, &job->pending);
	free(job);
}

static void evict(struct pending_request *request)
{
	free_job(list_entry(request, struct job, pending));
}

int server4_init(struct server4 *server, struct names *names, server_reply *reply, void *context)
{
	server->config = NULL;
	return server_init(&server->common, names, evict, reply, context);
}

void server4_configure(
    struct server4 *server, const struct config4 *config, const struct domains *domains)
{
	server->config = config;
	server->common.domains = domains;
}

/* ---- no answer ------------------------------------------------------------------------------- */

/* `mac` is the client's, as the message has it. */
static void tell(struct server4 *server, const uint8_t mac[6], const char *name, const char *why)
{
	char client[ADDRTEXT_MAC_SIZE];

	if (!log_is_verbose())
		return;
	(void)addrtext_print_mac(client, sizeof(client), mac);
	server_tell(&server->common, client, name, why);
}

static void tell_unknown(const struct job *job, const struct dhcp4_message *message)
{
	char why[SERVER_WHY_SIZE];

	server_why_unknown(why, reply4_needs_address(message) ? &job->address : NULL, "A");
	tell(job->server, message->header.chaddr, job->name, why);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void send_reply(struct server4 *server, const struct peer *from,
    const struct dhcp4_message *message, const uint8_t *reply, size_t len, enum dhcp4_type type)
{
	struct route4 route;
	struct peer to = *from;

	reply4_route(&route, message, reply, type);
	memcpy(to.address, route.address, 4);
	if (route.is_relayed)
		to.port = DHCP4_SERVER_PORT; /* RFC 2131, 4.1; its MAC address is the frame's */
	else if (memcmp(from->address, route.address, 4) != 0)
		memcpy(to.mac, route.mac, 6);
	/* Otherwise who renews by unicast is answered the way that he came: by a router, maybe. */
	server->common.reply(server->common.context, &to, reply, len);
}

static void answer(struct job *job)
{
	struct server4 *server = job->server;
	struct dhcp4_message message;
	const struct known4 known = {.address = &job->address,
	    .texts = job->has_texts ? &job->texts : NULL,
	    .name = job->name[0] ? job->name : NULL};
	uint8_t buffer[REPLY4_MAX];
	enum dhcp4_type type;
	size_t len;

	if (dhcp4_parse(&message, job->payload, job->len) < 0)
		return;
	/* Without its mask an address is not worth having; the client asks again. */
	if (job->failed) {
		tell(
		    server, message.header.chaddr, job->name, "could not be asked for, or its TXT records");
		return;
	}
	len = reply4_write(buffer, sizeof(buffer), server->config, &message, &known, &type);
	if (len == 0) {
		metric_add(&server->common.stats.unknown, 1);
		tell_unknown(job, &message);
		return;
	}
	metric_add(
	    type == DHCP4_NAK ? &server->common.stats.refusals : &server->common.stats.replies, 1);
	send_reply(server, &job->peer, &message, buffer, len, type);
}

/* ---- questions ------------------------------------------------------------------------------- */

static void settle(struct job *job)
{
	if (job->open > 0)
		return;
	answer(job);
	free_job(job);
}

static struct job *job_of(struct names_waiter *waiter)
{
	return list_entry(waiter, struct job_waiter, waiter)->job;
}

static void take_name(struct job *job, size_t i, const struct names_answer *known)
{
	struct texts4_name *name = &job->texts.name[i];
	struct texts4_option *option = &job->texts.option[name->option];

	if (known->error != 0 || known->count == 0)
		return; /* it is left out */
	memcpy(option->address[name->address], known->address[0], 4);
	option->is_open[name->address] = false;
}

static void name_known(struct names_waiter *waiter, const struct names_answer *known)
{
	struct job *job = job_of(waiter);

	take_name(
	    job, (size_t)(list_entry(waiter, struct job_waiter, waiter) - job->name_waiter), known);
	job->open--;
	settle(job);
}

/* Asks, unless the answer is known, which is returned then. */
static const struct names_answer *ask(struct job *job, engine_time now, const char *name,
    enum names_type type, struct job_waiter *waiter, names_done *done)
{
	const struct names_answer *known = names_look(job->server->common.names, now, name, type);

	if (known)
		return known;
	waiter->waiter.done = done;
	if (names_wait(job->server->common.names, name, type, &waiter->waiter) < 0)
		job->failed = true;
	else
		job->open++;
	return NULL;
}

static void take_texts(struct job *job, const struct names_answer *known)
{
	/* A name may well have none. */
	if (known->error == ENOENT || (known->error == 0 && known->text[0] == '\0'))
		return;
	if (known->error != 0 || texts4_read(&job->texts, known->text) < 0) {
		job->failed = true;
		return;
	}
	job->has_texts = true;
}

/* What is known is asked for in the time of the answer, which has just come: now is 0, and answers
 * that have expired since are still good. */
static void ask_names(struct job *job, engine_time now)
{
	for (size_t i = 0; job->has_texts && i < job->texts.names; i++) {
		const struct names_answer *known =
		    ask(job, now, job->texts.name[i].name, NAMES_A, &job->name_waiter[i], name_known);

		if (known)
			take_name(job, i, known);
	}
}

static void address_known(struct names_waiter *waiter, const struct names_answer *known)
{
	struct job *job = job_of(waiter);

	job->address = *known;
	job->open--;
	settle(job);
}

static void texts_known(struct names_waiter *waiter, const struct names_answer *known)
{
	struct job *job = job_of(waiter);

	take_texts(job, known);
	ask_names(job, 0);
	job->open--;
	settle(job);
}

static void ask_for(struct job *job, engine_time now, const struct dhcp4_message *message)
{
	const struct names_answer *known;

	if (reply4_needs_address(message)) {
		known = ask(job, now, job->name, NAMES_A, &job->address_waiter, address_known);
		if (known)
			job->address = *known;
	}
	if (reply4_needs_texts(message)) {
		known = ask(job, now, job->name, NAMES_TXT, &job->texts_waiter, texts_known);
		if (known) {
			take_texts(job, known);
			ask_names(job, now);
		}
	}
}

/* ---- messages -------------------------------------------------------------------------------- */

static struct job *job_new(
    struct server4 *server, const struct peer *peer, const void *payload, size_t len)
{
	struct job *job = calloc(1, sizeof(*job) + len);

	if (!job)
		return NULL;
	job->server = server;
	job->peer = *peer;
	job->len = len;
	memcpy(job->payload, payload, len);
	job->address_waiter.job = job;
	list_init(&job->address_waiter.waiter.link);
	job->texts_waiter.job = job;
	list_init(&job->texts_waiter.waiter.link);
	for (size_t i = 0; i < TEXTS4_NAMES; i++) {
		job->name_waiter[i].job = job;
		list_init(&job->name_waiter[i].waiter.link);
	}
	return job;
}

/* "The server SHOULD notify the local system administrator of a possible configuration problem":
 * RFC 2131, 4.3.3. Who tells such things for fun fills no log. */
static void tell_of_decline(
    struct server4 *server, engine_time now, const struct dhcp4_message *message)
{
	const uint8_t *mac = message->header.chaddr;
	uint8_t id[4], used[4];

	if (now < server->told_until || dhcp4_get_address(message, DHCP4_SERVER_ID, id) < 0 ||
	    memcmp(id, server->config->server_id, 4) != 0 ||
	    dhcp4_get_address(message, DHCP4_REQUESTED_ADDRESS, used) < 0)
		return;
	server->told_until = now + TELL_AGAIN;
	log_warning("%u.%u.%u.%u is another node's, says %02x:%02x:%02x:%02x:%02x:%02x, which has got "
	            "it from the DNS",
	    used[0], used[1], used[2], used[3], mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* A client without a name is another server's, but for one that has an address already. */
static bool is_ours(
    struct server4 *server, const struct dhcp4_message *message, char name[DHCP_NAME_SIZE])
{
	if (!reply4_name(message, server->common.domains, name)) {
		name[0] = '\0';
		if (message->type == DHCP4_INFORM)
			return true;
		metric_add(&server->common.stats.nameless, 1);
		tell(server, message->header.chaddr, "",
		    "it says no name (option Client FQDN, or Host Name where there is --domain)");
		return false;
	}
	if (server_has_domain_of(&server->common, name))
		return true;
	tell(server, message->header.chaddr, name, "is of another domain");
	return false;
}

void server4_input(struct server4 *server, engine_time now, const struct peer *peer,
    const void *payload, size_t len)
{
	static const uint8_t none[4];
	uint8_t key[PENDING_KEY] = {0};
	struct dhcp4_message message;
	char name[DHCP_NAME_SIZE];
	struct job *job;

	if (dhcp4_parse(&message, payload, len) < 0) {
		metric_add(&server->common.stats.malformed, 1);
		tell(server, peer->mac, "", "the message cannot be read");
		return;
	}
	server_count(&server->common, message.type <= DHCP4_INFORM ? message.type : 0,
	    memcmp(message.header.giaddr, none, 4) != 0);
	if (message.type == DHCP4_DECLINE)
		tell_of_decline(server, now, &message);
	if (!reply4_is_wanted(&message, server->config)) {
		metric_add(&server->common.stats.invalid, 1);
		tell(server, message.header.chaddr, "", "it asks another server, or for nothing");
		return;
	}
	if (!is_ours(server, &message, name))
		return;
	job = job_new(server, peer, payload, len);
	if (!job)
		return;
	memcpy(job->name, name, sizeof(name));
	memcpy(key, message.header.chaddr, 6);
	memcpy(key + 6, message.header.giaddr, 4);
	/* In the table before it asks: room for a question may be made by ending others. */
	if (pending_add(&server->common.pending, &job->pending, key) < 0) {
		free_job(job);
		return;
	}
	job->is_pending = true;
	job->open = 1; /* until all is asked, whatever ends meanwhile */
	if (name[0])
		ask_for(job, now, &message);
	job->open--;
	settle(job);
}
