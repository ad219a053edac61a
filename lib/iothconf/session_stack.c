/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a session does to its stack: link, addresses, routes. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <iothaddr.h>
#include <ioth.h>

#include "link_state.h"
#include "nd_packet.h"
#include "session.h"
#include "socket.h"

#define CARRIER_WAIT (5 * ENGINE_SECOND)

static int to_error(int result)
{
	return result < 0 ? -errno : 0;
}

/* ---- records ---- */

static int change_address(struct session *session, bool add, const struct record *record)
{
	uint8_t address[16];
	int len = record->len;

	memcpy(address, record->address, sizeof(address));
	/* Detection has been done here, or is not wanted; or else it is left to the stack. */
	if (add && record->family == AF_INET6 &&
	    (session->nodad || record->detected || record->source != SOURCE_STATIC))
		len = nl_addrdata2prefix(len, IFA_F_NODAD, 0);
	return to_error(
	    add ? ioth_ipaddr_add(session->stack, record->family, address, len, session->ifindex)
	        : ioth_ipaddr_del(session->stack, record->family, address, len, session->ifindex));
}

static int change_route(struct session *session, bool add, const struct record *record)
{
	uint8_t destination[16], gateway[16];
	/* An IPv4 gateway tells the interface; one of IPv6 is mostly link-local. */
	unsigned int ifindex = record->family == AF_INET && record->has_gateway ? 0 : session->ifindex;
	void *to = record->len ? destination : NULL, *by = record->has_gateway ? gateway : NULL;

	memcpy(destination, record->address, sizeof(destination));
	memcpy(gateway, record->gateway, sizeof(gateway));
	return to_error(
	    add ? ioth_iproute_add(session->stack, record->family, to, record->len, by, ifindex)
	        : ioth_iproute_del(session->stack, record->family, to, record->len, by, ifindex));
}

static int get_mtu(const struct session *session, unsigned int *mtu)
{
	int fd = ioth_msocket(session->stack, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};
	int error;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, session->interface, sizeof(request.ifr_name));
	error = to_error(ioth_ioctl(fd, SIOCGIFMTU, &request));
	ioth_close(fd);
	*mtu = (unsigned int)request.ifr_mtu;
	return error;
}

/* The MTU of a link is lowered, never raised: frames may not be longer than the network takes. */
static int lower_mtu(struct session *session, struct record *record)
{
	int error = get_mtu(session, &record->old_mtu);

	if (error)
		return error;
	if (record->mtu >= record->old_mtu)
		return -EEXIST;
	return to_error(ioth_linksetmtu(session->stack, session->ifindex, record->mtu));
}

static int add_address(struct session *session, const struct record *record)
{
	int error = change_address(session, true, record);

	if (error == -EEXIST && record->source == SOURCE_RD) {
		/* The stack has made it, too (its link was up already, and Linux follows advertisements
		 * itself), and may still look for duplicates, which we have done. */
		(void)change_address(session, false, record);
		error = change_address(session, true, record);
	}
	if (!error && record->timed)
		session_set_lifetimes(session, record);
	return error;
}

static int record_add(void *context, struct record *record)
{
	struct session *session = context;

	switch (record->kind) {
	case RECORD_ADDRESS:
		return add_address(session, record);
	case RECORD_ROUTE:
		return change_route(session, true, record);
	case RECORD_MTU:
		return lower_mtu(session, record);
	default:
		return 0;
	}
}

static void record_renew(void *context, const struct record *record)
{
	session_set_lifetimes(context, record);
}

static void record_remove(void *context, const struct record *record)
{
	struct session *session = context;

	if (record->kind == RECORD_ADDRESS)
		(void)change_address(session, false, record);
	else if (record->kind == RECORD_ROUTE)
		(void)change_route(session, false, record);
	else if (record->kind == RECORD_MTU)
		(void)ioth_linksetmtu(session->stack, session->ifindex, record->old_mtu);
}

static bool record_detect(void *context, const struct record *record)
{
	static const uint8_t no_mac[6];
	struct session *session = context;

	if (session->nodad)
		return false;
	/* On lo, or while the link is down, there is nobody to ask: the stack does so when that
	 * changes. */
	if (record->source == SOURCE_STATIC &&
	    (memcmp(session->mac, no_mac, sizeof(no_mac)) == 0 ||
	        !link_is(session->stack, session->interface, IFF_RUNNING) ||
	        !session_open_packet(session, SESSION_DAD)))
		return false;
	return dad_add(&session->dad, session_now(), record->address, session->rfcdelay) == 0;
}

static void record_forget(void *context, const struct record *record)
{
	struct session *session = context;

	dad_cancel(&session->dad, record->address);
}

const struct record_ops session_record_ops = {
    record_add, record_remove, record_renew, record_detect, record_forget};

/* ---- the link ---- */

static void link_local_of(uint8_t address[16], uint8_t mac[6])
{
	static const uint8_t prefix[16] = {0xfe, 0x80};

	memcpy(address, prefix, sizeof(prefix));
	iothaddr_eui64(address, mac);
}

/* An interface that is up may refuse another MAC address: it is taken down for that. Linux drops
 * the IPv6 addresses then; where a stack keeps them, the link-local one of the old MAC address
 * goes, since others remember that under it. */
static int set_mac(struct session *session, uint8_t mac[6])
{
	uint8_t old[6], address[16];
	bool known = ioth_linkgetaddr(session->stack, session->ifindex, old) == 0;

	if (known && memcmp(old, mac, 6) == 0)
		return 0;
	if (ioth_linksetupdown(session->stack, session->ifindex, 0) < 0 ||
	    ioth_linksetaddr(session->stack, session->ifindex, mac) < 0)
		return -errno;
	if (known) {
		link_local_of(address, old);
		(void)ioth_ipaddr_del(session->stack, AF_INET6, address, 64, session->ifindex);
	}
	return 0;
}

/* The link-local address, there before the stack makes it and looks for duplicates of it: the
 * protocols begin with it at once, as with an optimistic address (RFC 4429), while we look. True:
 * it was added. */
static bool add_link_local(struct session *session, uint8_t address[16])
{
	link_local_of(address, session->mac);
	return ioth_ipaddr_add(session->stack, AF_INET6, address,
	           nl_addrdata2prefix(64, IFA_F_NODAD, 0), session->ifindex) == 0;
}

/* Linux joins an address's solicited-node group only some time after the link has come up. A router
 * that looks for us in that moment, to answer the first solicitation, would find nobody, and ask
 * again a second later. */
static void join_group_of(struct session *session, const uint8_t address[16])
{
	uint8_t group[16];

	nd_solicited_node(group, address);
	if (session->fd[SESSION_GROUP] < 0)
		session->fd[SESSION_GROUP] = socket_group6(session->stack, session->ifindex, group);
}

void session_duplicate_link_local(struct session *session, const uint8_t address[16])
{
	uint8_t copy[16];

	memcpy(copy, address, sizeof(copy));
	(void)ioth_ipaddr_del(session->stack, AF_INET6, copy, 64, session->ifindex);
}

/* A cable may take a moment, and Linux tells of it once a second if others come and go; what is
 * sent before is lost, and nobody is asked for duplicates. */
static void wait_for_carrier(struct session *session)
{
	engine_time end = session_now() + CARRIER_WAIT, now;
	int fd;

	if (link_is(session->stack, session->interface, IFF_RUNNING))
		return;
	fd = link_changes(session->stack);
	if (fd < 0)
		return;
	while (
	    !link_is(session->stack, session->interface, IFF_RUNNING) && (now = session_now()) < end) {
		struct pollfd item = {.fd = fd, .events = POLLIN};

		(void)poll(&item, 1, (int)(end - now));
		while (link_read_change(fd, session->ifindex) != LINK_NOTHING)
			;
	}
	ioth_close(fd);
}

/* A stack has what its string asks for, and no more: one that follows routers by itself, as Linux
 * does, leaves that to us from the moment its link comes up. (A link that is up already is somebody
 * else's, or ours: it goes on as it was.) A stack that cannot be told so goes on, too. */
static void take_over_routers(struct session *session)
{
	int before;

	if (link_is(session->stack, session->interface, IFF_UP))
		return;
	before = ioth_linksetacceptra(session->stack, session->ifindex, 0);
	if (before > 0)
		session->accept_ra = before;
}

void session_eth_undo(struct session *session)
{
	(void)ioth_linksetupdown(session->stack, session->ifindex, 0);
	if (session->accept_ra)
		(void)ioth_linksetacceptra(session->stack, session->ifindex, session->accept_ra);
	session->accept_ra = 0;
}

int session_eth(struct session *session, const struct request *request)
{
	uint8_t mac[6], address[16];
	bool added = false;
	int error = 0;

	if (request->has_mac) {
		memcpy(mac, request->mac, sizeof(mac));
		error = set_mac(session, mac);
	} else if (request->folded[0]) {
		iothaddr_hashmac(mac, request->folded, NULL);
		error = set_mac(session, mac);
	}
	if (error)
		return error;
	(void)ioth_linkgetaddr(session->stack, session->ifindex, session->mac);
	if (request->nodad || (request->run & (SOURCE_RD | SOURCE_DHCP6)))
		added = add_link_local(session, address);
	take_over_routers(session);
	if (ioth_linksetupdown(session->stack, session->ifindex, 1) < 0)
		return -errno;
	wait_for_carrier(session);
	if (added && (request->run & (SOURCE_RD | SOURCE_DHCP6)))
		join_group_of(session, address);
	if (added && !request->nodad)
		(void)dad_add(&session->dad, session_now(), address, request->rfcdelay);
	return 0;
}
