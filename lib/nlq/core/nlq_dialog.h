/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Client dialogs of NETLINK_ROUTE over a caller's send and receive functions.
 *
 * No malloc, no global state: a dialog lives on the stack of its caller, so that it also serves a
 * process that was cloned from a threaded one (lib/netns). All return 0 or more, or -errno, the
 * kernel's own error included.
 */
#ifndef NLQ_DIALOG_H
#define NLQ_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/netlink.h>

/* How messages travel: a connected netlink socket of some stack. `recv` returns one datagram, or
 * -errno; it may truncate (then it returns the real length, as MSG_TRUNC does). */
struct nlq_io {
	ssize_t (*send)(void *context, const void *message, size_t len);
	ssize_t (*recv)(void *context, void *buffer, size_t size);
	void *context;
};

/* An io over a plain descriptor of the kernel's. */
struct nlq_io nlq_io_fd(int *fd);

/* Called for each message of the answer but NLMSG_DONE and NLMSG_ERROR. A negative value ends the
 * dialog with that error once the answer has been read to its end. */
typedef int nlq_answer(const struct nlmsghdr *message, void *argument);

/* Sends `request` (a complete message; NLM_F_ACK or NLM_F_DUMP set as wanted; the sequence number
 * is overwritten) and reads the whole answer. Messages of other sequence numbers are passed over. */
int nlq_dialog(const struct nlq_io *io, struct nlmsghdr *request, nlq_answer *answer, void *argument);

/* Configuration. Addresses are binary, network order; a NULL destination is the default route, a
 * NULL gateway none. `prefixlen` may carry flags and scope or type (nl_addrdata2prefix,
 * nl_routedata2prefix of ioth.h). */
int nlq_dialog_ifindex(const struct nlq_io *io, const char *name); /* > 0, or -ENODEV ... */
int nlq_dialog_link_updown(const struct nlq_io *io, unsigned int ifindex, int updown);
int nlq_dialog_link_mtu(const struct nlq_io *io, unsigned int ifindex, unsigned int mtu);
int nlq_dialog_link_setaddr(const struct nlq_io *io, unsigned int ifindex, const void *mac);
int nlq_dialog_link_getaddr(const struct nlq_io *io, unsigned int ifindex, void *mac);
int nlq_dialog_link_add(const struct nlq_io *io, const char *name, unsigned int ifindex,
	const char *type, const char *data); /* data: IFLA_VDE_VNL-style string attribute of nlinline */
int nlq_dialog_link_del(const struct nlq_io *io, const char *name, unsigned int ifindex);
/* A veth whose peer is created in the network namespace of `peer_netns_fd`. */
int nlq_dialog_veth_add(const struct nlq_io *io, const char *name, const char *peer,
	int peer_netns_fd, unsigned int mtu);
/* IFLA_INET6_ADDR_GEN_MODE: none, so that an interface that only relays makes no traffic. */
int nlq_dialog_link_no_ipv6_addr(const struct nlq_io *io, unsigned int ifindex);
int nlq_dialog_addr(const struct nlq_io *io, bool add, int family, const void *address,
	int prefixlen, unsigned int ifindex);
int nlq_dialog_route(const struct nlq_io *io, bool add, int family, const void *destination,
	int prefixlen, const void *gateway, unsigned int ifindex);

#endif
