/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Advertising on the interface of a stack: a raw ICMPv6 socket, and netlink's word of changes.
 *
 * The stack has the address, answers for it, looks for neighbours, and computes checksums. What it
 * leaves to us is to say which interface and which source are meant, and to see to it that hop
 * limits are 255, of what is sent (to one, too: upstream's were 64, which every host refuses) and
 * of what is received. An address that is still being looked for duplicates cannot be sent from:
 * then the send fails, and the engine tries again.
 *
 * While more hosts ask than can be answered one by one, all of them wait for the same
 * advertisement. Then what comes may stay in the socket's queue for some milliseconds, as in that
 * of a network card: waking up is most of what a message costs.
 *
 * An interface that is deleted, and made again with the same name, is another one, and what is
 * bound to the old one hears nothing any more, and does not learn of it: the socket is opened anew.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <linux/icmpv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <ioth.h>

#include "instance.h"
#include "link_state.h"
#include "nd_packet.h"

#define MESSAGE_SIZE 2048
#define BURST        32
#define BURSTS       8 /* at a time: then it is looked whether anything else is due */
#define HOP_LIMIT    255
#define REST         ((engine_time)5) /* of a queue that has room for many times more */
#define AGAIN        ENGINE_SECOND    /* until what has failed is tried again */

enum { MESSAGES, CHANGES }; /* what is polled */

struct stack_transport {
	struct transport transport; /* first */
	struct ioth *stack;
	unsigned int ifindex;
	char name[IF_NAMESIZE];
	int fd; /* -1: the interface is another one, and it could not be opened yet */
	int changes;
	bool ready, gone;
	engine_time rest;  /* until when messages may wait; ENGINE_NEVER: they need not */
	engine_time again; /* when to look again: fd -1, or the stack could not tell what there is */
	uint8_t address[16], mac[6];
	uint8_t messages[BURST][MESSAGE_SIZE];
};

static const struct in6_addr all_nodes = {{{0xff, 0x02, [15] = 1}}};
static const struct in6_addr all_routers = {{{0xff, 0x02, [15] = 2}}};

/* ---- sending --------------------------------------------------------------------------------- */

static int stack_send(struct transport *transport, const uint8_t *destination, const uint8_t *mac,
    const void *icmp, size_t len)
{
	struct stack_transport *stack = (struct stack_transport *)transport;
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = all_nodes};
	struct in6_pktinfo info = {.ipi6_ifindex = stack->ifindex};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {.bytes = {0}};
	struct iovec piece = {.iov_base = (void *)(uintptr_t)icmp, .iov_len = len};
	struct msghdr message = {.msg_name = &to,
	    .msg_namelen = sizeof(to),
	    .msg_iov = &piece,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};

	if (destination)
		memcpy(&to.sin6_addr, destination, 16);
	if (!destination || nd_is_link_local(destination))
		to.sin6_scope_id = stack->ifindex;
	memcpy(&info.ipi6_addr, stack->address, 16);
	control.header = (struct cmsghdr){
	    .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(info))};
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	return ioth_sendmsg(stack->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

union receive_control {
	struct cmsghdr header;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

/* Of this interface, with the hop limit that says that no router has passed it on? */
static bool is_from_link(const struct stack_transport *stack, struct msghdr *message)
{
	bool interface = false, neighbour = false;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		struct in6_pktinfo info;
		int hops;

		if (control->cmsg_level != IPPROTO_IPV6)
			continue;
		if (control->cmsg_type == IPV6_PKTINFO && control->cmsg_len >= CMSG_LEN(sizeof(info))) {
			memcpy(&info, CMSG_DATA(control), sizeof(info));
			interface = info.ipi6_ifindex == stack->ifindex;
		} else if (control->cmsg_type == IPV6_HOPLIMIT &&
		           control->cmsg_len >= CMSG_LEN(sizeof(hops))) {
			memcpy(&hops, CMSG_DATA(control), sizeof(hops));
			neighbour = hops == HOP_LIMIT;
		}
	}
	return interface && neighbour;
}

static void take_message(struct stack_transport *stack, engine_time now, struct msghdr *message,
    const struct sockaddr_in6 *from, size_t len)
{
	struct router *router = &stack->transport.instance->router;
	const uint8_t *icmp = message->msg_iov->iov_base;

	if (len < 1 || message->msg_namelen < sizeof(*from) || (message->msg_flags & MSG_TRUNC) ||
	    !is_from_link(stack, message))
		return;
	if (icmp[0] == ND_ROUTER_SOLICIT)
		router_solicited(router, now, from->sin6_addr.s6_addr, NULL, icmp, len);
	else if (icmp[0] == ND_ROUTER_ADVERT)
		router_heard(router, now, from->sin6_addr.s6_addr, icmp, len);
}

/* A burst; returns how many there were. */
static int receive_burst(struct stack_transport *stack, engine_time now)
{
	struct mmsghdr messages[BURST];
	union receive_control controls[BURST];
	struct sockaddr_in6 from[BURST];
	struct iovec pieces[BURST];
	int got;

	for (size_t i = 0; i < BURST; i++) {
		pieces[i] = (struct iovec){.iov_base = stack->messages[i], .iov_len = MESSAGE_SIZE};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
		    .msg_namelen = sizeof(from[i]),
		    .msg_iov = &pieces[i],
		    .msg_iovlen = 1,
		    .msg_control = &controls[i],
		    .msg_controllen = sizeof(controls[i])};
	}
	got = ioth_recvmmsg(stack->fd, messages, BURST, MSG_DONTWAIT, NULL);
	for (int i = 0; i < got; i++)
		take_message(stack, now, &messages[i].msg_hdr, &from[i], messages[i].msg_len);
	return got;
}

/* ---- the socket ------------------------------------------------------------------------------ */

static int set_int(int fd, int option, int value)
{
	return ioth_setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The group of the routers, and the two messages that concern one. */
static int set_up(const struct stack_transport *stack)
{
	struct ipv6_mreq membership = {
	    .ipv6mr_multiaddr = all_routers, .ipv6mr_interface = stack->ifindex};
	struct icmp6_filter filter;
	int err;

	memset(&filter, 0xff, sizeof(filter)); /* a bit set keeps a type out */
	filter.data[ND_ROUTER_SOLICIT / 32] &= ~(1u << ND_ROUTER_SOLICIT % 32);
	filter.data[ND_ROUTER_ADVERT / 32] &= ~(1u << ND_ROUTER_ADVERT % 32);
	if (ioth_setsockopt(stack->fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &filter, sizeof(filter)) < 0 ||
	    ioth_setsockopt(stack->fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof(membership)) <
	        0)
		return -errno;
	/* The source says enough, but what is received of other interfaces need not wake us up. A stack
	 * that cannot do this tells the interface of each message. */
	(void)ioth_setsockopt(
	    stack->fd, SOL_SOCKET, SO_BINDTODEVICE, stack->name, (socklen_t)strlen(stack->name) + 1);
	(void)set_int(stack->fd, IPV6_MULTICAST_LOOP, 0);
	err = set_int(stack->fd, IPV6_RECVPKTINFO, 1);
	err = err ? err : set_int(stack->fd, IPV6_RECVHOPLIMIT, 1);
	err = err ? err : set_int(stack->fd, IPV6_UNICAST_HOPS, HOP_LIMIT);
	return err ? err : set_int(stack->fd, IPV6_MULTICAST_HOPS, HOP_LIMIT);
}

/* 0 or -errno, and perhaps the reason in words. */
static int open_socket(struct stack_transport *stack, char why[SETTINGS_WHY_SIZE])
{
	int err;

	stack->fd = ioth_msocket(
	    stack->stack, AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (stack->fd < 0) {
		err = -errno;
		snprintf(why, SETTINGS_WHY_SIZE, "a raw socket: %s", strerror(-err));
		return err;
	}
	return 0;
}

static void close_socket(struct stack_transport *stack)
{
	if (stack->fd >= 0)
		ioth_close(stack->fd);
	stack->fd = -1;
}

/* ---- the interface --------------------------------------------------------------------------- */

static unsigned int mtu_of(const struct stack_transport *stack)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, stack->name, sizeof(request.ifr_name));
	return ioth_ioctl(stack->fd, SIOCGIFMTU, &request) < 0 ? 0 : (unsigned int)request.ifr_mtu;
}

/* The interface of this name is another one. 0 or -errno. */
static int follow(struct stack_transport *stack, unsigned int ifindex)
{
	struct iothradvd *instance = stack->transport.instance;
	char why[SETTINGS_WHY_SIZE] = "";
	int err;

	close_socket(stack);
	stack->ifindex = ifindex;
	err = open_socket(stack, why);
	if (!err)
		err = set_up(stack);
	if (!err) {
		teller_say(&instance->teller, LOG_NOTICE, "the interface is there again");
		return 0;
	}
	close_socket(stack);
	if (stack->again == ENGINE_NEVER) /* it is said once */
		teller_say(&instance->teller, LOG_WARNING, "the interface is there again, but: %s",
		    *why ? why : strerror(-err));
	return err;
}

/* Is it still the interface that it was? Asked by name, so that nothing depends on which messages
 * have been read. 0: there is one, with a socket; *is_another: since this call. -ENOENT: there is
 * none. Other -errno: the stack could not tell, or has no socket, now. */
static int find_interface(struct stack_transport *stack, bool *is_another)
{
	int ifindex = ioth_if_nametoindex(stack->stack, stack->name);

	if (ifindex <= 0 && errno != ENODEV)
		return -EAGAIN;
	if (ifindex <= 0) {
		if (!stack->gone)
			teller_say(&stack->transport.instance->teller, LOG_WARNING, "the interface is gone");
		stack->gone = true;
		return -ENOENT;
	}
	stack->gone = false;
	if ((unsigned int)ifindex == stack->ifindex && stack->fd >= 0)
		return 0;
	*is_another = true;
	return follow(stack, (unsigned int)ifindex) < 0 ? -EAGAIN : 0;
}

/* 0: it can be advertised on, from this address; `mac` all zero: it has none. -ENOENT: it cannot.
 * -EAGAIN: that could not be found out, for want of memory or descriptors. */
static int examine(
    struct stack_transport *stack, uint8_t address[16], uint8_t mac[6], bool *is_another)
{
	int err = find_interface(stack, is_another);

	if (!err)
		err = link_ready(stack->stack, stack->name, IFF_RUNNING, address);
	if (err)
		return err == -ENOENT ? err : -EAGAIN;
	memset(mac, 0, 6);
	if (ioth_linkgetaddr(stack->stack, stack->ifindex, mac) < 0 &&
	    (errno == ENOMEM || errno == EMFILE || errno == ENFILE))
		return -EAGAIN;
	return 0;
}

/* Looks at the interface again: another one, a link that has come up, another address or another
 * MAC address is a beginning. `was_down`: it may be up again already. */
static void look(struct stack_transport *stack, engine_time now, bool was_down)
{
	static const uint8_t no_mac[6];
	struct iothradvd *instance = stack->transport.instance;
	bool is_another = false;
	uint8_t address[16], mac[6];
	int err = examine(stack, address, mac, &is_another);

	stack->again = err == -EAGAIN ? now + AGAIN : ENGINE_NEVER;
	if (err == -EAGAIN && !is_another) { /* as far as we know nothing has changed */
		stack->ready = stack->ready && !was_down;
		return;
	}
	if (err) {
		if (stack->ready && !stack->gone)
			teller_say(&instance->teller, LOG_WARNING, "the link is down, or has no address");
		stack->ready = false;
		router_unready(&instance->router);
		return;
	}
	if (stack->ready && !was_down && !is_another && memcmp(address, stack->address, 16) == 0 &&
	    memcmp(mac, stack->mac, 6) == 0)
		return;
	stack->ready = true;
	memcpy(stack->address, address, 16);
	memcpy(stack->mac, mac, 6);
	router_ready(
	    &instance->router, now, address, memcmp(mac, no_mac, 6) != 0 ? mac : NULL, mtu_of(stack));
}

/* Netlink tells of much else, too: one look for all of it. */
static void take_changes(struct stack_transport *stack, engine_time now)
{
	bool changed = false, down = false, gone = false;

	for (;;) {
		enum link_change change = link_read_change(stack->changes, stack->ifindex);

		if (change == LINK_NOTHING)
			break;
		changed = true;
		down = down || change == LINK_DOWN;
		gone = gone || change == LINK_GONE;
	}
	if (gone)
		close_socket(stack);
	if (changed)
		look(stack, now, down);
}

static void stack_work(struct transport *transport, const struct pollfd *fds, engine_time now)
{
	struct stack_transport *stack = (struct stack_transport *)transport;
	bool came = false;

	if (!fds || fds[CHANGES].revents)
		take_changes(stack, now);
	if (now >= stack->again)
		look(stack, now, false);
	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		int got = receive_burst(stack, now);

		came = came || got > 0;
		if (got < BURST)
			break;
	}
	stack->rest = came && transport->instance->router.crowded ? now + REST : ENGINE_NEVER;
}

static unsigned int stack_polls(struct transport *transport, struct pollfd *fds)
{
	struct stack_transport *stack = (struct stack_transport *)transport;

	fds[MESSAGES] =
	    (struct pollfd){.fd = stack->rest == ENGINE_NEVER ? stack->fd : -1, .events = POLLIN};
	fds[CHANGES] = (struct pollfd){.fd = stack->changes, .events = POLLIN};
	return 2;
}

static engine_time stack_deadline(struct transport *transport)
{
	struct stack_transport *stack = (struct stack_transport *)transport;

	return engine_min(stack->rest, stack->again);
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void stack_close(struct transport *transport)
{
	struct stack_transport *stack = (struct stack_transport *)transport;

	close_socket(stack);
	ioth_close(stack->changes);
	free(stack);
}

static const struct transport_ops stack_ops = {
    stack_polls, stack_work, stack_deadline, stack_send, stack_close};

static int find_name(struct stack_transport *stack)
{
	struct ifreq request = {.ifr_ifindex = (int)stack->ifindex};

	if (stack->ifindex == 0 || ioth_ioctl(stack->fd, SIOCGIFNAME, &request) < 0)
		return -ENODEV;
	memcpy(stack->name, request.ifr_name, sizeof(stack->name));
	stack->name[sizeof(stack->name) - 1] = '\0';
	return 0;
}

/* Both sockets. */
static int open_sockets(struct stack_transport *stack, char why[SETTINGS_WHY_SIZE])
{
	int err = open_socket(stack, why);

	if (err)
		return err;
	err = find_name(stack);
	if (err)
		snprintf(why, SETTINGS_WHY_SIZE,
		    stack->ifindex ? "there is no interface %u" : "there is no such interface",
		    stack->ifindex);
	else
		err = set_up(stack);
	if (!err) {
		stack->changes = link_changes(stack->stack);
		err = stack->changes < 0 ? stack->changes : 0;
	}
	if (err)
		close_socket(stack);
	return err;
}

int transport_stack_open(struct iothradvd *instance, struct ioth *on, unsigned int ifindex,
    struct transport **opened, char why[SETTINGS_WHY_SIZE])
{
	struct stack_transport *stack = calloc(1, sizeof(*stack));
	int err;

	if (!stack)
		return -ENOMEM;
	stack->transport = (struct transport){.ops = &stack_ops, .instance = instance};
	stack->stack = on;
	stack->ifindex = ifindex;
	stack->again = ENGINE_NEVER;
	err = open_sockets(stack, why);
	if (err) {
		free(stack);
		return err;
	}
	look(stack, instance_now(), false);
	*opened = &stack->transport;
	return 0;
}
