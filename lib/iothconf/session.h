/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One interface of one stack: its records, its engines, their sockets.
 *
 * Whoever owns the session at the moment (a thread inside ioth_config, or the library's own:
 * registry.h) waits for its descriptors and its deadline, and calls session_run with what has
 * happened. The session never blocks.
 *
 * Sockets are opened when something has to be sent and closed when nothing is waited for any more:
 * a lease that is only to be renewed some day holds no descriptor.
 */
#ifndef SESSION_H
#define SESSION_H

#include <net/if.h>
#include <poll.h>

#include "dad.h"
#include "dhcp4_client.h"
#include "dhcp6_client.h"
#include "discovery.h"
#include "records.h"
#include "request.h"

struct ioth;

enum session_fd {
	SESSION_DHCP4,   /* packet socket */
	SESSION_UDP4,    /* for renewals; what comes is read from the packet socket */
	SESSION_ARP,     /* while an address is probed */
	SESSION_ADVERTS, /* router advertisements */
	SESSION_DAD,     /* while an IPv6 address is looked for */
	SESSION_UDP6,    /* DHCPv6 */
	SESSION_CHANGES, /* netlink: links and addresses */
	SESSION_GROUP,   /* membership in the group of the link-local address; nothing is read */
	SESSION_FDS
};

struct session {
	struct ioth *stack;
	unsigned int ifindex;
	char interface[IF_NAMESIZE];
	uint8_t mac[6];
	int fd[SESSION_FDS]; /* -1: none */

	struct records records;
	struct dad dad;
	struct dhcp4_client *dhcp4; /* each NULL where the source is not at work */
	struct dhcp6_client *dhcp6;
	struct discovery *discovery;

	unsigned int wanted; /* SOURCE_*: whose first answer is waited for */
	unsigned int done;   /* of these: answered, or failed */
	unsigned int ok;     /* answered well */
	unsigned int stays;  /* at work in the background */
	unsigned int events; /* noted by the engines: session_events.h */
	int epoll;           /* that may have the descriptors; -1: none */

	engine_time patience_until; /* for who has said nothing, once another has answered */
	/* DHCPv4 starts when DHCPv6 has its answer, or a moment later. */
	bool dhcp4_waits;
	engine_time dhcp4_until;
	/* DHCPv6 starts when there is a link-local address. */
	bool dhcp6_waits;
	engine_time dhcp6_until;
	int accept_ra; /* what the stack did before eth (ioth_linksetacceptra); 0: nothing to undo */
	bool link_down;
	bool releasing;        /* the message is the last one */
	uint8_t server_mac[6]; /* of the way to the DHCPv4 server */

	struct dhcp_duid duid;
	struct slaac slaac;
	char fqdn[DHCP_NAME_SIZE], folded[DHCP_NAME_SIZE];
	unsigned int slaac_counter;
	bool nodad, rfcdelay;
	bool news;     /* for the program: resolver data have changed in the background */
	bool news_due; /* they have, and there will be news of it when addresses can be used */
};

engine_time session_now(void);

/* 0, -ENODEV or -ENOMEM. */
int session_init(struct session *session, struct ioth *stack, unsigned int ifindex);
/* Closes all; takes nothing away from the stack. */
void session_fini(struct session *session);

/* The steps of a configuration, in this order. session_clean undoes sources. */
void session_clean(struct session *session, unsigned int sources);
/* The link: MAC address, up. 0 or -errno. */
int session_eth(struct session *session, const struct request *request);
void session_eth_undo(struct session *session);
/* Begins the protocols that the request wants. */
void session_start(struct session *session, const struct request *request);
/* The protocols that have not answered yet. */
unsigned int session_pending(const struct session *session);
/* Static items, in two steps, between which session_pending says whether their addresses are still
 * looked for: all but gateways, and then those. `problem` keeps the first that fails. */
struct session_problem {
	int error; /* 0: none */
	char text[400];
};
void session_static(
    struct session *session, const struct request *request, struct session_problem *problem);
void session_static_finish(
    struct session *session, const struct request *request, struct session_problem *problem);
/* Ends the engines that do not stay; the bits of the sources that have succeeded. */
unsigned int session_finish(struct session *session);

engine_time session_deadline(const struct session *session);
/* Something may be readable, or a deadline has come. */
void session_run(struct session *session);

/* Before the stack is deleted: closes the sockets; and if it is not deleted after all, goes on. */
void session_suspend(struct session *session);
void session_resume(struct session *session);

/* ---- for the files session_*.c ---- */

#define SESSION_BURST 64 /* packets of a flood, before the rest of the session gets its turn */

enum {
	EVENT_DHCP4_BOUND = 1,
	EVENT_DHCP4_LOST = 2,
	EVENT_DHCP4_FAILED = 4,
	EVENT_DHCP6_BOUND = 8,
	EVENT_DHCP6_LOST = 16,
	EVENT_DHCP6_FAILED = 32,
	EVENT_RD_CHANGED = 64,
	EVENT_RD_FAILED = 128,
};

engine_random session_random;
void session_close(struct session *session, enum session_fd which);
/* Opens it if it is not open. False: it cannot be. */
bool session_open_packet(struct session *session, enum session_fd which);

extern const struct record_ops session_record_ops;

/* Tells the stack how long an IPv6 address of it is preferred and valid (netlink: IFA_CACHEINFO).
 * Without an answer the address stays as it is. */
void session_set_lifetimes(struct session *session, const struct record *record);
/* Fills in the lifetimes of a record, if its source stays in the background: the address of a
 * program that asked once, as upstream's, is not to end in its absence. */
void session_time_record(const struct session *session, struct record *record, engine_time now,
    engine_time preferred, engine_time valid);

int session_dhcp4_start(struct session *session, const struct request *request, engine_time now);
/* Starts it if it does not wait for DHCPv6 any more. */
void session_dhcp4_try(struct session *session, engine_time now);
void session_dhcp4_input(struct session *session, engine_time now);
void session_dhcp4_apply(struct session *session);

int session_dhcp6_start(struct session *session, const struct request *request, engine_time now);
/* An advertisement has come. */
void session_dhcp6_advertised(struct session *session, engine_time now);
void session_dhcp6_input(struct session *session, engine_time now);
void session_dhcp6_apply(struct session *session, engine_time now);
bool session_dhcp6_duplicate(struct session *session, engine_time now, const uint8_t address[16]);

int session_discovery_start(
    struct session *session, const struct request *request, engine_time now);
void session_discovery_input(struct session *session, engine_time now);
void session_discovery_apply(struct session *session, engine_time now);

void session_dad_init(struct session *session);
void session_dad_input(struct session *session);

/* A link-local address that can be used: 0, -ENOENT: there is none, -EADDRNOTAVAIL: not yet. */
int session_link_local(struct session *session, uint8_t address[16]);
/* Somebody else has the one that session_eth has added. */
void session_duplicate_link_local(struct session *session, const uint8_t address[16]);

#endif
