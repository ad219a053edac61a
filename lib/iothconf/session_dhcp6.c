/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DHCPv6 of a session: the engine, its socket, and what a lease means for the stack. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <ioth.h>

#include "link_state.h"
#include "session.h"
#include "socket.h"

#define LINK_LOCAL_WAIT (4 * ENGINE_SECOND) /* Linux takes up to two seconds for its DAD */

static void dhcp6_send(void *context, const void *payload, size_t len)
{
	struct session *session = context;
	uint8_t address[16];

	if (session->fd[SESSION_UDP6] < 0 &&
	    link_local_address(session->stack, session->interface, address) == 0)
		session->fd[SESSION_UDP6] = socket_udp6(session->stack, session->ifindex, address);
	if (session->fd[SESSION_UDP6] >= 0)
		socket_send_udp6(session->fd[SESSION_UDP6], session->ifindex, payload, len);
}

static void dhcp6_event(void *context, enum dhcp6_event event)
{
	static const unsigned int bits[] = {[DHCP6_EVENT_BOUND] = EVENT_DHCP6_BOUND,
	    [DHCP6_EVENT_LOST] = EVENT_DHCP6_LOST,
	    [DHCP6_EVENT_FAILED] = EVENT_DHCP6_FAILED};
	struct session *session = context;

	if (event == DHCP6_EVENT_LOST)
		session->events &= ~(unsigned int)EVENT_DHCP6_BOUND;
	session->events |= bits[event];
}

static const struct dhcp6_ops dhcp6_ops = {session_random, dhcp6_send, dhcp6_event};

/* RFC 4861, 4.2: M says that there are addresses, O alone that there is other information. Where no
 * router says anything, the user's word counts; nor is one waited for, who may take half a second
 * for his answer (RFC 4861, 6.2.6), or not be there. */
static bool information_only(const struct session *session)
{
	return session->discovery && session->discovery->answered && !session->discovery->managed &&
	       session->discovery->other;
}

/* Starts it if all that it waits for is there. */
static void session_dhcp6_try(struct session *session, engine_time now)
{
	uint8_t address[16];

	if (!session->dhcp6_waits)
		return;
	if (session->fd[SESSION_UDP6] < 0 &&
	    link_local_address(session->stack, session->interface, address) == 0)
		session->fd[SESSION_UDP6] = socket_udp6(session->stack, session->ifindex, address);
	if (session->fd[SESSION_UDP6] >= 0) {
		session->dhcp6_waits = false;
		session->dhcp6->config.information = information_only(session);
		dhcp6_client_start(session->dhcp6, now);
	} else if (now >= session->dhcp6_until && session->dhcp6_until != ENGINE_NEVER) {
		session->events |= EVENT_DHCP6_FAILED;
		session->dhcp6_until = ENGINE_NEVER; /* in the background it goes on waiting */
	}
}

int session_dhcp6_start(struct session *session, const struct request *request, engine_time now)
{
	const uint8_t *mac = session->mac;
	struct dhcp6_config config = {.rapid = request->rapid,
	    .all_options = request->alloptions,
	    .delay = request->rfcdelay,
	    .collect = request->rfcdelay,
	    .persistent = request->thread,
	    .iaid = (uint32_t)mac[2] << 24 | (uint32_t)mac[3] << 16 | (uint32_t)mac[4] << 8 | mac[5]};

	config.duid = session->duid;
	memcpy(config.fqdn, request->fqdn, sizeof(config.fqdn));
	if (session->dhcp6) {
		session->dhcp6->config = config;
		session->dhcp6->state = DHCP6C_STOPPED;
		session->dhcp6->deadline = ENGINE_NEVER;
	} else {
		session->dhcp6 = malloc(sizeof(*session->dhcp6));
		if (!session->dhcp6)
			return -ENOMEM;
		dhcp6_client_init(session->dhcp6, &config, &dhcp6_ops, session);
	}
	session->dhcp6_waits = true;
	session->dhcp6_until = now + LINK_LOCAL_WAIT;
	session_dhcp6_try(session, now);
	return 0;
}

/* An advertisement may say otherwise than what was begun without one: addresses are not looked for
 * any more where there is information alone, and are where there are some now. A lease that there
 * is already stays. */
void session_dhcp6_advertised(struct session *session, engine_time now)
{
	struct dhcp6_client *client = session->dhcp6;
	bool information = information_only(session);

	session_dhcp6_try(session, now);
	if (!client || session->dhcp6_waits || client->config.information == information)
		return;
	if (information ? client->state == DHCP6C_SOLICIT
	                : client->state == DHCP6C_INFORM || client->state == DHCP6C_INFORMED) {
		dhcp6_client_stop(client);
		client->config.information = information;
		dhcp6_client_start(client, now);
	}
}

void session_dhcp6_input(struct session *session, engine_time now)
{
	uint8_t payload[2048];
	enum dhcp6_state state;

	if (!session->dhcp6)
		return;
	session_dhcp6_try(session, now);
	for (int i = 0; i < SESSION_BURST && session->fd[SESSION_UDP6] >= 0; i++) {
		ssize_t got = socket_receive_udp6(session->fd[SESSION_UDP6], payload, sizeof(payload));

		if (got < 0)
			break;
		dhcp6_client_input(session->dhcp6, now, payload, (size_t)got);
	}
	dhcp6_client_timer(session->dhcp6, now);
	state = session->dhcp6->state;
	if (!session->dhcp6_waits && (state == DHCP6C_BOUND || state == DHCP6C_INFORMED ||
	                                 state == DHCP6C_STOPPED || state == DHCP6C_DELAY))
		session_close(session, SESSION_UDP6);
}

bool session_dhcp6_duplicate(struct session *session, engine_time now, const uint8_t address[16])
{
	if (!session->dhcp6)
		return false;
	dhcp6_client_decline(session->dhcp6, now, address);
	return true;
}

void session_dhcp6_apply(struct session *session, engine_time now)
{
	const struct dhcp6_lease *lease = &session->dhcp6->lease;
	struct record record = {.source = SOURCE_DHCP6,
	    .kind = RECORD_ADDRESS,
	    .family = AF_INET6,
	    .len = 128}; /* the prefix is the routers' business: RFC 8415, 21.6 */

	records_begin(&session->records, SOURCE_DHCP6);
	for (size_t i = 0; i < lease->count; i++) {
		memcpy(record.address, lease->addresses[i].address, 16);
		session_time_record(
		    session, &record, now, lease->addresses[i].preferred, lease->addresses[i].valid);
		records_add(&session->records, &record);
	}
	record = (struct record){.source = SOURCE_DHCP6, .kind = RECORD_DNS, .family = AF_INET6};
	for (size_t i = 0; i < lease->dns; i++) {
		memcpy(record.address, lease->dns_server[i], 16);
		records_add(&session->records, &record);
	}
	record = (struct record){.source = SOURCE_DHCP6, .kind = RECORD_DOMAIN};
	for (size_t i = 0; i < lease->domains; i++) {
		record.domain = (char *)(uintptr_t)lease->domain[i];
		records_add(&session->records, &record);
	}
	records_commit(&session->records, SOURCE_DHCP6);
}
