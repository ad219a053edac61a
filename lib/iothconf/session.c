/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps of a configuration, and the work in the background: see session.h. */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <ioth.h>

#include "link_state.h"
#include "socket.h"

/* Once one protocol has answered, frames get through; the others have had the time then for two
 * solicitations of routers, four seconds apart (RFC 4861, 10), and a second for the answer, and for
 * three messages of DHCP and of DHCPv6. */
#define PATIENCE            (5 * ENGINE_SECOND)
/* Who goes on asking in the background need not be waited for: a second, in which addresses are
 * looked for duplicates anyway, and one for a DHCPv4 server that pings an address first. */
#define PATIENCE_BACKGROUND (2 * ENGINE_SECOND)

engine_time session_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (engine_time)now.tv_sec * ENGINE_SECOND + (engine_time)now.tv_nsec / 1000000;
}

uint32_t session_random(void *context)
{
	uint32_t random = 0;

	/* From the kernel's generator it fails only before the machine has booted. */
	while (getrandom(&random, sizeof(random), 0) < 0 && errno == EINTR)
		;
	return random;
}

int session_init(struct session *session, struct ioth *stack, unsigned int ifindex)
{
	memset(session, 0, sizeof(*session));
	session->stack = stack;
	session->ifindex = ifindex;
	session->epoll = -1;
	for (int i = 0; i < SESSION_FDS; i++)
		session->fd[i] = -1;
	records_init(&session->records, &session_record_ops, session);
	session_dad_init(session);
	return 0;
}

/* ---- descriptors ---- */

void session_close(struct session *session, enum session_fd which)
{
	int fd = session->fd[which];

	if (fd < 0)
		return;
	if (session->epoll >= 0)
		epoll_ctl(session->epoll, EPOLL_CTL_DEL, fd, NULL);
	ioth_close(fd);
	session->fd[which] = -1;
}

bool session_open_packet(struct session *session, enum session_fd which)
{
	static const enum socket_filter filters[SESSION_FDS] = {[SESSION_DHCP4] = SOCKET_DHCP4,
	    [SESSION_ARP] = SOCKET_ARP,
	    [SESSION_ADVERTS] = SOCKET_ADVERTS,
	    [SESSION_DAD] = SOCKET_NEIGHBOUR};

	if (session->fd[which] < 0)
		session->fd[which] = socket_packet(session->stack, session->ifindex, filters[which]);
	return session->fd[which] >= 0;
}

static void close_all(struct session *session)
{
	for (int i = 0; i < SESSION_FDS; i++)
		session_close(session, (enum session_fd)i);
}

void session_fini(struct session *session)
{
	close_all(session);
	free(session->dhcp4);
	free(session->dhcp6);
	free(session->discovery);
	records_discard(&session->records);
}

/* The changes of links and addresses are followed while something waits for them. */
static void follow_changes(struct session *session)
{
	bool wanted = session->dhcp6_waits || session->stays;

	if (wanted && session->fd[SESSION_CHANGES] < 0)
		session->fd[SESSION_CHANGES] = link_changes(session->stack);
	else if (!wanted)
		session_close(session, SESSION_CHANGES);
}

void session_suspend(struct session *session)
{
	close_all(session);
}

void session_resume(struct session *session)
{
	if (session->discovery && session->discovery->running)
		session_open_packet(session, SESSION_ADVERTS);
	follow_changes(session);
}

int session_link_local(struct session *session, uint8_t address[16])
{
	int fd, error = link_local_address(session->stack, session->interface, address);

	if (error)
		return error;
	if (session->fd[SESSION_UDP6] >= 0)
		return 0; /* bound to it */
	fd = socket_udp6(session->stack, session->ifindex, address);
	if (fd < 0)
		return fd;
	ioth_close(fd);
	return 0;
}

/* ---- undoing ---- */

static void release_dhcp4(struct session *session)
{
	session->releasing = true;
	dhcp4_client_release(session->dhcp4);
	session->releasing = false;
}

static void end_dhcp4(struct session *session)
{
	session_close(session, SESSION_DHCP4);
	session_close(session, SESSION_UDP4);
	session_close(session, SESSION_ARP);
	session->dhcp4_waits = false;
	free(session->dhcp4);
	session->dhcp4 = NULL;
}

static void end_dhcp6(struct session *session)
{
	session_close(session, SESSION_UDP6);
	session->dhcp6_waits = false;
	free(session->dhcp6);
	session->dhcp6 = NULL;
}

static void end_discovery(struct session *session)
{
	session_close(session, SESSION_ADVERTS);
	free(session->discovery);
	session->discovery = NULL;
}

void session_clean(struct session *session, unsigned int sources)
{
	if (sources & SOURCE_STATIC)
		records_clear(&session->records, SOURCE_STATIC);
	if (sources & SOURCE_RD) {
		end_discovery(session);
		session->slaac_counter = 0;
		records_clear(&session->records, SOURCE_RD);
	}
	if (sources & SOURCE_DHCP6) {
		/* Upstream's client lets a lease run out; that of the background gives it back. */
		if (session->dhcp6 && (session->stays & SOURCE_DHCP6))
			dhcp6_client_release(session->dhcp6, session_now());
		end_dhcp6(session);
		records_clear(&session->records, SOURCE_DHCP6);
	}
	if (sources & SOURCE_DHCP4) {
		if (session->dhcp4 && (session->stays & SOURCE_DHCP4))
			release_dhcp4(session);
		end_dhcp4(session);
		records_clear(&session->records, SOURCE_DHCP4);
	}
	if (sources & SOURCE_ETH)
		session_eth_undo(session);
	session->stays &= ~sources;
	follow_changes(session);
}

/* ---- the protocols ---- */

void session_start(struct session *session, const struct request *request)
{
	unsigned int protocols = request->run & (SOURCE_DHCP4 | SOURCE_DHCP6 | SOURCE_RD);
	engine_time now = session_now();

	session->wanted = protocols;
	session->done = session->ok = session->events = 0;
	session->patience_until = now + (request->thread ? PATIENCE_BACKGROUND : PATIENCE);
	if (request->rfcdelay)
		session->patience_until = ENGINE_NEVER;
	if (request->thread)
		session->stays |= protocols;
	else
		session->stays &= ~protocols;
	if (protocols & SOURCE_RD && session_discovery_start(session, request, now) < 0)
		session->done |= SOURCE_RD;
	if (protocols & SOURCE_DHCP6 && session_dhcp6_start(session, request, now) < 0)
		session->done |= SOURCE_DHCP6;
	if (protocols & SOURCE_DHCP4 && session_dhcp4_start(session, request, now) < 0)
		session->done |= SOURCE_DHCP4;
	session_run(session);
}

/* The protocols that have heard nothing: whether there is anybody cannot be known. */
static unsigned int silent(const struct session *session)
{
	const struct dhcp6_client *dhcp6 = session->dhcp6;
	unsigned int sources = 0;

	if (session->discovery && !session->discovery->answered)
		sources |= SOURCE_RD;
	if (session->dhcp4 && session->dhcp4->state == DHCP4_SELECTING)
		sources |= SOURCE_DHCP4;
	if (dhcp6 && (session->dhcp6_waits || dhcp6->state == DHCP6C_INFORM ||
	                 (dhcp6->state == DHCP6C_SOLICIT && dhcp6->server.len == 0)))
		sources |= SOURCE_DHCP6;
	return sources;
}

unsigned int session_pending(const struct session *session)
{
	static const unsigned int sources[] = {SOURCE_STATIC, SOURCE_DHCP4, SOURCE_DHCP6, SOURCE_RD};
	unsigned int pending = session->wanted & ~session->done;

	if (session->ok && session_now() >= session->patience_until)
		pending &= ~silent(session);
	if (session->wanted && session->dad.count > 0)
		pending |= SOURCE_ETH;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if ((session->wanted & sources[i]) && records_waiting(&session->records, sources[i]))
			pending |= sources[i];
	}
	return pending;
}

unsigned int session_finish(struct session *session)
{
	unsigned int ok = session->ok & session->wanted;
	unsigned int ends = session->wanted & ~session->stays;

	/* An answer is no use without its address. */
	if (!records_has(&session->records, SOURCE_DHCP4, RECORD_ADDRESS))
		ok &= ~(unsigned int)SOURCE_DHCP4;
	if (!(session->dhcp6 && session->dhcp6->config.information) &&
	    !records_has(&session->records, SOURCE_DHCP6, RECORD_ADDRESS))
		ok &= ~(unsigned int)SOURCE_DHCP6;
	if (ends & SOURCE_DHCP4)
		end_dhcp4(session);
	if (ends & SOURCE_DHCP6)
		end_dhcp6(session);
	if (ends & SOURCE_RD)
		end_discovery(session);
	session->wanted = 0;
	session_close(session, SESSION_GROUP);
	follow_changes(session);
	return ok;
}

/* ---- events ---- */

static void mark(struct session *session, unsigned int source, bool well)
{
	session->done |= source;
	if (well)
		session->ok |= source;
	else
		session->ok &= ~source;
}

/* What the engines have noted is done here, when they are not at work. */
static void settle(struct session *session, engine_time now)
{
	while (session->events) {
		unsigned int events = session->events;

		session->events = 0;
		if (events & EVENT_DHCP4_LOST)
			records_clear(&session->records, SOURCE_DHCP4);
		if (events & EVENT_DHCP4_BOUND)
			session_dhcp4_apply(session);
		if (events & (EVENT_DHCP4_BOUND | EVENT_DHCP4_FAILED))
			mark(session, SOURCE_DHCP4, events & EVENT_DHCP4_BOUND);
		if (events & EVENT_RD_CHANGED) {
			session_discovery_apply(session, now);
			session_dhcp6_advertised(session, now);
		}
		if (events & (EVENT_RD_CHANGED | EVENT_RD_FAILED))
			mark(session, SOURCE_RD, session->discovery->answered);
		if (events & EVENT_DHCP6_LOST)
			records_clear(&session->records, SOURCE_DHCP6);
		if (events & EVENT_DHCP6_BOUND)
			session_dhcp6_apply(session, now);
		if (events & (EVENT_DHCP6_BOUND | EVENT_DHCP6_FAILED))
			mark(session, SOURCE_DHCP6, events & EVENT_DHCP6_BOUND);
	}
}

/* The link is back: is what we have still good here? */
static void link_is_back(struct session *session, engine_time now)
{
	session->link_down = false;
	if (session->dhcp4)
		dhcp4_client_reboot(session->dhcp4, now);
	if (session->discovery)
		discovery_start(session->discovery, now);
	if (session->dhcp6 && !session->dhcp6_waits)
		dhcp6_client_confirm(session->dhcp6, now);
}

static void read_changes(struct session *session, engine_time now)
{
	enum link_change change;

	while (session->fd[SESSION_CHANGES] >= 0 &&
	       (change = link_read_change(session->fd[SESSION_CHANGES], session->ifindex)) !=
	           LINK_NOTHING) {
		if (change == LINK_DOWN)
			session->link_down = true;
		else if (change == LINK_UP && session->link_down)
			link_is_back(session, now);
	}
}

void session_run(struct session *session)
{
	engine_time now = session_now();
	bool changed = session->records.resolver_changed;

	read_changes(session, now);
	session_discovery_input(session, now);
	settle(session, now);
	session_dhcp4_input(session, now);
	session_dhcp6_input(session, now);
	settle(session, now);
	session_dad_input(session);
	settle(session, now);
	/* A duplicate may have made the clients go on. */
	session_dhcp6_input(session, now);
	settle(session, now);
	if (session->dhcp4)
		session_dhcp4_try(session, now);
	follow_changes(session);
	if (!changed && session->records.resolver_changed)
		session->news_due = true;
	/* Name servers come with the router that the address is made of: who hears of them asks them at
	 * once, and has nothing to ask from until duplicates have been looked for. */
	if (session->news_due && !records_are_waiting(&session->records)) {
		session->news = session->records.resolver_changed;
		session->news_due = false;
	}
}

engine_time session_deadline(const struct session *session)
{
	engine_time deadline = session->dad.deadline;

	if (session->wanted && session->ok && session->patience_until > session_now())
		deadline = engine_min(deadline, session->patience_until);
	if (session->dhcp4)
		deadline = engine_min(
		    deadline, session->dhcp4_waits ? session->dhcp4_until : session->dhcp4->deadline);
	if (session->discovery)
		deadline = engine_min(deadline, session->discovery->deadline);
	if (!session->dhcp6)
		return deadline;
	if (!session->dhcp6_waits)
		return engine_min(deadline, session->dhcp6->deadline);
	return engine_min(deadline, session->dhcp6_until);
}
