/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Retired addresses of a namespace's stack.
 *
 * Linux has no such thing: an address that is deleted loses its flows, one that stays answers
 * everybody. So it stays, deprecated, and the frame relay, through which everything comes, has a
 * gate (gate.h) that lets in what is of its flows. A packet filter in the namespace (nftables)
 * would have to be there in the kernel, and would need to be told of flows and neighbours all the
 * same.
 *
 * The kernel says which flows there are (sock_diag(7)): when the address is retired, when no
 * connection can begin any more; and then every few seconds, in the relay's thread, to find out
 * which are over, TIME-WAIT included. The address of which there are none is deleted. With the last
 * one the gate is taken off, and nothing is asked any more.
 *
 * An address that is added again before that is an ordinary one at once, and its flows go on:
 * ioth_ipaddr_add asks for it (retire_reopen). A message to the kernel that replaces the address,
 * or adds it after the interface was down, is not seen; it takes effect with the next look, which
 * finds an address that is not deprecated.
 *
 * The sockets are the namespace's, and stay open once there was a retired address.
 */
#include "retire.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_addr.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "gate.h"
#include "nlq_dialog.h"
#include "nlq_message.h"
#include "timerq.h"

#define LOOK_EVERY 5000000000ULL /* nanoseconds */
#define DUMP_TRIES 5
#define DUMP_SIZE  32768
#define FOR_EVER   UINT32_MAX /* INFINITY_LIFE_TIME of the kernel's */

/* States of tcp_states.h as bits: all but LISTEN and CLOSE; of UDP "established" is connected. */
#define TCP_FLOWS        (~((1U << 10) | (1U << 7)))
#define TCP_SYN_RECEIVED 3
#define UDP_FLOWS        (1U << 1)

struct retire {
	struct relay_gate relay_gate; /* must be first */
	struct gate *gate;
	pthread_mutex_t netlink; /* one dialog at a time on each of these */
	int route_fd, diag_fd;
};

/* What is known of an address that is there. */
struct found {
	const uint8_t *address;
	unsigned int ifindex;
	int prefixlen;
	bool there;
	uint32_t flags;
	struct ifa_cacheinfo lifetimes;
};

/* ---- addresses ------------------------------------------------------------------------------- */

static int take_address(const struct nlmsghdr *message, void *argument)
{
	struct found *found = argument;
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attr[IFA_FLAGS + 1] = {NULL}, *own;

	if (!header || message->nlmsg_type != RTM_NEWADDR || header->ifa_family != AF_INET6 ||
	    header->ifa_index != found->ifindex || header->ifa_prefixlen != found->prefixlen ||
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, IFA_FLAGS) < 0)
		return 0;
	own = attr[IFA_LOCAL] ? attr[IFA_LOCAL] : attr[IFA_ADDRESS];
	if (!own || nlq_attr_len(own) != 16 || memcmp(nlq_attr_data(own), found->address, 16) != 0)
		return 0;
	found->there = true;
	if (!nlq_attr_u32(attr[IFA_FLAGS], &found->flags))
		found->flags = header->ifa_flags;
	if (attr[IFA_CACHEINFO] && nlq_attr_len(attr[IFA_CACHEINFO]) >= sizeof(found->lifetimes))
		memcpy(&found->lifetimes, nlq_attr_data(attr[IFA_CACHEINFO]), sizeof(found->lifetimes));
	return 0;
}

static int dump(int *fd, struct nlmsghdr *request, nlq_answer *answer, void *argument)
{
	const struct nlq_io io = nlq_io_fd(fd);
	unsigned char *buffer = malloc(DUMP_SIZE);
	int err = -ENOMEM;

	for (unsigned int i = 0; buffer && i < DUMP_TRIES; i++) {
		err = nlq_dialog_buffer(&io, request, answer, argument, buffer, DUMP_SIZE);
		if (err != -EINTR)
			break;
	}
	free(buffer);
	return err;
}

static int each_address(struct retire *retire, nlq_answer *answer, void *argument)
{
	NLQ_BUFFER(buffer, 64);
	const struct ifaddrmsg header = {.ifa_family = AF_INET6};
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

	nlq_build_message(&builder, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	return dump(&retire->route_fd, nlq_build_finish(&builder), answer, argument);
}

static int find_address(struct retire *retire, struct found *found)
{
	struct ifreq name = {.ifr_ifindex = (int)found->ifindex};
	int err;

	if (ioctl(retire->route_fd, SIOCGIFNAME, &name) < 0)
		return -errno;
	err = each_address(retire, take_address, found);
	if (err == 0 && !found->there)
		err = -EADDRNOTAVAIL;
	return err;
}

/* A deprecated address is no source for anything new (RFC 6724 section 5, rule 3). */
static int set_lifetimes(
    struct retire *retire, const struct found *found, uint32_t preferred, uint32_t valid)
{
	NLQ_BUFFER(buffer, 128);
	const struct ifaddrmsg header = {.ifa_family = AF_INET6,
	    .ifa_prefixlen = (uint8_t)found->prefixlen,
	    .ifa_index = found->ifindex};
	const struct ifa_cacheinfo lifetimes = {.ifa_prefered = preferred, .ifa_valid = valid};
	struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));
	const struct nlq_io io = nlq_io_fd(&retire->route_fd);

	nlq_build_message(&builder, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE, 0, 0);
	nlq_build_bytes(&builder, &header, sizeof(header));
	nlq_build_attr(&builder, IFA_LOCAL, found->address, 16);
	nlq_build_attr(&builder, IFA_ADDRESS, found->address, 16);
	nlq_build_attr(&builder, IFA_CACHEINFO, &lifetimes, sizeof(lifetimes));
	nlq_build_attr_u32(&builder, IFA_FLAGS, found->flags);
	return nlq_dialog(&io, nlq_build_finish(&builder), NULL, NULL);
}

static int set_preferred(struct retire *retire, const struct found *found, uint32_t preferred)
{
	return set_lifetimes(retire, found, preferred, found->lifetimes.ifa_valid);
}

/* ---- flows ----------------------------------------------------------------------------------- */

typedef int take_flow(struct gate *gate, const struct gate_flow *flow);

struct taking {
	struct gate *gate;
	uint8_t protocol;
	take_flow *take;
};

static int take_socket(const struct nlmsghdr *message, void *argument)
{
	const struct taking *taking = argument;
	const struct inet_diag_msg *socket = nlq_message_body(message, sizeof(*socket));
	struct gate_flow flow = {.protocol = taking->protocol};

	if (!socket || message->nlmsg_type != SOCK_DIAG_BY_FAMILY || socket->idiag_family != AF_INET6)
		return 0;
	memcpy(flow.local, socket->id.idiag_src, sizeof(flow.local));
	memcpy(flow.remote, socket->id.idiag_dst, sizeof(flow.remote));
	flow.local_port = ntohs(socket->id.idiag_sport);
	flow.remote_port = ntohs(socket->id.idiag_dport);
	flow.half_open = taking->protocol == IPPROTO_TCP && socket->idiag_state == TCP_SYN_RECEIVED;
	return taking->take(taking->gate, &flow);
}

static int each_flow(struct retire *retire, take_flow *take)
{
	static const struct {
		uint8_t protocol;
		uint32_t states;
	} kinds[] = {{IPPROTO_TCP, TCP_FLOWS}, {IPPROTO_UDP, UDP_FLOWS}};
	int err = 0;

	for (unsigned int i = 0; i < 2 && err == 0; i++) {
		NLQ_BUFFER(buffer, 128);
		const struct inet_diag_req_v2 wanted = {.sdiag_family = AF_INET6,
		    .sdiag_protocol = kinds[i].protocol,
		    .idiag_states = kinds[i].states};
		struct taking taking = {retire->gate, kinds[i].protocol, take};
		struct nlq_builder builder = nlq_builder(buffer, sizeof(buffer));

		nlq_build_message(&builder, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP, 0, 0);
		nlq_build_bytes(&builder, &wanted, sizeof(wanted));
		err = dump(&retire->diag_fd, nlq_build_finish(&builder), take_socket, &taking);
	}
	return err;
}

static int keep_flow(struct gate *gate, const struct gate_flow *flow)
{
	gate_sweep_keep(gate, flow);
	return 0;
}

/* ---- the end of an address --------------------------------------------------------------------
 */

/* Where an address is: its tag in the gate. */
static uint64_t tag_of(unsigned int ifindex, int prefixlen)
{
	return (uint64_t)ifindex << 8 | (uint8_t)prefixlen;
}

static bool delete_address(const uint8_t address[16], uint64_t tag, void *argument)
{
	struct retire *retire = argument;
	const struct nlq_io io = nlq_io_fd(&retire->route_fd);
	int err =
	    nlq_dialog_addr(&io, false, AF_INET6, address, (int)(tag & 0xff), (unsigned int)(tag >> 8));

	/* Somebody else may have deleted it, or the interface. */
	return err == 0 || err == -EADDRNOTAVAIL || err == -ENODEV;
}

/* Somebody has made it an ordinary one by himself. */
static int take_ordinary(const struct nlmsghdr *message, void *argument)
{
	const struct retire *retire = argument;
	const struct ifaddrmsg *header = nlq_message_body(message, sizeof(*header));
	const struct nlattr *attr[IFA_FLAGS + 1] = {NULL};
	uint64_t tag;

	if (!header || message->nlmsg_type != RTM_NEWADDR || header->ifa_family != AF_INET6 ||
	    header->ifa_flags & IFA_F_DEPRECATED ||
	    nlq_parse_attrs(nlq_message_attrs(message, sizeof(*header)), attr, IFA_FLAGS) < 0)
		return 0;
	if (attr[IFA_ADDRESS] && nlq_attr_len(attr[IFA_ADDRESS]) == 16 &&
	    gate_find(retire->gate, nlq_attr_data(attr[IFA_ADDRESS]), &tag) &&
	    tag >> 8 == header->ifa_index)
		gate_remove(retire->gate, nlq_attr_data(attr[IFA_ADDRESS]));
	return 0;
}

/* In the relay's thread. */
static uint64_t look(struct relay_gate *relay_gate, uint64_t now)
{
	struct retire *retire = (struct retire *)(void *)relay_gate;
	size_t left = 1;

	pthread_mutex_lock(&retire->netlink);
	gate_sweep_begin(retire->gate);
	if (each_address(retire, take_ordinary, retire) == 0 && each_flow(retire, keep_flow) == 0)
		left = gate_sweep_end(retire->gate, delete_address, retire);
	pthread_mutex_unlock(&retire->netlink);
	return left > 0 ? now + LOOK_EVERY : TIMERQ_NEVER;
}

static bool lets_in(struct relay_gate *relay_gate, const unsigned char *frame, size_t len)
{
	return gate_lets_in(((struct retire *)(void *)relay_gate)->gate, frame, len);
}

static bool lets_out(struct relay_gate *relay_gate, const unsigned char *packet, size_t len)
{
	return gate_lets_out(((struct retire *)(void *)relay_gate)->gate, packet, len);
}

/* ---- retiring ---------------------------------------------------------------------------------
 */

void retire_free(struct retire *retire)
{
	if (!retire)
		return;
	if (retire->diag_fd >= 0)
		close(retire->diag_fd);
	if (retire->route_fd >= 0)
		close(retire->route_fd);
	pthread_mutex_destroy(&retire->netlink);
	gate_free(retire->gate);
	free(retire);
}

static int retire_new(struct vdestack *stack, struct retire **result)
{
	struct retire *retire = calloc(1, sizeof(*retire));
	int err;

	if (!retire)
		return -ENOMEM;
	retire->relay_gate = (struct relay_gate){.lets_in = lets_in, .lets_out = lets_out, .due = look};
	retire->route_fd = retire->diag_fd = -1;
	pthread_mutex_init(&retire->netlink, NULL);
	err = gate_new(&retire->gate);
	if (err < 0)
		goto fail;
	err = retire->route_fd =
	    vdestack_socket(stack, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (err < 0)
		goto fail;
	err = retire->diag_fd =
	    vdestack_socket(stack, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (err == -EPROTONOSUPPORT)
		err = -EOPNOTSUPP; /* a kernel without it */
	if (err < 0)
		goto fail;
	*result = retire;
	return 0;

fail:
	retire_free(retire);
	return err;
}

/* Nothing of it is left behind. */
static int fail(struct retire *retire, const struct found *found, int err)
{
	gate_remove(retire->gate, found->address);
	pthread_mutex_lock(&retire->netlink);
	(void)set_preferred(retire, found, found->lifetimes.ifa_prefered);
	pthread_mutex_unlock(&retire->netlink);
	return err == -ENOENT ? -EOPNOTSUPP
	                      : err; /* what the kernel says without a module of sock_diag */
}

int retire_address(struct retire **result, struct vdestack *stack, struct relay *relay,
    struct relay_line **lines, unsigned int count, const uint8_t address[16], int prefixlen,
    unsigned int ifindex)
{
	struct found found = {.address = address, .ifindex = ifindex, .prefixlen = prefixlen};
	struct retire *retire;
	int err = 0;

	if (!*result)
		err = retire_new(stack, result);
	if (err < 0)
		return err;
	retire = *result;
	pthread_mutex_lock(&retire->netlink);
	err = find_address(retire, &found);
	if (err == 0)
		err = gate_add(retire->gate, address, tag_of(ifindex, prefixlen));
	if (err == 0)
		err = set_preferred(retire, &found, 0);
	pthread_mutex_unlock(&retire->netlink);
	if (err == -EEXIST)
		return -EADDRNOTAVAIL; /* it is retired already */
	if (err < 0)
		return found.there ? fail(retire, &found, err) : err;
	/* From here on no connection begins; so the flows that there are now are all. */
	for (unsigned int i = 0; i < count && err == 0; i++)
		err = relay_set_gate(
		    relay, lines[i], &retire->relay_gate, i == 0 ? relay_now() + LOOK_EVERY : TIMERQ_NEVER);
	if (err < 0)
		return fail(retire, &found, err);
	pthread_mutex_lock(&retire->netlink);
	err = each_flow(retire, gate_add_flow);
	pthread_mutex_unlock(&retire->netlink);
	if (err < 0)
		return fail(retire, &found, err);
	if (gate_close(retire->gate, address) > 0)
		return 0;
	/* There is none. Nobody asks for the rest. */
	pthread_mutex_lock(&retire->netlink);
	if (delete_address(address, tag_of(ifindex, prefixlen), retire))
		gate_remove(retire->gate, address);
	pthread_mutex_unlock(&retire->netlink);
	return 0;
}

int retire_reopen(
    struct retire *retire, const uint8_t address[16], int prefixlen, unsigned int ifindex)
{
	/* Flags are packed beside the length (ioth.h): as if it had been added with these. */
	struct found found = {.address = address, .ifindex = ifindex, .prefixlen = prefixlen & 0xff};
	uint64_t tag;
	int err = -EADDRNOTAVAIL;

	if (!retire)
		return err;
	pthread_mutex_lock(&retire->netlink);
	if (!gate_find(retire->gate, address, &tag)) {
		pthread_mutex_unlock(&retire->netlink);
		return err;
	}
	if (tag == tag_of(ifindex, found.prefixlen)) {
		err = find_address(retire, &found); /* the interface may have been down since */
		found.flags = (unsigned int)prefixlen >> 16 & 0xff;
		if (err == 0)
			err = set_lifetimes(retire, &found, FOR_EVER, FOR_EVER);
	} else {
		/* It is another one that is added: on another network, or with another prefix. */
		(void)delete_address(address, tag, retire);
	}
	gate_remove(retire->gate, address);
	pthread_mutex_unlock(&retire->netlink);
	return err;
}
